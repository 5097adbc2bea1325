"""The stages of a search: who goes on, and how far.

Accelerated runs are short, so that giving up hopeless ones saves little; but after five
iterations the best candidates of a search are nearly always among the better quarter. So runs
pause and the worse candidates stay where they are. Successive halving: Jamieson and Talwalkar
(2016), "Non-stochastic best arm identification and hyperparameter optimization".
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from operator import methodcaller
from typing import Self, TypeAlias

from mixtura.fitting.restarts import Effort
from mixtura.selection.candidate import Candidate

__all__ = ["Stage", "Step", "SuccessiveHalving"]

#: Takes a candidate further.
Step: TypeAlias = Callable[[Candidate], Candidate]

# Iterations after which candidates are judged, and the share of all that goes on.
_PAUSES = ((5, 1 / 4), (20, 1 / 8))
# Iterations in which a run that is leaving a plateau may still come up.
_PROSPECT = 10
# As many times the finalists reach the ends of their first starts at least.
_FIELD_TO_FINALISTS = 2
# Starts of all finalists, and the share of them that makes all of theirs.
_FINAL = Effort.exactly(5)
_SHARE_OF_FINALISTS = 1 / 4
# What more starts are not likely to make up for then, in units of the criterion.
_OUT_OF_REACH = 20.0


def _stay(candidate: Candidate) -> Candidate:
    return candidate


_TO_THE_ENDS: Step = methodcaller("go_on")
_SOME_STARTS: Step = methodcaller("with_starts", _FINAL)
_ALL_STARTS: Step = methodcaller("finish")


@dataclass(frozen=True)
class Stage:
    """The best so far take a step.

    Attributes
    ----------
    n_left : int
        How many of them, at most.
    step : callable
    reach : float
        By how much their criterion may be above the least.
    prospect : int
        Iterations to look ahead: those whose gains grow, so that they might be among the best by
        then, take the step, too.
    """

    n_left: int
    step: Step
    reach: float = math.inf
    prospect: int = 0

    def step_at(self, value: float, least: float) -> Step:
        """The step of one whose criterion has a value; those out of reach stay where they are."""
        return _stay if value > least + self.reach else self.step


@dataclass(frozen=True)
class SuccessiveHalving:
    """How a search goes on.

    Attributes
    ----------
    pause : int or None
        Iterations after which first starts pause; None if they run to their ends.
    stages : tuple of Stage
        After the first starts.
    """

    pause: int | None
    stages: tuple[Stage, ...]

    @classmethod
    def of(cls, n_candidates: int, n_finalists: int, *, early: bool) -> Self:
        """The stages for so many candidates.

        Parameters
        ----------
        n_candidates, n_finalists : int
        early : bool
            Whether early iterations say something about the end.
        """
        if n_finalists >= n_candidates:
            return cls(None, (Stage(n_candidates, _ALL_STARTS),))
        least = _FIELD_TO_FINALISTS * n_finalists
        rounds = [(pause, max(least, math.ceil(share * n_candidates))) for pause, share in _PAUSES]
        rounds = [(pause, n_left) for pause, n_left in rounds if early and n_left < n_candidates]
        first, *later = [*(pause for pause, _ in rounds), None]
        early_stages = (
            Stage(
                n_left,
                _TO_THE_ENDS if pause is None else methodcaller("go_on", pause),
                prospect=_PROSPECT,
            )
            for (_, n_left), pause in zip(rounds, later, strict=True)
        )
        finals = (
            Stage(n_finalists, _SOME_STARTS),
            Stage(math.ceil(_SHARE_OF_FINALISTS * n_finalists), _ALL_STARTS, _OUT_OF_REACH),
        )
        return cls(first, (*early_stages, *finals))
