"""Diagonal structures: a variance for each feature, axes along the features."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mixtura.covariance.axes import AxisCovariances
from mixtura.typing import FloatArray

__all__ = ["VVI"]


@dataclass(frozen=True)
class VVI:
    """Varying volume and shape: each component has its own variance for each feature."""

    diagonal = True

    def estimate(
        self, count: FloatArray, scatter: FloatArray, floor: FloatArray
    ) -> AxisCovariances:
        return AxisCovariances(np.maximum(scatter / count[:, None], floor))

    def n_parameters(self, k: int, d: int) -> int:
        return k * d
