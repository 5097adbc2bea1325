"""What is particular of negative binomial components: dispersions, their M-step and their ends."""

from __future__ import annotations

import json
from math import fsum
from pathlib import Path

import numpy as np
import pytest
from scipy import optimize, special, stats

import mixtura as mx
from mixtura import em
from mixtura.acceleration import Switch
from mixtura.families import NegativeBinomial, NegativeBinomialParameters, Poisson
from mixtura.families.negative_binomial import NegativeBinomialDescription
from mixtura.families.poisson import PoissonParameters
from mixtura.families.rising_factorials import rising_factorials
from mixtura.families.schema import Kind, Schema
from mixtura.mixture import Mixture
from mixtura.sources import ArraySource
from mixtura.starts.given import given_labels, random_responsibilities
from mixtura.stopping import fixed_length, projected_gain
from mixtura.testing import check_family
from mixtura.typing import FloatArray

FAMILY = NegativeBinomial()
REFERENCE = Path(__file__).parents[1] / "reference" / "negative_binomial.json"


def params_of(means: list[float], dispersions: list[float]) -> NegativeBinomialParameters:
    """Of components of one column."""
    return NegativeBinomialParameters(
        np.array(means, float)[:, None], np.array(dispersions, float)[:, None]
    )


def drawn(mean: float, dispersion: float, n: int = 300, seed: int = 0) -> FloatArray:
    rng = np.random.default_rng(seed)
    labels = np.zeros(n, dtype=np.intp)
    return FAMILY.sample(params_of([mean], [dispersion]), labels, rng)


def begun(X: FloatArray, k: int = 1) -> Mixture:
    return em.begin(FAMILY, ArraySource(X), random_responsibilities(k, (0,)))


# ---------------------------------------------------------------------------------------------
# Densities


def test_log_masses_in_many_digits() -> None:
    for mean, dispersion, count, expected in json.loads(REFERENCE.read_text())["values"]:
        params = params_of([mean], [dispersion])
        actual = FAMILY.log_density(params, np.array([[float(count)]]))[0, 0]
        # It is a sum of terms of about count times a logarithm.
        tolerance = 1e-13 + 1e-14 * (count + min(mean, 1.0 / dispersion)) + 1e-13 * abs(actual)
        assert actual == pytest.approx(float(expected), rel=0.0, abs=tolerance)


def test_log_densities_are_those_of_scipy() -> None:
    X = np.random.default_rng(0).integers(0, 60, (40, 2)).astype(float)
    params = NegativeBinomialParameters(
        np.array([[3.0, 40.0], [0.2, 9.0]]), np.array([[0.5, 0.02], [7.0, 1.0]])
    )
    size = 1.0 / params.dispersions
    masses = stats.nbinom.logpmf(X[:, None], size, size / (size + params.expected))
    np.testing.assert_allclose(FAMILY.log_density(params, X), masses.sum(axis=2), rtol=1e-11)


def test_a_dispersion_of_0_is_poisson() -> None:
    X = np.array([[0.0], [3.0], [25.0], [400.0]])
    poisson = Poisson().log_density(PoissonParameters(np.array([[0.0], [30.0]])), X)
    np.testing.assert_allclose(
        FAMILY.log_density(params_of([0.0, 30.0], [0.0, 0.0]), X), poisson, rtol=1e-13
    )
    nearly = FAMILY.log_density(params_of([0.0, 30.0], [1e-14, 1e-14]), X)
    np.testing.assert_allclose(nearly, poisson, rtol=1e-8)


@pytest.mark.parametrize("dispersion", [0.0, 1e-12, 1e-3, 0.3, 5.0, 1e8])
def test_rising_factorials_are_sums(dispersion: float) -> None:
    counts = [0, 1, 5, 16, 17, 18, 40, 3000]
    found = rising_factorials(
        np.array(counts, float), np.zeros(len(counts), dtype=np.intp), np.array([[dispersion]])
    )
    for place, count in enumerate(counts):
        m = np.arange(count)
        change = m / (1.0 + dispersion * m)
        terms = np.log1p(dispersion * m), change, change**2
        for mine, term in zip(found, terms, strict=True):
            assert mine[0, place] == pytest.approx(fsum(term), rel=1e-14)


def test_rows_may_have_more_distinct_counts_than_fit_a_table() -> None:
    X = np.array([[0.0, 2.0], [1e9, 1.0], [7.0, 0.0], [7.0, 3.0]])
    params = NegativeBinomialParameters(np.full((1, 2), 5.0), np.full((1, 2), 0.5))
    whole = FAMILY.log_density(params, X)
    alone = np.vstack([FAMILY.log_density(params, row[None]) for row in X])
    np.testing.assert_array_equal(whole, alone)
    sums = FAMILY.statistics(params, X, np.ones((4, 1)))
    assert sums.total.tolist() == [[1e9 + 14.0, 6.0]]
    assert sums.largest.tolist() == [[1e9, 3.0]]


# ---------------------------------------------------------------------------------------------
# The maximum

TABLES = {
    f"mean {mean:g}, dispersion {dispersion:g}": drawn(mean, dispersion)
    for mean, dispersion in [
        *[(3.0, 0.5), (3.0, 5.0), (100.0, 2.0), (100.0, 0.01)],
        *[(1000.0, 0.1), (0.05, 10.0), (20.0, 60.0)],
    ]
}


@pytest.mark.parametrize("table", TABLES)
def test_one_component_is_at_the_maximum(table: str) -> None:
    X = TABLES[table]
    fit = em.fit(begun(X), ArraySource(X))
    assert fit.status.converged
    assert fit.n_iter <= 8

    def loss(log_dispersion: float) -> float:
        """By scipy's own gamma functions."""
        size = np.exp(-log_dispersion)
        return -stats.nbinom.logpmf(X, size, size / (size + X.mean())).mean()

    at = np.log(fit.mixture.params.dispersions[0, 0])
    best = optimize.minimize_scalar(loss, bounds=(at - 2.0, at + 2.0), options={"xatol": 1e-10})
    assert fit.objective == pytest.approx(-best.fun, abs=1e-8)
    assert fit.mixture.params.expected[0, 0] == pytest.approx(X.mean(), rel=1e-14)


def test_statsmodels_finds_the_same_maximum() -> None:
    # NegativeBinomial(counts, ones).fit(method="bfgs") of version 0.15.0: exp(const), alpha, llf.
    X = TABLES["mean 3, dispersion 0.5"]
    mean, alpha, loglik = 2.9466666666666668, 0.4268471659780669, -652.5042994333801
    fit = mx.NegativeBinomialMixture(1, tol=1e-12).fit(X)
    assert fit.log_likelihood_ == pytest.approx(loglik, rel=1e-9)
    assert fit.means_[0, 0] == pytest.approx(mean, rel=1e-6)
    assert fit.dispersions_[0, 0] == pytest.approx(alpha, rel=1e-5)


def test_no_step_from_a_fit_of_two_components_leads_higher() -> None:
    X = np.concatenate([drawn(3.0, 0.4, 200), drawn(40.0, 0.3, 100)])
    fit = em.fit(begun(X, 2), ArraySource(X), stopping=projected_gain(1e-12, 5000))
    mixture = fit.mixture
    start = np.log(np.concatenate([*mixture.params.expected, *mixture.params.dispersions]))

    def loss(values: FloatArray) -> float:
        odds, logs = values[0], np.exp(values[1:])
        weights = np.array([special.expit(odds), special.expit(-odds)])
        there = Mixture(FAMILY, params_of(logs[:2].tolist(), logs[2:].tolist()), weights)
        return -there.log_density(X).mean()

    at = np.append(special.logit(mixture.weights[0]), start)
    best = optimize.minimize(loss, at + 0.1, method="BFGS", options={"gtol": 1e-8})
    assert fit.objective >= -best.fun - 1e-10
    assert fit.objective == pytest.approx(-best.fun, abs=1e-7)


@pytest.mark.parametrize("seed", range(40))
def test_em_never_falls_from_any_dispersion(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, d = int(rng.integers(1, 30)), 6
    X = rng.negative_binomial(rng.uniform(0.05, 9.0, d), rng.uniform(0.01, 0.95, d), (n, d))
    X[:, 0] = rng.integers(0, 2, n) * rng.integers(1, 500)  # two values
    X = X.astype(np.float64)
    k = int(rng.integers(1, 4))
    means = rng.uniform(0.1, 3.0, (k, d)) * (X.mean(axis=0) + 0.01)
    dispersions = np.exp(rng.uniform(-12.0, 7.0, (k, d))) * (rng.random((k, d)) < 0.8)
    first = Mixture(
        FAMILY, NegativeBinomialParameters(means, dispersions), rng.dirichlet(np.ones(k))
    )
    trace = em.fit(first, ArraySource(X), stopping=fixed_length(25)).trace
    falls = -np.diff(trace) / (1.0 + np.abs(trace[1:]))
    assert falls.max() <= 1e-13


# ---------------------------------------------------------------------------------------------
# Where the dispersion ends


@pytest.mark.parametrize("mean", [0.1, 3.0, 100.0])
def test_the_variance_says_whether_there_is_a_dispersion(mean: float) -> None:
    for seed in range(8):
        X = np.random.default_rng(seed).poisson(mean, (200, 1)).astype(float)
        fit = em.fit(begun(X), ArraySource(X))
        assert fit.status.converged
        assert fit.n_iter <= 10
        assert (fit.mixture.params.dispersions[0, 0] > 0.0) == (X.var() > X.mean())


def test_0_is_reached_and_left_from_anywhere() -> None:
    wide, narrow = drawn(20.0, 0.3), np.random.default_rng(0).binomial(30, 0.7, (300, 1)) + 0.0
    for X, ends in ((wide, False), (narrow, True)):
        for dispersion in (0.0, 1e-9, 1e-3, 0.1, 1e4):
            first = Mixture(FAMILY, params_of([X.mean()], [dispersion]), np.ones(1))
            fit = em.fit(first, ArraySource(X), stopping=projected_gain(1e-10, 60))
            assert fit.status.converged
            assert (fit.mixture.params.dispersions[0, 0] == 0.0) == ends
        assert fit.objective == pytest.approx(em.fit(begun(X), ArraySource(X)).objective, abs=1e-8)


@pytest.mark.filterwarnings("ignore:Column 0 is constant")
@pytest.mark.parametrize(
    "cells",
    [[0, 0, 0, 0], [1, 0, 1, 0], [5, 5, 5, 5], [3, 3, 3, 4], [0, 0, 0, 2**53]],
    ids=str,
)
def test_odd_columns(cells: list[int]) -> None:
    X = np.array(cells, float)[:, None]
    fit = mx.NegativeBinomialMixture(1).fit(X)
    assert np.isfinite(fit.log_likelihood_)
    assert fit.means_[0, 0] == pytest.approx(X.mean(), rel=1e-14)
    assert (fit.dispersions_[0, 0] == 0.0) == (max(cells) < 2**53)


def test_hardly_any_weight_on_a_far_row_is_no_accident() -> None:
    X = np.array([[0.0], [0.0], [50.0], [2.0**40]])
    for faint in (1e-30, 1e-160, 1e-300):
        resp = np.array([[1.0], [1.0], [faint], [faint]])
        params = params_of([1.0], [3.0])
        after = FAMILY.maximize(FAMILY.statistics(params, X, resp), params)
        assert np.isfinite(after.dispersions).all()
        assert np.isfinite(FAMILY.log_density(after, X)).all()


# ---------------------------------------------------------------------------------------------
# Fits


def test_a_mixture_is_found_again() -> None:
    truth = NegativeBinomialParameters(
        np.array([[4.0, 30.0], [25.0, 6.0]]), np.array([[0.5, 0.2], [0.1, 0.0]])
    )
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], [2500, 1500])
    X = FAMILY.sample(truth, labels, rng)
    fit = mx.NegativeBinomialMixture(2, random_state=0).fit(X)
    assert fit.converged_
    assert (fit.predict(X) == labels).mean() > 0.97
    np.testing.assert_allclose(fit.means_, truth.expected, rtol=0.05)
    np.testing.assert_allclose(fit.dispersions_, truth.dispersions, atol=0.03)


def test_slow_fits_need_fewer_passes() -> None:
    X = np.concatenate([drawn(5.0, 0.1, 300), drawn(8.0, 0.1, 300, seed=1)])
    source = ArraySource(X)
    first = em.begin(FAMILY, source, given_labels(np.repeat([0, 1], 300), 2))
    rule = projected_gain(1e-9, 20_000)
    plain = em.fit(first, source, stopping=rule)
    fast = em.fit(first, source, update_rule=Switch(), stopping=rule)
    assert plain.n_iter > 100
    assert fast.n_iter < plain.n_iter / 2
    assert fast.objective >= plain.objective - 1e-8
    assert (np.diff(fast.trace) >= -1e-13).all()


def test_laws_hold_for_one_to_four_components() -> None:
    X = np.hstack([drawn(3.0, 0.5, 60), drawn(60.0, 1.5, 60, seed=1)])
    for k in range(1, 5):
        check_family(FAMILY, X, k, seed=k)


@pytest.mark.parametrize(("mean", "dispersion"), [(0.4, 9.0), (5.0, 0.8), (20.0, 0.0)])
def test_a_marginal_holds_nearly_all_of_the_mass(mean: float, dispersion: float) -> None:
    description, schema = NegativeBinomialDescription(), Schema.of("n", Kind.COUNT)
    mass = description.marginal(params_of([mean], [dispersion]), 0, schema)
    assert mass.deviation[0] == pytest.approx(np.sqrt(mean + dispersion * mean**2))
    assert 1.0 - 1e-5 <= mass.probabilities.sum() <= 1.0 + 1e-12
