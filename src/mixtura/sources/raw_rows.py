"""Rows in a file, as the bytes of an array, which are read where they are needed."""

from __future__ import annotations

import os
import tempfile
import weakref
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import IO, Any, Self

import numpy as np

from mixtura.sources.scan import Block, Load
from mixtura.typing import AnyArray

__all__ = ["RawRows"]

# Blocks that the system is asked to read before they are wanted.
_BLOCKS_AHEAD = 3


@dataclass(frozen=True, eq=False)
class RawRows:
    """Rows in a file, as the bytes of an array (n, d).

    Attributes
    ----------
    rows : file
    weight : file or None
        Their weights in float64.
    n, n_empty, n_features : int
    dtype : dtype
    offset : int, default=0
        Bytes before the first row.
    """

    rows: IO[bytes]
    weight: IO[bytes] | None
    n: int
    n_empty: int
    n_features: int
    dtype: np.dtype[Any]
    offset: int = 0

    def __post_init__(self) -> None:
        for file in (self.rows, self.weight):
            if file is not None:
                weakref.finalize(self, file.close)

    @classmethod
    def written(cls, blocks: Iterable[Block], n_features: int) -> Self:
        """A raw copy in files without names, which are gone however the program ends."""
        with ExitStack() as stack:
            rows, weights = (
                stack.enter_context(tempfile.TemporaryFile(buffering=0)) for _ in range(2)
            )
            n, n_empty, dtype, weighted = 0, 0, np.dtype(np.float64), False
            for block in blocks:
                n_empty += block.n_empty
                if len(block):
                    _write(rows, block.rows)
                    n, dtype = n + len(block), block.rows.dtype
                if block.weight is not None:
                    weighted = True
                    _write(weights, block.weight)
            stack.pop_all()  # they live as long as the copy
        if not weighted:
            weights.close()
        return cls(rows, weights if weighted else None, n, n_empty, n_features, dtype)

    def blocks(self, rows_per_block: int) -> Iterator[Load]:
        for start in range(0, self.n, rows_per_block):
            yield partial(self._load, start, min(start + rows_per_block, self.n))

    def _load(self, start: int, end: int) -> Block:
        rows = np.empty((end - start, self.n_features), self.dtype)
        first = self.offset + start * self.n_features * self.dtype.itemsize
        _expect(self.rows, first + _BLOCKS_AHEAD * rows.nbytes, rows.nbytes)
        _read(self.rows, rows, first)
        if self.weight is None:
            return Block(rows)
        weight = np.empty(end - start)
        _read(self.weight, weight, 8 * start)
        return Block(rows, weight)


def _write(file: IO[bytes], array: AnyArray) -> None:
    left = np.ascontiguousarray(array).data.cast("B")
    while left:
        left = left[file.write(left) :]


def _read(file: IO[bytes], array: AnyArray, offset: int) -> None:
    """Fill an array with the bytes from an offset on."""
    left = array.data.cast("B")
    while left:
        n = os.preadv(file.fileno(), [left], offset)
        if n == 0:
            raise EOFError(f"The raw copy of the rows ends at byte {offset}: was it cut short?")
        left, offset = left[n:], offset + n


def _expect(file: IO[bytes], offset: int, n: int) -> None:
    """Have the system read some bytes while others are worked on."""
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(file.fileno(), offset, n, os.POSIX_FADV_WILLNEED)
