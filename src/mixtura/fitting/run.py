"""A specification applied to some rows: its starts, and what is made of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any, Self, TypeAlias

from mixtura import em
from mixtura.em import Fit
from mixtura.errors import DataError
from mixtura.explain import find_spurious
from mixtura.families.noise import Box
from mixtura.fitting.agreement import agreement
from mixtura.fitting.notes import notes_on_data, notes_on_result, notes_on_values
from mixtura.fitting.random_streams import Purpose
from mixtura.fitting.record import FitRecord
from mixtura.fitting.restarts import Effort, Restarts, restart, resume
from mixtura.fitting.specification import Noise, Specification
from mixtura.mixture import Mixture
from mixtura.selection.scores import score
from mixtura.sources import ArraySource, Summary
from mixtura.starts.noise_region import box_about, resized
from mixtura.starts.starting_values import MakeFirst, first_mixtures, go_on, reaching_known_rows
from mixtura.starts.training_rows import TrainingRows
from mixtura.stopping import paused_after
from mixtura.typing import BoolArray, IntArray

__all__ = ["NO_STARTS", "AnyFit", "AnyRestarts", "Fitting", "fit"]

AnyFit: TypeAlias = Fit[Any, Any]
AnyRestarts: TypeAlias = Restarts[Any, Any]

NO_STARTS: AnyRestarts = Restarts()

# Two runs that stop within tol of the same optimum can differ by several tol, since the
# projected gain is an estimate.
_SAME_HEIGHT = 10.0
# Where nothing is tolerated, rounding ends the runs, and where they are slow that is sooner.
_FINEST = 1e-10
# Where the likelihood is level, rows between components change sides at no cost.
_SAME_PARTITION = 0.95


def fit(
    specification: Specification, table: TrainingRows, labels: IntArray | None = None
) -> FitRecord:
    """Make all starts, and tell of the best one.

    Parameters
    ----------
    specification : Specification
    table : TrainingRows
    labels : ndarray of shape (n,), optional
        Known components of the rows, -1 where unknown.

    Raises
    ------
    DegenerateError
        If no start gets as far as a first mixture.
    """
    fitting = Fitting.of(specification, table, labels)
    return fitting.record(fitting.all_starts())


@dataclass(frozen=True, eq=False)
class Fitting:
    """A specification and some rows, before and between the starts.

    Attributes
    ----------
    specification : Specification
    table : TrainingRows
    source : ArraySource
        Of the table's rows.
    make_first : callable
        Gives the mixture where the start with a given number begins. It may raise DegenerateError.
    price : float
        Numbers that a plain iteration adds up.
    """

    specification: Specification
    table: TrainingRows
    source: ArraySource
    make_first: MakeFirst
    price: float

    @classmethod
    def of(
        cls, specification: Specification, table: TrainingRows, labels: IntArray | None = None
    ) -> Self:
        """See that the rows are enough, and get ready to make starts."""
        k, n = specification.n_components, len(table.rows)
        if n < k:
            raise DataError(
                f"Expected n_samples >= n_components, but got {n} rows for {k} components: "
                "use fewer components or more rows."
            )
        source, summary = table.source(k, labels), table.summary
        family = specification.family(source, summary, k)
        region = _region(specification.noise, source, summary)
        if specification.before is None:
            own = first_mixtures(
                family,
                source,
                table,
                specification.values,
                k=k,
                region=region,
                mixing=specification.mixing,
                seed=specification.seed,
            )
        else:
            before = specification.before
            there = go_on(before.mixture, family, region, specification.mixing, before.values)

            def own(number: int) -> Mixture[Any, Any]:
                return there

        def make_first(number: int) -> Mixture[Any, Any]:
            return reaching_known_rows(own(number), source)

        price = float(n) * k * family.n_sums(source.n_features)
        return cls(specification, table, source, make_first, price)

    @property
    def summary(self) -> Summary:
        return self.table.summary

    @cached_property
    def effort(self) -> Effort:
        """How many starts are wanted."""
        return self.specification.effort(self.price)

    @cached_property
    def numbered(self) -> bool:
        """Whether components keep the numbers that the user gave them."""
        return self.specification.values.numbered or self.source.labelled

    # ---------------------------------------------------------------------------------- runs

    def begin(self, number: int) -> AnyFit:
        """The run of the start with a given number, before its first iteration."""
        made = self.specification
        update_rule = made.algorithm.update_rule(made.acceleration, self.price)
        history = () if made.before is None else made.before.trace
        return Fit.begun(self.make_first(number), update_rule, history)

    def run(self, begun: AnyFit, number: int = 0, *, pause: int | None = None) -> AnyFit:
        """A run at its end, or after so many iterations; its number fixes random assignments."""
        made = self.specification
        to_the_end = made.algorithm.stopping(made.tol, made.max_iter)
        with made.narrate(begun.n_iter, number) as observe:
            return em.resume(
                begun,
                self.source,
                assignment=made.algorithm.assignment,
                stopping=to_the_end if pause is None else paused_after(to_the_end, pause),
                seed=(made.seed, Purpose.ASSIGN, number),
                observe=observe,
            )

    def restarts(
        self, effort: Effort, before: AnyRestarts = NO_STARTS, pause: int | None = None
    ) -> AnyRestarts:
        """Starts up to an effort, but to no more than what is wanted."""
        return restart(
            lambda number: self.run(self.begin(number), number, pause=pause),
            effort.at_most(self.effort),
            sound=self._sound,
            same=self._same,
            before=before,
        )

    def resumed(self, paused: AnyRestarts, pause: int | None = None) -> AnyRestarts:
        """The starts that were paused, gone on with to their ends or to the next pause."""
        return resume(partial(self.run, pause=pause), paused, sound=self._sound, same=self._same)

    def all_starts(self) -> AnyRestarts:
        """As many starts as are wanted, of which spurious ones are passed over."""
        return self.passing_over_spurious(self.restarts(self.effort))

    def passing_over_spurious(self, restarts: AnyRestarts) -> AnyRestarts:
        """The starts, of which spurious ones are passed over if there are others."""
        return restarts.passing_over(lambda fit: bool(self.spurious(fit.mixture)))

    # ------------------------------------------------------------------------------- results

    def best(self, restarts: AnyRestarts) -> AnyFit:
        """The best of the starts, its components in falling order of weight."""
        best = restarts.best
        if self.numbered:
            return best
        return replace(best, mixture=best.mixture.take(best.mixture.canonical_order()))

    def record(self, restarts: AnyRestarts) -> FitRecord:
        """What is told of the starts."""
        best, labels = self.best(restarts), self.source.labels
        mixture, settles = best.mixture, self.specification.algorithm.settles
        starts = restarts.summary(self._agreement)
        held = self._held(mixture)
        collapsed, spurious = _with_rows(held, mixture), self._spurious(held, mixture)
        caution = [starts.caution] if starts.caution and settles else []
        return FitRecord(
            mixture=mixture,
            algorithm=self.specification.algorithm,
            scores=score(mixture, self.source),
            n_parameters=mixture.n_parameters,
            collapsed=collapsed,
            spurious=spurious,
            status=best.status,
            n_iter=best.n_iter,
            objective=best.objective,
            trace=best.trace,
            starts=starts,
            notes=(
                *notes_on_data(self.summary, self.table.column_names),
                *notes_on_values(self.table, mixture.clusters.family),
                *notes_on_result(mixture, len(collapsed), spurious),
                *caution,
            ),
            n_known=0 if labels is None else int((labels >= 0).sum()),
        )

    def collapsed(self, mixture: Mixture[Any, Any]) -> tuple[int, ...]:
        """Components with rows that have collapsed."""
        return _with_rows(self._held(mixture), mixture)

    def spurious(self, mixture: Mixture[Any, Any]) -> tuple[int, ...]:
        """Components that owe their likelihood to a few rows, and not to what holds them up."""
        return self._spurious(self._held(mixture), mixture)

    def _spurious(self, held: BoolArray, mixture: Mixture[Any, Any]) -> tuple[int, ...]:
        return tuple(j for j in find_spurious(mixture, self.source).tolist() if not held[j])

    def _held(self, mixture: Mixture[Any, Any]) -> BoolArray:
        """Which components the family holds up, (k,)."""
        return mixture.family.collapsed(mixture.params, self.summary.variances == 0.0)

    def _sound(self, fit: AnyFit) -> bool:
        return not fit.status.collapsed and not self.collapsed(fit.mixture)

    def _same(self, a: AnyFit, b: AnyFit) -> bool:
        tol = max(self.specification.tol, _FINEST)
        level = abs(a.objective - b.objective) <= _SAME_HEIGHT * tol
        return level and self._agreement(a, b) >= _SAME_PARTITION

    def _agreement(self, a: AnyFit, b: AnyFit) -> float:
        return 1.0 if a is b else agreement(a.mixture, b.mixture, self.source)


def _with_rows(held: BoolArray, mixture: Mixture[Any, Any]) -> tuple[int, ...]:
    return tuple((held & (mixture.clusters.weights > 0.0)).nonzero()[0].tolist())


def _region(noise: Noise | None, source: ArraySource, summary: Summary) -> Box | None:
    """Where the noise is, if there is any."""
    if noise is None:
        return None
    box = box_about(source, summary, noise.flatness)
    return box if noise.volume is None else resized(box, noise.volume)
