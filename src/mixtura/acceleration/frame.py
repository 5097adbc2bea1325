"""A point on the surface of all mixtures of one kind, with directions to leave it by."""

from __future__ import annotations

from typing import Any, Protocol, Self

from mixtura.mixture import Expectation, Mixture
from mixtura.typing import FloatArray

__all__ = ["Frame"]


class Frame(Protocol):
    """A mixture, and coordinates about it in which the complete data have unit information.

    In such coordinates the gradient of the objective is, to first order, the step that EM
    takes, so no further preconditioner is needed. The coordinates move along with the mixture:
    vectors of one frame are carried to the next one as they are.
    """

    @property
    def mixture(self) -> Mixture[Any, Any]:
        """Where it is."""
        ...

    def gradient(self, expectation: Expectation[Any], /) -> FloatArray:
        """Gradient of the objective in nats per row, from the E-step at this mixture."""
        ...

    def greatest(self, step: FloatArray, /) -> float:
        """The largest change that a step makes to any one parameter, relative to its scale."""
        ...

    def moved(self, step: FloatArray, expectation: Expectation[Any], /) -> Self | None:
        """The frame at the end of a step; None where no sound mixture is.

        What the coordinates do not describe is taken from the M-step after the expectation.
        """
        ...

    def towards(self, mixture: Mixture[Any, Any], /) -> tuple[FloatArray, Self] | None:
        """The step to a mixture and the frame there; None where there is no frame."""
        ...
