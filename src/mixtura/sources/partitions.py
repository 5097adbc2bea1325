"""The rows of a scan whose partitions stay where they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate, count
from typing import Any, Generic, Self, TypeVar

from mixtura.patterns import Patterns
from mixtura.sources.folding import Fold
from mixtura.sources.scan import Batch, Block, Clean, Opened, Partitions, counted, cut, in_line
from mixtura.sources.source import Chunk, Mergeable, all_one

__all__ = ["Listed", "PartitionedSource", "Told", "chunk_of", "opened"]

M = TypeVar("M", bound=Mergeable)
T = TypeVar("T")


@dataclass(frozen=True)
class Listed:
    """Results one after the other: what merges them keeps them all."""

    items: tuple[Any, ...] = ()

    def __add__(self, other: Self) -> Self:
        return type(self)(self.items + other.items)


@dataclass(frozen=True, eq=False)
class Told(Generic[M]):
    """A task in which each partition is told something of its own, instead of its number.

    So a scan can send each partition that alone, and not what all the others are told.

    Attributes
    ----------
    function : callable
        Of what the partition is told, and its batches.
    tellings : sequence
        One for each partition, of plain values.
    """

    function: Callable[[Any, Iterator[Batch]], M]
    tellings: Sequence[Any]

    def __call__(self, number: int, batches: Iterator[Batch]) -> M:
        return self.function(self.tellings[number], batches)


@dataclass(frozen=True, eq=False)
class PartitionedSource:
    """A table in partitions, none of which has to be in one place with another.

    Blocks are cut within partitions, and folded where they lie; neighbors are merged in a fixed
    tree over all blocks.

    Attributes
    ----------
    scan : Partitions
    clean : callable
    n_rows : tuple of int
        Of each partition.
    rows_per_block : int
    gappy : bool
        Whether any cell is missing.
    """

    scan: Partitions
    clean: Callable[[Batch], Block]
    n_rows: tuple[int, ...]
    rows_per_block: int
    gappy: bool

    @property
    def n_features(self) -> int:
        return len(self.scan.names)

    @property
    def labelled(self) -> bool:
        return False

    def map(self, function: Callable[[Chunk], T]) -> Iterator[T]:
        return iter(self.map_reduce(partial(_listed, function)).items)

    def map_reduce(self, function: Callable[[Chunk], M]) -> M:
        n_blocks = [-(-n // self.rows_per_block) for n in self.n_rows]
        handles = accumulate(n_blocks, initial=0)
        starts = accumulate(self.n_rows, initial=0)
        places = list(zip(count(), handles, starts, self.n_rows, strict=False))
        blocks = _Blocks(function, self.clean, self.rows_per_block, self.gappy)
        fold: Fold[M] = self.scan.map_reduce(Told(blocks, places))
        return fold.total


def _listed(function: Callable[[Chunk], Any], chunk: Chunk) -> Listed:
    return Listed((function(chunk),))


@dataclass(frozen=True, eq=False)
class _Blocks:
    """What a function of blocks comes to in a partition.

    It is told the partition's number, the handle of its first block, how many rows of the table are
    before it, and how many it has.
    """

    function: Callable[[Chunk], Any]
    clean: Callable[[Batch], Block]
    rows_per_block: int
    gappy: bool

    def __call__(self, told: tuple[int, int, int, int], batches: Iterator[Batch]) -> Fold[Any]:
        fold: Fold[Any] = Fold()
        number, first, start, n_rows = told
        end = start + n_rows
        blocks = cut(map(self.clean, batches), self.rows_per_block)
        for handle, block in enumerate(blocks, first):
            fold = fold + Fold.of(handle, self.function(chunk_of(handle, start, block, self.gappy)))
            start += len(block)
        if start != end:
            raise RuntimeError(
                f"Partition {number} has {start - end + n_rows:,} rows now, and had {n_rows:,} "
                "when they were counted: a table that changes from one pass to the next cannot be "
                "fitted. Save it first, or let the engine keep it (persist, cache)."
            )
        return fold


def chunk_of(handle: int, start: int, block: Block, gappy: bool) -> Chunk:
    """A block of rows as a chunk, where `gappy` is whether any cell of the table is missing."""
    weight = all_one(len(block)) if block.weight is None else in_line(block.weight)
    patterns = Patterns.of(block.rows) if gappy else None
    return Chunk(handle, start, in_line(block.rows), weight, None, patterns)


def opened(scan: Partitions, clean: Clean) -> Opened:
    """The rows of a scan, counted where they lie."""
    listed: Listed = scan.map_reduce(_Count(clean))
    counts = [count for _, count in sorted(listed.items)]
    n_rows = tuple(n for n, _ in counts)
    make = partial(PartitionedSource, scan, clean.again, n_rows)
    return Opened(make, sum(n_rows), sum(n_empty for _, n_empty in counts))


@dataclass(frozen=True, eq=False)
class _Count:
    """The task of counting a partition's rows, and those that were left out."""

    clean: Clean

    def __call__(self, number: int, batches: Iterable[Batch]) -> Listed:
        return Listed(((number, counted(map(self.clean, batches))),))
