"""Every kernel on rows with missing cells equals formulas of marginals and conditionals."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pytest

from kernel_cases import random_mixture, rows_of, with_some_noise, with_tails
from mixtura import em, kernels
from mixtura.assignments import Assignment, hard, posterior, soft
from mixtura.families import Gaussian, GaussianParameters, Multinomial, StudentT
from mixtura.families.gaussian.structures import VVI, VVV, AxisCovariances, DenseCovariances
from mixtura.families.multinomial import MultinomialParameters
from mixtura.families.student_t.binet import binet, digamma_gap
from mixtura.kernels.compiled_loop import CompiledLoop
from mixtura.kernels.estep_dispatch import fused_pass, fused_start, scorer
from mixtura.mixture import Mixture
from mixtura.patterns import Patterns
from mixtura.sources import ArraySource, Chunk
from mixtura.sources.columns import ColumnsOf
from mixtura.starts.nearest_center import NearestCenter
from mixtura.stopping import fixed_length

KERNELS = kernels.available()
every_kernel = pytest.mark.parametrize("kernel", KERNELS)
every_structure = pytest.mark.parametrize("structure", [VVI, VVV], ids=["VVI", "VVV"])
every_assignment = pytest.mark.parametrize("assignment", [soft, hard], ids=["soft", "hard"])
DIMENSIONS = [1, 2, 5, 8, 12, 13, 16, 17, 32, 50]


@dataclass
class Marginal:
    """Rows of one pattern as one component sees them, from the side of the covariances."""

    mean: np.ndarray
    covariance: np.ndarray
    observed: np.ndarray

    def distances(self, X: np.ndarray) -> np.ndarray:
        dx = (X - self.mean)[:, self.observed]
        inner = self.covariance[np.ix_(self.observed, self.observed)]
        return np.einsum("na,na->n", dx, np.linalg.solve(inner, dx.T).T)

    def log_determinant(self) -> float:
        inner = self.covariance[np.ix_(self.observed, self.observed)]
        return float(np.linalg.slogdet(inner)[1]) if self.observed.any() else 0.0

    def filled(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Expected deviations (n, d) from the mean, and the covariance (d, d) of the others."""
        o, m = self.observed, ~self.observed
        S = self.covariance
        B = np.linalg.solve(S[np.ix_(o, o)], S[np.ix_(o, m)]).T
        dx = X - self.mean
        dx[:, m] = dx[:, o] @ B.T
        rest = np.zeros_like(S)
        rest[np.ix_(m, m)] = S[np.ix_(m, m)] - B @ S[np.ix_(o, m)]
        return dx, rest


@dataclass
class Reference:
    """An E-step from nothing but the textbook's formulas, pattern by pattern."""

    mixture: Mixture[Any, Any]
    rows: np.ndarray

    def __post_init__(self) -> None:
        self.X = self.rows.astype(np.float64)
        self.tailed = isinstance(self.mixture.clusters.family, StudentT)
        params = self.mixture.params
        self.means = params.locations if self.tailed else params.means
        self.S = (params.scales if self.tailed else params.covariances).matrices()
        self.seen = ~np.isnan(self.X)
        masks, self.kind = np.unique(self.seen, axis=0, return_inverse=True)
        self.patterns = [
            (mask, np.flatnonzero(self.kind.ravel() == p)) for p, mask in enumerate(masks)
        ]
        self.log_joint = self._log_joint()
        self._filled: dict[tuple[int, int], tuple[np.ndarray, np.ndarray]] = {}

    def marginal(self, j: int, mask: np.ndarray) -> Marginal:
        return Marginal(self.means[j], self.S[j], mask)

    def _log_joint(self) -> np.ndarray:
        mixture, k = self.mixture, len(self.means)
        log_joint = np.empty((len(self.X), mixture.n_components))
        self.far = np.zeros_like(log_joint)
        for mask, rows in self.patterns:
            cells = int(mask.sum())
            for j in range(k):
                marginal = self.marginal(j, mask)
                q = marginal.distances(self.X[rows])
                constant = cells * np.log(2.0 * np.pi) + marginal.log_determinant()
                if self.tailed:
                    half = 0.5 * mixture.params.dof[j : j + 1]
                    total = half[0] + 0.5 * cells
                    mu = (binet(half) - binet(half + 0.5 * cells))[0]
                    self.far[rows, j] = y = 0.5 * (q - cells) / total
                    constant += cells + np.log1p(0.5 * cells / half[0]) + 2.0 * mu
                    q = 2.0 * total * np.log1p(y)
                log_joint[rows, j] = -0.5 * (constant + q)
            region = mixture.noise_region
            if region is not None:
                edges = np.diagonal(region.edges)[mask]
                log_joint[rows, k] = -np.log(edges).sum()
        with np.errstate(divide="ignore"):
            return log_joint + np.log(mixture.weights)

    def responsibilities(self, assignment: Assignment) -> tuple[np.ndarray, np.ndarray]:
        return assignment(self.log_joint, lambda: np.random.default_rng(0))

    def moments(self, r: np.ndarray, j: int) -> tuple[float, np.ndarray, np.ndarray]:
        """Count, first and second moments about the mean of component j."""
        d = self.X.shape[1]
        u = 1.0 / (1.0 + self.far[:, j])
        first, second = np.zeros(d), np.zeros((d, d))
        for p, (mask, rows) in enumerate(self.patterns):
            if (p, j) not in self._filled:
                self._filled[p, j] = self.marginal(j, mask).filled(self.X[rows])
            dx, rest = self._filled[p, j]
            share = r[rows, j] * u[rows]
            first += share @ dx
            second += (share[:, None] * dx).T @ dx + r[rows, j].sum() * rest
        return float(r[:, j] @ u), first, second


def some_gaps(rng: np.random.Generator, X: np.ndarray, share: float) -> np.ndarray:
    """With some rows complete, some empty, one pattern of many rows, and some of one."""
    X = X.copy()
    n, d = X.shape
    missing = rng.random(X.shape) < share
    missing[rng.random(n) < 0.2] = False
    missing[rng.random(n) < 0.3] = rng.random(d) < 0.5
    missing[rng.integers(n, size=3)] = True
    X[missing] = np.nan
    return X


def a_case(
    seed: int, structure: Any, d: int, n: int = 400, k: int = 4, offset: float = 0.0
) -> tuple[np.random.Generator, Mixture[Any, Any], np.ndarray]:
    rng = np.random.default_rng(seed)
    mixture = random_mixture(rng, structure, k, d)
    X = rows_of(rng, mixture, n)
    # Multiples of 2^-20, so that adding the offset rounds nothing.
    X, means = (np.round(x * 2**20) / 2**20 + offset for x in (X, mixture.params.means))
    weights = np.append(0.0, mixture.weights[1:] / mixture.weights[1:].sum())  # one is empty
    params = GaussianParameters(means, mixture.params.covariances)
    return rng, Mixture(mixture.family, params, weights), some_gaps(rng, X, 1.5 / (d + 4))


@lru_cache(maxsize=4)  # for all kernels
def a_reference(
    seed: int,
    structure: Any,
    d: int,
    *,
    single: bool = False,
    tailed: bool = False,
    noise: float | None = None,
) -> Reference:
    rng, mixture, X = a_case(seed, structure, d)
    mixture = with_tails(rng, mixture) if tailed else mixture
    mixture = mixture if noise is None else with_some_noise(mixture, noise)
    return Reference(mixture, X.astype(np.float32 if single else np.float64))


def assert_same_moments(mine: Any, reference: Reference, r: np.ndarray) -> None:
    """To 1e-12 of the size of what was summed."""
    for j in range(len(reference.means)):
        count, first, second = reference.moments(r, j)
        np.testing.assert_allclose(mine.count[j], count, rtol=1e-12, atol=1e-20)
        if count < 1e-6:
            continue
        mean = first / count
        scatter = second - np.outer(mean, first)
        if mine.scatter.ndim == 2:
            scatter = np.diagonal(scatter)
        deviation = np.sqrt(np.diagonal(second) / count)
        error = np.abs(mine.mean[j] - reference.means[j] - mean)
        rounding = np.spacing(np.abs(reference.means[j]))
        assert (error <= 1e-12 * deviation + rounding).all()
        assert (np.abs(mine.scatter[j] - scatter) <= 1e-11 * count * deviation.max() ** 2).all()


@every_kernel
@every_structure
@every_assignment
@pytest.mark.parametrize("single", [False, True], ids=["double", "single"])
@pytest.mark.parametrize("weighted", [False, True], ids=["equal", "weighted"])
@pytest.mark.parametrize("d", DIMENSIONS)
def test_passes_equal_the_reference(
    kernel: str, structure: Any, assignment: Assignment, single: bool, weighted: bool, d: int
) -> None:
    reference = a_reference(d, structure, d, single=single)
    mixture, X = reference.mixture, reference.rows
    weight = np.ones(len(X))
    if weighted:
        weight = np.random.default_rng(d).choice([0.0, 0.5, 1.0, 3.0], size=len(X))
    resp, objective = reference.responsibilities(assignment)
    source = ArraySource(X, weight if weighted else None)
    with kernels.use(kernel):
        fused = fused_pass(mixture, assignment)
        assert fused is not None
        found = fused(source)
    assert found is not None
    r = resp * weight[:, None]
    np.testing.assert_allclose(found.weight, weight.sum(), rtol=1e-13)
    np.testing.assert_allclose(found.objective, weight @ objective, rtol=1e-12)
    np.testing.assert_allclose(found.counts, r.sum(axis=0), rtol=1e-12, atol=1e-20)
    assert_same_moments(found.statistics, reference, r)


@every_kernel
@every_structure
@pytest.mark.parametrize("d", [1, 2, 8, 13, 33])
@pytest.mark.parametrize("n", [1, 2, 7, 25, 64, 200])
def test_tables_of_few_rows(kernel: str, structure: Any, d: int, n: int) -> None:
    _, mixture, X = a_case(n, structure, d, n=n)
    reference = Reference(mixture, X)
    resp, objective = reference.responsibilities(soft)
    with kernels.use(kernel):
        fused = fused_pass(mixture, soft)
        assert fused is not None
        found = fused(ArraySource(X))
    assert found is not None
    np.testing.assert_allclose(found.objective, objective.sum(), rtol=1e-12)
    assert_same_moments(found.statistics, reference, resp)


@every_kernel
@pytest.mark.parametrize(("d", "k", "share"), [(50, 24, 0.1), (30, 8, 0.7)])
def test_what_is_too_large_to_keep(kernel: str, d: int, k: int, share: float) -> None:
    """The deviations of all components, or their roots: both are made again for the moments."""
    rng, mixture, _ = a_case(d, VVV, d, k=k)
    reference = Reference(mixture, some_gaps(rng, rows_of(rng, mixture, 400), share))
    resp, objective = reference.responsibilities(soft)
    with kernels.use(kernel):
        fused = fused_pass(mixture, soft)
        assert fused is not None
        found = fused(ArraySource(reference.rows))
    assert found is not None
    np.testing.assert_allclose(found.objective, objective.sum(), rtol=1e-12)
    assert_same_moments(found.statistics, reference, resp)


@every_kernel
@every_structure
@pytest.mark.parametrize("tailed", [False, True], ids=["Gaussian", "t"])
@pytest.mark.parametrize("noise", [None, 0.2])
@pytest.mark.parametrize("d", DIMENSIONS)
def test_scores_equal_the_reference(
    kernel: str, structure: Any, tailed: bool, noise: float | None, d: int
) -> None:
    reference = a_reference(d, structure, d, tailed=tailed, noise=noise)
    mixture, X = reference.mixture, reference.rows
    resp, log_density = posterior(reference.log_joint)
    with kernels.use(kernel):
        view = scorer(mixture)
        np.testing.assert_allclose(view.log_density(X), log_density, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(view.responsibilities(X), resp, rtol=0.0, atol=2e-12)
        labels = view.labels(X)
        density, certainty = view.densities_and_certainties(X)
    two = np.sort(resp, axis=1)[:, -2:]
    sure = two[:, 1] - two[:, 0] > 1e-10
    np.testing.assert_array_equal(labels[sure], resp.argmax(axis=1)[sure])
    np.testing.assert_allclose(density, log_density, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(certainty, resp.max(axis=1), rtol=0.0, atol=2e-12)


@every_kernel
@every_structure
@pytest.mark.parametrize("tailed", [False, True], ids=["Gaussian", "t"])
@pytest.mark.parametrize("d", [1, 8, 20])
def test_rows_without_cells_say_nothing(kernel: str, structure: Any, tailed: bool, d: int) -> None:
    rng, mixture, _ = a_case(d, structure, d)
    mixture = with_some_noise(with_tails(rng, mixture) if tailed else mixture, 0.2)
    with kernels.use(kernel):
        view = scorer(mixture)
        resp = view.responsibilities(np.full((30, d), np.nan))
        np.testing.assert_allclose(resp, np.tile(mixture.weights, (30, 1)), rtol=1e-15)
        assert np.abs(view.log_density(np.full((30, d), np.nan))).max() <= 1e-15


@every_kernel
@every_structure
@every_assignment
@pytest.mark.parametrize("noise", [None, 0.2])
@pytest.mark.parametrize("d", DIMENSIONS)
def test_passes_with_tails_equal_the_reference(
    kernel: str, structure: Any, assignment: Assignment, noise: float | None, d: int
) -> None:
    reference = a_reference(d + 5, structure, d, tailed=True, noise=noise)
    mixture, X = reference.mixture, reference.rows
    resp, objective = reference.responsibilities(assignment)
    with kernels.use(kernel):
        fused = fused_pass(mixture, assignment)
        assert fused is not None
        found = fused(ArraySource(X))
    assert found is not None
    np.testing.assert_allclose(found.objective, objective.sum(), rtol=1e-12)
    np.testing.assert_allclose(found.counts, resp.sum(axis=0), rtol=1e-12, atol=1e-20)
    assert_same_moments(found.statistics.moments, reference, resp)
    cells, dof = reference.seen.sum(axis=1), mixture.params.dof
    for j in range(len(dof)):
        total, half = 0.5 * (dof[j] + cells), np.full(len(cells), 0.5 * dof[j])
        y, r = reference.far[:, j], resp[:, j]
        tails = r @ (y / (1.0 + y) - np.log1p(y) - digamma_gap(total))
        excess = binet(half) - binet(total) + 0.5 * np.log1p(cells / dof[j])
        terms = total * (np.log1p(y) - y) + excess
        np.testing.assert_allclose(found.statistics.rows[j], r.sum(), rtol=1e-12, atol=1e-20)
        np.testing.assert_allclose(found.statistics.tails[j], tails, rtol=1e-12, atol=1e-12)
        error = abs(found.statistics.normal[j] - r @ terms)
        assert error <= 1e-12 * (r @ (np.abs(terms) + 1.0 + np.abs(y) * total) + 1.0)


@every_kernel
@every_structure
@pytest.mark.parametrize("d", [3, 8, 20])
def test_noise_counts_its_rows(kernel: str, structure: Any, d: int) -> None:
    _, mixture, X = a_case(d, structure, d)
    mixture = with_some_noise(mixture, 0.2)
    reference = Reference(mixture, X)
    resp, objective = reference.responsibilities(soft)
    with kernels.use(kernel):
        fused = fused_pass(mixture, soft)
        assert fused is not None
        found = fused(ArraySource(X, None, 250))
    assert found is not None
    np.testing.assert_allclose(found.objective, objective.sum(), rtol=1e-12)
    np.testing.assert_allclose(found.counts, resp.sum(axis=0), rtol=1e-12, atol=1e-20)
    assert_same_moments(found.statistics, reference, resp[:, :-1])


@every_kernel
@every_structure
@pytest.mark.parametrize("offset", [1e6, 1e8])
@pytest.mark.parametrize("d", [5, 12, 20])
def test_moments_keep_their_digits_at_an_offset(
    kernel: str, structure: Any, offset: float, d: int
) -> None:
    def moved(offset: float) -> Any:
        _, mixture, X = a_case(d, structure, d, offset=offset)
        with kernels.use(kernel):
            fused = fused_pass(mixture, soft)
            assert fused is not None
            return fused(ArraySource(X))

    here, there = moved(0.0), moved(offset)
    np.testing.assert_array_equal(there.counts, here.counts)
    np.testing.assert_array_equal(there.statistics.scatter, here.statistics.scatter)
    assert there.objective == here.objective


@every_kernel
@every_structure
@pytest.mark.parametrize("unit", [1e-90, 1e-6, 1e6, 1e90])
def test_units_change_nothing_but_the_densities(kernel: str, structure: Any, unit: float) -> None:
    _, mixture, X = a_case(6, structure, 6)
    params, covariances = mixture.params, mixture.params.covariances
    scaled: Any = (
        AxisCovariances(covariances.variances * unit**2)
        if structure.diagonal
        else DenseCovariances.of(covariances.dense * unit**2)
    )
    other = Mixture(
        mixture.family, GaussianParameters(params.means * unit, scaled), mixture.weights
    )
    with kernels.use(kernel):
        here, there = scorer(mixture), scorer(other)
        np.testing.assert_allclose(
            there.responsibilities(X * unit), here.responsibilities(X), rtol=0.0, atol=1e-11
        )
        cells = (~np.isnan(X)).sum(axis=1)
        shifted = here.log_density(X) - cells * np.log(unit)
        np.testing.assert_allclose(there.log_density(X * unit), shifted, rtol=1e-12, atol=1e-11)


@every_kernel
@pytest.mark.parametrize("d", [4, 9, 20])
@pytest.mark.parametrize("apart", [1e-2, 1e-4, 1e-5])
def test_columns_that_hang_together(kernel: str, d: int, apart: float) -> None:
    """Where twins are missing, what is left of the covariance is well conditioned; its inverse is
    not.
    """
    rng = np.random.default_rng(d)
    mixture = random_mixture(rng, VVV, 2, d)
    S = mixture.params.covariances.dense.copy()
    S[:, 2] = S[:, 1]
    S[:, :, 2] = S[:, :, 1]
    S[:, 2, 2] *= 1.0 + apart**2
    params = GaussianParameters(mixture.params.means, DenseCovariances.of(S))
    twins = Mixture(mixture.family, params, mixture.weights)
    X = rows_of(rng, twins, 300)
    X[:, 1:3] = np.nan
    X[::3, 0] = np.nan
    X[::5, 3] = np.nan
    reference = Reference(twins, X)
    resp, log_density = posterior(reference.log_joint)
    with kernels.use(kernel):
        np.testing.assert_allclose(scorer(twins).log_density(X), log_density, rtol=1e-10)
        fused: Any = fused_pass(twins, soft)
        sums = fused.sums(ArraySource(X).load(0))
    for j in range(2):
        _, _, second = reference.moments(resp, j)
        found = sums[4 + 2 * d :].reshape(2, d, d)[j]
        assert np.abs(found - second).max() <= 1e-10 * np.abs(second).max()


@every_kernel
@every_structure
@pytest.mark.parametrize("d", [2, 8, 18])
def test_a_missing_column_equals_its_marginal(kernel: str, structure: Any, d: int) -> None:
    """Rows that all miss the last column are complete rows of the others."""
    rng = np.random.default_rng(d)
    mixture = random_mixture(rng, structure, 3, d)
    X = rows_of(rng, mixture, 400)
    cut = mixture.params.covariances.matrices()[:, :-1, :-1]
    covariances: Any = (
        AxisCovariances(np.diagonal(cut, axis1=1, axis2=2).copy())
        if structure.diagonal
        else DenseCovariances.of(cut.copy())
    )
    params = GaussianParameters(mixture.params.means[:, :-1].copy(), covariances)
    marginal = Mixture(Gaussian(structure, np.zeros(d - 1)), params, mixture.weights)
    kept = X[:, :-1].copy()
    X[:, -1] = np.nan
    with kernels.use(kernel):
        whole, part = fused_pass(mixture, soft), fused_pass(marginal, soft)
        assert whole is not None
        assert part is not None
        mine, theirs = whole(ArraySource(X)), part(ArraySource(kept))
    assert mine is not None
    assert theirs is not None
    np.testing.assert_allclose(mine.objective, theirs.objective, rtol=1e-12)
    np.testing.assert_allclose(mine.counts, theirs.counts, rtol=1e-12)
    np.testing.assert_allclose(mine.statistics.mean[:, :-1], theirs.statistics.mean, rtol=1e-11)
    own = mine.statistics.scatter[:, :-1]
    own = own if structure.diagonal else own[..., :-1]
    np.testing.assert_allclose(own, theirs.statistics.scatter, rtol=1e-10, atol=1e-9)


@every_kernel
@every_structure
@pytest.mark.parametrize("d", [2, 8, 18])
def test_complete_rows_of_a_source_with_gaps_are_as_ever(
    kernel: str, structure: Any, d: int
) -> None:
    """The sums of complete rows have the same bits, whether another block has gaps or not."""
    _, mixture, X = a_case(d, structure, d)
    complete = np.nan_to_num(X)
    with kernels.use(kernel):
        fused: Any = fused_pass(mixture, soft)
        chunk = ArraySource(complete).load(0)
        among = Chunk(0, 0, complete, chunk.weight, None, Patterns.of(complete))
        np.testing.assert_array_equal(fused.sums(among), fused.sums(chunk))


@every_kernel
@every_structure
@pytest.mark.parametrize("d", [2, 7, 18])
def test_threads_equal_serial_to_the_bit(kernel: str, structure: Any, d: int) -> None:
    _, mixture, X = a_case(d, structure, d, n=3_000)

    def flat(n_threads: int) -> list[np.ndarray]:
        with kernels.use(kernel):
            fused = fused_pass(mixture, soft)
            assert fused is not None
            total = fused(ArraySource(X, None, 250, n_threads))
        assert total is not None
        moments = total.statistics
        return [np.array(total.objective), total.counts, moments.mean, moments.scatter]

    serial = flat(1)
    for n_threads in (2, 7):
        for mine, expected in zip(flat(n_threads), serial, strict=True):
            np.testing.assert_array_equal(mine, expected)


@every_kernel
@every_structure
def test_weights_equal_repetition(kernel: str, structure: Any) -> None:
    rng, mixture, X = a_case(3, structure, 9)
    times = rng.integers(0, 4, len(X))
    with kernels.use(kernel):
        fused = fused_pass(mixture, soft)
        assert fused is not None
        weighted = fused(ArraySource(X, times.astype(np.float64)))
        repeated = fused(ArraySource(np.repeat(X, times, axis=0)))
    assert weighted is not None
    assert repeated is not None
    np.testing.assert_allclose(weighted.objective, repeated.objective, rtol=1e-12)
    np.testing.assert_allclose(weighted.counts, repeated.counts, rtol=1e-12)
    np.testing.assert_allclose(
        weighted.statistics.scatter, repeated.statistics.scatter, rtol=1e-10, atol=1e-9
    )


@every_kernel
@every_structure
@pytest.mark.parametrize("tailed", [False, True], ids=["Gaussian", "t"])
@pytest.mark.parametrize("d", [2, 6, 15])
def test_em_never_decreases(kernel: str, structure: Any, tailed: bool, d: int) -> None:
    rng, mixture, X = a_case(d, structure, d, n=600)
    mixture = with_tails(rng, mixture) if tailed else mixture
    moved = np.delete(mixture.weights, 0) + rng.dirichlet(np.ones(3))
    mixture = Mixture(mixture.family, mixture.params.take(np.arange(1, 4)), moved / moved.sum())
    with kernels.use(kernel):
        fitted = em.fit(mixture, ArraySource(X), stopping=fixed_length(40))
    gains = np.diff(fitted.trace)
    assert len(gains) == 40
    assert gains.min() >= -1e-12 * abs(fitted.objective)
    assert gains.sum() > 1e-3


def test_sources_know_their_gaps() -> None:
    X = np.arange(24.0).reshape(8, 3)
    X[5, 1] = np.nan
    source = ArraySource(X, rows_per_block=4)
    assert source.gappy
    first, second = source.map(lambda chunk: chunk)
    assert first.patterns is not None
    assert len(first.patterns) == 1
    assert second.patterns is not None
    assert second.patterns.order.tolist() == [0, 2, 3, 1]
    assert source.load(1).patterns is second.patterns
    assert not ArraySource(X[:5]).gappy
    assert ArraySource(X[:5]).load(0).patterns is None
    assert ColumnsOf(source, (2, 1)).gappy
    own = list(ColumnsOf(source, (2, 1)).map(lambda chunk: chunk.patterns))[1]
    assert own is not None
    assert own.masks.tolist() == [[False, False], [False, True]]
    assert not ColumnsOf(source, (0, 2)).gappy
    assert list(ColumnsOf(source, (0, 2)).map(lambda chunk: chunk.patterns)) == [None, None]


@every_kernel
def test_what_serves_complete_rows_alone_leaves_others_to_the_composition(kernel: str) -> None:
    X = np.array([[0.0, 1.0], [2.0, np.nan], [1.0, 3.0]])
    shared = MultinomialParameters(np.full((2, 2), 0.5), np.ones(2))
    counts = Mixture(Multinomial(), shared, np.full(2, 0.5))
    start = NearestCenter(np.zeros((1, 2)), np.zeros(2), np.ones(2))
    gaussian = random_mixture(np.random.default_rng(0), VVV, 2, 2)
    with kernels.use(kernel):
        for fused in (
            fused_pass(counts, soft),
            fused_start(gaussian.family, start),
            fused_start(StudentT(VVV, np.zeros(2)), start),
        ):
            assert fused is not None
            assert fused(ArraySource(X)) is None
            assert fused(ArraySource(np.nan_to_num(X))) is not None
        assert CompiledLoop.of(gaussian, ArraySource(X), soft) is not None
