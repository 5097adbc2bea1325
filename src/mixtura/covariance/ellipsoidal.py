"""Ellipsoidal structures: axes in any direction."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from scipy.linalg import lapack

from mixtura.errors import DegenerateError
from mixtura.typing import FloatArray, IntArray

__all__ = ["EEE", "VVV", "DenseCovariances"]


@dataclass(frozen=True)
class DenseCovariances:
    """Covariance matrices with axes in any direction.

    Attributes
    ----------
    dense : ndarray of shape (k, d, d)
        The covariance matrices.
    whitening : ndarray of shape (k, d, d)
        Upper triangular W with W W^T = inverse of the covariance: (x - mean) W is white.
    """

    dense: FloatArray
    whitening: FloatArray

    @classmethod
    def of(cls, dense: FloatArray) -> Self:
        """From positive-definite matrices (k, d, d).

        Raises
        ------
        DegenerateError
            If one is singular to working precision.
        """
        # Products round differently on the two sides of the diagonal.
        dense = 0.5 * (dense + dense.transpose(0, 2, 1))
        return cls(dense, np.stack([_whitening(factor).T for factor in _factors(dense)]))

    @property
    def variances(self) -> FloatArray:
        """Variance of each feature, (k, d)."""
        return np.diagonal(self.dense, axis1=1, axis2=2)

    @cached_property
    def log_determinants(self) -> FloatArray:
        diagonals = np.diagonal(self.whitening, axis1=1, axis2=2)
        result: FloatArray = -2.0 * np.log(diagonals).sum(axis=1)
        return result

    def squared_distances(self, X: FloatArray, means: FloatArray) -> FloatArray:
        distances = np.empty((len(X), len(means)))
        for j, (mean, whitening) in enumerate(zip(means, self.whitening, strict=True)):
            # Subtracting before whitening keeps the digits when the means are far from 0.
            white = (X - mean) @ whitening
            np.einsum("nd,nd->n", white, white, out=distances[:, j])
        return distances

    def colour(self, noise: FloatArray, labels: IntArray) -> FloatArray:
        coloured = np.empty_like(noise)
        for j, factor in enumerate(_factors(self.dense)):
            rows = labels == j
            coloured[rows] = noise[rows] @ factor.T
        return coloured

    def least_ratios(self, floor: FloatArray) -> FloatArray:
        unit = np.sqrt(floor)
        ratios: FloatArray = np.linalg.eigvalsh(self.dense / np.outer(unit, unit))[:, 0]
        return ratios

    def matrices(self) -> FloatArray:
        return self.dense

    def precisions(self) -> FloatArray:
        return self.whitening @ self.whitening.transpose(0, 2, 1)

    def take(self, order: IntArray) -> Self:
        return type(self)(self.dense[order], self.whitening[order])


@dataclass(frozen=True)
class VVV:
    """Varying volume, shape and orientation: each component has its own covariance matrix."""

    diagonal = False

    def estimate(
        self, count: FloatArray, scatter: FloatArray, floor: FloatArray
    ) -> DenseCovariances:
        return DenseCovariances.of(_raised(scatter / count[:, None, None], floor))

    def n_parameters(self, k: int, d: int) -> int:
        return k * d * (d + 1) // 2


@dataclass(frozen=True)
class EEE:
    """Equal volume, shape and orientation: one covariance matrix shared by all components."""

    diagonal = False

    def estimate(
        self, count: FloatArray, scatter: FloatArray, floor: FloatArray
    ) -> DenseCovariances:
        pooled = scatter.sum(axis=0, keepdims=True) / count.sum()
        shared = DenseCovariances.of(_raised(pooled, floor))
        return shared.take(np.zeros(len(count), dtype=np.intp))

    def n_parameters(self, k: int, d: int) -> int:
        return d * (d + 1) // 2


def _raised(matrices: FloatArray, floor: FloatArray) -> FloatArray:
    """The likeliest covariances S with S - diag(floor) positive semi-definite.

    In units of the floor the constraint says that no eigenvalue is below 1, and the maximum of
    the likelihood keeps the eigenvectors and lifts the smaller eigenvalues to 1.
    """
    if not floor.any() or _positive_definite(matrices - np.diag(floor)):
        return matrices
    unit = np.sqrt(floor)
    values, vectors = np.linalg.eigh(matrices / np.outer(unit, unit))
    lifted = (vectors * np.maximum(values, 1.0)[:, None, :]) @ vectors.transpose(0, 2, 1)
    # Free components stay exactly as they were: lifting costs them their last digits.
    free = np.all(values >= 1.0, axis=1, keepdims=True)[..., None]
    return np.where(free, matrices, lifted * np.outer(unit, unit))


def _positive_definite(matrices: FloatArray) -> bool:
    try:
        _cholesky(matrices)
    except np.linalg.LinAlgError:
        return False
    return True


def _factors(matrices: FloatArray) -> FloatArray:
    """Lower Cholesky factors (k, d, d), or DegenerateError."""
    try:
        factors = _cholesky(matrices)
    except np.linalg.LinAlgError:
        factors = np.stack([_factor_or_zero(matrix) for matrix in matrices])
    pivots = np.square(np.diagonal(factors, axis1=1, axis2=2))
    variances = np.diagonal(matrices, axis1=1, axis2=2)
    # A pivot is what is left of a variance after the other features explain it; below the
    # rounding error of the variance nothing is known to be left.
    d = matrices.shape[1]
    least = d * np.finfo(np.float64).eps * variances
    collapsed = np.any(pivots <= least, axis=1)
    if collapsed.any():
        raise DegenerateError.of(collapsed)
    return factors


def _factor_or_zero(matrix: FloatArray) -> FloatArray:
    try:
        return _cholesky(matrix)
    except np.linalg.LinAlgError:
        return np.zeros_like(matrix)


def _cholesky(matrices: FloatArray) -> FloatArray:
    return np.asarray(np.linalg.cholesky(matrices), dtype=np.float64)


def _whitening(factor: FloatArray) -> FloatArray:
    """Inverse of a lower triangular matrix."""
    inverse, _ = lapack.dtrtri(factor, lower=1)
    return np.tril(inverse)
