"""The fitted numbers of factor analyzers, and what follows from them once for all rows.

With W = Psi^-1/2 L, L the loadings, everything of the covariance L L^T + Psi comes from matrices
of the size of the factors (Woodbury; determinant lemma):

    log|L L^T + Psi| = sum_a log psi_a + log|I + W^T W|

and no (d, d) matrix is ever made.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

from mixtura.families.factor_analyzers.tiles import tiles
from mixtura.typing import EVERYONE, BoolArray, FloatArray, IntArray, Selection

__all__ = ["FactorParameters"]


@dataclass(frozen=True)
class FactorParameters:
    """Fitted numbers of k factor analyzers of q factors.

    Attributes
    ----------
    means : ndarray of shape (k, d)
    loadings : ndarray of shape (k, d, q)
        Known but for a rotation of the factors.
    uniquenesses : ndarray of shape (k, d)
        Variance of each column that the factors do not explain.
    """

    means: FloatArray
    loadings: FloatArray
    uniquenesses: FloatArray

    @property
    def n_components(self) -> int:
        return len(self.means)

    @property
    def n_features(self) -> int:
        return int(self.means.shape[1])

    @property
    def n_factors(self) -> int:
        return int(self.loadings.shape[2])

    @property
    def sort_key(self) -> FloatArray:
        return self.means

    def take(self, order: Selection) -> Self:
        return type(self)(self.means[order], self.loadings[order], self.uniquenesses[order])

    def marginal(self, columns: IntArray) -> Self:
        """The same in some of the columns."""
        some = self.means[:, columns], self.loadings[:, columns], self.uniquenesses[:, columns]
        return type(self)(*some)

    def condensed(self) -> Self:
        """The same components by no more factors than columns: L L^T = R^T R, for L^T = Q R."""
        if self.n_factors <= self.n_features:
            return self
        _, R = np.linalg.qr(self.loadings.transpose(0, 2, 1))
        return type(self)(self.means, R.transpose(0, 2, 1), self.uniquenesses)

    @cached_property
    def variances(self) -> FloatArray:
        """Of each column, (k, d)."""
        variances: FloatArray = self.uniquenesses + np.square(self.loadings).sum(axis=2)
        return variances

    def matrices(self, places: Selection = EVERYONE) -> FloatArray:
        """Covariances (k, m, m) of some columns."""
        some = self.loadings[:, places]
        matrices: FloatArray = some @ some.transpose(0, 2, 1)
        matrices += self.uniquenesses[:, places, None] * np.eye(some.shape[1])
        return matrices

    def on_floor(self, floor: FloatArray) -> BoolArray:
        """The uniquenesses (k, d) that lie on a floor (d,), which is 0 where there is none."""
        return np.asarray((self.uniquenesses <= floor) & (floor > 0.0))

    @cached_property
    def deviations(self) -> FloatArray:
        """Roots of the uniquenesses, (k, d)."""
        return np.sqrt(self.uniquenesses)

    @cached_property
    def white_loadings(self) -> FloatArray:
        """W, (k, d, q)."""
        white: FloatArray = self.loadings / self.deviations[:, :, None]
        return white

    @cached_property
    def _precisions(self) -> FloatArray:
        """Of the factors, given a row: I + W^T W, (k, q, q)."""
        white = self.white_loadings
        gram: FloatArray = np.eye(self.n_factors) + white.transpose(0, 2, 1) @ white
        return gram

    @cached_property
    def factor_covariances(self) -> FloatArray:
        """Of the factors, given a row: (I + W^T W)^-1, (k, q, q)."""
        return np.asarray(np.linalg.inv(self._precisions))

    @cached_property
    def white_regression(self) -> FloatArray:
        """W (I + W^T W)^-1, (k, d, q): from whitened rows to the factors that are expected."""
        regression: FloatArray = self.white_loadings @ self.factor_covariances
        return regression

    @cached_property
    def regression(self) -> FloatArray:
        """Covariance^-1 L, (k, d, q): from deviations to the factors that are expected."""
        regression: FloatArray = self.white_regression / self.deviations[:, :, None]
        return regression

    @cached_property
    def log_determinants(self) -> FloatArray:
        """Of the covariances, (k,)."""
        own: FloatArray = np.log(self.uniquenesses).sum(axis=1)
        own += np.linalg.slogdet(self._precisions)[1]
        return own

    def scores(self, X: FloatArray) -> FloatArray:
        """Factors that are expected of each row, if it is of a component, (n, k, q)."""
        each = zip(self.means, self.regression, strict=True)
        return np.stack([(X - mean) @ regression for mean, regression in each], axis=1)

    def squared_distances(self, X: FloatArray) -> FloatArray:
        """Squared Mahalanobis distance of each row from each mean, (n, k).

        With y a whitened deviation and z the factors expected of it, `|y - W z|^2 + |z|^2`: a sum
        of squares, from which nothing is subtracted that is as large as itself.
        """
        squared, scales = np.empty((len(X), self.n_components)), 1.0 / self.deviations
        for tile in tiles(X):
            for j in range(self.n_components):
                rest = X[tile] - self.means[j]
                rest *= scales[j]
                factors = rest @ self.white_regression[j]
                rest -= factors @ self.white_loadings[j].T
                squared[tile, j] = np.einsum("nd,nd->n", rest, rest)
                squared[tile, j] += np.einsum("nq,nq->n", factors, factors)
        return squared
