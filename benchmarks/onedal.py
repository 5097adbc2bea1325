"""Times passes of oneDAL's em_gmm: reads problems as lines of JSON, answers in milliseconds.

Runs in an environment of its own (requirements-onedal.txt), one thread.
"""

from __future__ import annotations

import json
import sys
import time

import daal4py
import numpy as np
from data import Problem

ITERATIONS = 4


def seconds(problem: Problem, X: np.ndarray, iterations: int) -> float:
    k, d = problem.k, problem.d
    algorithm = daal4py.em_gmm(
        nComponents=k, maxIterations=iterations, accuracyThreshold=0.0, covarianceStorage="full"
    )
    covariances = [np.eye(d) for _ in range(k)]
    start = time.process_time()
    algorithm.compute(X, np.full((1, k), 1.0 / k), problem.means(), covariances)
    return time.process_time() - start


daal4py.daalinit(1)
last: tuple[Problem, np.ndarray] | None = None
for line in sys.stdin:
    problem = Problem(**json.loads(line))
    if last is None or last[0] != problem:
        last = problem, problem.rows()
        seconds(problem, last[1], 1)
    X = last[1]
    # What a call costs beside its iterations cancels.
    spent = seconds(problem, X, 1 + ITERATIONS) - seconds(problem, X, 1)
    print(1e3 * spent / ITERATIONS, flush=True)
