"""StepMix and pomegranate, in an environment of their own, one answer a line.

Asked with a line of JSON: what to do, and at which problem. Answers seconds of processor time and
of wall-clock time, and what else there is to say.
"""

from __future__ import annotations

import json
import os
import sys
import time
import warnings
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from typing import Any

import numpy as np
import torch
from family_data import FamilyProblem, mixed_rows
from pomegranate.distributions import Bernoulli, Categorical, Poisson
from pomegranate.gmm import GeneralMixtureModel
from stepmix.stepmix import StepMix

torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
warnings.simplefilter("ignore")  # fits that are cut short on purpose


def stepmix_of(problem: FamilyProblem, **options: Any) -> Any:
    measurement = "binary" if problem.levels == 2 else "categorical"
    quiet = {"verbose": 0, "progress_bar": 0, "n_init": 1}
    return StepMix(problem.k, measurement=measurement, **quiet, **options)


def stepmix_pass(problem: FamilyProblem) -> Callable[[], Any]:
    """What its loop does in an iteration."""
    X, weight = problem.rows(), np.ones(problem.n)
    model = stepmix_of(problem, max_iter=1, random_state=0).fit(X)

    def run() -> None:
        _, log_resp = model._e_step(X, sample_weight=weight)
        model._m_step(X, np.exp(log_resp), sample_weight=weight)

    return run


def pomegranate_pass(problem: FamilyProblem) -> Callable[[], Any]:
    """In float32, as it is made for."""
    params = torch.tensor(problem.parameters(), dtype=torch.float32)
    X = torch.tensor(problem.rows().astype(np.int64 if problem.levels > 2 else np.float32))
    if problem.levels == 2:
        components: list[Any] = [Bernoulli(p[:, 1]) for p in params]
    else:
        components = [(Categorical if problem.levels else Poisson)(p) for p in params]
    model = GeneralMixtureModel(components)

    def run() -> None:
        model.summarize(X)
        model.from_summaries()

    return run


PASSES = {"StepMix": stepmix_pass, "pomegranate": pomegranate_pass}


@cache
def pass_of(rival: str, problem: FamilyProblem) -> Callable[[], Any]:
    return PASSES[rival](problem)


def timed(run: Callable[[], Any]) -> tuple[float, float, Any]:
    processor, wall = time.process_time(), time.perf_counter()
    result = run()
    return time.process_time() - processor, time.perf_counter() - wall, result


def whole_fit(problem: FamilyProblem, seed: int) -> dict[str, Any]:
    X = problem.rows()
    processor, wall, model = timed(lambda: stepmix_of(problem, random_state=seed).fit(X))
    return {
        "processor": processor,
        "wall": wall,
        "n_iter": int(model.n_iter_),
        "log_likelihood": float(model.score(X)),
    }


def mixed_fit(problem: FamilyProblem) -> dict[str, Any]:
    """Of the measurements, with diagonal covariances, and the categories: it has no counts."""
    measured, codes, _ = mixed_rows(problem.n, problem.k)
    blocks = {
        "numbers": {"model": "gaussian_diag", "n_columns": measured.shape[1]},
        "levels": {"model": "categorical", "n_columns": codes.shape[1]},
    }
    quiet = {"verbose": 0, "progress_bar": 0, "n_init": 1, "random_state": 0}
    model = StepMix(problem.k, measurement=blocks, **quiet)
    processor, wall, _ = timed(lambda: model.fit(np.hstack([measured, codes])))
    return {"processor": processor, "wall": wall, "n_iter": int(model.n_iter_)}


def answer(question: dict[str, Any]) -> dict[str, Any]:
    problem = FamilyProblem(**question["problem"])
    if question["what"] == "fit":
        return whole_fit(problem, question["seed"])
    if question["what"] == "mixed":
        return mixed_fit(problem)
    if question["what"] == "forget":
        pass_of.cache_clear()
        return {}
    processor, wall, _ = timed(pass_of(question["rival"], problem))
    return {"processor": processor, "wall": wall}


def main() -> None:
    names = ("stepmix", "pomegranate", "torch", "numpy")
    print(json.dumps({name: version(name) for name in names}), flush=True)
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
