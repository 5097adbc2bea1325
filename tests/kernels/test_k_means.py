"""A step of k-means, and the first step of EM from centers, by the kernel as by the reference."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kernel_cases import STRUCTURE_IDS, STRUCTURES
from mixtura import em, kernels
from mixtura.families import Gaussian
from mixtura.kernels.estep_dispatch import k_means_step
from mixtura.sources import ArraySource
from mixtura.starts.centers import _lloyd, _step
from mixtura.starts.nearest_center import NearestCenter
from mixtura.starts.sample import Sample


@pytest.mark.parametrize("kernel", kernels.available())
@pytest.mark.parametrize("d", [1, 2, 5, 17])
@pytest.mark.parametrize("k", [1, 3, 40])
def test_step_equals_the_reference(kernel: str, d: int, k: int) -> None:
    rng = np.random.default_rng(d)
    rows, weight = rng.normal(size=(500, d)), rng.uniform(size=500)
    centers = rng.normal(size=(k, d))
    centers[-1] += 100.0 * (k > 1)  # attracts no row
    with kernels.use(kernel):
        step = k_means_step()
    assert step is not None
    (mine, my_inertia), (expected, inertia) = (run(rows, weight, centers) for run in (step, _step))
    np.testing.assert_allclose(mine, expected, rtol=0.0, atol=1e-12)
    np.testing.assert_allclose(my_inertia, inertia, rtol=1e-12)


@pytest.mark.parametrize("kernel", ["numpy", *kernels.available()])
def test_lloyd_settles_on_the_means(kernel: str) -> None:
    rng = np.random.default_rng(0)
    groups = np.repeat([[0.0, 0.0], [50.0, 0.0], [0.0, 50.0]], 20, axis=0)
    rows = groups + rng.normal(size=(60, 2))
    with kernels.use(kernel):
        step = k_means_step() or _step
        centers, inertia = _lloyd(Sample(rows, np.ones(60)), rows[[0, 20, 40]], step)
    means = rows.reshape(3, 20, 2).mean(axis=1)
    np.testing.assert_allclose(centers, means, atol=1e-10)
    within = np.square(rows.reshape(3, 20, 2) - means[:, None]).sum()
    np.testing.assert_allclose(inertia, within, rtol=1e-10)


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
