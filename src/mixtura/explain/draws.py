"""What several fits of the same kind tell of how far one of them may be off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mixtura.explain.intervals import Bounds, Interval, Quantity, Scale, percentiles
from mixtura.mixture import Mixture
from mixtura.sources import Chunk, Source
from mixtura.typing import FloatArray, IntArray

__all__ = ["Draws", "aligned"]


@dataclass(frozen=True, eq=False)
class Draws:
    """Mixtures that were fitted to rows drawn anew, their components called alike.

    Attributes
    ----------
    mixtures : sequence of Mixture
        Two at least.
    """

    mixtures: Sequence[Mixture[Any, Any]]

    def values(self, quantity: Quantity) -> FloatArray:
        """A quantity of each, (b, ...)."""
        return np.stack([quantity(mixture) for mixture in self.mixtures])

    def standard_errors(self, quantity: Quantity) -> FloatArray:
        """Standard deviations of the draws (Efron 1979)."""
        return self.deviations(quantity, lambda values: values)

    def deviations(self, quantity: Quantity, scale: Scale) -> FloatArray:
        """The same on another scale."""
        values = scale(self.values(quantity))
        errors: FloatArray = (values - values[0]).std(axis=0, ddof=1)
        return errors

    def interval(self, quantity: Quantity, bounds: Bounds, level: float) -> Interval:
        """Percentiles of the draws, which never leave the bounds."""
        return percentiles(self.values(quantity), level)


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
