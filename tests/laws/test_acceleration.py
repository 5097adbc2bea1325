"""Laws of accelerated EM, over every covariance structure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mixtura as mx
from mixtura import em
from mixtura.acceleration import PLAIN, MixtureCoordinates, Switch
from mixtura.acceleration.memory import Memory
from mixtura.acceleration.quasi_newton import Place, QuasiNewton
from mixtura.acceleration.step_control import START, StepControl
from mixtura.errors import DegenerateError
from mixtura.estimators.options import ACCELERATIONS, ALGORITHMS
from mixtura.families import (
    FLAT,
    Box,
    Family,
    Gaussian,
    NormalInverseWishart,
    Prior,
    with_noise,
)
from mixtura.families.gaussian.structures import VVV, Structure
from mixtura.mixing_weights import FREE, EqualWeights, FixedWeights, FreeLast, Mixing
from mixtura.mixture import Expectation, Mixture
from mixtura.sources import ArraySource
from mixtura.starts.given import given_labels, random_responsibilities
from mixtura.stopping import projected_gain
from records import FAMILIES, FAMILY_IDS, STRUCTURE_IDS, STRUCTURES, FamilyRecord, two_groups

# Accelerates from the first iteration on.
EAGER = Switch(passes=99, slow=9)

structures = pytest.mark.parametrize("structure", STRUCTURES, ids=STRUCTURE_IDS)

PRIOR = NormalInverseWishart(np.array([0.5, 0.0, 1.0]), 0.5, 4.5, np.diag([1.0, 2.0, 3.0]))
BOX = Box(np.ones(3), 9.0 * np.eye(3))


@dataclass(frozen=True)
class Kind:
    """What is free besides the covariances."""

    mixing: Mixing = FREE
    fixed_means: bool = False
    prior: Prior = FLAT
    region: Box | None = None

    def family(self, structure: Structure, d: int = 3) -> Family[Any, Any]:
        gaussian = Gaussian(structure, np.zeros(d), self.prior, self.fixed_means)
        return with_noise(gaussian, self.region)


KINDS = {
    ", ".join(filter(None, names)): Kind(mixing, fixed_means, prior, region)
    for (names, mixing, fixed_means, prior, region) in (
        ((weights, means, with_prior, noise), mixing, means != "", prior, region)
        for noise, region in (("", None), ("noise", BOX))
        for weights, mixing in (
            ("free", FREE),
            ("equal", FreeLast(EqualWeights()) if noise else EqualWeights()),
            ("fixed", FixedWeights()),
        )
        for means in ("", "means")
        for with_prior, prior in (("", FLAT), ("prior", PRIOR))
    )
}
kinds = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


def some_mixture(
    structure: Structure, source: ArraySource, k: int = 3, kind: Kind = Kind()
) -> Mixture:
    """Not where EM would go: its gradient has no part that is 0 by chance."""
    family, noise = kind.family(structure, source.X.shape[1]), kind.region is not None
    first = em.begin(family, source, random_responsibilities(k + noise, (4,)), kind.mixing)
    second = first.maximize(em.e_step(first, source))
    weights = kind.mixing.maximize(np.arange(1.0, k + noise + 1.0), None)
    means = second.params.means + 0.3 * np.random.default_rng(0).normal(
        size=first.params.means.shape
    )
    params = replace(second.params, means=means)
    return replace(second, params=params, weights=weights)


def place_and_expectation(
    mixture: Mixture, source: ArraySource
) -> tuple[MixtureCoordinates, Expectation]:
    expectation = em.e_step(mixture, source)
    at = MixtureCoordinates.of(mixture, expectation.weight)
    assert at is not None
    return at, expectation


def objective_of(mixture: Mixture, source: ArraySource) -> float:
    expectation = em.e_step(mixture, source)
    return (expectation.objective + mixture.log_prior) / expectation.weight


def overlapping(n: int = 300) -> np.ndarray:
    rng = np.random.default_rng(8)
    return rng.permutation(
        np.concatenate([rng.normal(0, 1, (n, 2)), rng.normal(1.2, [1, 2], (n // 3, 2))])
    )


@kinds
@structures
def test_gradient_equals_finite_differences(structure: Structure, kind: Kind) -> None:
    source = ArraySource(two_groups())
    at, expectation = place_and_expectation(some_mixture(structure, source, kind=kind), source)
    gradient = at.gradient(expectation)
    mixture = at.mixture
    noise, free = kind.region is not None, kind.mixing in (FREE, FreeLast(EqualWeights()))
    n_weights = 3 + noise if kind.mixing == FREE else 2 if free else 0
    # Log weights move by one too many, since only their differences count; turning axes make up
    # for what shapes and volumes say once each.
    assert len(gradient) >= n_weights - free + mixture.family.n_parameters(3, 3) - noise

    def objective(step: np.ndarray) -> float:
        moved = at.moved(step, expectation)
        assert moved is not None
        return objective_of(moved.mixture, source)

    h = 1e-3
    directions = np.random.default_rng(0).normal(size=(5, len(gradient)))
    directions /= np.abs(directions).max(axis=1, keepdims=True)
    slopes = [
        (
            8.0 * (objective(h * unit) - objective(-h * unit))
            - (objective(2 * h * unit) - objective(-2 * h * unit))
        )
        / (12.0 * h)
        for unit in directions
    ]
    np.testing.assert_allclose(directions @ gradient, slopes, atol=1e-7 * np.abs(slopes).max())


@kinds
@structures
def test_a_step_leads_where_it_came_from(structure: Structure, kind: Kind) -> None:
    source = ArraySource(two_groups())
    at, expectation = place_and_expectation(some_mixture(structure, source, kind=kind), source)
    random = np.random.default_rng(1).normal(size=len(at.gradient(expectation)))
    there = at.moved(1e-4 * random, expectation)
    assert there is not None
    way = at.towards(there.mixture)
    assert way is not None
    back = at.moved(way[0], expectation)
    assert back is not None
    for one, other in ((back, there), (way[1], there)):
        np.testing.assert_allclose(
            one.mixture.params.covariances.matrices(),
            other.mixture.params.covariances.matrices(),
            rtol=1e-9,
            atol=1e-9,
        )
        np.testing.assert_allclose(one.mixture.params.means, other.mixture.params.means)
        np.testing.assert_allclose(one.mixture.weights, other.mixture.weights)
        vectors = np.ones((3, 3))
        np.testing.assert_allclose(
            one.own.roots.white(vectors), other.own.roots.white(vectors), rtol=1e-6
        )


@kinds
@structures
def test_what_is_fixed_stays(structure: Structure, kind: Kind) -> None:
    source = ArraySource(two_groups())
    first = some_mixture(structure, source, kind=kind)
    fit = em.fit(first, source, update_rule=EAGER, stopping=projected_gain(0.0, 30))
    assert np.diff(fit.trace).min() >= -1e-13
    np.testing.assert_allclose(fit.objective, objective_of(fit.mixture, source), rtol=1e-12)
    weights = fit.mixture.weights
    np.testing.assert_allclose(kind.mixing.maximize(weights, weights), weights, rtol=1e-13)
    if kind.fixed_means:
        np.testing.assert_array_equal(fit.mixture.params.means, first.params.means)


@kinds
@structures
def test_the_limit_is_no_lower_and_no_further(structure: Structure, kind: Kind) -> None:
    X = two_groups()
    start = halves(X, noise=kind.region is not None)
    first = em.begin(kind.family(structure), ArraySource(X), start, kind.mixing)
    assert_no_lower_and_no_further(first, ArraySource(X))


@structures
def test_accelerated_mixtures_keep_their_structure(structure: Structure) -> None:
    source = ArraySource(two_groups())
    first = some_mixture(structure, source)
    fit = em.fit(first, source, update_rule=EAGER, stopping=projected_gain(0.0, 60))
    covariances = fit.mixture.params.covariances
    matrices = covariances.matrices()
    scatter = np.diagonal(matrices, axis1=1, axis2=2) if structure.diagonal else matrices
    again = structure.estimate(np.ones(3), scatter, np.zeros(3), covariances)
    np.testing.assert_allclose(again.matrices(), matrices, rtol=1e-9, atol=1e-9)


@structures
@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    n=st.integers(8, 60),
    d=st.integers(1, 4),
    k=st.integers(1, 5),
    share=st.sampled_from([0.0, 1e-6, 1e-2, 0.5]),
    update_rule=st.sampled_from([Switch(), EAGER]),
)
def test_accelerated_em_never_decreases(
    structure: Structure,
    seed: int,
    n: int,
    d: int,
    k: int,
    share: float,
    update_rule: Switch,
) -> None:
    X = np.random.default_rng(seed).normal(size=(n, d)).round(2)
    source = ArraySource(X)
    family = Gaussian(structure, share * X.var(axis=0))
    try:
        first = em.begin(family, source, random_responsibilities(k, (seed,)))
    except DegenerateError:
        assert share == 0.0
        return
    fit = em.fit(first, source, update_rule=update_rule, stopping=projected_gain(1e-9, 40))
    # Near a singular covariance the distances themselves have an error of condition * eps.
    condition = max(np.linalg.cond(matrix) for matrix in fit.mixture.params.covariances.matrices())
    slack = 1e-13 + 1e-15 * condition
    falls = -np.diff(fit.trace) / (1.0 + np.abs(fit.trace[1:]))
    assert falls.max(initial=0.0) <= slack
    assert len(fit.trace) == fit.n_iter + 1
    assert fit.objective == max(fit.trace)
    exact = fit.mixture.log_density(X).mean()
    np.testing.assert_allclose(fit.objective, exact, rtol=slack, atol=slack)


@pytest.mark.parametrize("record", FAMILIES, ids=FAMILY_IDS)
def test_the_limit_of_every_family_is_no_lower_and_no_further(record: FamilyRecord) -> None:
    source = ArraySource(record.X)
    first = em.begin(record.family, source, halves(record.X, noise=record.noise))
    assert_no_lower_and_no_further(first, source)


def halves(X: np.ndarray, *, noise: bool) -> em.Start:
    """The rows with the larger sums, those with the smaller ones, and some for noise."""
    sums = X.sum(axis=1)
    labels = (sums > np.median(sums)).astype(np.intp)
    if noise:
        labels[::10] = 2
    return given_labels(labels, 2 + noise)


def assert_no_lower_and_no_further(first: Mixture, source: ArraySource) -> None:
    """From the same start, no lower a limit than plain EM, reached after no more passes."""
    rule = projected_gain(1e-9, 20_000)
    plain, accelerated = (
        em.fit(first, source, update_rule=update_rule, stopping=rule)
        for update_rule in (PLAIN, Switch())
    )
    assert accelerated.status.converged
    assert accelerated.objective >= plain.objective - 1e-8
    reached = np.array(accelerated.trace) >= plain.objective - 1e-8
    assert np.flatnonzero(reached)[0] <= plain.n_iter


@structures
def test_easy_cases_stay_as_they_are(structure: Structure) -> None:
    X = two_groups(200)
    labels = (np.arange(200) % 2).astype(np.intp)
    X[labels == 1] += 30.0
    source = ArraySource(X)
    first = em.begin(Gaussian(structure, np.zeros(3)), source, given_labels(labels, 2))
    plain, accelerated = (
        em.fit(first, source, update_rule=update_rule) for update_rule in (PLAIN, Switch())
    )
    assert accelerated.trace == plain.trace


def test_a_failed_trial_is_taken_back() -> None:
    source = ArraySource(overlapping())
    mixture = some_mixture(VVV, source)
    at, expectation = place_and_expectation(mixture, source)
    base = Place.of(at, expectation, expectation.objective / expectation.weight)
    downhill = -base.gradient
    end = at.moved(downhill, expectation)
    assert end is not None
    ascent = QuasiNewton(base, downhill, end, True, Memory.empty(len(downhill)), START, PLAIN)
    fallen = em.e_step(end.mixture, source)
    advance = ascent(end.mixture, fallen, fallen.objective / fallen.weight)
    assert advance.objective == base.objective
    assert advance.outlook is not None
    assert advance.outlook().remaining == np.inf
    mixture_next, _ = advance.next()
    expected = mixture.maximize(expectation)
    np.testing.assert_array_equal(mixture_next.params.means, expected.params.means)
    np.testing.assert_array_equal(mixture_next.weights, expected.weights)


def test_components_on_the_floor_do_not_stop_the_others() -> None:
    rng = np.random.default_rng(3)
    tied = np.full((12, 1), 4.0)
    X = np.concatenate([tied, rng.normal(0, 1, (200, 1)), rng.normal(1.5, 1.5, (200, 1))])
    source = ArraySource(X)
    labels = np.concatenate([np.zeros(12), np.ones(200), np.full(200, 2)]).astype(np.intp)
    first = em.begin(Gaussian(VVV, np.full(1, 1e-6)), source, given_labels(labels, 3))
    rule = projected_gain(1e-10, 20_000)
    plain, accelerated = (
        em.fit(first, source, update_rule=update_rule, stopping=rule)
        for update_rule in (PLAIN, Switch())
    )
    assert plain.mixture.params.covariances.least_ratios(np.full(1, 1e-6)).min() < 1.001
    assert accelerated.objective >= plain.objective - 1e-8
    assert accelerated.n_iter < plain.n_iter / 2.5


def test_an_empty_component_leaves_em_as_it_is() -> None:
    source = ArraySource(overlapping())
    first = some_mixture(VVV, source, k=3)
    empty = replace(first, weights=np.array([0.4, 0.6, 0.0]))
    plain, accelerated = (
        em.fit(empty, source, update_rule=update_rule, stopping=projected_gain(0.0, 20))
        for update_rule in (PLAIN, EAGER)
    )
    assert accelerated.trace == plain.trace


def test_em_gives_rows_to_a_component_of_fixed_weight_that_has_none() -> None:
    """No gradient leads there: EM puts the component where another one is."""
    source = ArraySource(overlapping())
    first = some_mixture(VVV, source, kind=Kind(EqualWeights()))
    means = first.params.means.copy()
    means[0] = 1e6
    lost = replace(first, params=replace(first.params, means=means))
    at, expectation = place_and_expectation(lost, source)
    assert expectation.counts[0] == 0.0
    place = Place.of(at, expectation, objective_of(lost, source))
    memory = Memory.empty(len(place.gradient))
    there = QuasiNewton(
        place, 0.1 * place.gradient, at, False, memory, StepControl(0.01, 0.4), PLAIN
    )
    update_rule = there(lost, expectation, place.objective).next()[1]
    assert isinstance(update_rule, QuasiNewton)
    assert not update_rule.trial
    plain, accelerated = (
        em.fit(lost, source, update_rule=update_rule, stopping=projected_gain(1e-9, 20_000))
        for update_rule in (PLAIN, EAGER)
    )
    assert accelerated.objective >= plain.objective - 1e-8


@pytest.mark.parametrize("tol", [1e-5, 1e-7])
def test_the_stop_is_honest(tol: float) -> None:
    source = ArraySource(overlapping())
    first = em.begin(Gaussian(VVV, np.zeros(2)), source, random_responsibilities(2, (1,)))
    limit = em.fit(first, source, update_rule=Switch(), stopping=projected_gain(1e-14, 5000))
    fit = em.fit(first, source, update_rule=Switch(), stopping=projected_gain(tol, 5000))
    slow = em.fit(first, source, stopping=projected_gain(tol, 5000))
    assert fit.status.converged
    assert fit.n_iter < slow.n_iter
    left = limit.objective - fit.objective
    assert fit.remaining is not None
    assert left <= fit.remaining < tol
    assert fit.rate is not None
    assert slow.rate is not None
    assert slow.rate <= fit.rate < 1.0


def test_memory_knows_its_last_pair_and_the_flattest_direction() -> None:
    rng = np.random.default_rng(0)
    root = rng.normal(size=(6, 6))
    hessian = root @ root.T + 0.1 * np.eye(6)
    memory = Memory.empty(6)
    for step in rng.normal(size=(9, 6)):
        memory = memory.with_pair(step, hessian @ step)
    for damping in (0.0, 0.3):
        gradient = hessian @ step + damping * step
        np.testing.assert_allclose(memory.direction(gradient, damping), step, rtol=1e-8)
    slowest = 1.0 / np.linalg.eigvalsh(hessian)[0]
    np.testing.assert_allclose(memory.slowness, slowest, rtol=1e-8)
    # A pair along which the objective is not concave tells something where damping outweighs it.
    odd = memory.with_pair(step, -step)
    np.testing.assert_allclose(odd.slowness, memory.slowness)
    np.testing.assert_allclose(odd.direction(step, 0.5), memory.direction(step, 0.5), rtol=1e-12)
    np.testing.assert_allclose(odd.direction(step, 2.0), step, rtol=1e-8)


def test_acceleration_is_a_parameter() -> None:
    X = overlapping()
    plain = mx.GaussianMixture(2, random_state=0, acceleration=None).fit(X)
    default = mx.GaussianMixture(2, random_state=0).fit(X)
    early = mx.GaussianMixture(2, random_state=0, acceleration="early").fit(X)
    assert early.n_iter_ <= default.n_iter_  # the same where no kernel makes iterations cheap
    assert early.n_iter_ < plain.n_iter_
    for fit in (default, early):
        assert fit.converged_
        assert fit.lower_bound_ >= plain.lower_bound_ - 1e-7
        np.testing.assert_array_equal(fit.lower_bounds_, fit.trace_[1:])


def test_acceleration_begins_late_where_iterations_are_cheap() -> None:
    begins = [
        ALGORITHMS["em"].last.update_rule(ACCELERATIONS["auto"], price, max_iter).n_certain
        for price, max_iter in [(np.inf, 9), (1e6, 1000), (1e5, 1000), (1e3, 1000), (1e3, 40)]
    ]
    assert begins == [19, 19, 99, 749, 29]
    assert ALGORITHMS["em"].last.update_rule(ACCELERATIONS["early"], 1e3, 1000).n_certain == 19


def test_only_em_is_accelerated() -> None:
    X = overlapping()
    hard = [
        mx.GaussianMixture(2, random_state=0, algorithm="hard", acceleration=value).fit(X)
        for value in ("auto", None)
    ]
    assert hard[0].trace_ == hard[1].trace_
    with pytest.raises(ValueError, match="acceleration='warp' is unknown; choose one of auto"):
        mx.GaussianMixture(2, acceleration="warp").fit(X)
