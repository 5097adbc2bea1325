"""Coordinates of mixing weights: their logarithms, as far as they are free."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from mixtura.families.tie import Tie
from mixtura.mixing_weights import FREE, EqualWeights, FixedWeights, FreeLast, Mixing
from mixtura.typing import FloatArray

__all__ = ["WeightCoordinates"]

# How the weights of clusters are tied together; that of noise is free where they are not fixed.
_TIES: dict[Mixing, Tie] = {
    FREE: Tie.OWN,
    EqualWeights(): Tie.NONE,
    FixedWeights(): Tie.NONE,
    FreeLast(EqualWeights()): Tie.SHARED,
}


@dataclass(frozen=True)
class WeightCoordinates:
    """What is free in the weights of k clusters and perhaps of noise.

    Attributes
    ----------
    tie : Tie
        Of the clusters' weights. Unless these are fixed, noise has its own.
    k : int
        Clusters.
    """

    tie: Tie
    k: int

    @classmethod
    def of(cls, mixing: Mixing, k: int) -> Self | None:
        """None where the rule is unknown."""
        tie = _TIES.get(mixing)
        return None if tie is None else cls(tie, k)

    def pooled(self, values: FloatArray) -> list[FloatArray]:
        """Sums over what is tied together, from one value for each component and for noise."""
        if self.tie is Tie.OWN:
            return [values]
        if self.tie is Tie.NONE:
            return []
        return [self.tie.pooled(values[: self.k]), values[self.k :]]

    def one_of(self, values: FloatArray) -> list[FloatArray]:
        """From values that are equal where they are tied together, one of each."""
        if self.tie is Tie.NONE:
            return []
        return [self.tie.one_of(values[: self.k]), values[self.k :]]

    def moved(self, weights: FloatArray, changes: FloatArray) -> FloatArray:
        """The weights after changes of their logarithms."""
        if not len(changes):
            return weights
        factors = np.exp(changes)
        if self.tie is Tie.SHARED:  # the clusters' and that of noise
            factors = factors.repeat((self.k, 1))
        weights = weights * factors
        weights /= np.add.reduce(weights)
        return weights
