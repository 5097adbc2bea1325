"""What a fit returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from mixtura.families.family import Parameters
from mixtura.mixture import Mixture
from mixtura.statistics import Statistics
from mixtura.stopping import Status

__all__ = ["Fit", "Starts"]

P = TypeVar("P", bound=Parameters)
S = TypeVar("S", bound=Statistics)


@dataclass(frozen=True)
class Fit(Generic[P, S]):
    """The outcome of one run of the loop.

    Attributes
    ----------
    mixture : Mixture
        The best mixture seen.
    objective : float
        Its objective in nats per unit of weight.
    trace : tuple of float
        The objective before the first iteration and after each one, in nats per unit of weight;
        those of the fit that was continued, if any, come first. An accelerated iteration that
        failed and is taken back repeats the value before it.
    n_iter : int
        Number of iterations done, each one pass over the rows: (M, E) pairs of EM, and all
        accelerated steps, failed ones too.
    status : Status
        Why the loop stopped.
    """

    mixture: Mixture[P, S]
    objective: float
    trace: tuple[float, ...]
    n_iter: int
    status: Status

    @property
    def remaining(self) -> float | None:
        """How far the limit was thought to be at the end, in nats per unit of weight, if known."""
        return self.status.outlook.remaining

    @property
    def rate(self) -> float | None:
        """Factor by which plain EM's gains shrink per iteration near the limit, if known."""
        return self.status.outlook.rate


@dataclass(frozen=True)
class Starts:
    """How the restarts ended: EM finds local optima, so one start proves little.

    Attributes
    ----------
    objectives : tuple of float
        Final objective of each start that went through, best first, in nats per unit of weight.
    n_best : int
        How many of them reached the best one, within their tolerance.
    n_failed : int
        Starts that ended with a collapsed component and did not compete.
    """

    objectives: tuple[float, ...]
    n_best: int
    n_failed: int

    @property
    def n_made(self) -> int:
        return len(self.objectives) + self.n_failed

    def __str__(self) -> str:
        failed = f", {self.n_failed} collapsed" if self.n_failed else ""
        return f"best optimum found by {self.n_best} of {self.n_made} starts{failed}"
