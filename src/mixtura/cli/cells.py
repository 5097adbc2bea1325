"""What cells of text say: numbers, gaps, or something else."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mixtura.typing import FloatArray

__all__ = ["Cells", "are_missing", "as_floats", "is_missing", "is_number", "read_cells"]

#: Cells that stand for no value, in small letters.
MISSING = ("", "na", "n/a", "nan", "null", "none", "?", "-")

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def is_missing(cell: str) -> bool:
    """Whether a cell stands for no value."""
    return cell.strip().lower() in MISSING


def are_missing(texts: pl.Series) -> NDArray[np.bool_]:
    """Which of some texts, without blanks around them, stand for no value."""
    return (texts.is_null() | texts.str.to_lowercase().is_in(list(MISSING))).to_numpy()


def is_number(cell: str, decimal: str = ".") -> bool:
    """Whether a cell is a finite number as people write them."""
    return _NUMBER.fullmatch(_pointed(cell.strip(), decimal)) is not None


def _pointed(cell: str, decimal: str) -> str:
    """With a point before the decimals; where another mark stands there, a point is none."""
    return cell if decimal == "." else cell.replace(".", "_").replace(decimal, ".", 1)


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


def read_cells(texts: pl.Series, decimal: str = ".") -> Cells:
    """What strings say, where a mark stands before decimals."""
    values = _numbers(texts, decimal)
    odd, answers = np.zeros((2, len(texts)), dtype=bool)
    unread = np.flatnonzero(np.isnan(values))
    if len(unread):
        rest = texts.gather(unread).str.strip_chars().str.to_lowercase()
        values[unread] = _numbers(rest, decimal)
        for truth, answer in enumerate(("false", "true")):
            said = unread[(rest == answer).fill_null(False).to_numpy()]
            answers[said] = True
            values[said] = truth
        odd[unread] = ~are_missing(rest) & np.isnan(values[unread])
        odd |= answers
    return Cells(values, odd, answers)


def _numbers(texts: pl.Series, decimal: str) -> FloatArray:
    """Those of strings, as `is_number` knows them; NaN of others."""
    if decimal != ".":
        texts = texts.str.replace_all(".", "_", literal=True).str.replace(
            decimal, ".", literal=True
        )
    return as_floats(texts.cast(pl.Float64, strict=False))


def as_floats(series: pl.Series) -> FloatArray:
    """The numbers of a series in an array of its own; NaN for null."""
    return series.cast(pl.Float64).fill_null(np.nan).to_numpy().copy()
