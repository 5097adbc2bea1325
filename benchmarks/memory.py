"""How much memory a fit takes beside its table: python memory.py {ours,scikit-learn} n d k.

A process of its own for each, because what one leaves behind would hide what the next needs.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import numpy as np
from data import Problem
from sklearn.mixture import GaussianMixture as ScikitGaussianMixture

import mixtura as mx

ESTIMATORS = {"ours": mx.GaussianMixture, "scikit-learn": ScikitGaussianMixture}
ITERATIONS = 2


def peak() -> float:
    """The most that this program has held so far, in MiB (Linux).

    Not getrusage's figure, which begins with what the process held that started this one.
    """
    status = Path("/proc/self/status").read_text()
    return float(status.split("VmHWM:")[1].split()[0]) / 1024.0


def main() -> None:
    name, *size = sys.argv[1:]
    n, d, k = map(int, size)
    warnings.simplefilter("ignore")  # cut short on purpose
    # Not Problem.rows: making the table must take no more than the table.
    X = np.random.default_rng(0).normal(size=(n, d))
    X[n // 2 :] += Problem(n, d, k).means()[0]
    estimator = ESTIMATORS[name](k, max_iter=ITERATIONS, random_state=0)
    estimator.fit(X[:1000])  # what is imported late is not the fit's
    before = peak()
    estimator.fit(X)
    print(X.nbytes / 2**20, peak() - before)


main()
