"""Tables of Dask, passed over where their partitions lie. The one user of dask.

A pass is one graph: a task for each partition, and a tree of tasks that merge neighbors, of which
one record comes back. The current client computes it, or threads where there is none. Parameters
travel within each task, and not as something that tasks depend on: Dask sends a task to where that
lies, and it should be sent to the rows.

What is below a table in its graph is computed anew in each pass, unless Dask keeps it: say
``X = X.persist()`` before a fit if the workers have the memory. Dask's own threads share the
partitions of a worker. Linear algebra needs no limit here: where a nanny starts a worker, it gives
it one thread, and the thread that fits limits it in its own process.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from operator import add
from typing import Any, Protocol, Self, TypeAlias, TypeVar
from uuid import uuid4

import cloudpickle  # type: ignore[import-untyped, unused-ignore]
import dask.array as da
import numpy as np
from dask._task_spec import Task as Node  # which has no public place, but is documented
from dask._task_spec import TaskRef
from dask.delayed import Delayed
from dask.highlevelgraph import HighLevelGraph

from mixtura.errors import DataError, MixturaError
from mixtura.sources.partitions import Told, opened
from mixtura.sources.scan import Batch, Cells, Clean, Names, Opened, Task, slices
from mixtura.sources.source import Mergeable
from mixtura.typing import AnyArray

__all__ = ["DaskScan", "read_files", "scan_dask"]

M = TypeVar("M", bound=Mergeable)

#: (name of the pass, level of the tree, place there).
_Key: TypeAlias = tuple[str, int, int]

_DELAYED: Any = Delayed  # whose functions have no types

# Functions that a worker keeps, so that it finds out once in a pass what they find out.
_MOST_KEPT = 8


def scan_dask(X: Any, columns: Sequence[str] | None = None, weight: Any = None) -> DaskScan:
    """A scan of a table of Dask.

    Parameters
    ----------
    X : dask.array.Array of shape (n, d), or dask.dataframe.DataFrame
        Chunks of an array are cut along rows alone; they may be of unknown size.
    columns : sequence of str, optional
        Those of a frame that are read; by default all, but for that of weights.
    weight : str, or dask.array.Array of shape (n,), optional
        The column of weights of a frame; the weights of an array's rows.

    Raises
    ------
    DataError
        If the table cannot be scanned.
    """
    table: _Table
    if isinstance(X, da.Array):
        table = _ArrayTable.of(X, columns, weight)
    else:
        table = _FrameTable.of(X, columns, weight)
    return DaskScan(table)


def read_files(files: Sequence[str], scheduler: str | None) -> Any:
    """Parquet files as a dask DataFrame.

    Parameters
    ----------
    files : sequence of str
        Where the workers find them, too.
    scheduler : str or None
        Address, which later passes go to; None for threads of this process.

    Raises
    ------
    MixturaError
        If no scheduler answers there.
    """
    import dask.dataframe as dd

    if scheduler is not None:
        from distributed import Client

        make: Any = Client  # whose functions have no types
        try:
            _CLIENTS.append(make(scheduler, timeout=_PATIENCE))
        except (OSError, ValueError) as error:
            raise MixturaError(
                f"No scheduler of Dask answers at {scheduler} ({error}): look at the address that "
                "dask scheduler prints, such as tcp://10.0.0.1:8786."
            ) from None
    return dd.read_parquet(list(files))


# Dask keeps no client that nobody has.
_CLIENTS: list[Any] = []

# Seconds in which a scheduler answers.
_PATIENCE = 10


@dataclass(frozen=True, eq=False)
class DaskScan:
    """A table of Dask that is passed over where its partitions lie.

    Attributes
    ----------
    table : object
        What is particular to an array or to a frame.
    """

    table: _Table

    @property
    def names(self) -> tuple[str, ...]:
        return self.table.names

    @property
    def weighted(self) -> bool:
        return self.table.weight is not None

    def map_reduce(self, task: Task[M]) -> M:
        """A task's results for all partitions, merged where they are made.

        Raises
        ------
        MixturaError
            If the cluster is lost meanwhile.
        """
        pieces = self._pieces
        function, told = _parted(task, len(pieces.keys))
        own = partial(_done, function, self.table.show)
        done = own if _client() is None else _sent(own)
        name = f"mixtura-{uuid4().hex}"
        graph: dict[Any, Node] = {}
        for number, keys in enumerate(pieces.keys):
            key = name, 0, number
            graph[key] = Node(key, done, number, told[number], *map(TaskRef, keys))
        root = _merged(graph, name)
        layers = HighLevelGraph.from_collections(name, graph, dependencies=pieces.collections)
        with _cluster_watched():
            merged: M = _DELAYED(root, layers, layer=name).compute()
        return merged

    def each_row(
        self, function: Callable[[Batch], AnyArray], names: Names, dtype: Any = np.float64
    ) -> Any:
        """Results for each row, not computed yet, in partitions like the table's.

        Parameters
        ----------
        function : callable
            Gives results for each row of a batch, (m,) or (m, number of names).
        names : str or tuple of str
            Of the one value of each row, or of the columns of values.
        dtype : dtype, default=float64

        Returns
        -------
        dask.array.Array of shape (n,) or (n, number of names), dask Series or DataFrame
            As the table is; a frame keeps its index and divisions.
        """
        return self.table.each_row(function, names, np.dtype(dtype))

    def opened(self, clean: Clean, n_threads: int) -> Opened:
        """The rows, counted where they lie; threads are Dask's."""
        return opened(self, clean)

    @cached_property
    def _pieces(self) -> _Pieces:
        return self.table.pieces()


class _Table(Protocol):
    """What is particular to a kind of table."""

    @property
    def names(self) -> tuple[str, ...]: ...

    @property
    def weight(self) -> Any: ...

    @property
    def show(self) -> Callable[..., Iterator[Batch]]:
        """Gives batches of the name of a place and the pieces there. It can be pickled."""
        ...

    def pieces(self) -> _Pieces: ...

    def each_row(
        self,
        function: Callable[[Batch], AnyArray],
        names: Names,
        dtype: np.dtype[Any],
        /,
    ) -> Any: ...


@dataclass(frozen=True, eq=False)
class _Pieces:
    """What Dask makes of a table, partition by partition.

    Attributes
    ----------
    collections : sequence of Delayed
        One of each of the collections: all pieces of one have the same graph.
    keys : sequence of tuples
        Those of the pieces of each partition.
    """

    collections: Sequence[Any]
    keys: Sequence[tuple[Any, ...]]

    @classmethod
    def of(cls, *collections: Sequence[Any]) -> Self:
        keys = [tuple(piece.key for piece in pieces) for pieces in zip(*collections, strict=True)]
        return cls([pieces[0] for pieces in collections], keys)


# ---------------------------------------------------------------------------------------------
# The graph of a pass


def _parted(task: Task[M], n_partitions: int) -> tuple[Callable[..., M], Sequence[Any]]:
    """A function that all partitions share, and what each of them is told."""
    if isinstance(task, Told):
        return task.function, task.tellings
    return task, range(n_partitions)


def _merged(graph: dict[Any, Node], name: str) -> _Key:
    """The key of what all results in a graph come to, after the tasks of a tree are added."""
    keys: list[_Key] = list(graph)
    level = 0
    while len(keys) > 1:
        level += 1
        last = keys[len(keys) - len(keys) % 2 :]
        for place, pair in enumerate(zip(keys[::2], keys[1::2], strict=False)):
            key = name, level, place
            graph[key] = Node(key, add, *map(TaskRef, pair))
        keys = [(name, level, place) for place in range(len(keys) // 2)] + last
    return keys[0]


def _sent(function: Callable[..., M]) -> Callable[..., M]:
    """A function that can be handed on by whoever cannot call it.

    A worker that cannot read a message ends, and the pass waits for others for ever. So what the
    function needs, be it this package or an instruction set, is looked for where a task calls it:
    if it is not there, that is the task's error.
    """
    pickled = cloudpickle.dumps(_Received(cloudpickle.dumps(function)))

    # It is in no module, and names nothing of this one, so that it travels as code.
    def call(*args: Any) -> M:
        from pickle import loads

        result: M = loads(pickled)(*args)
        return result

    return call


@dataclass(frozen=True)
class _Received:
    """A function as it was sent."""

    pickled: bytes

    def __call__(self, *args: Any) -> Any:
        return _read(self.pickled)(*args)


@lru_cache(_MOST_KEPT)
def _read(pickled: bytes) -> Callable[..., Any]:
    function: Callable[..., Any] = cloudpickle.loads(pickled)
    return function


def _done(
    function: Callable[..., M],
    show: Callable[..., Iterator[Batch]],
    number: int,
    told: Any,
    *pieces: Any,
) -> M:
    """What a task comes to in a partition."""
    return function(told, show(_place(number), *pieces))


def _place(number: int) -> str:
    return f"partition {number}"


def _results(
    function: Callable[[Batch], AnyArray],
    batches: Iterator[Batch],
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
) -> AnyArray:
    """A function's results for all rows of a partition."""
    results = np.empty(shape, dtype)
    for batch in batches:
        made = function(batch)
        results[batch.start : batch.start + len(made)] = made.reshape(len(made), *shape[1:])
    return results


# ---------------------------------------------------------------------------------------------
# Arrays


@dataclass(frozen=True, eq=False)
class _ArrayTable:
    X: Any
    names: tuple[str, ...]
    weight: Any

    @classmethod
    def of(cls, X: Any, columns: Sequence[str] | None, weight: Any) -> Self:
        if columns is not None:
            raise DataError("An array has no names of columns: leave columns out.")
        if X.ndim != 2:
            raise DataError(
                f"The dask array has {X.ndim} dimensions; expected two, rows and columns. "
                "X.reshape(-1, 1) makes one column of one-dimensional rows."
            )
        if X.numblocks[1] != 1:
            raise DataError(
                f"The dask array is cut along its columns, into {X.numblocks[1]} chunks: each row "
                "should lie in one. Say X.rechunk({1: -1})."
            )
        _expect_numbers(X, "The dask array")
        return cls(X, tuple(map(str, range(X.shape[1]))), _weight_of(X, weight))

    @property
    def show(self) -> Callable[..., Iterator[Batch]]:
        return _rows_of

    def pieces(self) -> _Pieces:
        both = [self.X] if self.weight is None else [self.X, self.weight]
        return _Pieces.of(*(each.to_delayed().ravel().tolist() for each in both))

    def each_row(
        self, function: Callable[[Batch], AnyArray], names: Names, dtype: np.dtype[Any]
    ) -> Any:
        width = _width(names)
        made = _sent(partial(_of_each_row, function, width, dtype))

        def of_block(block: AnyArray, block_id: tuple[int, ...]) -> AnyArray:
            return made(block_id[0], block)

        return self.X.map_blocks(
            of_block,
            drop_axis=() if width else 1,
            chunks=(self.X.chunks[0], width) if width else (self.X.chunks[0],),
            dtype=dtype,
            meta=np.empty((0, *width), dtype),
        )


def _weight_of(X: Any, weight: Any) -> Any:
    """The weights of an array's rows, chunked as it is."""
    if weight is None:
        return None
    if not _is_vector(weight):
        raise DataError(
            f"The weights of a dask array's rows are {_told(weight)}; expected a dask array of "
            "one dimension: dask.array.from_array(weight, chunks=X.chunks[0])."
        )
    _expect_numbers(weight, "The array of weights")
    known = not any(np.isnan(size) for each in (X, weight) for size in each.chunks[0])
    if known and weight.shape[0] != X.shape[0]:
        raise DataError(
            f"There are {weight.shape[0]:,} weights, but {X.shape[0]:,} rows: give one weight per "
            "row."
        )
    if known:
        return weight.rechunk((X.chunks[0],))
    if weight.numblocks[0] != X.numblocks[0]:
        raise DataError(
            f"The rows lie in {X.numblocks[0]} chunks of unknown sizes, and the weights in "
            f"{weight.numblocks[0]}: cut both in the same way, or say X.compute_chunk_sizes()."
        )
    return weight


def _is_vector(weight: Any) -> bool:
    return isinstance(weight, da.Array) and weight.ndim == 1


def _expect_numbers(X: Any, whose: str) -> None:
    if X.dtype.kind not in "fiub":
        raise DataError(
            f"{whose} is of type {X.dtype}; expected numbers. X.astype(float) makes numbers of "
            "objects that are some; columns of several kinds belong into a dask DataFrame."
        )


def _rows_of(place: str, block: Any, weight: Any = None) -> Iterator[Batch]:
    """The rows of a chunk, batch by batch."""
    for piece in (block, weight):
        if piece is not None and type(piece) is not np.ndarray:
            raise DataError(
                f"The chunk in {place} is {_told(piece)}; expected a plain array of NumPy, with "
                "NaN for missing cells. X.map_blocks(...) makes one of each chunk."
            )
    if weight is not None and len(weight) != len(block):
        raise DataError(
            f"There are {len(weight):,} weights, but {len(block):,} rows in {place}: give one "
            "weight per row, in chunks like those of the rows."
        )
    for rows in slices(len(block)):
        yield Batch(block[rows], None if weight is None else weight[rows], place, rows.start)


def _of_each_row(
    function: Callable[[Batch], AnyArray],
    width: tuple[int, ...],
    dtype: np.dtype[Any],
    number: int,
    block: AnyArray,
) -> AnyArray:
    batches = _rows_of(_place(number), block)
    return _results(function, batches, (len(block), *width), dtype)


# ---------------------------------------------------------------------------------------------
# Frames


@dataclass(frozen=True, eq=False)
class _FrameTable:
    """A frame of the columns that are read, and that of weights.

    Attributes
    ----------
    frame : dask.dataframe.DataFrame
    names : tuple of str
    weight : str or None
    dtype : dtype or None
        What holds all cells; None if some columns are no numbers.
    """

    frame: Any
    names: tuple[str, ...]
    weight: Any
    dtype: np.dtype[Any] | None

    @classmethod
    def of(cls, frame: Any, columns: Sequence[str] | None, weight: Any) -> Self:
        import dask.dataframe as dd  # it needs pandas, which arrays do without

        if not isinstance(frame, dd.DataFrame):
            raise DataError(
                f"The table is {_told(frame)}; expected a dask array or a dask DataFrame. "
                "to_frame() makes one of a Series, to_dataframe() of a Bag."
            )
        if weight is not None and not isinstance(weight, str):
            raise DataError(
                f"The weights of a dask DataFrame's rows are {_told(weight)}; expected the name "
                "of a column: frame.assign(weight=...), and then its name."
            )
        wanted = frame.columns if columns is None else columns
        read = [name for name in wanted if name != weight]
        kept = read if weight is None else [*read, weight]
        has = frame.columns.tolist()
        for name in kept:
            if has.count(name) != 1 or kept.count(name) != 1:
                raise DataError(
                    f"Column {name!r} is asked for {_times(kept.count(name))}, and the dask "
                    f"DataFrame has it {_times(has.count(name))}: expected one of each. It has "
                    f"{', '.join(map(str, has))}."
                )
        kinds = frame.dtypes
        if weight is not None and not _is_number(kinds[weight]):
            raise DataError(
                f"The column of weights, {weight}, is of type {kinds[weight]}; expected numbers."
            )
        return cls(frame[kept], tuple(map(str, read)), weight, _held_by([kinds[r] for r in read]))

    @property
    def show(self) -> Callable[..., Iterator[Batch]]:
        return partial(_rows_of_frame, self.weight, self.dtype)

    def pieces(self) -> _Pieces:
        return _Pieces.of(self.frame.to_delayed())

    def each_row(
        self, function: Callable[[Batch], AnyArray], names: Names, dtype: np.dtype[Any]
    ) -> Any:
        width = _width(names)
        meta = _labelled(self.frame._meta, np.empty((0, *width), dtype), names)
        made = _sent(partial(_frame_of_each_row, function, names, dtype, self.show))

        def of_part(frame: Any, partition_info: dict[str, Any]) -> Any:
            return made(partition_info["number"], frame)

        return self.frame.map_partitions(of_part, meta=meta)


def _is_number(kind: Any) -> bool:
    from pandas.api.types import (  # type: ignore[import-untyped, unused-ignore]
        is_any_real_numeric_dtype,
        is_bool_dtype,
    )

    return bool(is_any_real_numeric_dtype(kind) or is_bool_dtype(kind))


def _held_by(kinds: Sequence[Any]) -> np.dtype[Any] | None:
    if not all(map(_is_number, kinds)):
        return None
    small = all(kind == np.float32 for kind in kinds)
    return np.dtype(np.float32 if small else np.float64)


def _rows_of_frame(
    weight: str | None, dtype: np.dtype[Any] | None, place: str, frame: Any
) -> Iterator[Batch]:
    """The rows of a partition, batch by batch."""
    for rows in slices(len(frame)):
        part = frame.iloc[rows]
        weights = None if weight is None else _numbers(part[weight], np.dtype(np.float64), place)
        columns = [part[name] for name in part.columns if name != weight]
        yield Batch(_cells_of(columns, dtype, place), weights, place, rows.start)


def _cells_of(
    columns: Sequence[Any], dtype: np.dtype[Any] | None, place: str
) -> AnyArray | Sequence[Cells]:
    if dtype is None:
        return [_column_of(column, place) for column in columns]
    cells = np.empty((len(columns[0]) if columns else 0, len(columns)), dtype)
    for a, column in enumerate(columns):
        cells[:, a] = _numbers(column, dtype, place)
    return cells


def _column_of(column: Any, place: str) -> Cells:
    if _is_number(column.dtype):
        plain = isinstance(column.dtype, np.dtype)
        return _numbers(column, column.dtype if plain else np.dtype(np.float64), place)
    cells = column.to_numpy(dtype=object, copy=True)
    cells[column.isna().to_numpy()] = None
    listed: list[Any] = cells.tolist()
    return listed


def _numbers(column: Any, dtype: np.dtype[Any], place: str) -> AnyArray:
    try:
        numbers: AnyArray = column.to_numpy(dtype=dtype, na_value=np.nan)
    except (TypeError, ValueError):
        raise DataError(
            f"Column {column.name} is of type {column.dtype} in {place}; expected numbers, as the "
            f"dask DataFrame says: make them by frame[{column.name!r}].astype(float)."
        ) from None
    return numbers


def _frame_of_each_row(
    function: Callable[[Batch], AnyArray],
    names: Names,
    dtype: np.dtype[Any],
    show: Callable[..., Iterator[Batch]],
    number: int,
    frame: Any,
) -> Any:
    batches = show(_place(number), frame)
    width = _width(names)
    return _labelled(frame, _results(function, batches, (len(frame), *width), dtype), names)


def _width(names: Names) -> tuple[int, ...]:
    """The shape of what each row gets."""
    return () if isinstance(names, str) else (len(names),)


def _labelled(frame: Any, results: AnyArray, names: Names) -> Any:
    """Results with the index of a frame."""
    import pandas as pd  # type: ignore[import-untyped, unused-ignore]

    if results.ndim == 2:
        return pd.DataFrame(results, index=frame.index, columns=list(names))
    return pd.Series(results, index=frame.index, name=names)


def _times(n: int) -> str:
    return {0: "not at all", 1: "once"}.get(n, f"{n} times")


def _told(value: Any) -> str:
    """What something is, for an error."""
    return f"a {type(value).__module__.partition('.')[0]} {type(value).__name__}"


# ---------------------------------------------------------------------------------------------
# What becomes of a cluster


@contextmanager
def _cluster_watched() -> Iterator[None]:
    """Say how a call goes on whose cluster is lost."""
    client = _client()
    address = None if client is None else client.scheduler.address
    try:
        yield
    except Exception as error:
        if client is not None and client.status != "running":
            raise MixturaError(
                f"The connection to the scheduler at {address} was lost, and tables that it kept "
                f"(persist) with it. Start a client of a scheduler that runs, and {_GO_ON}"
            ) from error
        if _is_of_worker(error):
            raise MixturaError(
                "Workers died again and again while they passed over the same rows. Perhaps these "
                "and what is made of them need more memory than a worker has: give workers more, "
                "or cut the table into smaller partitions (rechunk, repartition), and "
                f"{_GO_ON} {error}"
            ) from error
        if client is not None and isinstance(error, ModuleNotFoundError):
            raise MixturaError(
                f"A worker lacks a package ({error}): all machines need the same version of "
                "mixtura, and of what it needs."
            ) from error
        if _is_of_past(error):
            raise MixturaError(
                "The table was kept (persist) on a cluster to which there is no connection any "
                f"more, or its work was cancelled. Start a client if there is none, and {_GO_ON}"
            ) from error
        raise


_GO_ON = "make the table anew. With checkpoint= the same call goes on from what was saved last."


def _client() -> Any:
    """The current client, which Dask computes with; None if there is none."""
    distributed = sys.modules.get("distributed")  # whoever has a client has imported it
    if distributed is None:
        return None
    try:
        return distributed.default_client()
    except ValueError:
        return None


def _is_of_worker(error: Exception) -> bool:
    distributed = sys.modules.get("distributed")
    return distributed is not None and isinstance(error, distributed.KilledWorker)


def _is_of_past(error: Exception) -> bool:
    """Whether pieces of a table are no more where they were kept."""
    missing = isinstance(error, ValueError) and str(error).startswith(_MISSING)
    return missing or isinstance(error, CancelledError)


# How versions of Dask begin to say that a graph has not all that it needs.
_MISSING = ("Missing dependency", "Found no accessible jobs")
