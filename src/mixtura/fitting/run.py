"""A specification applied to some rows: its starts, and what is made of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any, Self, TypeAlias, TypeVar

from mixtura import em
from mixtura.acceleration import UpdateRule
from mixtura.assignments import soft
from mixtura.em import Fit
from mixtura.errors import DataError, DegenerateError
from mixtura.explain import Soundness, judge, upheld
from mixtura.families.family import Family
from mixtura.families.noise import Box, with_noise
from mixtura.fitting.agreement import ALIKE, Compared, agreement, compared
from mixtura.fitting.algorithm import Algorithm, Stage, batch_rows, check_blends
from mixtura.fitting.chain import Chain
from mixtura.fitting.diagnosis import diagnose
from mixtura.fitting.notes import (
    notes_on_chain,
    notes_on_data,
    notes_on_result,
    notes_on_values,
)
from mixtura.fitting.random_streams import Purpose
from mixtura.fitting.record import FitRecord, StageRecord
from mixtura.fitting.restarts import Effort, Found, Restarts, Starts, restart, resume
from mixtura.fitting.specification import Noise, Specification
from mixtura.mixture import Expectation, Mixture
from mixtura.sources import Source, Summary
from mixtura.starts.large_rows import LargeRows
from mixtura.starts.noise_region import box_about, resized
from mixtura.starts.split_component import splits
from mixtura.starts.starting_values import MakeFirst, first_mixtures, go_on, reaching_known_rows
from mixtura.starts.training_rows import TrainingRows
from mixtura.starts.ways import Way, Ways
from mixtura.stopping import Status, paused_after
from mixtura.typing import FloatArray, IntArray

__all__ = ["NO_STARTS", "AnyFit", "Fitting", "fit"]

AnyFit: TypeAlias = Fit[Any, Any]

_T = TypeVar("_T")

NO_STARTS = Restarts()

# Of a mixture that grows the best of so many splits is kept at each step.
_SPLITS = (Way.of_split(0), Way.of_split(1))

# Two runs that stop within tol of the same optimum can differ by several tol, since the
# projected gain is an estimate.
_SAME_HEIGHT = 10.0
# Where nothing is tolerated, rounding ends the runs, and where they are slow that is sooner.
_FINEST = 1e-10
# Where the likelihood is level, rows between components change sides at no cost.
_SAME_PARTITION = 0.95

_AS_IT_BEGAN = Status(False, "made no iteration (max_iter=0): the mixture is as it began")


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
        The rows that starts look at.
    source : Source
        The rows that are fitted: those of the table, or the many that it is a sample of.
    summary : Summary
        Of these.
    family : Family
        Of the clusters.
    region : Box or None
        Where the noise is, if there is any.
    make_first : callable
        Gives the mixture where the start with a given number begins. It may raise DegenerateError.
    price : float
        Numbers that a plain iteration adds up.
    n_rows, n_empty, n_known : int
        Rows that are fitted, further ones that have no cell, and those whose component is known.
    """

    specification: Specification
    table: TrainingRows
    source: Source
    summary: Summary
    family: Family[Any, Any]
    region: Box | None
    make_first: MakeFirst
    price: float
    n_rows: int
    n_empty: int
    n_known: int

    @classmethod
    def of(
        cls,
        specification: Specification,
        table: TrainingRows,
        labels: IntArray | None = None,
        large: LargeRows | None = None,
    ) -> Self:
        """See that the rows are enough, and get ready to make starts.

        The table is the sample of many rows, if there are these.
        """
        k, n = specification.n_components, (large or table).n_rows
        if n < k:
            raise DataError(
                f"Expected n_samples >= n_components, but got {n} rows for {k} components: "
                "use fewer components or more rows."
            )
        source = table.source(k, labels) if large is None else large.source(k)
        summary = (large or table).summary
        family = specification.family(source, summary, k)
        if specification.algorithm.blends:
            check_blends(family, f"algorithm={specification.algorithm.name!r}")
        if labels is not None or k == 1:
            # Splits know not whose rows are known.
            values = specification.values
            of_rows = replace(values, ways=values.ways.of_rows)
            specification = replace(specification, values=of_rows)
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
        n_known = 0 if labels is None else int((labels >= 0).sum())
        return cls(
            specification,
            table,
            source,
            summary,
            family,
            region,
            make_first,
            price,
            n,
            (large or table).n_empty,
            n_known,
        )

    @cached_property
    def effort(self) -> Effort:
        """How many starts are wanted."""
        return self.specification.effort(self.price)

    @cached_property
    def algorithm(self) -> Algorithm:
        """What is done with so many rows."""
        return self.specification.algorithm.suiting(self.n_rows, self.rows_per_batch)

    @property
    def rows_per_batch(self) -> int:
        """Rows of a mini-batch, if there are any."""
        n_sums = self.family.n_sums(self.source.n_features)
        return batch_rows(self.specification.n_components, n_sums)

    def _tol_of(self, stage: Stage) -> float:
        """How near to the limit a run should come in a stage, in nats per row.

        Of mini-batches no more is asked than chance leaves open anyway. Other rows of the same kind
        would change the likelihood by half a nat for each free parameter (Wilks 1938).
        """
        tol = self.specification.tol
        if stage.rounds is None:
            return tol
        made, d = self.specification, self.source.n_features
        k, n_weights = made.n_components, made.n_components + (self.region is not None)
        free = self.family.n_parameters(k, d) + made.mixing.n_parameters(n_weights)
        return max(tol, 0.5 * free / self.summary.total_weight)

    @cached_property
    def numbered(self) -> bool:
        """Whether components keep the numbers that the user gave them."""
        return self.specification.values.numbered or self.source.labelled

    # ---------------------------------------------------------------------------------- runs

    def begin(self, number: int) -> AnyFit:
        """The run of the start with a given number, before its first iteration."""
        way, made = self.way(number), self.specification
        if way.make is not None or made.values.numbered or made.before is not None:
            return self._begun(self.make_first(number))
        firsts = self.splits(self.smaller)
        return self._begun(firsts[min(way.rank, len(firsts) - 1)])

    @cached_property
    def splits(self) -> Callable[[Mixture[Any, Any]], list[Mixture[Any, Any]]]:
        """Gives where runs from a mixture of one cluster fewer begin, the most promising first."""
        whole = with_noise(self.family, self.region)
        return _once_for_each(
            lambda smaller: splits(smaller, self.table.thinned, whole, self.specification.mixing)
        )

    def first_from(self, resp: FloatArray) -> Mixture[Any, Any]:
        """The mixture where a run from given responsibilities begins."""
        made = self.specification
        values = replace(made.values, assigned=resp, numbers_matter=False)
        return first_mixtures(
            self.family,
            self.source,
            self.table,
            values,
            k=made.n_components,
            region=self.region,
            mixing=made.mixing,
            seed=made.seed,
        )(0)

    def way(self, number: int) -> Way:
        """The kind of the start with a given number."""
        return self.specification.values.ways.way(number)

    @cached_property
    def smaller(self) -> Mixture[Any, Any]:
        """A mixture of one cluster fewer, grown by splits from a single one."""
        made = self.specification
        k, values = made.n_components - 1, made.values
        growing = replace(values, ways=Ways(_SPLITS, values.ways.of_rows.then))
        fewer = replace(made, n_components=k, values=growing, n_starts=min(k, len(_SPLITS)))
        fitting = type(self).of(fewer, self.table)
        return fitting.best(fitting.all_starts()).mixture

    def growing_from(self, smaller: Mixture[Any, Any]) -> Self:
        """The same with splits of this mixture."""
        fitting = replace(self)
        vars(fitting)["smaller"] = smaller
        return fitting

    def _begun(self, first: Mixture[Any, Any]) -> AnyFit:
        before = self.specification.before
        history = () if before is None else before.trace
        return Fit.begun(first, self._update_rule(self.stages[0]), history)

    @cached_property
    def stages(self) -> tuple[Stage, ...]:
        """Those of the algorithm; what goes on from an earlier fit has the last one left."""
        stages = self.algorithm.stages
        return stages if self.specification.before is None else stages[-1:]

    def run(self, begun: AnyFit, number: int = 0, *, pause: int | None = None) -> AnyFit:
        """A run at its end, or after so many iterations; its number fixes random assignments.

        It pauses only in its last stage: objectives of others cannot be compared with it.
        """
        run, place = begun, len(begun.before)
        for stage in self.stages[place:-1]:
            ended = self._stage(stage, run, number, None)
            place += 1
            run = ended.followed(self._update_rule(self.stages[place]))
        return self._stage(self.stages[-1], run, number, pause)

    def _update_rule(self, stage: Stage) -> UpdateRule:
        made = self.specification
        return stage.update_rule(made.acceleration, self.price, made.max_iter)

    def _stage(self, stage: Stage, run: AnyFit, number: int, pause: int | None) -> AnyFit:
        """The run after a stage; each but the first has random numbers of its own."""
        made, place = self.specification, len(run.before)
        own = (number, place) if place else (number,)
        to_the_end = stage.stopping_rule(self._tol_of(stage), made.max_iter)
        passes = stage.passes(
            self.source, self.rows_per_batch, made.max_iter, (made.seed, Purpose.ORDER, *own)
        )
        name = stage.name if len(self.stages) > 1 else ""
        with made.narrate(run.n_iter, number, name) as observe:
            return em.resume(
                run,
                self.source,
                assignment=stage.assignment,
                schedule=passes,
                stopping=to_the_end if pause is None else paused_after(to_the_end, pause),
                seed=(made.seed, Purpose.ASSIGN, *own),
                observe=observe,
                latest=stage.latest,
                keep=stage.chain(made.max_iter),
            )

    def restarts(
        self, effort: Effort, before: Restarts = NO_STARTS, pause: int | None = None
    ) -> Restarts:
        """Starts up to an effort."""
        return restart(
            lambda number: Found(
                self.run(self.begin(number), number, pause=pause), (self.way(number).name,)
            ),
            effort,
            sound=self.clear,
            same=self._same,
            before=before,
        )

    def with_starts(
        self,
        before: Restarts,
        way: str,
        firsts: Iterable[Callable[[], Mixture[Any, Any]]],
        pause: int | None,
    ) -> Restarts:
        """With runs from given mixtures; those that cannot begin are left out."""
        restarts = before
        for first in firsts:
            with suppress(DegenerateError):
                run = self.run(self._begun(first()), restarts.n_made, pause=pause)
                restarts = restarts.with_run(Found(run, (way,)), self.clear, self._same)
        return restarts

    def resumed(self, paused: Restarts, pause: int | None = None) -> Restarts:
        """The starts that were paused, gone on with to their ends or to the next pause."""
        return resume(partial(self.run, pause=pause), paused, sound=self.clear, same=self._same)

    def all_starts(self) -> Restarts:
        """As many starts as are wanted, of which those that are not sound are passed over."""
        return self.passing_over(self.restarts(self.effort))

    def passing_over(self, restarts: Restarts) -> Restarts:
        """The starts, of which those that are not sound are passed over if there are others."""
        return restarts.passing_over(lambda fit: self.judged(fit.mixture).sound)

    # ------------------------------------------------------------------------------- results

    def best(self, restarts: Restarts) -> AnyFit:
        """The best of the starts, its components in falling order of weight."""
        return self._in_order(restarts.best)

    def _in_order(self, run: AnyFit) -> AnyFit:
        if self.numbered:
            return run
        order = run.mixture.canonical_order()
        known = None if run.expectation is None else run.expectation.take(order)
        return replace(run, mixture=run.mixture.take(order), expectation=known)

    def _past(self, best: AnyFit) -> tuple[StageRecord, ...]:
        """What is told of the stages before the last one."""
        return tuple(
            StageRecord(stage.name, run.n_iter, run.status.text, run.trace)
            for stage, run in zip(self.stages, best.before, strict=False)
        )

    def _chain(self, run: AnyFit) -> Chain | None:
        """The chain of the last stage that kept one, its components in the order of the result."""
        kept = [each for each in (run, *run.before[::-1]) if each.chain]
        if not kept:
            return None
        order = None if self.numbered else run.mixture.canonical_order()
        return Chain.of(kept[0].chain, order)

    def record(self, restarts: Restarts) -> FitRecord:
        """What is told of the starts."""
        return self.recorded(restarts.best, self.told(restarts))

    def told(self, restarts: Restarts) -> Starts:
        """How the starts ended."""
        return restarts.summary(self._compared)

    def recorded(self, run: AnyFit, starts: Starts) -> FitRecord:
        """What is told of a run, which is the best of some starts."""
        best, last = self._in_order(run), self.specification.algorithm.last
        mixture = best.mixture
        moved = self.specification.max_iter > 0
        caution = starts.caution(self.summary.total_weight) if moved else None
        expectation = best.expectation or self.expectation(mixture)
        found = diagnose(
            mixture,
            self.source,
            expectation if last.assignment is soft else em.e_step(mixture, self.source),
            self.summary,
            self.table.rounding,
            self.n_empty,
        )
        collapsed, spurious = found.soundness.upheld, found.soundness.spurious
        return FitRecord(
            mixture=mixture,
            algorithm=self.specification.algorithm,
            scores=found.scores,
            n_parameters=mixture.n_parameters,
            collapsed=collapsed,
            spurious=spurious,
            status=best.status if moved else _AS_IT_BEGAN,
            n_iter=best.n_iter,
            objective=best.objective,
            trace=best.trace,
            starts=starts,
            notes=(
                *(notes_on_data(self.summary, self.table.column_names) if self._whole else []),
                *notes_on_values(self.table, mixture.clusters.family),
                *notes_on_result(mixture, len(collapsed), spurious),
                *notes_on_chain(best, mean=last.latest),
                *([caution] if caution and last.settles else []),
            ),
            n_known=self.n_known,
            missing=found.missing,
            past=self._past(best),
            chain=self._chain(run),
            expectation=expectation,
            summary=self.summary,
        )

    @property
    def _whole(self) -> bool:
        """Whether these are no part of a larger table; else whoever knows that one tells of it."""
        return self.table.whole is None or self.summary is self.table.whole

    def expectation(self, mixture: Mixture[Any, Any]) -> Expectation[Any]:
        """What an E-step knows of the rows."""
        seed = (self.specification.seed, Purpose.ASSIGN)
        return em.e_step(mixture, self.source, self.specification.algorithm.last.assignment, seed)

    @cached_property
    def judged(self) -> Callable[[Mixture[Any, Any]], Soundness]:
        """Gives whether an optimum is sound, found out once."""
        return _once_for_each(lambda mixture: judge(mixture, self.source, self.table.rounding))

    def clear(self, fit: AnyFit) -> bool:
        """Whether a run can compete at all: what holds a component up makes it win."""
        if fit.status.collapsed:
            return False
        return not upheld(fit.mixture, self.source, self.table.rounding).any()

    def _same(self, a: AnyFit, b: AnyFit) -> bool:
        tol = max(self._tol_of(self.stages[-1]), _FINEST)
        level = abs(a.objective - b.objective) <= _SAME_HEIGHT * tol
        return level and agreement(a.mixture, b.mixture, self.source) >= _SAME_PARTITION

    def _compared(self, a: AnyFit, b: AnyFit) -> Compared:
        return ALIKE if a is b else compared(a.mixture, b.mixture, self.source)


def _once_for_each(make: Callable[[Mixture[Any, Any]], _T]) -> Callable[[Mixture[Any, Any]], _T]:
    """The same, but made once for each mixture, which is kept so that no other has its id."""
    known: dict[int, tuple[Mixture[Any, Any], _T]] = {}

    def made(mixture: Mixture[Any, Any]) -> _T:
        if id(mixture) not in known:
            known[id(mixture)] = mixture, make(mixture)
        return known[id(mixture)][1]

    return made


def _region(noise: Noise | None, source: Source, summary: Summary) -> Box | None:
    """Where the noise is, if there is any."""
    if noise is None:
        return None
    if noise.region is not None:
        return noise.region
    box = box_about(source, summary, noise.flatness)
    return box if noise.volume is None else resized(box, noise.volume)
