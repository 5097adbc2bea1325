"""Milliseconds of an M-step, and of a whole iteration, in more than a few columns."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from mixtura import em
from mixtura.families import Gaussian
from mixtura.families.gaussian.structures import STRUCTURES, Structure
from mixtura.sources import ArraySource
from mixtura.starts.given import given_labels
from mixtura.stopping import fixed_length

K = 3
# The last three have fewer rows than columns in each group: singular scatters, raised to the floor.
SIZES = [(178, 13), (569, 30), (1800, 60), (24, 13), (50, 30), (100, 60)]
ITERATIONS = 20
SECONDS = 0.3  # for one number, or one run if that takes longer
MARK = "## Now\n"


def groups(n: int, d: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows of groups that overlap, with heavy tails, and labels that are right for two thirds."""
    rng = np.random.default_rng(0)
    labels = np.arange(n) % K
    centers, mix = 0.7 * rng.normal(size=(K, d)), rng.normal(size=(d, d)) / np.sqrt(d) + np.eye(d)
    X = (rng.standard_t(8, size=(n, d)) + centers[labels]) @ mix
    return X, np.where(rng.random(n) < 0.5, labels, rng.integers(K, size=n))


def milliseconds(run: Callable[[], int]) -> float:
    """Of processor time for one of the things of which a run does so many, at its best."""
    fastest, spent = float("inf"), 0.0
    while spent < SECONDS:
        start, n, taken = time.process_time(), 0, 0.0
        while taken < 1e-3:  # the clock is no finer than some microseconds
            n += run()
            taken = time.process_time() - start
        fastest, spent = min(fastest, taken / n), spent + taken
    return 1e3 * fastest


def timed(structure: Structure, n: int, d: int) -> str:
    """The first M-step from the labels, and an iteration."""
    X, labels = groups(n, d)
    source, family = ArraySource(X), Gaussian(structure, 1e-6 * X.var(axis=0))
    start = given_labels(labels, K)
    statistics = em.gather(family, source, start).statistics
    mixture = em.begin(family, source, start)

    def m_step() -> int:
        family.maximize(statistics, None)
        return 1

    def iterations() -> int:
        return em.fit(mixture, source, stopping=fixed_length(ITERATIONS)).n_iter

    return f"{milliseconds(m_step):.2g}, {milliseconds(iterations):.2g}"


def table() -> str:
    """In Markdown: a line for each structure, a column for each size."""
    lines = ["| | " + " | ".join(f"{n} x {d}" for n, d in SIZES) + " |", "|---" * 7 + "|"]
    for structure in STRUCTURES:
        cells = [timed(structure, n, d) for n, d in SIZES]
        lines.append(f"| {structure.name} | " + " | ".join(cells) + " |")
        print(lines[-1], flush=True)
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("MSTEPS.md"))
    out = parser.parse_args().out
    before = out.read_text().split(MARK)[0] if out.exists() else ""
    out.write_text(before + MARK + "\n" + table())
