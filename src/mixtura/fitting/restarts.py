"""Many starts, one result: EM finds local optima, so one start proves little."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Self, TypeAlias

from mixtura.em import Fit
from mixtura.errors import DegenerateError
from mixtura.fitting.agreement import Compared
from mixtura.starts.ways import RELATIVES

__all__ = ["Effort", "Found", "Optimum", "Restarts", "Starts", "restart", "resume"]

#: Whether a run may compete.
Sound: TypeAlias = Callable[[Fit[Any, Any]], bool]

#: Whether two runs ended in the same optimum.
Same: TypeAlias = Callable[[Fit[Any, Any], Fit[Any, Any]], bool]

# Iterations within which a run comes to its end where components lie apart.
_FEW = 20

# Starts after which finding the best optimum but once says something.
_TELLING = 3

# Share of the rows in other clusters from which on that is worth a word.
_MOVED = 0.01


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
    moved : float
        Share of the rows that are in another cluster than under the best one.
    ways : tuple of str
        The kinds of these starts, in the order in which they found it.
    """

    objective: float
    times: int
    agreement: float
    moved: float = 0.0
    ways: tuple[str, ...] = ()


@dataclass(frozen=True)
class Starts:
    """How the starts ended: EM finds local optima, so one start proves little.

    Attributes
    ----------
    optima : tuple of Optimum
        The different ones found, best first.
    n_failed : int
        Starts that ended in an optimum that is not sound, or in none.
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
    def ways(self) -> tuple[str, ...]:
        """The kinds of starts that reached the best optimum."""
        return self.optima[0].ways if self.optima else ()

    def caution(self, weight: float) -> str | None:
        """What it means for the clusters that but one start found the best optimum, if anything.

        `weight` is the total weight of the rows.
        """
        if self.n_best != 1 or self.n_made < _TELLING or len(self.optima) == 1:
            return None
        if self.optima[1].moved < _MOVED:
            return None
        best, next_best = self.optima[:2]
        lower = weight * (best.objective - next_best.objective)
        return (
            f"Only 1 of {self.n_made} starts found the best optimum. The next best one, found by "
            f"{next_best.times}, has a log-likelihood that is less by {lower:.3g}, and "
            f"{next_best.moved:.0%} of the rows in other clusters."
        )

    def __str__(self) -> str:
        others = len(self.optima) - 1
        ways = f" ({', '.join(self.ways)})" if self.ways else ""
        further = f"; {others} other{'s' if others > 1 else ''} found" if others > 0 else ""
        failed = f", {self.n_failed} not sound" if self.n_failed else ""
        return f"best optimum found by {self.n_best} of {self.n_made} starts{ways}{failed}{further}"


@dataclass(frozen=True)
class Effort:
    """When enough starts have been made.

    That starts of one kind agree says little: they resemble each other. So kinds are counted, as
    far as there are any.

    Attributes
    ----------
    most : int
        Number of starts after which to end.
    enough : int
        By how many kinds of starts the best optimum has to be found to end before; where there are
        fewer kinds, how often.
    enough_apart : int
        The same where the best run came to its end in few iterations. Its components lie apart,
        and where they do there are few other optima.
    n_kinds : int
        How many kinds of starts there are.
    """

    most: int
    enough: int
    enough_apart: int
    n_kinds: int = 1

    @classmethod
    def exactly(cls, n_init: int) -> Self:
        """That many starts, whatever they find."""
        return cls(n_init, sys.maxsize, sys.maxsize)

    def at_most(self, other: Self) -> Self:
        """No more than another effort, and enough where that has enough."""
        return replace(other, most=min(self.most, other.most))

    def within(self, n_affordable: float) -> Self:
        """No more starts than can be afforded, but one."""
        return replace(self, most=max(1, min(self.most, int(n_affordable))))

    def reached(self, best: Found) -> bool:
        """Whether the best optimum was found often enough."""
        apart = best.fit.status.converged and best.fit.n_iter < _FEW
        wanted = self.enough_apart if apart else self.enough
        kinds_left = self.n_kinds >= wanted
        return (len(best.kinds) if kinds_left else best.times) >= wanted


@dataclass(frozen=True)
class Found:
    """An optimum, and the starts that ended there.

    Attributes
    ----------
    fit : Fit
        The best run that did.
    ways : tuple of str
        The kind of each of them, in their order.
    """

    fit: Fit[Any, Any]
    ways: tuple[str, ...]

    @property
    def times(self) -> int:
        return len(self.ways)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The different ways, but for those that begin where others have ended."""
        return tuple(way for way in dict.fromkeys(self.ways) if way != RELATIVES)

    def joined(self, other: Found) -> Found:
        """With the starts of another that is the same optimum."""
        better = max(self.fit, other.fit, key=lambda fit: fit.objective)
        return Found(better, self.ways + other.ways)


@dataclass(frozen=True)
class Restarts:
    """The runs made so far.

    Attributes
    ----------
    optima : tuple of Found
        The different optima that runs ended in, best first.
    unsound : tuple of Found
        Those that may not compete, such as collapsed ones. The likelihood grows without bound as a
        component collapses, so these would win; the best is returned only if there is no other.
    n_degenerate : int
        Starts that did not get as far as a first mixture.
    n_numbered : int
        Those that have numbers; others begin where other fits have ended.
    """

    optima: tuple[Found, ...] = ()
    unsound: tuple[Found, ...] = ()
    n_degenerate: int = 0
    n_numbered: int = 0

    @property
    def n_made(self) -> int:
        return sum(found.times for found in (*self.optima, *self.unsound)) + self.n_degenerate

    @property
    def paused(self) -> bool:
        """Whether some of them could go on and be the best."""
        return any(self.could_win(found.fit) for found in self.optima)

    def could_win(self, fit: Fit[Any, Any]) -> bool:
        """Whether a run is paused that is thought to come as high as the best."""
        return fit.status.paused and fit.projected >= self.best.objective

    @property
    def best(self) -> Fit[Any, Any]:
        if self.optima:
            return self.optima[0].fit
        return max((found.fit for found in self.unsound), key=lambda fit: fit.objective)

    def reached(self, effort: Effort) -> bool:
        """Whether these are enough."""
        if self.n_numbered >= effort.most or not self.optima:
            return self.n_numbered >= effort.most
        return effort.reached(self.optima[0])

    def passing_over(self, sound: Sound) -> Self:
        """The same with optima above the best sound one among what is unsound, if there is one."""
        for place, found in enumerate(self.optima):
            if sound(found.fit):
                above = self.optima[:place]
                return replace(self, optima=self.optima[place:], unsound=(*self.unsound, *above))
        return self

    def summary(self, compare: Callable[[Fit[Any, Any], Fit[Any, Any]], Compared]) -> Starts:
        """What to tell of them; fits are compared by their partitions."""
        best = self.best
        optima = [
            Optimum(found.fit.objective, found.times, alike.agreement, alike.moved, found.kinds)
            for found in self.optima
            for alike in [compare(best, found.fit)]
        ]
        n_unsound = sum(found.times for found in self.unsound)
        return Starts(tuple(optima), n_unsound + self.n_degenerate)

    def with_run(self, run: Found, sound: Sound, same: Same) -> Self:
        """With one run more, or with several that came to the same."""
        if not sound(run.fit):
            return replace(self, unsound=(*self.unsound, run))
        for place, known in enumerate(self.optima):
            if same(known.fit, run.fit):
                others = self.optima[:place] + self.optima[place + 1 :]
                return self._ranked((*others, known.joined(run)))
        return self._ranked((*self.optima, run))

    def _ranked(self, optima: tuple[Found, ...]) -> Self:
        best_first = sorted(optima, key=lambda found: -found.fit.objective)
        return replace(self, optima=tuple(best_first))


def restart(
    run: Callable[[int], Found],
    effort: Effort,
    *,
    sound: Sound,
    same: Same,
    before: Restarts,
) -> Restarts:
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
        number = restarts.n_numbered
        restarts = replace(restarts, n_numbered=number + 1)
        try:
            restarts = restarts.with_run(run(number), sound, same)
        except DegenerateError as failure:
            restarts = replace(restarts, n_degenerate=restarts.n_degenerate + 1)
            if restarts.n_degenerate == restarts.n_made == effort.most:
                raise failure from None
    return restarts


def resume(
    go_on: Callable[[Fit[Any, Any]], Fit[Any, Any]],
    paused: Restarts,
    *,
    sound: Sound,
    same: Same,
) -> Restarts:
    """Let paused runs go on that could be the best.

    Runs that had come to the same when they were paused go on as one.
    """
    restarts = replace(paused, optima=())
    for found in paused.optima:
        run = replace(found, fit=go_on(found.fit)) if paused.could_win(found.fit) else found
        restarts = restarts.with_run(run, sound, same)
    return restarts
