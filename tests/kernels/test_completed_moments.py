"""Compiled moments of rows with missing cells equal those of formulas, pattern by pattern."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kernel_cases import both, random_mixture, rows_of
from mixtura import kernels
from mixtura.families.gaussian.structures import VVI, VVV
from mixtura.kernels.completed_moments import completed_moments
from mixtura.mixture import Mixture
from mixtura.patterns import Patterns
from mixtura.statistics import Moments
from mixtura.typing import FloatArray

KERNELS = kernels.available()
every_kernel = pytest.mark.parametrize("kernel", KERNELS)
every_structure = pytest.mark.parametrize("structure", [VVI, VVV], ids=["VVI", "VVV"])


def a_case(
    structure: Any, d: int, n: int, k: int = 3
) -> tuple[Mixture[Any, Any], FloatArray, FloatArray]:
    """Components, rows with and without missing cells, and weighted responsibilities."""
    rng = np.random.default_rng(100 * d + n)
    mixture = random_mixture(rng, structure, k, d)
    X = rows_of(rng, mixture, n)
    X[rng.random(X.shape) < rng.choice([0.0, 0.2, 0.9], size=(n, 1))] = np.nan
    return mixture, X, rng.uniform(0.0, 2.0, (n, 1)) * rng.dirichlet(np.full(k, 0.5), n)


def completed(mixture: Mixture[Any, Any], X: FloatArray, resp: FloatArray) -> Moments | None:
    params, patterns = mixture.params, Patterns.of(X)
    found = completed_moments(
        X,
        resp,
        params.means,
        params.covariances.whitening,
        patterns.order,
        patterns.ends,
        patterns.masks,
    )
    return None if found is None else Moments(*found)


def assert_alike(mine: Moments, theirs: Moments, rtol: float = 1e-11) -> None:
    np.testing.assert_allclose(mine.count, theirs.count, rtol=rtol)
    dense = mine.scatter.ndim == 3
    squares = theirs.scatter.diagonal(0, 1, 2) if dense else theirs.scatter
    deviations = np.sqrt(squares)
    shifts = (mine.mean - theirs.mean) * np.sqrt(theirs.count[:, None]) / deviations
    np.testing.assert_allclose(shifts, 0.0, atol=rtol)
    scale = deviations[:, :, None] * deviations[:, None, :] if dense else squares
    np.testing.assert_allclose((mine.scatter - theirs.scatter) / scale, 0.0, atol=rtol)


@every_kernel
@every_structure
@pytest.mark.parametrize("d", [1, 2, 4, 8, 12, 13, 17, 40, 50])
@pytest.mark.parametrize("n", [5, 300])
def test_they_equal_the_formulas(kernel: str, structure: Any, d: int, n: int) -> None:
    mixture, X, resp = a_case(structure, d, n)
    mine, theirs = both(kernel, lambda: mixture.family.statistics(mixture.params, X, resp))
    with kernels.use(kernel):
        assert completed(mixture, X, resp) is not None
    assert_alike(mine, theirs)


@every_kernel
@every_structure
def test_splits_merge(kernel: str, structure: Any) -> None:
    mixture, X, resp = a_case(structure, 4, 300)
    with kernels.use(kernel):
        whole, *parts = (completed(mixture, X[s], resp[s]) for s in (slice(None), *halves(len(X))))
    first, second = parts
    assert whole is not None
    assert first is not None
    assert second is not None
    assert_alike(first + second, whole)


def halves(n: int) -> tuple[slice, slice]:
    return slice(None, n // 3), slice(n // 3, None)


@every_kernel
@every_structure
def test_weights_equal_repetition(kernel: str, structure: Any) -> None:
    mixture, X, resp = a_case(structure, 3, 200)
    times = np.random.default_rng(0).integers(0, 4, len(X))
    with kernels.use(kernel):
        weighted = completed(mixture, X, times[:, None] * resp)
        repeated = completed(mixture, X.repeat(times, axis=0), resp.repeat(times, axis=0))
    assert weighted is not None
    assert repeated is not None
    assert_alike(weighted, repeated)


@every_kernel
@every_structure
def test_the_order_of_columns_in_memory_does_not_matter(kernel: str, structure: Any) -> None:
    mixture, X, resp = a_case(structure, 4, 100)
    with kernels.use(kernel):
        mine = completed(mixture, np.asfortranarray(X), np.asfortranarray(resp))
        theirs = completed(mixture, X, resp)
    assert mine is not None
    assert theirs is not None
    assert mine.scatter.tolist() == theirs.scatter.tolist()


@every_kernel
@every_structure
def test_components_without_rows(kernel: str, structure: Any) -> None:
    mixture, X, resp = a_case(structure, 4, 100)
    resp[:, 1] = 0.0
    with kernels.use(kernel):
        found = completed(mixture, X, resp)
    assert found is not None
    assert found.count[1] == 0.0
    assert not found.scatter[1].any()


@every_kernel
@every_structure
def test_where_digits_cancel_the_formulas_serve(kernel: str, structure: Any) -> None:
    mixture, X, resp = a_case(structure, 4, 300)
    far, resp = X + 1e6, np.where(np.isnan(X).any(axis=1)[:, None], 0.0, resp)
    with kernels.use(kernel):
        assert completed(mixture, far, resp) is None
    mine, theirs = both(kernel, lambda: mixture.family.statistics(mixture.params, far, resp))
    assert_alike(mine, theirs, rtol=1e-9)


def test_the_reference_has_none() -> None:
    mixture, X, resp = a_case(VVV, 2, 50)
    with kernels.use("numpy"):
        assert completed(mixture, X, resp) is None
