"""Many starts, one result: EM finds local optima, so one start proves little."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Generic, Self, TypeVar

from mixtura.errors import DegenerateError
from mixtura.families.family import Parameters
from mixtura.result import Fit, Optimum, Starts
from mixtura.statistics import Statistics

__all__ = ["Effort", "Restarts", "restart"]

P = TypeVar("P", bound=Parameters)
S = TypeVar("S", bound=Statistics)


@dataclass(frozen=True)
class Effort:
    """When enough starts have been made.

    Attributes
    ----------
    most : int
        Number of starts after which to end.
    enough : int
        How often the best optimum has to be found to end before.
    """

    most: int
    enough: int

    @classmethod
    def exactly(cls, n_init: int) -> Self:
        """That many starts, whatever they find."""
        return cls(n_init, n_init)

    def at_most(self, other: Self) -> Self:
        """No more than another effort."""
        return type(self)(min(self.most, other.most), min(self.enough, other.enough))


@dataclass(frozen=True)
class Restarts(Generic[P, S]):
    """The runs made so far.

    Attributes
    ----------
    optima : tuple of (Fit, int)
        The different optima that sound runs ended in, best first: the best run of each, and
        how many ended there.
    unsound : tuple of Fit
        Runs that ended with a collapsed component. The likelihood grows without bound as a
        component collapses, so these would win; the best is returned only if all collapsed.
    n_degenerate : int
        Starts that did not get as far as a first mixture.
    """

    optima: tuple[tuple[Fit[P, S], int], ...] = ()
    unsound: tuple[Fit[P, S], ...] = ()
    n_degenerate: int = 0

    @property
    def n_made(self) -> int:
        return sum(times for _, times in self.optima) + len(self.unsound) + self.n_degenerate

    @property
    def best(self) -> Fit[P, S]:
        if self.optima:
            return self.optima[0][0]
        return max(self.unsound, key=lambda fit: fit.objective)

    def reached(self, effort: Effort) -> bool:
        """Whether these are enough."""
        n_best = self.optima[0][1] if self.optima else 0
        return self.n_made >= effort.most or n_best >= effort.enough

    def summary(self, agreement: Callable[[Fit[P, S], Fit[P, S]], float]) -> Starts:
        """What to tell of them; the agreement is that of two fits' partitions."""
        optima = (
            Optimum(fit.objective, times, agreement(fit, self.best)) for fit, times in self.optima
        )
        return Starts(tuple(optima), len(self.unsound) + self.n_degenerate)

    def _with(self, fit: Fit[P, S], same: Callable[[Fit[P, S], Fit[P, S]], bool]) -> Self:
        """With one sound run more."""
        for place, (known, times) in enumerate(self.optima):
            if same(known, fit):
                better = max(known, fit, key=lambda one: one.objective)
                others = self.optima[:place] + self.optima[place + 1 :]
                return self._ranked((*others, (better, times + 1)))
        return self._ranked((*self.optima, (fit, 1)))

    def _ranked(self, optima: tuple[tuple[Fit[P, S], int], ...]) -> Self:
        best_first = sorted(optima, key=lambda optimum: -optimum[0].objective)
        return replace(self, optima=tuple(best_first))


def restart(
    run: Callable[[int], Fit[P, S]],
    effort: Effort,
    *,
    sound: Callable[[Fit[P, S]], bool],
    same: Callable[[Fit[P, S], Fit[P, S]], bool],
    before: Restarts[P, S],
) -> Restarts[P, S]:
    """Make starts until the effort is reached.

    Parameters
    ----------
    run : callable
        Makes the fit of the start with the given number. It may raise DegenerateError.
    effort : Effort
    sound : callable
        Whether a fit may compete.
    same : callable
        Whether two fits ended in the same optimum.
    before : Restarts
        The starts made before, after which these go on.

    Raises
    ------
    DegenerateError
        If no start gets as far as a first mixture.
    """
    restarts = before
    while not restarts.reached(effort):
        try:
            fit = run(restarts.n_made)
        except DegenerateError as failure:
            restarts = replace(restarts, n_degenerate=restarts.n_degenerate + 1)
            if restarts.n_degenerate == effort.most:
                raise failure from None
            continue
        if sound(fit):
            restarts = restarts._with(fit, same)
        else:
            restarts = replace(restarts, unsound=(*restarts.unsound, fit))
    return restarts
