"""The small matrices of an M-step in compiled C: one call where NumPy needs many."""

from __future__ import annotations

from contextlib import suppress

import numpy as np

from mixtura.kernels.singular import check_positive, singular
from mixtura.typing import FloatArray

with suppress(ImportError):  # without it nothing here is called
    from mixtura.kernels import _fused

__all__ = ["CompiledAlgebra", "many"]


def many(d: int) -> bool:
    """Whether LAPACK is faster in d dimensions, but for `common_axes`."""
    return d > _fused.MSTEP_DIMENSIONS


class CompiledAlgebra:
    """The equal of `NumPyAlgebra` in `families/gaussian/structures`, which has the formulas."""

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
