"""Frames of Gaussian mixtures: all 14 covariance structures, with priors, noise and fixed parts.

With S_j = L_j L_j^T a small change of the parameters is described by

    dlog w_j,   L_j^-1 dm_j,   L_j^-1 dS_j L_j^-T = vol_j I + diag(shape_j) + rest_j

where shape_j sums to zero and the rest, a matter of the roots L_j, has a zero diagonal. Volume,
shape and rest are each the component's own, shared by all, or fixed, as the three letters of the
structure say; so are the weights, as the mixing rule says.

The complete data's information is diagonal in these: w_j for a log weight and for each entry of
a whitened mean, w_j d / 2 for a volume, w_j / 2 for a shape, w_j for an entry of the rest; what
is shared has the sum over the components. By Fisher's identity the gradient follows from the
E-step's moments: with n_j the count, per row of weight, it is

    n_j - w_j,   n_j L_j^-1 (mean_j - m_j)

for the first two; for the others see `roots`. A conjugate prior is worth rows, which are added to
the moments and to the information.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np

from mixtura.acceleration.roots import AxisRoots, Roots, TriangularRoots, TurningRoots
from mixtura.acceleration.weights import WeightCoordinates
from mixtura.covariance import FREEDOMS, AxisCovariances, Freedom, Tie
from mixtura.errors import DegenerateError
from mixtura.families import Gaussian, GaussianParameters
from mixtura.mixture import Expectation, Mixture
from mixtura.statistics import Moments
from mixtura.typing import BoolArray, FloatArray

__all__ = ["GaussianFrame"]

# What is above the floor by this factor does not lie on it.
_CLEAR = 1.01


@dataclass(frozen=True, eq=False)
class Chart:
    """What is free in Gaussian mixtures of one kind, and what a prior adds.

    Attributes
    ----------
    family : Gaussian
        Of the clusters.
    freedom : Freedom
        Of their covariances.
    weights : WeightCoordinates
    means_worth, covariances_worth : ndarray of shape (k,)
        Rows that the prior is worth to each component, per row of weight.
    """

    family: Gaussian
    freedom: Freedom
    weights: WeightCoordinates
    means_worth: FloatArray
    covariances_worth: FloatArray

    @classmethod
    def of(cls, mixture: Mixture[Any, Any], weight: float) -> Self | None:
        """None for mixtures whose coordinates are unknown."""
        family = mixture.clusters.family
        weights = WeightCoordinates.of(mixture.mixing, mixture.n_clusters)
        if type(family) is not Gaussian or weights is None:
            return None
        freedom = FREEDOMS.get(type(family.structure))
        if freedom is None:
            return None
        k, d = mixture.params.means.shape
        shape = (k, d) if family.structure.diagonal else (k, d, d)
        nothing = Moments(np.zeros(k), np.zeros((k, d)), np.zeros(shape))
        count, moments = family.prior.update(nothing, family.structure)
        return cls(family, freedom, weights, moments.count / weight, count / weight)

    @cached_property
    def k(self) -> int:
        return len(self.means_worth)

    @cached_property
    def _clear(self) -> FloatArray | None:
        """Least variances of components that are nowhere near the floor; None without one."""
        return _CLEAR * self.family.floor if self.family.floor.any() else None

    def roots(self, covariances: Any) -> Roots:
        if isinstance(covariances, AxisCovariances):
            return AxisRoots(covariances)
        if self.freedom.turns:
            return TurningRoots.of(covariances, self.freedom.orientation is Tie.SHARED)
        return TriangularRoots.of(covariances)

    def held(self, params: GaussianParameters) -> BoolArray | None:
        """The components on the floor, None for none; one holds all if they are tied together."""
        if self._clear is None or params.covariances.exceed(self._clear):
            return None
        held = self.family.held(params, np.zeros(params.means.shape[1], dtype=np.bool_))
        if not held.any():
            return None
        return np.ones_like(held) if self.freedom.tied else held

    def flat(
        self,
        weights: list[FloatArray],
        means: FloatArray,
        spreads: list[FloatArray],
        rest: FloatArray,
    ) -> FloatArray:
        """One vector of all parts, each of which is tied already."""
        means = means[:0] if self.family.fixed_means else means
        return np.concatenate((*weights, means, *spreads, rest), axis=None)

    def split(self, natural: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Changes of log weights, white means, log deviations and the rest.

        The means are (k, d), or (0, d) where they are fixed; the last two are (1 or k, ...).
        """
        k, d = self.k, len(self.family.floor)
        freedom, orientation = self.freedom, self.freedom.orientation
        rest = len(natural) - orientation.size(k) * (d * (d - 1) // 2)
        spreads = rest - freedom.n_spreads(k, d)
        means = spreads - (0 if self.family.fixed_means else k * d)
        return (
            natural[:means],
            natural[means:spreads].reshape(-1, d),
            freedom.growth(natural[spreads:rest], k, d),
            natural[rest:].reshape(orientation.size(k), d * (d - 1) // 2),
        )

    def information(self, weights: FloatArray, roots: Roots) -> FloatArray:
        """That of the complete data, per row of weight, about each coordinate."""
        d, freedom = len(self.family.floor), self.freedom
        of_clusters = weights[: self.k]
        of_covariances = of_clusters + self.covariances_worth
        return self.flat(
            self.weights.pooled(weights),
            (of_clusters + self.means_worth).repeat(d),
            freedom.spread_information(of_covariances, d),
            freedom.orientation.pooled(roots.information(of_covariances)),
        )


@dataclass(frozen=True, eq=False)
class GaussianFrame:
    """A Gaussian mixture and the coordinates about it (see the module's text).

    Attributes
    ----------
    mixture : Mixture
        All its weights are positive.
    roots : Roots
        Of the covariances.
    chart : Chart
        What is free.
    held : ndarray of shape (k,) or None
        Components whose covariances EM goes on to estimate, since they lie on the variance
        floor, where the likelihood has no gradient to follow.
    units : ndarray of shape (p,)
        Square roots of the complete data's information, one for each coordinate.
    """

    mixture: Mixture[GaussianParameters, Moments]
    roots: Roots
    chart: Chart
    held: BoolArray | None
    units: FloatArray

    @classmethod
    def of(cls, mixture: Mixture[Any, Any], weight: float) -> Self | None:
        """The frame of a Gaussian mixture in which every component has some weight, or None.

        Parameters
        ----------
        mixture : Mixture
        weight : float
            Total weight of the rows, against which a prior's rows are weighed.
        """
        chart = Chart.of(mixture, weight) if (mixture.weights > 0.0).all() else None
        if chart is None:
            return None
        roots = chart.roots(mixture.params.covariances)
        if not roots.resolved:
            return None
        return cls._at(mixture, roots, chart, chart.held(mixture.params))

    @classmethod
    def _at(
        cls,
        mixture: Mixture[GaussianParameters, Moments],
        roots: Roots,
        chart: Chart,
        held: BoolArray | None,
    ) -> Self:
        return cls(mixture, roots, chart, held, np.sqrt(chart.information(mixture.weights, roots)))

    # ---------------------------------------------------------------------------- the frame

    def gradient(self, expectation: Expectation[Moments]) -> FloatArray:
        chart, family = self.chart, self.chart.family
        per_row = 1.0 / expectation.weight
        count, moments = family.prior.update(expectation.statistics, family.structure)
        share = per_row * moments.count
        white = self.roots.white(moments.mean - self.mixture.params.means)
        along, rest = self.roots.slopes(per_row * count, per_row * moments.scatter, share, white)
        if self.held is not None:
            along[self.held] = rest[self.held] = 0.0
        gradient = chart.flat(
            chart.weights.pooled(per_row * expectation.counts - self.mixture.weights),
            share[:, None] * white,
            chart.freedom.spreads(along),
            chart.freedom.orientation.pooled(rest),
        )
        return gradient / self.units

    def greatest(self, step: FloatArray) -> float:
        return float(np.abs(step / self.units).max())

    def moved(self, step: FloatArray, expectation: Expectation[Moments]) -> Self | None:
        chart, mixture = self.chart, self.mixture
        log_weights, means, growth, rest = chart.split(step / self.units)
        try:
            roots = self.roots.changed(growth, rest)
            if self.held is not None:
                estimated = mixture.maximize(expectation).params.covariances
                roots = roots.except_for(self.held, estimated)
        except DegenerateError:
            return None
        centres = mixture.params.means
        if len(means):
            centres = centres + self.roots.coloured(means)
        params = GaussianParameters(centres, roots.covariances)
        held = chart.held(params)
        if not _alike(held, self.held):
            return None
        weights = chart.weights.moved(mixture.weights, log_weights)
        there = Mixture(mixture.family, params, weights, mixture.mixing)
        return self._at(there, roots, chart, held)

    def towards(self, mixture: Mixture[Any, Any]) -> tuple[FloatArray, Self] | None:
        if not (mixture.weights > 0.0).all():
            return None
        chart = self.chart
        growth, rest, roots = self.roots.change_to(mixture.params.covariances)
        if not roots.resolved:
            return None
        if self.held is not None:
            growth[self.held] = rest[self.held] = 0.0
        step = chart.flat(
            chart.weights.one_of(np.log(mixture.weights / self.mixture.weights)),
            self.roots.white(mixture.params.means - self.mixture.params.means),
            chart.freedom.spreads_of(growth),
            chart.freedom.orientation.one_of(rest),
        )
        return step * self.units, self._at(mixture, roots, chart, chart.held(mixture.params))


def _alike(some: BoolArray | None, others: BoolArray | None) -> bool:
    """Whether the same components are held."""
    if some is None or others is None:
        return some is others
    return np.array_equal(some, others)
