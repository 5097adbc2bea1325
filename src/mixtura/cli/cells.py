"""What cells of text say: numbers, gaps, or something else."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mixtura.typing import FloatArray

__all__ = ["Cells", "as_floats", "is_missing", "is_number", "read_cells"]

#: Cells that stand for no value, in small letters.
MISSING = ("", "na", "n/a", "nan", "null", "none", "?", "-")

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def is_missing(cell: str) -> bool:
    """Whether a cell stands for no value."""
    return cell.strip().lower() in MISSING


def is_number(cell: str) -> bool:
    """Whether a cell is a finite number as people write them."""
    return _NUMBER.fullmatch(cell.strip()) is not None


@dataclass(frozen=True, eq=False)
class Cells:
    """What cells say; the arrays have one shape.

    Attributes
    ----------
    values : ndarray
        The numbers; 1 and 0 for true and false, NaN for all other cells.
    odd : ndarray of bool
        Which cells are neither numbers nor missing.
    answers : ndarray of bool
        Which of these are true or false.
    """

    values: FloatArray
    odd: NDArray[np.bool_]
    answers: NDArray[np.bool_]

    def reshape(self, n: int, width: int) -> Cells:
        """The same as n rows."""
        shape = (n, width)
        return Cells(
            self.values.reshape(shape), self.odd.reshape(shape), self.answers.reshape(shape)
        )


def read_cells(texts: pl.Series) -> Cells:
    """What strings say."""
    values = as_floats(texts.cast(pl.Float64, strict=False))
    odd, answers = np.zeros((2, len(texts)), dtype=bool)
    unread = np.flatnonzero(np.isnan(values))
    if len(unread):
        rest = texts.gather(unread).str.strip_chars().str.to_lowercase()
        values[unread] = as_floats(rest.cast(pl.Float64, strict=False))
        for truth, answer in enumerate(("false", "true")):
            said = unread[(rest == answer).fill_null(False).to_numpy()]
            answers[said] = True
            values[said] = truth
        missing = (rest.is_null() | rest.is_in(list(MISSING))).to_numpy()
        odd[unread] = ~missing & np.isnan(values[unread])
        odd |= answers
    return Cells(values, odd, answers)


def as_floats(series: pl.Series) -> FloatArray:
    """The numbers of a series in an array of its own; NaN for null."""
    return series.cast(pl.Float64).fill_null(np.nan).to_numpy().copy()
