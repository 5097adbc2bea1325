"""Bigger than memory, and more than one process: SCALE.md, `make bench-scale`.

Each measurement is a process of its own, so that its memory is its own. The rows are made by a
seeded generator, once, and kept beside this file.
"""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable
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
