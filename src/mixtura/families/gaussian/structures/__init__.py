"""Covariance structures as data, and the covariances that they estimate."""

from mixtura.families.gaussian.structures.axes import AxisCovariances, written_out
from mixtura.families.gaussian.structures.covariances import Covariances, CovarianceStructure
from mixtura.families.gaussian.structures.dense import DenseCovariances
from mixtura.families.gaussian.structures.eigen import is_positive_definite
from mixtura.families.gaussian.structures.estimation import shared_axes
from mixtura.families.gaussian.structures.structure import (
    EEE,
    EEI,
    EEV,
    EII,
    EVE,
    EVI,
    EVV,
    STRUCTURES,
    VEE,
    VEI,
    VEV,
    VII,
    VVE,
    VVI,
    VVV,
    Structure,
)

__all__ = [
    "EEE",
    "EEI",
    "EEV",
    "EII",
    "EVE",
    "EVI",
    "EVV",
    "STRUCTURES",
    "VEE",
    "VEI",
    "VEV",
    "VII",
    "VVE",
    "VVI",
    "VVV",
    "AxisCovariances",
    "CovarianceStructure",
    "Covariances",
    "DenseCovariances",
    "Structure",
    "is_positive_definite",
    "shared_axes",
    "written_out",
]
