"""The fitted numbers of Gaussian components."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from mixtura.families.gaussian.structures import Covariances
from mixtura.patterns import Patterns
from mixtura.typing import BoolArray, FloatArray, IntArray, Selection

__all__ = ["GaussianParameters"]

# Distances whose squares overflow have finite ones that do not vanish when multiplied by this.
_FAR_UNIT = 2.0**-512


@dataclass(frozen=True)
class GaussianParameters:
    """Fitted numbers of k Gaussian components.

    Attributes
    ----------
    means : ndarray of shape (k, d)
    covariances : Covariances
    """

    means: FloatArray
    covariances: Covariances

    @property
    def n_components(self) -> int:
        return len(self.means)

    @property
    def n_features(self) -> int:
        return int(self.means.shape[1])

    @property
    def sort_key(self) -> FloatArray:
        return self.means

    def take(self, order: Selection) -> Self:
        return type(self)(self.means[order], self.covariances.take(order))

    def nearest(self, X: FloatArray, among: BoolArray) -> IntArray:
        """Number of the nearest of some components (k,) by Mahalanobis distance, shape (n,).

        For rows so far away, in some cell, that squared distances overflow: they are compared in a
        unit in which they do not. Next to such distances nothing else matters, weights included.
        """
        nearest = np.empty(len(X), dtype=np.intp)
        for rows, observed, _ in Patterns.of(X).informative:
            own = self if len(observed) == X.shape[1] else self.marginal(observed)
            places, means = X[rows[:, None], observed], own.means
            squared = own.covariances.squared_distances(_FAR_UNIT * places, _FAR_UNIT * means)
            nearest[rows] = np.where(among, squared, np.inf).argmin(axis=1)
        return nearest

    def squared_distances(self, X: FloatArray) -> FloatArray:
        """Squared Mahalanobis distance of each complete row to each mean, (n, k)."""
        return self.covariances.squared_distances(X, self.means)

    def marginal(self, columns: IntArray) -> Self:
        """The same components in some of their columns."""
        return type(self)(self.means[:, columns], self.covariances.marginal(columns))
