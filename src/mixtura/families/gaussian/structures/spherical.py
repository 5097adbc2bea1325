"""Spherical structures: one variance for all features.

With tr_j the trace of component j's scatter: EII has tr / (d n) with both summed over the
components, VII has tr_j / (d n_j) (Celeux and Govaert 1995, section 4.1).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mixtura.families.gaussian.structures.axes import AxisCovariances
from mixtura.typing import FloatArray

__all__ = ["EII", "VII"]


@dataclass(frozen=True)
class EII:
    """Equal volume, spherical: all components share one variance, in all directions."""

    diagonal = True

    def estimate(
        self,
        count: FloatArray,
        scatter: FloatArray,
        floor: FloatArray,
        previous: AxisCovariances | None = None,
    ) -> AxisCovariances:
        k, d = scatter.shape
        return _spheres(np.full(k, scatter.sum() / (d * count.sum())), floor)

    def n_parameters(self, k: int, d: int) -> int:
        return 1


@dataclass(frozen=True)
class VII:
    """Varying volume, spherical: each component has its own variance, in all directions."""

    diagonal = True

    def estimate(
        self,
        count: FloatArray,
        scatter: FloatArray,
        floor: FloatArray,
        previous: AxisCovariances | None = None,
    ) -> AxisCovariances:
        return _spheres(scatter.sum(axis=1) / (scatter.shape[1] * count), floor)

    def n_parameters(self, k: int, d: int) -> int:
        return k


def _spheres(variance: FloatArray, floor: FloatArray) -> AxisCovariances:
    # S - diag(floor) is positive semi-definite for a sphere at the largest of the floors.
    variance = np.maximum(variance, floor.max())
    return AxisCovariances(np.repeat(variance[:, None], len(floor), axis=1))
