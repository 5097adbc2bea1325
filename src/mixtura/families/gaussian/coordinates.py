"""Coordinates of Gaussian components: all 14 covariance structures, with priors and fixed means.

With S_j = L_j L_j^T a small change of the parameters is described by

    L_j^-1 dm_j,   L_j^-1 dS_j L_j^-T = vol_j I + diag(shape_j) + rest_j

where shape_j sums to zero and the rest, a matter of the roots L_j, has a zero diagonal. Volume,
shape and rest are each the component's own, shared by all, or fixed, as the three letters of the
structure say.

The complete data's information is diagonal in these: w_j for each entry of a whitened mean,
w_j d / 2 for a volume, w_j / 2 for a shape, w_j for an entry of the rest; what is shared has the
sum over the components. By Fisher's identity the gradient follows from the E-step's moments: with
n_j the count, per row of weight, it is

    n_j L_j^-1 (mean_j - m_j)

for the means; for the others see `covariance_coordinates`. A conjugate prior is worth rows, which
are added to the moments and to the information.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from mixtura.errors import DegenerateError
from mixtura.families.gaussian.covariance_coordinates import (
    AxisRoots,
    Roots,
    TriangularRoots,
    TurningRoots,
)
from mixtura.families.gaussian.parameters import GaussianParameters
from mixtura.families.gaussian.structures import AxisCovariances, Structure
from mixtura.families.gaussian.volume_shape_coordinates import (
    growth_from,
    n_spreads,
    spread_information,
    spread_slopes,
    spreads_from,
)
from mixtura.families.tie import Tie
from mixtura.statistics import Moments
from mixtura.typing import BoolArray, FloatArray

if TYPE_CHECKING:
    from mixtura.families.gaussian.density import Gaussian

__all__ = ["GaussianCoordinates"]

# What is above the floor by this factor does not lie on it.
_CLEAR = 1.01


@dataclass(frozen=True, eq=False)
class Chart:
    """What is free in Gaussian components of one kind, and what a prior adds.

    Attributes
    ----------
    family : Gaussian
    structure : Structure
        Of their covariances.
    means_worth, covariances_worth : ndarray of shape (k,)
        Rows that the prior is worth to each component, per row of weight.
    """

    family: Gaussian
    structure: Structure
    means_worth: FloatArray
    covariances_worth: FloatArray

    @classmethod
    def of(cls, family: Gaussian, k: int, d: int, weight: float) -> Self | None:
        """None for components whose coordinates are unknown."""
        structure = family.structure
        if not isinstance(structure, Structure):
            return None
        shape = (k, d) if structure.diagonal else (k, d, d)
        nothing = Moments(np.zeros(k), np.zeros((k, d)), np.zeros(shape))
        count, moments = family.prior.update(nothing, structure)
        return cls(family, structure, moments.count / weight, count / weight)

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
        if self.structure.turns:
            return TurningRoots.of(covariances, self.structure.orientation is Tie.SHARED)
        return TriangularRoots.of(covariances)

    def held(self, params: GaussianParameters) -> BoolArray | None:
        """The components on the floor, None for none; one holds all if they are tied together."""
        if self._clear is None or params.covariances.exceed(self._clear):
            return None
        held = self.family.on_floor(params)
        if not held.any():
            return None
        return np.ones_like(held) if self.structure.tied else held

    def flat(self, means: FloatArray, spreads: list[FloatArray], rest: FloatArray) -> FloatArray:
        """One vector of all parts, each of which is tied already."""
        means = means[:0] if self.family.fixed_means else means
        return np.concatenate((means, *spreads, rest), axis=None)

    def split(self, natural: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Changes of white means, log deviations and the rest.

        The means are (k, d), or (0, d) where they are fixed; the last two are (1 or k, ...).
        """
        k, d = self.k, len(self.family.floor)
        structure, orientation = self.structure, self.structure.orientation
        rest = len(natural) - orientation.size(k) * (d * (d - 1) // 2)
        spreads = rest - n_spreads(structure, k, d)
        return (
            natural[:spreads].reshape(-1, d),
            growth_from(structure, natural[spreads:rest], k, d),
            natural[rest:].reshape(orientation.size(k), d * (d - 1) // 2),
        )

    def information(self, weights: FloatArray, roots: Roots) -> FloatArray:
        """That of the complete data, per row of weight, about each coordinate."""
        d, structure = len(self.family.floor), self.structure
        of_covariances = weights + self.covariances_worth
        return self.flat(
            (weights + self.means_worth).repeat(d),
            spread_information(structure, of_covariances, d),
            structure.orientation.pooled(roots.information(of_covariances)),
        )


@dataclass(frozen=True, eq=False)
class GaussianCoordinates:
    """The parameters of Gaussian components, and coordinates about them (see the module's text).

    Attributes
    ----------
    params : GaussianParameters
    roots : Roots
        Of the covariances.
    chart : Chart
        What is free.
    held : ndarray of shape (k,) or None
        Components whose covariances EM goes on to estimate, since they lie on the variance
        floor, where the likelihood has no gradient to follow.
    """

    params: GaussianParameters
    roots: Roots
    chart: Chart
    held: BoolArray | None

    @classmethod
    def of(cls, family: Gaussian, params: GaussianParameters, weight: float) -> Self | None:
        """None where the structure's coordinates are unknown, or lost in rounding.

        `weight` is the total weight of the rows, against which a prior's rows are weighed.
        """
        chart = Chart.of(family, params.n_components, params.n_features, weight)
        if chart is None:
            return None
        roots = chart.roots(params.covariances)
        return cls(params, roots, chart, chart.held(params)) if roots.resolved else None

    def information(self, weights: FloatArray) -> FloatArray:
        return self.chart.information(weights, self.roots)

    def gradient(self, statistics: Moments, weight: float) -> FloatArray:
        family = self.chart.family
        return self.slopes(*family.prior.update(statistics, family.structure), weight)

    def slopes(self, count: FloatArray, moments: Moments, weight: float) -> FloatArray:
        """The gradient from the factors (k,) of -1/2 log|S_j|, and from moments.

        Their own count is another one with a prior, and where rows have weights of their own.
        """
        chart, per_row = self.chart, 1.0 / weight
        share = per_row * moments.count
        white = self.roots.white(moments.mean - self.params.means)
        along, rest = self.roots.slopes(per_row * count, per_row * moments.scatter, share, white)
        if self.held is not None:
            along[self.held] = rest[self.held] = 0.0
        return chart.flat(
            share[:, None] * white,
            spread_slopes(chart.structure, along),
            chart.structure.orientation.pooled(rest),
        )

    def moved(self, changes: FloatArray, estimate: Callable[[], GaussianParameters]) -> Self | None:
        chart = self.chart
        means, growth, rest = chart.split(changes)
        try:
            roots = self.roots.changed(growth, rest)
            if self.held is not None:
                roots = roots.except_for(self.held, estimate().covariances)
        except DegenerateError:
            return None
        centers = self.params.means
        if len(means):
            centers = centers + self.roots.colored(means)
        params = GaussianParameters(centers, roots.covariances)
        held = chart.held(params)
        return type(self)(params, roots, chart, held) if _alike(held, self.held) else None

    def towards(self, params: GaussianParameters) -> tuple[FloatArray, Self] | None:
        chart = self.chart
        growth, rest, roots = self.roots.change_to(params.covariances)
        if not roots.resolved:
            return None
        if self.held is not None:
            growth[self.held] = rest[self.held] = 0.0
        changes = chart.flat(
            self.roots.white(params.means - self.params.means),
            spreads_from(chart.structure, growth),
            chart.structure.orientation.one_of(rest),
        )
        return changes, type(self)(params, roots, chart, chart.held(params))


def _alike(some: BoolArray | None, others: BoolArray | None) -> bool:
    """Whether the same components are held."""
    if some is None or others is None:
        return some is others
    return np.array_equal(some, others)
