"""Compiled iterations with noise, a prior, labels, fixed means or gaps equal those of the loop."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

import mixtura as mx
from mixtura import em, kernels
from mixtura.assignments import Assignment, hard, soft
from mixtura.families import Box, Gaussian, NormalInverseWishart, WithNoise
from mixtura.families.gaussian.structures import EVE, VVE, VVI, VVV, Structure
from mixtura.kernels.compiled_loop import CompiledLoop
from mixtura.mixing_weights import FREE, EqualWeights, FixedWeights, FreeLast, Mixing
from mixtura.mixture import Mixture
from mixtura.sources import ArraySource
from mixtura.starts.given import given_labels
from mixtura.stopping import projected_gain
from mixtura.typing import FloatArray, IntArray
from records import STRUCTURE_IDS, STRUCTURES

pytest.importorskip("mixtura.kernels._fused", reason="no compiled kernel")

K = 3
structures = pytest.mark.parametrize("structure", STRUCTURES, ids=STRUCTURE_IDS)
assignments = pytest.mark.parametrize("assignment", [soft, hard], ids=["soft", "hard"])


def groups(
    n: int = 240, d: int = 4, seed: int = 0, apart: float = 1.5
) -> tuple[FloatArray, IntArray]:
    """Rows, and the group of each."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(K, size=n)
    spread = rng.uniform(0.5, 2.0, size=(K, d))
    centers = apart * rng.normal(size=(K, d))
    return centers[labels] + spread[labels] * rng.normal(size=(n, d)), labels


def with_gaps(X: FloatArray) -> FloatArray:
    """The same without a tenth of the cells: one row has none at all, one has its first alone.

    Several patterns are those of one row.
    """
    gappy = X.copy()
    gappy[np.random.default_rng(2).random(X.shape) < 0.1] = np.nan
    gappy[7] = np.nan
    gappy[-1, 1:] = np.nan
    return gappy


def default_prior(X: FloatArray, structure: Structure) -> NormalInverseWishart:
    complete = X[~np.isnan(X).any(axis=1)]
    covariance = np.atleast_2d(np.cov(complete.T))
    seen = covariance.diagonal().copy() if structure.diagonal else covariance
    return NormalInverseWishart.default(complete.mean(axis=0), seen, K, np.zeros(X.shape[1]))


def given_prior(X: FloatArray, structure: Structure) -> NormalInverseWishart:
    """One that is worth a tenth of the rows, and expects something else."""
    d = X.shape[1]
    scale = np.eye(d) + 0.5 * np.ones((d, d))
    return NormalInverseWishart(np.linspace(-1.0, 1.0, d), 4.0, d + 15.0, 12.0 * scale)


PRIORS = {"default": default_prior, "given": given_prior}


@dataclass(frozen=True)
class Case:
    """What is added to a plain mixture.

    `known` is None, "some" rows of all components, or "whole": all rows of one component.
    """

    noise: bool = False
    prior: str | None = None
    known: str | None = None
    fixed_means: bool = False
    gaps: bool = False

    def source(self, X: FloatArray, truth: IntArray, weight: FloatArray | None) -> ArraySource:
        numbers = np.arange(len(X))
        known = {
            None: None,
            "some": np.where(numbers % 3 == 0, truth, -1),
            "whole": np.where(truth == 1, truth, -1),
        }[self.known]
        if known is not None and self.noise:
            known = np.where(numbers % 25 == 0, K, known)
        return ArraySource(with_gaps(X) if self.gaps else X, weight, labels=known)

    def begun(
        self,
        structure: Structure,
        source: ArraySource,
        truth: IntArray,
        floor: float = 0.0,
        mixing: Mixing = FREE,
    ) -> Mixture[Any, Any]:
        """From slices of the table; some rows are noise."""
        X = np.asarray(source.X, np.float64)
        family: Any = Gaussian(
            structure, floor * np.nanvar(X, axis=0), fixed_means=self.fixed_means
        )
        if self.prior is not None:
            family = replace(family, prior=PRIORS[self.prior](X, structure))
        numbers = np.arange(len(X))
        start = K * X[:, 0].argsort().argsort() // len(X)
        if self.noise:
            extent = np.nanmax(X, axis=0) - np.nanmin(X, axis=0)
            region = Box(np.nanmean(X, axis=0), np.diag(extent))
            family, start = WithNoise(family, region), np.where(numbers % 10 == 0, K, start)
        return em.begin(family, source, given_labels(start, K + self.noise), mixing)


CASES = {
    "noise": Case(noise=True),
    "default prior": Case(prior="default"),
    "given prior": Case(prior="given"),
    "some labels": Case(known="some"),
    "a whole component": Case(known="whole"),
    "fixed means": Case(fixed_means=True),
    "noise and labels": Case(noise=True, known="some"),
    "all": Case(noise=True, prior="given", known="some", fixed_means=True),
}
CASES |= {
    "gaps": Case(gaps=True),
    **{f"{name}, gaps": replace(case, gaps=True) for name, case in CASES.items()},
}
cases = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


def assert_same_steps(
    mixture: Mixture[Any, Any], source: ArraySource, assignment: Assignment, rtol: float = 1e-12
) -> None:
    """Four iterations, or fewer where nothing is gained any more."""
    loop = CompiledLoop.of(mixture, source, assignment)
    assert loop is not None
    made = loop(mixture, [], -np.inf, 4)
    assert made is not None
    last = now = mixture
    for objective in made.objectives:
        with kernels.use("numpy"):
            expectation = em.e_step(now, source, assignment)
            last, now = now, now.maximize(expectation)
        expected = (expectation.objective + last.log_prior) / expectation.weight
        assert objective == pytest.approx(expected, rel=max(1e-12, 1e-3 * rtol))
    for mine, theirs in ((made.last, last), (made.end, now)):
        assert_alike(mine, theirs, rtol)


def assert_alike(mine: Mixture[Any, Any], theirs: Mixture[Any, Any], rtol: float) -> None:
    np.testing.assert_allclose(mine.weights, theirs.weights, rtol=rtol)
    scale = np.sqrt(theirs.params.covariances.variances)
    means = (mine.params.means - theirs.params.means) / scale
    np.testing.assert_allclose(means, 0.0, atol=rtol)
    a, b = (mixture.params.covariances for mixture in (mine, theirs))
    ratios = (a.matrices() - b.matrices()) / (scale[:, :, None] * scale[:, None, :])
    np.testing.assert_allclose(ratios, 0.0, atol=rtol)
    np.testing.assert_allclose(a.log_determinants, b.log_determinants, rtol=rtol, atol=rtol)


@structures
@assignments
@cases
@pytest.mark.parametrize("floor", [0.0, 0.3], ids=["free", "floor"])
def test_iterations_equal_plain_ones(
    structure: Structure, assignment: Assignment, case: Case, floor: float
) -> None:
    X, truth = groups()
    weight = np.random.default_rng(1).uniform(0.5, 2.0, len(X))
    for rows, own in ((X, None), (X, weight), (X.astype(np.float32), weight)):
        source = case.source(rows, truth, own)
        mixture = case.begun(structure, source, truth, floor)
        assert_same_steps(mixture, source, assignment)


@structures
@cases
@pytest.mark.parametrize("d", [1, 2, 13])
def test_iterations_in_few_and_many_dimensions(structure: Structure, case: Case, d: int) -> None:
    X, truth = groups(d=d)
    source = case.source(X, truth, None)
    mixture = case.begun(structure, source, truth)
    # A search for common axes ends where it would gain 1e-13 nats per row: axes are known to the
    # root of that.
    searched = d > 12 and structure in (EVE, VVE)
    assert_same_steps(mixture, source, soft, rtol=1e-6 if searched else 1e-12)


@structures
@cases
def test_whole_runs_end_after_as_many_iterations(structure: Structure, case: Case) -> None:
    X, truth = groups()
    source = case.source(X, truth, None)
    mixture = case.begun(structure, source, truth, floor=1e-6)
    fit = em.fit(mixture, source, stopping=projected_gain(1e-7, 1000))
    with kernels.use("numpy"):
        plain = em.fit(mixture, source, stopping=projected_gain(1e-7, 1000))
    assert (fit.n_iter, fit.status.text) == (plain.n_iter, plain.status.text)
    assert fit.status.converged
    assert np.diff(fit.trace).min() > -1e-13
    np.testing.assert_allclose(fit.trace, plain.trace, rtol=1e-10)
    assert_alike(fit.mixture, plain.mixture, 1e-6)


@pytest.mark.filterwarnings("ignore::mixtura.DataWarning")  # few starts find the best
@pytest.mark.parametrize(
    "options",
    [
        {"noise": True},
        {"prior": "default"},
        {"noise": True, "prior": "default", "equal_weights": True},
        {"labels": True},
        {"labels": True, "noise": True},
        {"labels": True, "algorithm": "hard"},
        {"gaps": True},
        {"gaps": True, "noise": True},
        {"gaps": True, "prior": "default"},
        {"gaps": True, "labels": True},
    ],
    ids=lambda options: " ".join(options),
)
@pytest.mark.parametrize("covariance_type", ["full", "diag", "EVE"])
def test_default_fits_end_at_the_same_optimum(
    covariance_type: str, options: dict[str, Any]
) -> None:
    X, truth = groups(n=150, apart=3.0)
    given = dict(options)
    if given.pop("gaps", False):
        X = with_gaps(X)
    labels = np.where(np.arange(len(X)) % 5 == 0, truth, -1) if given.pop("labels", 0) else None

    def fitted() -> Any:
        estimator = mx.GaussianMixture(K, covariance_type=covariance_type, random_state=0, **given)
        return estimator.fit(X, labels=labels)

    compiled = fitted()
    with kernels.use("numpy"):
        plain = fitted()
    assert compiled.n_iter_ == plain.n_iter_
    assert compiled.lower_bound_ == pytest.approx(plain.lower_bound_, rel=1e-9)
    np.testing.assert_allclose(compiled.weights_, plain.weights_, rtol=1e-5, atol=1e-12)
    np.testing.assert_allclose(compiled.means_, plain.means_, rtol=1e-5, atol=1e-5)


@structures
@pytest.mark.parametrize(
    "mixing", [FreeLast(EqualWeights()), EqualWeights(), FixedWeights()], ids=lambda m: m.text
)
def test_weights_with_noise(structure: Structure, mixing: Mixing) -> None:
    X, truth = groups()
    case = CASES["noise and labels"]
    source = case.source(X, truth, None)
    assert_same_steps(case.begun(structure, source, truth, mixing=mixing), source, soft)


def test_other_rules_for_weights_are_left_to_the_loop() -> None:
    X, truth = groups()
    source = CASES["noise"].source(X, truth, None)
    mixture = CASES["noise"].begun(VVV, source, truth, mixing=FreeLast(FixedWeights()))
    loop = CompiledLoop.of(mixture, source, soft)
    assert loop is not None
    assert loop(mixture, [], -np.inf, 4) is None


def test_noise_that_takes_all_rows_is_left_to_the_loop() -> None:
    X, truth = groups(d=2)
    source = ArraySource(X)
    mixture = CASES["noise"].begun(VVV, source, truth, floor=1e-6)
    dense = WithNoise(mixture.clusters.family, Box(np.zeros(2), 1e-200 * np.eye(2)))
    mixture = replace(mixture, family=dense)
    loop = CompiledLoop.of(mixture, source, soft)
    assert loop is not None
    assert loop(mixture, [], -np.inf, 4) is None
    fit = em.fit(mixture, source)
    with kernels.use("numpy"):
        plain = em.fit(mixture, source)
    assert fit.mixture.weights.tolist() == [0.0] * K + [1.0]
    assert (fit.n_iter, fit.status.text) == (plain.n_iter, plain.status.text)


def test_noise_over_a_flat_box_is_left_to_the_loop() -> None:
    X, truth = groups(d=2)
    source = ArraySource(X)
    mixture = CASES["noise"].begun(VVV, source, truth)
    flat = WithNoise(mixture.clusters.family, Box(np.zeros(2), np.zeros((2, 2))))
    assert CompiledLoop.of(mixture, source, soft) is not None
    assert CompiledLoop.of(replace(mixture, family=flat), source, soft) is None


@dataclass(frozen=True)
class OwnPrior(NormalInverseWishart):
    """A prior that the kernel has never heard of."""


def test_a_prior_of_ones_own_is_left_to_the_loop() -> None:
    X, truth = groups()
    source = ArraySource(X)
    mixture = CASES["given prior"].begun(VVV, source, truth)
    family: Any = mixture.family
    prior = family.prior
    own = replace(family, prior=OwnPrior(prior.mean, prior.shrinkage, prior.dof, prior.scale))
    assert CompiledLoop.of(mixture, source, soft) is not None
    assert CompiledLoop.of(replace(mixture, family=own), source, soft) is None


@pytest.mark.parametrize("structure", [VVV, VVI], ids=["VVV", "VVI"])
def test_rows_known_of_a_component_of_no_weight_are_left_to_the_loop(structure: Structure) -> None:
    X, truth = groups()
    source = CASES["some labels"].source(X, truth, None)
    mixture = CASES["some labels"].begun(structure, source, truth)
    without = replace(mixture, weights=np.array([0.0, 0.5, 0.5]))
    loop = CompiledLoop.of(without, source, soft)
    assert loop is not None
    assert loop(without, [], -np.inf, 4) is None
    expectation = em.e_step(without, source)
    assert expectation.objective == -np.inf
    assert expectation.counts[0] == np.count_nonzero(source.labels == 0)


@assignments
def test_known_rows_alone_decide_where_all_are_known(assignment: Assignment) -> None:
    X, truth = groups()
    source = ArraySource(X, labels=truth)
    mixture = CASES["noise"].begun(VVV, ArraySource(X), truth)
    loop = CompiledLoop.of(mixture, source, assignment)
    assert loop is not None
    made = loop(mixture, [], -np.inf, 2)
    assert made is not None
    means = [X[truth == j].mean(axis=0) for j in range(K)]
    np.testing.assert_allclose(made.end.params.means, means, rtol=1e-12)
    np.testing.assert_allclose(made.end.weights, [*np.bincount(truth) / len(X), 0.0], rtol=1e-12)
