"""The search: candidates fitted side by side, fewer and fewer of them further and further."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from operator import methodcaller
from typing import Any, TypeAlias

import numpy as np

from mixtura.errors import MixturaError
from mixtura.fitting.record import FitRecord
from mixtura.selection.candidate import Candidate
from mixtura.selection.comparison import Comparison, Outcome
from mixtura.selection.named import Criterion
from mixtura.selection.slope import estimate_slope
from mixtura.selection.successive_halving import Stage, SuccessiveHalving
from mixtura.starts.training_rows import TrainingRows
from mixtura.typing import FloatArray, IntArray

__all__ = ["Found", "InParallel", "Progress", "Search"]

#: Told (steps done, steps in all, parameters of the candidate). A step is a candidate's first
#: iterations, its next ones, a finalist's further starts, or its cross-validation.
Progress: TypeAlias = Callable[[int, int, dict[str, Any]], None]

#: Tasks -> their results in the order of the tasks, whoever computes them.
InParallel: TypeAlias = Callable[[Sequence[Callable[[], Candidate]]], Iterable[Candidate]]


@dataclass(frozen=True, eq=False)
class Found:
    """What a search came to.

    Attributes
    ----------
    best : int
        The place of the best candidate.
    params : dict
        Its parameters.
    record : FitRecord
        What came of it.
    results : dict of str to ndarray
        The table of all candidates.
    k_probabilities : dict of int to float
    """

    best: int
    params: dict[str, Any]
    record: FitRecord
    results: dict[str, Any]
    k_probabilities: dict[int, float]


@dataclass(frozen=True, eq=False)
class Search:
    """How candidates are compared.

    Attributes
    ----------
    criterion : Criterion
    n_finalists : int or None
        Candidates that make more than two starts; None for all.
    n_folds : int or None
        Folds of the cross-validation, if there is one.
    seed : int
        Fixes the folds.
    in_parallel : callable
    progress : callable, optional
    """

    criterion: Criterion
    n_finalists: int | None
    n_folds: int | None
    seed: int
    in_parallel: InParallel
    progress: Progress | None = None

    def run(self, candidates: Sequence[Candidate], table: TrainingRows) -> Found:
        """Fit the candidates to the rows, and choose one.

        Raises
        ------
        MixturaError
            If no candidate could be fitted; the message has each reason once.
        """
        n = len(candidates)
        n_finalists = n if self.n_finalists is None else min(n, self.n_finalists)
        halving = SuccessiveHalving.of(n, n_finalists, early=self.criterion.tells_early)
        stages = [*halving.stages, *self._validation(n_finalists)]
        update_rule = _UpdateRule(self, table, n + sum(stage.n_left for stage in stages))
        found = update_rule.all_of([partial(c.begun, table, halving.pause) for c in candidates])
        for stage in stages:
            found = update_rule.after(stage, found)
        if len(found) == 1:  # with nothing to compare it with, it is a fit, and ends like one
            found = [found[0].passing_over_spurious()]
        return update_rule.choice(found)

    def _validation(self, n_finalists: int) -> list[Stage]:
        """Adds the cross-validated log-likelihood, on the same folds for all."""
        if self.n_folds is None:
            return []
        return [Stage(n_finalists, methodcaller("cross_validated", self.n_folds, self.seed))]


@dataclass(eq=False)
class _UpdateRule:
    """A search on its way: it counts its tasks, and tells of each as it ends."""

    search: Search
    table: TrainingRows
    n_tasks: int
    n_done: int = 0
    of_one: dict[str, float] = field(default_factory=dict)

    def all_of(self, tasks: Sequence[Callable[[], Candidate]]) -> list[Candidate]:
        return [self._told(candidate) for candidate in self.search.in_parallel(tasks)]

    def _told(self, candidate: Candidate) -> Candidate:
        self.n_done += 1
        if self.search.progress is not None:
            self.search.progress(self.n_done, self.n_tasks, candidate.params)
        return candidate

    def after(self, stage: Stage, candidates: list[Candidate]) -> list[Candidate]:
        """The candidates of which the best have taken a step.

        All are judged together, so that the result does not depend on which one ends first.
        """
        values = self._ranks(candidates)
        best = np.argsort(values, kind="stable")[: stage.n_left]
        numbers = sorted({*best.tolist(), *_still_growing(candidates, values, best, stage)})
        self.n_tasks += len(numbers) - stage.n_left
        least = float(values.min())
        tasks = [partial(stage.step_at(float(values[i]), least), candidates[i]) for i in numbers]
        fresh = dict(zip(numbers, self.all_of(tasks), strict=True))
        return [fresh.get(i, candidate) for i, candidate in enumerate(candidates)]

    def choice(self, candidates: list[Candidate]) -> Found:
        """The best candidate that can be shown, and how all compare."""
        comparison = self._comparison(self._told_apart(candidates))
        results, outcomes = comparison.results(), comparison.outcomes
        best = self._best(comparison, results[self.search.criterion.name])
        after, record = candidates[best].recorded()
        if record is None:
            rest = [after if i == best else other for i, other in enumerate(candidates)]
            return self.choice(rest)
        return Found(best, outcomes[best].params, record, results, comparison.k_probabilities())

    def _best(self, comparison: Comparison, values: FloatArray) -> int:
        if self.search.criterion.name == "slope" and comparison.entries:
            estimate_slope(comparison.table)  # it says why there is none
        if np.isnan(values).all():
            name, n = self.search.criterion.name, len(comparison.outcomes)
            what = f"judged by {name!r}" if comparison.entries else "fitted"
            raise MixturaError(
                f"None of the {n} candidates could be {what}. {comparison.reasons()}"
            )
        known = ~np.isnan(values)
        sound = known & [outcome.sound for outcome in comparison.outcomes]
        eligible = np.flatnonzero(sound if sound.any() else known)
        return int(eligible[np.argmin(values[eligible])])

    def _told_apart(self, candidates: list[Candidate]) -> list[Outcome]:
        """The outcomes, in which those that were left behind say so."""
        if len(candidates) == 1:
            return [candidates[0].outcome]
        values, name = self._ranks(candidates), self.search.criterion.rank_name.upper()
        return [
            candidate.outcome
            if candidate.finished or np.isinf(value)
            else candidate.left_behind(f"{name} {value - values.min():.1f} above the best")
            for candidate, value in zip(candidates, values.tolist(), strict=True)
        ]

    def _ranks(self, candidates: list[Candidate]) -> FloatArray:
        """The criterion of each, infinite for those that may not compete."""
        comparison = self._comparison([candidate.outcome for candidate in candidates])
        values = comparison.column(self.search.criterion.along_the_way)
        sound = np.array([candidate.outcome.sound for candidate in candidates])
        ranks: FloatArray = np.where(sound & ~np.isnan(values), values, np.inf)
        return ranks

    def _comparison(self, outcomes: list[Outcome]) -> Comparison:
        return Comparison(outcomes, self.table.source(1), self.of_one)


def _still_growing(
    candidates: list[Candidate], values: FloatArray, best: IntArray, stage: Stage
) -> Iterator[int]:
    """Those that are not among the best, but might be within the iterations that count."""
    mark = values[best].max()
    for i, candidate in enumerate(candidates):
        if values[i] - 2.0 * candidate.prospect(stage.prospect) < mark:
            yield i
