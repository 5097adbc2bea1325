"""Noise: one further component, of constant density over the volume that the rows fill.

log p_noise(x) = -log V

A row that no cluster explains is then not forced upon one of them. V is fixed before the fit, so
the M-step has nothing to estimate for the noise but its mixing weight (Banfield and Raftery 1993;
Fraley and Raftery 2002). Any family can have it: `WithNoise` wraps one, and adds a last column to
its log-densities.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, Self, TypeVar

import numpy as np

from mixtura.families.coordinates import Coordinates
from mixtura.families.family import Embedding, Family, Parameters
from mixtura.families.one_column import OneColumn, beside, column_of, evenly
from mixtura.families.some_columns import Components, divisible
from mixtura.patterns import has_gaps
from mixtura.statistics import Statistics
from mixtura.typing import BoolArray, FloatArray, IntArray

__all__ = ["Box", "WithNoise", "with_noise"]

P = TypeVar("P", bound=Parameters)
S = TypeVar("S", bound=Statistics)


@dataclass(frozen=True)
class Box:
    """The places `center + sum_a t_a edges_a` with all `|t_a| <= 1/2`.

    Attributes
    ----------
    center : ndarray of shape (d,)
    edges : ndarray of shape (d, d)
        One edge in each row.

    Examples
    --------
    >>> import numpy as np
    >>> round(Box(np.zeros(2), np.diag([2.0, 3.0])).volume, 12)
    6.0
    """

    center: FloatArray
    edges: FloatArray

    @cached_property
    def log_volume(self) -> float:
        """`log |det edges|`; -inf for a flat box."""
        return float(np.linalg.slogdet(self.edges)[1])

    @cached_property
    def log_extents(self) -> FloatArray:
        """Shares (d,) of the columns in the logarithm of the volume, which is their sum.

        Those of a box along the axes are the logarithms of its sides. Of a turned one its reach
        along each axis is taken, all of them in a unit that makes the volumes agree: the marginal
        density of such a box is not constant, and noise is.
        """
        with np.errstate(divide="ignore"):
            reach: FloatArray = np.log(np.abs(self.edges).sum(axis=0))
        if not np.isfinite(self.log_volume):
            return reach
        return np.asarray(reach + (self.log_volume - reach.sum()) / len(reach))

    def log_volume_of(self, observed: BoolArray) -> FloatArray:
        """Those of the rows' observed cells (n, d), (n,): 0 where there are none.

        Examples
        --------
        >>> import numpy as np
        >>> box = Box(np.zeros(2), np.diag([2.0, 3.0]))
        >>> np.exp(box.log_volume_of(np.array([[True, False], [True, True]]))).round(12)
        array([2., 6.])
        """
        complete = observed.all(axis=1)
        sides = np.where(observed, self.log_extents, 0.0).sum(axis=1)
        return np.asarray(np.where(complete, self.log_volume, sides))

    @property
    def volume(self) -> float:
        """`|det edges|`; inf or 0 where that is beyond all numbers, as of many wide features."""
        with np.errstate(over="ignore", under="ignore"):
            return float(np.exp(self.log_volume))

    def marginal(self, columns: IntArray) -> Self:
        """The box in some of the columns, along the axes: its volume is that of their cells."""
        return type(self)(self.center[columns], np.diag(np.exp(self.log_extents[columns])))

    def sample(self, n: int, rng: np.random.Generator) -> FloatArray:
        """n rows (n, d), uniform over the box."""
        rows: FloatArray = self.center + (rng.random((n, len(self.center))) - 0.5) @ self.edges
        return rows


@dataclass(frozen=True)
class WithNoise(Generic[P, S]):
    """A family of k components, and noise as component number k.

    Its parameters and statistics are those of the k components; log-densities have k + 1 columns,
    and so have the responsibilities it is given.

    Parameters
    ----------
    family : Family
        What the other components look like.
    region : Box
        Its volume V gives the density 1 / V. That holds everywhere, so that a new row far from
        all clusters is noise; rows that are sampled come from the box.

    Examples
    --------
    >>> import numpy as np
    >>> from mixtura.families import Bernoulli, BernoulliParameters
    >>> family = WithNoise(Bernoulli(), Box(np.zeros(1), np.full((1, 1), 4.0)))
    >>> np.exp(family.log_density(BernoulliParameters(np.array([[0.5]])), np.ones((1, 1))))
    array([[0.5 , 0.25]])
    """

    family: Family[P, S]
    region: Box

    def log_density(self, params: P, X: FloatArray) -> FloatArray:
        noise = np.full((len(X), 1), -self.region.log_volume)
        if has_gaps(X):
            noise[:, 0] = -self.region.log_volume_of(~np.isnan(X))
        return np.hstack([self.family.log_density(params, X), noise])

    def statistics(self, params: P | None, X: FloatArray, resp: FloatArray) -> S:
        return self.family.statistics(params, X, resp[:, :-1])

    def of_columns(self, means: FloatArray, scales: FloatArray) -> P | None:
        return self.family.of_columns(means, scales)

    def expected_cells(self, params: P, X: FloatArray, resp: FloatArray) -> FloatArray:
        """Of noise, the box's center is expected."""
        cells = self.family.expected_cells(params, X, resp[:, :-1])
        return np.where(np.isnan(X), cells + resp[:, -1:] * self.region.center, X)

    def drawn_cells(
        self, params: P, X: FloatArray, labels: IntArray, rng: np.random.Generator
    ) -> FloatArray:
        filled, noise = X.copy(), labels == params.n_components
        filled[~noise] = self.family.drawn_cells(params, X[~noise], labels[~noise], rng)
        anywhere = self.region.sample(int(noise.sum()), rng)
        filled[noise] = np.where(np.isnan(X[noise]), anywhere, X[noise])
        return filled

    def maximize(self, statistics: S, params: P | None) -> P:
        return self.family.maximize(statistics, params)

    def log_prior(self, params: P) -> float:
        return self.family.log_prior(params)

    def n_parameters(self, k: int, d: int) -> int:
        """Those of the k components, and the volume."""
        return self.family.n_parameters(k, d) + 1

    @property
    def embedding(self) -> Embedding:
        return self.family.embedding

    @property
    def gathers(self) -> Hashable:
        return self.family.gathers

    def n_sums(self, d: int) -> int:
        return self.family.n_sums(d)

    def coordinates(self, params: P, weight: float) -> Coordinates[P, S] | None:
        return self.family.coordinates(params, weight)

    def reachable(self, params: P) -> P:
        return self.family.reachable(params)

    @property
    def bounded(self) -> bool:
        return self.family.bounded

    @property
    def absorbing(self) -> bool:
        return self.family.absorbing

    @property
    def blends(self) -> bool:
        return self.family.blends

    def without(self, whole: S, seen: S) -> S:
        return self.family.without(whole, seen)

    def upheld(self, params: P, rounding: FloatArray, statistics: Callable[[], S]) -> FloatArray:
        return self.family.upheld(params, rounding, statistics)

    def sample(self, params: P, labels: IntArray, rng: np.random.Generator) -> FloatArray:
        rows = np.empty((len(labels), len(self.region.center)))
        noise = labels == params.n_components
        rows[~noise] = self.family.sample(params, labels[~noise], rng)
        rows[noise] = self.region.sample(int(noise.sum()), rng)
        return rows

    def marginal(self, params: P, places: IntArray) -> Components:
        family, own = divisible(self.family).marginal(params, places)
        whole = len(places) == len(self.region.center) and (np.diff(places) == 1).all()
        return WithNoise(family, self.region if whole else self.region.marginal(places)), own

    def conditional(self, params: P, places: IntArray, cells: FloatArray) -> Components:
        """Cells say nothing of where noise is in other columns."""
        family, own = divisible(self.family).conditional(params, places, cells)
        others = np.delete(np.arange(len(self.region.center)), places)
        return WithNoise(family, self.region.marginal(others)), own

    def one_column(self, params: P, X: FloatArray, place: int) -> OneColumn:
        """Noise is taken to be in its box."""
        own = self.region.marginal(np.array([place]))
        half = 0.5 * own.edges[0, 0]
        ends = own.center[0] - half, own.center[0] + half
        noise = evenly(*(np.full((1, 1), end) for end in ends))
        return beside(column_of(self.family, params, X, place), noise)


def with_noise(family: Family[P, S], region: Box | None) -> Family[P, S]:
    """The family with noise over a region, or as it is where there is none."""
    return family if region is None else WithNoise[Any, Any](family, region)
