"""Eigenvalues and eigenvectors of scatter matrices whose features have units far apart.

The usual methods find each eigenvalue to a share of the largest one. Where units differ by 1e8,
variances differ by 1e16, and the smaller eigenvalues are nothing but rounding. The Jacobi method
on a Cholesky factor finds each to a share of itself, as far as the correlations resolve it
(Demmel and Veselic 1992, "Jacobi's method is more accurate than QR").
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import lapack

from mixtura.typing import BoolArray, FloatArray

__all__ = ["is_positive_definite", "principal", "principal_axes_of"]

# Share of the largest eigenvalue below which the others have few digits left.
_LOST = 1e-13

# What LAPACK's dgejsv is asked for: rows may be graded, and only the left vectors are wanted.
_GRADED_ROWS, _NONE = 2, 3


def principal(scatter: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Spreads (k, d), ascending, along the principal axes (k, d, d) of each scatter."""
    spread, axes = np.linalg.eigh(scatter)
    for j in np.flatnonzero(_lost(spread)).tolist():
        spread[j], axes[j] = _finer(scatter[j], spread[j], axes[j])
    return np.maximum(spread, 0.0), axes  # rounding can make the smallest negative


def principal_axes_of(matrix: FloatArray) -> FloatArray:
    """The axes (d, d) of one matrix, in columns: in half the time where it is small."""
    spread, axes, _ = lapack.dsyevd(matrix)
    own: FloatArray = _finer(matrix, spread, axes)[1] if _lost(spread) else axes
    return own


def is_positive_definite(matrix: FloatArray) -> bool:
    """Whether a matrix (d, d) of finite numbers is symmetric and positive definite, in any units.

    Of a diagonal one nothing is made that is as large.
    """
    variances = matrix.diagonal()
    if not (variances > 0.0).all():
        return False
    if np.count_nonzero(matrix) == len(matrix):
        return True
    unit = np.sqrt(variances)
    correlations = matrix / unit / unit[:, None]
    symmetric = np.allclose(correlations, correlations.T)
    return symmetric and bool(np.linalg.eigvalsh(correlations)[0] > 0.0)


def _lost(spread: FloatArray) -> BoolArray:
    """Whether the smallest of ascending eigenvalues (..., d) have few digits left."""
    lost: BoolArray = spread[..., 0] < _LOST * spread[..., -1]
    return lost


def _finer(
    matrix: FloatArray, spread: FloatArray, axes: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Eigenvalues and eigenvectors by the Jacobi method; those given where it is singular."""
    try:
        factor = np.linalg.cholesky(matrix)
    except np.linalg.LinAlgError:
        return spread, axes
    roots, left, _, scales, *_ = lapack.dgejsv(factor, joba=_GRADED_ROWS, jobv=_NONE)
    return np.square(roots[::-1] * (scales[0] / scales[1])), left[:, ::-1]
