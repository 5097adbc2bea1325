"""The fitted numbers of Student t components, and what an E-step gathers for them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

from mixtura.families.gaussian.parameters import GaussianParameters
from mixtura.families.gaussian.structures import Covariances
from mixtura.families.student_t.binet import binet
from mixtura.statistics import ComponentSums, Moments
from mixtura.typing import FloatArray, IntArray, Selection

__all__ = ["StudentTParameters", "StudentTSums", "first_sums"]


@dataclass(frozen=True)
class StudentTParameters:
    """Fitted numbers of k Student t components.

    Attributes
    ----------
    locations : ndarray of shape (k, d)
    scales : Covariances
        The scale matrices.
    dof : ndarray of shape (k,)
        Degrees of freedom.
    """

    locations: FloatArray
    scales: Covariances
    dof: FloatArray

    @classmethod
    def of(cls, normal: GaussianParameters, dof: FloatArray) -> Self:
        """With the means and covariances of Gaussian components."""
        return cls(normal.means, normal.covariances, dof)

    @property
    def normal(self) -> GaussianParameters:
        """Gaussian components in the same places, with the scale matrices as covariances."""
        return GaussianParameters(self.locations, self.scales)

    @cached_property
    def normal_excess(self) -> FloatArray:
        """Gaussian log-density above each one's where a row is as far as usual, delta = d, (k,)."""
        d, half = self.n_features, 0.5 * self.dof
        mu = binet(np.concatenate((half, half + 0.5 * d))).reshape(2, -1)
        return np.asarray(mu[0] - mu[1] + 0.5 * np.log1p(d / self.dof))

    @cached_property
    def excess_by_columns(self) -> FloatArray:
        """The same of the marginals in 0 to d columns, (d + 1, k)."""
        columns, half = np.arange(self.n_features + 1.0)[:, None], 0.5 * self.dof
        mu = binet((half + 0.5 * columns).ravel()).reshape(len(columns), -1)
        return np.asarray(mu[0] - mu + 0.5 * np.log1p(columns / self.dof))

    @property
    def inflation(self) -> FloatArray:
        """Covariances in units of the scale matrices, (k,); infinite where there are none."""
        inflation = np.full(len(self.dof), np.inf)
        np.divide(self.dof, self.dof - 2.0, out=inflation, where=self.dof > 2.0)
        return inflation

    @property
    def covariances(self) -> FloatArray:
        """Covariance matrices, (k, d, d); NaN where there are none."""
        inflation = np.where(np.isfinite(self.inflation), self.inflation, np.nan)
        return np.asarray(inflation[:, None, None] * self.scales.matrices())

    @property
    def n_components(self) -> int:
        return len(self.locations)

    @property
    def n_features(self) -> int:
        return int(self.locations.shape[1])

    @property
    def sort_key(self) -> FloatArray:
        return np.column_stack([self.locations, self.dof])

    def take(self, order: Selection) -> Self:
        return type(self)(self.locations[order], self.scales.take(order), self.dof[order])

    def squared_distances(self, X: FloatArray) -> FloatArray:
        """Of each complete row to each location, in units of the scale matrices, (n, k)."""
        return self.scales.squared_distances(X, self.locations)

    def marginal(self, columns: IntArray) -> Self:
        """Those of some of the columns, which have the same degrees of freedom."""
        return type(self)(self.locations[:, columns], self.scales.marginal(columns), self.dof)


@dataclass(frozen=True)
class StudentTSums(ComponentSums):
    """Sums over the rows, with responsibilities r and weights u = E(u | row).

    Attributes
    ----------
    rows : ndarray of shape (k,)
        Sum of r.
    moments : Moments
        Under the weights r u.
    tails : ndarray of shape (k,)
        Sum of r (E log u - E u + 1): 0 or less.
    normal : ndarray of shape (k,)
        Nats that the rows would gain were the component Gaussian, with the same scale matrix.
    """

    rows: FloatArray
    moments: Moments
    tails: FloatArray
    normal: FloatArray

    def take(self, components: Selection) -> Self:
        return type(self)(
            self.rows[components],
            self.moments.take(components),
            self.tails[components],
            self.normal[components],
        )

    @property
    def about_rows(self) -> Moments:
        """Moments from which Gaussian components take the M-step of locations and scales.

        Their count is that of the rows, since likelihoods divide the scatter by it.
        """
        return Moments(self.rows, self.moments.mean, self.moments.scatter)


def first_sums(moments: Moments) -> StudentTSums:
    """Those of the first step, which has no parameters: all u are 1."""
    return StudentTSums(moments.count, moments, *np.zeros((2, len(moments.count))))
