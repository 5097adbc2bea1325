"""The rows of a fit: checked, without those of weight 0, summarised, with their starts.

A search makes them once for all its candidates.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Any, Self, TypeAlias

import numpy as np

from mixtura import em
from mixtura.em import Gather, Start
from mixtura.errors import DataError
from mixtura.explain.atoms import Atom, find_atoms
from mixtura.explain.missing_codes import MissingCode, find_missing_codes
from mixtura.families.family import Embedding, Family, as_they_are, in_one_unit
from mixtura.fitting.random_streams import Purpose
from mixtura.mixture import Expectation
from mixtura.patterns import empty_rows
from mixtura.sources import ArraySource, Source, Summary, block_rows, summarize
from mixtura.starts.filled import Filling
from mixtura.starts.noise_rows import noise_guesses
from mixtura.starts.sample import Sample, draw_rows
from mixtura.starts.ways import Ways
from mixtura.statistics import Extent
from mixtura.typing import AnyArray, BoolArray, FloatArray, IntArray

__all__ = ["LARGEST", "SMALLEST", "NamedStart", "SetAside", "TrainingRows"]

#: (ways, k, seed, number of the start) -> start.
NamedStart: TypeAlias = Callable[[Ways, int, int, int], Start]

#: Rows among which noise is looked for, at most: their distances to each other tell enough.
_ROWS_FOR_NOISE = 1_000

#: Rows on which it is looked for where a component is best cut in two.
_ROWS_FOR_SPLITS = 2_000

#: Between these a number has a square, and two squares a product, that neither overflow nor vanish.
SMALLEST, LARGEST = 1e-75, 1e75


@dataclass(frozen=True, eq=False)
class TrainingRows:
    """Rows to fit mixtures to.

    Attributes
    ----------
    rows : ndarray of shape (n, d), float32 or float64
    weight : ndarray of shape (n,) or None
        All positive, unless rows are set aside.
    column_names : sequence of str
    present : ndarray of bool, or None
        Which rows of the user's table these are; None for all.
    n_threads : int
    whole : Summary or None
        Of a larger table whose units these rows share, if they are a part of one.
    n_empty : int, default=0
        Rows of the user's table of which all cells are missing. They are left out: whatever the
        mixture, their likelihood is 1.
    """

    rows: AnyArray
    weight: FloatArray | None
    column_names: Sequence[str]
    present: BoolArray | None = None
    n_threads: int = 1
    whole: Summary | None = None
    n_empty: int = 0

    @classmethod
    def of(
        cls,
        rows: AnyArray,
        weight: FloatArray | None,
        column_names: Sequence[str],
        n_threads: int = 1,
        whole: Summary | None = None,
    ) -> Self:
        """From the user's rows and weights.

        Raises
        ------
        DataError
            If a column has no observed cell, or squares of the values would overflow or vanish.
        """
        present = None if weight is None or weight.all() else weight > 0.0
        empty = empty_rows(rows)
        n_empty = 0
        if empty is not None:
            present = np.ones(len(rows), dtype=np.bool_) if present is None else present
            n_empty = int(np.count_nonzero(empty & present))
            present = present & ~empty
            if not present.any():
                raise DataError("All cells of all rows that have weight are missing.")
        if present is not None:
            rows, weight = rows[present], None if weight is None else weight[present]
        made = cls(rows, weight, column_names, present, n_threads, whole, n_empty)
        made._check()
        return made

    def _check(self) -> None:
        """Columns that have cells, whose squares can be computed."""
        check_observed(self.summary, self.column_names)
        check_range(self.summary.extent, self.column_names)

    @property
    def n_rows(self) -> int:
        """Rows that have weight, and some cell."""
        return len(self.rows)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the rows."""
        return self.rows.dtype

    @property
    def n_given(self) -> int:
        """Rows of the user's table."""
        return len(self.rows if self.present is None else self.present)

    def kept(self, per_row: AnyArray) -> AnyArray:
        """The entries for these rows of an array with one for each row of the user's table."""
        return per_row if self.present is None else per_row[self.present]

    def source(self, k: int, labels: IntArray | None = None) -> ArraySource:
        """The rows in blocks that suit k components."""
        rows_per_block = block_rows(self.rows.shape[1], k)
        if labels is None and len(self.rows) <= rows_per_block:
            return self._one_block
        return ArraySource(self.rows, self.weight, rows_per_block, self.n_threads, labels)

    @cached_property
    def _one_block(self) -> ArraySource:
        """Where the rows are one block for some number of components."""
        return ArraySource(self.rows, self.weight, max(len(self.rows), 1), self.n_threads)

    @property
    def row_weights(self) -> FloatArray:
        """The weight of each row, (n,)."""
        return np.ones(len(self.rows)) if self.weight is None else self.weight

    def weighing(self, weight: FloatArray) -> Self:
        """The same rows with other weights (n,), without those of weight 0."""
        kept = weight > 0.0
        present = np.ones(self.n_given, dtype=np.bool_) if self.present is None else self.present
        still = present.copy()
        still[present] = kept
        made = replace(self, rows=self.rows[kept], weight=weight[kept], present=still)
        made._check()
        return made

    def take(self, rows: IntArray) -> Self:
        """Some of the rows by their numbers, in that order."""
        weight = None if self.weight is None else self.weight[rows]
        return replace(self, rows=self.rows[rows], weight=weight, present=None)

    def followed_by(self, other: Self) -> Self:
        """These rows, and others of the same columns after them."""
        weight = None
        if self.weight is not None or other.weight is not None:
            weight = np.concatenate([self.row_weights, other.row_weights])
        rows = np.concatenate([self.rows, other.rows])
        return type(self).of(rows, weight, self.column_names, other.n_threads, other.whole)

    def reweighted(self, factor: FloatArray) -> Self:
        """The same rows with their weights times a factor (n,)."""
        return replace(self, weight=factor if self.weight is None else factor * self.weight)

    @cached_property
    def summary(self) -> Summary:
        own = summarize(self.source(1))
        return own if self.whole is None else own.in_units_of(self.whole)

    @cached_property
    def rounding(self) -> FloatArray:
        """Variance, (d,), that the rounding of each feature has by itself; infinite if constant.

        Values that are rounded to multiples of h are off by up to h / 2, with a variance of
        h^2 / 12. Of h the smallest difference between values is told.
        """
        rng = np.random.default_rng(Purpose.SAMPLE)
        sample = draw_rows(self.source(1), self.summary, rng)
        steps = [np.diff(np.unique(column[~np.isnan(column)])) for column in sample.rows.T]
        least = [step.min() if len(step) else np.inf for step in steps]
        rounding = np.square(np.array(least) * self.summary.scales) / 12.0
        return np.where(self.summary.variances == 0.0, np.inf, rounding)

    @cached_property
    def thinned(self) -> TrainingRows:
        """The same, or where they are many some rows of them: enough to see where groups part."""
        if self.summary.n_rows <= 2 * _ROWS_FOR_SPLITS:
            return self
        rng = np.random.default_rng(Purpose.SPLIT)
        return self._of(draw_rows(self.source(1), self.summary, rng, _ROWS_FOR_SPLITS))

    def _of(self, sample: Sample) -> Self:
        """Some rows of them, in their own units again."""
        rows = sample.rows * self.summary.scales + self.summary.center
        return replace(self, rows=rows, weight=sample.weight, present=None)

    @property
    def standardized(self) -> FloatArray:
        """The rows in units of the columns' deviations, with no cell missing, (n, d)."""
        places = self.embedded(as_they_are)
        return self.summary.standardized(places.rows)

    @cached_property
    def atoms(self) -> tuple[Atom, ...]:
        """Single values that come far more often than those beside them."""
        return find_atoms(self.rows, self.weight)

    @cached_property
    def missing_codes(self) -> tuple[MissingCode, ...]:
        """Numbers that look like codes for missing values."""
        return find_missing_codes(self.rows, self.summary)

    @cached_property
    def embedded(self) -> Callable[[Embedding], TrainingRows]:
        """Gives the rows as places between which distances mean something, each made once.

        No cell of a place is missing.
        """

        @cache
        def embedded(embedding: Embedding) -> TrainingRows:
            places, alike = replace(self, rows=embedding(self.rows), whole=None), self
            if self.gappy:
                places = alike = places._filled
            if embedding is in_one_unit:
                vars(places)["summary"] = alike.summary.in_one_unit
            return places

        as_is = None if self.gappy else as_they_are
        return lambda embedding: self if embedding is as_is else embedded(embedding)

    @property
    def gappy(self) -> bool:
        """Whether any cell is missing."""
        return bool(self.summary.gaps)

    @cached_property
    def _filled(self) -> Self:
        """The same rows with no cell missing."""
        filling = Filling.of(self.rows, self.weight, self.summary)
        return replace(self, rows=filling(self.rows))

    @cached_property
    def start(self) -> NamedStart:
        """Gives starts, each made once: they are the same for all structures of a family."""

        @cache
        def sample(seed: int) -> Sample:
            rng = np.random.default_rng((seed, Purpose.SAMPLE))
            return draw_rows(self.source(1), self.summary, rng)

        @cache
        def start(ways: Ways, k: int, seed: int, number: int) -> Start:
            rng = np.random.default_rng((seed, Purpose.START, number))
            make = ways.way(number).make
            assert make is not None  # it is of rows
            return make(sample(seed), self.summary, k, rng)

        return start

    @cached_property
    def gather(self) -> Gather:
        """Gathers what a family begins with from a start of all rows, once for each kind.

        Structures differ in what they make of it.
        """
        known: dict[object, Expectation[Any]] = {}

        def gather(family: Family[Any, Any], source: Source, start: Start) -> Expectation[Any]:
            kind = (start, family.gathers)
            if kind not in known:
                known[kind] = em.gather(family, source, start)
            return known[kind]

        return gather

    @cached_property
    def noise(self) -> Callable[[int], Sequence[SetAside]]:
        """Gives guesses which rows are noise, by the seed, each made once.

        Noise is looked for among some of the rows, and the guesses are of those alone.
        """

        @cache
        def guesses(seed: int) -> Sequence[SetAside]:
            rng = np.random.default_rng((seed, Purpose.NOISE))
            sample = draw_rows(self.source(1), self.summary, rng, _ROWS_FOR_NOISE)
            table = self._of(sample) if self.summary.n_rows > _ROWS_FOR_NOISE else self
            noise = noise_guesses(table.standardized, sample.weight)
            return [SetAside.of(table, probabilities) for probabilities in noise]

        return guesses


@dataclass(frozen=True, eq=False)
class SetAside:
    """Rows of which some are set aside as noise.

    Attributes
    ----------
    table : TrainingRows
        All of them.
    clean : TrainingRows
        The same with weights that are less by what is noise.
    noise : ndarray of shape (n,)
        The probability of each row to be noise.
    """

    table: TrainingRows
    clean: TrainingRows
    noise: FloatArray

    @classmethod
    def of(cls, table: TrainingRows, noise: AnyArray) -> Self:
        """From the probabilities, or from which rows are noise."""
        probabilities = noise.astype(np.float64)
        return cls(table, table.reweighted(1.0 - probabilities), probabilities)


def check_observed(summary: Summary, names: Sequence[str]) -> None:
    """Columns that have some cells."""
    empty = summary.gaps.cells == summary.n_rows
    if empty.any():
        raise DataError(
            f"All cells of column {names[int(empty.argmax())]} are missing in the "
            f"{summary.n_rows} rows that have weight: leave it out."
        )


def check_range(extent: Extent, names: Sequence[str]) -> None:
    """Columns whose variances, and products of these, can be computed."""
    reach = np.maximum(np.abs(extent.minimum), np.abs(extent.maximum))
    if reach.max() > LARGEST:
        raise DataError(
            f"The values of column {names[int(reach.argmax())]} reach {reach.max():.3g}: beyond "
            f"{LARGEST:.0e} their squares overflow: rescale them."
        )
    spread = extent.maximum - extent.minimum
    spread = np.where(spread == 0.0, np.inf, spread)
    if spread.min() < SMALLEST:
        raise DataError(
            f"Column {names[int(spread.argmin())]} varies by {spread.min():.3g}: squares of less "
            f"than {SMALLEST:.0e} vanish. Rescale it, or leave it out."
        )
