"""Batches of Arrow as ours: those of files, and those that Spark shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from mixtura.errors import DataError
from mixtura.sources.scan import Batch, Cells

__all__ = ["batch_of", "is_number", "number_type"]


def batch_of(
    batch: pa.RecordBatch,
    columns: Sequence[int | str],
    weight: int | str | None,
    dtype: np.dtype[Any] | None,
    place: str,
    start: int,
) -> Batch:
    """A batch of Arrow as one of ours: a matrix of a dtype, if all columns are numbers.

    Parameters
    ----------
    batch : pyarrow.RecordBatch
    columns : sequence of int or str
        The places of the columns, or their names.
    weight : int, str or None
        That of the weights.
    dtype : dtype or None
        As of `number_type`.
    place, start
        As of `Batch`.
    """
    weights = None if weight is None else _numbers(batch.column(weight), np.dtype(np.float64))
    cells = [batch.column(column) for column in columns]
    if dtype is None:
        return Batch([_cells(column) for column in cells], weights, place, start)
    rows = np.empty((batch.num_rows, len(cells)), dtype)
    for a, column in enumerate(cells):
        rows[:, a] = _numbers(column, dtype)
    return Batch(rows, weights, place, start)


def number_type(kinds: Sequence[pa.DataType]) -> np.dtype[Any] | None:
    """What holds the cells of columns of such types; None if some are no numbers."""
    if not all(map(is_number, kinds)):
        return None
    small = all(pa.types.is_float32(kind) or pa.types.is_float16(kind) for kind in kinds)
    return np.dtype(np.float32 if small else np.float64)


def is_number(kind: pa.DataType) -> bool:
    """Whether cells of a type are numbers; so are true and false."""
    types = pa.types
    numbers = types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind)
    return bool(numbers or types.is_boolean(kind))


def _cells(column: pa.Array) -> Cells:
    """The cells of a column: numbers as an array, anything else as a list."""
    if is_number(column.type):
        cells: Cells = _numbers(column, np.dtype(np.float64))
        return cells
    listed: list[Any] = column.to_pylist()
    return listed


def _numbers(column: pa.Array, dtype: np.dtype[Any]) -> Any:
    """Missing cells are NaN. Integers may be too large to be exact, as in any table of numbers."""
    if pa.types.is_boolean(column.type) or pa.types.is_decimal(column.type):
        column = column.cast(pa.float64())
    if not is_number(column.type):
        raise DataError(f"Weights should be numbers, and are of type {column.type}.")
    return column.to_numpy(zero_copy_only=False).astype(dtype, copy=False)
