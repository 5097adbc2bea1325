"""Columns of text, dates and times where numbers are expected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, time, timedelta
from itertools import islice
from typing import Any

import narwhals as nw
import numpy as np

from mixtura.errors import CellError, DataError
from mixtura.estimators.levels import Cells, as_cells, present
from mixtura.typing import AnyArray

__all__ = ["NotNumbersError", "holds_times", "refuse_not_numbers", "refuse_times", "times_of"]

# Columns that are named, at most, and cells by which text is told from numbers with a slip.
_NAMED, _JUDGED = 5, 1000

_TIMES, _TEXT = (date, time, timedelta), (str, bytes)

# How a table is had without some columns.
_WITHOUT = {
    nw.Implementation.PANDAS: "df.drop(columns={})",
    nw.Implementation.POLARS: "df.drop({})",
    nw.Implementation.PYARROW: "table.drop_columns({})",
}


class NotNumbersError(DataError):
    """Columns that hold something else than numbers.

    Attributes
    ----------
    columns : dict of str to str
        What each of them holds: "text, such as 'USA'".
    taken : str
        Who takes what: 'GaussianMixture takes numbers'.
    without : str
        How a table is had without columns, as code in which {} is the list of these.
    """

    def __init__(self, columns: Mapping[str, str], taken: str, without: str = "") -> None:
        super().__init__(columns, taken, without)
        self.columns, self.taken, self.without = dict(columns), taken, without

    def __str__(self) -> str:
        held = [f"Column {name} holds {what}." for name, what in self.columns.items()]
        more = [f"So do {len(held) - _NAMED} more."] if len(held) > _NAMED else []
        code = f", as in {self.without.format(list(self.columns))}" if self.without else ""
        told = [f"{self.taken}: leave {'it' if len(held) == 1 else 'them'} out{code}."]
        if any(what.startswith("text") for what in self.columns.values()):
            told.append("MixedMixture takes text as categories.")
        if any(what.startswith("dates") for what in self.columns.values()):
            told.append("Dates and times can become numbers, such as days since the first.")
        return " ".join([*held[:_NAMED], *more, *told])

    def in_file(self, names: Sequence[str]) -> NotNumbersError:
        """The same with the names of columns that have been numbers."""
        columns = {names[int(number)]: what for number, what in self.columns.items()}
        return NotNumbersError(columns, self.taken, "mixtura.scan(X, columns=[...])")


def times_of(name: str, cells: Cells) -> dict[str, str]:
    """A column with what it holds, if that is dates or times; nothing if it is not."""
    first = next(iter(present(cells)), None)
    return {name: f"dates or times, such as {first}"} if isinstance(first, _TIMES) else {}


def holds_times(X: Any) -> bool:
    """Whether an array or a frame of narwhals has dates or times, by its types."""
    if isinstance(X, np.ndarray):
        return X.dtype.kind in "mM"
    return isinstance(X, nw.DataFrame) and any(kind.is_temporal() for kind in X.schema.values())


def refuse_times(by: str, X: Any) -> None:
    """Raise if a table has dates or times, which are other numbers in every library."""
    if holds_times(X):
        refuse_not_numbers(by, X)


def refuse_not_numbers(by: str, X: Any) -> None:
    """Raise the error for cells of a table that cannot be numbers, if there are any.

    Parameters
    ----------
    by : str
        The name of the estimator that takes numbers.
    X : array, list or frame of narwhals

    Raises
    ------
    NotNumbersError
        With the columns that hold text, dates or times.
    CellError
        For a cell in a column of numbers.
    TypeError
        For a cell that is a table or an object, which scikit-learn wants to be of this type.
    """
    columns, without = _columns(X)
    cells = {name: as_cells(column) for name, column in columns.items()}
    slips = {name: found for name in cells if (found := _first_slip(cells[name])) is not None}
    held: dict[str, str] = {}
    for name, (_, cell) in slips.items():
        held |= times_of(name, cells[name])
        if isinstance(cell, _TEXT) and not _are_mostly_numbers(cells[name]):
            held[name] = f"text, such as {cell!r}"
    if held:
        raise NotNumbersError(held, f"{by} takes numbers", without)
    for name, (row, cell) in slips.items():
        if isinstance(cell, _TEXT):
            expected = "a number was expected; leave the cell empty (NaN) if nothing is known of it"
            raise CellError(name, repr(cell), row, expected)
        try:
            float(cell)
        except TypeError as error:
            raise TypeError(f"Column {name} has {cell!r} in row {row}: {error}.") from None


def _columns(X: Any) -> tuple[dict[str, AnyArray], str]:
    """Columns by name or number, and how a table is had without some of them."""
    if isinstance(X, nw.DataFrame):
        columns = {str(name): X[:, place].to_numpy() for place, name in enumerate(X.columns)}
        return columns, _WITHOUT.get(X.implementation, "")
    if not isinstance(X, np.ndarray | list | tuple):
        return {}, ""
    table = X if isinstance(X, np.ndarray) else np.asarray(X, dtype=object)
    if table.ndim != 2:
        return {}, ""
    return {str(a): column for a, column in enumerate(table.T)}, ""


def _first_slip(cells: Cells) -> tuple[int, Any] | None:
    """The row and the first cell that is no number, if there is any."""
    if isinstance(cells, np.ndarray):
        return None
    slips = ((row, cell) for row, cell in enumerate(cells) if not _is_number(cell))
    return next(slips, None)


def _are_mostly_numbers(cells: Cells) -> bool:
    judged = list(islice(present(cells), _JUDGED))
    return sum(map(_is_number, judged)) > len(judged) / 2


def _is_number(cell: Any) -> bool:
    """Whether a cell is a number, written as one, or missing; of complex ones others tell."""
    if cell is None or isinstance(cell, complex):
        return True
    if isinstance(cell, _TIMES):
        return False
    try:
        float(cell)
    except (TypeError, ValueError):
        return False
    return True
