"""What the 14 covariance structures leave free, in three letters each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mixtura.families.gaussian.structures.common_axes import EVE, VVE
from mixtura.families.gaussian.structures.diagonal import EEI, EVI, VEI, VVI
from mixtura.families.gaussian.structures.ellipsoidal import EEE, EEV, EVV, VEE, VEV, VVV
from mixtura.families.gaussian.structures.spherical import EII, VII
from mixtura.families.tie import Tie
from mixtura.typing import FloatArray

__all__ = ["FREEDOMS", "Freedom"]


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

    @property
    def _whole(self) -> bool:
        """Whether volume and shape are tied alike, so that each axis has a coordinate."""
        return self.volume is self.shape

    def spreads(self, along: FloatArray) -> list[FloatArray]:
        """Sums over what is tied together, from one value for each axis (k, d)."""
        if self._whole:
            return [self.shape.pooled(along)]
        volumes = np.add.reduce(along, axis=1)
        shapes = along - volumes[:, None] / along.shape[1]
        return [self.volume.pooled(volumes), self.shape.pooled(shapes)]

    def n_spreads(self, k: int, d: int) -> int:
        volumes = 0 if self._whole else self.volume.size(k)
        return volumes + d * self.shape.size(k)

    def spread_information(self, information: FloatArray, d: int) -> list[FloatArray]:
        """That of the complete data, from what each component has (k,)."""
        columns = 0.5 * information[:, None].repeat(d, axis=1)
        if self._whole:
            return [self.shape.pooled(columns)]
        return [0.5 * d * self.volume.pooled(information), self.shape.pooled(columns)]

    def growth(self, spreads: FloatArray, k: int, d: int) -> FloatArray:
        """Changes of the log deviations, (k, d), or (1, d) where they are all the same."""
        if self._whole:
            return 0.5 * spreads.reshape(-1, d)
        n_volumes = self.volume.size(k)
        shapes = spreads[n_volumes:].reshape(-1, d)
        growth = 0.5 * spreads[:n_volumes, None]
        if len(shapes):
            growth = growth + 0.5 * (shapes - np.add.reduce(shapes, axis=1, keepdims=True) / d)
        return growth

    def spreads_of(self, growth: FloatArray) -> list[FloatArray]:
        """The coordinates of changes of the log deviations (k, d)."""
        if self._whole:
            return [2.0 * self.shape.one_of(growth)]
        volumes = np.add.reduce(growth, axis=1) / growth.shape[1]
        shapes = growth - volumes[:, None]
        return [2.0 * self.volume.one_of(volumes), 2.0 * self.shape.one_of(shapes)]


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
