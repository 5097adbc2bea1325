"""What the 14 covariance structures leave free, in three letters each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from mixtura.covariance import (
    EEE,
    EEI,
    EEV,
    EII,
    EVE,
    EVI,
    EVV,
    VEE,
    VEI,
    VEV,
    VII,
    VVE,
    VVI,
    VVV,
)
from mixtura.typing import FloatArray

__all__ = ["FREEDOMS", "Freedom", "Tie"]


class Tie(Enum):
    """Whether the components have a thing each of their own, all the same one, or none."""

    OWN = "own"
    SHARED = "shared"
    NONE = "none"

    def pooled(self, values: FloatArray) -> FloatArray:
        """Sums over the components (k, ...) that the tie binds together."""
        if self is Tie.SHARED:
            return np.asarray(np.add.reduce(values, axis=0, keepdims=True))
        return values if self is Tie.OWN else values[:0]

    def one_of(self, values: FloatArray) -> FloatArray:
        """From values (k, ...) that are equal where the tie binds them, one of each."""
        return values[: self.size(len(values))]

    def size(self, k: int) -> int:
        return k if self is Tie.OWN else 1 if self is Tie.SHARED else 0


@dataclass(frozen=True)
class Freedom:
    """What a covariance structure leaves free: its three letters."""

    volume: Tie
    shape: Tie
    orientation: Tie

    @property
    def tied(self) -> bool:
        """Whether the components' covariances constrain each other."""
        return Tie.SHARED in (self.volume, self.shape, self.orientation)

    @property
    def turns(self) -> bool:
        """Whether the axes turn on their own; else shape and orientation are one form."""
        return self.orientation not in (Tie.NONE, self.shape)


_OWN, _SHARED, _NONE = Tie.OWN, Tie.SHARED, Tie.NONE

FREEDOMS: dict[type, Freedom] = {
    EII: Freedom(_SHARED, _NONE, _NONE),
    VII: Freedom(_OWN, _NONE, _NONE),
    EEI: Freedom(_SHARED, _SHARED, _NONE),
    VEI: Freedom(_OWN, _SHARED, _NONE),
    EVI: Freedom(_SHARED, _OWN, _NONE),
    VVI: Freedom(_OWN, _OWN, _NONE),
    EEE: Freedom(_SHARED, _SHARED, _SHARED),
    VEE: Freedom(_OWN, _SHARED, _SHARED),
    EVE: Freedom(_SHARED, _OWN, _SHARED),
    VVE: Freedom(_OWN, _OWN, _SHARED),
    EEV: Freedom(_SHARED, _SHARED, _OWN),
    VEV: Freedom(_OWN, _SHARED, _OWN),
    EVV: Freedom(_SHARED, _OWN, _OWN),
    VVV: Freedom(_OWN, _OWN, _OWN),
}
