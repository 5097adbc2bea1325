"""A pass needs memory for one block of rows, whatever their number."""

from __future__ import annotations

import subprocess
import sys

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


def extra_megabytes(n: int) -> float:
    run = subprocess.run(
        [sys.executable, "-c", PEAK, str(n)], capture_output=True, text=True, check=True
    )
    return int(run.stdout) / 1024


def test_extra_memory_does_not_grow_with_the_rows() -> None:
    # Responsibilities of 1,000,000 x 10 alone would take 76 MB.
    assert extra_megabytes(1_000_000) < 40
