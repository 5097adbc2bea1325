"""Covariance structures, as types."""

from mixtura.covariance.axes import AxisCovariances
from mixtura.covariance.diagonal import VVI
from mixtura.covariance.ellipsoidal import EEE, VVV, DenseCovariances
from mixtura.covariance.spherical import VII
from mixtura.covariance.structure import Covariances, Structure

__all__ = [
    "EEE",
    "VII",
    "VVI",
    "VVV",
    "AxisCovariances",
    "Covariances",
    "DenseCovariances",
    "Structure",
]
