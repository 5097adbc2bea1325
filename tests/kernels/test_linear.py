"""The linear pass equals the NumPy composition, for every family that has one."""

from __future__ import annotations

import tracemalloc
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel_cases import both, some_labels, with_some_noise
from mixtura import em, kernels
from mixtura.assignments import Assignment, Tempered, hard, soft
from mixtura.families import (
    Bernoulli,
    BernoulliParameters,
    Categorical,
    CategoricalParameters,
    Exponential,
    ExponentialParameters,
    Geometric,
    GeometricParameters,
    Multinomial,
    MultinomialParameters,
    Poisson,
    PoissonParameters,
)
from mixtura.families.column_parameters import ColumnMeans, ColumnParameters, ColumnSums
from mixtura.families.linear import LinearForm, of_columns
from mixtura.kernels import estep_dispatch
from mixtura.kernels.estep_dispatch import fused_pass, scorer
from mixtura.mixture import Expectation, Mixture
from mixtura.sources import ArraySource
from mixtura.testing import with_gaps
from mixtura.typing import FloatArray, IntArray

KERNELS = kernels.available()
ABSORBING = ["bernoulli", "categorical", "poisson"]
FAMILIES = [*ABSORBING, "geometric", "exponential", "multinomial"]
every_kernel = pytest.mark.parametrize("kernel", KERNELS)
#: With a base measure, which noise does not share.
WITH_BASE = ["poisson", "multinomial"]
every_family = pytest.mark.parametrize("family", FAMILIES)


def random_mixture(
    rng: np.random.Generator, family: str, k: int, d: int, most: int = 6, zeros: float = 0.0
) -> Mixture[Any, Any]:
    """Components in which a share of the probabilities or rates is 0 (or 1), but for the first."""
    weights = rng.dirichlet(np.ones(k))
    if family == "categorical":
        numbers = Categorical(tuple(rng.integers(2, most + 1, size=d).tolist()))
        values = with_zeros(rng, rng.gamma(0.7, size=(k, numbers.levels.total)) + 1e-9, zeros)
        values[:, numbers.levels.first] += 1e-3  # a column has a level in every component
        shares = numbers.levels.shares(values)
        return Mixture(numbers, CategoricalParameters(shares, numbers.levels), weights)
    if family == "poisson":
        rates = with_zeros(rng, rng.gamma(1.0, 3.0, size=(k, d)), zeros)
        return Mixture(Poisson(), PoissonParameters(rates), weights)
    if family == "geometric":
        means = with_zeros(rng, rng.gamma(1.0, 3.0, size=(k, d)), zeros)
        return Mixture(Geometric(), GeometricParameters(means), weights)
    if family == "exponential":
        means = rng.gamma(1.0, 3.0, size=(k, d)) + 1e-3
        return Mixture(Exponential(), ExponentialParameters(means), weights)
    if family == "multinomial":
        shares = with_zeros(rng, rng.gamma(1.0, size=(k, d)), zeros)
        shares[:, 0] += 0.01
        shares /= shares.sum(axis=1, keepdims=True)
        params = MultinomialParameters(shares, rng.uniform(0.0, 30.0, k))
        return Mixture(Multinomial(), params, weights)
    p = rng.beta(0.7, 0.7, size=(k, d))
    p = np.where(
        rng.random((k, d)) < 0.5, with_zeros(rng, p, zeros), 1.0 - with_zeros(rng, p, zeros)
    )
    return Mixture(Bernoulli(), BernoulliParameters(p), weights)


def with_zeros(rng: np.random.Generator, values: FloatArray, share: float) -> FloatArray:
    zeros = rng.random(values.shape) < share
    zeros[0] = False
    return np.where(zeros, 0.0, values)


def rows_of(rng: np.random.Generator, mixture: Mixture[Any, Any], n: int) -> FloatArray:
    return mixture.sample(n, rng)[0]


def leaves(statistics: Any) -> list[FloatArray]:
    return [getattr(statistics, name) for name in type(statistics).__match_args__]


def assert_same_expectation(
    actual: Expectation[Any], expected: Expectation[Any], X: FloatArray, size: float = 1.0
) -> None:
    """To 1e-12 of each sum, all of whose terms are positive but for the objective's.

    In that a row's density of 1 is a sum of logs of size 1, which round.
    The kernel leaves out responsibilities below e^-60 = 1e-26. `size` is that of the terms of a
    log-density, in thousands: their rounding is passed on.
    """
    largest = X.max(initial=1.0)
    np.testing.assert_allclose(actual.weight, expected.weight, rtol=1e-13)
    np.testing.assert_allclose(
        actual.objective, expected.objective, rtol=1e-12 * size, atol=1e-14 * actual.weight
    )
    sums = [(actual.counts, expected.counts)]
    sums += zip(leaves(actual.statistics), leaves(expected.statistics), strict=True)
    for mine, theirs in sums:
        assert mine.shape == theirs.shape
        np.testing.assert_allclose(mine, theirs, rtol=1e-12 * size, atol=1e-25 * len(X) * largest)


@every_kernel
@every_family
@pytest.mark.parametrize("assignment", [soft, hard, Tempered(0.3), Tempered(1.7)])
@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.one_of(st.integers(1, 200), st.integers(201, 5000)),
    d=st.integers(1, 40),
    k=st.one_of(st.integers(1, 9), st.sampled_from([17, 33, 64])),
    most=st.sampled_from([2, 3, 6, 50]),
    zeros=st.sampled_from([0.0, 0.3, 1.0]),
    single=st.booleans(),
    weighted=st.booleans(),
    lost=st.booleans(),
    noise=st.sampled_from([None, 0.0, 0.2]),
    labelled=st.booleans(),
)
def test_passes_equal_the_reference(
    kernel: str,
    family: str,
    assignment: Assignment,
    seed: int,
    n: int,
    d: int,
    k: int,
    most: int,
    zeros: float,
    single: bool,
    weighted: bool,
    lost: bool,
    noise: float | None,
    labelled: bool,
) -> None:
    rng = np.random.default_rng(seed)
    mixture = random_mixture(rng, family, k, d, most, zeros)
    X = rows_of(rng, mixture, n)
    if lost and k > 1:
        weights = np.append(mixture.weights[:-1] / mixture.weights[:-1].sum(), 0.0)
        mixture = Mixture(mixture.family, mixture.params, weights)
    served = noise is None or family not in WITH_BASE
    if noise is not None:
        mixture = with_some_noise(mixture, noise)
    X = X.astype(np.float32 if single else np.float64)
    weight = rng.choice([0.0, 0.5, 1.0, 3.0], size=n) if weighted else None
    labels = some_labels(rng, mixture, X) if labelled else None
    source = ArraySource(X, weight, labels=labels)
    with kernels.use(kernel):
        fused = fused_pass(mixture, assignment)
        assert (fused is not None) == served
    fast, reference = both(kernel, lambda: em.e_step(mixture, source, assignment))
    assert_same_expectation(fast, reference, X)


@every_kernel
@every_family
@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(1, 300),
    d=st.integers(1, 40),
    k=st.one_of(st.integers(1, 9), st.just(40)),
    zeros=st.sampled_from([0.0, 0.3]),
    single=st.booleans(),
    noise=st.sampled_from([None, 0.2]),
)
def test_scores_equal_the_reference(
    kernel: str,
    family: str,
    seed: int,
    n: int,
    d: int,
    k: int,
    zeros: float,
    single: bool,
    noise: float | None,
) -> None:
    rng = np.random.default_rng(seed)
    mixture = random_mixture(rng, family, k, d, zeros=zeros)
    if noise is not None:
        mixture = with_some_noise(mixture, noise)
    strange = random_mixture(rng, family, k, d, zeros=zeros)  # whose rows may be out of reach
    if family == "categorical":
        strange = mixture
    X = rows_of(rng, strange.clusters, n).astype(np.float32 if single else np.float64)

    def scores() -> tuple[np.ndarray, ...]:
        view = scorer(mixture)
        return (
            view.log_density(X),
            view.responsibilities(X),
            view.labels(X),
            *view.densities_and_certainties(X),
        )

    fast, reference = both(kernel, scores)
    # The log-density of what is certain is 0, and rounds at the size of its terms.
    np.testing.assert_allclose(fast[0], reference[0], rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(fast[1], reference[1], rtol=0.0, atol=1e-12)
    ranked = np.sort(reference[1], axis=1)
    sure = ranked[:, -1] - ranked[:, -2] > 1e-10 if ranked.shape[1] > 1 else np.full(n, True)
    np.testing.assert_array_equal(fast[2][sure], reference[2][sure])
    np.testing.assert_allclose(fast[3], reference[3], rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(fast[4], reference[4], rtol=0.0, atol=1e-12)


@every_kernel
@every_family
@pytest.mark.parametrize("n", [*range(1, 60), 199, 200, 201, 1023, 1024, 1025])
def test_tails_of_every_length(kernel: str, family: str, n: int) -> None:
    rng = np.random.default_rng(n)
    for d in (1, 2, 5, 8, 19):
        mixture = random_mixture(rng, family, 3, d)
        X = rows_of(rng, mixture, n)
        fast, reference = both(kernel, lambda m=mixture, X=X: em.e_step(m, ArraySource(X)))
        assert_same_expectation(fast, reference, X)


@every_kernel
@pytest.mark.parametrize("levels", [*range(2, 20), 31, 32, 33, 63, 64, 65, 1000])
@pytest.mark.parametrize("k", [1, 5, 30])
def test_every_number_of_levels(kernel: str, levels: int, k: int) -> None:
    """Columns of few levels go into groups, together with others or not."""
    rng = np.random.default_rng(levels)
    family = Categorical((levels, 2, levels, 3, 2, 2, 2, 2, 2, 2, levels))
    params = CategoricalParameters(
        family.levels.shares(rng.gamma(1.0, size=(k, family.levels.total))), family.levels
    )
    mixture = Mixture(family, params, rng.dirichlet(np.ones(k)))
    X = rows_of(rng, mixture, 3000)
    fast, reference = both(kernel, lambda: em.e_step(mixture, ArraySource(X)))
    assert_same_expectation(fast, reference, X)


@every_kernel
@pytest.mark.parametrize("family", ABSORBING)
@pytest.mark.parametrize("assignment", [soft, hard, Tempered(0.3), Tempered(1.7)])
def test_rows_that_no_component_reaches(kernel: str, family: str, assignment: Assignment) -> None:
    """All probabilities of one cell are 0: log-density -inf, and nothing in the sums."""
    rng = np.random.default_rng(1)
    mixture = random_mixture(rng, family, 3, 4)
    X = rows_of(rng, mixture, 300)
    params: Any
    if family == "poisson":
        params = PoissonParameters(mixture.params.rates * [0.0, 1.0, 1.0, 1.0])
        X[:, 0], lost = 0.0, 3.0
    elif family == "bernoulli":
        params = BernoulliParameters(mixture.params.probabilities * [0.0, 1.0, 1.0, 1.0])
        X[:, 0], lost = 0.0, 1.0
    else:
        levels = mixture.family.levels
        values = mixture.params.probabilities.copy()
        values[:, 1] = 0.0
        params = CategoricalParameters(levels.shares(values), levels)
        X[:, 0], lost = 0.0, 1.0
    mixture = Mixture(mixture.family, params, mixture.weights)
    kept = X.copy()
    X = np.insert(X, 7, X[7], axis=0)
    X[7, 0] = lost
    with kernels.use(kernel):
        total = em.e_step(mixture, ArraySource(X), assignment)
        others = em.e_step(mixture, ArraySource(kept), assignment)
        assert scorer(mixture).labels(X)[7] == -1
        assert not scorer(mixture).responsibilities(X)[7].any()
    fast, reference = both(kernel, lambda: scorer(mixture).log_density(X))
    np.testing.assert_allclose(fast, reference, rtol=1e-12)
    assert fast[7] == -np.inf
    assert total.objective == -np.inf
    if assignment is soft:
        np.testing.assert_allclose(total.counts, others.counts, rtol=1e-12)
    fast, reference = both(kernel, lambda: em.e_step(mixture, ArraySource(X), assignment))
    assert_same_expectation(fast, reference, X)


@every_kernel
@pytest.mark.parametrize("largest", [170, 171, 10**4, 10**6, 2**53])
def test_huge_counts(kernel: str, largest: int) -> None:
    rng = np.random.default_rng(3)
    rates = rng.uniform(0.9, 1.1, size=(3, 5)) * largest
    rates[1:, 2] = 0.0
    mixture = Mixture(Poisson(), PoissonParameters(rates), np.full(3, 1.0 / 3.0))
    X = np.floor(rates[rng.integers(3, size=400)])
    X[0] = largest
    fast, reference = both(kernel, lambda: em.e_step(mixture, ArraySource(X)))
    assert_same_expectation(fast, reference, X, size=max(1.0, largest * 1e-3))


@every_kernel
@pytest.mark.parametrize("family", ["bernoulli", "categorical"])
@pytest.mark.parametrize("cell", [0.5, -1.0, 2.0, 7.0, 1e30])
@pytest.mark.parametrize("gap", [False, True])
def test_cells_that_are_no_levels_are_left_to_the_composition(
    kernel: str, family: str, cell: float, gap: bool
) -> None:
    mixture = random_mixture(np.random.default_rng(0), family, 2, 3)
    X = np.zeros((40, 3))
    X[30, 1] = cell
    if gap:
        X[7, 1] = np.nan
    with kernels.use(kernel):
        fused = fused_pass(mixture, soft)
    assert fused is not None
    assert fused(ArraySource(X)) is None
    if family == "categorical":  # there is no telling what it makes of them
        return
    fast, reference = both(kernel, lambda: em.e_step(mixture, ArraySource(X)).objective)
    np.testing.assert_array_equal(fast, reference)
    for ask in ("log_density", "responsibilities", "labels", "densities_and_certainties"):
        fast, reference = both(kernel, lambda ask=ask: getattr(scorer(mixture), ask)(X))
        np.testing.assert_array_equal(fast, reference)


@every_kernel
@pytest.mark.parametrize("family", [name for name in FAMILIES if name != "multinomial"])
@pytest.mark.parametrize("noise", [False, True])
@pytest.mark.parametrize("assignment", [soft, hard])
@pytest.mark.parametrize("single", [False, True])
@pytest.mark.parametrize("zeros", [0.0, 0.3])
def test_a_pass_with_missing_cells_equals_the_composition(
    kernel: str, family: str, noise: bool, assignment: Assignment, single: bool, zeros: float
) -> None:
    rng = np.random.default_rng(8)
    mixture = random_mixture(rng, family, 3, 5, zeros=zeros)
    X = with_gaps(rows_of(rng, mixture, 300))
    X = X.astype(np.float32) if single else X
    if noise:
        mixture = with_some_noise(mixture, 0.1)
    source = ArraySource(X, rng.uniform(0.0, 2.0, 300), rows_per_block=64)
    with kernels.use(kernel):
        fused = fused_pass(mixture, assignment)
        served = fused is not None and fused(source) is not None
    assert served or (noise and family in WITH_BASE)
    fast, reference = both(kernel, lambda: em.e_step(mixture, source, assignment))
    assert_same_expectation(fast, reference, np.nan_to_num(X.astype(np.float64)))
    for ask in ("log_density", "responsibilities", "labels"):
        mine, theirs = both(kernel, lambda ask=ask: getattr(scorer(mixture), ask)(X))
        np.testing.assert_allclose(mine, theirs, rtol=1e-12, atol=1e-13)


@every_kernel
def test_shares_of_an_unknown_total_are_left_to_the_composition(kernel: str) -> None:
    rng = np.random.default_rng(9)
    mixture = random_mixture(rng, "multinomial", 3, 5)
    X = with_gaps(rows_of(rng, mixture, 300))
    with kernels.use(kernel):
        fused = fused_pass(mixture, soft)
        assert fused is not None
        assert fused(ArraySource(X)) is None
    for ask in ("log_density", "responsibilities", "labels"):
        mine, theirs = both(kernel, lambda ask=ask: getattr(scorer(mixture), ask)(X))
        np.testing.assert_array_equal(mine, theirs)


@every_kernel
@every_family
def test_threads_equal_serial_to_the_bit(kernel: str, family: str) -> None:
    rng = np.random.default_rng(5)
    mixture = random_mixture(rng, family, 4, 11)
    X = rows_of(rng, mixture, 3_000)

    def flat(n_threads: int) -> list[FloatArray]:
        with kernels.use(kernel):
            total = em.e_step(mixture, ArraySource(X, None, 250, n_threads))
        return [np.array(total.objective), total.counts, *leaves(total.statistics)]

    serial = flat(1)
    for n_threads in (2, 7):
        for mine, expected in zip(flat(n_threads), serial, strict=True):
            np.testing.assert_array_equal(mine, expected)


def test_the_base_measure_goes_with_the_rows_and_their_weights() -> None:
    """It is remembered, but not for others."""
    rng = np.random.default_rng(6)
    mixture = random_mixture(rng, "poisson", 2, 3)
    sources = [ArraySource(rows_of(rng, mixture, 50)) for _ in range(2)]
    sources.append(ArraySource(sources[0].X, np.full(50, 2.0)))
    first = [em.e_step(mixture, source).objective for source in sources]
    assert [em.e_step(mixture, source).objective for source in sources] == first
    np.testing.assert_allclose(first[2], 2.0 * first[0], rtol=1e-13)
    with kernels.use("numpy"):
        reference = [em.e_step(mixture, source).objective for source in sources]
    np.testing.assert_allclose(first, reference, rtol=1e-13)


@every_kernel
@every_family
def test_a_pass_takes_memory_for_a_block_of_rows(kernel: str, family: str) -> None:
    rng = np.random.default_rng(7)
    mixture = random_mixture(rng, family, 5, 10)
    X = rows_of(rng, mixture, 100_000)
    source = ArraySource(X, rows_per_block=4096)
    with kernels.use(kernel):
        em.e_step(mixture, source)
        tracemalloc.start()
        em.e_step(mixture, source)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < X.nbytes / 20


@dataclass(frozen=True)
class Pareto(ColumnMeans[ColumnParameters]):
    """Independent columns of numbers above 1: log p_j(x) = sum_a log b_ja - (b_ja + 1) log x_a."""

    def log_density(self, params: ColumnParameters, X: FloatArray) -> FloatArray:
        exponents = params.values
        return np.log(exponents).sum(axis=1) - np.log(X) @ (exponents + 1.0).T

    def statistics(
        self, params: ColumnParameters | None, X: FloatArray, resp: FloatArray
    ) -> ColumnSums:
        return super().statistics(params, np.log(X), resp)

    def of_means(self, means: FloatArray) -> ColumnParameters:
        return ColumnParameters(1.0 / means)

    def linear_form(
        self, params: ColumnParameters, *, gaps: bool = False
    ) -> LinearForm[ColumnSums] | None:
        if gaps:
            return None
        form = of_columns(-params.values, np.log(params.values), ColumnSums, _log_base)
        return replace(form, of_rows=np.log)

    def sample(
        self, params: ColumnParameters, labels: IntArray, rng: np.random.Generator
    ) -> FloatArray:
        return 1.0 + rng.pareto(params.values[labels])


def _log_base(X: FloatArray) -> FloatArray:
    return -np.log(X).sum(axis=1)


@every_kernel
@pytest.mark.parametrize("single", [False, True])
def test_a_family_says_how_rows_become_statistics(
    kernel: str, single: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what base measure they have: that is all it takes, but for a line in the dispatch."""
    monkeypatch.setattr(estep_dispatch, "_LINEAR", (Pareto,))
    serve = partial(estep_dispatch._LinearPass.of, hard=False)
    monkeypatch.setitem(estep_dispatch._PASSES, (Pareto, soft), serve)
    rng = np.random.default_rng(8)
    params = ColumnParameters(rng.uniform(1.0, 5.0, (3, 4)))
    mixture: Mixture[Any, Any] = Mixture(Pareto(), params, rng.dirichlet(np.ones(3)))
    X = rows_of(rng, mixture, 700).astype(np.float32 if single else np.float64)
    with kernels.use(kernel):
        assert fused_pass(mixture, soft) is not None
    fast, reference = both(kernel, lambda: em.e_step(mixture, ArraySource(X, None, 256)))
    assert_same_expectation(fast, reference, X)
    fast, reference = both(kernel, lambda: scorer(mixture).densities_and_certainties(X))
    np.testing.assert_allclose(fast, reference, rtol=1e-12)


@every_kernel
def test_densities_that_are_all_but_0(kernel: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing is impossible, a log-density of -1e260 is one."""
    monkeypatch.setattr(estep_dispatch, "_LINEAR", (Pareto,))
    params = ColumnParameters(np.array([[1e258], [2e258]]))
    mixture: Mixture[Any, Any] = Mixture(Pareto(), params, np.full(2, 0.5))
    X = np.full((3, 1), 1e30)
    fast, reference = both(kernel, lambda: scorer(mixture).log_density(X))
    np.testing.assert_allclose(fast, reference, rtol=1e-12)
    assert np.isfinite(fast).all()
