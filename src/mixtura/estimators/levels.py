"""Tables with categories at the door: levels are learnt once, and cells become their numbers."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, SupportsFloat, TypeAlias

import narwhals as nw
import numpy as np
from sklearn.utils.validation import check_array, validate_data

from mixtura.errors import CellError, DataError, DataWarning
from mixtura.estimators.scikit_learn import BaseEstimator
from mixtura.families.schema import Column, Kind, Level, Schema, in_order
from mixtura.typing import AnyArray, FloatArray, IntArray

__all__ = [
    "Cells",
    "as_cells",
    "as_codes",
    "as_levels",
    "as_numbers",
    "columns_of",
    "learn_levels",
    "learnt",
    "present",
]

#: A column of numbers or truth values as an array, of anything else as a list. A missing cell is
#: NaN in an array, and None in a list.
Cells: TypeAlias = AnyArray | list[Any]

#: Names and cells of the columns of a table.
Columns: TypeAlias = Sequence[tuple[str, Cells]]

# Levels with fewer rows each than this on average are hardly categories.
_ROWS_PER_LEVEL = 2
_FEW = 20

# A cell that is a table of its own.
_NESTED = (list, tuple, dict, set, np.ndarray)


def columns_of(estimator: BaseEstimator, X: Any, *, reset: bool) -> Columns:
    """A table's columns by name; the estimator remembers the names, or checks them."""
    frame = nw.from_native(X, eager_only=True, pass_through=True)
    if isinstance(frame, nw.DataFrame):
        native = X if frame.implementation.is_pandas() else frame.to_polars()
        validate_data(estimator, native, reset=reset, skip_check_array=True)
        # By place: a name may be a number, which would be that of a row.
        columns = [
            (str(name), as_cells(frame[:, place].to_numpy()))
            for place, name in enumerate(frame.columns)
        ]
    else:
        # As objects, numbers beside texts stay numbers.
        X = np.asarray(X, dtype=object) if isinstance(X, list | tuple) else X
        table = check_array(X, dtype=None, ensure_all_finite=False)
        validate_data(estimator, table, reset=reset, skip_check_array=True)
        columns = [(str(a), as_cells(column)) for a, column in enumerate(table.T)]
    if not columns or not len(columns[0][1]):
        raise DataError("Expected at least one row and one column, but the table has none.")
    for name, cells in columns:
        _refuse_nested(name, cells)
    return columns


def as_cells(column: AnyArray) -> Cells:
    """A column of any dtype; dates and times as Python has them."""
    if column.dtype.kind in "mM" and np.datetime_data(column.dtype)[0] == "ns":
        column = column.astype(f"{column.dtype.kind}8[us]")  # of which Python has no finer ones
    if column.dtype.kind in "biuf" and column.ndim == 1:
        return column
    cells = column.tolist()
    return [cell if isinstance(cell, _NESTED) or _is_itself(cell) else None for cell in cells]


def _refuse_nested(name: str, cells: Cells) -> None:
    kinds = set() if isinstance(cells, np.ndarray) else set(map(type, cells))
    if any(issubclass(kind, _NESTED) for kind in kinds):
        row = next(i for i, cell in enumerate(cells) if isinstance(cell, _NESTED))
        raise CellError(name, repr(cells[row]), row, "one number, text or truth value was expected")


def present(cells: Cells) -> Cells:
    """The cells that are not missing."""
    if isinstance(cells, np.ndarray):
        some: AnyArray = cells[cells == cells]  # NaN alone is not itself
        return some
    return [cell for cell in cells if cell is not None]


def _is_itself(cell: Any) -> bool:
    same = cell == cell  # of pandas' NA neither true nor false
    return same is True or same is np.True_


def learn_levels(columns: Columns) -> Schema:
    """A categorical column for each, with the levels that it has, in their natural order."""
    return Schema(tuple(learnt(name, cells) for name, cells in columns))


def learnt(name: str, cells: Cells) -> Column:
    """A categorical column with the levels that its cells have, in their natural order."""
    cells = present(cells)
    if not len(cells):
        raise DataError(f"All cells of column {name} are missing: leave it out.")
    distinct, _ = _distinct(cells)
    levels = in_order({_known(level): level for level in map(_plain, distinct)}.values())
    if len(levels) > max(_FEW, len(cells) / _ROWS_PER_LEVEL):
        warnings.warn(
            f"Column {name} has {len(levels):,} levels in {len(cells):,} rows: is it a category?",
            DataWarning,
            stacklevel=5,
        )
    return Column(name, Kind.CATEGORICAL, levels)


def as_codes(columns: Columns, schema: Schema) -> FloatArray:
    """The number of each cell's level, (n, d); of columns without levels the cells themselves.

    NaN where a cell is missing.

    Raises
    ------
    CellError
        If a cell has a level that is not in the schema, or is no number where one is expected.
    """
    codes = np.empty((len(columns[0][1]), len(schema)))
    for a, (column, (_, cells)) in enumerate(zip(schema, columns, strict=True)):
        if not column.has_levels:
            codes[:, a] = as_numbers(column.name, cells)
            continue
        codes[:, a] = _numbers(column, cells)
        unseen = np.flatnonzero(codes[:, a] < 0.0)
        if len(unseen):
            row = int(unseen[0])
            expected = f"its levels in the fit were {column.levels_text}"
            raise CellError(column.name, repr(_plain(cells[row])), row, expected, len(unseen) - 1)
    return codes


def as_numbers(name: str, cells: Cells) -> FloatArray:
    """A column of numbers, (n,), with NaN where a cell is missing."""
    if isinstance(cells, np.ndarray):
        return cells.astype(np.float64)
    numbers = np.empty(len(cells))
    for row, cell in enumerate(cells):
        if cell is None:
            numbers[row] = np.nan
            continue
        if isinstance(cell, str | bool) or not isinstance(cell, SupportsFloat):
            raise CellError(name, repr(cell), row, "a number was expected")
        numbers[row] = float(cell)
    return numbers


def _numbers(column: Column, cells: Cells) -> Any:
    """The number of each cell's level, NaN for a missing cell and -1 for what is no level."""
    number = {_known(level): float(code) for code, level in enumerate(column.values)}
    distinct, places = _distinct(cells)
    missing = [cell is None or cell != cell for cell in distinct]
    codes = [
        np.nan if none else number.get(_known(_plain(cell)), -1.0)
        for cell, none in zip(distinct, missing, strict=True)
    ]
    return np.array(codes)[places]


def _distinct(cells: Cells) -> tuple[Sequence[Any], IntArray]:
    """The different cells, and the place of each cell among them, (n,)."""
    if isinstance(cells, np.ndarray):
        distinct, places = np.unique(cells, return_inverse=True)
        return distinct.tolist(), places
    keys = list(zip(map(type, cells), cells, strict=True))  # in Python True is 1
    try:
        place = {key: number for number, key in enumerate(dict.fromkeys(keys))}
    except TypeError:  # of cells that have no hash
        return _distinct(list(map(_plain, cells)))
    places = np.fromiter(map(place.__getitem__, keys), dtype=np.intp, count=len(keys))
    return [cell for _, cell in place], places


def as_levels(codes: FloatArray, schema: Schema) -> AnyArray:
    """Rows of levels from their numbers, (n, d); the numbers themselves where levels are those."""
    if all(not column.has_levels or _are_numbers(column.values) for column in schema):
        return codes
    rows = codes.astype(object)
    for a, column in enumerate(schema):
        if column.has_levels:
            rows[:, a] = [column.values[int(code)] for code in codes[:, a]]
    return rows


def _are_numbers(levels: tuple[Level, ...]) -> bool:
    """Whether they are 0, 1, 2, ...; false and true are not."""
    return levels == tuple(range(len(levels))) and bool not in map(type, levels)


def _plain(cell: Any) -> Level:
    """A cell as model files can hold it: whole numbers are the same however they are written."""
    value = cell.item() if isinstance(cell, np.generic) else cell
    if isinstance(value, bool | str):
        return value
    if isinstance(value, int | float):
        return int(value) if float(value).is_integer() else float(value)
    return str(value)


def _known(level: Level) -> tuple[bool, Level]:
    """By which a level is found: in Python True is 1, in a table it is not."""
    return isinstance(level, bool), level
