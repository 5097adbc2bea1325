"""Covariance structures, as types."""

from mixtura.families.gaussian.structures.axes import AxisCovariances
from mixtura.families.gaussian.structures.common_axes import EVE, VVE, shared_axes
from mixtura.families.gaussian.structures.diagonal import EEI, EVI, VEI, VVI
from mixtura.families.gaussian.structures.ellipsoidal import (
    EEE,
    EEV,
    EVV,
    VEE,
    VEV,
    VVV,
    DenseCovariances,
)
from mixtura.families.gaussian.structures.spherical import EII, VII
from mixtura.families.gaussian.structures.structure import Covariances, Structure
from mixtura.families.gaussian.structures.volume_shape_orientation import FREEDOMS, Freedom

__all__ = [
    "EEE",
    "EEI",
    "EEV",
    "EII",
    "EVE",
    "EVI",
    "EVV",
    "FREEDOMS",
    "VEE",
    "VEI",
    "VEV",
    "VII",
    "VVE",
    "VVI",
    "VVV",
    "AxisCovariances",
    "Covariances",
    "DenseCovariances",
    "Freedom",
    "Structure",
    "shared_axes",
]
