"""Exponential and geometric components: zeros, and large and small means."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import mixtura as mx
from mixtura import em
from mixtura.errors import DegenerateError
from mixtura.families import (
    Exponential,
    ExponentialParameters,
    Geometric,
    GeometricParameters,
)
from mixtura.families.description import Curve, Mass
from mixtura.families.geometric import GeometricDescription
from mixtura.families.schema import Kind, Schema
from mixtura.sources import ArraySource
from mixtura.starts.given import given_labels, random_responsibilities


def test_log_densities_are_those_of_scipy() -> None:
    X = np.array([[0.0, 3.0], [1e-9, 1e9], [2.5, 0.1]])
    params = ExponentialParameters(np.array([[1.0, 2.0], [1e-8, 1e9]]))
    expected = stats.expon.logpdf(X[:, None], scale=params.means).sum(axis=2)
    np.testing.assert_allclose(Exponential().log_density(params, X), expected, rtol=1e-13)
    np.testing.assert_allclose(params.rates, 1.0 / params.means, rtol=1e-15)


def test_a_component_of_zeros_is_degenerate_and_says_what_to_do() -> None:
    X = np.array([[0.0], [0.0], [2.0], [3.0]])
    labels = np.array([0, 0, 1, 1])
    with pytest.raises(DegenerateError, match=r"1 of 2 components have a mean of 0.*Use fewer"):
        em.begin(Exponential(), ArraySource(X), given_labels(labels, 2))
    with pytest.raises(DegenerateError, match="put half of the smallest time"):
        mx.ExponentialMixture().fit([[0.0], [0.0]])


def test_zeros_among_waiting_times_are_rows_like_others() -> None:
    rng = np.random.default_rng(0)
    X = np.concatenate([rng.exponential(1.0, (300, 2)), rng.exponential(9.0, (300, 2))])
    X = np.floor(X * 10.0) / 10.0
    assert (X == 0.0).any()
    fit = mx.ExponentialMixture(2, random_state=0).fit(X)
    np.testing.assert_allclose(np.sort(fit.means_, axis=0), [[1.0, 1.0], [9.0, 9.0]], rtol=0.2)
    assert fit.collapsed_ == ()


def test_means_below_the_rounding_are_held_up_by_it() -> None:
    rng = np.random.default_rng(1)
    X = rng.exponential(5.0, (200, 1)).round(1) + 0.1
    X[:80] = 0.0
    start = mx.ExponentialMixture(2, init_params=(np.arange(200) < 80).astype(int))
    with pytest.raises(DegenerateError, match="have a mean of 0"):
        start.fit(X)
    X[0] = 0.1  # then the mean of the others is far below the rounding of the rows
    source, family = ArraySource(X), Exponential()
    mixture = em.begin(family, source, given_labels((np.arange(200) < 80).astype(int), 2))
    statistics = em.e_step(mixture, source).statistics
    owed = family.upheld(mixture.params, np.full(1, 0.01 / 12.0), lambda: statistics)
    share = np.sqrt(0.01 / 12.0) / mixture.params.means[1, 0]
    gain = np.log(share) + 1.0 / share - 1.0
    assert owed[0] == 0.0
    assert owed[1] == pytest.approx(statistics.rows[1] * gain)
    assert owed[1] > 50.0


def test_geometric_means_keep_their_digits() -> None:
    counts = np.array([[0.0], [3.0], [1e12]])
    for mean in (1e-18, 0.5, 1e6, 1e15):
        actual = Geometric().log_density(GeometricParameters(np.array([[mean]])), counts)[:, 0]
        expected = counts[:, 0] * -np.log1p(1.0 / mean) - np.log1p(mean)
        np.testing.assert_allclose(actual, expected, rtol=1e-14)
    params = GeometricParameters(np.array([[3.0]]))
    np.testing.assert_allclose(params.probabilities, [[0.25]], rtol=1e-15)
    np.testing.assert_allclose(params.log_failures, np.log([[0.75]]), rtol=1e-15)


@pytest.mark.parametrize("means", [[0.0], [0.01], [0.0, 3.0], [1.0, 25.0], [500.0], [0.0, 1e6]])
def test_geometric_counts_that_are_shown(means: list[float]) -> None:
    params = GeometricParameters(np.array(means)[:, None])
    shown = GeometricDescription().marginal(params, 0, Schema.of("n", Kind.COUNT))
    few = max(means) < 28.0
    assert isinstance(shown, Mass if few else Curve)
    np.testing.assert_allclose(shown.mean, means)
    np.testing.assert_allclose(shown.deviation**2, np.array(means) * (1.0 + np.array(means)))
    if isinstance(shown, Mass):
        p = params.probabilities
        np.testing.assert_allclose(
            shown.probabilities, stats.geom.pmf(shown.values + 1.0, p), rtol=1e-9, atol=1e-300
        )
        assert (shown.probabilities.sum(axis=1) >= 1.0 - 1e-6).all()
        assert len(shown.values) <= 400
    else:
        assert np.isfinite(shown.densities).all()


@pytest.mark.parametrize("seed", range(3))
def test_geometric_components_are_recovered(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth = GeometricParameters(np.array([[0.5, 20.0, 3.0], [6.0, 1.0, 3.0]]))
    X = Geometric().sample(truth, np.repeat([0, 1], [3000, 2000]), rng)
    fit = mx.GeometricMixture(2, random_state=0).fit(X)
    np.testing.assert_allclose(fit.means_, truth.means, rtol=0.15)
    np.testing.assert_allclose(fit.weights_, [0.6, 0.4], atol=0.03)
    np.testing.assert_allclose(fit.probabilities_, 1.0 / (1.0 + fit.means_), rtol=1e-14)


def test_em_ends_on_zeros_exactly() -> None:
    X = np.random.default_rng(2).geometric(0.3, (50, 2)) - 1.0
    X[:, 0] = 0.0
    source = ArraySource(X)
    fit = em.fit(em.begin(Geometric(), source, random_responsibilities(2, (0,))), source)
    assert (fit.mixture.params.means[:, 0] == 0.0).all()
    assert (fit.mixture.params.probabilities[:, 0] == 1.0).all()
