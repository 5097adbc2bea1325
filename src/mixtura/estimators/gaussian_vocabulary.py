"""What people call the covariance structures of Gaussian mixtures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mixtura.families.gaussian.covariance_arrays import (
    Diagonal,
    Full,
    Layout,
    Spherical,
    Tied,
    WrittenOut,
)
from mixtura.families.gaussian.density import Gaussian
from mixtura.families.gaussian.description import NAMED_STRUCTURES
from mixtura.families.gaussian.structures import (
    EEE,
    STRUCTURES,
    VII,
    VVI,
    VVV,
    CovarianceStructure,
    Structure,
)
from mixtura.families.log_normal import LogNormal
from mixtura.persistence.entries import Entry, either, flag, number, optional, text

__all__ = [
    "COVARIANCE_TYPES",
    "OF_BLOCKS",
    "CovarianceType",
    "gaussian_parameters",
    "log_normal_parameters",
    "searched_types",
    "shape_parameters",
]


@dataclass(frozen=True)
class CovarianceType:
    """A covariance structure, and the shape in which its estimates are shown.

    Attributes
    ----------
    structure : CovarianceStructure
    layout : Layout
    text : str
        The structure in plain words.
    one_dimensional : bool
        Whether the name is reserved for tables of one column.
    """

    structure: CovarianceStructure
    layout: Layout
    text: str
    one_dimensional: bool = False


def _shown(structure: Structure, layout: Layout) -> CovarianceType:
    return CovarianceType(structure, layout, NAMED_STRUCTURES[structure.name][1])


COVARIANCE_TYPES = {
    "full": _shown(VVV, Full()),
    "tied": _shown(EEE, Tied()),
    "diag": _shown(VVI, Diagonal()),
    "spherical": _shown(VII, Spherical()),
    **{each.name: _shown(each, WrittenOut() if each.diagonal else Full()) for each in STRUCTURES},
    "E": CovarianceType(EEE, Full(), "all components share one variance", True),
    "V": CovarianceType(VVV, Full(), "each component has its own variance", True),
}

#: Parameters that a mixture of blocks shares with the estimators of those that have them.
OF_BLOCKS = ("covariance_type", "reg_covar")


def searched_types(d: int) -> tuple[str, ...]:
    """The names of all different structures in d dimensions, simplest first."""
    return ("E", "V") if d == 1 else tuple(structure.name for structure in STRUCTURES)


def shape_parameters(structure: CovarianceStructure, d: int) -> dict[str, Entry[Any]]:
    """What a model file keeps of how components of a structure in d dimensions are estimated.

    Of covariance types these are the names of the structure.
    """
    names = [
        name
        for name, kind in COVARIANCE_TYPES.items()
        if kind.structure == structure and (d == 1 or not kind.one_dimensional)
    ]
    return {"covariance_type": text(*names), "reg_covar": number(0.0)}


def gaussian_parameters(family: Gaussian, d: int) -> dict[str, Entry[Any]]:
    """Parameters of its own that a model file keeps for a mixture of the family."""
    return {
        **shape_parameters(family.structure, d),
        "prior": optional(text("default")),
        "noise": either(flag(), number(above=0.0)),
    }


def log_normal_parameters(family: LogNormal, d: int) -> dict[str, Entry[Any]]:
    """The same for a mixture of log-normal components."""
    return shape_parameters(family.gaussian.structure, d)
