"""What a fit returns."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Generic, Self, TypeVar

from mixtura.acceleration import UpdateRule
from mixtura.families.family import Parameters
from mixtura.mixture import Expectation, Mixture
from mixtura.statistics import Statistics
from mixtura.stopping import Status

__all__ = ["Ahead", "Fit", "Optimum", "Starts"]

P = TypeVar("P", bound=Parameters)
S = TypeVar("S", bound=Statistics)

# Starts after which finding the best optimum but once says something.
_TELLING = 3
# Growth of a run's gains from one iteration to the next that says no more than a larger one.
_FASTEST = 1e3


@dataclass(frozen=True)
class Ahead(Generic[P, S]):
    """The pass over the rows that a run makes next.

    Attributes
    ----------
    n_iter : int
        How many iterations it ends.
    mixture : Mixture
        The one that is to be judged.
    update_rule : UpdateRule
        What follows from that.
    running : Expectation or None
        What schedules with steps below 1 remember.
    """

    n_iter: int
    mixture: Mixture[P, S]
    update_rule: UpdateRule
    running: Expectation[S] | None = None


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
    ahead : Ahead or None
        Where it would go on; None if it ended.
    """

    mixture: Mixture[P, S]
    objective: float
    trace: tuple[float, ...]
    n_iter: int
    status: Status
    ahead: Ahead[P, S] | None = None

    @classmethod
    def begun(
        cls, mixture: Mixture[P, S], update_rule: UpdateRule, trace: Sequence[float] = ()
    ) -> Self:
        """A run before its first pass over the rows; the trace is that of an earlier fit."""
        status = Status(converged=False, text="not yet begun", paused=True)
        return cls(mixture, -math.inf, tuple(trace), 0, status, Ahead(0, mixture, update_rule))

    def prospect(self, n_iter: int) -> float:
        """The objective after so many more iterations if its gains grow now, and go on to.

        They do so on the way out of a plateau. It is the present one if they do not.
        """
        gains = [after - at for at, after in pairwise(self.trace[-3:])]
        if not self.status.paused or len(gains) < 2 or not 0.0 < gains[0] < gains[1]:
            return self.objective
        before, last = gains
        growth = min(last / before, _FASTEST)
        return self.objective + last * sum(growth**i for i in range(1, n_iter + 1))

    @property
    def remaining(self) -> float | None:
        """How far the limit was thought to be at the end, in nats per unit of weight, if known."""
        return self.status.outlook.remaining

    @property
    def rate(self) -> float | None:
        """Factor by which plain EM's gains shrink per iteration near the limit, if known."""
        return self.status.outlook.rate


@dataclass(frozen=True)
class Optimum:
    """A local optimum that starts ended in.

    Attributes
    ----------
    objective : float
        In nats per unit of weight.
    times : int
        How many starts ended there.
    agreement : float
        Adjusted Rand index of its partition with the best one's: 1 if they are equal.
    """

    objective: float
    times: int
    agreement: float


@dataclass(frozen=True)
class Starts:
    """How the starts ended: EM finds local optima, so one start proves little.

    Attributes
    ----------
    optima : tuple of Optimum
        The different ones found, best first.
    n_failed : int
        Starts that ended with a collapsed or spurious component and did not compete.
    """

    optima: tuple[Optimum, ...]
    n_failed: int

    @property
    def n_best(self) -> int:
        """How many starts reached the best optimum."""
        return self.optima[0].times if self.optima else 0

    @property
    def n_made(self) -> int:
        return sum(optimum.times for optimum in self.optima) + self.n_failed

    @property
    def caution(self) -> str | None:
        """A word of warning where the best optimum may not be the highest there is."""
        if self.n_best != 1 or self.n_made < _TELLING:
            return None
        return (
            f"Only 1 of {self.n_made} starts found the best optimum, so there may be a better "
            "one: make more starts (n_init)."
        )

    def __str__(self) -> str:
        others = len(self.optima) - 1
        further = f"; {others} other{'s' if others > 1 else ''} found" if others > 0 else ""
        failed = f", {self.n_failed} not sound" if self.n_failed else ""
        return f"best optimum found by {self.n_best} of {self.n_made} starts{failed}{further}"
