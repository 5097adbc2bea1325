"""Many starts, one result: EM finds local optima, so one start proves little."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Generic, Self, TypeAlias, TypeVar

from mixtura.em import Fit
from mixtura.errors import DegenerateError
from mixtura.families.family import Parameters
from mixtura.statistics import Statistics

__all__ = ["Effort", "Optimum", "Restarts", "Starts", "restart", "resume"]

P = TypeVar("P", bound=Parameters)
S = TypeVar("S", bound=Statistics)

#: Whether a run may compete.
Sound: TypeAlias = Callable[[Fit[P, S]], bool]

#: Whether two runs ended in the same optimum.
Same: TypeAlias = Callable[[Fit[P, S], Fit[P, S]], bool]


# Iterations within which a run comes to its end where components lie apart.
_FEW = 20
# Starts after which finding the best optimum but once says something.
_TELLING = 3


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


@dataclass(frozen=True)
class Effort:
    """When enough starts have been made.

    Attributes
    ----------
    most : int
        Number of starts after which to end.
    enough : int
        How often the best optimum has to be found to end before.
    enough_apart : int
        The same where the best run came to its end in few iterations. Its components lie apart,
        and where they do there are few other optima.
    """

    most: int
    enough: int
    enough_apart: int

    @classmethod
    def exactly(cls, n_init: int) -> Self:
        """That many starts, whatever they find."""
        return cls(n_init, n_init, n_init)

    def at_most(self, other: Self) -> Self:
        """No more than another effort."""
        return type(self)(
            min(self.most, other.most),
            min(self.enough, other.enough),
            min(self.enough_apart, other.enough_apart),
        )

    def within(self, n_affordable: float) -> Self:
        """No more starts than can be afforded, but one."""
        return replace(self, most=max(1, min(self.most, int(n_affordable))))

    def finds_wanted(self, best: Fit[Any, Any]) -> int:
        """How often this best run has to be found."""
        apart = best.status.converged and best.n_iter < _FEW
        return self.enough_apart if apart else self.enough


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
        component collapses, so these would win; the best is returned only if there is no other.
        Spurious ones, too, where they were passed over.
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
    def paused(self) -> bool:
        """Whether some of them could go on."""
        return any(fit.status.paused for fit, _ in self.optima)

    @property
    def best(self) -> Fit[P, S]:
        if self.optima:
            return self.optima[0][0]
        return max(self.unsound, key=lambda fit: fit.objective)

    def reached(self, effort: Effort) -> bool:
        """Whether these are enough."""
        if self.n_made >= effort.most or not self.optima:
            return self.n_made >= effort.most
        best, times = self.optima[0]
        return times >= effort.finds_wanted(best)

    def passing_over(self, spurious: Callable[[Fit[P, S]], bool]) -> Self:
        """The same with spurious optima above the best other one among what is unsound."""
        if len(self.optima) < 2:
            return self
        for place, (fit, _) in enumerate(self.optima):
            if not spurious(fit):
                above = (fit for fit, times in self.optima[:place] for _ in range(times))
                return replace(self, optima=self.optima[place:], unsound=(*self.unsound, *above))
        return self

    def summary(self, agreement: Callable[[Fit[P, S], Fit[P, S]], float]) -> Starts:
        """What to tell of them; the agreement is that of two fits' partitions."""
        optima = (
            Optimum(fit.objective, times, agreement(fit, self.best)) for fit, times in self.optima
        )
        return Starts(tuple(optima), len(self.unsound) + self.n_degenerate)

    def with_run(
        self, fit: Fit[P, S], sound: Sound[P, S], same: Same[P, S], times: int = 1
    ) -> Self:
        """With one run more, or with several that came to the same."""
        if not sound(fit):
            return replace(self, unsound=self.unsound + (fit,) * times)
        for place, (known, known_times) in enumerate(self.optima):
            if same(known, fit):
                better = max(known, fit, key=lambda one: one.objective)
                others = self.optima[:place] + self.optima[place + 1 :]
                return self._ranked((*others, (better, known_times + times)))
        return self._ranked((*self.optima, (fit, times)))

    def _ranked(self, optima: tuple[tuple[Fit[P, S], int], ...]) -> Self:
        best_first = sorted(optima, key=lambda optimum: -optimum[0].objective)
        return replace(self, optima=tuple(best_first))


def restart(
    run: Callable[[int], Fit[P, S]],
    effort: Effort,
    *,
    sound: Sound[P, S],
    same: Same[P, S],
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
        restarts = restarts.with_run(fit, sound, same)
    return restarts


def resume(
    go_on: Callable[[Fit[P, S]], Fit[P, S]],
    paused: Restarts[P, S],
    *,
    sound: Sound[P, S],
    same: Same[P, S],
) -> Restarts[P, S]:
    """Let paused runs go on.

    Runs that had come to the same when they were paused go on as one.
    """
    restarts = replace(paused, optima=())
    for fit, times in paused.optima:
        run = go_on(fit) if fit.status.paused else fit
        restarts = restarts.with_run(run, sound, same, times)
    return restarts
