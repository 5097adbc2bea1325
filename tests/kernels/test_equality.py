"""Every kernel equals the NumPy composition."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel_cases import (
    STRUCTURE_IDS,
    STRUCTURES,
    both,
    random_mixture,
    rows_of,
    some_labels,
    with_some_noise,
)
from mixtura import em, kernels
from mixtura.assignments import Assignment, Tempered, hard, soft, stochastic
from mixtura.families import Gaussian, GaussianParameters, Poisson, PoissonParameters
from mixtura.families.gaussian.structures import EEE, VII, VVI, AxisCovariances, DenseCovariances
from mixtura.kernels.estep_dispatch import fused_pass, scorer
from mixtura.mixture import Expectation, Mixture
from mixtura.sources import ArraySource

KERNELS = kernels.available()
every_kernel = pytest.mark.parametrize("kernel", KERNELS)
every_structure = pytest.mark.parametrize("structure", STRUCTURES, ids=STRUCTURE_IDS)


def assert_same_expectation(actual: Expectation[Any], expected: Expectation[Any], X: Any) -> None:
    """To 1e-12 of the size of what was summed: no sum can do better.

    The kernel leaves out responsibilities below e^-60 = 1e-26, which a count below 1e-12 can
    feel.
    """
    np.testing.assert_allclose(actual.weight, expected.weight, rtol=1e-13)
    np.testing.assert_allclose(actual.objective, expected.objective, rtol=1e-12)
    np.testing.assert_allclose(actual.counts, expected.counts, rtol=1e-12, atol=len(X) * 1e-26)
    mine, theirs = actual.statistics, expected.statistics
    live = theirs.count > 1e-12
    spread = np.abs(X - X.mean(axis=0)).max(axis=0, initial=1e-300)
    error = np.abs(mine.mean - theirs.mean)[live]
    assert (error <= 1e-12 * (spread + np.abs(theirs.mean[live]))).all()
    size = theirs.count * (spread.max() ** 2)
    size = size.reshape((-1,) + (1,) * (theirs.scatter.ndim - 1))
    assert (np.abs(mine.scatter - theirs.scatter) <= 1e-12 * size)[live].all()


@every_kernel
@every_structure
@pytest.mark.parametrize("assignment", [soft, hard, Tempered(0.3), Tempered(1.7)])
@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(1, 200),
    d=st.one_of(st.integers(1, 12), st.integers(13, 40), st.sampled_from([64, 65, 96, 160])),
    k=st.one_of(st.integers(1, 9), st.sampled_from([17, 64])),
    single=st.booleans(),
    weighted=st.booleans(),
    offset=st.sampled_from([0.0, 1e4]),
    lost=st.booleans(),
    noise=st.sampled_from([None, 0.0, 0.2]),
    labelled=st.booleans(),
)
def test_passes_equal_the_reference(
    kernel: str,
    structure: Any,
    assignment: Assignment,
    seed: int,
    n: int,
    d: int,
    k: int,
    single: bool,
    weighted: bool,
    offset: float,
    lost: bool,
    noise: float | None,
    labelled: bool,
) -> None:
    rng = np.random.default_rng(seed)
    mixture = random_mixture(rng, structure, k, d)
    X = rows_of(rng, mixture, n)
    params = GaussianParameters(mixture.params.means + offset, mixture.params.covariances)
    weights = mixture.weights.copy()
    if lost and k > 1:
        weights[rng.integers(k)] = 0.0
    mixture = Mixture(mixture.family, params, weights)
    if noise is not None:
        mixture = with_some_noise(mixture, noise)
    X = (X + offset).astype(np.float32 if single else np.float64)
    weight = rng.choice([0.0, 0.5, 1.0, 3.0], size=n) if weighted else None
    if weight is not None:
        weight[0] = 1.0
    labels = some_labels(rng, mixture, X) if labelled else None
    source = ArraySource(X, weight, labels=labels)
    fast, reference = both(kernel, lambda: em.e_step(mixture, source, assignment))
    assert_same_expectation(fast, reference, X)


@every_kernel
@pytest.mark.parametrize("structure", [VVI, EEE], ids=["VVI", "EEE"])
def test_known_rows_merge_and_repeat(kernel: str, structure: Any) -> None:
    rng = np.random.default_rng(0)
    mixture = with_some_noise(random_mixture(rng, structure, 4, 6), 0.2)
    X = rows_of(rng, mixture, 500)
    labels, times = some_labels(rng, mixture, X).astype(np.int32), rng.integers(1, 4, len(X))
    with kernels.use(kernel):
        whole = em.e_step(mixture, ArraySource(X, times.astype(float), labels=labels))
        blocks = ArraySource(X, times.astype(float), 97, 2, labels)
        assert_same_expectation(em.e_step(mixture, blocks), whole, X)
        repeated = ArraySource(X.repeat(times, axis=0), labels=labels.repeat(times))
        assert_same_expectation(em.e_step(mixture, repeated), whole, X)
        unknown = ArraySource(X, times.astype(float), labels=np.full(len(X), -1))
        free = em.e_step(mixture, ArraySource(X, times.astype(float)))
        np.testing.assert_array_equal(em.e_step(mixture, unknown).counts, free.counts)
    assert not np.allclose(whole.counts, free.counts)


@every_kernel
@every_structure
@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(1, 200),
    d=st.one_of(st.integers(1, 12), st.sampled_from([16, 33, 100])),
    k=st.one_of(st.integers(1, 9), st.just(40)),
    single=st.booleans(),
    noise=st.sampled_from([None, 0.2]),
)
def test_scores_equal_the_reference(
    kernel: str,
    structure: Any,
    seed: int,
    n: int,
    d: int,
    k: int,
    single: bool,
    noise: float | None,
) -> None:
    rng = np.random.default_rng(seed)
    mixture = random_mixture(rng, structure, k, d)
    if noise is not None:
        mixture = with_some_noise(mixture, noise)
    X = rows_of(rng, mixture, n).astype(np.float32 if single else np.float64)

    def scores() -> tuple[np.ndarray, ...]:
        view = scorer(mixture)
        return (
            view.log_density(X),
            view.responsibilities(X),
            view.labels(X),
            *view.densities_and_certainties(X),
        )

    fast, reference = both(kernel, scores)
    np.testing.assert_allclose(fast[0], reference[0], rtol=1e-12)
    np.testing.assert_allclose(fast[1], reference[1], rtol=0.0, atol=1e-12)
    doubtful = np.sort(reference[1], axis=1)[:, -2:]
    sure = (
        doubtful[:, -1] - doubtful[:, 0] > 1e-10 if mixture.n_components > 1 else np.full(n, True)
    )
    np.testing.assert_array_equal(fast[2][sure], reference[2][sure])
    np.testing.assert_allclose(fast[3], reference[3], rtol=1e-12)
    np.testing.assert_allclose(fast[4], reference[4], rtol=0.0, atol=1e-12)


@every_kernel
@pytest.mark.parametrize("n", range(1, 201))
def test_tails_of_every_length(kernel: str, n: int) -> None:
    rng = np.random.default_rng(n)
    for d in (1, 2, 5, 10, 19):
        mixture = random_mixture(rng, STRUCTURES[n % len(STRUCTURES)], 3, d)
        X = rows_of(rng, mixture, n)
        fast, reference = both(kernel, lambda m=mixture, X=X: em.e_step(m, ArraySource(X)))
        assert_same_expectation(fast, reference, X)


@every_kernel
@pytest.mark.parametrize("d", [*range(1, 40), 63, 64, 65, 100, 127, 128, 129, 160])
@pytest.mark.parametrize("diagonal", [False, True])
def test_every_dimension(kernel: str, d: int, diagonal: bool) -> None:
    rng = np.random.default_rng(d)
    mixture = random_mixture(rng, VVI if diagonal else STRUCTURES[3], 4, d)
    X = rows_of(rng, mixture, 700)
    fast, reference = both(kernel, lambda: em.e_step(mixture, ArraySource(X)))
    assert_same_expectation(fast, reference, X)


@every_kernel
@pytest.mark.parametrize("k", [1, 2, 3, 10, 64, 100, 299, 300])
@pytest.mark.parametrize("d", [1, 2, 7, 9, 16])
def test_every_number_of_components(kernel: str, k: int, d: int) -> None:
    rng = np.random.default_rng(k)
    mixture = random_mixture(rng, STRUCTURES[3], k, d)
    X = rows_of(rng, mixture, 500)
    fast, reference = both(kernel, lambda: em.e_step(mixture, ArraySource(X)))
    assert_same_expectation(fast, reference, X)


@every_kernel
@every_structure
@pytest.mark.parametrize("d", [1, 2, 6, 11, 20])
def test_rows_that_no_component_reaches(kernel: str, structure: Any, d: int) -> None:
    """Distances overflow to inf: log-density -inf and nothing in the sums of an E-step."""
    rng = np.random.default_rng(0)
    mixture = random_mixture(rng, structure, 3, d)
    X = rows_of(rng, mixture, 300)
    X[7] = 1e200
    fast, reference = both(kernel, lambda: scorer(mixture).log_density(X))
    np.testing.assert_allclose(fast, reference, rtol=1e-12)
    assert fast[7] == -np.inf
    with kernels.use(kernel), np.errstate(over="ignore", invalid="ignore"):
        total = em.e_step(mixture, ArraySource(X))
        kept = em.e_step(mixture, ArraySource(np.delete(X, 7, axis=0)))
    assert total.objective == -np.inf
    np.testing.assert_allclose(total.counts, kept.counts, rtol=1e-12)
    np.testing.assert_allclose(total.statistics.scatter, kept.statistics.scatter, rtol=1e-10)


@pytest.mark.parametrize("kernel", ["numpy", *KERNELS])
@every_structure
@pytest.mark.parametrize("noise", [None, 0.1])
@pytest.mark.parametrize("unit", [1.0, 1e-90])
@pytest.mark.parametrize("d", [1, 2, 6, 11, 20])
def test_rows_that_no_component_reaches_belong_to_the_nearest(
    kernel: str, structure: Any, noise: float | None, unit: float, d: int
) -> None:
    """Rows at 1e200 deviations: like rows at 1e20 deviations in the same direction."""
    rng = np.random.default_rng(d)
    mixture = random_mixture(rng, structure, 4, d)
    params = mixture.params.covariances
    if structure.diagonal:
        covariances: Any = AxisCovariances(params.variances * unit**2)
    else:
        covariances = DenseCovariances.of(params.dense * unit**2)
    moved = GaussianParameters(mixture.params.means * unit, covariances)
    weights = np.append(0.0, mixture.weights[1:] / mixture.weights[1:].sum())  # one is empty
    mixture = Mixture(mixture.family, moved, weights)
    if noise is not None:
        mixture = with_some_noise(mixture, noise)
    directions = rng.normal(size=(40, d))
    near, far = (unit * directions * distance for distance in (1e20, 1e164))
    rows = np.concatenate([near, far, moved.means[1:]])
    with kernels.use(kernel):
        seen = scorer(mixture)
        resp, labels = seen.responsibilities(rows), seen.labels(rows)
        log_density, certainty = seen.densities_and_certainties(rows)
    np.testing.assert_allclose(resp.sum(axis=1), 1.0, rtol=1e-12)
    np.testing.assert_array_equal(resp.argmax(axis=1), labels)
    np.testing.assert_allclose(certainty, resp.max(axis=1), rtol=1e-12)
    assert not resp[:, 0].any()
    assert np.isneginf(log_density[40:80]).all() == (noise is None)
    if structure != EEE:  # whose components are all as far, to working precision
        np.testing.assert_array_equal(resp[40:80], resp[:40])


@every_kernel
@pytest.mark.parametrize("offset", [0.0, 1e6, 1e8])
@pytest.mark.parametrize("structure", [STRUCTURES[1], STRUCTURES[3]], ids=["VVI", "VVV"])
def test_moments_keep_their_digits_at_an_offset(kernel: str, structure: Any, offset: float) -> None:
    rng = np.random.default_rng(1)
    mixture = random_mixture(rng, structure, 3, 12)
    # Multiples of 2^-20, so that adding the offset rounds nothing.
    X = np.round(rows_of(rng, mixture, 900) * 2**20) / 2**20
    means = np.round(mixture.params.means * 2**20) / 2**20

    def moved(offset: float) -> Expectation[Any]:
        params = GaussianParameters(means + offset, mixture.params.covariances)
        with kernels.use(kernel):
            return em.e_step(
                Mixture(mixture.family, params, mixture.weights), ArraySource(X + offset)
            )

    here, there = moved(0.0), moved(offset)
    np.testing.assert_array_equal(there.counts, here.counts)
    np.testing.assert_array_equal(there.statistics.scatter, here.statistics.scatter)
    assert there.objective == here.objective


@every_kernel
@pytest.mark.parametrize("dense", [False, True])
def test_a_far_move_runs_the_reference(kernel: str, dense: bool) -> None:
    """Moments about a mean that lies a thousand deviations off would lose six digits."""
    X = np.random.default_rng(0).normal(size=(500, 2)) * 1e-3
    covariances = (
        DenseCovariances.of(np.eye(2)[None]) if dense else AxisCovariances(np.ones((1, 2)))
    )
    structure = STRUCTURES[3] if dense else VVI
    params = GaussianParameters(np.ones((1, 2)), covariances)
    mixture = Mixture(Gaussian(structure, np.zeros(2)), params, np.ones(1))
    fast, reference = both(kernel, lambda: em.e_step(mixture, ArraySource(X)))
    np.testing.assert_allclose(fast.statistics.scatter, reference.statistics.scatter, rtol=1e-14)


@every_kernel
@every_structure
@pytest.mark.parametrize("d", [2, 7, 18])
def test_threads_equal_serial_to_the_bit(kernel: str, structure: Any, d: int) -> None:
    rng = np.random.default_rng(5)
    mixture = random_mixture(rng, structure, 4, d)
    X = rows_of(rng, mixture, 3_000)

    def flat(n_threads: int) -> list[np.ndarray]:
        with kernels.use(kernel):
            total = em.e_step(mixture, ArraySource(X, None, 250, n_threads))
        moments = total.statistics
        return [np.array(total.objective), total.counts, moments.mean, moments.scatter]

    serial = flat(1)
    for n_threads in (2, 7):
        for mine, expected in zip(flat(n_threads), serial, strict=True):
            np.testing.assert_array_equal(mine, expected)


def test_what_no_kernel_serves_runs_the_composition() -> None:
    calls = Mixture(Poisson(), PoissonParameters(np.array([[0.4]])), np.ones(1))
    assert fused_pass(with_some_noise(calls, 0.1), soft) is None
    gaussian = random_mixture(np.random.default_rng(0), VII, 2, 2)
    assert fused_pass(gaussian, stochastic) is None
    with kernels.use("numpy"):
        assert fused_pass(gaussian, soft) is None
