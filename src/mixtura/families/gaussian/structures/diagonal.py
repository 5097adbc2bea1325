"""Diagonal structures: a variance for each feature, axes along the features.

With s_j the diagonal of component j's scatter, each variance vector is volume_j * shape_j, the
shape with product 1 (Celeux and Govaert 1995, section 4.2).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mixtura.errors import DegenerateError
from mixtura.families.gaussian.structures.algebra import algebra
from mixtura.families.gaussian.structures.axes import AxisCovariances
from mixtura.families.gaussian.structures.common_principal_axes import geometric_means
from mixtura.families.gaussian.structures.structure import first_scales, likelier
from mixtura.typing import FloatArray

__all__ = ["EEI", "EVI", "VEI", "VVI"]


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
        return AxisCovariances(np.repeat(variances[None], len(count), axis=0))

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
        raised = _raised(count, scatter, floor)
        first = first_scales(count, previous)
        scales, form = algebra(len(floor)).common_form(count, raised, first)
        new = AxisCovariances(scales[:, None] * form)
        return new if raised is scatter else likelier(new, previous, count, scatter)

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
        DegenerateError.unless_positive(raised)
        products = geometric_means(raised)
        volume = products.sum() / count.sum()
        new = AxisCovariances(volume * raised / products[:, None])
        return new if raised is scatter else likelier(new, previous, count, scatter)

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


def _raised(count: FloatArray, scatter: FloatArray, floor: FloatArray) -> FloatArray:
    """Scatters of components that lie on the floor where they were below it."""
    least = count[:, None] * floor
    return scatter if (scatter >= least).all() else np.maximum(scatter, least)
