"""Many starts, one result: EM finds local optima, so one start proves little."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from mixtura.errors import DegenerateError
from mixtura.families.family import Parameters
from mixtura.result import Fit, Starts
from mixtura.statistics import Statistics

__all__ = ["best_of"]

P = TypeVar("P", bound=Parameters)
S = TypeVar("S", bound=Statistics)

# Two runs that stop within tol of the same optimum can differ by several tol, since the
# projected gain is an estimate.
_SAME_OPTIMUM = 10.0


def best_of(
    run: Callable[[int], Fit[P, S]],
    n_init: int,
    tol: float,
    sound: Callable[[Fit[P, S]], bool],
) -> tuple[Fit[P, S], Starts]:
    """The best of several runs, and how often it was found.

    Parameters
    ----------
    run : callable
        Makes the fit of the start with the given number. It may raise DegenerateError.
    n_init : int
        Number of starts.
    tol : float
        The runs' tolerance, in nats per row: runs closer than ten of it count as one optimum.
    sound : callable
        Whether a fit may compete. The likelihood grows without bound as a component collapses,
        so a collapsed fit would win; it is returned only if all are.

    Raises
    ------
    DegenerateError
        If no start gets as far as a first mixture.
    """
    fits: list[Fit[P, S]] = []
    failures: list[DegenerateError] = []
    for number in range(n_init):
        try:
            fits.append(run(number))
        except DegenerateError as failure:
            failures.append(failure)
    if not fits:
        raise failures[-1]
    competing = [fit for fit in fits if sound(fit)]
    best = max(competing or fits, key=lambda fit: fit.objective)
    objectives = tuple(sorted((fit.objective for fit in competing), reverse=True))
    reach = best.objective - _SAME_OPTIMUM * tol
    n_best = sum(bool(objective >= reach) for objective in objectives)
    return best, Starts(objectives, n_best, n_init - len(competing))
