"""A kernel changes the time, never the model: whole default fits end alike with every kernel."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from sklearn.datasets import load_iris, load_wine

import mixtura as mx
from mixtura import kernels
from mixtura.typing import FloatArray


@cache
def table(name: str) -> FloatArray:
    if name == "iris":
        return np.asarray(load_iris().data)
    if name == "wine":
        return np.asarray(load_wine().data[:, :5])
    rng = np.random.default_rng(4)
    return rng.permutation(
        np.concatenate([rng.normal(0, 1, (120, 2)), rng.normal(1.5, [1, 2], (80, 2))])
    )


CASES = [
    (name, k, structure, seed)
    for name, structures in (
        ("iris", ("VVV", "EEE", "VVI", "VII", "VEV", "EEV")),
        ("wine", ("VVI", "EEE", "VEI")),
        ("overlapping", ("VVV", "EII", "EVI", "VEE", "VVE", "EVE")),
    )
    for structure in structures
    for k, seed in ((2, 0), (4, 1), (6, 2))
]


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 40


@pytest.mark.filterwarnings("ignore::mixtura.DataWarning")
@pytest.mark.parametrize("case", CASES, ids=str)
def test_default_fits_are_the_same_with_every_kernel(case: tuple[str, int, str, int]) -> None:
    name, k, structure, seed = case
    fits = []
    for kernel in (*kernels.available(), "numpy"):
        with kernels.use(kernel):
            gm = mx.GaussianMixture(k, covariance_type=structure, random_state=seed, n_init=1)
            fits.append(gm.fit(table(name)))
    first, *others = fits
    for other in others:
        assert other.lower_bound_ == pytest.approx(first.lower_bound_, abs=1e-6)
        assert other.n_iter_ == first.n_iter_
        np.testing.assert_allclose(other.means_, first.means_, rtol=1e-5, atol=1e-6)


@pytest.mark.filterwarnings("ignore::mixtura.DataWarning")
def test_six_components_of_the_iris_data_end_at_the_same_optimum() -> None:
    ends = []
    for kernel in (*kernels.available()[:1], "numpy"):
        with kernels.use(kernel):
            ends.append(mx.GaussianMixture(6, random_state=2).fit(table("iris")).log_likelihood_)
    assert max(ends) - min(ends) < 1e-3
