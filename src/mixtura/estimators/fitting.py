"""A fit of one kind of Gaussian mixture to some rows, before and between its starts."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol, TypeAlias

from mixtura import em
from mixtura.assignments import Assignment
from mixtura.em import Observer
from mixtura.estimators.first_mixture import GaussianMixtureModel
from mixtura.explain import find_spurious
from mixtura.families import Gaussian, GaussianParameters
from mixtura.fitting.agreement import agreement
from mixtura.fitting.random_streams import Purpose
from mixtura.fitting.restarts import Effort, Restarts, restart, resume
from mixtura.result import Fit, Starts
from mixtura.sources import ArraySource, Summary
from mixtura.statistics import Moments
from mixtura.stopping import StoppingRule, paused_after
from mixtura.typing import BoolArray

__all__ = [
    "NO_STARTS",
    "Climb",
    "Fitting",
    "GaussianFit",
    "GaussianRestarts",
    "Narrate",
    "climbing",
]

GaussianFit: TypeAlias = Fit[GaussianParameters, Moments]
GaussianRestarts: TypeAlias = Restarts[GaussianParameters, Moments]


class Climb(Protocol):
    """Takes a run to its end, or until it has made as many iterations as it is to pause after.

    Its number fixes the random assignments.
    """

    def __call__(
        self, begun: GaussianFit, number: int = 0, /, *, pause: int | None = None
    ) -> GaussianFit: ...


#: (iterations done, number of the start) -> a context that gives who is to be told of a run.
Narrate: TypeAlias = Callable[[int, int], AbstractContextManager[Observer | None]]


def climbing(
    source: ArraySource,
    assignment: Assignment,
    to_the_end: StoppingRule,
    seed: int,
    narrate: Narrate,
) -> Climb:
    """How to take runs on the rows of a source further."""

    def climb(begun: GaussianFit, number: int = 0, /, *, pause: int | None = None) -> GaussianFit:
        with narrate(begun.n_iter, number) as observe:
            return em.resume(
                begun,
                source,
                assignment=assignment,
                stopping=to_the_end if pause is None else paused_after(to_the_end, pause),
                seed=(seed, Purpose.ASSIGN, number),
                observe=observe,
            )

    return climb


NO_STARTS: GaussianRestarts = Restarts()

# Two runs that stop within tol of the same optimum can differ by several tol, since the
# projected gain is an estimate.
_SAME_HEIGHT = 10.0
# Where nothing is tolerated, rounding ends the runs, and where they are slow that is sooner.
_FINEST = 1e-10
# Where the likelihood is level, rows between components change sides at no cost.
_SAME_PARTITION = 0.95


@dataclass(frozen=True)
class Fitting:
    """What is fitted to what, and how.

    Attributes
    ----------
    source : ArraySource
    summary : Summary
        Of the source's rows.
    begin : callable
        Makes the run of the start with a given number, before its first iteration. It may raise
        DegenerateError.
    climb : callable
        Takes a run further. It may raise DegenerateError.
    effort : Effort
        How many starts are wanted.
    tol : float
        The runs' tolerance in nats per row.
    numbered : bool
        Whether components keep the numbers that the user gave them.
    """

    source: ArraySource
    summary: Summary
    begin: Callable[[int], GaussianFit]
    climb: Climb
    effort: Effort
    tol: float
    numbered: bool

    def restarts(
        self, effort: Effort, before: GaussianRestarts = NO_STARTS, pause: int | None = None
    ) -> GaussianRestarts:
        """Starts up to an effort, but to no more than what is wanted."""
        return restart(
            lambda number: self.climb(self.begin(number), number, pause=pause),
            effort.at_most(self.effort),
            sound=self._sound,
            same=self._same,
            before=before,
        )

    def resumed(self, paused: GaussianRestarts, pause: int | None = None) -> GaussianRestarts:
        """The starts that were paused, gone on with to their ends or to the next pause."""
        go_on = partial(self.climb, pause=pause)
        return resume(go_on, paused, sound=self._sound, same=self._same)

    def passing_over_spurious(self, restarts: GaussianRestarts) -> GaussianRestarts:
        """The starts, of which spurious ones are passed over if there are others."""
        return restarts.passing_over(lambda fit: bool(self.spurious(fit.mixture)))

    def best(self, restarts: GaussianRestarts) -> GaussianFit:
        """The best of the starts, its components in falling order of weight."""
        best = restarts.best
        if self.numbered:
            return best
        return replace(best, mixture=best.mixture.take(best.mixture.canonical_order()))

    def told(self, restarts: GaussianRestarts) -> Starts:
        """How often the best optimum was found, and where the other starts ended."""
        return restarts.summary(self._agreement)

    def collapsed(self, mixture: GaussianMixtureModel) -> tuple[int, ...]:
        """Components with rows that are held at the variance floor."""
        held = self._held(mixture) & (mixture.clusters.weights > 0.0)
        return tuple(held.nonzero()[0].tolist())

    def spurious(self, mixture: GaussianMixtureModel) -> tuple[int, ...]:
        """Components that owe their likelihood to a few rows, and not to the variance floor."""
        held = self._held(mixture)
        return tuple(int(j) for j in find_spurious(mixture, self.source) if not held[j])

    def _held(self, mixture: GaussianMixtureModel) -> BoolArray:
        family = mixture.clusters.family
        assert isinstance(family, Gaussian)
        return family.collapsed(mixture.params, self.summary.variances == 0.0)

    def _sound(self, fit: GaussianFit) -> bool:
        return not fit.status.collapsed and not self.collapsed(fit.mixture)

    def _same(self, a: GaussianFit, b: GaussianFit) -> bool:
        level = abs(a.objective - b.objective) <= _SAME_HEIGHT * max(self.tol, _FINEST)
        return level and self._agreement(a, b) >= _SAME_PARTITION

    def _agreement(self, a: GaussianFit, b: GaussianFit) -> float:
        return 1.0 if a is b else agreement(a.mixture, b.mixture, self.source)
