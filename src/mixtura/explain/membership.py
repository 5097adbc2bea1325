"""Which components a row belongs to: one, none or several.

A row belongs to a component that is near enough. Near can be read in two ways:

- by sigmas: the row's Mahalanobis distance is at most so many, whatever the number of columns d.
  Of a Gaussian component's own rows 2.5 sigmas have 98.76 % in one column, and less in more;
- by coverage: the row is among the given share of the component's own rows that are most typical
  of it. That is an upper bound on the distance where there are distances, and a lower one on the
  component's density where there are none: the smallest region that holds the share (Box and Tiao
  1973, "Bayesian Inference in Statistical Analysis", section 2.8; Hyndman 1996).

The second compares a p-value (see `ComponentTypicality`) with what is outside. Responsibilities
sum to 1 whether or not any component is near; these do not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from mixtura.errors import DataError, MixturaError
from mixtura.explain.typicality import Typicality
from mixtura.families.distances import Distances, HasDistances
from mixtura.mixing_weights import FREE
from mixtura.mixture import Mixture
from mixtura.typing import AnyArray, BoolArray, FloatArray, IntArray

__all__ = ["ComponentTypicality", "Rule", "by_coverage", "by_sigmas", "distances_of"]

# Of the rows that are drawn, so many at least have to be outside of what is covered.
_FEWEST_OUTSIDE = 10


def distances_of(mixture: Mixture[Any, Any]) -> Distances | None:
    """Of the clusters; None if their family has none."""
    family = mixture.clusters.family
    return family.distances(mixture.params) if isinstance(family, HasDistances) else None


@dataclass(eq=False)
class ComponentTypicality:
    """How typical rows are of each component by itself.

    The share of the component's own rows that are as unlikely, or more so: those that are as far
    away or farther, of families with distances; of others those of 9,999 that are drawn once.

    Attributes
    ----------
    mixture : Mixture

    Examples
    --------
    >>> import numpy as np
    >>> import mixtura as mx
    >>> X = np.random.default_rng(0).normal(size=(500, 1)) + [[0.0], [9.0]] * 250
    >>> gm = mx.GaussianMixture(2, random_state=0).fit(X)
    >>> nearer = gm.means_[:, 0].argmin()
    >>> ComponentTypicality(gm.mixture_).of(np.array([[0.0], [4.5]]))[:, nearer].round(2)
    array([0.91, 0.  ])
    """

    mixture: Mixture[Any, Any]

    def __post_init__(self) -> None:
        self._distances = distances_of(self.mixture)

    @cached_property
    def _drawn(self) -> dict[int, Typicality]:
        clusters = self.mixture.clusters
        live = np.flatnonzero(clusters.weights).tolist()
        return {j: Typicality(_alone(clusters, j)) for j in live}

    @property
    def least(self) -> float:
        """The smallest share that can be told."""
        if self._distances is not None:
            return 0.0
        return max((1.0 / (1.0 + each.n_drawn) for each in self._drawn.values()), default=0.0)

    def of(self, rows: AnyArray) -> FloatArray:
        """That of rows (n, d) for each cluster, (n, k), in the cells that they have.

        It is 0 for clusters of weight 0, which have no rows. Where rows are drawn it is NaN for a
        row that has more patterns of missing cells before it than are worth the time.
        """
        rows, clusters = np.asarray(rows, dtype=np.float64), self.mixture.clusters
        shares = np.zeros((len(rows), clusters.n_clusters))
        if self._distances is None:
            for j, drawn in self._drawn.items():
                shares[:, j] = drawn.of(rows)
            return shares
        n_cells = np.count_nonzero(~np.isnan(rows), axis=1)
        near = self._distances.beyond(self._distances.squared(rows), n_cells)
        return np.where(clusters.weights > 0.0, near, shares)


def _alone(mixture: Mixture[Any, Any], component: int) -> Mixture[Any, Any]:
    params = mixture.params.take(np.array([component]))
    return replace(mixture, params=params, weights=np.ones(1), mixing=FREE)


@dataclass(frozen=True, eq=False)
class Rule:
    """What makes a row belong to a component.

    Attributes
    ----------
    remoteness : callable
        Of rows (n, d) from each component, (n, k), the nearest first.
    reach : float
        The largest one of a row that belongs to a component.
    """

    remoteness: Callable[[AnyArray], FloatArray]
    reach: float

    def members(self, rows: AnyArray) -> BoolArray:
        """Whether each row belongs to each component, (n, k): to none, to one or to several."""
        return np.asarray(self.remoteness(rows) <= self.reach)

    def nearest(self, rows: AnyArray) -> IntArray:
        """Number of the nearest component of each row (n,), -1 where it does not belong to it."""
        remote = self.remoteness(rows)
        nearest = remote.argmin(axis=1)
        return np.where(remote[np.arange(len(rows)), nearest] <= self.reach, nearest, -1)


def by_sigmas(mixture: Mixture[Any, Any], sigmas: float) -> Rule | None:
    """Rows belong to components of which they are within so many sigmas; None without distances.

    Components of weight 0 are never near.
    """
    distances = distances_of(mixture)
    if distances is None:
        return None
    nobody = np.where(mixture.clusters.weights > 0.0, 0.0, np.inf)

    def remoteness(rows: AnyArray) -> FloatArray:
        return distances.squared(np.asarray(rows, dtype=np.float64)) + nobody

    return Rule(remoteness, min(sigmas * sigmas, np.finfo(np.float64).max))


def by_coverage(mixture: Mixture[Any, Any], outside: float) -> Rule:
    """Rows belong to components but for this share of the own ones, the least typical.

    Raises
    ------
    MixturaError
        If the share is too small to be told.
    """
    typicality, nobody = ComponentTypicality(mixture), mixture.clusters.weights == 0.0
    least = _FEWEST_OUTSIDE * typicality.least
    if outside <= 0.0 or outside < least:
        most = f"{1.0 - least:.4g} at most" if least else "less than 1"
        raise MixturaError(
            f"A share of {outside:.2g} outside of a component cannot be told apart from none: "
            f"choose a coverage of {most}."
        )

    def remoteness(rows: AnyArray) -> FloatArray:
        shares = typicality.of(rows)
        if np.isnan(shares).any():
            raise DataError(
                "The rows have too many patterns of missing cells to draw others like each of "
                "them. Ask with fewer rows at a time, or fill the cells (impute)."
            )
        return np.where(nobody, np.inf, -shares)

    return Rule(remoteness, -outside)
