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
from pathlib import Path
from statistics import median

os.environ.update(
    dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
)

import fits
import numpy as np
import sklearn
import small
from contestants import Contestant, OneDal, arithmetic, mixtura_pass, scikit_pass, scoring
from data import GRID, Problem

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
    header = ["pass", "n, d, k", "ms", "against", "ms", "ratio"]
    return table(header, rows)


def threads(rounds: int) -> list[str]:
    """Two threads against one, beside what arithmetic in the cache gains at the same moments."""
    rows = []
    for n, d, k in GRID:
        problem = Problem(n, d, k)
        X = problem.rows()
        t = race(
            {
                "one": mixtura_pass(problem, X, clock=time.perf_counter),
                "two": mixtura_pass(problem, X, threads=2, clock=time.perf_counter),
                "arithmetic, one": arithmetic(1),
                "arithmetic, two": arithmetic(2),
            },
            3 * rounds,
        )
        gains = t["one"] / t["two"], t["arithmetic, one"] / t["arithmetic, two"]
        cells = f"{t['one']:.1f}", f"{t['two']:.1f}", *(f"{gain:.2f}" for gain in gains)
        rows.append([size(n, d, k), *cells])
        print(rows[-1], flush=True)
    header = ["n, d, k", "one thread, ms", "two threads, ms", "ratio", "ratio of bare arithmetic"]
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
    """Cost against n, k and d in turn, all pairs active, and the power of each that it follows."""
    rows = []
    n, d, k = 100_000, 16, 8
    for name, problems in (
        ("n", [Problem(n, d, k, 0.0) for n in (50_000, 100_000, 200_000, 400_000)]),
        ("k", [Problem(n, d, k, 0.0) for k in (4, 8, 16, 32, 64)]),
        ("d", [Problem(n, d, k, 0.0) for d in (16, 32, 64, 128)]),
    ):
        times = []
        for problem in problems:
            times.append(race({"mine": mixtura_pass(problem, problem.rows())}, rounds)["mine"])
            work = problem.n * problem.k * problem.d * (problem.d + 1)
            rows.append(
                [
                    size(problem.n, problem.d, problem.k),
                    f"{times[-1]:.1f}",
                    f"{1e6 * times[-1] / work:.3f}",
                ]
            )
        sizes = [getattr(problem, name) for problem in problems]
        power = np.polyfit(np.log(sizes), np.log(times), 1)[0]
        rows[-1].append(f"{name}^{power:.2f}")
        print(rows[-1], flush=True)
    rows = [[*row, ""][:4] for row in rows]
    return table(["n, d, k", "ms", "ns per n k d (d + 1)", "grows as"], rows)


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
    args = parser.parse_args()
    warnings.simplefilter("ignore")  # fits that are cut short on purpose
    onedal = OneDal(args.onedal)
    sections = [
        "# Benchmarks",
        "",
        f"Made by `make bench`. Processor: {processor()}, kernel: {kernels.describe()}; "
        f"scikit-learn {sklearn.__version__}, NumPy {np.__version__}, oneDAL by daal4py 2024.7.0. "
        f"One thread unless it says otherwise, medians of {args.rounds} rounds in which the "
        "contestants take turns. Times are processor time unless it says otherwise, since the "
        "machine is shared. Ratios are times over ours: the larger the better.",
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
        "## Two threads, clouds apart",
        "",
        "In wall-clock time. The last column is two threads against one on rows that stay in the "
        "cache, at the same moments: more than that the machine did not give.",
        "",
        *threads(args.rounds),
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
        "Start included. Ours has the loosest tolerance with which it is at least as likely. Our "
        "default is 1e-7.",
        "",
        *table(fits.HEADER, fits.fits()),
        "",
        "## Small tables",
        "",
        "Microseconds of processor time for an iteration on 300 x 4 (E and V: 300 x 1).",
        "",
        *table(["structure", "k = 3", "k = 9"], small.iterations()),
        "",
        "With noise, the default prior, the components of a tenth of the rows known, or a tenth of "
        "the cells missing.",
        "",
        *table(
            ["table", "structure", "without", "noise", "prior", "labels", "gaps"], small.additions()
        ),
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
