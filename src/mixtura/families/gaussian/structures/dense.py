"""Covariances in any direction: one matrix per component."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from mixtura.families.gaussian.structures.algebra import algebra
from mixtura.families.gaussian.structures.common_principal_axes import diagonals
from mixtura.typing import EVERYONE, FloatArray, IntArray, Selection

__all__ = ["DenseCovariances"]


@dataclass(frozen=True)
class DenseCovariances:
    """Covariance matrices with axes in any direction.

    Attributes
    ----------
    dense : ndarray of shape (k, d, d)
        The covariance matrices.
    whitening : ndarray of shape (k, d, d)
        Upper triangular W with W W^T = inverse of the covariance: (x - mean) W is white.
    log_determinants : ndarray of shape (k,)
    """

    dense: FloatArray
    whitening: FloatArray
    log_determinants: FloatArray

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
        return cls(dense, *algebra(dense.shape[1]).factorize(dense))

    @classmethod
    def from_arrays(
        cls, dense: FloatArray, whitening: FloatArray, log_determinants: FloatArray
    ) -> Self:
        """What the compiled kernel has made."""
        return cls(dense, whitening, log_determinants)

    @property
    def arrays(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """What the compiled kernel takes."""
        return self.dense, self.whitening, self.log_determinants

    @property
    def variances(self) -> FloatArray:
        """Variance of each feature, (k, d)."""
        return diagonals(self.dense)

    def expected_log_likelihoods(self, count: FloatArray, scatter: FloatArray) -> FloatArray:
        traces = (self.precisions() * scatter).sum(axis=(1, 2))
        return np.asarray(-0.5 * (count * self.log_determinants + traces))

    def expected_log_likelihood(self, count: FloatArray, scatter: FloatArray) -> float:
        return float(self.expected_log_likelihoods(count, scatter).sum())

    def squared_distances(self, X: FloatArray, means: FloatArray) -> FloatArray:
        distances = np.empty((len(X), len(means)))
        for j, (mean, whitening) in enumerate(zip(means, self.whitening, strict=True)):
            # Subtracting before whitening keeps the digits when the means are far from 0.
            white = (X - mean) @ whitening
            np.einsum("nd,nd->n", white, white, out=distances[:, j])
        return distances

    def color(self, noise: FloatArray, labels: IntArray) -> FloatArray:
        colored = np.empty_like(noise)
        for j, whitening in enumerate(self.whitening):
            rows = labels == j
            colored[rows] = np.linalg.solve(whitening.T, noise[rows].T).T
        return colored

    def least_ratios(self, floor: FloatArray) -> FloatArray:
        unit = np.sqrt(floor)
        ratios: FloatArray = np.linalg.eigvalsh(self.dense / np.outer(unit, unit))[:, 0]
        return ratios

    def exceed(self, floor: FloatArray) -> bool:
        return algebra(len(floor)).exceeds(self.dense, floor)

    def matrices(self) -> FloatArray:
        return self.dense

    def precisions(self) -> FloatArray:
        return self.whitening @ self.whitening.transpose(0, 2, 1)

    def take(self, order: Selection) -> Self:
        if order is EVERYONE:
            return self
        return type(self)(self.dense[order], self.whitening[order], self.log_determinants[order])

    def marginal(self, columns: IntArray) -> Self:
        return type(self).of(self.dense[:, columns[:, None], columns])
