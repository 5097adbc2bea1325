"""More rows than are looked at one by one: what one pass says of them, and a sample.

Starts, and what else compares rows with each other, look at the sample. All other passes are over
all rows, wherever they lie.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from mixtura.fitting.random_streams import Purpose
from mixtura.sources import ArraySource, Chunk, Source, Summary, block_rows, summarize
from mixtura.sources.scan import Opened
from mixtura.starts.training_rows import TrainingRows, check_observed, check_range
from mixtura.typing import AnyArray, FloatArray

__all__ = ["LargeRows", "as_opened", "collected", "sample_size"]

# Of so many rows, or numbers in them, starts find what they would find in more.
_MOST_ROWS, _MOST_NUMBERS, _FEWEST_ROWS = 200_000, 20_000_000, 20_000


def sample_size(n_features: int) -> int:
    """Rows of a sample, where nothing else is asked for."""
    return max(min(_MOST_ROWS, _MOST_NUMBERS // n_features), _FEWEST_ROWS)


@dataclass(frozen=True)
class _Picked:
    """Some rows and their weights: those of two chunks are one after the other."""

    rows: AnyArray
    weight: FloatArray

    def __add__(self, other: Self) -> Self:
        return type(self)(
            np.concatenate([self.rows, other.rows]), np.concatenate([self.weight, other.weight])
        )

    def table(self, names: Sequence[str], n_threads: int, whole: Summary | None) -> TrainingRows:
        """They as rows to fit mixtures to."""
        weight = None if (self.weight == 1.0).all() else self.weight
        return TrainingRows.of(self.rows, weight, names, n_threads, whole)


@dataclass(frozen=True, eq=False)
class LargeRows:
    """Rows that are passed over, and some of them that are at hand.

    Attributes
    ----------
    opened : Opened
    summary : Summary
        Of all rows.
    sample : TrainingRows
        In the units of all rows.
    """

    opened: Opened
    summary: Summary
    sample: TrainingRows

    @classmethod
    def of(
        cls, opened: Opened, names: Sequence[str], n_threads: int, n_sample: int, seed: int
    ) -> Self:
        """After one pass that sums them up, and one that draws the sample.

        Raises
        ------
        DataError
            If a column has no observed cell, or squares of the values would overflow or vanish.
        """
        size = block_rows(len(names), 1)
        summary = summarize(opened.make(size, False))
        check_observed(summary, names)
        check_range(summary.extent, names)
        source = opened.make(size, bool(summary.gaps))
        drawn = source.map_reduce(_Draw(n_sample / summary.total_weight, seed))
        return cls(opened, summary, drawn.table(names, n_threads, summary))

    @property
    def n_rows(self) -> int:
        return self.opened.n_rows

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the rows."""
        return self.sample.dtype

    @property
    def n_empty(self) -> int:
        """Rows that were left out, since they have no cell."""
        return self.opened.n_empty

    def source(self, k: int) -> Source:
        """The rows in blocks that suit k components."""
        d = self.sample.rows.shape[1]
        return self.opened.make(block_rows(d, k), bool(self.summary.gaps))


def as_opened(table: TrainingRows) -> Opened:
    """Rows in memory, to be passed over as others are."""

    def make(rows_per_block: int, gappy: bool) -> Source:
        return ArraySource(table.rows, table.weight, rows_per_block, table.n_threads)

    return Opened(make, table.n_rows, table.n_empty)


def collected(opened: Opened, names: Sequence[str], n_threads: int) -> TrainingRows:
    """All rows in one place: those of a table that is no larger than a sample."""
    source = opened.make(block_rows(len(names), 1), False)
    table = source.map_reduce(_all_of).table(names, n_threads, None)
    return replace(table, n_empty=table.n_empty + opened.n_empty)


def _all_of(chunk: Chunk) -> _Picked:
    return _Picked(chunk.rows, chunk.weight)


@dataclass(frozen=True)
class _Draw:
    """Draws each row of a chunk by itself, with a probability by its weight (Poisson sampling).

    No chunk has to know of another, and the number of a row decides which random number it has: so
    the sample is the same however the rows are cut into chunks. Rows that are too heavy to be drawn
    only once are always drawn, and weigh more than others.

    Attributes
    ----------
    rate : float
        Expected number of rows for each unit of weight.
    seed : int
    """

    rate: float
    seed: int

    def __call__(self, chunk: Chunk) -> _Picked:
        numbers = np.random.PCG64((self.seed, Purpose.SAMPLE)).advance(chunk.start)
        expected = self.rate * chunk.weight
        drawn = np.random.Generator(numbers).random(len(expected)) < expected
        return _Picked(chunk.rows[drawn], np.maximum(expected[drawn], 1.0))
