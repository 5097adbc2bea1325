"""Arrays as scans: in a file of their own, or in memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from mixtura.errors import DataError
from mixtura.sources.local import LocalScan
from mixtura.sources.raw_rows import RawRows
from mixtura.sources.scan import ROWS_PER_BATCH, Batch, slices
from mixtura.typing import AnyArray

__all__ = ["batches_of", "scan_array", "scan_memmap"]


def scan_memmap(X: np.memmap[Any, Any], *, raw_copy: bool = True) -> LocalScan:
    """A scan of a memory-mapped array (n, d).

    If it lies in its file as passes want it, it is read from there, without being mapped; a raw
    copy is made of others.
    """
    raw, names = _in_file(X), _numbers_of_columns(X)

    def read() -> Iterator[Batch]:
        if raw is None:
            yield from batches_of(X)
            return
        start = 0
        for load in raw.blocks(ROWS_PER_BATCH):
            block = load()
            yield Batch(block.rows, None, "", start)
            start += len(block)

    return LocalScan(names, False, read, raw_copy, raw)


def _in_file(X: np.memmap[Any, Any]) -> RawRows | None:
    """The array as rows in a file, if it is that."""
    native = X.dtype in (np.float32, np.float64) and X.dtype.isnative
    if not (native and X.flags.c_contiguous and X.filename is not None):
        return None
    root: Any = X
    while isinstance(root.base, np.memmap):
        root = root.base
    offset = root.offset + X.ctypes.data - root.ctypes.data
    file = Path(X.filename).open("rb", buffering=0)  # noqa: SIM115  it lives as long as the rows
    return RawRows(file, None, len(X), 0, X.shape[1], X.dtype, offset)


def scan_array(X: AnyArray, weight: AnyArray | None = None) -> LocalScan:
    """A scan of an array (n, d) in memory, with the weights (n,) of its rows."""
    names = _numbers_of_columns(X)
    if weight is not None and np.shape(weight) != (len(X),):
        raise DataError(
            f"The weights have shape {np.shape(weight)}, but there are {len(X)} rows: give one "
            "weight per row."
        )
    return LocalScan(names, weight is not None, lambda: batches_of(X, weight), raw_copy=False)


def batches_of(
    X: AnyArray, weight: AnyArray | None = None, start: int = 0, end: int | None = None
) -> Iterator[Batch]:
    """Rows of an array (n, d) from one to another, batch by batch."""
    for rows in slices(len(X) if end is None else end, start):
        yield Batch(X[rows], None if weight is None else weight[rows], "", rows.start)


def _numbers_of_columns(X: AnyArray) -> tuple[str, ...]:
    if X.ndim != 2:
        raise DataError(f"The array has shape {X.shape}; expected rows and columns, (n, d).")
    if not X.shape[1]:
        raise DataError("The array has no columns: one at least is needed.")
    return tuple(map(str, range(X.shape[1])))
