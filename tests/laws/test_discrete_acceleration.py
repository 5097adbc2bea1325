"""Laws of accelerated EM for families of independent columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from mixtura import em
from mixtura.acceleration import MixtureCoordinates, Switch
from mixtura.families import (
    Bernoulli,
    BernoulliParameters,
    Categorical,
    CategoricalParameters,
    Exponential,
    ExponentialParameters,
    Family,
    Gamma,
    GammaParameters,
    Geometric,
    GeometricParameters,
    Poisson,
    PoissonParameters,
)
from mixtura.families.categorical import Levels
from mixtura.mixing_weights import FREE, EqualWeights, FixedWeights, Mixing
from mixtura.mixture import Expectation, Mixture
from mixtura.sources import ArraySource
from mixtura.starts.given import random_responsibilities
from mixtura.stopping import projected_gain
from mixtura.testing import assert_alike
from mixtura.typing import FloatArray

D = 8
LEVELS = Levels((2, 3) * (D // 2))


@dataclass(frozen=True)
class Kind:
    """A family, and two components that are not easily told apart.

    Attributes
    ----------
    n_coordinates : int
        Of one component.
    """

    family: Family[Any, Any]
    truth: Any
    n_coordinates: int

    def rows(self, n: int = 400) -> FloatArray:
        rng = np.random.default_rng(1)
        return self.family.sample(self.truth, rng.integers(2, size=n), rng)


def _near(low: float, high: float, size: int, seed: int = 1) -> FloatArray:
    return np.random.default_rng(seed).uniform(low, high, size=(2, size))


KINDS = {
    "bernoulli": Kind(Bernoulli(), BernoulliParameters(_near(0.3, 0.7, D)), D),
    "categorical": Kind(
        Categorical(LEVELS.numbers),
        CategoricalParameters(LEVELS.shares(_near(0.3, 0.7, LEVELS.total)), LEVELS),
        LEVELS.total,
    ),
    "poisson": Kind(Poisson(), PoissonParameters(_near(1.5, 2.5, D, seed=2)), D),
    "geometric": Kind(Geometric(), GeometricParameters(_near(1.5, 2.5, D, seed=2)), D),
    "exponential": Kind(Exponential(), ExponentialParameters(_near(0.8, 1.25, D, seed=2)), D),
    "gamma": Kind(
        Gamma(), GammaParameters(_near(1.5, 2.5, D, seed=2), _near(2.0, 4.0, D, seed=3)), 2 * D
    ),
}
kinds = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
mixings = pytest.mark.parametrize(
    "mixing", [FREE, EqualWeights(), FixedWeights()], ids=["free", "equal", "fixed"]
)


def some_coordinates(
    kind: Kind, source: ArraySource, mixing: Mixing
) -> tuple[MixtureCoordinates, Expectation[Any], Mixture[Any, Any]]:
    mixture = em.begin(kind.family, source, random_responsibilities(3, (4,)), mixing)
    mixture = mixture.maximize(em.e_step(mixture, source))
    expectation = em.e_step(mixture, source)
    at = MixtureCoordinates.of(mixture, expectation.weight)
    assert at is not None
    return at, expectation, mixture


@kinds
@mixings
def test_gradient_equals_finite_differences(kind: Kind, mixing: Mixing) -> None:
    source = ArraySource(kind.rows())
    at, expectation, _ = some_coordinates(kind, source, mixing)
    gradient = at.gradient(expectation)
    assert len(gradient) == 3 * kind.n_coordinates + 3 * (mixing == FREE)

    def objective(step: np.ndarray) -> float:
        moved = at.moved(step, expectation)
        assert moved is not None
        there = em.e_step(moved.mixture, source)
        return there.objective / there.weight

    h = 5e-4
    for unit in np.random.default_rng(0).normal(size=(5, len(gradient))):
        near, far = (objective(s * unit) - objective(-s * unit) for s in (h, 2.0 * h))
        assert gradient @ unit == pytest.approx((8.0 * near - far) / (12.0 * h), rel=1e-6, abs=1e-9)


@kinds
def test_a_step_in_units_of_the_information_is_nearly_that_of_em(kind: Kind) -> None:
    source = ArraySource(kind.rows())
    mixture = some_coordinates(kind, source, FREE)[2]
    for _ in range(30):
        mixture = mixture.maximize(em.e_step(mixture, source))
    expectation = em.e_step(mixture, source)
    at = MixtureCoordinates.of(mixture, expectation.weight)
    assert at is not None
    way = at.towards(mixture.maximize(expectation))
    assert way is not None
    gradient = at.gradient(expectation)
    np.testing.assert_allclose(way[0], gradient, atol=0.05 * np.abs(gradient).max())


@kinds
@mixings
def test_a_step_leads_where_it_came_from(kind: Kind, mixing: Mixing) -> None:
    source = ArraySource(kind.rows())
    at, expectation, _ = some_coordinates(kind, source, mixing)
    random = np.random.default_rng(1).normal(size=len(at.units))
    there = at.moved(0.1 * random, expectation)
    assert there is not None
    way = at.towards(there.mixture)
    assert way is not None
    back = at.moved(way[0], expectation)
    assert back is not None
    for other in (back, way[1]):
        np.testing.assert_allclose(other.mixture.weights, there.mixture.weights, rtol=1e-12)
        assert_alike(other.mixture.params, there.mixture.params, rtol=1e-12)


@kinds
@mixings
def test_slow_fits_need_fewer_passes(kind: Kind, mixing: Mixing) -> None:
    source = ArraySource(kind.rows())
    first = em.begin(kind.family, source, random_responsibilities(2, (5,)), mixing)
    rule = projected_gain(1e-9, 20_000)
    plain = em.fit(first, source, stopping=rule)
    fast = em.fit(first, source, update_rule=Switch(), stopping=rule)
    assert plain.n_iter > 100
    assert fast.n_iter < plain.n_iter / 2
    assert fast.objective >= plain.objective - 1e-9
    assert (np.diff(fast.trace) >= -1e-13).all()


# Columns of which all rows are alike, and what EM makes of them.
CONSTANT = {
    "bernoulli": ((0.0, 1.0), [0.0, 1.0]),
    "categorical": ((0.0, 1.0), [1.0, 0.0, 0.0, 1.0, 0.0]),
    "poisson": ((0.0, 0.0), [0.0, 0.0]),
    "geometric": ((0.0, 0.0), [0.0, 0.0]),
}


@pytest.mark.parametrize("name", CONSTANT)
def test_parameters_at_their_bounds_stay(name: str) -> None:
    kind, (cells, bounds) = KINDS[name], CONSTANT[name]
    X = kind.rows()
    X[:, :2] = cells
    source = ArraySource(X)
    at, expectation, mixture = some_coordinates(kind, source, FREE)
    moved = at.moved(0.5 * np.ones(len(at.units)), expectation)
    assert moved is not None
    keys = moved.mixture.params.sort_key
    np.testing.assert_array_equal(keys[:, : len(bounds)], [bounds] * 3)
    fit = em.fit(mixture, source, update_rule=Switch(passes=99, slow=9))
    assert fit.status.converged
    np.testing.assert_array_equal(fit.mixture.params.sort_key[:, : len(bounds)], [bounds] * 3)


@pytest.mark.parametrize("kind", [KINDS[name] for name in CONSTANT], ids=CONSTANT)
def test_no_coordinates_where_a_component_is_empty_or_the_end_has_other_bounds(kind: Kind) -> None:
    X = kind.rows()
    source = ArraySource(X)
    at, _, mixture = some_coordinates(kind, source, FREE)
    empty = Mixture(kind.family, mixture.params, np.array([0.5, 0.5, 0.0]))
    assert MixtureCoordinates.of(empty, 1.0) is None
    X[:, 0] = 0.0
    bounded = em.begin(kind.family, ArraySource(X), random_responsibilities(3, (4,)))
    assert at.towards(bounded) is None
