"""Frames of Spark: classic, of Spark Connect, and on a cluster whose workers die.

Sessions of several kinds cannot live in one process: this file is run as a program for two of them.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Self, TypeVar

import numpy as np
import pytest

from mixtura import em
from mixtura.errors import CellError, DataError, MixturaError
from mixtura.families import Bernoulli, Family, Gaussian, StudentT
from mixtura.families.gaussian.structures import VVV
from mixtura.sources import ArraySource, Source, summarize
from mixtura.sources.partitions import Listed, PartitionedSource, opened
from mixtura.sources.scan import AsTheyAre, Batch, Task
from mixtura.starts.given import random_responsibilities
from mixtura.stopping import fixed_length
from mixtura.testing import check_source, with_gaps
from mixtura.typing import AnyArray, FloatArray
from same_bits import assert_same_leaves

if shutil.which("java") is None:
    pytest.skip("Spark needs Java, which is not installed", allow_module_level=True)
pyspark = pytest.importorskip("pyspark", reason="pip install 'mixtura[spark]'")
pa = pytest.importorskip("pyarrow")

from pyspark import cloudpickle  # noqa: E402  it may not be there
from pyspark.sql import DataFrame, SparkSession  # noqa: E402

from mixtura.sources import spark as spark_module  # noqa: E402
from mixtura.sources.spark import SparkScan, scan_spark  # noqa: E402
from spark_frames import ENVIRONMENT, configured, frame_of, on_two_threads  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore:PySpark does not yet fully support:FutureWarning")

# Workers cannot import this file.
cloudpickle.register_pickle_by_value(sys.modules[__name__])

N, PARTITIONS, ROWS_PER_BLOCK = 400, (130, 0, 150, 1, 119), 64

#: Partitions are cut into several batches.
BATCHES = {"spark.sql.execution.arrow.maxRecordsPerBatch": "50"}

T = TypeVar("T")


@pytest.fixture(scope="module")
def spark() -> Iterator[SparkSession]:
    with on_two_threads(**BATCHES) as session:
        yield session


# ---------------------------------------------------------------------------------------------
# Tables


def in_partitions(
    spark: SparkSession, columns: dict[str, Any], sizes: tuple[int, ...] = PARTITIONS
) -> DataFrame:
    return frame_of(spark, columns, sizes)


def table(X: AnyArray) -> dict[str, Any]:
    """A null in one column and NaN in the others are missing cells."""
    columns: dict[str, Any] = {f"x{j}": pa.array(X[:, j]) for j in range(X.shape[1])}
    columns["x0"] = pa.array(X[:, 0], from_pandas=True)
    return columns


clean = AsTheyAre()


def rows_of(family: Family[Any, Any]) -> FloatArray:
    rng = np.random.default_rng(3)
    X = rng.normal(size=(N, 3)) + 3.0 * (np.arange(N) % 2)[:, None]
    return (X > 1.5).astype(np.float64) if isinstance(family, Bernoulli) else X


def everything(scan: SparkScan, of: Callable[[Batch], T]) -> list[T]:
    """What a function gives for all batches."""
    return list(scan.map_reduce(lambda _, batches: Listed(tuple(map(of, batches)))).items)


# ---------------------------------------------------------------------------------------------
# The same bits


GAUSSIAN = Gaussian(VVV, np.zeros(3))


@dataclass(frozen=True)
class Same:
    """The same rows in Spark and in memory."""

    scan: SparkScan
    whole: ArraySource

    @classmethod
    def of(
        cls, spark: SparkSession, X: FloatArray, kind: str, sizes: tuple[int, ...] = PARTITIONS
    ) -> Self:
        rows: AnyArray = X.astype(np.float32) if kind == "float32" else X
        if kind == "gaps":
            rows = with_gaps(X)
            rows[len(X) // 3, 0] = 1.0  # else nothing is left there
        weight = np.arange(len(X)) % 3 + 0.5 if kind == "weights" else None
        weights = {} if weight is None else {"w": weight}
        frame = in_partitions(spark, weights | table(rows), sizes)
        whole = ArraySource(rows, weight, ROWS_PER_BLOCK, partitions=sizes)
        return cls(scan_spark(frame, weight="w" if weights else None), whole)

    def source(self, passes: Callable[[SparkScan], Any] = lambda scan: scan) -> Source:
        """Over the scan, or something that passes through it."""
        return PartitionedSource(
            passes(self.scan), clean, self.whole.partitions, ROWS_PER_BLOCK, self.whole.gappy
        )


def assert_fit_is_that_of_an_array(
    same: Same,
    family: Family[Any, Any] = GAUSSIAN,
    passes: Callable[[SparkScan], Any] = lambda scan: scan,
) -> None:
    mixture = em.begin(family, same.whole, random_responsibilities(2, (0,)))
    made = em.fit(mixture, same.source(passes), stopping=fixed_length(1))
    expected = em.fit(mixture, same.whole, stopping=fixed_length(1))
    assert made.trace == expected.trace
    assert len(made.trace) == 2
    assert_same_leaves(made.mixture, expected.mixture)


@pytest.mark.parametrize("kind", ["float64", "float32", "weights", "gaps"])
def test_a_source_holds_the_rows(spark: SparkSession, kind: str) -> None:
    same = Same.of(spark, rows_of(GAUSSIAN), kind)
    source, whole = same.source(), same.whole
    if kind != "gaps":
        check_source(source, whole.X, np.ones(N) if whole.weight is None else whole.weight)
    rows = list(source.map(lambda chunk: chunk.rows))
    np.testing.assert_array_equal(np.concatenate(rows), whole.X)
    assert [len(block) for block in rows] == [64, 64, 2, 64, 64, 22, 1, 64, 55]
    assert {block.dtype for block in rows} == {whole.X.dtype}
    assert_same_leaves(summarize(source), summarize(whole))


@pytest.mark.parametrize(
    ("family", "kind"),
    [
        (GAUSSIAN, "float64"),
        (GAUSSIAN, "float32"),
        (GAUSSIAN, "weights"),
        (GAUSSIAN, "gaps"),
        (Bernoulli(), "gaps"),
        (StudentT(VVV, np.zeros(3)), "float64"),
    ],
)
def test_a_fit_has_the_bits_of_one_to_an_array(
    spark: SparkSession, family: Family[Any, Any], kind: str
) -> None:
    assert_fit_is_that_of_an_array(Same.of(spark, rows_of(family), kind), family)


def test_workers_merge_what_many_partitions_come_to(spark: SparkSession) -> None:
    same = Same.of(spark, rows_of(GAUSSIAN), "float64", (12,) * 33 + (4,))
    assert same.scan._records(numbered).count() == 2
    assert_fit_is_that_of_an_array(same)


def test_workers_merge_until_few_records_are_left(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spark_module, "_FEW", 2)
    same = Same.of(spark, rows_of(GAUSSIAN), "weights")
    assert same.scan._records(numbered).count() == 2
    assert same.scan.map_reduce(numbered).items == (0, 1, 2, 3, 4)
    assert_fit_is_that_of_an_array(same)


def test_neighbors_are_merged_in_order_however_they_arrive() -> None:
    outcomes = [spark_module._Outcome(Listed((number,))).record(number) for number in (2, 0, 1)]
    merged = spark_module._merged((pa.scalar(7),), pa.Table.from_batches(outcomes)).to_pydict()
    assert merged["number"] == [7]
    assert cloudpickle.loads(merged["outcome"][0]).result.items == (0, 1, 2)


def numbered(number: int, batches: Iterator[Batch]) -> Listed:
    list(batches)  # Spark starts another worker instead of one that has not read all
    return Listed((number,))


def test_rows_are_counted_where_they_lie(spark: SparkSession) -> None:
    same = Same.of(spark, rows_of(GAUSSIAN), "float64")
    counted: list[int] = []

    def count(task: Task[Any]) -> Any:
        listed = same.scan.map_reduce(task)
        counted.extend(number for number, _ in listed.items)
        return listed

    scan = Through(same.scan, count)
    opened(scan, clean)
    assert counted == [0, 1, 2, 3, 4]


def test_a_partition_that_changes_is_an_error(spark: SparkSession) -> None:
    def other_rows(records: Iterator[Any]) -> Iterator[Any]:
        list(records)
        n = int.from_bytes(os.urandom(2), "little")
        yield pa.RecordBatch.from_pydict({"x": np.zeros(n)})

    scan = scan_spark(spark.range(0, 4, 1, 4).mapInArrow(other_rows, "x double"))
    scan.opened(clean, 1)
    source = PartitionedSource(scan, clean, (5, 5, 5, 5), ROWS_PER_BLOCK, False)
    with pytest.raises(RuntimeError, match=r"Partition 0 has .* and had 5 .*cache"):
        summarize(source)


def test_a_frame_without_rows_is_passed_over(spark: SparkSession) -> None:
    empty = in_partitions(spark, table(rows_of(GAUSSIAN)))
    for frame in (empty.where("false"), empty.where("x1 > 1e9")):
        assert everything(scan_spark(frame), lambda batch: 1) == []


# ---------------------------------------------------------------------------------------------
# Cells


def test_cells_are_numbers_where_they_can_be(spark: SparkSession) -> None:
    columns = {
        "truth": pa.array([True, None, False]),
        "count": pa.array([2**53, None, 3], pa.int64()),
        "price": pa.array([Decimal("1.25"), None, Decimal("-3.50")]),
        "single": pa.array([0.1, None, 2.0], pa.float32()),
    }
    frame = in_partitions(spark, columns, (2, 1))
    first, second = everything(scan_spark(frame), lambda batch: batch)
    expected = [[1.0, 2.0**53, 1.25, np.float32(0.1)], [np.nan] * 4, [0.0, 3.0, -3.5, 2.0]]
    np.testing.assert_array_equal(np.concatenate([first.cells, second.cells]), expected)
    assert first.cells.dtype == np.float64
    assert [(batch.place, batch.start) for batch in (first, second)] == [
        ("partition 0", 0),
        ("partition 1", 0),
    ]
    assert first.weight is None


def test_cells_of_other_kinds_are_listed(spark: SparkSession) -> None:
    columns = {
        "name": pa.array(["a", None, "b"]),
        "day": pa.array([date(2020, 2, 29), None, None]),
        "x": pa.array([1, None, 3]),
        "w": pa.array([1, 2, None]),
    }
    scan = scan_spark(in_partitions(spark, columns, (3,)), weight="w")
    assert (scan.names, scan.weighted) == (("name", "day", "x"), True)
    (batch,) = everything(scan, lambda batch: batch)
    name, day, x = batch.cells
    assert name == ["a", None, "b"]
    assert day == [date(2020, 2, 29), None, None]
    np.testing.assert_array_equal(x, [1.0, np.nan, 3.0])
    np.testing.assert_array_equal(batch.weight, [1.0, 2.0, np.nan])


def test_batches_say_where_they_begin(spark: SparkSession) -> None:
    scan = scan_spark(in_partitions(spark, {"x": np.arange(130.0)}, (10, 120)))
    told = everything(scan, lambda batch: (batch.place, batch.start, len(batch.cells)))
    assert told == [
        ("partition 0", 0, 10),
        ("partition 1", 0, 50),
        ("partition 1", 50, 50),
        ("partition 1", 100, 20),
    ]


AWKWARD = ["a.b", "A", "a", "`", "x y", "?"]


def test_any_names_will_do(spark: SparkSession) -> None:
    frame = spark.range(1).selectExpr("1 c0", "2 c1", "3 c2", "4 c3", "5 c4", "6 c5").toDF(*AWKWARD)
    scan = scan_spark(frame, columns=["a", "a.b", "`"], weight="A")
    (batch,) = everything(scan, lambda batch: batch)
    np.testing.assert_array_equal(batch.cells, [[3.0, 1.0, 4.0]])
    np.testing.assert_array_equal(batch.weight, [2.0])
    (row,) = scan.each_row(lambda batch: batch.cells[:, 0] + 0.5, ("new.one",)).collect()
    assert row.asDict() == dict(zip([*AWKWARD, "new.one"], [1, 2, 3, 4, 5, 6, 3.5], strict=True))


# ---------------------------------------------------------------------------------------------
# Results for each row


def test_results_are_added_to_a_frame_that_is_kept(spark: SparkSession) -> None:
    X = rows_of(GAUSSIAN)
    columns = {
        "x0": X[:, 0],
        "text": [f"row {i}" for i in range(N)],
        "list": [[i] for i in range(N)],
    }
    frame = in_partitions(spark, columns)
    scan = scan_spark(frame, columns=["x0"])
    made = scan.each_row(lambda batch: np.hstack([batch.cells, -batch.cells]), ("same", "minus"))
    assert made.columns == ["x0", "text", "list", "same", "minus"]
    assert made.rdd.getNumPartitions() == len(PARTITIONS)
    read = made.toArrow()
    assert read.drop_columns(["same", "minus"]).equals(frame.toArrow())
    np.testing.assert_array_equal(read["same"], X[:, 0])
    np.testing.assert_array_equal(read["minus"], -X[:, 0])


def test_results_may_be_whole_numbers(spark: SparkSession) -> None:
    scan = scan_spark(in_partitions(spark, table(rows_of(GAUSSIAN))))
    for dtype in (np.int64, np.intp, int):
        made = scan.each_row(lambda batch: np.arange(len(batch.cells)), ("label",), dtype)
        assert made.schema["label"].dataType.simpleString() == "bigint"
    assert made.toArrow()["label"].to_pylist() == [row % 50 for n in PARTITIONS for row in range(n)]


def test_results_come_when_they_are_asked_for(spark: SparkSession) -> None:
    def refuse(batch: Batch) -> AnyArray:
        raise DataError("not now")

    made = scan_spark(in_partitions(spark, table(rows_of(GAUSSIAN)))).each_row(refuse, ("x",))
    with pytest.raises(Exception, match="DataError: not now"):
        made.collect()


# ---------------------------------------------------------------------------------------------
# Bad input


ORDINARY = "1.0D x, 'a' name, 2 w"

REFUSALS: dict[str, tuple[str, dict[str, Any], str]] = {
    "unknown": (ORDINARY, {"columns": ["x", "y"]}, "no column y; it has x, name, w"),
    "unknown weights": (ORDINARY, {"weight": "v"}, "no column v"),
    "weights of text": (ORDINARY, {"weight": "name"}, "name is of type string.*numbers"),
    "weights to fit": (ORDINARY, {"columns": ["w"], "weight": "w"}, "Column w has the weights"),
    "nothing": ("2 w", {"weight": "w"}, "no columns to fit"),
    "twice": ("1 x, 2 x", {}, "2 columns x"),
    "array": ("array(1) x", {}, r"Column x is of type array<int>.*frame\['x'\]\[0\]"),
    "array of weights": ("1 x, array(1) w", {"weight": "w"}, "w is of type array<int>"),
    "struct": ("named_struct('a', 1) x", {}, "Column x is of type struct<a:int>"),
    "map": ("map('a', 1) x", {}, "Column x is of type map"),
}


@pytest.mark.parametrize("which", REFUSALS)
def test_columns_that_cannot_be_fitted_are_named(spark: SparkSession, which: str) -> None:
    select, arguments, told = REFUSALS[which]
    with pytest.raises(DataError, match=told):
        scan_spark(spark.sql(f"select {select}"), **arguments)


def test_vectors_are_to_be_taken_apart(spark: SparkSession) -> None:
    from pyspark.ml.linalg import Vectors

    frame = spark.createDataFrame([(Vectors.dense([1.0, 2.0]),)], ["v"])
    with pytest.raises(DataError, match=r"Column v has vectors.*vector_to_array\('v'\)"):
        scan_spark(frame)


def test_a_stream_is_refused(spark: SparkSession) -> None:
    with pytest.raises(DataError, match=r"stream.*foreachBatch"):
        scan_spark(spark.readStream.format("rate").load())


@pytest.mark.parametrize("name", ["name", "NAME"])
def test_a_column_is_not_added_twice(spark: SparkSession, name: str) -> None:
    scan = scan_spark(spark.sql(f"select {ORDINARY}"), columns=["x"])
    with pytest.raises(DataError, match=f"has a column {name} already.*withColumnRenamed"):
        scan.each_row(lambda batch: batch.cells, (name,))


@pytest.mark.parametrize("few", [2, 32])
def test_the_first_error_of_a_task_is_raised_here(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(spark_module, "_FEW", few)

    def refuse(number: int, batches: Iterator[Batch]) -> Listed:
        rows = sum(len(batch.cells) for batch in batches)
        if number >= 2:
            raise CellError("x1", "-1", rows, f"partition {number}")
        return Listed()

    scan = scan_spark(in_partitions(spark, table(rows_of(GAUSSIAN))))
    with pytest.raises(CellError) as caught:
        scan.map_reduce(refuse)
    assert str(caught.value) == "Column x1 has -1 in row 150: partition 2."


def test_other_failures_say_what_spark_says(spark: SparkSession) -> None:
    def fail(number: int, batches: Iterator[Batch]) -> Listed:
        raise ZeroDivisionError("by 0")

    scan = scan_spark(in_partitions(spark, table(rows_of(GAUSSIAN))))
    with pytest.raises(MixturaError, match=r"ZeroDivisionError: by 0\. .*checkpoint=") as caught:
        scan.map_reduce(fail)
    assert caught.value.__cause__ is not None


def test_a_worker_that_dies_each_time_is_an_error(spark: SparkSession) -> None:
    def die(number: int, batches: Iterator[Batch]) -> Listed:
        os.kill(os.getpid(), signal.SIGKILL)
        return Listed()

    scan = scan_spark(in_partitions(spark, table(rows_of(GAUSSIAN))))
    with pytest.raises(MixturaError, match=r"Python worker exited unexpectedly.*checkpoint="):
        scan.map_reduce(die)


def test_workers_without_the_package_are_an_error_that_says_so(spark: SparkSession) -> None:
    def fail(number: int, batches: Iterator[Batch]) -> Listed:
        raise ModuleNotFoundError("No module named 'mixtura'")

    scan = scan_spark(in_partitions(spark, table(rows_of(GAUSSIAN))))
    with pytest.raises(MixturaError, match="install it for the Python that they run"):
        scan.map_reduce(fail)


# ---------------------------------------------------------------------------------------------
# Sessions of other kinds, each in a process of its own


@dataclass(frozen=True)
class Through:
    """A scan whose passes are something else."""

    scan: SparkScan
    map_reduce: Callable[[Task[Any]], Any]

    @property
    def names(self) -> tuple[str, ...]:
        return self.scan.names


@dataclass(frozen=True)
class KillOnce:
    """A task that kills a process in the middle of a partition, the first time that it comes there.

    Attributes
    ----------
    task : callable
    mark : Path
        Where the number of the killed process is left.
    victim : callable
        The number of the process.
    """

    task: Task[Any]
    mark: Path
    victim: Callable[[], int]

    def __call__(self, number: int, batches: Iterator[Batch]) -> Any:
        return self.task(number, self._interrupted(batches) if number == 2 else batches)

    def _interrupted(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        for batch in batches:
            if batch.start > 0 and not self.mark.exists():
                victim = self.victim()
                self.mark.write_text(str(victim))
                os.kill(victim, signal.SIGKILL)
                time.sleep(60.0)  # until Spark notices
            yield batch


def executor() -> int:
    """The Java process whose daemon started this worker."""
    return int(subprocess.check_output(["ps", "-o", "ppid=", "-p", str(os.getppid())]))


LOST = r"did not finish a pass.*start another one.*checkpoint="


def on_cluster(folder: Path) -> None:
    spark = configured(SparkSession.builder.master("local-cluster[2,1,1024]"), **BATCHES)
    same = Same.of(spark, rows_of(GAUSSIAN), "float32")
    assert_fit_is_that_of_an_array(same)
    for name, victim in {"worker": os.getpid, "executor": executor}.items():
        mark = folder / name

        def passes(scan: SparkScan, mark: Path = mark, victim: Any = victim) -> Through:
            return Through(scan, lambda task: scan.map_reduce(KillOnce(task, mark, victim)))

        assert_fit_is_that_of_an_array(same, passes=passes)
        with pytest.raises(ProcessLookupError):
            os.kill(int(mark.read_text()), 0)
    spark.sparkContext._gateway.proc.kill()
    with pytest.raises(MixturaError, match=LOST):
        same.scan.map_reduce(numbered)


def on_connect(folder: Path) -> None:
    os.environ["SPARK_TESTING"] = "1"  # so that its server takes a port that is free
    spark = configured(SparkSession.builder.remote("local[2]"), **BATCHES)
    spark.client.set_retry_policies([])
    for kind in ("float32", "gaps"):
        assert_fit_is_that_of_an_array(Same.of(spark, rows_of(GAUSSIAN), kind))
    with pytest.MonkeyPatch.context() as patch:
        test_workers_merge_until_few_records_are_left(spark, patch)
        test_the_first_error_of_a_task_is_raised_here(spark, patch, 32)
    test_cells_of_other_kinds_are_listed(spark)
    test_any_names_will_do(spark)
    test_results_may_be_whole_numbers(spark)
    test_a_stream_is_refused(spark)
    test_columns_that_cannot_be_fitted_are_named(spark, "array")
    scan, mark = scan_spark(in_partitions(spark, table(rows_of(GAUSSIAN)))), folder / "server"
    with pytest.raises(MixturaError, match=LOST):
        scan.map_reduce(KillOnce(numbered, mark, executor))
    assert mark.exists()
    with pytest.raises(MixturaError, match=LOST):
        scan.map_reduce(numbered)


PROGRAMS = {"cluster": on_cluster, "connect": on_connect}


@pytest.mark.parametrize("name", PROGRAMS)
def test_sessions_of_other_kinds(name: str, tmp_path: Path) -> None:
    made = subprocess.run(
        [sys.executable, __file__, name, str(tmp_path)],
        env=os.environ | ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=500,
    )
    assert made.stdout.endswith("done\n"), made.stderr[-5000:]


if __name__ == "__main__":
    PROGRAMS[sys.argv[1]](Path(sys.argv[2]))
    print("done", flush=True)
    os._exit(0)  # Spark would wait for what was killed
