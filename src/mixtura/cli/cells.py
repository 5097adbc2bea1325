"""What the cells of a column say: numbers, gaps, or something else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mixtura.typing import FloatArray

__all__ = ["Column", "is_missing", "is_number", "read_column"]

#: Cells that stand for no value, in small letters.
MISSING = ("", "na", "n/a", "nan", "null", "none", "?", "-")

# Whole numbers of which fewer than so many differ, each so often, are codes and not measurements.
_FEW, _OFTEN = 10, 10

_ROW_NAMES = re.compile(r"column_\d+|unnamed: 0|row_?(names?|id)?|id|index")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def is_missing(cell: str) -> bool:
    """Whether a cell stands for no value."""
    return cell.strip().lower() in MISSING


def is_number(cell: str) -> bool:
    """Whether a cell is a finite number as people write them."""
    return _NUMBER.fullmatch(cell.strip()) is not None


@dataclass(frozen=True, eq=False)
class Column:
    """A column, cell by cell.

    Attributes
    ----------
    cells : polars.Series
        As in the file.
    values : ndarray of shape (n,)
        The numbers; NaN for all other cells.
    odd : ndarray of shape (n,)
        Which cells are neither numbers nor missing.
    kind : str
        'numbers', 'true or false', or what the odd cells are.
    """

    cells: pl.Series
    values: FloatArray
    odd: NDArray[np.bool_]
    kind: str

    @property
    def name(self) -> str:
        return self.cells.name

    @cached_property
    def n_numbers(self) -> int:
        return int(np.count_nonzero(~np.isnan(self.values)))

    @property
    def n_odd(self) -> int:
        return int(np.count_nonzero(self.odd))

    @cached_property
    def doubt(self) -> str | None:
        """What speaks against a measurement, though it has numbers; None if nothing does."""
        if self.kind == "true or false":
            return "is true or false"
        if _ROW_NAMES.fullmatch(self.name.lower()) and _counts(self.values):
            return "only numbers the rows"
        numbers = self.values[~np.isnan(self.values)]
        distinct = np.unique(numbers)
        few = 1 < len(distinct) < _FEW and len(numbers) >= _OFTEN * len(distinct)
        if few and (distinct == np.round(distinct)).all():
            return f"has only {len(distinct)} different whole numbers, like a category"
        return None


def _counts(values: FloatArray) -> bool:
    return len(values) > 2 and bool((np.diff(values) == 1.0).all())


def read_column(cells: pl.Series) -> Column:
    """Numbers from a column of any type; strings are read as numbers where they can be."""
    if cells.dtype == pl.String:
        return _read_strings(cells)
    if cells.dtype == pl.Boolean:
        return Column(cells, _floats(cells), np.zeros(len(cells), dtype=bool), "true or false")
    if cells.dtype.is_numeric():
        return Column(cells, _floats(cells), np.zeros(len(cells), dtype=bool), "numbers")
    kind = "dates or times" if cells.dtype.is_temporal() else f"of type {cells.dtype}"
    return Column(cells, np.full(len(cells), np.nan), cells.is_not_null().to_numpy(), kind)


def _read_strings(cells: pl.Series) -> Column:
    text = cells.str.strip_chars().str.to_lowercase()
    missing = text.is_null() | text.is_in(list(MISSING))
    answers = text.set(missing, None).drop_nulls().unique()
    if len(answers) and answers.is_in(["true", "false"]).all():
        values = _floats(text.replace_strict({"true": 1, "false": 0}, default=None))
        return Column(cells, values, np.zeros(len(cells), dtype=bool), "true or false")
    values = _floats(text.cast(pl.Float64, strict=False))
    odd = np.isnan(values) & ~missing.to_numpy()
    return Column(cells, values, odd, "text" if odd.any() else "numbers")


def _floats(series: pl.Series) -> FloatArray:
    return series.cast(pl.Float64).fill_null(np.nan).to_numpy().copy()
