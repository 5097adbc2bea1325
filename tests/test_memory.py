"""Memory grows with the numbers of a table alone: a pass and a reader hold one block more."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import mixtura as mx
from mixtura.families.gaussian.discriminant import quadratic_discriminant
from mixtura.families.gaussian.structures import VEI
from mixtura.sources import ArraySource, summarize
from mixtura.starts.groups import from_hierarchy
from mixtura.starts.sample import Sample
from mixtura.typing import IntArray

pytest.importorskip("resource", reason="peak memory is read with the resource module")

PEAK = """
import resource, sys, warnings
import numpy as np
import mixtura as mx

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

warnings.simplefilter("ignore")
mx.GaussianMixture(2).fit(np.random.default_rng(0).normal(size=(100, 2)))
X = np.random.default_rng(0).normal(size=(int(sys.argv[1]), 2))
before = peak()
fit = mx.GaussianMixture(10, max_iter=1, random_state=0).fit(X)
print(peak() - before)
"""


READ = """
from pathlib import Path
from mixtura.cli.datafile import DataFile
from mixtura.cli.features import choose_features
from mixtura.cli.reading import read_table
from mixtura.cli.wanted import Wanted
from mixtura.families.registry import description_named

GAUSSIAN = description_named("gaussian")

def peak():
    status = Path("/proc/self/status").read_text()  # resource may count the parent's memory
    return int(status.split("VmHWM:")[1].split()[0])

def rows(name):
    return choose_features(GAUSSIAN, Wanted.of(read_table(DataFile(Path(name))))).values

rows("short.csv")
before = peak()
table = rows("long.csv")
print(peak() - before)
"""


def extra_megabytes(code: str, *args: object, cwd: Path | None = None) -> float:
    command = [sys.executable, "-c", code, *map(str, args)]
    run = subprocess.run(command, capture_output=True, text=True, check=True, cwd=cwd)
    return int(run.stdout) / 1024


def test_extra_memory_does_not_grow_with_the_rows() -> None:
    # Responsibilities of 1,000,000 x 10 alone would take 76 MB.
    assert extra_megabytes(PEAK, 1_000_000) < 40


D, MATRIX = 2_000, 32  # so many rows and columns take so many MB


def peak_megabytes(work: Callable[[], object]) -> float:
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()


@pytest.mark.filterwarnings("ignore::mixtura.DataWarning")
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"n_components": 1},
        {"covariance_type": "spherical"},
        {"algorithm": "hard", "init_params": "quantiles"},
        {"init_params": "hierarchical", "acceleration": "early"},
    ],
    ids=str,
)
def test_variances_along_the_features_need_no_matrices(options: dict[str, Any]) -> None:
    X = np.random.default_rng(0).normal(size=(3, D))
    fit = mx.GaussianMixture(**{"n_components": 2, "covariance_type": "diag"} | options)
    fit.set_params(reg_covar=0.1).fit(X[:, :3])  # whatever is imported or kept is so from here on
    assert peak_megabytes(lambda: fit.fit(X)) < MATRIX / 2


def test_proportional_variances_need_no_matrices() -> None:
    squares = np.square(np.random.default_rng(0).normal(size=(6, D)))
    assert peak_megabytes(lambda: VEI.estimate(np.ones(6), squares, np.zeros(D))) < MATRIX / 2


def test_a_start_by_the_hierarchy_of_a_sample_needs_no_matrices() -> None:
    X = np.random.default_rng(0).normal(size=(8, D)) + 10.0 * (np.arange(8) % 2)[:, None]
    source = ArraySource(X)
    summary = summarize(source)
    sample = Sample((X[:6] - X.mean(axis=0)) / X.std(axis=0), np.ones(6))

    def labels() -> IntArray:
        start = from_hierarchy(quadratic_discriminant)(sample, summary, 2, np.random.default_rng(0))
        return start(source.load(0)).argmax(axis=1)

    assert peak_megabytes(labels) < MATRIX / 2
    np.testing.assert_array_equal(labels(), np.arange(8) % 2)


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is read from /proc")
def test_a_table_takes_little_more_memory_than_its_numbers(tmp_path: Path) -> None:
    X = np.random.default_rng(0).normal(size=(400_000, 5))
    for name, n in (("short.csv", 50_000), ("long.csv", len(X))):
        pl.DataFrame(X[:n], schema=list("abcde")).write_csv(tmp_path / name)
    # With the cells as strings it would be nine times the numbers.
    assert extra_megabytes(READ, cwd=tmp_path) < 3.0 * X.nbytes / 2**20


SCAN = """
import sys, warnings
from pathlib import Path
import mixtura as mx

def peak():
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0])

def fit(name):
    model = mx.GaussianMixture(4, random_state=0, max_iter=3, n_init=1, n_jobs=2)
    model.fit(mx.scan(name, sample=20_000))

warnings.simplefilter("ignore")
fit("short.parquet")
before = peak()
fit("long.parquet")
print(peak() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is read from /proc")
def test_a_fit_of_files_takes_memory_for_some_blocks(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="files are read with pyarrow")
    X = np.random.default_rng(0).standard_normal((5_000_000, 8), dtype=np.float32)
    for name, n in (("short", 200_000), ("long", len(X))):
        frame = pl.DataFrame(X[:n], schema=list("abcdefgh"))
        frame.write_parquet(tmp_path / f"{name}.parquet", row_group_size=100_000)
    assert extra_megabytes(SCAN, cwd=tmp_path) < 0.4 * X.nbytes / 2**20
