"""Centers and the first step of EM from them, by the kernel as by the reference."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kernel_cases import STRUCTURE_IDS, STRUCTURES
from mixtura import em, kernels
from mixtura.families import Gaussian
from mixtura.sources import ArraySource
from mixtura.starts.centers import k_means, k_means_plus_plus, random_rows
from mixtura.starts.nearest_center import NearestCenter
from mixtura.starts.sample import Sample


def sample(n: int, d: int, *, weighted: bool = True) -> Sample:
    rng = np.random.default_rng(d)
    return Sample(rng.normal(size=(n, d)), rng.uniform(size=n) if weighted else np.ones(n))


@pytest.mark.parametrize("kernel", kernels.available())
@pytest.mark.parametrize("choose", [k_means, k_means_plus_plus, random_rows])
@pytest.mark.parametrize("d", [1, 2, 5, 17])
@pytest.mark.parametrize("k", [1, 3, 40])
@pytest.mark.parametrize("weighted", [True, False])
def test_centers_equal_the_reference(
    kernel: str, choose: Any, d: int, k: int, weighted: bool
) -> None:
    rows = sample(500, d, weighted=weighted)
    for seed in range(3):
        with kernels.use(kernel):
            mine = choose(rows, k, np.random.default_rng(seed))
        with kernels.use("numpy"):
            expected = choose(rows, k, np.random.default_rng(seed))
        np.testing.assert_allclose(mine, expected, rtol=0.0, atol=1e-12)


@pytest.mark.parametrize("kernel", ["numpy", *kernels.available()])
@pytest.mark.parametrize("choose", [k_means, k_means_plus_plus, random_rows])
def test_more_centers_than_distinct_rows(kernel: str, choose: Any) -> None:
    rows = np.repeat([[0.0], [1.0], [5.0]], 7, axis=0)
    with kernels.use(kernel):
        centers = choose(Sample(rows, np.ones(21)), 5, np.random.default_rng(0))
    assert set(centers[:, 0]) == {0.0, 1.0, 5.0}


@pytest.mark.parametrize("kernel", ["numpy", *kernels.available()])
def test_a_row_without_weight_is_no_center(kernel: str) -> None:
    rows, weight = np.arange(20.0)[:, None], np.r_[np.ones(10), np.zeros(10)]
    for seed in range(20):
        with kernels.use(kernel):
            centers = random_rows(Sample(rows, weight), 4, np.random.default_rng(seed))
        assert centers.max() < 10.0


@pytest.mark.parametrize("kernel", ["numpy", *kernels.available()])
def test_k_means_settles_on_the_means(kernel: str) -> None:
    rng = np.random.default_rng(0)
    groups = np.repeat([[0.0, 0.0], [50.0, 0.0], [0.0, 50.0]], 20, axis=0)
    rows = groups + rng.normal(size=(60, 2))
    with kernels.use(kernel):
        centers = k_means(Sample(rows, np.ones(60)), 3, rng)
    means = rows.reshape(3, 20, 2).mean(axis=1)
    order = [int(np.square(centers - mean).sum(axis=1).argmin()) for mean in means]
    np.testing.assert_allclose(centers[order], means, atol=1e-10)


@pytest.mark.parametrize("kernel", kernels.available())
@pytest.mark.parametrize("structure", STRUCTURES, ids=STRUCTURE_IDS)
@pytest.mark.parametrize("d", [1, 3, 14])
@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_first_steps_equal_the_reference(
    kernel: str, structure: Any, d: int, offset: float
) -> None:
    rng = np.random.default_rng(d)
    X = 10.0 * rng.normal(size=(2_000, d)) + offset
    weight = rng.uniform(0.5, 2.0, size=2_000)
    origin, unit = np.full(d, offset), np.linspace(5.0, 15.0, d)
    start = NearestCenter((X[:4] - origin) / unit, origin, unit)
    family, source = Gaussian(structure, np.zeros(d)), ArraySource(X, weight, 700)
    with kernels.use(kernel):
        mine = em.begin(family, source, start)
    with kernels.use("numpy"):
        expected = em.begin(family, source, start)
    np.testing.assert_allclose(mine.weights, expected.weights, rtol=1e-12)
    np.testing.assert_allclose(mine.params.means, expected.params.means, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(
        mine.params.covariances.matrices(),
        expected.params.covariances.matrices(),
        rtol=1e-10,
        atol=1e-10,
    )
