"""Bigger than memory, and more than one process: the tables of SCALE.md, `make bench-scale`.

Each measurement is a process of its own, so that its memory is its own. The rows are made by a
seeded generator, once, and kept beside this file.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

os.environ.update(
    dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
)

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import mixtura as mx
from mixtura import em
from mixtura.estimators.scanned import as_scanned, learn
from mixtura.sources import ArraySource, Source, block_rows

HERE = Path(__file__).parent
ROWS = HERE / ".scale"

D, K = 8, 8
ROWS_PER_FILE, ROWS_PER_GROUP = 5_000_000, 500_000
ENGINE_ROWS, MLLIB_ROWS, MLLIB_ITERATIONS = 20_000_000, 2_000_000, 20
PASSES = 5


# ---------------------------------------------------------------------------------------------
# The rows


def groups(seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weights (k,), means (k, d) and roots of covariances (k, d, d) of overlapping groups."""
    rng = np.random.default_rng(seed)
    roots = np.eye(D) + 0.4 * rng.normal(size=(K, D, D))
    return rng.dirichlet(np.full(K, 5.0)), 1.5 * rng.normal(size=(K, D)), roots


def rows(number: int, n: int) -> np.ndarray:
    """So many rows (n, d) in float32, of the file with a number."""
    rng = np.random.default_rng((0, number))
    weights, means, roots = groups()
    labels = rng.choice(K, n, p=weights)
    X = rng.standard_normal((n, D), dtype=np.float32)
    for j in range(K):
        own = labels == j
        X[own] = (means[j] + X[own] @ roots[j].T).astype(np.float32)
    return X


def made(n: int) -> Path:
    """A folder with so many rows in Parquet files, which are made if they are not there."""
    folder = ROWS / f"{n}"
    if folder.exists():
        return folder
    part = folder.with_suffix(".part")
    part.mkdir(parents=True, exist_ok=True)
    for number, start in enumerate(range(0, n, ROWS_PER_FILE)):
        X = rows(number, min(ROWS_PER_FILE, n - start))
        table = pa.table({f"x{a}": X[:, a] for a in range(D)})
        file = part / f"{number:03d}.parquet"
        pq.write_table(table, file, row_group_size=ROWS_PER_GROUP, use_dictionary=False)
    part.rename(folder)
    return folder


# ---------------------------------------------------------------------------------------------
# Measuring


def peak(pid: int | str = "self") -> float:
    """Most memory that a process has had, in MiB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024.0


def seconds(work: Callable[[], Any], times: int = PASSES) -> float:
    """The least of some times that it takes."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return min(taken)


def mixture() -> Any:
    """Where all passes are made: a mixture near the rows' own."""
    some = rows(999, 20_000).astype(np.float64)
    fit = mx.GaussianMixture(K, random_state=0, max_iter=5, n_init=1, tol=0.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return fit.fit(some).mixture_


def opened(folder: Path, n_threads: int, *, raw_copy: bool) -> Callable[[int, bool], Source]:
    """What gives sources of a folder's rows."""
    scanned = as_scanned(str(folder / "*.parquet"), raw_copy=raw_copy)
    assert scanned is not None
    return scanned.scan.opened(learn(mx.GaussianMixture(), scanned.scan), n_threads).make


# ---------------------------------------------------------------------------------------------
# One process


def decoding(n: int) -> dict[str, float]:
    """Decoding alone: every batch as a matrix, and nothing done with it."""
    scanned = as_scanned(str(made(n) / "*.parquet"))
    assert scanned is not None
    scan: Any = scanned.scan

    def work() -> None:
        for _ in scan.read():
            pass

    return {"seconds": seconds(work, 2), "peak": peak()}


def kernel(n: int, threads: int) -> dict[str, float]:
    """The kernel alone, on rows in memory; of many a tenth."""
    n_some = min(n, ROWS_PER_FILE * 2)
    X = np.concatenate([rows(0, n_some // 2), rows(1, n_some - n_some // 2)])
    source, there = ArraySource(X, None, block_rows(D, K), threads), mixture()
    return {"seconds": seconds(lambda: em.e_step(there, source)) * n / n_some}


def passes(n: int, threads: int, raw_copy: int) -> dict[str, float]:
    """Passes over files, with a raw copy or without."""
    start = time.perf_counter()
    make = opened(made(n), threads, raw_copy=bool(raw_copy))
    first = time.perf_counter() - start
    source, there = make(block_rows(D, K), False), mixture()
    taken = seconds(lambda: em.e_step(there, source), 3)
    return {"first": first, "seconds": taken, "peak": peak()}


def whole_fit(n: int, threads: int) -> dict[str, Any]:
    """A whole fit, from files to what is told of it."""
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = mx.GaussianMixture(K, random_state=0, n_jobs=threads).fit(str(made(n) / "*.parquet"))
    taken = time.perf_counter() - start
    _, means, _ = groups()
    near = np.linalg.norm(fit.means_[:, None] - means[None], axis=2).min(axis=0).max()
    return {
        "seconds": taken,
        "peak": peak(),
        "n_iter": fit.n_iter_,
        "status": fit.status_,
        "starts": str(fit.starts_),
        "objective": fit.lower_bound_,
        "far": float(near),
    }


# ---------------------------------------------------------------------------------------------
# Engines


@contextmanager
def dask_cluster(workers: int) -> Iterator[Any]:
    """A client of so many processes of one thread each; of none, if they are 0."""
    if workers == 0:
        yield None
        return
    from dask.distributed import Client, LocalCluster

    cluster = LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        processes=True,
        dashboard_address=":0",
        memory_limit=0,
    )
    with cluster, Client(cluster) as client:
        yield client


def spark_session(cores: int) -> Any:
    """A session with so many Python workers."""
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = SparkSession.builder.master(f"local[{cores}]").config("spark.ui.enabled", "false")
    builder = builder.config("spark.driver.memory", "8g")
    builder = builder.config("spark.sql.execution.arrow.maxRecordsPerBatch", "65536")
    return builder.config("spark.driver.host", "127.0.0.1").getOrCreate()


def source_of(table: Any) -> Source:
    """The rows of an engine's table, counted."""
    scanned = as_scanned(table)
    assert scanned is not None
    reading = learn(mx.GaussianMixture(), scanned.scan)
    return scanned.scan.opened(reading, 1).make(block_rows(D, K), False)


def dask_passes(n: int, workers: int) -> dict[str, float]:
    """Passes over rows that the workers keep."""
    import dask.array as da

    files = range(-(-n // ROWS_PER_FILE))
    with dask_cluster(workers):
        blocks = [
            _delayed_rows(number, min(ROWS_PER_FILE, n - number * ROWS_PER_FILE))
            for number in files
        ]
        X = da.concatenate(blocks).rechunk((ROWS_PER_GROUP * 2, D)).persist()
        source, there = source_of(X), mixture()
        return {"seconds": seconds(lambda: em.e_step(there, source), 3)}


def _delayed_rows(number: int, n: int) -> Any:
    import dask
    import dask.array as da

    return da.from_delayed(dask.delayed(rows)(number, n), (n, D), np.float32)


def spark_passes(n: int, cores: int) -> dict[str, float]:
    """Passes over a frame that Spark keeps."""
    session = spark_session(cores)
    frame = session.read.parquet(str(made(n))).cache()
    source, there = source_of(frame), mixture()
    return {"seconds": seconds(lambda: em.e_step(there, source), 3)}


def overhead(engine: str, workers: int, partitions: int) -> dict[str, float]:
    """A pass over hardly any rows: so many partitions of a hundred."""
    X = rows(0, 100 * partitions)
    there = mixture()
    if engine == "spark":
        import pandas as pd

        session = spark_session(workers)
        frame = session.createDataFrame(pd.DataFrame(X, columns=[f"x{a}" for a in range(D)]))
        source = source_of(frame.repartition(partitions).cache())
        return {"seconds": seconds(lambda: em.e_step(there, source), 3)}
    if engine == "dask":
        import dask.array as da

        with dask_cluster(workers):
            source = source_of(da.from_array(X, chunks=(100, D)).persist())
            return {"seconds": seconds(lambda: em.e_step(there, source), 3)}
    source = ArraySource(X, None, 100, workers)
    return {"seconds": seconds(lambda: em.e_step(there, source))}


# ---------------------------------------------------------------------------------------------
# Spark's own mixture


@contextmanager
def memory_of_all() -> Iterator[list[float]]:
    """The most that this process and those that it has started have had together, in MiB."""
    most, done = [0.0], threading.Event()

    def watch() -> None:
        while not done.wait(0.2):
            most[0] = max(most[0], sum(map(_resident, [os.getpid(), *_started(os.getpid())])))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield most
    finally:
        done.set()
        thread.join()


def _started(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [each for child in map(int, children) for each in (child, *_started(child))]


def _resident(pid: int) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    return int(status.split("VmRSS:")[1].split()[0]) / 1024.0 if "VmRSS:" in status else 0.0


def mllib(n: int, whose: str) -> dict[str, Any]:
    """So many iterations from their own starts on the same frame, kept by Spark."""
    on_files = whose == "mixtura on files"
    frame = None if on_files else spark_session(2).read.parquet(str(made(n)))
    names = [f"x{a}" for a in range(D)]
    with memory_of_all() as most:
        if whose == "Spark":
            from pyspark.ml.clustering import GaussianMixture
            from pyspark.ml.feature import VectorAssembler

            assembled = VectorAssembler(inputCols=names, outputCol="features")
            table = assembled.transform(frame).select("features").cache()
            table.count()
            start = time.perf_counter()
            model = GaussianMixture(k=K, maxIter=MLLIB_ITERATIONS, tol=0.0, seed=1).fit(table)
            taken = time.perf_counter() - start
            objective = model.summary.logLikelihood / n
        else:
            table = str(made(n) / "*.parquet") if on_files else frame.cache()
            if not on_files:
                table.count()
            fit = mx.GaussianMixture(
                K, random_state=1, max_iter=MLLIB_ITERATIONS, tol=0.0, acceleration=None
            )
            start = time.perf_counter()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                fit.fit(table)
            taken = time.perf_counter() - start
            objective = fit.log_likelihood_ / n
    return {"seconds": taken, "objective": objective, "peak": most[0]}


# ---------------------------------------------------------------------------------------------
# What comes of it


MEASUREMENTS: dict[str, Callable[..., dict[str, Any]]] = {
    each.__name__: each
    for each in (
        decoding,
        kernel,
        passes,
        whole_fit,
        dask_passes,
        spark_passes,
        overhead,
        mllib,
    )
}


def measured(name: str, *args: int | str) -> dict[str, Any]:
    """One measurement, in a process of its own."""
    words = [sys.executable, __file__, "--measure", name, *map(str, args)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words[2:])} failed:\n{done.stderr}")
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    print(name, *args, result, flush=True)
    return result


def one_process(n: int) -> list[str]:
    """Lines on files that one process reads."""
    decoded = measured("decoding", n)
    alone = {threads: measured("kernel", n, threads) for threads in (1, 2)}
    lines = []
    for threads in (1, 2):
        for raw_copy in (1, 0):
            made_ = measured("passes", n, threads, raw_copy)
            larger = max(decoded["seconds"], alone[threads]["seconds"])
            lines.append(
                [
                    str(threads),
                    "raw copy" if raw_copy else "decoded in each pass",
                    f"{made_['first']:.1f}",
                    f"{made_['seconds']:.2f}",
                    f"{decoded['seconds']:.2f}",
                    f"{alone[threads]['seconds']:.2f}",
                    f"{made_['seconds'] / larger:.2f}",
                    f"{made_['peak']:.0f}",
                ]
            )
    fit = measured("whole_fit", n, 2)
    header = ["threads", "rows", "first look", "pass", "decoding", "kernel", "ratio", "peak MiB"]
    return [
        *table(header, lines),
        "",
        f"The whole fit on two threads: **{fit['seconds']:.0f} s**, peak "
        f"**{fit['peak']:.0f} MiB**, "
        f"{fit['n_iter']} iterations on all rows ({fit['status']}), after "
        f"{fit['starts']}. Objective {fit['objective']:.6f} nats per row; no mean is farther than "
        f"{fit['far']:.4f} from the generator's.",
    ]


def engines(n: int) -> list[str]:
    """Lines on one and two workers."""
    one = measured("kernel", n, 1)["seconds"]
    lines = [["one process, in memory, 1 thread", f"{one:.2f}", "1.00"]]
    runs: list[tuple[str, str, tuple[int | str, ...]]] = [
        ("one process, in memory, 2 threads", "kernel", (n, 2)),
        ("Dask, threaded scheduler", "dask_passes", (n, 0)),
        ("Dask, 1 worker", "dask_passes", (n, 1)),
        ("Dask, 2 workers", "dask_passes", (n, 2)),
        ("Spark, local[1]", "spark_passes", (n, 1)),
        ("Spark, local[2]", "spark_passes", (n, 2)),
    ]
    for name, function, args in runs:
        taken = measured(function, *args)["seconds"]
        lines.append([name, f"{taken:.2f}", f"{taken / one:.2f}"])
    return table(["where", "pass", "times one process"], lines)


def overheads() -> list[str]:
    """Lines on passes over hardly any rows."""
    counts = (1, 16, 256)
    lines = []
    for name, engine, workers in [
        ("one process", "none", 1),
        ("Dask, threaded scheduler", "dask", 0),
        ("Dask, 1 worker", "dask", 1),
        ("Dask, 2 workers", "dask", 2),
        ("Spark, local[2]", "spark", 2),
    ]:
        taken = [measured("overhead", engine, workers, count)["seconds"] for count in counts]
        each = (taken[-1] - taken[0]) / (counts[-1] - counts[0])
        lines.append([name, *(f"{1e3 * t:.1f}" for t in taken), f"{1e3 * each:.2f}"])
    header = ["where", *(f"{count} partitions" for count in counts), "each further one"]
    return table(header, lines)


def against_spark(n: int) -> list[str]:
    """Lines on Spark's own mixture."""
    lines = []
    for whose in ("Spark", "mixtura on Spark", "mixtura on files"):
        got = measured("mllib", n, whose)
        lines.append(
            [
                {"Spark": "MLlib GaussianMixture"}.get(whose, whose),
                f"{got['seconds']:.1f}",
                f"{got['objective']:.5f}",
                f"{got['peak']:.0f}",
            ]
        )
    return table(["fit", "seconds", "log-likelihood a row", "peak MiB, all processes"], lines)


def table(header: Sequence[str], lines: Sequence[Sequence[str]]) -> list[str]:
    """Markdown."""
    rules = ["---"] * len(header)
    return ["| " + " | ".join(line) + " |" for line in [header, rules, *lines]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=float, default=1e8)
    parser.add_argument("--out", type=Path, default=HERE.parent / "build" / "scale.md")
    parser.add_argument("--measure", nargs="+")
    args = parser.parse_args()
    if args.measure:
        name, *words = args.measure
        values = [int(word) if word.isdecimal() else word for word in words]
        print(json.dumps(MEASUREMENTS[name](*values)))
        return
    n = int(args.rows)
    parts = {
        f"{n:,} rows in files": one_process(n),
        f"One and two workers, {ENGINE_ROWS:,} rows": engines(ENGINE_ROWS),
        "Passes over hardly any rows, in milliseconds": overheads(),
        f"Spark's own mixture, {MLLIB_ROWS:,} rows": against_spark(MLLIB_ROWS),
    }
    text = "\n".join(
        line for title, part in parts.items() for line in [f"## {title}", "", *part, ""]
    )
    args.out.write_text(text)


if __name__ == "__main__":
    main()
