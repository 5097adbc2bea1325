"""A candidate of a search, as far as its starts have come."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from time import perf_counter
from typing import Any, TypeAlias

import numpy as np

from mixtura.errors import DegenerateError, MixturaError
from mixtura.explain import Soundness
from mixtura.fitting.record import FitRecord
from mixtura.fitting.restarts import Effort, Found, Restarts
from mixtura.fitting.run import NO_STARTS, Fitting
from mixtura.kernels.estep_dispatch import scorer
from mixtura.mixture import Mixture
from mixtura.selection.comparison import Achievement, Outcome
from mixtura.selection.cross_validation import held_out_log_likelihood
from mixtura.selection.scores import score
from mixtura.starts.split_component import merges
from mixtura.starts.training_rows import TrainingRows
from mixtura.starts.ways import MERGES, RELATIVES, SPLITS
from mixtura.typing import FloatArray

__all__ = ["Candidate", "Prepare", "Relatives"]

#: Rows -> a fit of the candidate to them, before its starts. It may raise MixturaError.
Prepare: TypeAlias = Callable[[TrainingRows], Fitting]

# Starts of every candidate: one of its own, and one from the next smaller one.
_FIRST = Effort.exactly(1)

# The most promising splits and merges of a mixture: further ones seldom lead higher.
_PARTS = 2


@dataclass(frozen=True, eq=False)
class Relatives:
    """What other candidates came to, from which one may begin.

    Attributes
    ----------
    smaller, larger : Mixture or None
        Of the same structure, with one cluster fewer and one more.
    others : tuple of Mixture
        Of as many clusters, with other structures.
    """

    smaller: Mixture[Any, Any] | None
    larger: Mixture[Any, Any] | None
    others: tuple[Mixture[Any, Any], ...]

    def offers(self) -> Iterator[tuple[str, Mixture[Any, Any]]]:
        """Where to begin, and how."""
        if self.smaller is not None:
            yield SPLITS, self.smaller
        if self.larger is not None:
            yield MERGES, self.larger
        for other in self.others:
            yield RELATIVES, other


def _parts(way: str, mixture: Mixture[Any, Any], table: TrainingRows) -> list[FloatArray]:
    """What a mixture's responsibilities become."""
    if way == MERGES:
        return merges(mixture, table)[:_PARTS]
    return [scorer(mixture).responsibilities(np.ascontiguousarray(table.rows))]


def _with_splits(
    fitting: Fitting, before: Restarts, smaller: Mixture[Any, Any], n: int, pause: int | None
) -> Restarts:
    """The best splits of a smaller mixture, if it can be cut at all."""
    try:
        firsts = fitting.splits(smaller)[:n]
    except DegenerateError:
        return before
    return fitting.with_starts(before, SPLITS, [partial(_itself, first) for first in firsts], pause)


def _itself(mixture: Mixture[Any, Any]) -> Mixture[Any, Any]:
    return mixture


@dataclass(frozen=True, eq=False)
class Candidate:
    """A candidate and what is known of it so far.

    Attributes
    ----------
    prepare : callable
    outcome : Outcome
        What to show for it.
    fitting : Fitting or None
        None if it failed, or has not begun.
    restarts : Restarts
        The starts made so far.
    verdict : Soundness or None
        Of its best optimum; None if that was not judged yet. Then none above was sound.
    began_from : tuple of (str, Mixture)
        From which mixtures of others it has begun, and how.
    """

    prepare: Prepare
    outcome: Outcome
    fitting: Fitting | None = None
    restarts: Restarts = NO_STARTS
    verdict: Soundness | None = None
    began_from: tuple[tuple[str, Mixture[Any, Any]], ...] = ()

    @classmethod
    def of(cls, params: dict[str, Any], prepare: Prepare) -> Candidate:
        """A candidate before its first starts, known by the parameters in which it differs."""
        return cls(prepare, Outcome(params, None, "not yet begun", 0.0, "left out"))

    @property
    def params(self) -> dict[str, Any]:
        """The parameters in which candidates differ."""
        return self.outcome.params

    @property
    def mixture(self) -> Mixture[Any, Any] | None:
        """The best one so far that others may begin from: not one that is known to be unsound."""
        return self.restarts.best.mixture if self.restarts.optima and self.outcome.sound else None

    @property
    def finished(self) -> bool:
        """Whether it has made all the starts that were wanted, or cannot make any."""
        if self.fitting is None:
            return True
        return self.restarts.reached(self.fitting.effort) and not self.restarts.paused

    @property
    def begun_at_all(self) -> bool:
        return self.outcome.best is not None

    def prospect(self, n_iter: int) -> float:
        """By how many nats it might be better than it is, so many iterations of its runs later."""
        if self.fitting is None or not self.restarts.paused:
            return 0.0
        runs = [found.fit for found in self.restarts.optima]
        highest = max(max(run.prospect(n_iter), run.projected) for run in runs)
        gain = highest - self.restarts.best.objective
        return float(self.fitting.summary.total_weight * gain)

    # -------------------------------------------------------------------------------- steps

    def begun(
        self,
        table: TrainingRows,
        smaller: Mixture[Any, Any] | None,
        pause: int | None,
        n_own: int,
    ) -> Candidate:
        """The candidate after its first starts, or after so many of their iterations.

        They are the best split of a smaller mixture, if one is given, and some of its own; one of
        its own if it has no other.
        """

        def begin() -> Candidate:
            fitting, until = self.prepare(table), pause
            if not fitting.specification.algorithm.last.settles:
                until = None
            if smaller is None or fitting.numbered:
                return self._at(fitting, _first_starts(fitting, until))
            fitting = fitting.growing_from(smaller)
            grown = _with_splits(fitting, NO_STARTS, smaller, 1, until)
            n_least = 1 if not grown.n_made else n_own
            return self._at(fitting, fitting.restarts(Effort.exactly(n_least), grown, until))

        return self._trying(begin)

    def glimpse(self, table: TrainingRows) -> Candidate:
        """What the candidate would be after the first M-step of its first start, and no more."""

        def look() -> Candidate:
            fitting = self.prepare(table)
            one = Restarts((Found(fitting.begin(0), ("glimpse",)),))
            return self._at(fitting, one)

        return self._trying(look)

    def begun_from(self, relatives: Relatives, pause: int | None) -> Candidate:
        """The candidate after starts from what others came to, as far as these are new."""
        fitting = self.fitting
        if fitting is None or fitting.numbered:
            return self
        known = {(way, id(mixture)) for way, mixture in self.began_from}
        offers = [offer for offer in relatives.offers() if (offer[0], id(offer[1])) not in known]
        if not offers:
            return self

        def more(fitting: Fitting) -> Restarts:
            restarts = self.restarts
            for way, mixture in offers:
                if way == SPLITS:
                    restarts = _with_splits(fitting, restarts, mixture, _PARTS, pause)
                    continue
                parts = _parts(way, mixture, fitting.table)
                firsts = [partial(fitting.first_from, part) for part in parts]
                restarts = fitting.with_starts(restarts, way, firsts, pause)
            return restarts

        began_from = self.began_from + tuple(offers)
        return replace(self._step(more), began_from=began_from)

    def go_on(self, pause: int | None = None) -> Candidate:
        """The candidate after its starts went on to their ends, or to the next pause."""
        if not self.restarts.paused:
            return self
        return self._step(lambda fitting: fitting.resumed(self.restarts, pause))

    def with_starts(self, effort: Effort, pause: int | None = None) -> Candidate:
        """The candidate after more starts of its own, but no more than are wanted of it."""
        return self._step(
            lambda fitting: fitting.restarts(effort.at_most(fitting.effort), self.restarts, pause)
        )

    def finish(self) -> Candidate:
        """The candidate after all its starts, at their ends."""
        if self.finished:
            return self

        def all_starts(fitting: Fitting) -> Restarts:
            return fitting.restarts(fitting.effort, fitting.resumed(self.restarts))

        return self._step(all_starts)

    def judge(self) -> Candidate:
        """The candidate with optima that are not sound passed over, if it has others."""
        if self.verdict is not None or self.fitting is None or not self.restarts.optima:
            return self

        def passed_over(fitting: Fitting) -> Candidate:
            restarts = fitting.passing_over(self.restarts)
            verdict = fitting.judged(restarts.best.mixture)
            return self._at(fitting, restarts, verdict)

        fitting = self.fitting
        return self._trying(lambda: passed_over(fitting))

    def recorded(self) -> tuple[Candidate, FitRecord | None]:
        """What is told of a fit that ended here; None, and a candidate that failed, if it can't."""
        records: list[FitRecord] = []

        def record() -> Candidate:
            if self.fitting is not None:
                records.append(self.fitting.record(self.restarts))
            return self

        after = self._trying(record)
        return after, records[0] if records else None

    def left_behind(self, words: str) -> Outcome:
        """The outcome, with a status that says why it did not make all its starts."""
        if not self.begun_at_all:
            return self.outcome
        status = f"{self.outcome.status}; left behind after {self.restarts.n_made} starts, {words}"
        standing = self.outcome.standing
        if standing == "finished":
            standing = "left behind"
        return replace(self.outcome, status=status, standing=standing)

    def left_out(self, words: str) -> Candidate:
        """The candidate, with a status that says why it has not begun."""
        return replace(self, outcome=replace(self.outcome, status=f"left out: {words}"))

    def cross_validated(self, n_folds: int, seed: int) -> Candidate:
        """The same, with its cross-validated log-likelihood."""
        outcome = self.outcome
        if self.fitting is None:
            return self
        began = perf_counter() - outcome.seconds
        held_out, status = outcome.held_out, outcome.status
        try:
            held_out = held_out_log_likelihood(self.prepare, self.fitting.table, n_folds, seed)
        except MixturaError as failure:
            status += f"; not cross-validated: {failure}"
        seconds = perf_counter() - began
        return replace(
            self, outcome=replace(outcome, held_out=held_out, status=status, seconds=seconds)
        )

    def _step(self, further: Callable[[Fitting], Restarts]) -> Candidate:
        fitting = self.fitting
        if fitting is None:
            return self
        return self._trying(lambda: self._at(fitting, further(fitting)))

    def _trying(self, step: Callable[[], Candidate]) -> Candidate:
        """The candidate after a step; it has failed if the step cannot be taken."""
        began = perf_counter()
        try:
            stepped = step()
        except MixturaError as failure:
            failed = Outcome(self.params, None, f"failed: {failure}", 0.0, "failed")
            stepped = replace(self, outcome=failed, fitting=None, restarts=NO_STARTS)
        seconds = self.outcome.seconds + perf_counter() - began
        return replace(stepped, outcome=replace(stepped.outcome, seconds=seconds))

    def _at(
        self, fitting: Fitting, restarts: Restarts, verdict: Soundness | None = None
    ) -> Candidate:
        """The candidate with these starts made."""
        best = restarts.best
        if not restarts.optima:  # all have collapsed
            verdict = fitting.judged(best.mixture)
        elif verdict is None and self.verdict is not None and self.restarts.optima:
            same = restarts.best is self.restarts.best
            others = zip(restarts.optima, self.restarts.optima, strict=False)
            no_others = len(restarts.optima) == len(self.restarts.optima)
            if same and (self.verdict.sound or (no_others and all(a is b for a, b in others))):
                verdict = self.verdict
        status, standing = best.status.text, "given up" if best.status.paused else "finished"
        flaw = None
        if verdict is not None and not (verdict.sound and restarts.optima):
            standing, flaw = _flaw(verdict)
            status += f"; not considered: {flaw}"
        achieved = self.outcome.best
        if achieved is None or achieved.mixture is not best.mixture:
            achieved = Achievement(best.mixture, score(best.mixture, fitting.source))
        outcome = replace(self.outcome, best=achieved, status=status, standing=standing, flaw=flaw)
        return Candidate(self.prepare, outcome, fitting, restarts, verdict, self.began_from)


def _flaw(verdict: Soundness) -> tuple[str, str]:
    """The standing of a candidate whose best optimum is not sound, and why it is not."""
    if verdict.sound:  # what was before
        return "collapsed", "a component collapsed"
    which = verdict.upheld or verdict.spurious
    noun, owe = ("component", "owes its") if len(which) == 1 else ("components", "owe their")
    if verdict.upheld:
        return "collapsed", f"{len(which)} {noun} collapsed"
    return "spurious", f"{len(which)} {noun} {owe} likelihood to a few rows"


def _first_starts(fitting: Fitting, pause: int | None) -> Restarts:
    """One start, or all that are wanted if that does not get anywhere."""
    try:
        return fitting.restarts(_FIRST, pause=pause)
    except DegenerateError:
        return fitting.restarts(fitting.effort, pause=pause)
