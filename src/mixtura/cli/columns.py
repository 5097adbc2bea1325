"""The columns of a table: their numbers, and what else there is in them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mixtura.cli.cells import Cells, as_floats, read_cells
from mixtura.cli.words import WordCount, Words
from mixtura.typing import FloatArray, IntArray

__all__ = ["Column", "Numbers", "Tally", "read_series", "says_dates"]

_ODD_KEPT = 3
_LONGEST_SHOWN = 60

# As programs write dates, and people: 2024-05-17, 17.5.2024, 5/17/24, perhaps with a time.
_DATE = re.compile(r"(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](\d{4}|\d\d))([T ]|$)")

# Columns of names of rows whose texts are kept, however many they are.
_NAMES_KEPT = 2


@dataclass(frozen=True, eq=False)
class Column:
    """A column: its numbers, and its texts as far as they may be categories.

    Attributes
    ----------
    name : str
    values : ndarray of shape (n,)
        The numbers; 1 and 0 for true and false, NaN where a cell is missing or of another kind.
    kind : str
        'numbers', 'true or false', or what the odd cells are.
    n_numbers, n_odd : int
        How many cells are numbers, and how many are neither that nor missing.
    odd : tuple of (int, str)
        The first odd cells, with their rows counted from 1.
    words : Words or None
        The odd cells, true and false among them; None if there are none, or none that can be
        categories.
    row_numbers : ndarray of shape (n,) or None
        Of a sample of the rows of a table, counted from 1; None for all rows.
    names : Series or None
        The odd cells of one of the first columns in which they are too many for categories.
    amounts : str
        How its numbers are written, or what its texts look like if they hardly are; empty if they
        are no amounts, but plain numbers or words.
    written : Column or None
        The texts themselves of amounts that are read as numbers.
    """

    name: str
    values: FloatArray
    kind: str
    n_numbers: int
    n_odd: int = 0
    odd: tuple[tuple[int, str], ...] = ()
    words: Words | None = None
    row_numbers: IntArray | None = None
    amounts: str = ""
    written: Column | None = None
    names: pl.Series | None = None

    @property
    def as_written(self) -> Column:
        """The column of texts, if it is amounts; so it is a category."""
        return self if self.written is None else self.written

    def texts(self) -> pl.Series | None:
        """What the cells say, (n,), null for missing ones; None where that is not kept."""
        if self.kind == "numbers":
            numbers = pl.Series(self.values, nan_to_null=True)
            return numbers.cast(pl.Int64) if self._countable else numbers
        if self.words is None:
            return self.names
        codes, n = self.words.codes, len(self.words.texts)
        texts = pl.Series([*self.words.texts, None], dtype=pl.String)
        cells = texts.gather(np.where(codes < 0, n, codes))
        others = np.flatnonzero((codes < 0) & ~np.isnan(self.values)).tolist()
        return cells.scatter(others, [f"{self.values[row]:.15g}" for row in others])

    @property
    def _countable(self) -> bool:
        n = self.numbers
        return n.n > 0 and n.whole and n.smallest > -(2**53) and n.largest < 2**53

    @property
    def n_cells(self) -> int:
        """Cells that are not missing."""
        return self.n_numbers + self.n_odd

    @property
    def present(self) -> NDArray[np.bool_]:
        """Which cells are not missing, (n,), of a column that may be a category."""
        numbers = ~np.isnan(self.values)
        return numbers if self.words is None else numbers | (self.words.codes >= 0)

    @cached_property
    def numbers(self) -> Numbers:
        """What there is to know of the numbers in it, those for true and false among them."""
        if self.kind != "text" or self.words is None:
            return Numbers.of(self.values)
        return Numbers.of(self.values[self.words.codes < 0])

    @property
    def n_levels(self) -> int:
        """How many different cells it has, if it may be a category."""
        if self.kind != "text" or self.words is None:
            return self.numbers.n_distinct
        return self.numbers.n_distinct + len(self.words.texts)


@dataclass(frozen=True)
class Numbers:
    """The numbers of a column in brief.

    Attributes
    ----------
    n, n_distinct : int
    whole : bool
    smallest, largest : float
        NaN of no numbers.
    """

    n: int
    n_distinct: int
    whole: bool
    smallest: float
    largest: float

    @classmethod
    def of(cls, values: FloatArray) -> Self:
        """From a column's values, NaN where there is none."""
        distinct, times = np.unique(values[~np.isnan(values)], return_counts=True)
        if not len(distinct):
            return cls(0, 0, True, np.nan, np.nan)
        whole = bool((distinct == np.round(distinct)).all())
        return cls(int(times.sum()), len(distinct), whole, float(distinct[0]), float(distinct[-1]))

    @property
    def zero_or_one(self) -> bool:
        """Whether there are zeros and ones, and nothing else."""
        return (self.n_distinct, self.smallest, self.largest, self.whole) == (2, 0.0, 1.0, True)

    @property
    def natural(self) -> bool:
        """Whether all are whole and none is negative."""
        return self.n > 0 and self.whole and self.smallest >= 0.0


def says_dates(column: Column) -> bool:
    """Whether what is written in a column of text looks like dates, by its first cells."""
    texts = [cell for _, cell in column.odd]
    return column.kind == "text" and bool(texts) and all(map(_DATE.match, texts))


def _shortened(cell: str) -> str:
    return cell if len(cell) <= _LONGEST_SHOWN else f"{cell[:_LONGEST_SHOWN]}..."


class Tally:
    """What has been seen in columns of text, whose rows come bit by bit.

    Attributes
    ----------
    n_rows : int
        So far.
    """

    def __init__(self, width: int) -> None:
        self.n_rows = 0
        self._n_numbers, self._n_odd, self._n_answers = np.zeros((3, width), dtype=int)
        self._odd: list[list[tuple[int, str]]] = [[] for _ in range(width)]
        self._words: dict[int, WordCount] = {}

    def add(self, cells: Cells, texts: pl.Series) -> None:
        """Count further rows: cells of shape (n, width), and their texts, row by row."""
        n, width = cells.values.shape
        self._n_numbers += np.count_nonzero(~(np.isnan(cells.values) | cells.odd), axis=0)
        self._n_odd += np.count_nonzero(cells.odd, axis=0)
        self._n_answers += np.count_nonzero(cells.answers, axis=0)
        for j in np.flatnonzero(cells.odd.any(axis=0)).tolist():
            kept, rows = self._odd[j], np.flatnonzero(cells.odd[:, j])
            for i in rows[: _ODD_KEPT - len(kept)].tolist():
                kept.append((self.n_rows + i + 1, _shortened(texts[i * width + j])))
            words = self._words.setdefault(j, WordCount())
            words.add(self.n_rows, cells.odd[:, j], texts.gather(rows * width + j))
            if words.named and sum(each.named for each in self._words.values()) > _NAMES_KEPT:
                words.give_up()
        self.n_rows += n

    def columns(self, names: Sequence[str], values: FloatArray) -> tuple[Column, ...]:
        """All columns; values (n, width) are the numbers in them."""
        return tuple(self._column(j, name, values[:, j]) for j, name in enumerate(names))

    def _column(self, j: int, name: str, values: FloatArray) -> Column:
        n_numbers, n_odd = int(self._n_numbers[j]), int(self._n_odd[j])
        words = self._words[j].words(len(values)) if j in self._words else None
        if n_odd and n_odd == self._n_answers[j] and n_numbers == 0:
            return Column(name, values, "true or false", n_odd, words=words)
        kind = "text" if n_odd else "numbers"
        names = self._words[j].names(len(values)) if j in self._words else None
        odd = tuple(self._odd[j])
        return Column(name, values, kind, n_numbers, n_odd, odd, words, names=names)


def read_series(series: pl.Series, values: FloatArray, decimal: str = ".") -> Column:
    """A column of any type, whose numbers go into an array (n,); strings are read as numbers."""
    if isinstance(series.dtype, pl.Categorical | pl.Enum):
        series = series.cast(pl.String)
    name, dtype = series.name, series.dtype
    if dtype == pl.String:
        cells, tally = read_cells(series, decimal).reshape(-1, 1), Tally(1)
        tally.add(cells, series)
        values[:] = cells.values[:, 0]
        return tally.columns([name], values[:, None])[0]
    if dtype == pl.Boolean or dtype.is_numeric():
        values[:] = as_floats(series)
        kind = "true or false" if dtype == pl.Boolean else "numbers"
        return Column(name, values, kind, int(np.count_nonzero(~np.isnan(values))))
    values[:] = np.nan
    odd = np.flatnonzero(series.is_not_null().to_numpy())
    kept = tuple((i + 1, _shortened(str(series[i]))) for i in odd[:_ODD_KEPT].tolist())
    kind = "dates or times" if dtype.is_temporal() else f"of type {dtype}"
    return Column(name, values, kind, 0, len(odd), kept)
