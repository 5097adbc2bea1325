"""What people call the covariance structures of Gaussian mixtures."""

from __future__ import annotations

from dataclasses import dataclass

from mixtura.families.gaussian.covariance_arrays import (
    Diagonal,
    Full,
    Layout,
    Spherical,
    Tied,
    WrittenOut,
)
from mixtura.families.gaussian.description import STRUCTURE_TEXTS
from mixtura.families.gaussian.structures import (
    EEE,
    STRUCTURES,
    VII,
    VVI,
    VVV,
    CovarianceStructure,
    Structure,
)

__all__ = ["COVARIANCE_TYPES", "CovarianceType", "searched_types"]


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
    return CovarianceType(structure, layout, STRUCTURE_TEXTS[structure.name])


COVARIANCE_TYPES = {
    "full": _shown(VVV, Full()),
    "tied": _shown(EEE, Tied()),
    "diag": _shown(VVI, Diagonal()),
    "spherical": _shown(VII, Spherical()),
    **{each.name: _shown(each, WrittenOut() if each.diagonal else Full()) for each in STRUCTURES},
    "E": CovarianceType(EEE, Full(), "all components share one variance", True),
    "V": CovarianceType(VVV, Full(), "each component has its own variance", True),
}


def searched_types(d: int) -> tuple[str, ...]:
    """The names of all different structures in d dimensions, simplest first."""
    return ("E", "V") if d == 1 else tuple(structure.name for structure in STRUCTURES)
