"""Moments and covariances of the compiled kernel equal those of NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from mixtura import kernels
from mixtura.errors import DegenerateError
from mixtura.families.gaussian.structures import STRUCTURES, VVV, Structure
from mixtura.kernels.algebra import compiled_moments
from mixtura.statistics import Moments

pytest.importorskip("mixtura.kernels._fused", reason="no compiled kernel")


def rows_and_shares(seed: int, n: int, k: int, d: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d)) @ rng.normal(size=(d, d)) + 3.0 * rng.normal(size=d)
    return X, rng.dirichlet(np.ones(k), n) * rng.uniform(0.5, 2.0, (n, 1))


@pytest.mark.parametrize("diagonal", [False, True])
@pytest.mark.parametrize(("n", "k", "d"), [(1, 1, 1), (40, 3, 2), (300, 4, 6), (25, 2, 20)])
def test_moments(n: int, k: int, d: int, diagonal: bool) -> None:
    X, resp = rows_and_shares(n, n, k, d)
    resp[:, 0] *= np.arange(n) % 2 == 0
    fast = compiled_moments(X, resp, diagonal=diagonal)
    with kernels.use("numpy"):
        reference = Moments.of(X, resp, diagonal=diagonal)
    assert fast is not None
    np.testing.assert_allclose(fast[0], reference.count, rtol=1e-13)
    np.testing.assert_allclose(fast[1], reference.mean, rtol=1e-12, atol=1e-13)
    size = np.abs(reference.scatter).max() + 1e-30
    np.testing.assert_allclose(fast[2], reference.scatter, rtol=1e-12, atol=1e-13 * size)


def test_means_that_rounding_shows_in_are_refined() -> None:
    X, resp = rows_and_shares(0, 40, 2, 2)
    X, resp = 1e12 + np.round(64.0 * X) / 64.0, np.round(64.0 * resp) / 64.0
    fast = compiled_moments(X, resp, diagonal=False)
    with kernels.use("numpy"):
        reference = Moments.of(X, resp, diagonal=False)
    assert fast is not None
    np.testing.assert_allclose(fast[1], reference.mean, rtol=1e-15)
    np.testing.assert_allclose(fast[2], reference.scatter, rtol=1e-6)


def test_large_tables_are_left_to_matrix_products() -> None:
    assert compiled_moments(np.zeros((10_000, 4)), np.ones((10_000, 2)), diagonal=False) is None


@pytest.mark.parametrize("how", STRUCTURES, ids=lambda how: how.name)
@pytest.mark.parametrize("floor", [0.0, 1e-3, 0.5])
@pytest.mark.parametrize("first", [True, False])
def test_covariances(how: Structure, floor: float, first: bool) -> None:
    for d in (1, 2, 5):
        X, resp = rows_and_shares(d, 60, 3, d)
        least = floor * X.var(axis=0)
        with kernels.use("numpy"):
            moments = Moments.of(X, resp, diagonal=how.diagonal)
            before = None if first else how.estimate(moments.count, moments.scatter, least)
            X, resp = rows_and_shares(d + 10, 60, 3, d)
            moments = Moments.of(X, resp, diagonal=how.diagonal)
            reference = how.estimate(moments.count, moments.scatter, least, before)
        fast = how.estimate(moments.count, moments.scatter, least, before)
        for part, same in zip(fast.arrays, reference.arrays, strict=True):
            np.testing.assert_allclose(part, same, rtol=1e-10, atol=1e-10 * np.abs(same).max())


def test_what_is_singular_is_told_as_ever() -> None:
    with pytest.raises(DegenerateError, match="1 of 2 components"):
        VVV.estimate(np.ones(2), np.stack([np.eye(2), np.ones((2, 2))]), np.zeros(2))
