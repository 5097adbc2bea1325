"""The small matrices of an M-step in compiled C: one call where NumPy needs many."""

from __future__ import annotations

from contextlib import suppress
from typing import TypeAlias

import numpy as np

from mixtura.kernels.choice import chosen_name
from mixtura.kernels.singular import check_positive, singular
from mixtura.typing import FloatArray

with suppress(ImportError):  # without it nothing here is called
    from mixtura.kernels import _fused

__all__ = ["CompiledAlgebra", "CovarianceArrays", "compiled_moments", "many"]

#: Covariances (k, d, d), or (k, d) along the features, their whitening and log-determinants (k,).
CovarianceArrays: TypeAlias = tuple[FloatArray, FloatArray, FloatArray]

# Products of rows, components and pairs of features above which matrix products are faster.
_PRODUCTS = 100_000


def many(d: int) -> bool:
    """Whether LAPACK is faster in d dimensions, but for `common_axes`."""
    return d > _fused.MSTEP_DIMENSIONS


_contiguous = np.ascontiguousarray


def compiled_moments(
    X: FloatArray, resp: FloatArray, *, diagonal: bool
) -> tuple[FloatArray, FloatArray, FloatArray] | None:
    """The equal of `Moments.of` on small tables; None where it does not serve."""
    (n, d), k = X.shape, resp.shape[1]
    if chosen_name() is None or not n or many(d) or n * k * d * d > _PRODUCTS:
        return None
    scatter = np.empty((k, d) if diagonal else (k, d, d))
    moments = np.empty(k), np.empty((k, d)), scatter
    _fused.moments(_contiguous(X), _contiguous(resp), not diagonal, *moments)
    return moments


class CompiledAlgebra:
    """The equal of `NumPyAlgebra` in `families/gaussian/structures`, which has the formulas."""

    @staticmethod
    def estimate(
        ties: tuple[int, int, int],
        count: FloatArray,
        scatter: FloatArray,
        floor: FloatArray,
        previous: CovarianceArrays | None,
    ) -> CovarianceArrays | None:
        if not floor.all() and floor.any():  # the kernel divides by it
            return None
        made = np.empty(scatter.shape), np.empty(scatter.shape), np.empty(len(count))
        old, whitening, logs = map(_contiguous, previous) if previous else (None, None, None)
        regular = _fused.estimate(
            ties, floor, _contiguous(count), _contiguous(scatter), old, whitening, logs, *made
        )
        return made if regular else None

    @staticmethod
    def factorize(matrices: FloatArray) -> tuple[FloatArray, FloatArray]:
        matrices = np.ascontiguousarray(matrices)
        whitening, log_determinants = np.empty(matrices.shape), np.empty(len(matrices))
        if _fused.factorize(matrices, whitening, log_determinants):
            raise singular(np.isneginf(log_determinants))
        return whitening, log_determinants

    @staticmethod
    def exceeds(matrices: FloatArray, floor: FloatArray) -> bool:
        return bool(_fused.exceeds(np.ascontiguousarray(matrices), floor))

    @staticmethod
    def common_form(
        count: FloatArray, scatter: FloatArray, scales: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        scatter, scales = np.ascontiguousarray(scatter), scales.copy()
        form = np.empty(scatter.shape[1:])
        _fused.common_form(np.ascontiguousarray(count), scatter, scales, form)
        if not scales.all():
            raise singular(scales == 0.0)
        return scales, form

    @staticmethod
    def common_axes(
        count: FloatArray, scatter: FloatArray, axes: FloatArray, *, equal_volumes: bool
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        turned, axes, shares = axes.T @ scatter @ axes, np.array(axes, order="C"), count.copy()
        _fused.common_axes(equal_volumes, shares, turned, axes)
        spread = turned.diagonal(0, 1, 2)
        check_positive(spread)
        return axes, spread, shares
