"""Arrays as scans: in a file of their own, or in memory, in partitions as on a cluster."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from itertools import accumulate, pairwise
from operator import add
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from mixtura.errors import DataError
from mixtura.sources.local import LocalScan
from mixtura.sources.partitions import opened
from mixtura.sources.raw_rows import RawRows
from mixtura.sources.scan import Batch, Clean, EachRow, Names, Opened, Task
from mixtura.sources.source import Mergeable
from mixtura.typing import AnyArray

__all__ = ["PartitionedArray", "scan_array", "scan_memmap"]

M = TypeVar("M", bound=Mergeable)

_ROWS_PER_BATCH = 65_536


def scan_memmap(X: np.memmap[Any, Any], *, raw_copy: bool = True) -> LocalScan:
    """A scan of a memory-mapped array (n, d).

    If it lies in its file as passes want it, it is read from there, without being mapped; a raw
    copy is made of others.
    """
    raw, names = _in_file(X), _numbers_of_columns(X)

    def read() -> Iterator[Batch]:
        if raw is None:
            yield from _slices(X)
            return
        start = 0
        for load in raw.blocks(_ROWS_PER_BATCH):
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


def scan_array(
    X: AnyArray, weight: AnyArray | None = None, partitions: tuple[int, ...] | None = None
) -> LocalScan | PartitionedArray:
    """A scan of an array (n, d) in memory.

    Parameters
    ----------
    X : ndarray of shape (n, d)
    weight : ndarray of shape (n,), optional
    partitions : tuple of int, optional
        Rows of each partition; None where blocks are cut without looking at any.
    """
    names = _numbers_of_columns(X)
    if weight is not None and np.shape(weight) != (len(X),):
        raise DataError(
            f"The weights have shape {np.shape(weight)}, but there are {len(X)} rows: give one "
            "weight per row."
        )
    if partitions is None:
        return LocalScan(names, weight is not None, lambda: _slices(X, weight), raw_copy=False)
    if sum(partitions) != len(X):
        raise DataError(f"The partitions have {sum(partitions)} rows, and the array {len(X)}.")
    return PartitionedArray(names, X, weight, partitions)


@dataclass(frozen=True, eq=False)
class PartitionedArray:
    """An array in memory in the partitions that it would have on a cluster.

    Attributes
    ----------
    names : tuple of str
    X : ndarray of shape (n, d)
    weight : ndarray of shape (n,) or None
    partitions : tuple of int
        Rows of each.
    """

    names: tuple[str, ...]
    X: AnyArray
    weight: AnyArray | None
    partitions: tuple[int, ...]

    @property
    def weighted(self) -> bool:
        return self.weight is not None

    def map_reduce(self, task: Task[M]) -> M:
        bounds = pairwise(accumulate(self.partitions, initial=0))
        return reduce(
            add,
            (
                task(number, _slices(self.X, self.weight, start, end))
                for number, (start, end) in enumerate(bounds)
            ),
        )

    def each_row(self, function: EachRow, names: Names, dtype: np.dtype[Any]) -> AnyArray:
        return np.concatenate(list(map(function, _slices(self.X, self.weight))))

    def opened(self, clean: Clean, n_threads: int) -> Opened:
        return opened(self, clean)


def _slices(
    X: AnyArray, weight: AnyArray | None = None, start: int = 0, end: int | None = None
) -> Iterator[Batch]:
    end = len(X) if end is None else end
    for first in range(start, end, _ROWS_PER_BATCH):
        rows = slice(first, min(first + _ROWS_PER_BATCH, end))
        yield Batch(X[rows], None if weight is None else weight[rows], "", first)


def _numbers_of_columns(X: AnyArray) -> tuple[str, ...]:
    if X.ndim != 2:
        raise DataError(f"The array has shape {X.shape}; expected rows and columns, (n, d).")
    if not X.shape[1]:
        raise DataError("The array has no columns: one at least is needed.")
    return tuple(map(str, range(X.shape[1])))
