"""Covariance structures, as types."""

from mixtura.covariance.axes import AxisCovariances, written_out
from mixtura.covariance.common_axes import EVE, VVE, shared_axes
from mixtura.covariance.diagonal import EEI, EVI, VEI, VVI
from mixtura.covariance.eigen import is_positive_definite
from mixtura.covariance.ellipsoidal import EEE, EEV, EVV, VEE, VEV, VVV, DenseCovariances
from mixtura.covariance.freedom import FREEDOMS, Freedom, Tie
from mixtura.covariance.spherical import EII, VII
from mixtura.covariance.structure import Covariances, Structure

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
    "Tie",
    "is_positive_definite",
    "shared_axes",
    "written_out",
]
