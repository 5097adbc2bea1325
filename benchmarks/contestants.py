"""One pass of EM (E-step and M-step) from the same mixture, by each contestant."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
from data import Problem
from sklearn.mixture import GaussianMixture as ScikitGaussianMixture

from mixtura import em, kernels
from mixtura.families import Gaussian, GaussianParameters
from mixtura.families.gaussian.structures import VVI, VVV, AxisCovariances, DenseCovariances
from mixtura.kernels.estep_dispatch import gaussian_components, scorer
from mixtura.mixture import Mixture
from mixtura.sources import ArraySource, block_rows

#: Times one pass, in milliseconds.
Contestant = Callable[[], float]

HERE = Path(__file__).parent


def timed(run: Callable[[], Any], clock: Callable[[], float] = time.process_time) -> Contestant:
    def milliseconds() -> float:
        start = clock()
        run()
        return 1e3 * (clock() - start)

    return milliseconds


def mixture_of(problem: Problem, diagonal: bool) -> Mixture[Any, Any]:
    k, d = problem.k, problem.d
    covariances = (
        AxisCovariances(np.ones((k, d)))
        if diagonal
        else DenseCovariances.of(np.tile(np.eye(d), (k, 1, 1)))
    )
    family = Gaussian(VVI if diagonal else VVV, np.zeros(d))
    params = GaussianParameters(problem.means(), covariances)
    return Mixture(family, params, np.full(k, 1.0 / k))


def mixtura_pass(
    problem: Problem,
    X: np.ndarray,
    *,
    kernel: str = "auto",
    diagonal: bool = False,
    threads: int = 1,
    clock: Callable[[], float] = time.process_time,
) -> Contestant:
    mixture = mixture_of(problem, diagonal)
    source = ArraySource(X, None, block_rows(problem.d, problem.k), threads)

    def run() -> None:
        with kernels.use(kernel):
            mixture.maximize(em.e_step(mixture, source))

    return timed(run, clock)


def arithmetic(threads: int) -> Contestant:
    """The same number of passes over rows that stay in the cache, by one thread or several."""
    problem = Problem(500, 64, 16, 0.0)
    X, weight, kernel = problem.rows(), np.ones(problem.n), kernels.kernel.chosen()
    assert kernel is not None
    components = gaussian_components(mixture_of(problem, False), kernel)

    def work() -> None:
        for _ in range(12 // threads):
            kernel.expect(X, weight, components, hard=False)

    def run() -> None:
        helpers = [Thread(target=work) for _ in range(threads - 1)]
        for helper in helpers:
            helper.start()
        work()
        for helper in helpers:
            helper.join()

    return timed(run, time.perf_counter)


def fitted_scikit(problem: Problem, diagonal: bool) -> Any:
    k, d = problem.k, problem.d
    model = ScikitGaussianMixture(k, covariance_type="diag" if diagonal else "full")
    model.weights_, model.means_ = np.full(k, 1.0 / k), problem.means()
    ones = np.ones((k, d)) if diagonal else np.tile(np.eye(d), (k, 1, 1))
    model.covariances_ = model.precisions_ = model.precisions_cholesky_ = ones
    return model


def scikit_pass(problem: Problem, X: np.ndarray, diagonal: bool = False) -> Contestant:
    def run() -> None:
        model = fitted_scikit(problem, diagonal)
        _, log_resp = model._e_step(X)
        model._m_step(X, log_resp)

    return timed(run)


def scoring(problem: Problem, X: np.ndarray) -> dict[str, tuple[Contestant, Contestant]]:
    """The methods, by mixtura's kernel and by scikit-learn."""
    mine, theirs = scorer(mixture_of(problem, False)), fitted_scikit(problem, False)
    return {
        "predict_proba": (
            timed(lambda: mine.responsibilities(X)),
            timed(lambda: theirs.predict_proba(X)),
        ),
        "score_samples": (
            timed(lambda: mine.log_density(X)),
            timed(lambda: theirs.score_samples(X)),
        ),
        "predict": (timed(lambda: mine.labels(X)), timed(lambda: theirs.predict(X))),
    }


class OneDal:
    """oneDAL in its own environment; absent where that was not made."""

    def __init__(self, python: Path) -> None:
        self._process = (
            subprocess.Popen(
                [python, HERE / "onedal.py"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            if python.exists()
            else None
        )

    def pass_of(self, problem: Problem) -> Contestant | None:
        process = self._process
        if process is None:
            return None

        def milliseconds() -> float:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(json.dumps(asdict(problem)) + "\n")
            process.stdin.flush()
            return float(process.stdout.readline())

        return milliseconds

    def close(self) -> None:
        if self._process is not None:
            self._process.communicate()
