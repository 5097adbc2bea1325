"""Laws of accelerated EM for Bernoulli mixtures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mixtura import em
from mixtura.acceleration import MixtureCoordinates, Switch
from mixtura.families import Bernoulli
from mixtura.mixing_weights import FREE, EqualWeights, FixedWeights, Mixing
from mixtura.mixture import Expectation, Mixture
from mixtura.sources import ArraySource
from mixtura.starts.given import random_responsibilities
from mixtura.stopping import projected_gain

mixings = pytest.mark.parametrize(
    "mixing", [FREE, EqualWeights(), FixedWeights()], ids=["free", "equal", "fixed"]
)


def answers(n: int = 400, d: int = 8) -> np.ndarray:
    """Two kinds of rows that are not easily told apart."""
    rng = np.random.default_rng(1)
    p = rng.uniform(0.3, 0.7, size=(2, d))
    return (rng.random((n, d)) < p[rng.integers(2, size=n)]).astype(np.float64)


def some_coordinates(
    source: ArraySource, mixing: Mixing
) -> tuple[MixtureCoordinates, Expectation[Any], Mixture[Any, Any]]:
    mixture = em.begin(Bernoulli(), source, random_responsibilities(3, (4,)), mixing)
    mixture = mixture.maximize(em.e_step(mixture, source))
    expectation = em.e_step(mixture, source)
    at = MixtureCoordinates.of(mixture, expectation.weight)
    assert at is not None
    return at, expectation, mixture


@mixings
def test_gradient_equals_finite_differences(mixing: Mixing) -> None:
    source = ArraySource(answers())
    at, expectation, _ = some_coordinates(source, mixing)
    gradient = at.gradient(expectation)
    assert len(gradient) == 24 + 3 * (mixing == FREE)

    def objective(step: np.ndarray) -> float:
        moved = at.moved(step, expectation)
        assert moved is not None
        there = em.e_step(moved.mixture, source)
        return there.objective / there.weight

    h = 1e-3
    for unit in np.random.default_rng(0).normal(size=(5, len(gradient))):
        near, far = (objective(s * unit) - objective(-s * unit) for s in (h, 2.0 * h))
        assert gradient @ unit == pytest.approx((8.0 * near - far) / (12.0 * h), rel=1e-6, abs=1e-9)


@mixings
def test_a_step_leads_where_it_came_from(mixing: Mixing) -> None:
    source = ArraySource(answers())
    at, expectation, _ = some_coordinates(source, mixing)
    random = np.random.default_rng(1).normal(size=len(at.units))
    there = at.moved(0.1 * random, expectation)
    assert there is not None
    way = at.towards(there.mixture)
    assert way is not None
    back = at.moved(way[0], expectation)
    assert back is not None
    for other in (back, way[1]):
        np.testing.assert_allclose(other.mixture.weights, there.mixture.weights, rtol=1e-12)
        np.testing.assert_allclose(
            other.mixture.params.probabilities, there.mixture.params.probabilities, rtol=1e-12
        )


@mixings
def test_slow_fits_need_fewer_passes(mixing: Mixing) -> None:
    source = ArraySource(answers())
    first = em.begin(Bernoulli(), source, random_responsibilities(2, (5,)), mixing)
    rule = projected_gain(1e-9, 20_000)
    plain = em.fit(first, source, stopping=rule)
    fast = em.fit(first, source, update_rule=Switch(), stopping=rule)
    assert plain.n_iter > 100
    assert fast.n_iter < plain.n_iter / 2
    assert fast.objective >= plain.objective - 1e-9
    assert (np.diff(fast.trace) >= -1e-13).all()


def test_probabilities_of_0_and_1_stay() -> None:
    X = answers()
    X[:, 0], X[:, 1] = 0.0, 1.0
    source = ArraySource(X)
    at, expectation, mixture = some_coordinates(source, FREE)
    assert len(at.gradient(expectation)) == 3 + 3 * 6
    moved = at.moved(0.5 * np.ones(21), expectation)
    assert moved is not None
    np.testing.assert_array_equal(moved.mixture.params.probabilities[:, :2], [[0.0, 1.0]] * 3)
    fit = em.fit(mixture, source, update_rule=Switch(passes=99, slow=9))
    assert fit.status.converged


def test_there_are_no_coordinates_where_a_component_is_empty_or_the_end_has_other_bounds() -> None:
    source = ArraySource(answers())
    at, _, mixture = some_coordinates(source, FREE)
    params = mixture.params
    empty = Mixture(Bernoulli(), params, np.array([0.5, 0.5, 0.0]))
    assert MixtureCoordinates.of(empty, 1.0) is None
    p = params.probabilities.copy()
    p[0, 0] = 0.0
    bounded = Mixture(Bernoulli(), type(params)(p), mixture.weights)
    assert at.towards(bounded) is None
