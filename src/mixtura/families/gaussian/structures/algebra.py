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
from mixtura.kernels.algebra import CompiledAlgebra, CovarianceArrays, many
from mixtura.kernels.choice import chosen_name
from mixtura.kernels.singular import check_positive, singular
from mixtura.typing import FloatArray

__all__ = ["Algebra", "NumPyAlgebra", "algebra"]

# Newton steps for proportional covariances, the largest in the logarithm of a scale, and how often
# one is halved that makes the covariances no likelier. Curvatures change by no more than twice the
# move of a scale: small steps need no trial, which rounding would decide.
_STEPS, _FARTHEST, _HALVINGS, _SMALL = 100, 10.0, 12, 0.1

# Where a step promises no more than this per row and column, what it leaves is the square of that.
_NEAR = 1e-13

# Curvature, as a share of the counts, that holds scales along which the likelihood is level.
_FLAT = 1e-12

# Where one component alone has any spread in some direction, its scale outgrows the others'.
_VANISHED = 1e-100

# A pivot is what is left of a variance after the other features explain it; below this share of
# the variance, times d, it may be nothing but rounding.
_SINGULAR = 16.0 * np.finfo(np.float64).eps


class Algebra(Protocol):
    """What the structures ask of small matrices."""

    def estimate(
        self,
        ties: tuple[int, int, int],
        count: FloatArray,
        scatter: FloatArray,
        floor: FloatArray,
        previous: CovarianceArrays | None,
        /,
    ) -> CovarianceArrays | None:
        """What `Structure.estimate` gives, in one call; None where that has to do it in steps.

        Parameters
        ----------
        ties : tuple of int
            Volume, shape and orientation, by the numbers of `Tie`.
        count, scatter, floor
        previous : CovarianceArrays or None
        """
        ...

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

        Given the scales F = sum_j scatter_j / scale_j / n. What is left of -2 log-likelihood,

            n log |F| + d sum_j n_j log scale_j

        is convex in the logarithms of the scales. With R_j = F^-1/2 scatter_j F^-1/2 / scale_j, so
        that the mean over the rows of all is the identity, its slope is d n_j - tr R_j and its
        curvature is tr R_j on the diagonal, less tr(R_j R_l) / n: Newton's method. (The turns of
        Celeux and Govaert 1995, sections 4.2 and 4.3, make thousands where scatters are singular.)

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
    def estimate(
        ties: tuple[int, int, int],
        count: FloatArray,
        scatter: FloatArray,
        floor: FloatArray,
        previous: CovarianceArrays | None,
    ) -> CovarianceArrays | None:
        return None

    @staticmethod
    def factorize(matrices: FloatArray) -> tuple[FloatArray, FloatArray]:
        factors = _factors(matrices)
        whitening = np.empty(matrices.shape)  # of no matrices too
        for j, factor in enumerate(factors):
            whitening[j] = _inverse_triangle(factor).T
        # A pivot may be large enough in one order of the features and vanish in another.
        scaled = whitening * np.sqrt(diagonals(matrices))[:, :, None]
        inflation = np.einsum("kab,kab->k", scaled, scaled)
        if not (inflation * _SINGULAR < 1.0).all():
            raise singular(inflation * _SINGULAR >= 1.0)
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
        slope, curvature, now = _slope_and_curvature(count, scatter, scales)
        before = float("inf")
        for _ in range(_STEPS):
            held = curvature + (curvature.diagonal().mean() / k) + np.diag(_FLAT * d * count)
            step = np.linalg.solve(held, -slope)
            promised = -float(slope @ step)
            largest = float(np.abs(step).max())
            step *= min(1.0, _FARTHEST / max(largest, _FARTHEST))
            if promised <= _NEAR * d * count.sum():
                scales = scales * np.exp(step)
                break
            if largest <= _SMALL and promised >= before:  # by rounding
                break
            before = promised if largest <= _SMALL else float("inf")
            for _ in range(_HALVINGS):
                new = scales * np.exp(step)
                slope, curvature, after = _slope_and_curvature(count, scatter, new)
                if largest <= _SMALL or after < now:
                    break
                step *= 0.5
            else:
                break
            scales, now = new, after
        return scales, _form(count, scatter, scales)

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


def _form(count: FloatArray, scatter: FloatArray, scales: FloatArray) -> FloatArray:
    """The likeliest form, (d, d) or (d,), given scales."""
    form: FloatArray = np.tensordot(1.0 / (scales * count.sum()), scatter, axes=1)
    return form


def _slope_and_curvature(
    count: FloatArray, scatter: FloatArray, scales: FloatArray
) -> tuple[FloatArray, FloatArray, float]:
    """Slope (k,), curvature (k, k) and value of what the likeliest scales make least."""
    alive = scales > _VANISHED * scales.max()
    if not alive.all():
        raise singular(~alive)
    k, d = scatter.shape[:2]
    form, total = _form(count, scatter, scales), count.sum()
    if scatter.ndim == 2:
        check_positive(form[None].repeat(k, axis=0))
        white, log_determinant = scatter / form, np.log(form).sum()
        traces = white.sum(axis=1) / scales
    else:
        try:
            (root,), (log_determinant,) = NumPyAlgebra.factorize(form[None])
        except DegenerateError:
            raise singular(np.ones(k, dtype=np.bool_)) from None
        white = root.T @ scatter @ root
        traces = diagonals(white).sum(axis=1) / scales
    if not (traces > 0.0).all():
        raise singular(~(traces > 0.0))
    white = white.reshape(k, -1) / scales[:, None]
    curvature = np.diag(traces) - white @ white.T / total
    value = total * log_determinant + d * count @ np.log(scales)
    return d * count - traces, curvature, float(value)
