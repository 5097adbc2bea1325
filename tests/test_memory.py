"""Memory grows with the numbers of a table alone: a pass and a reader hold one block more."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

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

def peak():
    status = Path("/proc/self/status").read_text()  # resource may count the parent's memory
    return int(status.split("VmHWM:")[1].split()[0])

def rows(name):
    return choose_features(read_table(DataFile(Path(name)))).rows

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


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is read from /proc")
def test_a_table_takes_little_more_memory_than_its_numbers(tmp_path: Path) -> None:
    X = np.random.default_rng(0).normal(size=(400_000, 5))
    for name, n in (("short.csv", 50_000), ("long.csv", len(X))):
        pl.DataFrame(X[:n], schema=list("abcde")).write_csv(tmp_path / name)
    # With the cells as strings it would be nine times the numbers.
    assert extra_megabytes(READ, cwd=tmp_path) < 3.0 * X.nbytes / 2**20
