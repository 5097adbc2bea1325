"""Laws of the loop, over every family and algorithm."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mixtura import em
from mixtura.acceleration import PLAIN, ChainMean, Switch
from mixtura.assignments import (
    Assignment,
    Tempered,
    hard,
    log_sum_exp,
    one_hot,
    posterior,
    soft,
    stochastic,
)
from mixtura.errors import DegenerateError
from mixtura.families import (
    Bernoulli,
    BernoulliParameters,
    Box,
    Gaussian,
    GaussianParameters,
    with_noise,
)
from mixtura.families.gaussian.structures import VVV, AxisCovariances, Structure
from mixtura.mixture import Mixture
from mixtura.schedules import batch, damped, decreasing_steps
from mixtura.sources import ArraySource
from mixtura.starts.given import given_labels, given_responsibilities, random_responsibilities
from mixtura.stopping import fixed_length, paused_after, projected, projected_gain
from mixtura.testing import assert_alike
from records import FAMILIES, FAMILY_IDS, STRUCTURE_IDS, STRUCTURES, FamilyRecord, two_groups

ASSIGNMENTS = [soft, hard, stochastic]


def begin(record: FamilyRecord, source: ArraySource, k: int = 3) -> Mixture:
    return em.begin(record.family, source, random_responsibilities(k, (4,)))


@pytest.mark.parametrize("assignment", [soft, hard])
@pytest.mark.parametrize("structure", STRUCTURES, ids=STRUCTURE_IDS)
@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    n=st.integers(8, 60),
    d=st.integers(1, 4),
    k=st.integers(1, 5),
    share=st.sampled_from([0.0, 1e-6, 1e-2, 0.5]),
    noise=st.booleans(),
)
@example(seed=0, n=17, d=4, k=5, share=0.0, noise=False)  # scales that outgrow each other
def test_em_never_decreases(
    structure: Structure,
    assignment: Assignment,
    seed: int,
    n: int,
    d: int,
    k: int,
    share: float,
    noise: bool,
) -> None:
    X = np.random.default_rng(seed).normal(size=(n, d)).round(2)
    region = Box(np.zeros(d), 4.0 * np.eye(d)) if noise else None
    floor = share * X.var(axis=0)
    source = ArraySource(X)
    try:
        family = with_noise(Gaussian(structure, floor), region)
        first = em.begin(family, source, random_responsibilities(k + noise, (seed,)))
    except DegenerateError:
        assert share == 0.0
        return
    fit = em.fit(first, source, assignment=assignment, stopping=projected_gain(1e-9, 40))
    # Near a singular covariance the distances themselves have an error of condition * eps.
    condition = max(np.linalg.cond(matrix) for matrix in fit.mixture.params.covariances.matrices())
    slack = 1e-13 + 1e-15 * condition
    falls = -np.diff(fit.trace) / (1.0 + np.abs(fit.trace[1:]))
    assert falls.max(initial=0.0) <= slack


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
@pytest.mark.parametrize("record", FAMILIES, ids=FAMILY_IDS)
def test_threads_equal_serial_to_the_bit(record: FamilyRecord, assignment: Assignment) -> None:
    def fit(n_threads: int) -> em.Fit:
        source = ArraySource(record.X, None, rows_per_block=9, n_threads=n_threads)
        return em.fit(
            begin(record, source),
            source,
            assignment=assignment,
            stopping=fixed_length(8),
            seed=(7,),
        )

    serial = fit(1)
    for n_threads in (2, 7):
        threaded = fit(n_threads)
        assert threaded.trace == serial.trace
        assert_alike(threaded.mixture.params, serial.mixture.params, rtol=0.0)
        assert_alike(threaded.mixture.weights, serial.mixture.weights, rtol=0.0)


@pytest.mark.parametrize("assignment", [soft, hard])
@pytest.mark.parametrize("record", FAMILIES, ids=FAMILY_IDS)
@pytest.mark.parametrize("rows_per_block", [1, 7, 59])
def test_chunked_equals_whole(
    record: FamilyRecord, assignment: Assignment, rows_per_block: int
) -> None:
    whole, chunked = ArraySource(record.X), ArraySource(record.X, None, rows_per_block)
    first = begin(record, whole)
    assert_alike(
        em.e_step(first, chunked, assignment), em.e_step(first, whole, assignment), rtol=1e-12
    )
    fits = [
        em.fit(first, source, assignment=assignment, stopping=fixed_length(5))
        for source in (whole, chunked)
    ]
    np.testing.assert_allclose(fits[1].trace, fits[0].trace, rtol=1e-12)


@pytest.mark.parametrize("record", FAMILIES, ids=FAMILY_IDS)
def test_weights_equal_repetition_through_the_whole_fit(record: FamilyRecord) -> None:
    weight = np.random.default_rng(0).integers(1, 4, len(record.X))
    weighted = ArraySource(record.X, weight.astype(float))
    repeated = ArraySource(np.repeat(record.X, weight, axis=0))
    first = begin(record, weighted)
    fits = [em.fit(first, source, stopping=fixed_length(20)) for source in (weighted, repeated)]
    np.testing.assert_allclose(fits[1].trace, fits[0].trace, rtol=1e-11)
    assert_alike(fits[1].mixture.params.sort_key, fits[0].mixture.params.sort_key, rtol=1e-8)


@pytest.mark.parametrize("structure", STRUCTURES, ids=STRUCTURE_IDS)
def test_sample_then_fit_recovers(structure: Structure) -> None:
    rng = np.random.default_rng(3)
    means = np.array([[0.0, 0.0], [6.0, 1.0], [0.0, 8.0]])
    truth = Mixture(
        Gaussian(structure, np.zeros(2)),
        GaussianParameters(means, AxisCovariances(np.full((3, 2), 0.7))),
        np.array([0.5, 0.3, 0.2]),
    )
    X, labels = truth.sample(6000, rng)
    source = ArraySource(X)
    fit = em.fit(em.begin(truth.family, source, given_labels(labels, 3)), source)
    assert fit.status.converged
    np.testing.assert_allclose(fit.mixture.weights, truth.weights, atol=0.02)
    np.testing.assert_allclose(fit.mixture.params.means, means, atol=0.1)
    np.testing.assert_allclose(
        fit.mixture.params.covariances.matrices(), truth.params.covariances.matrices(), atol=0.1
    )


def test_the_coin_of_the_notes() -> None:
    tosses = ArraySource(np.array([[1.0], [0.0], [0.0], [1.0], [0.0]]))  # H T T H T
    first = em.begin(Bernoulli(), tosses, given_labels(np.zeros(5, dtype=np.intp), 1))
    fit = em.fit(first, tosses)
    assert fit.mixture.params.probabilities[0, 0] == 2 / 5
    np.testing.assert_allclose(5 * fit.objective, np.log(0.4**2 * 0.6**3), rtol=1e-15)


def test_bernoulli_at_its_limits() -> None:
    params = BernoulliParameters(np.array([[0.0, 1.0], [0.5, 0.5]]))
    X = np.array([[0.0, 1.0], [1.0, 1.0], [0.0, 0.0]])
    log_density = Bernoulli().log_density(params, X)
    np.testing.assert_allclose(np.exp(log_density), [[1.0, 0.25], [0.0, 0.25], [0.0, 0.25]])


def test_saem_remembers_and_settles() -> None:
    source = ArraySource(two_groups(300))
    first = em.begin(Gaussian(VVV, np.zeros(3)), source, random_responsibilities(2, (1,)))
    options = {"assignment": stochastic, "stopping": fixed_length(60)}
    wild = em.fit(first, source, schedule=batch, **options)
    calm = em.fit(first, source, schedule=damped(decreasing_steps(burn_in=20)), **options)
    assert np.ptp(calm.trace[-20:]) < 0.5 * np.ptp(wild.trace[-20:])


def test_stochastic_keeps_the_best_it_passed() -> None:
    source = ArraySource(two_groups(100))
    first = em.begin(Gaussian(VVV, np.zeros(3)), source, random_responsibilities(2, (1,)))
    fit = em.fit(first, source, assignment=stochastic, stopping=fixed_length(30))
    assert fit.objective == max(fit.trace)
    exact = fit.mixture.log_density(source.X).mean()
    np.testing.assert_allclose(fit.objective, exact, rtol=1e-13)


def test_warm_history_counts_for_the_stopping_rule() -> None:
    source = ArraySource(two_groups(200))
    first = em.begin(Gaussian(VVV, np.zeros(3)), source, random_responsibilities(2, (1,)))
    whole = em.fit(first, source)
    short = em.fit(first, source, stopping=projected_gain(1e-7, whole.n_iter - 1))
    assert not short.status.converged
    rest = em.fit(short.mixture, source, history=short.trace)
    assert rest.status.converged
    assert rest.n_iter == 1
    assert rest.trace == whole.trace
    other = em.fit(short.mixture, ArraySource(two_groups(200) + 0.5), history=short.trace)
    assert other.n_iter > 1  # what other rows gave says nothing here
    assert other.status.converged


@pytest.mark.parametrize("pause", [0, 1, 4, 11])
@pytest.mark.parametrize(
    "options",
    [
        {"assignment": hard},
        {"assignment": stochastic},
        {"assignment": stochastic, "schedule": damped(decreasing_steps(3))},
        {"update_rule": PLAIN},
        {"update_rule": Switch()},
        {"assignment": Tempered(0.6)},
        {
            "assignment": stochastic,
            "update_rule": ChainMean(9, 30),
            "latest": True,
            "keep": range(9, 30),
        },
    ],
    ids=["hard", "stochastic", "SAEM", "plain", "accelerated", "tempered", "mean"],
)
def test_a_paused_run_goes_on_as_if_it_had_not_been(options: dict[str, Any], pause: int) -> None:
    rng = np.random.default_rng(3)
    source = ArraySource(np.concatenate([rng.normal(0, 1, (150, 2)), rng.normal(1.5, 1, (150, 2))]))
    first = em.begin(Gaussian(VVV, np.zeros(2)), source, random_responsibilities(2, (1,)))
    rule = fixed_length(30)
    whole = em.fit(first, source, stopping=rule, seed=(7,), **options)
    part = em.fit(first, source, stopping=paused_after(rule, pause), seed=(7,), **options)
    assert part.status.paused
    assert (part.n_iter, len(part.trace)) == (pause, pause + 1)
    others = {name: value for name, value in options.items() if name != "update_rule"}
    rest = em.resume(part, source, stopping=rule, seed=(7,), **others)
    assert rest.trace == whole.trace
    assert rest.objective == whole.objective
    assert [state.objective for state in rest.chain] == [state.objective for state in whole.chain]
    assert (rest.n_iter, rest.status) == (whole.n_iter, whole.status)
    assert em.resume(rest, source) is rest


def test_collapse_ends_the_run_before_it() -> None:
    X = np.concatenate([np.zeros((5, 1)), np.linspace(5.0, 9.0, 20)[:, None]])
    source = ArraySource(X)
    resp = np.where(X < 1.0, [[0.9, 0.1]], [[0.01, 0.99]])
    first = em.begin(Gaussian(VVV, np.zeros(1)), source, given_responsibilities(resp))
    fit = em.fit(first, source)
    assert fit.status.collapsed
    assert not fit.status.converged
    assert "1 of 2 components is singular" in fit.status.text
    assert np.isfinite(fit.objective)


def test_projected_gain_is_honest_about_a_geometric_approach() -> None:
    limit, ratio = -1.0, 0.95
    trace = [limit - ratio**i for i in range(300)]
    rule = projected_gain(1e-3, 1000)
    stop = next(i for i in range(1, 300) if rule(trace[: i + 1], i) is not None)
    # Three quarters of tol, for where ratios still grow.
    assert limit - trace[stop] < 0.75e-3 < limit - trace[stop - 3]
    np.testing.assert_allclose(projected(trace[:50]).remaining, limit - trace[49], rtol=1e-6)


@pytest.mark.parametrize(
    ("trace", "converged", "words"),
    [
        ([-3.0, -2.0, -2.0], True, "no further gain"),
        ([-3.0, -2.0, -2.0 - 1e-9], True, "working precision"),
        ([-3.0, -2.0, -2.1], False, "before the fall"),
        ([-3.0, -np.inf], False, "no density"),
        ([-3.0, np.nan], False, "nan"),
    ],
)
def test_status_in_words(trace: list[float], converged: bool, words: str) -> None:
    status = projected_gain(1e-7, 100)(trace, len(trace) - 1)
    assert status is not None
    assert status.converged == converged
    assert words in str(status)


def test_giving_up_says_how_far_the_limit_is() -> None:
    trace = [-(0.9**i) for i in range(11)]
    status = projected_gain(1e-9, 10)(trace, 10)
    assert status is not None
    assert not status.converged
    assert "3.5e-01" in status.text


def test_log_sum_exp_at_its_limits() -> None:
    rows = np.array([[-np.inf, -np.inf], [-np.inf, 3.0], [1e308, 1e308], [-1e308, -1e308]])
    resp, log_density = posterior(rows)
    np.testing.assert_array_equal(log_density[:2], [-np.inf, 3.0])
    np.testing.assert_array_equal(resp, [[0, 0], [0, 1], [0.5, 0.5], [0.5, 0.5]])
    np.testing.assert_array_equal(log_sum_exp(rows), log_density)
    np.testing.assert_array_equal(one_hot(np.array([1, 0]), 2), [[0, 1], [1, 0]])
