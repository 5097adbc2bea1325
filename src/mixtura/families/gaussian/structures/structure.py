"""The 14 covariance structures, each of them three letters.

The covariance matrix of component j is written volume_j * orientation_j shape_j orientation_j^T.
Each of the three is equal over components (E), varying (V) or the identity (I); the three
letters name the structure (Banfield and Raftery 1993; Celeux and Govaert 1995).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

from mixtura.errors import MixturaError
from mixtura.families.gaussian.structures.algebra import algebra
from mixtura.families.gaussian.structures.axes import AxisCovariances
from mixtura.families.gaussian.structures.covariances import Covariances
from mixtura.families.gaussian.structures.dense import DenseCovariances
from mixtura.families.gaussian.structures.estimation import (
    along_features,
    in_any_direction,
    likelier,
)
from mixtura.families.tie import Tie
from mixtura.typing import FloatArray

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
    "Structure",
]

_LETTERS = {Tie.SHARED: "E", Tie.OWN: "V", Tie.NONE: "I"}
_TIES = {letter: tie for tie, letter in _LETTERS.items()}
# Simplest first. There are no others: a sphere has no orientation, and a volume is always there.
_ALONG_FEATURES = ("EII", "VII", "EEI", "VEI", "EVI", "VVI")
_NAMES = (*_ALONG_FEATURES, "EEE", "VEE", "EVE", "VVE", "EEV", "VEV", "EVV", "VVV")


@dataclass(frozen=True)
class Structure:
    """How the covariances of k components are tied together.

    Attributes
    ----------
    volume, shape, orientation : Tie

    Examples
    --------
    >>> VVE.volume, VVE.shape, VVE.orientation
    (<Tie.OWN: 2>, <Tie.OWN: 2>, <Tie.SHARED: 1>)
    >>> Structure.named("VVE") == VVE
    True
    >>> VVE.n_parameters(k=3, d=4)
    18
    """

    volume: Tie
    shape: Tie
    orientation: Tie

    def __post_init__(self) -> None:
        _check_name(self.name)

    @classmethod
    def named(cls, name: str) -> Self:
        """That of three letters."""
        _check_name(name)
        return cls(*(_TIES[letter] for letter in name))

    @property
    def name(self) -> str:
        """The letters of volume, shape and orientation."""
        return "".join(_LETTERS[tie] for tie in (self.volume, self.shape, self.orientation))

    @cached_property
    def _letters(self) -> tuple[int, int, int]:
        return self.volume.value, self.shape.value, self.orientation.value

    @property
    def diagonal(self) -> bool:
        """Whether the diagonals of the scatter matrices are all it needs."""
        return self.orientation is Tie.NONE

    @property
    def tied(self) -> bool:
        """Whether the components' covariances constrain each other."""
        return Tie.SHARED in (self.volume, self.shape, self.orientation)

    @property
    def turns(self) -> bool:
        """Whether the axes turn on their own; else shape and orientation are one form."""
        return self.orientation not in (Tie.NONE, self.shape)

    def n_parameters(self, k: int, d: int) -> int:
        """Number of free parameters."""
        shapes, orientations = self.shape.size(k), self.orientation.size(k)
        return self.volume.size(k) + shapes * (d - 1) + orientations * (d * (d - 1) // 2)

    def estimate(
        self, count: FloatArray, scatter: FloatArray, floor: FloatArray, previous: Any = None
    ) -> Covariances:
        """The covariances that maximise the likelihood (see `CovarianceStructure.estimate`).

        Where components constrain each other (VEI, EVI, VEE, EVE, VVE, EEV, VEV, EVV) each one's
        scatter is raised to the floor, and the estimate is kept if it is `likelier`.
        """
        known = None if previous is None else previous.arrays
        made = algebra(len(floor)).estimate(self._letters, count, scatter, floor, known)
        if made is not None:
            return (AxisCovariances if self.diagonal else DenseCovariances).from_arrays(*made)
        make = along_features if self.diagonal else in_any_direction
        new, falls_short = make(self, count, scatter, floor, previous)
        return likelier(new, previous, count, scatter) if falls_short else new


def _check_name(name: str) -> None:
    if name not in _NAMES:
        raise MixturaError(
            f"There is no covariance structure {name!r}. The letters of volume, shape and "
            "orientation, each equal (E), varying (V) or the identity (I), make one of "
            f"{', '.join(_NAMES)}."
        )


#: All of them, simplest first.
STRUCTURES = tuple(map(Structure.named, _NAMES))
EII, VII, EEI, VEI, EVI, VVI, EEE, VEE, EVE, VVE, EEV, VEV, EVV, VVV = STRUCTURES
