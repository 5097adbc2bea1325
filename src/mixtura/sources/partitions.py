"""The rows of a scan whose partitions stay where they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from typing import Any, Self, TypeVar

import numpy as np

from mixtura.patterns import Patterns
from mixtura.sources.folding import Fold
from mixtura.sources.scan import Batch, Block, Clean, Opened, Scan, cut
from mixtura.sources.source import Chunk, Mergeable, all_one

__all__ = ["Listed", "PartitionedSource", "chunk_of", "opened"]

M = TypeVar("M", bound=Mergeable)
T = TypeVar("T")


@dataclass(frozen=True)
class Listed:
    """Results one after the other: what merges them keeps them all."""

    items: tuple[Any, ...] = ()

    def __add__(self, other: Self) -> Self:
        return type(self)(self.items + other.items)


@dataclass(frozen=True, eq=False)
class PartitionedSource:
    """A table in partitions, none of which has to be in one place with another.

    Blocks are cut within partitions, and folded where they lie; neighbors are merged in a fixed
    tree over all blocks.

    Attributes
    ----------
    scan : Scan
    clean : callable
    n_rows : tuple of int
        Of each partition.
    rows_per_block : int
    gappy : bool
        Whether any cell is missing.
    """

    scan: Scan
    clean: Clean
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
        task = _Blocks(
            function,
            self.clean,
            self.rows_per_block,
            self.gappy,
            tuple(accumulate(n_blocks, initial=0)),
            tuple(accumulate(self.n_rows, initial=0)),
        )
        fold: Fold[M] = self.scan.map_reduce(task)
        return fold.total


def _listed(function: Callable[[Chunk], Any], chunk: Chunk) -> Listed:
    return Listed((function(chunk),))


@dataclass(frozen=True, eq=False)
class _Blocks:
    """The task that a function of blocks comes to in a partition."""

    function: Callable[[Chunk], Any]
    clean: Clean
    rows_per_block: int
    gappy: bool
    handles: tuple[int, ...]
    starts: tuple[int, ...]

    def __call__(self, number: int, batches: Iterator[Batch]) -> Fold[Any]:
        fold: Fold[Any] = Fold()
        start = self.starts[number]
        blocks = cut(map(self.clean, batches), self.rows_per_block)
        for handle, block in enumerate(blocks, self.handles[number]):
            fold = fold + Fold.of(handle, self.function(chunk_of(handle, start, block, self.gappy)))
            start += len(block)
        if start != self.starts[number + 1]:
            raise RuntimeError(
                f"Partition {number} has {start - self.starts[number]:,} rows now, and had "
                f"{self.starts[number + 1] - self.starts[number]:,} when they were counted: a "
                "table that changes from one pass to the next cannot be fitted. Save it first, or "
                "let the engine keep it (persist, cache)."
            )
        return fold


def chunk_of(handle: int, start: int, block: Block, gappy: bool) -> Chunk:
    """A block of rows as a chunk, where `gappy` is whether any cell of the table is missing."""
    weight = all_one(len(block)) if block.weight is None else block.weight
    patterns = Patterns.of(block.rows) if gappy else None
    rows = np.ascontiguousarray(block.rows)
    return Chunk(handle, start, rows, weight, None, patterns)


def opened(scan: Scan, clean: Clean) -> Opened:
    """The rows of a scan, counted where they lie."""
    listed: Listed = scan.map_reduce(_Count(clean))
    counts = [counted for _, counted in sorted(listed.items)]
    n_rows = tuple(n for n, _ in counts)
    make = partial(PartitionedSource, scan, clean, n_rows)
    return Opened(make, sum(n_rows), sum(n_empty for _, n_empty in counts))


@dataclass(frozen=True, eq=False)
class _Count:
    """The task of counting a partition's rows, and those that were left out."""

    clean: Clean

    def __call__(self, number: int, batches: Iterable[Batch]) -> Listed:
        n_rows = n_empty = 0
        for block in map(self.clean, batches):
            n_rows, n_empty = n_rows + len(block), n_empty + block.n_empty
        return Listed(((number, (n_rows, n_empty)),))
