"""Covariances along the axes: one variance per component and feature."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

from mixtura.kernels.singular import check_positive
from mixtura.typing import EVERYONE, FloatArray, IntArray, Selection

__all__ = ["AxisCovariances", "written_out"]


@dataclass(frozen=True)
class AxisCovariances:
    """Diagonal covariance matrices.

    Attributes
    ----------
    variances : ndarray of shape (k, d)
    """

    variances: FloatArray

    def __post_init__(self) -> None:
        check_positive(self.variances)

    @classmethod
    def from_arrays(
        cls, variances: FloatArray, whitening: FloatArray, log_determinants: FloatArray
    ) -> Self:
        """What the compiled kernel has made, but for what follows from the variances.

        That has the same bits for all that have them, such as those that are loaded.
        """
        return cls(variances)

    @property
    def arrays(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """What the compiled kernel takes."""
        return self.variances, self.whitening, self.log_determinants

    @cached_property
    def log_determinants(self) -> FloatArray:
        result: FloatArray = np.log(self.variances).sum(axis=1)
        return result

    @cached_property
    def deviations(self) -> FloatArray:
        """Standard deviations, (k, d)."""
        return np.sqrt(self.variances)

    def expected_log_likelihoods(self, count: FloatArray, scatter: FloatArray) -> FloatArray:
        traces = (scatter / self.variances).sum(axis=1)
        return np.asarray(-0.5 * (count * self.log_determinants + traces))

    def expected_log_likelihood(self, count: FloatArray, scatter: FloatArray) -> float:
        return float(self.expected_log_likelihoods(count, scatter).sum())

    @cached_property
    def whitening(self) -> FloatArray:
        return 1.0 / self.deviations

    def squared_distances(self, X: FloatArray, means: FloatArray) -> FloatArray:
        distances = np.empty((len(X), len(means)))
        for j, (mean, deviation) in enumerate(zip(means, self.deviations, strict=True)):
            white = (X - mean) / deviation
            np.einsum("nd,nd->n", white, white, out=distances[:, j])
        return distances

    def color(self, noise: FloatArray, labels: IntArray) -> FloatArray:
        return noise * self.deviations[labels]

    def least_ratios(self, floor: FloatArray) -> FloatArray:
        ratios: FloatArray = (self.variances / floor).min(axis=1)
        return ratios

    def exceed(self, floor: FloatArray) -> bool:
        return bool((self.variances > floor).all())

    def matrices(self) -> FloatArray:
        return written_out(self.variances)

    def precisions(self) -> FloatArray:
        return written_out(1.0 / self.variances)

    def take(self, order: Selection) -> Self:
        return self if order is EVERYONE else type(self)(self.variances[order])

    def marginal(self, columns: IntArray) -> Self:
        return type(self)(self.variances[:, columns])


def written_out(diagonals: FloatArray) -> FloatArray:
    """Matrices (k, d, d) with the given diagonals (k, d)."""
    k, d = diagonals.shape
    matrices = np.zeros((k, d, d))
    matrices.reshape(k, -1)[:, :: d + 1] = diagonals
    return matrices
