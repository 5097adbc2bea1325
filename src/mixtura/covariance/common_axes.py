"""Ellipsoidal structures with one orientation for all components: EVE and VVE.

S_j = D B_j D^T with D orthogonal and B_j diagonal. Given D, the best B_j follow from the
diagonals of D^T scatter_j D; `turns` finds D. (Browne and McNicholas 2014 have another way.)

The maximum over D may not be the only one. Starting from the current D keeps EM monotone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from mixtura.covariance.algebra import algebra
from mixtura.covariance.eigen import principal_axes_of
from mixtura.covariance.ellipsoidal import DenseCovariances, raised_scatter
from mixtura.covariance.structure import likelier
from mixtura.typing import FloatArray

__all__ = ["EVE", "VVE", "shared_axes"]


@dataclass(frozen=True)
class EVE:
    """Equal volume and orientation, varying shape."""

    diagonal = False

    def estimate(
        self,
        count: FloatArray,
        scatter: FloatArray,
        floor: FloatArray,
        previous: DenseCovariances | None = None,
    ) -> DenseCovariances:
        return _with_common_axes(count, scatter, floor, previous, equal_volumes=True)

    def n_parameters(self, k: int, d: int) -> int:
        return 1 + k * (d - 1) + d * (d - 1) // 2


@dataclass(frozen=True)
class VVE:
    """Varying volume and shape, equal orientation."""

    diagonal = False

    def estimate(
        self,
        count: FloatArray,
        scatter: FloatArray,
        floor: FloatArray,
        previous: DenseCovariances | None = None,
    ) -> DenseCovariances:
        return _with_common_axes(count, scatter, floor, previous, equal_volumes=False)

    def n_parameters(self, k: int, d: int) -> int:
        return k * d + d * (d - 1) // 2


def _with_common_axes(
    count: FloatArray,
    scatter: FloatArray,
    floor: FloatArray,
    previous: DenseCovariances | None,
    *,
    equal_volumes: bool,
) -> DenseCovariances:
    raised = raised_scatter(count, scatter, floor)
    axes = shared_axes(raised if previous is None else previous.dense)
    axes, spread, shares = algebra(len(floor)).common_axes(
        count, raised, axes, equal_volumes=equal_volumes
    )
    variances = shares.sum() / count.sum() * spread / shares[:, None]
    new = DenseCovariances.of((axes * variances[:, None, :]) @ axes.T)
    return new if raised is scatter else likelier(new, previous, count, scatter)


def shared_axes(matrices: FloatArray) -> FloatArray:
    """The axes (d, d), in columns, that matrices (k, d, d) have in common, if they have any."""
    k, d = matrices.shape[:2]
    return principal_axes_of((_shares(k) @ matrices.reshape(k, d * d)).reshape(d, d))


@cache
def _shares(k: int) -> FloatArray:
    """Unequal ones, which keep axes apart whose variances happen to be equal in the sum."""
    return 1.0 + 0.1 * np.arange(k) / k
