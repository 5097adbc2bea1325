"""A candidate of a search, as far as its starts have come."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any, TypeAlias

from mixtura.errors import DegenerateError, MixturaError
from mixtura.fitting.record import FitRecord
from mixtura.fitting.restarts import Effort
from mixtura.fitting.run import NO_STARTS, AnyRestarts, Fitting
from mixtura.selection.comparison import Achievement, Outcome
from mixtura.selection.cross_validation import held_out_log_likelihood
from mixtura.selection.scores import score
from mixtura.starts.training_rows import TrainingRows

__all__ = ["Candidate", "Prepare"]

#: Rows -> a fit of the candidate to them, before its starts. It may raise MixturaError.
Prepare: TypeAlias = Callable[[TrainingRows], Fitting]

#: Starts of every candidate before the most promising ones make all of theirs.
_FIRST_STARTS = Effort.exactly(2)


@dataclass(frozen=True, eq=False)
class Candidate:
    """A candidate and what is known of it so far.

    Attributes
    ----------
    prepare : callable
    outcome : Outcome
        What to show for it.
    fitting : Fitting or None
        None if it failed.
    restarts : Restarts
        The starts made so far.
    """

    prepare: Prepare
    outcome: Outcome
    fitting: Fitting | None = None
    restarts: AnyRestarts = NO_STARTS

    @classmethod
    def of(cls, params: dict[str, Any], prepare: Prepare) -> Candidate:
        """A candidate before its first starts, known by the parameters in which it differs."""
        return cls(prepare, Outcome(params, None, "not yet begun", 0.0, "failed"))

    @property
    def params(self) -> dict[str, Any]:
        """The parameters in which candidates differ."""
        return self.outcome.params

    @property
    def finished(self) -> bool:
        """Whether it has made all the starts that were wanted, or cannot make any."""
        if self.fitting is None:
            return True
        return self.restarts.reached(self.fitting.effort) and not self.restarts.paused

    def prospect(self, n_iter: int) -> float:
        """By how many nats it might be better than it is, so many iterations of its runs later."""
        if self.fitting is None or not self.restarts.paused:
            return 0.0
        runs = (fit.prospect(n_iter) for fit, _ in self.restarts.optima)
        return self.fitting.summary.total_weight * (max(runs) - self.restarts.best.objective)

    def begun(self, table: TrainingRows, pause: int | None) -> Candidate:
        """The candidate after its first starts, or after so many of their iterations."""

        def begin() -> Candidate:
            fitting = self.prepare(table)
            settles = fitting.specification.algorithm.settles
            return self._at(fitting, _first_starts(fitting, pause if settles else None))

        return self._trying(begin)

    def go_on(self, pause: int | None = None) -> Candidate:
        """The candidate after its first starts went on to their ends, or to the next pause."""
        return self._after(lambda fitting: fitting.resumed(self.restarts, pause))

    def with_starts(self, effort: Effort) -> Candidate:
        """The candidate after more starts, but no more than are wanted of it."""
        return self._after(lambda fitting: fitting.restarts(effort, self.restarts))

    def finish(self) -> Candidate:
        """The candidate after all its starts."""
        return self._after(lambda fitting: fitting.restarts(fitting.effort, self.restarts))

    def passing_over_spurious(self) -> Candidate:
        """The candidate with spurious optima passed over, if it has others."""
        return self._step(lambda fitting: fitting.passing_over_spurious(self.restarts))

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
        status = f"{self.outcome.status}; left behind after {self.restarts.n_made} starts, {words}"
        standing = self.outcome.standing
        if standing == "finished":
            standing = "left behind"
        return replace(self.outcome, status=status, standing=standing)

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

    def _after(self, further: Callable[[Fitting], AnyRestarts]) -> Candidate:
        return self if self.finished else self._step(further)

    def _step(self, further: Callable[[Fitting], AnyRestarts]) -> Candidate:
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

    def _at(self, fitting: Fitting, restarts: AnyRestarts) -> Candidate:
        """The candidate with these starts made."""
        best = fitting.best(restarts)
        n_collapsed = 0 if restarts.optima else len(fitting.collapsed(best.mixture))
        status, standing = best.status.text, "given up" if best.status.paused else "finished"
        if n_collapsed:
            status += f"; not considered: {n_collapsed} components collapsed"
            standing = "collapsed"
        achieved = Achievement(best.mixture, score(best.mixture, fitting.source), n_collapsed)
        outcome = replace(self.outcome, best=achieved, status=status, standing=standing)
        return replace(self, outcome=outcome, fitting=fitting, restarts=restarts)


def _first_starts(fitting: Fitting, pause: int | None) -> AnyRestarts:
    """A few starts, or all that are wanted if none of the few gets anywhere."""
    try:
        return fitting.restarts(_FIRST_STARTS, pause=pause)
    except DegenerateError:
        return fitting.restarts(fitting.effort, pause=pause)
