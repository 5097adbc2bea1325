"""Milliseconds of an M-step, and of a whole iteration, in more than a few columns.

Three groups of rows; "flat" tables have fewer rows than columns, so that every scatter is singular
and the floor holds the covariances.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

from small import groups

from mixtura import em
from mixtura.families import Gaussian
from mixtura.families.gaussian.structures import STRUCTURES, Structure
from mixtura.sources import ArraySource
from mixtura.starts.given import given_labels
from mixtura.stopping import fixed_length

K = 3
SIZES = [(178, 13), (569, 30), (1800, 60), (12, 13), (25, 30), (50, 60)]
ITERATIONS = 20
SECONDS = 1.0  # for one number; the first run counts if it takes longer


def best(run: Callable[[], int]) -> float:
    """Milliseconds for one of the things that a run does so many of."""
    fastest, spent = float("inf"), 0.0
    while spent < SECONDS:
        start = time.perf_counter()
        n = run()
        taken = time.perf_counter() - start
        fastest, spent = min(fastest, taken / n), spent + taken
    return 1e3 * fastest


def timed(structure: Structure, n: int, d: int) -> tuple[float, float, float]:
    """The first M-step, the second one (from the first one's covariances), and an iteration."""
    X, labels = groups(n, d, K)
    source, family = ArraySource(X), Gaussian(structure, 1e-6 * X.var(axis=0))
    start = em.gather(family, source, given_labels(labels, K)).statistics
    mixture = em.begin(family, source, given_labels(labels, K))
    statistics = em.e_step(mixture, source).statistics

    def first() -> int:
        family.maximize(start, None)
        return 1

    def second() -> int:
        family.maximize(statistics, mixture.params)
        return 1

    def iterations() -> int:
        return max(em.fit(mixture, source, stopping=fixed_length(ITERATIONS)).n_iter, 1)

    return best(first), best(second), best(iterations)


def table() -> str:
    """In Markdown: a line for each structure, a column for each size."""
    heads = [f"{n} x {d}" for n, d in SIZES]
    lines = ["| | " + " | ".join(heads) + " |", "|---|" + "---|" * len(heads)]
    for structure in STRUCTURES:
        cells = []
        for n, d in SIZES:
            cells.append(" ".join(f"{value:.3g}" for value in timed(structure, n, d)))
        lines.append(f"| {structure.name} | " + " | ".join(cells) + " |")
        print(lines[-1], flush=True)
    return "\n".join(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("MSTEPS.md"))
    args = parser.parse_args()
    args.out.write_text(table() + "\n")
