"""A fit that goes on as rows come: online EM.

A stream is frozen. What it was given, and what it made of that, is in the next one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import numpy as np

from mixtura import em
from mixtura.em import Memory
from mixtura.errors import MixturaError
from mixtura.families.family import Family
from mixtura.families.noise import with_noise
from mixtura.fitting.algorithm import Algorithm, batch_rows, check_blends
from mixtura.fitting.random_streams import Purpose
from mixtura.fitting.record import FitRecord
from mixtura.fitting.restarts import Starts
from mixtura.fitting.run import Fitting
from mixtura.fitting.specification import Specification
from mixtura.mixture import Mixture
from mixtura.schedules import Forgetting, HalfLife, Slowing, parts_of
from mixtura.selection.scores import Scores
from mixtura.sources import Source, Summary
from mixtura.starts.training_rows import TrainingRows
from mixtura.stopping import Status
from mixtura.typing import IntArray

__all__ = ["NO_ROWS", "Stream", "Waiting"]

# A stream begins with so many rows for each component at least, and with some for each of the
# numbers that its statistics have of a column.
_ROWS_PER_COMPONENT = 10
_ROWS_PER_NUMBER = 2

# Rows that are fitted as a table, at most: more come as part of the stream.
_MOST_AT_ONCE = 20_000


@dataclass(frozen=True, eq=False)
class Waiting:
    """A stream before it has enough rows to begin with.

    Attributes
    ----------
    n_calls : int
        How often rows have come.
    rows : TrainingRows or None
        All of them.
    n_needed : int
        How many are needed at least.
    """

    n_calls: int = 0
    rows: TrainingRows | None = None
    n_needed: int = 0

    @property
    def n_seen(self) -> int:
        """Rows that came so far."""
        return 0 if self.rows is None else len(self.rows.rows)

    def __str__(self) -> str:
        return f"waiting for more rows: {self.n_seen:,} of at least {self.n_needed:,}"

    def with_rows(self, specification: Specification, table: TrainingRows) -> Waiting | Stream:
        """The stream after some more rows.

        Raises
        ------
        DegenerateError
            If it should begin with rows that no start can be made from.
        """
        n_calls = self.n_calls + 1
        rows = table if self.rows is None else self.rows.followed_by(table)
        needed = _fewest_rows(specification, rows)
        if len(rows.rows) < needed:
            return Waiting(n_calls, rows, needed)
        order = _order(specification, n_calls, len(rows.rows))
        first, others = order[:_MOST_AT_ONCE], order[_MOST_AT_ONCE:]
        fitting = Fitting.of(specification, rows.take(first) if len(others) else rows)
        begun = Stream.after(fitting.record(fitting.all_starts()), n_calls)
        assert begun is not None  # of rows that are at hand the statistics are known
        return begun.going_on(specification, rows.take(others)) if len(others) else begun


#: A stream before its first rows.
NO_ROWS = Waiting()


@dataclass(frozen=True, eq=False)
class Stream:
    """What is known of the rows that came so far.

    Attributes
    ----------
    n_calls : int
        How often rows have come.
    summary : Summary
        Of all rows.
    mixture : Mixture
        The one that the next rows will be assigned under.
    memory : Memory
        The statistics that it comes from.
    notes : tuple of str
        What to know about the rows that it has just begun with.
    """

    n_calls: int
    summary: Summary
    mixture: Mixture[Any, Any]
    memory: Memory[Any]
    notes: tuple[str, ...] = ()

    @classmethod
    def after(cls, record: FitRecord, n_calls: int = 0) -> Self | None:
        """One that goes on from a fit; None if its statistics are not known."""
        known = record.expectation
        if known is None or record.summary is None:
            return None
        return cls(n_calls, record.summary, record.mixture, Memory(known, known), record.notes)

    @property
    def n_seen(self) -> int:
        """Rows that came so far."""
        return self.summary.n_rows

    def with_rows(self, specification: Specification, table: TrainingRows) -> Stream:
        """The stream after some more rows."""
        called = replace(self, n_calls=self.n_calls + 1, notes=())
        return called.going_on(specification, table)

    def going_on(self, specification: Specification, table: TrainingRows) -> Stream:
        """The stream after further rows of the same call."""
        check_blends(self.mixture.family, "partial_fit")
        k, summary = specification.n_components, self.summary + table.summary
        source = table.source(k)
        mixture = _of_family(self.mixture, specification, source, summary)
        unit = batch_rows(k, mixture.family.n_sums(source.n_features))
        order = _order(specification, self.n_calls, len(table.rows))
        parts = parts_of(
            source,
            np.array_split(order, -(-len(order) // unit)),
            _forgetting(specification, unit),
            self.memory.running.weight,
        )
        seed = (specification.seed, Purpose.ASSIGN, self.n_calls)
        swept = em.sweep(mixture, self.memory, parts, specification.algorithm.last.assignment, seed)
        following = em.following(swept.mixture, swept.memory.running)
        return replace(self, summary=summary, mixture=following, memory=swept.memory)

    @cached_property
    def found(self) -> Mixture[Any, Any]:
        """The mixture that the average of all statistics comes to."""
        if self.memory.average is self.memory.running:
            return self.mixture
        return em.following(self.mixture, self.memory.average)

    def record(self, algorithm: Algorithm) -> FitRecord:
        """What is known of the fit. Nothing is known of the likelihood of all rows together."""
        running, found = self.memory.running, self.found
        calls = f"{self.n_calls:,} call{'s' if self.n_calls > 1 else ''}"
        return FitRecord(
            mixture=found,
            algorithm=algorithm,
            scores=Scores(self.summary.total_weight, math.nan, math.nan, math.nan),
            n_parameters=found.n_parameters,
            collapsed=(),
            spurious=(),
            status=Status(False, f"partial fit: {self.n_seen:,} rows seen in {calls}"),
            n_iter=self.n_calls,
            objective=(running.objective + found.log_prior) / running.weight,
            trace=(),
            starts=Starts((), 0),
            notes=self.notes,
            n_known=0,
        )


def _fewest_rows(specification: Specification, rows: TrainingRows) -> int:
    """Rows that a stream may begin with, at least."""
    k, d = specification.n_components, rows.rows.shape[1]
    family = specification.family(rows.source(k), rows.summary, k)
    check_blends(family, "partial_fit")
    per_component: int = max(_ROWS_PER_COMPONENT, -(-_ROWS_PER_NUMBER * family.n_sums(d) // d))
    return k * per_component


def _forgetting(specification: Specification, unit: float) -> Forgetting:
    half_life = specification.half_life
    return Slowing(unit) if half_life is None else HalfLife(half_life)


def _order(specification: Specification, n_calls: int, n: int) -> IntArray:
    """Numbers of n rows: in a random order, but as they came if later ones are to count more."""
    if specification.half_life is not None:
        return np.arange(n)
    return np.random.default_rng((specification.seed, Purpose.ORDER, n_calls)).permutation(n)


def _of_family(
    mixture: Mixture[Any, Any], specification: Specification, source: Source, summary: Summary
) -> Mixture[Any, Any]:
    """The mixture, with what its family takes from the summary of all rows."""
    k, noise = specification.n_components, specification.noise is not None
    if k + noise != mixture.n_components:
        raise MixturaError(
            f"partial_fit goes on with the {mixture.n_components} components that it has, noise "
            f"included, and now there should be {k + noise}: begin anew with fit."
        )
    if specification.reads_rows:
        return replace(mixture, mixing=specification.mixing)
    family: Family[Any, Any] = specification.family(source, summary, k)
    if noise:
        family = with_noise(family, mixture.noise_region)
    return replace(mixture, family=family, mixing=specification.mixing)
