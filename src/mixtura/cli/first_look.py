"""One pass over a table that is not read into memory: a sample of its rows, and all levels."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import polars as pl

from mixtura.cli.amounts import Amounts, may_be_amounts
from mixtura.cli.columns import Column, read_series
from mixtura.cli.words import LONGEST, MOST_WORDS
from mixtura.fitting.random_streams import Purpose
from mixtura.sources.scan import Batch, Cells
from mixtura.typing import AnyArray, FloatArray, IntArray

__all__ = ["FirstLook", "column_of", "look"]

_NOT_READ = "they are read in single tables that fit into memory alone"


@dataclass(frozen=True, eq=False)
class FirstLook:
    """What was seen.

    Attributes
    ----------
    n_rows : int
        Of the table.
    columns : tuple of Column
        The rows of the sample, in the table's order.
    values : ndarray of shape (n, d)
        The numbers of these columns, which they look into.
    numbers : ndarray of shape (n,)
        Of these rows in the table, counted from 1.
    levels : tuple of Column or None
        Of each column all different cells, each once; None if they are too many for levels.
    """

    n_rows: int
    columns: tuple[Column, ...]
    values: FloatArray
    numbers: IntArray
    levels: tuple[Column | None, ...]


def look(
    batches: Iterable[Batch],
    names: Sequence[str],
    n_sample: int,
    seed: int,
    seen: Callable[[int], None],
) -> FirstLook:
    """Draw so many of the rows of all batches, each of them as likely as any other.

    Parameters
    ----------
    batches : iterable of Batch
    names : sequence of str
        What the columns are called.
    n_sample, seed : int
    seen : callable
        Told how many rows were seen, now and then.
    """
    drawn, levels = _Drawn(n_sample, seed), [_Levels() for _ in names]
    for batch in batches:
        cells = list(batch.cells.T) if isinstance(batch.cells, np.ndarray) else list(batch.cells)
        drawn.add(cells)
        for each, column in zip(levels, cells, strict=True):
            each.add(column)
        seen(drawn.n_rows)
    numbers, cells = drawn.ended()
    values = np.empty((len(numbers), len(names)))
    named = zip(names, cells or [[] for _ in names], strict=True)
    return FirstLook(
        drawn.n_rows,
        tuple(_looked_at(name, each, values[:, j]) for j, (name, each) in enumerate(named)),
        values,
        numbers,
        tuple(each.column(name) for each, name in zip(levels, names, strict=True)),
    )


def column_of(name: str, cells: Cells, values: FloatArray) -> Column:
    """Cells as a column, whose numbers go into an array (n,)."""
    listed = cells if isinstance(cells, list) else np.asarray(cells, dtype=np.float64)
    return read_series(pl.Series(name, listed, strict=False), values)


def _looked_at(name: str, cells: Cells, values: FloatArray) -> Column:
    """A column of the sample, and what its texts look like if they are amounts."""
    column = column_of(name, cells, values)
    if not may_be_amounts(column):
        return column
    amounts = Amounts.of(pl.Series(cells, dtype=pl.String, strict=False)).text
    return replace(column, amounts=amounts and f"{amounts}: {_NOT_READ}")


@dataclass
class _Drawn:
    """Rows that come batch by batch, of which those with the least random numbers are kept."""

    n_sample: int
    seed: int
    n_rows: int = 0
    _limit: float = 1.0
    _keys: FloatArray = field(default_factory=lambda: np.empty(0))
    _numbers: IntArray = field(default_factory=lambda: np.empty(0, dtype=np.intp))
    _waiting: list[tuple[FloatArray, IntArray, list[Cells]]] = field(default_factory=list)
    _columns: list[Cells] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._rng = np.random.default_rng((self.seed, Purpose.SAMPLE))

    def add(self, columns: Sequence[Cells]) -> None:
        """Some further rows."""
        keys = self._rng.random(len(columns[0]))
        kept = np.flatnonzero(keys < self._limit)
        numbers = self.n_rows + kept + 1
        self.n_rows += len(keys)
        if len(kept):
            self._waiting.append((keys[kept], numbers, [_taken(c, kept) for c in columns]))
        if sum(len(keys) for keys, _, _ in self._waiting) >= self.n_sample:
            self._settle()

    def ended(self) -> tuple[IntArray, list[Cells]]:
        """The numbers of the rows that are drawn, and their columns."""
        self._settle()
        return self._numbers, self._columns

    def _settle(self) -> None:
        """Keep no more rows than are wanted."""
        if not self._waiting:
            return
        keys = np.concatenate([self._keys, *(keys for keys, _, _ in self._waiting)])
        numbers = np.concatenate([self._numbers, *(numbers for _, numbers, _ in self._waiting)])
        parts = [*([self._columns] if self._columns else []), *(c for _, _, c in self._waiting)]
        columns = [_joined([part[j] for part in parts]) for j in range(len(parts[0]))]
        if len(keys) > self.n_sample:
            self._limit = float(np.partition(keys, self.n_sample - 1)[self.n_sample - 1])
        kept = np.flatnonzero(keys <= self._limit)
        self._keys, self._numbers = keys[kept], numbers[kept]
        self._columns, self._waiting = [_taken(c, kept) for c in columns], []


def _taken(cells: Cells, places: IntArray) -> Cells:
    if isinstance(cells, list):
        return [_cut(cells[place]) for place in places.tolist()]
    taken: AnyArray = cells[places]
    return taken


def _cut(cell: Any) -> Any:
    """Of a text that is too long for a category only so much that it is too long."""
    return cell[: LONGEST + 1] if isinstance(cell, str) else cell


def _joined(parts: Sequence[Cells]) -> Cells:
    if all(isinstance(part, np.ndarray) for part in parts):
        return np.concatenate([np.asarray(part) for part in parts])
    return [cell for part in parts for cell in _listed(part)]


def _listed(cells: Cells) -> Iterator[Any]:
    return iter(cells if isinstance(cells, list) else cells.tolist())


@dataclass
class _Levels:
    """The different cells of a column, until they are too many to be levels."""

    _cells: set[Any] | None = field(default_factory=set)

    def add(self, cells: Cells) -> None:
        """Some further cells."""
        if self._cells is None:
            return
        try:
            self._cells.update(map(_cut, _listed(_different(cells))))
        except TypeError:  # lists and the like, which are no levels
            self._cells = None
            return
        if len(self._cells) > MOST_WORDS:
            self._cells = None

    def column(self, name: str) -> Column | None:
        """The cells as a column; None of too many."""
        if self._cells is None:
            return None
        cells = list(self._cells)
        return column_of(name, cells, np.empty(len(cells)))


def _different(cells: Cells) -> Cells:
    """Numbers each once, and NaN not at all; anything else as it is."""
    return cells if isinstance(cells, list) else np.unique(cells[~np.isnan(cells)])
