"""Run all benchmarks and write RESULTS.md: `make bench`.

The contestants take turns within each round, so that a busy moment of the machine hits all of
them; medians over the rounds are reported, and their ratios are what to look at.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from statistics import median

os.environ.update(
    dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
)

import numpy as np
import sklearn
import small
from contestants import Contestant, OneDal, mixtura_pass, scikit_pass, scoring
from data import GRID, Problem
from sklearn.mixture import GaussianMixture as ScikitGaussianMixture

import mixtura as mx
from mixtura import kernels

HERE = Path(__file__).parent


def race(contestants: dict[str, Contestant | None], rounds: int) -> dict[str, float]:
    """Median milliseconds of each contestant; nan for the absent."""
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, contestant in contestants.items():
            times[name].append(np.nan if contestant is None else contestant())
    return {name: median(values) for name, values in times.items()}


def table(header: list[str], rows: list[list[str]]) -> list[str]:
    lines = [header, ["---"] * len(header), *rows]
    return ["| " + " | ".join(line) + " |" for line in lines]


def size(n: int, d: int, k: int) -> str:
    return f"{n:,}, {d}, {k}"


def full_passes(onedal: OneDal, separation: float, rounds: int) -> list[str]:
    rows = []
    for n, d, k in GRID:
        problem = Problem(n, d, k, separation)
        X = problem.rows()
        contestants: dict[str, Contestant | None] = {
            name: mixtura_pass(problem, X, kernel=name)
            for name in kernels.available()
            if name != "baseline"
        }
        contestants["oneDAL"] = onedal.pass_of(problem)
        contestants["scikit-learn"] = scikit_pass(problem, X)
        t = race(contestants, rounds)
        best = t[kernels.available()[0]]
        ratios = [f"{t['scikit-learn'] / best:.1f}", f"{t['oneDAL'] / best:.2f}"]
        rows.append([size(n, d, k), *(f"{value:.1f}" for value in t.values()), *ratios])
        print(rows[-1], flush=True)
    header = [
        "n, d, k",
        *(f"{name}, ms" for name in contestants),
        "scikit-learn / ours",
        "oneDAL / ours",
    ]
    return table(header, rows)


def other_passes(rounds: int) -> list[str]:
    rows = []

    def add(
        what: str, n: int, d: int, k: int, other: str, mine: Contestant, theirs: Contestant
    ) -> None:
        t = race({"mine": mine, "theirs": theirs}, rounds)
        rows.append(
            [
                what,
                size(n, d, k),
                f"{t['mine']:.1f}",
                other,
                f"{t['theirs']:.1f}",
                f"{t['theirs'] / t['mine']:.2f}",
            ]
        )
        print(rows[-1], flush=True)

    n, d, k = 1_000_000, 8, 16
    problem = Problem(n, d, k)
    X = problem.rows()
    mine = mixtura_pass(problem, X, diagonal=True)
    add("diagonal", n, d, k, "scikit-learn", mine, scikit_pass(problem, X, diagonal=True))
    for n, d, k in GRID[2:]:
        problem, single = Problem(n, d, k), Problem(n, d, k, single=True)
        X, Y = problem.rows(), single.rows()
        one = mixtura_pass(problem, X)
        add("float32", n, d, k, "float64", mixtura_pass(single, Y), one)
    for n, d, k in GRID:
        problem = Problem(n, d, k)
        X = problem.rows()
        one = mixtura_pass(problem, X)
        add("two threads", n, d, k, "one thread", mixtura_pass(problem, X, threads=2), one)
    header = ["pass", "n, d, k", "ms", "against", "ms", "ratio"]
    return table(header, rows)


def scores(rounds: int) -> list[str]:
    rows = []
    for n, d, k in ((1_000_000, 2, 3), (200_000, 16, 32)):
        problem = Problem(n, d, k)
        X = problem.rows()
        for name, (mine, theirs) in scoring(problem, X).items():
            t = race({"mine": mine, "theirs": theirs}, rounds)
            ratio = t["theirs"] / t["mine"]
            rows.append(
                [name, size(n, d, k), f"{t['mine']:.1f}", f"{t['theirs']:.1f}", f"{ratio:.1f}"]
            )
            print(rows[-1], flush=True)
    return table(["method", "n, d, k", "ours, ms", "scikit-learn, ms", "ratio"], rows)


def growth(rounds: int) -> list[str]:
    """Cost against n, k and d, each doubled in turn, all pairs active."""
    rows = []
    for n, d, k in (
        (100_000, 16, 8),
        (200_000, 16, 8),
        (100_000, 16, 16),
        (100_000, 32, 8),
        (100_000, 64, 8),
    ):
        problem = Problem(n, d, k, separation=0.0)
        t = race({"mine": mixtura_pass(problem, problem.rows())}, rounds)["mine"]
        per = 1e6 * t / (n * k * d * (d + 1))
        rows.append([size(n, d, k), f"{t:.1f}", f"{per:.3f}"])
    return table(["n, d, k", "ms", "ns per n k d (d + 1)"], rows)


def seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def fits(large: bool) -> list[str]:
    """Whole fits, start included: scikit-learn's at tol=1e-6, ours until it is as high."""
    rows = []
    for n, d, k, separation in ((1_000_000, 2, 3, 1.5), (100_000, 16, 32, 1.0))[: 1 + large]:
        X = Problem(n, d, k, separation).rows()
        theirs = ScikitGaussianMixture(k, random_state=0, tol=1e-6, max_iter=1000)
        scikit = seconds(lambda theirs=theirs, X=X: theirs.fit(X))
        goal = theirs.score(X)
        whole = mx.GaussianMixture(k, random_state=0)
        to_the_end = seconds(lambda whole=whole, X=X: whole.fit(X))
        higher = [i for i, objective in enumerate(whole.trace_) if objective >= goal]
        steps = higher[0] if higher else whole.n_iter_
        short = mx.GaussianMixture(k, random_state=0, max_iter=steps)
        ours = seconds(lambda short=short, X=X: short.fit(X))
        rows.append(
            [
                size(n, d, k),
                f"{scikit:.2f}",
                f"{theirs.n_iter_}",
                f"{goal:.6f}",
                f"{ours:.2f}",
                f"{steps}",
                f"{short.lower_bound_:.6f}",
                f"{scikit / ours:.1f}",
                f"{to_the_end:.2f}",
                f"{whole.n_iter_}",
                f"{whole.lower_bound_:.6f}",
            ]
        )
        print(rows[-1], flush=True)
    header = [
        "n, d, k",
        "scikit-learn, s",
        "iterations",
        "score",
        "ours, s",
        "iterations",
        "score",
        "ratio",
        "ours to convergence, s",
        "iterations",
        "score",
    ]
    return table(header, rows)


def memory() -> list[str]:
    """What a fit takes beside its table, each in a process of its own."""
    rows = []
    for n, d, k in ((5_000_000, 2, 10), (200_000, 16, 32)):
        extra = {}
        for name in ("ours", "scikit-learn"):
            command = [sys.executable, HERE / "memory.py", name, *map(str, (n, d, k))]
            answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout
            table_size, extra[name] = map(float, answer.split())
        rows.append([size(n, d, k), *(f"{v:.0f}" for v in (table_size, *extra.values()))])
        print(rows[-1], flush=True)
    return table(["n, d, k", "the table, MiB", "ours, MiB", "scikit-learn, MiB"], rows)


def processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--onedal", type=Path, default=HERE / ".onedal/bin/python")
    parser.add_argument("--large-fit", action="store_true", help="minutes of scikit-learn")
    args = parser.parse_args()
    warnings.simplefilter("ignore")  # fits that are cut short on purpose
    onedal = OneDal(args.onedal)
    sections = [
        "# Benchmarks",
        "",
        f"Made by `make bench`. Processor: {processor()}, kernel: {kernels.describe()}; "
        f"scikit-learn {sklearn.__version__}, NumPy {np.__version__}, oneDAL by daal4py 2024.7.0. "
        f"One thread unless it says otherwise, medians of {args.rounds} rounds in which the "
        "contestants take turns. Ratios are times over ours: the larger the better.",
        "",
        "## One EM pass, full covariances, float64, clouds apart (means drawn with deviation 3)",
        "",
        *full_passes(onedal, 3.0, args.rounds),
        "",
        "## The same with all clouds in one place: every pair of row and component counts",
        "",
        *full_passes(onedal, 0.0, args.rounds),
        "",
        "## Other passes, clouds apart",
        "",
        *other_passes(args.rounds),
        "",
        "## Scoring, clouds apart",
        "",
        *scores(args.rounds),
        "",
        "## Growth of the cost, all pairs counting",
        "",
        *growth(args.rounds),
        "",
        "## Whole fits",
        "",
        *fits(args.large_fit),
        "",
        "## Small tables",
        "",
        "Microseconds of processor time for an iteration on 300 x 4 (E and V: 300 x 1).",
        "",
        *table(["structure", "k = 3", "k = 9"], small.iterations()),
        "",
        "The default search, 1 to 9 components.",
        "",
        *table(["table", "candidates", "starts of the best", "seconds"], small.searches()),
        "",
        "## Memory of a fit beside its table",
        "",
        *memory(),
        "",
    ]
    onedal.close()
    notes = HERE / "NOTES.md"
    (HERE / "RESULTS.md").write_text("\n".join(sections) + "\n" + notes.read_text())


if __name__ == "__main__":
    main()
