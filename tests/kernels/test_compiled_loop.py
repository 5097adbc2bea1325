"""Iterations that the kernel makes in one call equal those of the loop."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from itertools import count
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixtura import em, kernels
from mixtura.acceleration import PLAIN, Switch
from mixtura.assignments import Assignment, hard, soft
from mixtura.em import Fit
from mixtura.errors import DegenerateError
from mixtura.families import Gaussian
from mixtura.families.gaussian.structures import EEV, EVE, VEI, VEV, VVE, VVV, Structure
from mixtura.kernels.compiled_loop import CompiledLoop
from mixtura.mixing_weights import FREE, EqualWeights, FixedWeights, Mixing
from mixtura.mixture import Mixture
from mixtura.sources import ArraySource
from mixtura.starts.given import given_labels
from mixtura.stopping import StoppingRule, fixed_length, projected_gain
from records import STRUCTURE_IDS, STRUCTURES

_fused = pytest.importorskip("mixtura.kernels._fused", reason="no compiled kernel")

structures = pytest.mark.parametrize("structure", STRUCTURES, ids=STRUCTURE_IDS)


def three_groups(n: int = 150, d: int = 4, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    centers = 2.5 * rng.normal(size=(3, d))
    spread = rng.uniform(0.5, 2.0, size=(3, d))
    labels = rng.integers(3, size=n)
    return centers[labels] + spread[labels] * rng.normal(size=(n, d))


def begun(
    structure: Structure, source: ArraySource, floor: Any = 0.0, mixing: Mixing = FREE
) -> Mixture[Any, Any]:
    """From groups of neighbours on the first axis, one of them with some strangers."""
    order = np.argsort(np.argsort(source.X[:, 0]))
    labels = (3 * order) // len(order)
    labels[::7] = 0
    family = Gaussian(structure, np.broadcast_to(floor, source.X.shape[1]).astype(np.float64))
    return em.begin(family, source, given_labels(labels, 3), mixing)


def leaping_and_not(
    mixture: Mixture[Any, Any], source: ArraySource, **options: Any
) -> tuple[Fit[Any, Any], Fit[Any, Any]]:
    assignment = options.get("assignment", soft)
    assert CompiledLoop.of(mixture, source, assignment) is not None
    leaping = em.fit(mixture, source, **options)
    with kernels.use("numpy"):
        assert CompiledLoop.of(mixture, source, assignment) is None
        return leaping, em.fit(mixture, source, **options)


def assert_alike(a: Fit[Any, Any], b: Fit[Any, Any], rtol: float = 1e-10) -> None:
    assert (a.n_iter, a.status.converged) == (b.n_iter, b.status.converged)
    np.testing.assert_allclose(a.trace, b.trace, rtol=rtol)
    np.testing.assert_allclose(a.mixture.weights, b.mixture.weights, rtol=1e3 * rtol)
    mine, theirs = a.mixture.params.covariances, b.mixture.params.covariances
    scale = np.sqrt(theirs.variances)
    means = (a.mixture.params.means - b.mixture.params.means) / scale
    np.testing.assert_allclose(means, 0.0, atol=1e3 * rtol)
    ratios = (mine.matrices() - theirs.matrices()) / (scale[:, :, None] * scale[:, None, :])
    np.testing.assert_allclose(ratios, 0.0, atol=1e3 * rtol)


@structures
@pytest.mark.parametrize("assignment", [soft, hard], ids=["soft", "hard"])
@pytest.mark.parametrize("d", [1, 2, 5, 13, 30])
def test_leaps_equal_the_loop(structure: Structure, assignment: Assignment, d: int) -> None:
    X = three_groups(d=d)
    weight = np.random.default_rng(1).uniform(0.5, 2.0, len(X))
    for rows in (X, X.astype(np.float32)):
        source = ArraySource(rows, weight)
        mixture = begun(structure, source)
        rule = fixed_length(9)  # where some rows' sides change, rounding decides in the end
        fits = leaping_and_not(mixture, source, assignment=assignment, stopping=rule)
        # A search for common axes ends where it would gain 1e-13 nats per row: axes are known to
        # the root of that, and so is what follows.
        searched = d > 12 and structure in (EVE, VVE)
        assert_alike(*fits, rtol=1e-8 if searched else 1e-10)


@pytest.mark.parametrize("structure", [EEV, VEV], ids=["EEV", "VEV"])
def test_units_far_apart_cost_no_digits(structure: Structure) -> None:
    X = three_groups(d=6) * 10.0 ** np.arange(-5, 7, 2)  # least spreads of 1e-20 of the largest
    source = ArraySource(X)
    mixture = begun(structure, source, floor=1e-9 * X.var(axis=0))
    assert_alike(*leaping_and_not(mixture, source, stopping=fixed_length(9)), rtol=1e-8)


@structures
@pytest.mark.parametrize("mixing", [EqualWeights(), FixedWeights()], ids=["equal", "fixed"])
def test_weights_that_stay(structure: Structure, mixing: Mixing) -> None:
    source = ArraySource(three_groups())
    fits = leaping_and_not(begun(structure, source, mixing=mixing), source)
    assert_alike(*fits)


@structures
def test_the_rule_has_the_last_word(structure: Structure) -> None:
    source = ArraySource(three_groups())
    mixture = begun(structure, source)
    for rule in (projected_gain(1e-7, 1000), projected_gain(1e-3, 1000), projected_gain(1e-9, 17)):
        assert_alike(*leaping_and_not(mixture, source, stopping=rule))


@structures
def test_a_run_to_working_precision_ends_where_nothing_is_gained(
    structure: Structure,
) -> None:
    source = ArraySource(three_groups())
    mixture = begun(structure, source)
    fit = em.fit(mixture, source, stopping=projected_gain(0.0, 5000))
    assert fit.status.converged
    assert fit.objective == max(fit.trace)


@structures
@pytest.mark.parametrize("share", [0.01, 0.3, 2.0])
def test_components_on_the_floor(structure: Structure, share: float) -> None:
    X = three_groups()
    X[X[:, 0] < np.quantile(X[:, 0], 0.2)] = X.min(axis=0)  # a fifth of the rows are one point
    source = ArraySource(X)
    mixture = begun(structure, source, floor=share * X.var(axis=0))
    leaping, other = leaping_and_not(mixture, source, stopping=fixed_length(15))
    free = em.fit(begun(structure, source), source, stopping=fixed_length(15))
    assert share < 1.0 or other.objective < free.objective
    assert_alike(leaping, other, rtol=1e-9)


@pytest.mark.parametrize("floor", [[0.0, 1.0, 1.0, 1.0], [1.0, 0.0, 1.0, 1.0]])
def test_a_floor_below_some_features_alone_is_left_to_the_loop(floor: list[float]) -> None:
    source = ArraySource(three_groups())
    family = Gaussian(STRUCTURES[-1], np.array(floor))
    assert (
        CompiledLoop.of(replace(begun(STRUCTURES[-1], source), family=family), source, soft) is None
    )


def test_columns_in_any_number_are_served_along_the_features() -> None:
    source, wide = (ArraySource(three_groups(d=d)) for d in (_fused.MSTEP_DIMENSIONS, 100))
    assert CompiledLoop.of(begun(VVV, source, floor=1e-6), source, soft) is not None
    assert CompiledLoop.of(begun(VVV, wide, floor=1e-6), wide, soft) is None
    fits = leaping_and_not(begun(VEI, wide), wide, stopping=fixed_length(9))
    assert_alike(*fits)


def test_what_collapses_is_left_to_the_loop() -> None:
    X = np.concatenate([np.zeros((5, 1)), np.linspace(5.0, 9.0, 20)[:, None]])
    labels = np.r_[np.zeros(5, int), np.ones(19, int), 0]
    for structure in STRUCTURES:
        source = ArraySource(np.tile(X, 2))
        family = Gaussian(structure, np.zeros(2))
        try:
            mixture = em.begin(family, source, given_labels(labels, 2))
        except DegenerateError:
            continue
        leaping, other = leaping_and_not(mixture, source, stopping=fixed_length(30))
        assert leaping.n_iter == other.n_iter
        assert leaping.status.collapsed == other.status.collapsed
        assert leaping.status.text == other.status.text


def test_each_iteration_is_told_once_and_in_order() -> None:
    source = ArraySource(three_groups())
    told: list[tuple[int, float]] = []
    rule = fixed_length(40)
    fit = em.fit(
        begun(STRUCTURES[-1], source),
        source,
        stopping=rule,
        observe=lambda n_iter, objective: told.append((n_iter, objective)),
    )
    assert told == list(zip(count(), fit.trace, strict=False))


def test_a_leap_goes_no_further_than_it_may() -> None:
    source = ArraySource(three_groups())
    mixture = begun(STRUCTURES[-1], source)
    leap = CompiledLoop.of(mixture, source, soft)
    assert leap is not None
    leapt = leap(mixture, [], -np.inf, 4)
    assert leapt is not None
    assert len(leapt.objectives) == 4
    loop = before = mixture
    for objective in leapt.objectives:
        expectation = em.e_step(loop, source)
        assert expectation.objective / expectation.weight == pytest.approx(objective, rel=1e-14)
        before, loop = loop, loop.maximize(expectation)
    np.testing.assert_allclose(leapt.last.params.means, before.params.means, rtol=1e-12)
    np.testing.assert_allclose(leapt.end.params.means, loop.params.means, rtol=1e-12)
    assert leap(mixture, [], -np.inf, 0) is None


@settings(max_examples=200, deadline=None)
@given(
    gains=st.lists(st.floats(1e-12, 1.0), min_size=1, max_size=40),
    patience=st.integers(1, 30),
    before=st.integers(0, 10),
)
def test_a_watch_learns_the_same_from_many_iterations_at_once(
    gains: list[float], patience: int, before: int
) -> None:
    objectives = np.cumsum(gains).tolist()
    one_by_one = reduce(lambda watch, value: watch.after([value]), objectives, Switch(patience))
    first = Switch(patience).after(objectives[:before])
    at_once = first.after(objectives[before:])
    assert at_once.passes == one_by_one.passes
    assert min(at_once.slow, 3) == min(one_by_one.slow, 3)
    if len(objectives) > 6:
        assert (at_once.gain, at_once.rate) == (one_by_one.gain, one_by_one.rate)


@pytest.mark.parametrize("rule", [projected_gain(1e-8, 400), fixed_length(60)], ids=["gain", "60"])
@pytest.mark.parametrize("patience", [2, 20, 50])
def test_acceleration_begins_where_it_would(rule: StoppingRule, patience: int) -> None:
    rng = np.random.default_rng(3)
    X = np.concatenate([rng.normal(0, 1, (150, 2)), rng.normal(1.5, 1, (150, 2))])
    source = ArraySource(X)
    mixture = begun(STRUCTURES[-1], source)
    leaping, other = leaping_and_not(mixture, source, update_rule=Switch(patience), stopping=rule)
    plain = em.fit(mixture, source, update_rule=PLAIN, stopping=rule)
    n_alike = len(other.trace)
    np.testing.assert_allclose(leaping.trace[:n_alike], other.trace[: len(leaping.trace)])
    assert leaping.n_iter == other.n_iter
    assert leaping.trace[:patience] == plain.trace[:patience]
    assert leaping.trace != plain.trace
