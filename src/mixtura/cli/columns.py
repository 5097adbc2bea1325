"""The columns of a table as numbers, and what else there is in them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from mixtura.cli.cells import Cells, as_floats, read_cells
from mixtura.typing import FloatArray

__all__ = ["Column", "Tally", "read_series"]

# Whole numbers of which fewer than so many differ, each so often, are codes and not measurements.
_FEW, _OFTEN = 10, 10
_ODD_KEPT = 3
_LONGEST_SHOWN = 60

_ROW_NAMES = re.compile(r"column_\d+|unnamed: 0|row_?(names?|id)?|id|index")


@dataclass(frozen=True, eq=False)
class Column:
    """A column, of which only the numbers are kept.

    Attributes
    ----------
    name : str
    values : ndarray of shape (n,)
        The numbers; NaN where a cell is missing. Without meaning if some cells are odd.
    kind : str
        'numbers', 'true or false', or what the odd cells are.
    n_numbers, n_odd : int
        How many cells are numbers, and how many are neither that nor missing.
    odd : tuple of (int, str)
        The first odd cells, with their rows counted from 1.
    """

    name: str
    values: FloatArray
    kind: str
    n_numbers: int
    n_odd: int = 0
    odd: tuple[tuple[int, str], ...] = ()

    @cached_property
    def doubt(self) -> str | None:
        """What speaks against a measurement, though it has numbers; None if nothing does."""
        if self.kind == "true or false":
            return "is true or false"
        if _ROW_NAMES.fullmatch(self.name.strip().lower()) and _counts(self.values):
            return "only numbers the rows"
        numbers = self.values[~np.isnan(self.values)]
        distinct = np.unique(numbers)
        few = 1 < len(distinct) < _FEW and len(numbers) >= _OFTEN * len(distinct)
        if few and (distinct == np.round(distinct)).all():
            return f"has only {len(distinct)} different whole numbers, like a category"
        return None


def _counts(values: FloatArray) -> bool:
    return len(values) > 2 and bool((np.diff(values) == 1.0).all())


def _shortened(cell: str) -> str:
    return cell if len(cell) <= _LONGEST_SHOWN else f"{cell[:_LONGEST_SHOWN]}..."


class Tally:
    """What has been seen in columns of text, whose rows come bit by bit."""

    def __init__(self, width: int) -> None:
        self._n_rows = 0
        self._n_numbers, self._n_odd, self._n_answers = np.zeros((3, width), dtype=int)
        self._odd: list[list[tuple[int, str]]] = [[] for _ in range(width)]

    def add(self, cells: Cells, texts: pl.Series) -> None:
        """Count further rows: cells of shape (n, width), and their texts, row by row."""
        n, width = cells.values.shape
        self._n_numbers += np.count_nonzero(~(np.isnan(cells.values) | cells.odd), axis=0)
        self._n_odd += np.count_nonzero(cells.odd, axis=0)
        self._n_answers += np.count_nonzero(cells.answers, axis=0)
        for j in np.flatnonzero(cells.odd.any(axis=0)).tolist():
            kept = self._odd[j]
            for i in np.flatnonzero(cells.odd[:, j])[: _ODD_KEPT - len(kept)].tolist():
                kept.append((self._n_rows + i + 1, _shortened(texts[i * width + j])))
        self._n_rows += n

    def columns(self, names: Sequence[str], values: FloatArray) -> tuple[Column, ...]:
        """All columns; values (n, width) are the numbers in them."""
        return tuple(self._column(j, name, values[:, j]) for j, name in enumerate(names))

    def _column(self, j: int, name: str, values: FloatArray) -> Column:
        n_numbers, n_odd = int(self._n_numbers[j]), int(self._n_odd[j])
        if n_odd and n_odd == self._n_answers[j] and n_numbers == 0:
            return Column(name, values, "true or false", n_odd)
        kind = "text" if n_odd else "numbers"
        return Column(name, values, kind, n_numbers, n_odd, tuple(self._odd[j]))


def read_series(series: pl.Series, values: FloatArray) -> Column:
    """A column of any type, whose numbers go into an array (n,); strings are read as numbers."""
    name, dtype = series.name, series.dtype
    if dtype == pl.String:
        cells, tally = read_cells(series).reshape(-1, 1), Tally(1)
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
