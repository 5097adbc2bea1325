"""The rows of a scan on this machine: decoded once into a raw copy, or anew in every pass."""

from __future__ import annotations

import logging
import os
import tempfile
import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from queue import Full, Queue
from threading import Event, Thread
from typing import IO, Any, Protocol, Self, TypeAlias, TypeVar

import numpy as np

from mixtura.sources.folding import folded
from mixtura.sources.partitions import chunk_of
from mixtura.sources.scan import Batch, Block, Clean, EachRow, Opened, Task, cut
from mixtura.sources.source import Chunk, Mergeable
from mixtura.sources.threads import in_order
from mixtura.typing import AnyArray

__all__ = ["LocalScan", "LocalSource", "Passes", "RawRows", "StreamedRows", "ahead"]

_LOG = logging.getLogger("mixtura")

A = TypeVar("A")
M = TypeVar("M", bound=Mergeable)
T = TypeVar("T")

# Batches that are decoded before they are asked for.
_AHEAD = 3
# Seconds after which a thread looks up whether it is still wanted.
_PATIENCE = 0.1

#: A block, once it is read: threads read several at a time.
Load: TypeAlias = Callable[[], Block]


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
    def counted(cls, read: Callable[[], Iterator[Block]], n_features: int) -> Self:
        """After a first look at them."""
        n = n_empty = 0
        for block in ahead(read):
            n, n_empty = n + len(block), n_empty + block.n_empty
        return cls(read, n, n_empty, n_features)

    def blocks(self, rows_per_block: int) -> Iterator[Load]:
        for block in cut(ahead(self.read), rows_per_block):
            yield partial(_same, block)


def _same(block: Block) -> Block:
    return block


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
        _expect(self.rows, first + _AHEAD * rows.nbytes, rows.nbytes)
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


def ahead(read: Callable[[], Iterator[A]], most: int = _AHEAD) -> Iterator[A]:
    """What an iterator gives, made on a thread while others are worked on."""
    ready: Queue[tuple[A | None, BaseException | None]] = Queue(most)
    unwanted = Event()

    def put(item: A | None, error: BaseException | None = None) -> None:
        while not unwanted.is_set():
            try:
                ready.put((item, error), timeout=_PATIENCE)
            except Full:
                continue
            break

    def work() -> None:
        try:
            for item in read():
                put(item)
                if unwanted.is_set():
                    return
            put(None, StopIteration())
        except BaseException as error:  # it is raised where the next item is asked for
            put(None, error)

    thread = Thread(target=work, daemon=True)
    thread.start()
    try:
        while True:
            item, error = ready.get()
            if isinstance(error, StopIteration):
                return
            if error is not None:
                raise error
            yield item  # type: ignore[misc]
    finally:
        unwanted.set()
        thread.join()


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
    read: Callable[[], Iterator[Batch]]
    raw_copy: bool = True
    raw: RawRows | None = None

    def map_reduce(self, task: Task[M]) -> M:
        return task(0, ahead(self.read))

    def each_row(self, function: EachRow, names: tuple[str, ...]) -> AnyArray:
        return np.concatenate(list(map(function, ahead(self.read))))

    def opened(self, clean: Clean, n_threads: int) -> Opened:
        passes = self._passes(lambda: map(clean, self.read()))

        def make(rows_per_block: int, gappy: bool) -> LocalSource:
            return LocalSource(passes, rows_per_block, gappy, n_threads)

        return Opened(make, passes.n, passes.n_empty)

    def _passes(self, read: Callable[[], Iterator[Block]]) -> Passes:
        d = len(self.names)
        if self.raw is not None:
            streamed = StreamedRows.counted(read, d)
            return self.raw if streamed.n == self.raw.n else streamed
        if not self.raw_copy:
            return StreamedRows.counted(read, d)
        try:
            raw = RawRows.written(ahead(read), d)
        except OSError as error:
            _LOG.warning(
                "No raw copy of the rows in %s (%s): they are decoded anew in every pass.",
                tempfile.gettempdir(),
                error.strerror or error,
            )
            return StreamedRows.counted(read, d)
        _LOG.info(
            "A raw copy of %s rows is kept in %s until the fit is done.",
            f"{raw.n:,}",
            tempfile.gettempdir(),
        )
        return raw
