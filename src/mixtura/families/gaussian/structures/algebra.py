"""The iterations and factorisations of small matrices that the structures share.

The NumPy form is the reference; where a compiled equal serves, `algebra` gives that. Both are
chosen here and nowhere else.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from scipy.linalg import lapack

from mixtura.errors import DegenerateError
from mixtura.families.gaussian.structures.common_principal_axes import common_axes, diagonals
from mixtura.kernels.algebra import CompiledAlgebra, many
from mixtura.kernels.choice import chosen_name
from mixtura.kernels.singular import check_positive, singular
from mixtura.typing import FloatArray

__all__ = ["Algebra", "NumPyAlgebra", "algebra"]

_TURNS = 10_000

# Scales that move by less, as a share of themselves, have settled. The likelihood is level to
# the square of it.
_SETTLED = 1e-12

# Where features are nearly collinear rounding moves them by more, for ever: moves within this are
# rounding if none of so many is smaller than those before.
_ROUNDING, _IDLE = 1e-8, 10

# Where one component alone has any spread in some direction, its scale outgrows the others'.
_VANISHED = 1e-100

# A pivot is what is left of a variance after the other features explain it; below this share of
# the variance, times d, it may be nothing but rounding.
_SINGULAR = 16.0 * np.finfo(np.float64).eps


class Algebra(Protocol):
    """What the structures ask of small matrices."""

    def factorize(self, matrices: FloatArray, /) -> tuple[FloatArray, FloatArray]:
        """Whitening factors and log-determinants of positive-definite matrices.

        Parameters
        ----------
        matrices : ndarray of shape (k, d, d)

        Returns
        -------
        whitening : ndarray of shape (k, d, d)
            Upper triangular W with W W^T = inverse of the matrix.
        log_determinants : ndarray of shape (k,)

        Raises
        ------
        DegenerateError
            If a matrix is singular to working precision.
        """
        ...

    def exceeds(self, matrices: FloatArray, floor: FloatArray, /) -> bool:
        """Whether each matrix (k, d, d) less diag(floor) is positive definite."""
        ...

    def common_form(
        self, count: FloatArray, scatter: FloatArray, scales: FloatArray, /
    ) -> tuple[FloatArray, FloatArray]:
        """Scales (k,) and form F for which the covariances scale_j F are likeliest.

        By turns F = sum_j scatter_j / scale_j / n and scale_j = tr(scatter_j F^-1) / (d n_j).
        Each turn raises the likelihood, whose maximum is the only one: its negative is convex in
        the logarithms of the scales (Celeux and Govaert 1995, sections 4.2 and 4.3).

        Parameters
        ----------
        count : ndarray of shape (k,)
        scatter : ndarray of shape (k, d, d), or (k, d) for forms along the axes
        scales : ndarray of shape (k,)
            Where to start.

        Raises
        ------
        DegenerateError
            If the form is singular or a scale 0.
        """
        ...

    def common_axes(
        self, count: FloatArray, scatter: FloatArray, axes: FloatArray, /, *, equal_volumes: bool
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Turn axes until no turn in the plane of two of them makes the covariances likelier.

        Parameters
        ----------
        count : ndarray of shape (k,)
        scatter : ndarray of shape (k, d, d)
        axes : ndarray of shape (d, d)
            Orthogonal columns to start from.
        equal_volumes : bool
            Whether the variances along the axes have equal products.

        Returns
        -------
        axes : ndarray of shape (d, d)
        spread : ndarray of shape (k, d)
            Diagonals of axes^T scatter_j axes.
        shares : ndarray of shape (k,)
            The likeliest variances along the axes are in proportion to spread_j / share_j. Shares
            are the counts, or for equal volumes the geometric means of the spreads.

        Raises
        ------
        DegenerateError
            If a component has no spread along an axis.
        """
        ...


def algebra(d: int) -> Algebra:
    """The fastest equal of the reference in d dimensions."""
    if chosen_name() is None:
        return NumPyAlgebra()
    return _ManyDimensions() if many(d) else CompiledAlgebra()


class NumPyAlgebra:
    """The reference."""

    @staticmethod
    def factorize(matrices: FloatArray) -> tuple[FloatArray, FloatArray]:
        factors = _factors(matrices)
        whitening = np.empty(matrices.shape)  # of no matrices too
        for j, factor in enumerate(factors):
            whitening[j] = _inverse_triangle(factor).T
        return whitening, 2.0 * np.log(diagonals(factors)).sum(axis=1)

    @staticmethod
    def exceeds(matrices: FloatArray, floor: FloatArray) -> bool:
        try:
            np.linalg.cholesky(matrices - np.diag(floor))
        except np.linalg.LinAlgError:
            return False
        return True

    @staticmethod
    def common_form(
        count: FloatArray, scatter: FloatArray, scales: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        k, d = scatter.shape[:2]
        flat = scatter.reshape(k, -1)
        least, idle = _ROUNDING, 0
        for _ in range(_TURNS):
            form = np.asarray(flat.T @ (1.0 / (scales * count.sum()))).reshape(scatter.shape[1:])
            new = flat @ _inverse(form, k).ravel() / (d * count)
            alive = new > _VANISHED * new.max()
            if not alive.all():
                raise singular(~alive)
            moved = float((np.abs(new - scales) / new).max())
            scales = new
            idle = idle + 1 if moved >= least else 0
            least = min(least, moved)
            if moved <= _SETTLED or (least < _ROUNDING and idle == _IDLE):
                break
        return scales, form

    common_axes = staticmethod(common_axes)


class _ManyDimensions(NumPyAlgebra):
    """LAPACK's matrices, compiled turns."""

    common_axes = staticmethod(CompiledAlgebra.common_axes)


def _factors(matrices: FloatArray) -> FloatArray:
    """Lower Cholesky factors (k, d, d), or DegenerateError."""
    try:
        factors = np.asarray(np.linalg.cholesky(matrices), dtype=np.float64)
    except np.linalg.LinAlgError:
        factors = np.stack([_factor_or_zero(matrix) for matrix in matrices])
    least = matrices.shape[1] * _SINGULAR * np.abs(diagonals(matrices))
    collapsed = np.any(np.square(diagonals(factors)) <= least, axis=1)
    if collapsed.any():
        raise singular(collapsed)
    return factors


def _factor_or_zero(matrix: FloatArray) -> FloatArray:
    try:
        return np.asarray(np.linalg.cholesky(matrix), dtype=np.float64)
    except np.linalg.LinAlgError:
        return np.zeros_like(matrix)


def _inverse_triangle(factor: FloatArray) -> FloatArray:
    """Inverse of a lower triangular matrix; the zeros above its diagonal stay as they are."""
    inverse: FloatArray = lapack.dtrtri(factor, lower=1)[0]
    return inverse


def _inverse(form: FloatArray, k: int) -> FloatArray:
    """Inverse of a form (d, d), or of its diagonal (d,), that k components share."""
    if form.ndim == 1:
        check_positive(form[None].repeat(k, axis=0))
        return np.square(1.0 / np.sqrt(form))
    try:
        whitening = NumPyAlgebra.factorize(form[None])[0]
    except DegenerateError:
        raise singular(np.ones(k, dtype=np.bool_)) from None
    inverse: FloatArray = whitening[0] @ whitening[0].T
    return inverse
