"""Every kernel equals the NumPy composition for Student t mixtures, too."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel_cases import (
    STRUCTURE_IDS,
    STRUCTURES,
    random_mixture,
    some_labels,
    with_some_noise,
    with_tails,
)
from mixtura import em, kernels
from mixtura.assignments import Assignment, hard, soft
from mixtura.families import StudentT
from mixtura.families.gaussian.structures import VVI, VVV
from mixtura.kernels.estep_dispatch import fused_pass, fused_start, scorer
from mixtura.mixture import Expectation, Mixture
from mixtura.sources import ArraySource
from mixtura.starts.nearest_center import NearestCenter

KERNELS = kernels.available()
every_kernel = pytest.mark.parametrize("kernel", KERNELS)
every_structure = pytest.mark.parametrize("structure", STRUCTURES, ids=STRUCTURE_IDS)


def a_mixture(
    rng: np.random.Generator, structure: Any, k: int, d: int, noise: float | None
) -> Mixture[Any, Any]:
    mixture = with_tails(rng, random_mixture(rng, structure, k, d))
    return mixture if noise is None else with_some_noise(mixture, noise)


def a_table(
    rng: np.random.Generator, mixture: Mixture[Any, Any], n: int, *, single: bool
) -> np.ndarray:
    """Rows near the components, some of them far out: tails of 0.1 would give wilder ones."""
    d = mixture.n_features
    X = mixture.params.sort_key[rng.integers(0, mixture.n_clusters, n), :d]
    X = X + rng.normal(size=(n, d)) * rng.choice(
        [1.0, 3.0, 100.0], size=(n, 1), p=[0.8, 0.15, 0.05]
    )
    return X.astype(np.float32 if single else np.float64)


def assert_same(mine: Expectation[Any], theirs: Expectation[Any], X: np.ndarray) -> None:
    """To 1e-12 of the size of what was summed; responsibilities below e^-60 are left out."""
    np.testing.assert_allclose(mine.weight, theirs.weight, rtol=1e-13)
    np.testing.assert_allclose(mine.objective, theirs.objective, rtol=1e-12)
    tiny = len(X) * 1e-24
    np.testing.assert_allclose(mine.counts, theirs.counts, rtol=1e-12, atol=tiny)
    a, b = mine.statistics, theirs.statistics
    np.testing.assert_allclose(a.rows, b.rows, rtol=1e-12, atol=tiny)
    live = b.moments.count > 1e-10
    np.testing.assert_allclose(a.tails[live], b.tails[live], rtol=1e-12, atol=1e-12)
    scale = np.abs(b.normal) + b.rows * (1.0 + np.abs(X).max())
    assert (np.abs(a.normal - b.normal) <= 1e-12 * scale)[live].all()
    np.testing.assert_allclose(a.moments.count[live], b.moments.count[live], rtol=1e-12)
    spread = np.abs(X - X.mean(axis=0)).max(axis=0, initial=1e-300).astype(np.float64)
    error = np.abs(a.moments.mean - b.moments.mean)[live]
    assert (error <= 1e-12 * (spread + np.abs(b.moments.mean[live]))).all()
    size = (b.moments.count * spread.max() ** 2).reshape(
        (-1,) + (1,) * (b.moments.scatter.ndim - 1)
    )
    assert (np.abs(a.moments.scatter - b.moments.scatter) <= 1e-12 * size)[live].all()


@every_kernel
@every_structure
@pytest.mark.parametrize("assignment", [soft, hard])
@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(1, 200),
    d=st.one_of(st.integers(1, 12), st.integers(13, 40), st.sampled_from([64, 65, 96])),
    k=st.one_of(st.integers(1, 9), st.sampled_from([17, 64])),
    single=st.booleans(),
    weighted=st.booleans(),
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
    lost: bool,
    noise: float | None,
    labelled: bool,
) -> None:
    rng = np.random.default_rng(seed)
    mixture = a_mixture(rng, structure, k, d, noise)
    if lost and k > 1:
        mixture.weights[rng.integers(k)] = 0.0
    X = a_table(rng, mixture, n, single=single)
    weight = rng.choice([0.0, 0.5, 1.0, 3.0], size=n) if weighted else None
    if weight is not None:
        weight[0] = 1.0
    labels = some_labels(rng, mixture, X) if labelled else None
    source = ArraySource(X, weight, labels=labels)
    with kernels.use(kernel):
        fast = em.e_step(mixture, source, assignment)
    with kernels.use("numpy"):
        assert_same(fast, em.e_step(mixture, source, assignment), X)


@every_kernel
@every_structure
@pytest.mark.parametrize("noise", [None, 0.2])
@pytest.mark.parametrize("d", [1, 2, 3, 12, 13, 17, 25])
def test_passes_and_scores_of_many_rows(
    kernel: str, structure: Any, d: int, noise: float | None
) -> None:
    rng = np.random.default_rng(d)
    mixture = a_mixture(rng, structure, 5, d, noise)
    X = a_table(rng, mixture, 1_001, single=False)

    def seen() -> tuple[Any, ...]:
        view = scorer(mixture)
        return (
            em.e_step(mixture, ArraySource(X)),
            view.log_density(X),
            view.responsibilities(X),
            view.labels(X),
            *view.densities_and_certainties(X),
        )

    with kernels.use(kernel):
        assert fused_pass(mixture, soft) is not None
        fast = seen()
    with kernels.use("numpy"):
        assert fused_pass(mixture, soft) is None
        reference = seen()
    assert_same(fast[0], reference[0], X)
    np.testing.assert_allclose(fast[1], reference[1], rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(fast[2], reference[2], rtol=0.0, atol=1e-12)
    doubtful = np.sort(reference[2], axis=1)[:, -2:]
    sure = doubtful[:, 1] - doubtful[:, 0] > 1e-10
    np.testing.assert_array_equal(fast[3][sure], reference[3][sure])
    np.testing.assert_allclose(fast[4], reference[4], rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(fast[5], reference[5], rtol=0.0, atol=1e-12)


@every_kernel
@pytest.mark.parametrize("d", [25, 33])
def test_far_components_that_need_no_distance(kernel: str, d: int) -> None:
    """Where bounds rule most pairs out, what tails need goes with the exact distances."""
    rng = np.random.default_rng(d)
    mixture = random_mixture(rng, VVV, 12, d)
    mixture.params.means[:] *= 1e6
    tailed = with_tails(rng, mixture)
    X = a_table(rng, tailed, 2_000, single=False)
    with kernels.use(kernel):
        fast = em.e_step(tailed, ArraySource(X))
    with kernels.use("numpy"):
        assert_same(fast, em.e_step(tailed, ArraySource(X)), X)


@every_kernel
@every_structure
@pytest.mark.parametrize("d", [1, 2, 6, 11, 20])
def test_no_row_is_out_of_reach(kernel: str, structure: Any, d: int) -> None:
    rng = np.random.default_rng(0)
    mixture = a_mixture(rng, structure, 3, d, None)
    X = a_table(rng, mixture, 100, single=False)
    X[7] = 1e200
    with kernels.use(kernel):
        fast = scorer(mixture)
        log_density, resp = fast.log_density(X), fast.responsibilities(X)
    np.testing.assert_allclose(log_density, mixture.log_density(X), rtol=1e-12)
    np.testing.assert_allclose(resp.sum(axis=1), 1.0, rtol=1e-12)


@every_kernel
@pytest.mark.parametrize("structure", [VVI, VVV], ids=str)
def test_first_sums_of_nearest_centers(kernel: str, structure: Any) -> None:
    rng = np.random.default_rng(1)
    X = rng.normal(size=(500, 3))
    start = NearestCenter(X[:4].copy(), np.zeros(3), np.ones(3))
    family = StudentT(structure, np.zeros(3))
    with kernels.use(kernel):
        assert fused_start(family, start) is not None
        fast = em.gather(family, ArraySource(X), start)
    fast = replace(fast, objective=0.0)  # that of spheres about the centers, which nobody asks for
    with kernels.use("numpy"):
        assert fused_start(family, start) is None
        assert_same(fast, em.gather(family, ArraySource(X), start), X)
