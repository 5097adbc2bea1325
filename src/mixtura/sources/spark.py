"""The rows of a Spark frame, classic or of Spark Connect, where they lie.

Each pass is one job: `mapInArrow` asks each partition, and gives one record for it. Where these are
many, the workers merge neighbors before the driver sees them. Spark asks a partition anew if its
worker dies; nothing else has to be asked again, and the bits are the same.

Spark shows cells to Python more slowly than these are computed with. So a fit looks at them once,
and the workers keep the rows in blocks, each of which is one cell to Spark, in memory or on their
disks. Without that (`raw_copy=False`) Spark computes a frame that is not cached anew in every pass,
and the order of rows that were shuffled may change.

How many rows Spark shows at once (`spark.sql.execution.arrow.maxRecordsPerBatch`) makes no
difference that could be measured. A task should read all of its batches, or else Spark starts
another worker.
"""

from __future__ import annotations

import os
import re
import sys
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property, reduce
from typing import Any, Generic, Self, TypeVar

import numpy as np
import pyarrow as pa
from pyspark import TaskContext, cloudpickle
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.functions import col, floor, spark_partition_id
from pyspark.sql.functions import max as largest
from pyspark.sql.types import (
    ArrayType,
    BooleanType,
    DoubleType,
    LongType,
    MapType,
    NumericType,
    StructField,
    StructType,
    UserDefinedType,
    VariantType,
)

from mixtura.errors import DataError, MixturaError
from mixtura.sources.arrow_batches import batch_of, number_type
from mixtura.sources.partitions import opened
from mixtura.sources.scan import ROWS_PER_BATCH, AsTheyAre, Batch, Block, Clean, Names, Opened, Task
from mixtura.sources.source import Mergeable
from mixtura.typing import AnyArray

__all__ = ["SparkScan", "read_files", "scan_spark"]

M = TypeVar("M", bound=Mergeable)

# Records that the driver merges itself, and that a worker merges to one.
_FEW = 32

_RECORD = "number long, outcome binary"

_NESTED = (ArrayType, MapType, StructType, VariantType)


def scan_spark(
    frame: DataFrame,
    columns: Sequence[str] | None = None,
    weight: str | None = None,
    *,
    raw_copy: bool = True,
) -> SparkScan:
    """A Spark frame as a scan.

    Parameters
    ----------
    frame : pyspark.sql.DataFrame
        Classic or of Spark Connect.
    columns : sequence of str, optional
        All but that of weights if left out.
    weight : str, optional
        The column of weights.
    raw_copy : bool, default=True
        Whether the workers keep the rows as a fit takes them, in memory or on their disks.
    """
    if frame.isStreaming:
        raise DataError(
            "The frame is a stream, which cannot be passed over again and again: fit a frame that "
            "ends, or give each micro-batch to partial_fit in writeStream.foreachBatch."
        )
    names = tuple(name for name in frame.columns if name != weight) if columns is None else columns
    if not names:
        raise DataError("The frame has no columns to fit: one at least is needed.")
    if weight in names:
        raise DataError(f"Column {weight} has the weights, and is not one to fit: leave it out.")
    for name in names:
        _check_flat(_field(frame, name))
    if weight is not None:
        _check_number(_field(frame, weight))
    return SparkScan(frame, tuple(names), weight, raw_copy)


def read_files(files: Sequence[str], master: str | None) -> DataFrame:
    """Parquet files as a Spark frame.

    Parameters
    ----------
    files : sequence of str
        Where the workers find them, too.
    master : str or None
        URL of the master, such as 'spark://host:7077', or of a Spark Connect server, 'sc://host';
        None for a session that there is, or one on this machine.

    Raises
    ------
    MixturaError
        If no session can be had there.
    """
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.config(map=_QUIETLY)
    if master is not None:
        builder = builder.remote(master) if master.startswith("sc://") else builder.master(master)
    try:
        return builder.getOrCreate().read.parquet(*files)
    except Exception as error:
        where = "on this machine" if master is None else f"at {master}"
        raise MixturaError(
            f"Spark cannot read the files {where}: {_reason(error)}. Look at the URL, and whether "
            "Java 17 or newer is installed."
        ) from error


# Whoever asks for files on a command line reads what that says, and not what Spark does.
_QUIETLY: dict[str, Any] = {"spark.ui.showConsoleProgress": "false", "spark.log.level": "ERROR"}


def _field(frame: DataFrame, name: str) -> StructField:
    """The one column of a name."""
    found = [field for field in frame.schema.fields if field.name == name]
    if not found:
        raise DataError(f"The frame has no column {name}; it has {', '.join(frame.columns)}.")
    if len(found) > 1:
        raise DataError(f"The frame has {len(found)} columns {name}: rename all but one of them.")
    return found[0]


def _check_flat(field: StructField) -> None:
    if isinstance(field.dataType, UserDefinedType):
        raise DataError(
            f"Column {field.name} has vectors, and a column has one number in a row: take it "
            "apart with pyspark.ml.functions.vector_to_array, such as "
            f"frame.select(*[vector_to_array({field.name!r})[j].alias(f'x{{j}}') for j in "
            "range(d)])."
        )
    if isinstance(field.dataType, _NESTED):
        raise DataError(
            f"Column {field.name} is of type {field.dataType.simpleString()}, and a column has "
            f"one value in a row: take it apart, such as frame.select(frame[{field.name!r}][0]), "
            "or name other columns."
        )


def _check_number(field: StructField) -> None:
    if not isinstance(field.dataType, NumericType | BooleanType):
        raise DataError(
            f"Column {field.name} is of type {field.dataType.simpleString()}, and weights are "
            "numbers."
        )


@dataclass(frozen=True, eq=False)
class SparkScan:
    """A Spark frame that is passed over where its partitions lie.

    Attributes
    ----------
    frame : pyspark.sql.DataFrame
    names : tuple of str
        Of the columns, without that of weights.
    weight : str or None
        The column of weights.
    raw_copy : bool, default=True
        Whether the workers keep the rows as a fit takes them.
    """

    frame: DataFrame
    names: tuple[str, ...]
    weight: str | None = None
    raw_copy: bool = True

    @property
    def weighted(self) -> bool:
        return self.weight is not None

    def map_reduce(self, task: Task[M]) -> M:
        """A task's results for all partitions, merged.

        Raises
        ------
        MixturaError
            If Spark does not get to the end.
        """
        return _collected(lambda: self._records(task), task)

    def _records(self, task: Task[M]) -> DataFrame:
        asked = _Asked(_pickled(task), self._shown(range(len(self._places))))
        return _few_records(self._needed, asked, self._n_partitions)

    def opened(self, clean: Clean, n_threads: int) -> Opened:
        """The rows, counted where they lie; Spark knows how many of its workers there are."""
        if not (self.raw_copy and _in_small_batches(self.frame)):
            return opened(self, clean)
        packing = _Packing(_pickled(clean), self._shown(range(len(self._places))))
        packed = self._needed.mapInArrow(packing, _PACKED).persist()
        scan = _PackedScan(packed, self.names, self._n_partitions)
        return opened(scan, AsTheyAre())

    def each_row(
        self, function: Callable[[Batch], AnyArray], names: Names, dtype: Any = np.float64
    ) -> DataFrame:
        """The frame with further columns, which are computed when they are asked for.

        Parameters
        ----------
        function : callable
            Gives each row of a batch a number (n,), or one for each of the names (n, m).
        names : str or tuple of str
            Of the new column, or columns.
        dtype : dtype, default=float64
            Of the results: whole numbers become long, others double.
        """
        names = (names,) if isinstance(names, str) else names
        there = {name.casefold() for name in self.frame.columns}
        for name in names:
            if name.casefold() in there:
                raise DataError(
                    f"The frame has a column {name} already: drop or rename it, such as "
                    f"frame.withColumnRenamed({name!r}, {name + '_before'!r})."
                )
        kind = LongType() if np.dtype(dtype).kind in "iu" else DoubleType()
        added = [StructField(f"added{j}", kind) for j in range(len(names))]
        schema = StructType([*self._renamed.schema.fields, *added])
        further = _Further(function, self._shown(self._places), added)
        return self._renamed.mapInArrow(further, schema).toDF(*self.frame.columns, *names)

    def _shown(self, places: Sequence[int]) -> _Shown:
        return _Shown(tuple(places)[: len(self.names)], places[-1] if self.weighted else None)

    @cached_property
    def _places(self) -> list[int]:
        """Of the columns that are needed, that of weights last."""
        names = self.names if self.weight is None else (*self.names, self.weight)
        return [self.frame.columns.index(name) for name in names]

    @cached_property
    def _columns(self) -> list[str]:
        """Names that say nothing else to Spark, as those with dots do, or equal but for case."""
        return [f"column{place}" for place in range(len(self.frame.columns))]

    @cached_property
    def _renamed(self) -> DataFrame:
        return self.frame.toDF(*self._columns)

    @property
    def _needed(self) -> DataFrame:
        """Those columns alone."""
        return self._renamed.select(*(self._columns[place] for place in self._places))

    @cached_property
    def _n_partitions(self) -> int:
        """About how many records there will be: up to the last partition that has any rows."""
        last = self.frame.select(spark_partition_id().alias("number")).agg(largest("number"))
        return 1 + (last.collect()[0][0] or 0)


def _collected(records: Callable[[], DataFrame], task: Task[M]) -> M:
    """What the records of a task come to."""
    with _spark_watched():
        rows = sorted(records().collect())
    if not rows:  # Spark knows that there are no rows, and asks nobody
        return task(0, iter(()))
    total: _Outcome[M] = _total(outcome for _, outcome in rows)
    return total.result


def _few_records(frame: DataFrame, asked: _Asked, n_partitions: int) -> DataFrame:
    """Records of what neighbors came to each; there are about so many partitions."""
    records, n = frame.mapInArrow(asked, _RECORD), n_partitions
    while n > _FEW:
        groups = records.groupBy(floor(col("number") / _FEW))
        records, n = groups.applyInArrow(_merged, _RECORD), -(-n // _FEW)
    return records


@contextmanager
def _spark_watched() -> Iterator[None]:
    """Say how a call goes on that Spark did not finish."""
    try:
        yield
    except Exception as error:
        if "No module named 'mixtura'" in str(error):
            raise MixturaError(
                "Spark's Python workers cannot import mixtura: install it for the Python that they "
                "run (PYSPARK_PYTHON), in the same version as here."
            ) from error
        raise MixturaError(
            f"Spark did not finish a pass over the rows: {_reason(error)}. If the session is lost, "
            "start another one and make the frame anew. With checkpoint= the same call goes on "
            "from what was saved last."
        ) from error


def _reason(error: Exception) -> str:
    """The line that says what happened, of the many that Spark makes of it."""
    found = _REASON.search(str(error))
    said = [text for text in found.groups() if text] if found else str(error).splitlines()[:1]
    return "".join(said).strip().rstrip(".") or type(error).__name__


# As Java and Python begin it, or gRPC.
_REASON = re.compile(r'^[:\s]*([\w.]*(?:Error|Exception): .+)$|^\s*details = "(.+)"$', re.MULTILINE)


@dataclass(frozen=True)
class _Outcome(Generic[M]):
    """What a task came to in some partitions: a value, or the first error."""

    value: M | None = None
    error: Exception | None = None

    @classmethod
    def of(cls, task: bytes, number: int, batches: Iterator[Batch]) -> Self:
        """That of a pickled task in one partition."""
        try:
            return cls(cloudpickle.loads(task)(number, batches))
        except (MixturaError, RuntimeError) as error:  # Spark would ask three times more
            return cls(None, error)

    def __add__(self, other: Self) -> Self:
        if self.value is None or other.value is None:
            return self if self.value is None else other
        return type(self)(self.value + other.value)

    @property
    def result(self) -> M:
        if self.value is None:
            assert self.error is not None
            raise self.error
        return self.value

    def record(self, number: int) -> pa.RecordBatch:
        return pa.RecordBatch.from_pydict({"number": [number], "outcome": [_pickled(self)]})


#: Whatever is asked for in a session, functions and classes too.
_pickled: Callable[[Any], bytes] = cloudpickle.dumps


def _total(outcomes: Iterable[bytes]) -> _Outcome[Any]:
    """The sum of outcomes, one after the other."""
    loaded: Iterator[_Outcome[Any]] = map(cloudpickle.loads, outcomes)
    return reduce(lambda left, right: left + right, loaded)


def _merged(group: tuple[pa.Scalar, ...], records: pa.Table) -> pa.Table:
    """One record of those of neighbors."""
    outcomes = records.sort_by("number").column("outcome").to_pylist()
    return pa.Table.from_batches([_total(outcomes).record(group[0].as_py())])


@dataclass(frozen=True)
class _Asked:
    """What a worker does in a pass: it gives one record for its partition, with rows or without."""

    task: bytes
    shown: Callable[..., Any]

    def __call__(self, records: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        number = _partition()
        batches = (batch for _, batch in self.shown(number, records))
        yield _Outcome.of(self.task, number, batches).record(number)


@dataclass(frozen=True)
class _Further:
    """What a worker does for new columns."""

    function: Callable[[Batch], AnyArray]
    shown: _Shown
    fields: Sequence[StructField]

    def __call__(self, records: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for record, batch in self.shown(_partition(), records):
            values = self.function(batch).reshape(len(record), len(self.fields))
            for field, column in zip(self.fields, values.T, strict=True):
                kind = pa.int64() if isinstance(field.dataType, LongType) else pa.float64()
                record = record.append_column(field.name, pa.array(column).cast(kind))
            yield record


def _partition() -> int:
    context = TaskContext.get()
    assert context is not None  # this is a worker
    number: int = context.partitionId()
    return number


@dataclass(frozen=True)
class _Shown:
    """How Arrow's records are shown as batches.

    Attributes
    ----------
    places : tuple of int
        Of the columns.
    weight : int or None
        The place of the weights.
    """

    places: tuple[int, ...]
    weight: int | None

    def __call__(
        self, number: int, records: Iterable[pa.RecordBatch]
    ) -> Iterator[tuple[pa.RecordBatch, Batch]]:
        start = 0
        for record in records:
            dtype = number_type([record.schema.field(place).type for place in self.places])
            place = f"partition {number}"
            yield record, batch_of(record, self.places, self.weight, dtype, place, start)
            start += len(record)


# ---------------------------------------------------------------------------------------------
# Rows as a fit takes them, which the workers keep: Spark is slow to show cells one by one


_PACKED = "blocks binary"


@dataclass(frozen=True)
class _Packing:
    """What a worker does once: some blocks of rows become one cell."""

    clean: bytes
    shown: _Shown

    def __call__(self, records: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        clean: Clean = cloudpickle.loads(self.clean)
        blocks: list[Block] = []
        try:
            for _, batch in self.shown(_partition(), records):
                blocks.append(clean(batch))
                if sum(map(len, blocks)) >= ROWS_PER_BATCH:
                    yield _cell(blocks)
                    blocks = []
        except MixturaError as error:  # it is raised where the rows are asked for
            yield _cell(error)
            return
        yield _cell(blocks)


def _in_small_batches(frame: DataFrame) -> bool:
    """Whether Spark looks at bytes, and not at rows alone, when it makes batches for Python."""
    try:
        most = str(frame.sparkSession.conf.get("spark.sql.execution.arrow.maxBytesPerBatch"))
    except Exception:  # of versions that do not know it, in many kinds
        return False
    return not most.startswith(("-", "None"))


def _cell(content: list[Block] | MixturaError) -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict({"blocks": [_pickled(content)]})


def _unpacked(
    number: int, records: Iterable[pa.RecordBatch]
) -> Iterator[tuple[pa.RecordBatch, Batch]]:
    """The blocks of a partition as batches."""
    start = 0
    for record in records:
        for cell in record.column(0):
            content: list[Block] | MixturaError = cloudpickle.loads(cell.as_py())
            if isinstance(content, MixturaError):
                raise content
            for block in content:
                place = f"partition {number}"
                yield record, Batch(block.rows, block.weight, place, start, block.n_empty)
                start += len(block)


def _let_go(frame: DataFrame) -> None:
    """Have the workers keep a frame no longer; a session that has ended keeps nothing."""
    with suppress(Exception):
        frame.unpersist()


@dataclass(frozen=True, eq=False)
class _PackedScan:
    """Blocks that the workers keep as long as this is there."""

    frame: DataFrame
    names: tuple[str, ...]
    n_partitions: int

    def __post_init__(self) -> None:
        weakref.finalize(self, _let_go, self.frame).atexit = False

    def map_reduce(self, task: Task[M]) -> M:
        """As of `SparkScan`."""
        asked = _Asked(_pickled(task), _unpacked)
        return _collected(lambda: _few_records(self.frame, asked, self.n_partitions), task)
