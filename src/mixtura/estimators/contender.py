"""A candidate of a search, as far as its starts have come."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any, Self

from mixtura.errors import DegenerateError, MixturaError
from mixtura.estimators.comparison import Achievement, Outcome
from mixtura.estimators.cross_validation import held_out_log_likelihood
from mixtura.estimators.fitting import NO_STARTS, Fitting, GaussianRestarts
from mixtura.estimators.gaussian_mixture import GaussianMixture
from mixtura.estimators.training_rows import TrainingRows
from mixtura.restarts import Effort
from mixtura.selection import score
from mixtura.typing import AnyArray, FloatArray

__all__ = ["Contender"]

#: Starts of every candidate before the most promising ones make all of theirs.
_HEAT = Effort.exactly(2)


@dataclass(frozen=True)
class Contender:
    """A candidate and what is known of it so far.

    Attributes
    ----------
    estimator : GaussianMixture
        Of which only the parameters are set.
    outcome : Outcome
        What to show for it.
    fitting : Fitting or None
        None if it failed.
    restarts : Restarts
        The starts made so far.
    """

    estimator: GaussianMixture
    outcome: Outcome
    fitting: Fitting | None = None
    restarts: GaussianRestarts = NO_STARTS

    @classmethod
    def enter(
        cls,
        params: dict[str, Any],
        estimator: GaussianMixture,
        table: TrainingRows,
        labels: Any,
        pause: int | None,
    ) -> Self:
        """The candidate after its first starts, or after so many of their iterations."""
        entered = cls(estimator, Outcome(params, None, "entered", 0.0, "failed"))
        return entered._trying(lambda: entered._begun(table, labels, pause))

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

    def go_on(self, pause: int | None = None) -> Self:
        """The candidate after its first starts went on to their ends, or to the next pause."""
        return self._after(lambda fitting: fitting.resumed(self.restarts, pause))

    def with_starts(self, effort: Effort) -> Self:
        """The candidate after more starts, but no more than are wanted of it."""
        return self._after(lambda fitting: fitting.restarts(effort, self.restarts))

    def finish(self) -> Self:
        """The candidate after all its starts."""
        return self._after(lambda fitting: fitting.restarts(fitting.effort, self.restarts))

    def passing_over_spurious(self) -> Self:
        """The candidate with spurious optima passed over, if it has others."""
        return self._step(lambda fitting: fitting.passing_over_spurious(self.restarts))

    def published(self) -> Self:
        """The candidate whose estimator has all attributes of a fit that ended here."""
        return self._trying(self._shown)

    def left_behind(self, words: str) -> Outcome:
        """The outcome, with a status that says why it did not make all its starts."""
        status = f"{self.outcome.status}; left behind after {self.restarts.n_made} starts, {words}"
        standing = self.outcome.standing
        if standing == "finished":
            standing = "left behind"
        return replace(self.outcome, status=status, standing=standing)

    def cross_validated(
        self,
        rows: AnyArray,
        weight: FloatArray,
        labels: AnyArray | None,
        n_folds: int,
        seed: int,
    ) -> Self:
        """The same, with its cross-validated log-likelihood."""
        outcome = self.outcome
        if outcome.best is None:
            return self
        began = perf_counter() - outcome.seconds
        held_out, status = outcome.held_out, outcome.status
        try:
            held_out = held_out_log_likelihood(self.estimator, rows, weight, labels, n_folds, seed)
        except MixturaError as failure:
            status += f"; not cross-validated: {failure}"
        seconds = perf_counter() - began
        return replace(
            self, outcome=replace(outcome, held_out=held_out, status=status, seconds=seconds)
        )

    def _begun(self, table: TrainingRows, labels: Any, pause: int | None) -> Self:
        fitting = self.estimator._prepare(table, labels)
        return self._at(fitting, _first_starts(fitting, pause if self.estimator._settles else None))

    def _shown(self) -> Self:
        assert self.fitting is not None
        self.estimator._publish(self.fitting, self.restarts)
        self.estimator._remark(self.fitting)
        return self

    def _after(self, further: Callable[[Fitting], GaussianRestarts]) -> Self:
        return self if self.finished else self._step(further)

    def _step(self, further: Callable[[Fitting], GaussianRestarts]) -> Self:
        fitting = self.fitting
        if fitting is None:
            return self
        return self._trying(lambda: self._at(fitting, further(fitting)))

    def _trying(self, step: Callable[[], Self]) -> Self:
        """The candidate after a step; it has failed if the step cannot be taken."""
        began = perf_counter()
        try:
            stepped = step()
        except MixturaError as failure:
            failed = Outcome(self.params, None, f"failed: {failure}", 0.0, "failed")
            stepped = replace(self, outcome=failed, fitting=None, restarts=NO_STARTS)
        seconds = self.outcome.seconds + perf_counter() - began
        return replace(stepped, outcome=replace(stepped.outcome, seconds=seconds))

    def _at(self, fitting: Fitting, restarts: GaussianRestarts) -> Self:
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


def _first_starts(fitting: Fitting, pause: int | None) -> GaussianRestarts:
    """A few starts, or all that are wanted if none of the few gets anywhere."""
    try:
        return fitting.restarts(_HEAT, pause=pause)
    except DegenerateError:
        return fitting.restarts(fitting.effort, pause=pause)
