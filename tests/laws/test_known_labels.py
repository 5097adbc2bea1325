"""Laws of fits in which the components of some rows are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixtura import em
from mixtura.assignments import Assignment, hard, keeping, one_hot, soft, stochastic
from mixtura.families import Gaussian
from mixtura.families.gaussian.structures import VVV, Structure
from mixtura.sources import ArraySource
from mixtura.starts.given import following, given_labels, keeping_labels, random_responsibilities
from mixtura.stopping import fixed_length, projected_gain
from mixtura.testing import assert_alike, check_source
from records import FAMILIES, FAMILY_IDS, STRUCTURE_IDS, STRUCTURES, FamilyRecord, two_groups

ASSIGNMENTS = [soft, hard, stochastic]


def some_known(n: int, k: int = 3) -> np.ndarray:
    labels = np.random.default_rng(5).integers(0, k, n)
    labels[::2] = -1
    return labels


def begin(record: FamilyRecord, source: ArraySource) -> em.Mixture:
    return em.begin(record.family, source, keeping_labels(random_responsibilities(3, (4,))))


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_known_rows_stay_and_the_others_are_as_they_were(assignment: Assignment) -> None:
    log_joint = np.random.default_rng(0).normal(size=(50, 3))
    labels = some_known(50)
    known = labels >= 0
    resp, objective = keeping(labels, assignment)(log_joint, lambda: np.random.default_rng(1))
    free, height = assignment(log_joint, lambda: np.random.default_rng(1))
    np.testing.assert_array_equal(resp[known], one_hot(labels[known], 3))
    np.testing.assert_allclose(
        objective[known], log_joint[known, labels[known]], rtol=1e-14, atol=1e-15
    )
    np.testing.assert_array_equal(resp[~known], free[~known])
    np.testing.assert_array_equal(objective[~known], height[~known])


@pytest.mark.parametrize("assignment", [soft, hard])
@pytest.mark.parametrize("structure", STRUCTURES, ids=STRUCTURE_IDS)
@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 10_000), k=st.integers(1, 4), share=st.floats(0.0, 1.0))
def test_known_rows_do_not_make_the_objective_fall(
    structure: Structure, assignment: Assignment, seed: int, k: int, share: float
) -> None:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(40, 2))
    labels = np.where(rng.random(40) < share, rng.integers(0, k, 40), -1)
    source = ArraySource(X, labels=labels)
    start = keeping_labels(random_responsibilities(k, (seed,)))
    first = em.begin(Gaussian(structure, np.full(2, 1e-3)), source, start)
    fit = em.fit(first, source, assignment=assignment, stopping=projected_gain(1e-9, 20))
    falls = -np.diff(fit.trace) / (1.0 + np.abs(fit.trace[1:]))
    assert falls.max(initial=0.0) <= 1e-13
    final = em.e_step(fit.mixture, source, assignment)
    assert (final.counts >= np.bincount(labels[labels >= 0], minlength=k) - 1e-9).all()


@pytest.mark.parametrize("record", FAMILIES, ids=FAMILY_IDS)
def test_rows_all_known_need_one_m_step(record: FamilyRecord) -> None:
    labels = np.arange(len(record.X)) % 3
    source = ArraySource(record.X, labels=labels)
    mixture = begin(record, source)
    expected = em.begin(record.family, ArraySource(record.X), given_labels(labels, 3))
    assert_alike(mixture.params.sort_key, expected.params.sort_key, rtol=1e-13)
    np.testing.assert_allclose(mixture.weights, np.bincount(labels) / len(labels), rtol=1e-13)
    fit = em.fit(mixture, source)
    assert fit.status.converged
    assert fit.n_iter <= 2 or not record.at_once
    own = mixture.log_joint(record.X)[np.arange(len(labels)), labels]
    np.testing.assert_allclose(fit.trace[0], own.mean(), rtol=1e-12)


@pytest.mark.parametrize("record", FAMILIES, ids=FAMILY_IDS)
def test_labels_that_know_nothing_change_nothing(record: FamilyRecord) -> None:
    nothing = ArraySource(record.X, labels=np.full(len(record.X), -1))
    fits = [
        em.fit(begin(record, source), source, stopping=fixed_length(5))
        for source in (nothing, ArraySource(record.X))
    ]
    np.testing.assert_allclose(fits[0].trace, fits[1].trace, rtol=1e-11)


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
@pytest.mark.parametrize("rows_per_block", [1, 7, 59])
def test_labels_go_with_their_rows(assignment: Assignment, rows_per_block: int) -> None:
    X, labels = two_groups(), some_known(60)
    record = FAMILIES[0]
    whole, blocks = ArraySource(X, labels=labels), ArraySource(X, None, rows_per_block, 2, labels)
    check_source(blocks, X, np.ones(60))
    first = begin(record, whole)
    known = labels >= 0
    for source in (whole, blocks):
        total = em.e_step(first, source, assignment)
        least = np.bincount(labels[known], minlength=3)
        assert (total.counts >= least - 1e-9).all()
    if assignment is not stochastic:
        assert_alike(
            em.e_step(first, blocks, assignment), em.e_step(first, whole, assignment), rtol=1e-12
        )


def test_weights_of_known_rows_are_repetition() -> None:
    X, labels = two_groups(), some_known(60)
    weight = np.random.default_rng(0).integers(0, 4, 60)
    weighted = ArraySource(X, weight.astype(float), labels=labels)
    repeated = ArraySource(np.repeat(X, weight, axis=0), labels=np.repeat(labels, weight))
    first = begin(FAMILIES[0], weighted)
    fits = [em.fit(first, source, stopping=fixed_length(10)) for source in (weighted, repeated)]
    np.testing.assert_allclose(fits[1].trace, fits[0].trace, rtol=1e-11)


@pytest.mark.parametrize("seed", range(5))
def test_a_start_takes_the_numbers_of_the_labels(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 4, 80)
    X = 9.0 * truth[:, None] + rng.normal(size=(80, 1))
    labels = np.where(rng.random(80) < 0.4, truth, -1)
    labels[truth == 2] = -1  # of one nothing is known
    other_numbers = given_labels(rng.permutation(4)[truth], 4)
    source = ArraySource(X, labels=labels)
    start = following(other_numbers, source, 4)
    chunk = source.load(0)
    np.testing.assert_array_equal(start(chunk), one_hot(truth, 4))
    mixture = em.begin(Gaussian(VVV, np.zeros(1)), source, start)
    np.testing.assert_allclose(mixture.params.means[:, 0], [0.0, 9.0, 18.0, 27.0], atol=1.0)
