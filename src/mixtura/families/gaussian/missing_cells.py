"""Gaussian components of rows with missing cells.

With o the observed and m the missing columns of a row,

    p_j(x_o) = N(x_o; mean_o, S_oo),    E[x_m | x_o] = mean_m + B (x_o - mean_o),
    var[x_m | x_o] = S_mm - B S_om,     B = S_mo S_oo^-1

All rows of one pattern share these, so what an E-step expects of them follows from their count,
mean and scatter in the observed columns, without the rows.

References
----------
Ghahramani, Jordan (1994), "Supervised learning from incomplete data via an EM approach", NIPS 6.
Little, Rubin (2019), "Statistical Analysis with Missing Data", section 11.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mixtura.families.gaussian.parameters import GaussianParameters
from mixtura.patterns import Pattern
from mixtura.statistics import Moments
from mixtura.typing import FloatArray, IntArray

__all__ = ["Gaps"]


@dataclass(frozen=True, eq=False)
class Gaps:
    """What components of k covariance matrices expect of a pattern's missing cells.

    Attributes
    ----------
    params : GaussianParameters
    pattern : Pattern
        That misses some cells.
    """

    params: GaussianParameters
    pattern: Pattern

    @cached_property
    def _matrices(self) -> FloatArray:
        return self.params.covariances.matrices()

    @cached_property
    def regression(self) -> FloatArray:
        """B = S_mo S_oo^-1 of each component, (k, m, o)."""
        if not len(self.pattern.observed):
            return np.zeros((self.params.n_components, len(self.pattern.missing), 0))
        across = self._between(self.pattern.missing, self.pattern.observed)
        own = self.params.covariances.marginal(self.pattern.observed)
        coefficients: FloatArray = across @ own.precisions()
        return coefficients

    @cached_property
    def left(self) -> FloatArray:
        """Covariances of the missing cells given the observed ones, (k, m, m)."""
        across = self._between(self.pattern.observed, self.pattern.missing)
        own = self._between(self.pattern.missing, self.pattern.missing)
        left = own - self.regression @ across
        return 0.5 * (left + left.transpose(0, 2, 1))

    def _between(self, rows: IntArray, columns: IntArray) -> FloatArray:
        block: FloatArray = self._matrices[:, rows[:, None], columns]
        return block

    def expected(self, X: FloatArray) -> FloatArray:
        """E[x_m | x_o] under each component, for the observed cells X (n, o): (k, n, m)."""
        deviation = X - self.params.means[:, None, self.pattern.observed]
        missing = self.params.means[:, None, self.pattern.missing]
        means: FloatArray = missing + deviation @ self.regression.transpose(0, 2, 1)
        return means

    def drawn(self, X: FloatArray, labels: IntArray, rng: np.random.Generator) -> FloatArray:
        """Missing cells (n, m) from their distribution under each row's component."""
        means = self.expected(X)[labels, np.arange(len(X))]
        variances, axes = np.linalg.eigh(self.left)
        roots = axes * np.sqrt(variances.clip(min=0.0))[:, None, :]
        white = rng.standard_normal(means.shape)
        drawn: FloatArray = means + np.einsum("nab,nb->na", roots[labels], white)
        return drawn

    def completed(self, seen: Moments, certain: FloatArray) -> Moments:
        """The moments of all columns, from those of the observed ones.

        Parameters
        ----------
        seen : Moments
            Of k components, with scatters (k, o, o).
        certain : ndarray of shape (k,)
            How often each component's `left` is to be added: the count, if rows of weight 2
            are two rows.
        """
        o, m = self.pattern.observed, self.pattern.missing
        mean = np.empty(self.params.means.shape)
        mean[:, o] = seen.mean
        deviation = seen.mean - self.params.means[:, o]
        mean[:, m] = self.params.means[:, m] + np.einsum("kmo,ko->km", self.regression, deviation)
        across = self.regression @ seen.scatter
        scatter = np.empty(self._matrices.shape)
        scatter[:, o[:, None], o] = seen.scatter
        scatter[:, m[:, None], o] = across
        scatter[:, o[:, None], m] = across.transpose(0, 2, 1)
        within = across @ self.regression.transpose(0, 2, 1)
        scatter[:, m[:, None], m] = within + certain[:, None, None] * self.left
        return Moments(seen.count, mean, scatter)

    def completed_diagonals(self, seen: Moments, certain: FloatArray) -> Moments:
        """The same for covariances along the features: scatters are (k, o), and (k, d)."""
        o, m = self.pattern.observed, self.pattern.missing
        mean, scatter = self.params.means.copy(), np.empty(self.params.means.shape)
        mean[:, o], scatter[:, o] = seen.mean, seen.scatter
        scatter[:, m] = certain[:, None] * self.params.covariances.variances[:, m]
        return Moments(seen.count, mean, scatter)
