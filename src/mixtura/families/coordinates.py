"""Coordinates about the parameters of some components: what acceleration needs of a family."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, Self, TypeVar

from mixtura.typing import FloatArray

__all__ = ["Coordinates"]

P = TypeVar("P")
S_contra = TypeVar("S_contra", contravariant=True)


class Coordinates(Protocol[P, S_contra]):
    """Parameters, and natural coordinates about them in which small changes are described.

    The complete data's information about them is diagonal. The coordinates move along with the
    parameters: vectors of one place are carried to the next one as they are.
    """

    @property
    def params(self) -> P:
        """Where they are."""
        ...

    def information(self, weights: FloatArray, /) -> FloatArray:
        """The complete data's about each coordinate (p,), per row, from mixing weights (k,)."""
        ...

    def gradient(self, statistics: S_contra, weight: float, /) -> FloatArray:
        """That of the objective (p,), in nats per row, from the E-step's statistics here.

        `weight` is the total weight of the rows.
        """
        ...

    def moved(self, changes: FloatArray, estimate: Callable[[], P], /) -> Self | None:
        """The place after changes (p,); None where no sound parameters are.

        What the coordinates do not describe is taken from the M-step's estimate.
        """
        ...

    def towards(self, params: P, /) -> tuple[FloatArray, Self] | None:
        """The changes (p,) on the way to other parameters, and the place there, if there is one."""
        ...
