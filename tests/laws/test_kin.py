"""Laws of the kin of EM: tempered assignments, decreasing steps, the mean of a chain."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mixtura import em
from mixtura.acceleration import ChainMean
from mixtura.assignments import Assignment, Tempered, hard, soft, stochastic
from mixtura.families import Gaussian
from mixtura.families.gaussian.structures import VVV
from mixtura.fitting.notes import notes_on_chain
from mixtura.mixture import Mixture
from mixtura.schedules import damped, decreasing_steps
from mixtura.sources import ArraySource
from mixtura.starts.given import given_labels, random_responsibilities
from mixtura.stopping import fixed_length
from mixtura.testing import assert_alike
from records import FAMILIES, FAMILY_IDS, FamilyRecord, two_groups

TEMPERATURES = [0.2, 0.5, 0.9]


def begin(record: FamilyRecord, source: ArraySource, k: int = 3) -> Mixture:
    return em.begin(record.family, source, random_responsibilities(k, (4,)))


def log_joints() -> np.ndarray:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(200, 4)) * 30.0
    rows[::7, 1] = -np.inf
    rows[5] = -np.inf
    return rows


def no_draw() -> np.random.Generator:
    raise AssertionError("nothing is drawn here")


# ------------------------------------------------------------------------------------- tempered


@pytest.mark.parametrize("b", TEMPERATURES)
@pytest.mark.parametrize("record", FAMILIES, ids=FAMILY_IDS)
def test_the_free_energy_never_falls_within_a_temperature(record: FamilyRecord, b: float) -> None:
    source = ArraySource(record.X)
    fit = em.fit(begin(record, source), source, assignment=Tempered(b), stopping=fixed_length(15))
    falls = -np.diff(fit.trace) / (1.0 + np.abs(fit.trace[1:]))
    assert fit.n_iter == 15
    assert falls.max() <= 1e-13


@pytest.mark.parametrize("b", TEMPERATURES)
def test_it_never_falls_where_some_rows_are_known(b: float) -> None:
    X = two_groups(80)
    labels = np.where(np.arange(80) % 3 == 0, np.arange(80) % 2, -1)
    source = ArraySource(X, labels=labels)
    first = em.begin(Gaussian(VVV, np.zeros(3)), source, random_responsibilities(2, (1,)))
    trace = em.fit(first, source, assignment=Tempered(b), stopping=fixed_length(20)).trace
    assert np.diff(trace).min() >= -1e-13
    assert trace[-1] > trace[0]


@pytest.mark.parametrize("b", TEMPERATURES)
def test_no_other_responsibilities_have_more_free_energy(b: float) -> None:
    """Which is why an M-step cannot lower it."""
    log_joint = np.random.default_rng(1).normal(size=(50, 3)) * 4.0
    resp, objective = Tempered(b)(log_joint, no_draw)

    def energy(r: np.ndarray) -> np.ndarray:
        return (r * (log_joint - np.log(r) / b)).sum(axis=1)

    np.testing.assert_allclose(objective, energy(resp), rtol=1e-12)
    for seed in range(20):
        other = np.random.default_rng(seed).dirichlet(np.ones(3), 50)
        assert (energy(0.9 * resp + 0.1 * other) < objective).all()


def test_at_1_it_is_soft_to_the_bit() -> None:
    for mine, softs in zip(
        Tempered(1.0)(log_joints(), no_draw), soft(log_joints(), no_draw), strict=True
    ):
        np.testing.assert_array_equal(mine, softs)


def test_its_limits_are_equal_shares_and_hard() -> None:
    log_joint = np.random.default_rng(1).normal(size=(50, 3))
    np.testing.assert_allclose(Tempered(1e-9)(log_joint, no_draw)[0], 1.0 / 3.0, rtol=1e-8)
    for mine, hards in zip(
        Tempered(1e6)(log_joint, no_draw), hard(log_joint, no_draw), strict=True
    ):
        np.testing.assert_allclose(mine, hards, atol=1e-12)


@pytest.mark.parametrize("record", FAMILIES, ids=FAMILY_IDS)
def test_weights_equal_repetition_at_a_temperature(record: FamilyRecord) -> None:
    times = np.random.default_rng(0).integers(1, 4, len(record.X))
    weighted = ArraySource(record.X, times.astype(np.float64))
    repeated = ArraySource(np.repeat(record.X, times, axis=0))
    first = begin(record, weighted)
    assert_alike(
        em.e_step(first, weighted, Tempered(0.5)), em.e_step(first, repeated, Tempered(0.5))
    )


# -------------------------------------------------------------------------- the mean of a chain


def averaged(record: FamilyRecord, source: ArraySource, seed: tuple[int, ...]) -> em.Fit:
    return em.fit(
        begin(record, source, 2),
        source,
        assignment=stochastic,
        update_rule=ChainMean(burn_in=3, length=8),
        stopping=fixed_length(8),
        seed=seed,
        latest=True,
        keep=range(3, 8),
    )


@pytest.mark.parametrize("record", FAMILIES, ids=FAMILY_IDS)
def test_the_mean_of_a_chain_is_an_m_step_from_mean_statistics(record: FamilyRecord) -> None:
    source = ArraySource(record.X)
    fit = averaged(record, source, (7,))
    mixture, kept = begin(record, source, 2), []
    for iteration in range(8):
        fresh = em.e_step(mixture, source, stochastic, (7, iteration + 1))
        if iteration >= 3:
            kept.append((mixture, fresh))
        mixture = mixture.maximize(fresh)
    total = kept[0][1]
    for _, fresh in kept[1:]:
        total = total + fresh
    mean = kept[-1][0].maximize(0.2 * total)
    assert_alike(fit.mixture.params, mean.params, rtol=1e-9)
    assert_alike(fit.mixture.weights, mean.weights, rtol=1e-12)
    assert fit.objective == fit.trace[-1]
    exact = (mean.log_density(source.X).sum() + mean.log_prior) / len(source.X)
    np.testing.assert_allclose(fit.objective, exact, rtol=1e-9)
    assert len(fit.chain) == 5
    assert [state.objective for state in fit.chain] == list(fit.trace[3:8])
    for state, (passed, _) in zip(fit.chain, kept, strict=True):
        assert_alike(state.mixture.params, passed.params, rtol=0.0)


RANDOM = {
    "SAEM": {"schedule": damped(decreasing_steps(3))},
    "mean": {"update_rule": ChainMean(3, 8), "keep": range(3, 8)},
}


@pytest.mark.parametrize("options", RANDOM.values(), ids=RANDOM)
@pytest.mark.parametrize("record", FAMILIES, ids=FAMILY_IDS)
def test_threads_equal_serial_to_the_bit(record: FamilyRecord, options: dict[str, Any]) -> None:
    def fit(n_threads: int, seed: int) -> em.Fit:
        source = ArraySource(record.X, None, rows_per_block=9, n_threads=n_threads)
        return em.fit(
            begin(record, source, 2),
            source,
            assignment=stochastic,
            stopping=fixed_length(8),
            seed=(seed,),
            latest=True,
            **options,
        )

    serial, threaded, other = fit(1, 7), fit(5, 7), fit(1, 8)
    assert threaded.trace == serial.trace != other.trace
    assert_alike(threaded.mixture.params, serial.mixture.params, rtol=0.0)


def test_saem_with_steps_of_1_is_stochastic_em_to_the_bit() -> None:
    source = ArraySource(two_groups(90))
    record = FAMILIES[0]
    fits = [
        em.fit(
            begin(record, source),
            source,
            assignment=stochastic,
            stopping=fixed_length(12),
            seed=(1,),
            **options,
        )
        for options in ({}, {"schedule": damped(decreasing_steps(burn_in=12))})
    ]
    assert fits[0].trace == fits[1].trace


@pytest.mark.parametrize("apart", [2.0, 6.0, 20.0])
def test_where_the_mean_is_less_likely_than_its_chain_a_note_tells(apart: float) -> None:
    X = np.repeat([[0.0], [apart]], 40, axis=0)
    X += np.random.default_rng(0).normal(size=X.shape)
    source = ArraySource(X)
    first = em.begin(
        Gaussian(VVV, np.zeros(1)), source, given_labels((X[:, 0] > apart / 2.0).astype(np.intp), 2)
    )
    fit = em.fit(
        first,
        source,
        assignment=stochastic,
        update_rule=ChainMean(10, 40),
        stopping=fixed_length(40),
        latest=True,
        keep=range(10, 40),
    )
    assert notes_on_chain(fit, mean=True) == []
    # As if the components had changed places halfway: their mean is in the middle.
    merged = em.begin(Gaussian(VVV, np.zeros(1)), source, random_responsibilities(2, (1,)))
    poor = replace(fit, mixture=merged, objective=em.fit(merged, source).trace[0])
    (note,) = notes_on_chain(poor, mean=True)
    assert "changed places" in note
    assert notes_on_chain(poor, mean=False) == []
    assert notes_on_chain(replace(poor, chain=()), mean=True) == []


@pytest.mark.parametrize("assignment", [soft, hard])
def test_a_run_that_follows_another_begins_where_that_ended(assignment: Assignment) -> None:
    source = ArraySource(two_groups(90))
    before = em.fit(begin(FAMILIES[0], source), source, assignment=stochastic)
    run = before.followed(ChainMean(0, 1))
    assert run.before == (before,)
    assert run.ahead is not None
    assert run.ahead.mixture is before.mixture
    ended = em.resume(run, source, assignment=assignment, stopping=fixed_length(4))
    assert ended.before == (before,)
    assert (ended.n_iter, len(ended.trace)) == (4, 5)
