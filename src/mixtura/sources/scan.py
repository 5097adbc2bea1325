"""Tables that are not in memory: the contract of whatever passes over them.

A scan knows the names of its columns, and shows its rows batch by batch to whoever asks, where they
lie. What is asked is a task: a function of a partition's number and batches, which may travel to
another machine. The door (`mixtura.estimators`) tells how a batch becomes rows of numbers; then a
scan becomes a `Source`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self, TypeAlias, TypeVar

import numpy as np

from mixtura.errors import DataError
from mixtura.sources.source import Mergeable, Source
from mixtura.typing import AnyArray, FloatArray

__all__ = [
    "ROWS_PER_BATCH",
    "AsTheyAre",
    "Batch",
    "Block",
    "Cells",
    "Clean",
    "EachRow",
    "Load",
    "Names",
    "Opened",
    "Partitions",
    "Scan",
    "Task",
    "counted",
    "cut",
    "in_line",
    "slices",
    "wanted_columns",
]

M = TypeVar("M", bound=Mergeable)

#: Rows that are shown at once, where nothing else cuts them.
ROWS_PER_BATCH = 65_536

#: A column of numbers or truth values as an array, of anything else as a list. A missing cell is
#: NaN in an array, and None in a list.
Cells: TypeAlias = AnyArray | list[Any]


@dataclass(frozen=True, eq=False)
class Batch:
    """Some rows as a table has them.

    Attributes
    ----------
    cells : ndarray of shape (n, d), or list of (n,)
        Numbers, or columns one by one.
    weight : ndarray of shape (n,) or None
        Cells of the column of weights, if there is one.
    place : str
        Where they come from, such as the name of a file, for errors; "" if there is only one place.
    start : int
        Number of the first row there.
    n_empty : int
        Rows that were left out before, since they have no cell.
    """

    cells: AnyArray | Sequence[Cells]
    weight: AnyArray | None = None
    place: str = ""
    start: int = 0
    n_empty: int = 0

    def __len__(self) -> int:
        return len(self.cells if isinstance(self.cells, np.ndarray) else self.cells[0])


@dataclass(frozen=True, eq=False)
class Block:
    """Rows as a fit takes them.

    Attributes
    ----------
    rows : ndarray of shape (n, d), float32 or float64
        None of which is without any cell.
    weight : ndarray of shape (n,) or None
        All positive; None where all are 1.
    n_empty : int, default=0
        Rows that were left out, since they have no cell.
    """

    rows: AnyArray
    weight: FloatArray | None = None
    n_empty: int = 0

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, which: slice) -> Block:
        """Some of the rows."""
        return Block(self.rows[which], None if self.weight is None else self.weight[which])


#: Of one number for each row, or of columns of them.
Names: TypeAlias = str | tuple[str, ...]

#: Gives results for each row of a batch, (n,) or (n, m). It can be pickled.
EachRow: TypeAlias = Callable[[Batch], AnyArray]

#: A block, once it is read: threads read several at a time.
Load: TypeAlias = Callable[[], Block]


class Clean(Protocol):
    """What makes rows of a batch: checked, and without those that are none. It can be pickled."""

    def __call__(self, batch: Batch, /) -> Block: ...

    @property
    def again(self) -> Callable[[Batch], Block]:
        """The same for batches that have been looked at before: nothing is checked twice."""
        ...


@dataclass(frozen=True)
class AsTheyAre:
    """Makes rows of batches that need no cleaning."""

    def __call__(self, batch: Batch) -> Block:
        assert isinstance(batch.cells, np.ndarray)  # as a block has them
        return Block(batch.cells, batch.weight, batch.n_empty)

    @property
    def again(self) -> Self:
        return self


#: What is asked of each partition of a scan: a function of its number and its batches, in their
#: order. It can be pickled.
Task: TypeAlias = Callable[[int, Iterator[Batch]], M]


@dataclass(frozen=True, eq=False)
class Opened:
    """The rows of a scan, all of which have been looked at once.

    Attributes
    ----------
    make : callable
        (rows of a block, whether any cell is missing) -> the source.
    n_rows : int
    n_empty : int
        Rows that were left out, since they have no cell.
    """

    make: Callable[[int, bool], Source]
    n_rows: int
    n_empty: int


class Partitions(Protocol):
    """Rows that lie in parts."""

    @property
    def names(self) -> tuple[str, ...]:
        """Of the columns, without that of weights."""
        ...

    def map_reduce(self, task: Task[M], /) -> M:
        """A task's results for all partitions, merged: each with its neighbor, in their order."""
        ...


class Scan(Partitions, Protocol):
    """A table that is not in memory."""

    @property
    def weighted(self) -> bool:
        """Whether rows have weights."""
        ...

    def each_row(self, function: EachRow, names: Names, dtype: np.dtype[Any], /) -> Any:
        """Results for each row, in the table's own kind, or as an array.

        Parameters
        ----------
        function : callable
        names : str or tuple of str
            Of the one number of each row, or of the columns of numbers.
        dtype : dtype
            Of the results.
        """
        ...

    def opened(self, clean: Clean, n_threads: int, /) -> Opened:
        """The rows, each of which has been looked at."""
        ...


def wanted_columns(
    given: Sequence[str], columns: Sequence[str] | None, weight: str | None, whose: str
) -> tuple[tuple[str, ...], list[str]]:
    """The names of the columns to fit, and after them of all that are read.

    Raises
    ------
    DataError
        If one is not among those that are given, or there is none to fit.
    """
    names = [name for name in given if name != weight] if columns is None else columns
    read = [*names, *([] if weight is None else [weight])]
    for name in read:
        if name not in given:
            raise DataError(f"{whose} has no column {name!r}; it has {', '.join(given)}.")
    if not names:
        raise DataError(f"{whose} has no column but that of weights.")
    return tuple(names), read


def counted(blocks: Iterable[Block]) -> tuple[int, int]:
    """How many rows there are, and how many were left out since they have no cell."""
    n_rows = n_empty = 0
    for block in blocks:
        n_rows, n_empty = n_rows + len(block), n_empty + block.n_empty
    return n_rows, n_empty


def slices(end: int, start: int = 0) -> Iterator[slice]:
    """Rows from a first one on, as many as are shown at once; none of no rows."""
    for first in range(start, end, ROWS_PER_BATCH):
        yield slice(first, min(first + ROWS_PER_BATCH, end))


def in_line(array: AnyArray) -> AnyArray:
    """An array as the kernel takes it: one that came in a message may lie at any byte."""
    return np.require(array, requirements=["C_CONTIGUOUS", "ALIGNED"])


def cut(blocks: Iterable[Block], rows_per_block: int) -> Iterator[Block]:
    """The same rows in blocks of one size, but for the last one."""
    kept: list[Block] = []
    n_kept = 0
    for block in blocks:
        start = 0
        while n_kept + len(block) - start >= rows_per_block:
            end = start + rows_per_block - n_kept
            yield _joined([*kept, block.take(slice(start, end))])
            kept, n_kept, start = [], 0, end
        if start < len(block):
            rest = block.take(slice(start, None))
            kept.append(rest)
            n_kept += len(rest)
    if kept:
        yield _joined(kept)


def _joined(blocks: Sequence[Block]) -> Block:
    if len(blocks) == 1:
        return blocks[0]
    rows = np.concatenate([block.rows for block in blocks])
    if all(block.weight is None for block in blocks):
        return Block(rows)
    weights = [np.ones(len(b)) if b.weight is None else b.weight for b in blocks]
    return Block(rows, np.concatenate(weights))
