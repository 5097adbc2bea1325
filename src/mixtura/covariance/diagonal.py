"""Diagonal structures: a variance for each feature, axes along the features.

With s_j the diagonal of component j's scatter, each variance vector is volume_j * shape_j, the
shape with product 1 (Celeux and Govaert 1995, section 4.2).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mixtura.covariance.alternation import geometric_means, varying_volumes
from mixtura.covariance.axes import AxisCovariances
from mixtura.covariance.structure import likelier
from mixtura.errors import DegenerateError
from mixtura.typing import FloatArray

__all__ = ["EEI", "EVI", "VEI", "VVI", "equal_shape"]


@dataclass(frozen=True)
class EEI:
    """Equal volume and shape: all components share one variance for each feature."""

    diagonal = True

    def estimate(
        self,
        count: FloatArray,
        scatter: FloatArray,
        floor: FloatArray,
        previous: AxisCovariances | None = None,
    ) -> AxisCovariances:
        variances = np.maximum(scatter.sum(axis=0) / count.sum(), floor)
        return AxisCovariances(np.tile(variances, (len(count), 1)))

    def n_parameters(self, k: int, d: int) -> int:
        return d


@dataclass(frozen=True)
class VEI:
    """Varying volume, equal shape: variances are proportional to each other."""

    diagonal = True

    def estimate(
        self,
        count: FloatArray,
        scatter: FloatArray,
        floor: FloatArray,
        previous: AxisCovariances | None = None,
    ) -> AxisCovariances:
        volumes, shape = equal_shape(count, _raised(count, scatter, floor))
        return likelier(AxisCovariances(volumes[:, None] * shape), previous, count, scatter)

    def n_parameters(self, k: int, d: int) -> int:
        return k + d - 1


@dataclass(frozen=True)
class EVI:
    """Equal volume, varying shape: the products of the variances are equal."""

    diagonal = True

    def estimate(
        self,
        count: FloatArray,
        scatter: FloatArray,
        floor: FloatArray,
        previous: AxisCovariances | None = None,
    ) -> AxisCovariances:
        raised = _raised(count, scatter, floor)
        _check_positive(raised)
        products = geometric_means(raised)
        volume = products.sum() / count.sum()
        new = AxisCovariances(volume * raised / products[:, None])
        return likelier(new, previous, count, scatter)

    def n_parameters(self, k: int, d: int) -> int:
        return 1 + k * (d - 1)


@dataclass(frozen=True)
class VVI:
    """Varying volume and shape: each component has its own variance for each feature."""

    diagonal = True

    def estimate(
        self,
        count: FloatArray,
        scatter: FloatArray,
        floor: FloatArray,
        previous: AxisCovariances | None = None,
    ) -> AxisCovariances:
        return AxisCovariances(np.maximum(scatter / count[:, None], floor))

    def n_parameters(self, k: int, d: int) -> int:
        return k * d


def equal_shape(count: FloatArray, spread: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Volumes (k,) and the common shape (d,) of spreads (k, d) along some axes."""
    _check_positive(spread.sum(axis=0, keepdims=True))
    return varying_volumes(
        count,
        spread,
        normalized=lambda shape: shape / geometric_means(shape),
        traces=lambda spreads, shape: (spreads / shape).sum(axis=1),
    )


def _raised(count: FloatArray, scatter: FloatArray, floor: FloatArray) -> FloatArray:
    """Scatters of components that lie on the floor where they were below it."""
    return np.maximum(scatter, count[:, None] * floor)


def _check_positive(scatter: FloatArray) -> None:
    collapsed = np.any(scatter <= 0.0, axis=1)
    if collapsed.any():
        raise DegenerateError.of(collapsed)
