"""Passes and fits of other families than Gaussians against StepMix and pomegranate.

`make bench-families` writes FAMILIES.md. The contestants take turns within each round, each in a
process of its own; medians over the rounds are reported.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any, TypeVar

os.environ.update(
    dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
)

import numpy as np
import polars as pl
from data import Problem
from family_data import (
    MIXED_GROUPS,
    MIXED_ROWS,
    FamilyProblem,
    mixed_rows,
    random_responsibilities,
)
from run import processor, table

import mixtura as mx
from mixtura import em, kernels
from mixtura.families import (
    Bernoulli,
    BernoulliParameters,
    Categorical,
    CategoricalParameters,
    Gaussian,
    Poisson,
    PoissonParameters,
    StudentT,
    StudentTParameters,
)
from mixtura.families.gaussian.structures import VVV
from mixtura.mixture import Mixture
from mixtura.sources import ArraySource, block_rows
from mixtura.starts.given import given_responsibilities
from mixtura.stopping import fixed_length

HERE = Path(__file__).parent

T = TypeVar("T")

#: Seconds of processor time and of wall-clock time.
Times = tuple[float, float]
Contestant = Callable[[], Times]

PASSES = {
    "Bernoulli": FamilyProblem(1_000_000, 20, 5, 2),
    "categorical, 5 levels": FamilyProblem(1_000_000, 20, 5, 5),
    "Poisson": FamilyProblem(1_000_000, 20, 5, 0),
}
LATENT_CLASSES = FamilyProblem(20_000, 10, 4, 4)
SMALL = {
    "Bernoulli": FamilyProblem(200, 10, 3, 2),
    "categorical, 4 levels": FamilyProblem(200, 10, 3, 4),
    "Poisson": FamilyProblem(200, 10, 3, 0),
}
SEEDS = (0, 1, 2)


def limited(threads: int) -> dict[str, str]:
    """The environment of a process with so many threads."""
    names = "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"
    return {**os.environ, **dict.fromkeys(names, str(threads))}


class Rivals:
    """StepMix and pomegranate, kept running."""

    def __init__(self, python: Path, threads: int) -> None:
        self._process = subprocess.Popen(
            [python, HERE / "family_rivals.py"],
            env=limited(threads),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.versions = self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def ask(self, what: str, problem: FamilyProblem, **more: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        question = {"what": what, "problem": asdict(problem), **more}
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def pass_of(self, rival: str, problem: FamilyProblem) -> Contestant:
        def times() -> Times:
            answer = self.ask("pass", problem, rival=rival)
            return answer["processor"], answer["wall"]

        return times

    def close(self) -> None:
        self._process.communicate()


def mixture_of(problem: FamilyProblem) -> Mixture[Any, Any]:
    params, weights = problem.parameters(), np.full(problem.k, 1.0 / problem.k)
    if problem.levels == 0:
        return Mixture(Poisson(), PoissonParameters(params), weights)
    if problem.levels == 2:
        return Mixture(Bernoulli(), BernoulliParameters(params[:, :, 1]), weights)
    family = Categorical((problem.levels,) * problem.d)
    shares = params.reshape(problem.k, -1)
    return Mixture(family, CategoricalParameters(shares, family.levels), weights)


def source_of(problem: FamilyProblem, threads: int = 1) -> ArraySource:
    return ArraySource(problem.rows(), None, block_rows(problem.d, problem.k), threads)


def timed(run: Callable[[], T]) -> tuple[Times, T]:
    cpu, wall = time.process_time(), time.perf_counter()
    result = run()
    return (time.process_time() - cpu, time.perf_counter() - wall), result


def our_pass(mixture: Mixture[Any, Any], source: ArraySource, kernel: str = "auto") -> Contestant:
    def run() -> None:
        with kernels.use(kernel):
            mixture.maximize(em.e_step(mixture, source))

    return lambda: timed(run)[0]


def race(contestants: dict[str, Contestant], rounds: int) -> dict[str, Times]:
    """Median times of each contestant, after one round that does not count."""
    times: dict[str, list[Times]] = {name: [] for name in contestants}
    for turn in range(rounds + 1):
        for name, contestant in contestants.items():
            seen = contestant()
            if turn:
                times[name].append(seen)
    return {
        name: (median(t[0] for t in seen), median(t[1] for t in seen))
        for name, seen in times.items()
    }


def passes(rivals: Rivals, threads: int, rounds: int) -> list[str]:
    """Ours with one thread, the rivals with so many."""
    rows = []
    for name, problem in PASSES.items():
        mixture, source = mixture_of(problem), source_of(problem)
        contestants = {
            "mixtura": our_pass(mixture, source),
            "NumPy composition": our_pass(mixture, source, "numpy"),
            "pomegranate": rivals.pass_of("pomegranate", problem),
        }
        if problem.levels:  # StepMix has no counts
            contestants["StepMix"] = rivals.pass_of("StepMix", problem)
        times = race(contestants, rounds)
        rivals.ask("forget", problem)
        ours = times["mixtura"]
        for contestant, (cpu, wall) in times.items():
            ratios = f"{cpu / ours[0]:.1f}", f"{wall / ours[1]:.1f}"
            cells = f"{1e3 * cpu:.1f}", f"{1e3 * wall:.1f}"
            how = contestant
            if contestant in ("pomegranate", "StepMix"):
                how += f", {threads} thread{'s' if threads > 1 else ''}"
            rows.append([name, how, *cells, *ratios])
            print(rows[-1], flush=True)
    header = ["pass", "contestant", "processor, ms", "wall, ms", "processor / ours", "wall / ours"]
    return table(header, rows)


def two_threads(rounds: int) -> list[str]:
    rows = []
    for name, problem in PASSES.items():
        mixture = mixture_of(problem)
        times = race({str(n): our_pass(mixture, source_of(problem, n)) for n in (1, 2)}, rounds)
        one, two = times["1"][1], times["2"][1]
        rows.append([name, f"{1e3 * one:.1f}", f"{1e3 * two:.1f}", f"{one / two:.2f}"])
        print(rows[-1], flush=True)
    return table(["pass", "one thread, wall ms", "two threads, wall ms", "ratio"], rows)


def small_tables(rounds: int) -> list[str]:
    """Microseconds of an iteration, the median of many."""
    rows = []
    for name, problem in SMALL.items():
        source, cells = source_of(problem), []
        for kernel in ("auto", "numpy"):
            mixture, times = mixture_of(problem), []
            with kernels.use(kernel):
                for _ in range(200 * rounds):
                    start = time.perf_counter()
                    mixture = mixture.maximize(em.e_step(mixture, source))
                    times.append(time.perf_counter() - start)
            cells.append(f"{1e6 * median(times):.1f}")
        rows.append([name, *cells])
        print(rows[-1], flush=True)
    return table(["200 x 10, k = 3", "mixtura, us", "NumPy composition, us"], rows)


def fits(rivals: Rivals) -> list[str]:
    """Latent class fits from the same responsibilities."""
    problem, rows = LATENT_CLASSES, []
    X = problem.rows()
    source = ArraySource(X, None, block_rows(problem.d, problem.k))
    family = Categorical((problem.levels,) * problem.d)
    for seed in SEEDS:
        resp = random_responsibilities(problem.n, problem.k, seed)
        theirs = rivals.ask("fit", problem, seed=seed)
        n_iter = theirs["n_iter"]

        def plain(resp: np.ndarray = resp, n_iter: int = n_iter) -> em.Fit[Any, Any]:
            first = em.begin(family, source, given_responsibilities(resp))
            first = Mixture(family, first.params, np.full(problem.k, 1.0 / problem.k))
            return em.fit(first, source, stopping=fixed_length(n_iter))

        def default(resp: np.ndarray = resp) -> mx.CategoricalMixture:
            return mx.CategoricalMixture(problem.k, init_params=resp).fit(X)

        same_times, same = timed(plain)
        times, ours = timed(default)
        for how, (cpu, wall), iterations, log_likelihood in (
            ("StepMix", (theirs["processor"], theirs["wall"]), n_iter, theirs["log_likelihood"]),
            ("mixtura, as many iterations of plain EM", same_times, same.n_iter, same.objective),
            ("mixtura, all defaults", times, ours.n_iter_, ours.lower_bound_),
        ):
            cells = f"{cpu:.3f}", f"{wall:.3f}", str(iterations), f"{log_likelihood:.9f}"
            rows.append([str(seed), how, *cells, f"{theirs['processor'] / cpu:.0f}"])
            print(rows[-1], flush=True)
    header = ["seed", "fit", "processor, s", "wall, s", "iterations", "log-likelihood a row"]
    return table([*header, "StepMix's processor time / this"], rows)


def mixed(rivals: Rivals) -> list[str]:
    """Whole fits of a table of measurements, categories and counts."""
    measured, codes, counts = mixed_rows(MIXED_ROWS, MIXED_GROUPS)
    levels = np.array(list("abcde"))[codes.astype(int)]
    columns = [(f"x{a}", x) for a, x in enumerate(measured.T)]
    columns += [(f"c{a}", c) for a, c in enumerate(levels.T)]
    without = pl.DataFrame(dict(columns))
    whole = without.with_columns(
        **{f"n{a}": pl.Series(x.astype(np.int64)) for a, x in enumerate(counts.T)}
    )
    theirs = rivals.ask("mixed", FamilyProblem(MIXED_ROWS, 10, MIXED_GROUPS, 5))
    rows = [
        ["StepMix, 10 columns, one start", theirs["processor"], theirs["wall"], theirs["n_iter"]]
    ]
    for name, frame, options in (
        ("mixtura, the same columns, one start", without, {"covariance_type": "diag", "n_init": 1}),
        ("mixtura, 12 columns, full covariances, all defaults", whole, {}),
    ):
        model = mx.MixedMixture(MIXED_GROUPS, random_state=0, **options)
        times, fitted = timed(lambda model=model, frame=frame: model.fit(frame))
        rows.append([name, *times, fitted.n_iter_])
        print(rows[-1], flush=True)
    header = ["fit", "processor, s", "wall, s", "iterations", "StepMix's processor time / this"]
    return table(
        header,
        [[n, f"{c:.2f}", f"{w:.2f}", str(i), f"{rows[0][1] / c:.1f}"] for n, c, w, i in rows],
    )


#: Tables of which passes of t distributions are timed beside those of Gaussians.
TAILS = [
    Problem(1_000_000, 2, 3, 3.0),
    Problem(500_000, 5, 8, 3.0),
    Problem(200_000, 10, 10, 3.0),
    Problem(50_000, 32, 16, 3.0),
    Problem(50_000, 32, 16, 0.0),
]


def tails(rounds: int) -> list[str]:
    """Passes of t distributions, full scale matrices, beside Gaussian ones of the same places."""
    rows = []
    for problem in TAILS:
        X = problem.rows()
        source = ArraySource(X, None, block_rows(problem.d, problem.k))
        gaussian = mx.GaussianMixture(problem.k, max_iter=1, n_init=1, random_state=0)
        params = gaussian.fit(X).mixture_.params
        weights = np.full(problem.k, 1.0 / problem.k)
        family = Gaussian(VVV, np.zeros(problem.d))
        student = StudentT(VVV, np.zeros(problem.d))
        dof = np.full(problem.k, 5.0)
        tailed = StudentTParameters(params.means, params.covariances, dof)
        times = race(
            {
                "Gaussian": our_pass(Mixture(family, params, weights), source),
                "t": our_pass(Mixture(student, tailed, weights), source),
            },
            rounds,
        )
        one, other = times["Gaussian"][0], times["t"][0]
        name = f"{problem.n:,}, {problem.d}, {problem.k}"
        place = "apart" if problem.separation else "in one place"
        rows.append([name, place, f"{1e3 * one:.1f}", f"{1e3 * other:.1f}", f"{other / one:.2f}"])
        print(rows[-1], flush=True)
    return table(["n, d, k", "clouds", "Gaussian, ms", "t, ms", "t / Gaussian"], rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rivals", type=Path, default=HERE / ".families/bin/python")
    parser.add_argument("--out", type=Path, default=HERE / "FAMILIES.md")
    args = parser.parse_args()
    one, two = Rivals(args.rivals, 1), Rivals(args.rivals, 2)
    rivals = ", ".join(f"{name} {number}" for name, number in one.versions.items())
    sections = [
        "# Families other than Gaussians",
        "",
        f"Made by `make bench-families`. Processor: {processor()}, {platform.machine()}; kernel: "
        f"{kernels.describe()}; the rivals' environment has {rivals}, ours NumPy "
        f"{np.__version__}. Medians of {args.rounds} rounds in which the contestants take turns, "
        "each in a process of its own. The machine has two cores and is shared: processor time is "
        "what to look at. Ratios are times over ours: the larger the better.",
        "",
        "## One EM pass of 1,000,000 x 20, k = 5, one thread",
        "",
        "Ours and StepMix in float64, pomegranate in float32 (levels as int64). StepMix has no "
        "counts.",
        "",
        *passes(one, 1, args.rounds),
        "",
        "## The same, the rivals with two threads, ours with one",
        "",
        "Medians of three rounds.",
        "",
        *passes(two, 2, min(args.rounds, 3)),
        "",
        "## Ours with two threads",
        "",
        *two_threads(args.rounds),
        "",
        "## Latent classes: 20,000 x 10, 4 levels, k = 4, whole fits",
        "",
        "From the responsibilities that StepMix draws for the seed; its tolerance is its default, "
        "1e-10 a row for the last gain, ours 1e-7 for the last and the projected gains.",
        "",
        *fits(one),
        "",
        f"## Mixed tables: {MIXED_ROWS:,} rows, k = {MIXED_GROUPS}, whole fits",
        "",
        "Five measurements, five categories of five levels and two counts. StepMix has no counts.",
        "",
        *mixed(one),
        "",
        "## Passes of t distributions beside Gaussian ones",
        "",
        "Five degrees of freedom, full scale matrices; processor time. In few dimensions the "
        "logarithm for each row and component is what takes the time; in many, shares that are "
        "too small to matter are left out of Gaussian passes where the clouds are apart, and tails "
        "have few of them.",
        "",
        *tails(args.rounds),
        "",
        "## Small tables: an iteration",
        "",
        *small_tables(args.rounds),
        "",
        "How it is made so fast: [decision 33](../docs/decisions/0033-linear-pass.md).",
    ]
    one.close()
    two.close()
    args.out.write_text("\n".join(sections) + "\n")


if __name__ == "__main__":
    main()
