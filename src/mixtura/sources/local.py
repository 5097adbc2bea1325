"""The rows of a scan on this machine: decoded once into a raw copy, or anew in every pass."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, Self, TypeAlias, TypeVar

import numpy as np

from mixtura.sources.folding import folded
from mixtura.sources.partitions import chunk_of
from mixtura.sources.raw_rows import RawRows
from mixtura.sources.read_ahead import ahead
from mixtura.sources.scan import (
    Batch,
    Block,
    Clean,
    EachRow,
    Load,
    Names,
    Opened,
    Task,
    counted,
    cut,
)
from mixtura.sources.source import Chunk, Mergeable
from mixtura.sources.threads import in_order
from mixtura.typing import AnyArray

__all__ = ["LocalScan", "LocalSource", "Passes", "StreamedRows"]

_LOG = logging.getLogger("mixtura")

M = TypeVar("M", bound=Mergeable)
T = TypeVar("T")

#: Gives all batches of a table.
Read: TypeAlias = Callable[[], Iterator[Batch]]


class Passes(Protocol):
    """Rows that can be passed over again and again."""

    @property
    def n(self) -> int: ...

    @property
    def n_empty(self) -> int: ...

    @property
    def n_features(self) -> int: ...

    def blocks(self, rows_per_block: int, /) -> Iterable[Load]:
        """The rows in blocks of one size, but for the last one."""
        ...


@dataclass(frozen=True, eq=False)
class LocalSource:
    """Rows that are passed over block by block.

    Attributes
    ----------
    passes : Passes
    rows_per_block : int
    gappy : bool
        Whether any cell is missing.
    n_threads : int, default=1
    """

    passes: Passes
    rows_per_block: int
    gappy: bool
    n_threads: int = 1

    @property
    def n_features(self) -> int:
        return self.passes.n_features

    @property
    def labelled(self) -> bool:
        return False

    def map(self, function: Callable[[Chunk], T]) -> Iterator[T]:
        def serve(item: tuple[int, Load]) -> T:
            handle, load = item
            return function(chunk_of(handle, handle * self.rows_per_block, load(), self.gappy))

        items = enumerate(self.passes.blocks(self.rows_per_block))
        return map(serve, items) if self.n_threads == 1 else in_order(serve, items, self.n_threads)

    def map_reduce(self, function: Callable[[Chunk], M]) -> M:
        return folded(self.map(function)).total


@dataclass(frozen=True, eq=False)
class StreamedRows:
    """Rows that are decoded anew in every pass, ahead of it on a thread.

    Attributes
    ----------
    read : callable
        Gives all rows, in blocks of any size.
    n, n_empty, n_features : int
    """

    read: Callable[[], Iterator[Block]]
    n: int
    n_empty: int
    n_features: int

    @classmethod
    def counted(cls, read: Read, clean: Clean, n_features: int) -> Self:
        """After a first look at them."""
        n, n_empty = counted(ahead(lambda: map(clean, read())))
        return cls(lambda: map(clean.again, read()), n, n_empty, n_features)

    def blocks(self, rows_per_block: int) -> Iterator[Load]:
        for block in cut(ahead(self.read), rows_per_block):
            yield partial(_same, block)


def _same(block: Block) -> Block:
    return block


@dataclass(frozen=True, eq=False)
class LocalScan:
    """A table that is read on this machine, batch by batch.

    Attributes
    ----------
    names : tuple of str
        Of the columns, without that of weights.
    weighted : bool
        Whether rows have weights.
    read : callable
        Gives all batches.
    raw_copy : bool, default=True
        Whether rows are decoded once and kept in a temporary file, if there is room for them.
    raw : RawRows or None
        The same rows, if they lie in a file already.
    """

    names: tuple[str, ...]
    weighted: bool
    read: Read
    raw_copy: bool = True
    raw: RawRows | None = None

    def map_reduce(self, task: Task[M]) -> M:
        return task(0, ahead(self.read))

    def each_row(self, function: EachRow, names: Names, dtype: np.dtype[Any]) -> AnyArray:
        return np.concatenate(list(map(function, ahead(self.read))))

    def opened(self, clean: Clean, n_threads: int) -> Opened:
        passes = self._passes(clean)

        def make(rows_per_block: int, gappy: bool) -> LocalSource:
            return LocalSource(passes, rows_per_block, gappy, n_threads)

        return Opened(make, passes.n, passes.n_empty)

    def _passes(self, clean: Clean) -> Passes:
        copy = self._copied(clean) if self.raw_copy and self.raw is None else None
        if copy is not None:
            return copy
        streamed = StreamedRows.counted(self.read, clean, len(self.names))
        return self.raw if self.raw is not None and streamed.n == self.raw.n else streamed

    def _copied(self, clean: Clean) -> RawRows | None:
        """A raw copy of the rows; None if there is no room for it."""
        folder = tempfile.gettempdir()
        try:
            raw = RawRows.written(ahead(lambda: map(clean, self.read())), len(self.names))
        except OSError as error:
            _LOG.warning(
                "No raw copy of the rows in %s (%s): they are decoded anew in every pass.",
                folder,
                error.strerror or error,
            )
            return None
        _LOG.info(
            "A raw copy of %s rows is kept in %s until the fit is done.", f"{raw.n:,}", folder
        )
        return raw
