"""Tables in which columns may be absent, for questions about one that is not to be known."""

from __future__ import annotations

from typing import Any

import narwhals as nw
import numpy as np

from mixtura.errors import DataError
from mixtura.families.schema import Schema
from mixtura.typing import AnyArray

__all__ = ["without_cells"]


def without_cells(X: Any, schema: Schema, place: int, *, named: bool) -> Any:
    """A table of all columns of a schema, in which all cells of one are missing.

    Parameters
    ----------
    X : table of shape (n, d) or (n, d - 1)
        Of which that column may be absent; of one whose columns have names, others as well.
    schema : Schema
    place : int
        Of the column whose cells are missing.
    named : bool
        Whether the columns of the schema are to be found by their names.

    Examples
    --------
    >>> without_cells(np.array([[1.0], [2.0]]), Schema.of("ab"), 0, named=False)
    array([[nan,  1.],
           [nan,  2.]])
    """
    frame = nw.from_native(X, eager_only=True, pass_through=True)
    if not isinstance(frame, nw.DataFrame):
        return _of_array(X, schema, place)
    if named:
        return _of_frame(frame, schema, place).to_native()
    return _of_array(frame.to_numpy(), schema, place)


def _of_frame(frame: nw.DataFrame[Any], schema: Schema, place: int) -> nw.DataFrame[Any]:
    others = [str(name) for name in frame.columns if name not in schema.names]
    if others:
        raise DataError(
            f"The table has the column{'s' if len(others) > 1 else ''} {', '.join(others)}, which "
            f"the mixture has not: give some of {', '.join(schema.names)}."
        )
    empty = [name for name in schema.names if name not in frame.columns]
    missing = nw.lit(None, dtype=nw.Float64)
    filled = frame.with_columns(
        *(missing.alias(name) for name in dict.fromkeys([*empty, schema.names[place]]))
    )
    return filled.select(*schema.names)


def _of_array(X: Any, schema: Schema, place: int) -> AnyArray:
    rows = np.array(X, dtype=object if isinstance(X, list | tuple) else None)
    d = len(schema)
    if rows.ndim != 2 or rows.shape[1] not in (d - 1, d):
        raise DataError(
            f"The table has the shape {rows.shape}; expected rows of {d} columns, or of {d - 1} "
            f"without column {schema[place].name}."
        )
    if rows.dtype.kind in "iu":
        rows = rows.astype(np.float64)
    elif rows.dtype.kind != "f":
        rows = rows.astype(object)
    missing: Any = np.nan if rows.dtype.kind == "f" else None
    if rows.shape[1] < d:
        return np.insert(rows, place, missing, axis=1)
    rows[:, place] = missing
    return rows
