"""Moments of rows with missing cells in compiled C: one call where NumPy needs many a pattern."""

from __future__ import annotations

import math
from contextlib import suppress

import numpy as np

from mixtura.kernels.choice import chosen_name
from mixtura.typing import BoolArray, FloatArray, IntArray

with suppress(ImportError):  # without it nothing here is called
    from mixtura.kernels import _fused

__all__ = ["completed_moments"]


def completed_moments(
    X: FloatArray,
    resp: FloatArray,
    means: FloatArray,
    whitening: FloatArray,
    order: IntArray,
    ends: IntArray,
    masks: BoolArray,
) -> tuple[FloatArray, FloatArray, FloatArray] | None:
    """Counts, means and moments about these, as k Gaussian components expect them.

    None where the kernel does not serve, or its rounding would show.

    Parameters
    ----------
    X : ndarray of shape (n, d)
    resp : ndarray of shape (n, k)
        Weighted responsibilities.
    means : ndarray of shape (k, d)
    whitening : ndarray of shape (k, d, d) or (k, d)
    order, ends, masks : ndarray
        As those of `Patterns`.
    """
    kernel = chosen_name()
    if kernel is None:
        return None
    rows, resp, means, whitening = map(np.ascontiguousarray, (X, resp, means, whitening))
    count, mean, scatter = np.empty(len(means)), np.empty(means.shape), np.empty(whitening.shape)
    numbers, last = (np.ascontiguousarray(x, np.int64) for x in (order, ends))
    made = _fused.complete(
        kernel, rows, resp, means, whitening, numbers, last, masks, count, mean, scatter
    )
    if not made or not math.isfinite(scatter.sum() + mean.sum()):
        return None
    return count, mean, scatter
