"""Tables of Dask: on threads, and on a cluster of two processes."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Timer
from typing import Any

import numpy as np
import pytest

from mixtura import em
from mixtura.assignments import Assignment, hard, soft, stochastic
from mixtura.errors import DataError, MixturaError
from mixtura.families import Bernoulli, Family, Gamma, Gaussian, StudentT
from mixtura.families.gaussian.structures import VVI, VVV
from mixtura.kernels.kernel import Kernel
from mixtura.mixture import Mixture
from mixtura.sources import ArraySource, Chunk, Source, summarize
from mixtura.sources.scan import Batch, Block
from mixtura.starts.given import random_responsibilities
from mixtura.stopping import fixed_length
from mixtura.testing import check_source, with_gaps
from mixtura.typing import AnyArray, FloatArray
from same_bits import assert_same_leaves

dask = pytest.importorskip("dask", reason="dask is not installed: pip install 'mixtura[dask]'")
distributed = pytest.importorskip("distributed", reason="distributed is not installed")
cloudpickle = pytest.importorskip("cloudpickle")
pd = pytest.importorskip("pandas")
da = pytest.importorskip("dask.array")
dd = pytest.importorskip("dask.dataframe")

from mixtura.sources.dask import DaskScan, scan_dask  # noqa: E402  it needs dask

# Workers cannot import this file.
cloudpickle.register_pickle_by_value(sys.modules[__name__])

N, PARTITIONS = 400, (130, 0, 150, 1, 119)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0"
    ) as cluster:
        yield cluster


@pytest.fixture
def client(cluster: Any) -> Iterator[Any]:
    with distributed.Client(cluster) as client:
        yield client


@pytest.fixture(params=["threads", "cluster"])
def engine(request: pytest.FixtureRequest) -> Any:
    """Whatever computes."""
    return request.getfixturevalue("client") if request.param == "cluster" else None


@dataclass(frozen=True)
class Clean:
    """Numbers as they are."""

    def __call__(self, batch: Batch) -> Block:
        cells = batch.cells
        rows = cells if isinstance(cells, np.ndarray) else np.column_stack([*cells])
        return Block(rows, None if batch.weight is None else batch.weight.astype(np.float64))

    @property
    def again(self) -> Callable[[Batch], Block]:
        return self


clean = Clean()


def opened(scan: DaskScan, rows_per_block: int, gappy: bool = False) -> Source:
    return scan.opened(clean, 1).make(rows_per_block, gappy)


def rows_of(family: Family[Any, Any]) -> FloatArray:
    rng = np.random.default_rng(3)
    X = rng.normal(size=(N, 3)) + 3.0 * (np.arange(N) % 2)[:, None]
    if isinstance(family, Bernoulli):
        return (X > 1.5).astype(np.float64)
    return np.exp(X / 4.0) if isinstance(family, Gamma) else X


def in_partitions(X: AnyArray) -> Any:
    chunks = (PARTITIONS,) if X.ndim == 1 else (PARTITIONS, X.shape[1:])
    return da.from_array(X, chunks=chunks)


# ---------------------------------------------------------------------------------------------
# The same bits


FAMILIES: dict[str, tuple[Any, Assignment]] = {
    "gaussian": (Gaussian(VVV, np.zeros(3)), soft),
    "gaussian-hard": (Gaussian(VVI, np.zeros(3)), hard),
    "gaussian-stochastic": (Gaussian(VVV, np.zeros(3)), stochastic),
    "bernoulli": (Bernoulli(), soft),
    "student_t": (StudentT(VVV, np.zeros(3)), soft),
    "gamma": (Gamma(), soft),
}


KINDS = ["float64", "float32", "weights", "gaps"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", FAMILIES)
def test_a_fit_on_threads_has_the_bits_of_one_to_an_array(name: str, kind: str) -> None:
    for rows_per_block in (32, 64):
        assert_fit_is_that_of_an_array(*FAMILIES[name], kind, rows_per_block)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("gaussian", "float32"),
        ("gaussian", "gaps"),
        ("gaussian-hard", "weights"),
        ("gaussian-stochastic", "float64"),
        ("bernoulli", "gaps"),
        ("student_t", "float64"),
        ("student_t", "gaps"),
        ("gamma", "weights"),
    ],
)
def test_a_fit_on_a_cluster_has_the_bits_of_one_to_an_array(
    client: Any, name: str, kind: str
) -> None:
    assert_fit_is_that_of_an_array(*FAMILIES[name], kind, 64)


def assert_fit_is_that_of_an_array(
    family: Any, assignment: Assignment, kind: str, rows_per_block: int
) -> None:
    X: AnyArray = rows_of(family)
    X = X.astype(np.float32) if kind == "float32" else with_gaps(X) if kind == "gaps" else X
    X = X[~np.isnan(X).all(axis=1)]
    partitions = (*PARTITIONS[:-1], len(X) - sum(PARTITIONS[:-1]))
    rows = da.from_array(X, chunks=(partitions, X.shape[1:]))
    weight = np.random.default_rng(5).random(len(X)) if kind == "weights" else None
    of_rows = None if weight is None else da.from_array(weight, chunks=97)
    array = ArraySource(X, weight, rows_per_block, partitions=partitions)
    source = opened(scan_dask(rows, weight=of_rows), rows_per_block, kind == "gaps")
    assert source.gappy == array.gappy
    begun = em.begin(family, array, random_responsibilities(2, (4,)))
    made, expected = [
        em.fit(begun, each, assignment=assignment, stopping=fixed_length(3))
        for each in (source, array)
    ]
    assert made.trace == expected.trace
    assert_same_leaves(made.mixture.params, expected.mixture.params)
    assert_same_leaves(made.mixture.weights, expected.mixture.weights)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("rows_per_block", [7, 64, 4096])
def test_the_rows_are_those_of_the_table(dtype: Any, rows_per_block: int) -> None:
    rng = np.random.default_rng(0)
    X, weight = rng.normal(size=(N, 3)).astype(dtype), rng.random(N)
    frame = pd.DataFrame(X, columns=list("abc")).assign(w=weight)
    for scan in (
        scan_dask(in_partitions(X), weight=in_partitions(weight)),
        scan_dask(dd.from_pandas(frame, npartitions=3), weight="w"),
    ):
        source = opened(scan, rows_per_block)
        check_source(source, X, weight)
        assert {chunk.rows.dtype for chunk in source.map(lambda chunk: chunk)} == {np.dtype(dtype)}
    plain = opened(scan_dask(in_partitions(X)), rows_per_block)
    array = ArraySource(X, None, rows_per_block, partitions=PARTITIONS)
    assert_same_leaves(summarize(plain), summarize(array))


def test_a_cluster_has_the_rows_too(client: Any) -> None:
    rng = np.random.default_rng(0)
    X, weight = rng.normal(size=(N, 3)), rng.random(N)
    scan = scan_dask(in_partitions(X).persist(), weight=in_partitions(weight))
    check_source(opened(scan, 64), X, weight)


def test_chunks_may_be_of_unknown_size(engine: Any) -> None:
    X = np.random.default_rng(0).normal(size=(N, 3))
    X[:150, 0] = -1.0  # so that the first two partitions are empty
    weight = np.arange(1.0, N + 1)
    rows, of_rows = in_partitions(X), in_partitions(weight)
    kept = rows[:, 0] > 0.0
    scan = scan_dask(rows[kept], weight=of_rows[kept])
    check_source(opened(scan, 64), X[X[:, 0] > 0.0], weight[X[:, 0] > 0.0])


# ---------------------------------------------------------------------------------------------
# Frames


def test_cells_are_numbers_or_lists() -> None:
    frame = pd.DataFrame(
        {
            "float": [0.5, np.nan, 2.0],
            "int": [1, 2, 3],
            "nullable": pd.array([1, None, 3], dtype="Int64"),
            "arrow": pd.array([1.5, None, 3.0], dtype="double[pyarrow]"),
            "truth": [True, False, True],
            "maybe": pd.array([True, None, False], dtype="boolean"),
            "word": pd.array(["a", None, "b"], dtype="string"),
            "level": pd.Categorical(["x", "y", None]),
            "w": pd.array([1, 2, 3], dtype="Int64"),
        }
    )
    scan = scan_dask(dd.from_pandas(frame, npartitions=1), weight="w")
    assert scan.names == tuple(frame.columns[:-1])
    assert scan.weighted
    (batch,) = shown(scan)
    cells = dict(zip(scan.names, batch.cells, strict=True))
    expected = {
        "float": [0.5, np.nan, 2.0],
        "int": [1, 2, 3],
        "nullable": [1.0, np.nan, 3.0],
        "arrow": [1.5, np.nan, 3.0],
        "truth": [True, False, True],
        "maybe": [1.0, np.nan, 0.0],
    }
    for name, values in expected.items():
        assert isinstance(cells[name], np.ndarray)
        assert cells[name].dtype.kind in "fib"
        np.testing.assert_array_equal(cells[name], np.array(values))
    assert cells["word"] == ["a", None, "b"]
    assert cells["level"] == ["x", "y", None]
    assert batch.weight is not None
    assert batch.weight.tolist() == [1.0, 2.0, 3.0]
    assert (batch.place, batch.start) == ("partition 0", 0)


def test_numbers_are_one_matrix() -> None:
    frame = pd.DataFrame({"a": pd.array([1, None], dtype="Int64"), "b": [True, False]})
    (batch,) = shown(scan_dask(dd.from_pandas(frame, npartitions=1)))
    assert isinstance(batch.cells, np.ndarray)
    np.testing.assert_array_equal(batch.cells, [[1.0, 1.0], [np.nan, 0.0]])


def test_columns_are_read_in_the_order_asked_for() -> None:
    frame = dd.from_pandas(pd.DataFrame({"a": [1.0], "b": [2.0], "w": [3.0]}), npartitions=1)
    scan = scan_dask(frame, ["b", "w", "a"], "w")
    (batch,) = shown(scan)
    assert scan.names == ("b", "a")
    assert np.asarray(batch.cells).tolist() == [[2.0, 1.0]]
    assert not scan_dask(frame, ["b"]).weighted


@dataclass(frozen=True)
class Shown:
    batches: tuple[Batch, ...]

    def __add__(self, other: Shown) -> Shown:
        return Shown(self.batches + other.batches)


def shown(scan: DaskScan) -> tuple[Batch, ...]:
    return scan.map_reduce(lambda number, batches: Shown(tuple(batches))).batches


def test_a_large_partition_is_shown_in_batches() -> None:
    X = np.arange(300_000.0).reshape(-1, 2)
    batches = shown(scan_dask(da.from_array(X, chunks=(140_000, 2))))
    assert [batch.place for batch in batches] == ["partition 0"] * 3 + ["partition 1"]
    assert [batch.start for batch in batches] == [0, 65_536, 131_072, 0]
    np.testing.assert_array_equal(np.concatenate([batch.cells for batch in batches]), X)


# ---------------------------------------------------------------------------------------------
# Bad input


def a_frame() -> Any:
    return dd.from_pandas(pd.DataFrame({"a": [1.0, 2.0], "b": ["x", "y"]}), npartitions=1)


REFUSED: list[tuple[Callable[[], Any], str]] = [
    (lambda: scan_dask(da.zeros((8, 4), chunks=(4, 2))), r"into 2 chunks.*X.rechunk\(\{1: -1\}\)"),
    (lambda: scan_dask(da.zeros(8)), "1 dimensions; expected two"),
    (lambda: scan_dask(da.zeros((8, 2)).astype(object)), "type object; expected numbers"),
    (lambda: scan_dask(da.zeros((8, 2)).astype(complex)), "type complex128; expected numbers"),
    (lambda: scan_dask(da.zeros((8, 2)), ["a"]), "leave columns out"),
    (lambda: scan_dask(da.zeros((8, 2)), weight="w"), "builtins str; expected a dask array"),
    (lambda: scan_dask(da.zeros((8, 2)), weight=np.ones(8)), "numpy ndarray.*from_array"),
    (lambda: scan_dask(da.zeros((8, 2)), weight=da.ones((8, 1))), "of one dimension"),
    (lambda: scan_dask(da.zeros((8, 2)), weight=da.ones(7)), "7 weights, but 8 rows"),
    (
        lambda: scan_dask(a_frame(), ["a", "c"]),
        "'c' is asked for once, and .* not at all.*It has a, b",
    ),
    (lambda: scan_dask(a_frame(), weight="w"), "'w' is asked for once, and .* not at all"),
    (lambda: scan_dask(a_frame(), ["a", "a"]), "'a' is asked for 2 times"),
    (lambda: scan_dask(a_frame(), weight="b"), "column of weights, b, is of type"),
    (lambda: scan_dask(a_frame(), weight=a_frame()["a"]), "expected the name of a column"),
    (lambda: scan_dask(a_frame()["a"]), r"dask Series; expected.*to_frame\(\)"),
]


@pytest.mark.parametrize(("scan", "words"), REFUSED, ids=[words for _, words in REFUSED])
def test_what_cannot_be_scanned_is_refused(scan: Callable[[], Any], words: str) -> None:
    with pytest.raises(DataError, match=words):
        scan()


def test_chunks_of_unknown_size_should_go_with_their_weights() -> None:
    rows = in_partitions(np.ones((N, 2)))
    some = rows[rows[:, 0] > 0.0]
    with pytest.raises(DataError, match=r"5 chunks of unknown sizes, and the weights in 1"):
        scan_dask(some, weight=da.ones(N))
    scan = scan_dask(some, weight=da.ones(N, chunks=((130, 0, 149, 2, 119),)))
    with pytest.raises(
        DataError, match=r"weights, but .* rows in partition [23]: give one weight per row"
    ):
        opened(scan, 64)


def test_a_masked_chunk_is_refused_and_not_read_as_if_it_were_none() -> None:
    masked = da.ma.masked_greater(da.ones((8, 2), chunks=4), 0.5)
    with pytest.raises(DataError, match=r"partition .* MaskedArray; expected a plain array"):
        opened(scan_dask(masked), 64)


def test_a_partition_of_another_type_than_its_frame_says_is_named() -> None:
    frame = a_frame()[["a"]].map_partitions(lambda part: part.assign(a="x"), meta={"a": float})
    with pytest.raises(DataError, match=r"Column a is of type .* in partition 0; expected numbers"):
        opened(scan_dask(frame), 64)


# ---------------------------------------------------------------------------------------------
# Results for each row


def halved(batch: Batch) -> AnyArray:
    return np.asarray(batch.cells)[:, :2] / 2.0


def summed(batch: Batch) -> AnyArray:
    return np.asarray(batch.cells).sum(axis=1)


def never(batch: Batch) -> AnyArray:
    raise AssertionError("nothing is computed before it is asked for")


def test_results_for_each_row_of_an_array_are_lazy_and_chunked_like_it(engine: Any) -> None:
    X = np.random.default_rng(0).normal(size=(N, 3))
    scan = scan_dask(in_partitions(X))
    two = scan.each_row(halved, ("a", "b"), np.float64)
    assert two.chunks == (PARTITIONS, (2,))
    np.testing.assert_array_equal(two.compute(), X[:, :2] / 2.0)
    sums = X.sum(axis=1).astype(np.float32)
    one = scan.each_row(summed, "sum", np.float32)
    assert (one.chunks, one.dtype) == ((PARTITIONS,), np.float32)
    np.testing.assert_array_equal(one.compute(), sums)
    column = scan.each_row(summed, ("sum",), np.float32)
    assert column.chunks == (PARTITIONS, (1,))
    np.testing.assert_array_equal(column.compute(), sums[:, None])
    assert scan.each_row(never, ("a", "b"), float).shape == (N, 2)


def test_results_for_each_row_of_chunks_of_unknown_size() -> None:
    X = np.random.default_rng(0).normal(size=(N, 3))
    rows = in_partitions(X)
    made = scan_dask(rows[rows[:, 0] > 0.0]).each_row(halved, ("a", "b"), float)
    assert made.numblocks == (len(PARTITIONS), 1)
    np.testing.assert_array_equal(made.compute(), X[X[:, 0] > 0.0, :2] / 2.0)


def test_results_for_each_row_of_a_frame_keep_its_index_and_divisions(engine: Any) -> None:
    X = np.random.default_rng(0).normal(size=(N, 3))
    index = pd.Index(np.arange(N) * 10, name="key")
    frame = dd.from_pandas(pd.DataFrame(X, index, list("abc")), npartitions=3)
    scan = scan_dask(frame)
    two = scan.each_row(halved, ("left", "right"), np.float64)
    one = scan.each_row(summed, "sum", np.float32)
    assert two.divisions == one.divisions == frame.divisions
    expected = pd.DataFrame(X[:, :2] / 2.0, index, ["left", "right"])
    pd.testing.assert_frame_equal(two.compute(), expected)
    sums = pd.Series(X.sum(axis=1).astype(np.float32), index, name="sum")
    pd.testing.assert_series_equal(one.compute(), sums)
    lazy = scan.each_row(never, ("left", "right"), float)
    assert list(lazy.columns) == ["left", "right"]


def test_results_for_each_row_pass_over_partitions_that_filters_have_emptied() -> None:
    frame = dd.from_pandas(pd.DataFrame({"a": np.arange(6.0), "b": 1.0}), npartitions=3)
    made = scan_dask(frame[frame.a > 3.0]).each_row(halved, ("left", "right"), float)
    assert made.compute().to_numpy().tolist() == [[2.0, 0.5], [2.5, 0.5]]


# ---------------------------------------------------------------------------------------------
# How a pass is made


@dataclass(frozen=True)
class Span:
    """Which partitions were merged, and in how many steps one after the other."""

    first: int
    last: int
    depth: int = 0

    def __add__(self, other: Span) -> Span:
        assert self.last + 1 == other.first, "neighbors alone are merged, left and right"
        return Span(self.first, other.last, max(self.depth, other.depth) + 1)


@pytest.mark.parametrize("n_partitions", [1, 2, 7, 64, 100])
def test_neighbors_are_merged_in_a_balanced_tree(n_partitions: int) -> None:
    scan = scan_dask(da.zeros((n_partitions, 1), chunks=1))
    whole = scan.map_reduce(lambda number, batches: Span(number, number))
    assert (whole.first, whole.last) == (0, n_partitions - 1)
    assert whole.depth == math.ceil(math.log2(n_partitions))


class Recorder:
    """A scheduler that keeps the messages that a cluster's tasks would be."""

    def __init__(self) -> None:
        self.messages: list[bytes] = []
        self.asked: list[Any] = []

    def __call__(self, graph: Any, keys: Any, **options: Any) -> Any:
        tasks = dict(graph if isinstance(graph, Mapping) else graph.__dask_graph__())
        self.messages = [cloudpickle.dumps(node) for node in tasks.values()]
        self.asked = list(keys)
        return dask.get(tasks, keys)


def recorded(n_partitions: int) -> Recorder:
    """The messages of one pass."""
    chunks = ((N // n_partitions,) * n_partitions, (3,))
    rows = da.map_blocks(np.ones, chunks=chunks, shape=(N // n_partitions, 3), dtype=float)
    source, recorder = opened(scan_dask(rows), 64), Recorder()
    with dask.config.set(scheduler=recorder):
        em.e_step(a_mixture(), source)
    return recorder


def test_messages_are_small_however_many_partitions_there_are(client: Any) -> None:
    largest = []
    for n_partitions in (2, 50):
        recorder = recorded(n_partitions)
        assert len(recorder.messages) >= 2 * n_partitions - 1
        assert len(recorder.asked) == 1, "one record comes back"
        largest.append(max(map(len, recorder.messages)))
    assert largest[1] < largest[0] + 64
    assert largest[1] < 10_000  # of which 1,500 are the class of `clean`, which is sent by value


def test_messages_can_be_read_without_what_the_work_needs(client: Any, tmp_path: Path) -> None:
    """A worker that cannot read one ends without a word, and the pass would wait for ever."""
    file = tmp_path / "messages"
    file.write_bytes(cloudpickle.dumps(recorded(2).messages))
    script = (
        "import pickle, sys\n"
        "sys.modules['mixtura'] = None\n"
        "tasks = [pickle.loads(each) for each in pickle.load(open(sys.argv[1], 'rb'))]\n"
        "print(len(tasks))"
    )
    command = [sys.executable, "-c", script, str(file)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.stderr == ""
    assert int(run.stdout) >= 3


def outgoing(dask_worker: Any) -> int:
    return int(dask_worker.transfer_outgoing_bytes_total)


def test_blocks_do_not_travel(client: Any) -> None:
    X = da.random.default_rng(0).normal(size=(400_000, 3), chunks=(50_000, 3)).persist()
    begun = a_mixture()
    source = opened(scan_dask(X), 16_384)
    holders, sent = client.who_has(X), client.run(outgoing)
    em.fit(begun, source, stopping=fixed_length(5))
    assert client.who_has(X) == holders
    block = 50_000 * 3 * 8
    assert sum(client.run(outgoing).values()) - sum(sent.values()) < block


def a_mixture() -> Mixture[Any, Any]:
    family = Gaussian(VVV, np.zeros(3))
    return em.begin(family, ArraySource(rows_of(family)), random_responsibilities(2, (4,)))


# ---------------------------------------------------------------------------------------------
# What goes wrong


def needs(kernel: Kernel, chunk: Chunk) -> float:
    return float(len(chunk.X))


def test_a_worker_without_the_kernel_says_so(client: Any) -> None:
    source = opened(scan_dask(in_partitions(np.ones((N, 3)))), 64)
    assert source.map_reduce(partial(needs, None)) == N
    with pytest.raises(MixturaError, match=r"no sse9 kernel.*MIXTURA_KERNEL"):
        source.map_reduce(partial(needs, Kernel("sse9")))


def test_errors_of_a_cluster_are_those_of_the_task(client: Any) -> None:
    def fail(chunk: Chunk) -> float:
        raise DataError(f"row {chunk.start} is bad")

    source = opened(scan_dask(in_partitions(np.ones((N, 3)))), 4096)
    with pytest.raises(DataError, match=r"row \d+ is bad"):
        source.map_reduce(fail)


def dying(flag: str | None, function: Callable[[Chunk], Any], chunk: Chunk) -> Any:
    """The function, of a process that dies in the midst of the rows: but once, if there is a flag.

    Parameters
    ----------
    flag : str or None
        Path of a file that is there once the process has died.
    """
    if chunk.index == 5 and not (flag and os.path.exists(flag)):
        if flag:
            os.close(os.open(flag, os.O_CREAT))
        os.kill(os.getpid(), signal.SIGKILL)
    return function(chunk)


@dataclass(frozen=True)
class DyingSource:
    """A source, one of whose workers is killed in the midst of the first pass."""

    source: Source
    flag: str
    n_features: int = 3
    labelled: bool = False
    gappy: bool = False

    def map(self, function: Callable[[Chunk], Any]) -> Iterator[Any]:
        return self.source.map(function)

    def map_reduce(self, function: Callable[[Chunk], Any]) -> Any:
        return self.source.map_reduce(partial(dying, self.flag, function))


def test_a_killed_worker_loses_nothing(client: Any, tmp_path: Path) -> None:
    X = rows_of(Gaussian(VVV, np.zeros(3)))
    begun, array = a_mixture(), ArraySource(X, None, 32, partitions=PARTITIONS)
    rows = in_partitions(X).persist()
    before = set(client.run(os.getpid).values())
    source = DyingSource(opened(scan_dask(rows), 32), str(tmp_path / "died"))
    fit = em.fit(begun, source, stopping=fixed_length(4))
    assert fit.trace == em.fit(begun, array, stopping=fixed_length(4)).trace
    assert set(client.run(os.getpid).values()) != before


def test_rows_that_kill_every_worker_are_an_error(client: Any, cluster: Any) -> None:
    source = opened(scan_dask(in_partitions(np.ones((N, 3)))), 32)
    allowed, cluster.scheduler.allowed_failures = cluster.scheduler.allowed_failures, 0
    try:
        with pytest.raises(MixturaError, match=r"Workers died.*smaller partitions.*checkpoint="):
            source.map_reduce(partial(dying, None, len_of))
    finally:
        cluster.scheduler.allowed_failures = allowed


def test_a_table_of_a_cluster_that_is_gone_should_be_made_anew() -> None:
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=1, processes=False, dashboard_address=":0"
        ) as cluster,
        distributed.Client(cluster),
    ):
        source = opened(scan_dask(in_partitions(np.ones((N, 3))).persist()), 64)
        assert source.map_reduce(len_of) == N
    with pytest.raises(MixturaError, match=r"make the table anew.*checkpoint="):
        source.map_reduce(len_of)


def test_a_table_of_a_cluster_that_was_started_anew_is_too(client: Any) -> None:
    source = opened(scan_dask(in_partitions(np.ones((N, 3))).persist()), 64)
    client.restart()
    with pytest.raises(MixturaError, match=r"work was cancelled.*make the table anew"):
        source.map_reduce(len_of)


def len_of(chunk: Chunk) -> int:
    return len(chunk.X)


def test_a_lost_scheduler_is_an_error_that_says_how_to_go_on(tmp_path: Path) -> None:
    file = tmp_path / "scheduler.json"
    command = "-m distributed.cli.dask_scheduler --host 127.0.0.1 --port 0 --dashboard-address :0"
    scheduler = subprocess.Popen(
        [sys.executable, *command.split(), "--scheduler-file", str(file)],
        stderr=subprocess.DEVNULL,
    )
    try:
        while not (file.exists() and file.read_text().endswith("}")):
            time.sleep(0.05)
        with distributed.Client(scheduler_file=str(file), timeout=2) as client:
            told = rf"scheduler at {client.scheduler.address} was lost.*checkpoint="
            # There is no worker, so the pass lasts until the scheduler is gone.
            Timer(0.1, scheduler.kill).start()
            with pytest.raises(MixturaError, match=told):
                opened(scan_dask(in_partitions(np.ones((N, 3)))), 64)
    finally:
        scheduler.kill()
        scheduler.wait()
