"""What is particular of multinomial components: totals that are given, and rows of zeros."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import mixtura as mx
from mixtura import em
from mixtura.acceleration import Switch
from mixtura.errors import DataError, DegenerateError
from mixtura.families import Multinomial, MultinomialParameters, Poisson
from mixtura.families.multinomial import MultinomialDescription
from mixtura.families.poisson import PoissonParameters
from mixtura.families.schema import Kind, Schema
from mixtura.sources import ArraySource
from mixtura.starts.given import given_labels
from mixtura.stopping import projected_gain
from mixtura.typing import FloatArray

FAMILY = Multinomial()
P = np.array([[0.2, 0.3, 0.5], [0.7, 0.3, 0.0]])


def documents(n: int = 200, seed: int = 0) -> FloatArray:
    """Rows of very different totals; the first half is of the first component."""
    rng = np.random.default_rng(seed)
    totals = rng.negative_binomial(1, 0.03, n) + 1
    return rng.multinomial(totals, P.repeat(n // 2, axis=0)).astype(float)


def test_log_densities_are_those_of_scipy() -> None:
    X = documents()
    params = MultinomialParameters(P, np.array([9.0, 9.0]))
    expected = [stats.multinomial.logpmf(X, X.sum(axis=1).astype(int), p) for p in P]
    actual = FAMILY.log_density(params, X)
    np.testing.assert_allclose(actual, np.stack(expected, axis=1), rtol=1e-10, atol=1e-10)
    assert (actual[X[:, 2] > 0.0, 1] == -np.inf).all()


def test_poisson_counts_are_multinomial_once_their_total_is_known() -> None:
    X, rates = documents(), np.array([[2.0, 3.0, 5.0]])
    totals, total_rate = X.sum(axis=1, keepdims=True), rates.sum(axis=1, keepdims=True)
    params = MultinomialParameters(rates / total_rate, total_rate[:, 0])
    joint = FAMILY.log_density(params, X) + Poisson().log_density(
        PoissonParameters(total_rate), totals
    )
    np.testing.assert_allclose(
        joint, Poisson().log_density(PoissonParameters(rates), X), rtol=1e-12
    )


def test_totals_do_not_matter_to_one_component_but_by_the_weight_of_their_counts() -> None:
    X = documents()
    resp = np.ones((len(X), 1))
    params = FAMILY.maximize(FAMILY.statistics(None, X, resp), None)
    np.testing.assert_allclose(params.probabilities[0], X.sum(axis=0) / X.sum(), rtol=1e-14)
    assert params.totals[0] == pytest.approx(X.sum() / len(X), rel=1e-14)
    tenfold = FAMILY.maximize(FAMILY.statistics(None, 10.0 * X, resp), None)
    np.testing.assert_allclose(tenfold.probabilities, params.probabilities, rtol=1e-14)
    assert FAMILY.n_parameters(4, 3) == 8


# ---------------------------------------------------------------------------------------------
# Rows of zeros


def test_a_row_of_zeros_says_nothing() -> None:
    X = documents()
    fit = mx.MultinomialMixture(2, random_state=0).fit(X)
    zeros = np.zeros((1, 3))
    assert fit.score_samples(zeros)[0] == pytest.approx(0.0, abs=1e-15)
    np.testing.assert_allclose(fit.predict_proba(zeros)[0], fit.weights_, rtol=1e-14)
    more = mx.MultinomialMixture(2, random_state=0).fit(np.vstack([X, np.zeros((50, 3))]))
    assert more.log_likelihood_ == pytest.approx(fit.log_likelihood_, rel=1e-9)
    np.testing.assert_allclose(more.probabilities_, fit.probabilities_, atol=1e-4)
    np.testing.assert_allclose(more.weights_, fit.weights_, atol=1e-4)


def test_a_component_of_nothing_but_rows_of_zeros_is_like_the_heaviest() -> None:
    X = np.vstack([documents(), np.zeros((20, 3))])
    labels = np.repeat([0, 1, 2], [100, 100, 20])
    source = ArraySource(X)
    first = em.begin(FAMILY, source, given_labels(labels, 3))
    np.testing.assert_array_equal(first.params.probabilities[2], first.params.probabilities[0])
    trace = em.fit(first, source).trace
    assert (np.diff(trace) >= -1e-13).all()


def test_rows_of_zeros_alone_are_an_error() -> None:
    with pytest.raises(DegenerateError, match="All rows of the components are zeros"):
        em.begin(FAMILY, ArraySource(np.zeros((4, 2))), given_labels(np.arange(4) % 2, 2))


# ---------------------------------------------------------------------------------------------
# Fits, samples, pictures


def test_a_mixture_is_found_again_whatever_the_totals() -> None:
    X = documents(2000)
    fit = mx.MultinomialMixture(2, random_state=0).fit(X)
    order = np.argsort(fit.probabilities_[:, 0])
    np.testing.assert_allclose(fit.probabilities_[order], P, atol=0.02)
    assert fit.converged_
    rows, _ = fit.sample(500)
    assert set(rows.sum(axis=1)) == set(np.rint(fit.totals_))


def test_totals_are_those_of_the_fit_after_acceleration() -> None:
    rng = np.random.default_rng(1)
    X = np.vstack([rng.multinomial(4, p, 200) for p in ([0.3, 0.3, 0.4], [0.4, 0.35, 0.25])])
    source = ArraySource(X.astype(float))
    first = em.begin(FAMILY, source, given_labels(np.repeat([0, 1], 200), 2))
    rule = projected_gain(1e-10, 20_000)
    plain = em.fit(first, source, stopping=rule)
    fast = em.fit(first, source, update_rule=Switch(), stopping=rule)
    assert fast.n_iter < plain.n_iter / 2
    assert fast.objective >= plain.objective - 1e-9
    np.testing.assert_allclose(fast.mixture.params.totals, 4.0, rtol=1e-12)


def test_one_column_has_nothing_to_share() -> None:
    with pytest.raises(DataError, match="1 column, 0; expected 2 or more"):
        mx.MultinomialMixture(1).fit([[3], [9], [0]])


def test_marginals_are_binomial() -> None:
    schema = Schema.of("abc", Kind.COUNT)
    params = MultinomialParameters(P, np.array([12.0, 39.6]))
    for place in range(3):
        mass = MultinomialDescription().marginal(params, place, schema)
        expected = stats.binom.pmf(mass.values, [[12], [40]], P[:, [place]])
        np.testing.assert_allclose(mass.probabilities, expected, rtol=1e-10, atol=1e-15)
