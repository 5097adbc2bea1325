"""When to stop, and how to say why.

The last gain of EM says little about how far the limit is: near it the gains shrink by a
constant ratio q, so what remains after a gain g is g q / (1 - q) (Aitken), five to forty times
g on slow problems. The rule here judges that projection, with the largest of the last three
ratios, and does not stop while the gains are not shrinking.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from typing import Self, TypeAlias

__all__ = [
    "DEFAULT_RULE",
    "Outlook",
    "Status",
    "StoppingRule",
    "fixed_length",
    "judged_rounds",
    "paused_after",
    "projected",
    "projected_gain",
    "rounding",
]


@dataclass(frozen=True)
class Outlook:
    """What is thought of the way that remains.

    Attributes
    ----------
    remaining : float or None
        Projected distance to the limit, in nats per row; infinite right after a failed trial,
        None if nothing is known.
    rate : float or None
        Factor by which plain EM's gains shrink from one iteration to the next, near the limit.
    """

    remaining: float | None
    rate: float | None

    @property
    def known(self) -> Self:
        """The same for the record of a fit: of a limit infinitely far away nothing is known."""
        parts = (self.remaining, self.rate)
        return type(self)(*(x if x is not None and math.isfinite(x) else None for x in parts))

    def __str__(self) -> str:
        if self.remaining is None or math.isinf(self.remaining):
            return "an unknown gain"
        return f"about {self.remaining:.1e} nats per row"


_UNKNOWN = Outlook(None, None)


@dataclass(frozen=True)
class Status:
    """Why a fit stopped.

    Attributes
    ----------
    converged : bool
    text : str
        The reason in words.
    collapsed : bool
        Whether the next step would have ended in a degenerate component.
    outlook : Outlook
        How far the limit was thought to be.
    paused : bool
        Whether the fit was only interrupted, and could go on.
    """

    converged: bool
    text: str
    collapsed: bool = False
    outlook: Outlook = _UNKNOWN
    paused: bool = False

    def __str__(self) -> str:
        return self.text


#: (objectives so far in nats per row, iterations done, outlook) -> why to stop, or None to go on.
#: Accelerated iterations give their own outlook: the trace of gains does not tell it.
Judge: TypeAlias = Callable[[Sequence[float], int, "Callable[[], Outlook] | None"], Status | None]


@dataclass(frozen=True)
class StoppingRule:
    """When to stop, and what is sure beforehand.

    Attributes
    ----------
    judge : callable
    tol : float
        In nats per row: a run of plain EM goes on while what it gained, or what is projected to
        remain, is above this,
    limit : int
        and it has done fewer iterations than these.
    """

    judge: Judge
    tol: float
    limit: int

    def __call__(
        self,
        trace: Sequence[float],
        n_iter: int,
        outlook: Callable[[], Outlook] | None = None,
    ) -> Status | None:
        """Why to stop after n_iter iterations, or None to go on."""
        return self.judge(trace, n_iter, outlook)


_RATIOS = 3

# Shares of tol that projections are judged by. Those of plain EM are a little too small while the
# ratios still grow; what comes after an accelerated gain is less regular.
_PLAIN, _ACCELERATED = 3.0 / 4.0, 1.0 / 3.0


def projected_gain(tol: float, max_iter: int) -> StoppingRule:
    """Stop once both the last gain and the projected remaining gain are below tol.

    Parameters
    ----------
    tol : float
        In nats per row (per unit of weight).
    max_iter : int
        Iterations after which to give up, saying how much is thought to remain.
    """

    def judge(
        trace: Sequence[float], n_iter: int, outlook: Callable[[], Outlook] | None
    ) -> Status | None:
        if not math.isfinite(trace[-1]):
            return Status(False, _unreachable(trace[-1]))
        enough = (_PLAIN if outlook is None else _ACCELERATED) * tol
        look = partial(projected, trace) if outlook is None else outlook
        last = n_iter >= max_iter
        gain = trace[-1] - trace[-2] if len(trace) > 1 else math.inf
        if gain < enough or abs(gain) <= rounding(trace[-1]) or last:
            ahead = look()
            status = _judged(gain, ahead, enough, n_iter, rounding(trace[-1]))
            if status is not None:
                return status
            if last:
                text = f"did not converge in {_iterations(max_iter)}: {ahead} may remain"
                return Status(False, text, outlook=ahead)
        return None

    return StoppingRule(judge, _PLAIN * tol, max_iter)


def _judged(
    gain: float, ahead: Outlook, enough: float, n_iter: int, rounding: float
) -> Status | None:
    """What a small gain means."""
    remaining = ahead.remaining
    if remaining is not None and math.isinf(remaining):
        return None
    if abs(gain) <= rounding:
        return Status(True, f"converged in {_iterations(n_iter)}: no further gain", outlook=ahead)
    if gain < 0.0:
        return _fallen(-gain, enough, n_iter)
    if gain < enough and remaining is not None and remaining < enough:
        text = f"converged in {_iterations(n_iter)}: {ahead} remain"
        return Status(True, text, outlook=ahead)
    return None


#: What the loop uses unless told otherwise.
DEFAULT_RULE = projected_gain(tol=1e-7, max_iter=1000)


def judged_rounds(
    n_whole: Callable[[int, int], int], judging: int, tol: float, max_iter: int
) -> StoppingRule:
    """Stop once the passes over all rows that end a round say that little remains to be gained.

    Parameters
    ----------
    n_whole : callable
        (iterations done, max_iter) -> how many passes over all rows have been made, one after the
        other; 0 within mini-batches.
    judging : int
        How many end a round.
    tol : float
        In nats per row (per unit of weight).
    max_iter : int
        Iterations after which to give up.
    """
    rule = projected_gain(tol, max_iter)

    def judge(
        trace: Sequence[float], n_iter: int, outlook: Callable[[], Outlook] | None
    ) -> Status | None:
        n_known = n_whole(n_iter, max_iter)
        if n_iter < max_iter and n_known < judging:
            return None
        status = rule(trace[len(trace) - n_known :], n_iter, outlook)
        return None if status is None else _roughly(status, n_iter, tol)

    return StoppingRule(judge, rule.tol, max_iter)


def _roughly(status: Status, n_iter: int, tol: float) -> Status:
    """The same with an outlook that claims no more than tol.

    The few gains that end a round are those of directions in which EM is quick. Of slow ones they
    tell no more than that little was gained there.
    """
    if status.outlook.remaining is None:
        return status
    ahead = Outlook(max(status.outlook.remaining, tol), None)
    text = f"did not converge in {_iterations(n_iter)}: {ahead} may remain"
    if status.converged:
        text = f"converged in {_iterations(n_iter)}: no more than {ahead} are thought to remain"
    return replace(status, text=text, outlook=ahead)


def fixed_length(n_iter: int, outcome: str = "kept the best") -> StoppingRule:
    """Stop after a given number of iterations, for random walks that never settle.

    What comes of them is told in words.
    """

    def judge(
        trace: Sequence[float], done: int, outlook: Callable[[], Outlook] | None
    ) -> Status | None:
        if done < n_iter:
            return None
        return Status(True, f"ran its {n_iter} random iterations and {outcome}")

    return StoppingRule(judge, -math.inf, n_iter)


def paused_after(rule: StoppingRule, pause: int) -> StoppingRule:
    """The rule, but a fit that has not stopped after so many iterations is paused."""

    def judge(
        trace: Sequence[float], n_iter: int, outlook: Callable[[], Outlook] | None
    ) -> Status | None:
        status = rule(trace, n_iter, outlook)
        if status is not None or n_iter < pause:
            return status
        ahead = projected(trace) if outlook is None else outlook()
        text = f"paused after {_iterations(n_iter)}: {ahead} may remain"
        return Status(False, text, outlook=ahead, paused=True)

    return StoppingRule(judge, rule.tol, min(rule.limit, pause))


def projected(trace: Sequence[float]) -> Outlook:
    """The outlook of plain EM; nothing is known while the gains do not shrink."""
    gains = [new - old for old, new in pairwise(trace[-(_RATIOS + 2) :])]
    if len(gains) < 2 or min(gains) <= 0.0:
        return _UNKNOWN
    rate = max(new / old for old, new in pairwise(gains))
    remaining = gains[-1] * rate / (1.0 - rate) if rate < 1.0 else None
    return Outlook(remaining, rate)


def rounding(objective: float) -> float:
    """Differences of the objective that mean nothing: it is a mean over many rounded terms."""
    return 16.0 * sys.float_info.epsilon * (1.0 + abs(objective))


def _fallen(fall: float, tol: float, n_iter: int) -> Status:
    """EM cannot fall but by rounding; what falls by more is not at an optimum."""
    text = f"after {_iterations(n_iter)} the objective fell by {fall:.1e} nats per row"
    if fall < tol:
        return Status(True, f"converged: {text}, the limit of working precision here")
    return Status(False, f"stopped: {text}; this is the mixture before the fall")


def _unreachable(objective: float) -> str:
    return (
        f"stopped at an objective of {objective}: some row has no density under any component; "
        "start from other parameters"
    )


def _iterations(n: int) -> str:
    return f"{n} iteration" if n == 1 else f"{n} iterations"
