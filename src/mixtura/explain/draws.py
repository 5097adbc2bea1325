"""What several fits of the same kind tell of how far one of them may be off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mixtura.explain.intervals import Bounds, Interval, Quantity, Scale, percentiles, wald
from mixtura.mixture import Mixture
from mixtura.sources import Chunk, Source
from mixtura.typing import FloatArray, IntArray

__all__ = ["Drawn", "Draws", "aligned"]


@dataclass(frozen=True, eq=False)
class Draws:
    """Mixtures that were fitted to rows drawn anew, their components called alike.

    Attributes
    ----------
    about : Mixture
        The one of the rows as they are.
    mixtures : sequence of Mixture
        Two at least.
    """

    about: Mixture[Any, Any]
    mixtures: Sequence[Mixture[Any, Any]]

    def distribution(self, quantity: Quantity) -> Drawn:
        """A quantity of each."""
        draws = np.stack([quantity(mixture) for mixture in self.mixtures])
        return Drawn(quantity(self.about), draws)


@dataclass(frozen=True, eq=False)
class Drawn:
    """The numbers of a quantity in several fits.

    Attributes
    ----------
    about : ndarray
        Of the rows as they are.
    values : ndarray of shape (b, ...)
        Of each draw.
    """

    about: FloatArray
    values: FloatArray

    @property
    def standard_errors(self) -> FloatArray:
        """Standard deviations of the draws (Efron 1979)."""
        return self.deviations(lambda values: values)

    def deviations(self, scale: Scale) -> FloatArray:
        """The same on another scale."""
        values = scale(self.values)
        errors: FloatArray = (values - values[0]).std(axis=0, ddof=1)
        return errors

    def interval(self, bounds: Bounds, level: float) -> Interval:
        """Percentiles of the draws, but of variances and the like those about the estimate.

        A variance is smaller than the truth on average, and its draws are smaller than it by as
        much again, which percentiles would repeat. Its logarithm is spread alike wherever the
        truth is: that of what has a lower bound alone is taken about the estimate.
        """
        draws, value = self.values, self.about
        low, high = (np.broadcast_to(bound, value.shape) for bound in bounds)
        spread = np.isfinite(low) & np.isinf(high) & (draws > low).all(axis=0) & (value > low)
        above = np.where(spread, draws - low, 1.0)
        errors = np.where(spread, value - low, 0.0) * np.log(above).std(axis=0, ddof=1)
        even, drawn = wald(value, errors, bounds, level), percentiles(draws, level)
        return Interval(
            np.where(spread, even.low, drawn.low), np.where(spread, even.high, drawn.high)
        )


def aligned(mixture: Mixture[Any, Any], to: Mixture[Any, Any], source: Source) -> Mixture[Any, Any]:
    """A mixture with its clusters in the order of another one's.

    Clusters are called alike so that together they share as much of the rows as they can: that is
    an assignment problem (Kuhn 1955) of the expected weights that both give to the same rows.
    """
    from scipy.optimize import linear_sum_assignment  # it takes longer to import than a fit

    k = to.n_clusters

    def shared(chunk: Chunk) -> FloatArray:
        one, other = to.responsibilities(chunk.X), mixture.responsibilities(chunk.X)
        shares: FloatArray = one[:, :k].T @ (chunk.weight[:, None] * other[:, :k])
        return shares

    order: IntArray = linear_sum_assignment(source.map_reduce(shared), maximize=True)[1]
    return mixture.take(order)
