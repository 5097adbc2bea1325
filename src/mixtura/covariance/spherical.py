"""Spherical structures: one variance for all features."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mixtura.covariance.axes import AxisCovariances
from mixtura.typing import FloatArray

__all__ = ["VII"]


@dataclass(frozen=True)
class VII:
    """Varying volume, spherical: each component has its own variance, in all directions."""

    diagonal = True

    def estimate(
        self, count: FloatArray, scatter: FloatArray, floor: FloatArray
    ) -> AxisCovariances:
        d = scatter.shape[1]
        variance = scatter.sum(axis=1) / (d * count)
        # S - diag(floor) is positive semi-definite for a sphere at the largest of the floors.
        variance = np.maximum(variance, floor.max())
        return AxisCovariances(np.repeat(variance[:, None], d, axis=1))

    def n_parameters(self, k: int, d: int) -> int:
        return k
