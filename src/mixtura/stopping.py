"""When to stop, and how to say why.

The last gain of EM says little about how far the limit is: near it the gains shrink by a
constant ratio q, so what remains after a gain g is g q / (1 - q) (Aitken), five to forty times
g on slow problems. The rule here judges that projection, with the largest of the last three
ratios, and does not stop while the gains are not shrinking.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

__all__ = ["DEFAULT_RULE", "Status", "StoppingRule", "fixed_length", "projected_gain"]


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
    """

    converged: bool
    text: str
    collapsed: bool = False

    def __str__(self) -> str:
        return self.text


#: (objectives so far in nats per row, iterations done) -> why to stop, or None to go on.
StoppingRule: TypeAlias = Callable[[Sequence[float], int], Status | None]

_RATIOS = 3


def projected_gain(tol: float, max_iter: int) -> StoppingRule:
    """Stop once both the last gain and the projected remaining gain are below tol.

    Parameters
    ----------
    tol : float
        In nats per row (per unit of weight).
    max_iter : int
        Iterations after which to give up, saying how much is thought to remain.
    """

    def judge(trace: Sequence[float], n_iter: int) -> Status | None:
        if not np.isfinite(trace[-1]):
            return Status(False, _unreachable(trace[-1]))
        if len(trace) > 1:
            gain = trace[-1] - trace[-2]
            if abs(gain) <= _rounding(trace[-1]):
                return Status(True, f"converged in {n_iter} iterations: no further gain")
            if gain < 0.0:
                return _fallen(-gain, tol, n_iter)
            remaining = remaining_gain(trace)
            if gain < tol and remaining is not None and remaining < tol:
                return Status(
                    True,
                    f"converged in {n_iter} iterations: about {remaining:.1e} nats per row remain",
                )
        if n_iter >= max_iter:
            return Status(False, _exhausted(trace, max_iter))
        return None

    return judge


#: What the loop uses unless told otherwise.
DEFAULT_RULE = projected_gain(tol=1e-7, max_iter=1000)


def fixed_length(n_iter: int) -> StoppingRule:
    """Stop after a given number of iterations, for random walks that never settle."""

    def judge(trace: Sequence[float], done: int) -> Status | None:
        if done < n_iter:
            return None
        return Status(True, f"ran its {n_iter} random iterations and kept the best")

    return judge


def remaining_gain(trace: Sequence[float]) -> float | None:
    """Projected distance to the limit, in nats per row; None while the gains do not shrink."""
    gains = np.diff(trace[-(_RATIOS + 2) :])
    if len(gains) < 2 or not (gains > 0.0).all():
        return None
    ratio = float((gains[1:] / gains[:-1]).max())
    return float(gains[-1]) * ratio / (1.0 - ratio) if ratio < 1.0 else None


def _rounding(objective: float) -> float:
    """Differences of the objective that mean nothing: it is a mean over many rounded terms."""
    return 16.0 * float(np.finfo(np.float64).eps) * (1.0 + abs(objective))


def _fallen(fall: float, tol: float, n_iter: int) -> Status:
    """EM cannot fall but by rounding; what falls by more is not at an optimum."""
    text = f"after {n_iter} iterations the objective fell by {fall:.1e} nats per row"
    if fall < tol:
        return Status(True, f"converged: {text}, the limit of working precision here")
    return Status(False, f"stopped: {text}; this is the mixture before the fall")


def _exhausted(trace: Sequence[float], max_iter: int) -> str:
    remaining = remaining_gain(trace)
    distance = "an unknown gain" if remaining is None else f"about {remaining:.1e} nats per row"
    return f"did not converge in {max_iter} iterations: {distance} may remain"


def _unreachable(objective: float) -> str:
    return (
        f"stopped at an objective of {objective}: some row has no density under any component; "
        "start from other parameters"
    )
