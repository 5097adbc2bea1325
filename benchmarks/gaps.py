"""Milliseconds of a pass over a table with missing cells, beside that over the complete table."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from mixtura.assignments import soft
from mixtura.families import Gaussian, GaussianParameters, StudentT, StudentTParameters
from mixtura.families.gaussian.structures import VVI, VVV, Structure
from mixtura.kernels import describe
from mixtura.kernels.estep_dispatch import fused_pass
from mixtura.mixture import Mixture
from mixtura.patterns import Patterns
from mixtura.sources import ArraySource, block_rows

K = 5
#: Rows, columns, share of missing cells, and how far apart the components lie.
TABLES = [
    (100_000, 8, 0.1, 1.0),
    (100_000, 8, 0.1, 3.0),
    (100_000, 32, 0.02, 1.0),
    (100_000, 32, 0.02, 3.0),
    (20_000, 50, 0.1, 1.0),
    (100_000, 8, 0.5, 1.0),
]
ROUNDS = 20


def a_case(n: int, d: int, share: float, apart: float, structure: Structure) -> tuple[Any, ...]:
    """A mixture, a table from it, and the same with cells missing at random."""
    rng = np.random.default_rng(0)
    root = rng.normal(size=(K, d, d)) / np.sqrt(d)
    dense = root @ root.transpose(0, 2, 1) + 0.3 * np.eye(d)
    scatter = np.diagonal(dense, axis1=1, axis2=2).copy() if structure.diagonal else dense
    covariances = structure.estimate(np.ones(K), scatter, np.zeros(d))
    params = GaussianParameters(apart * rng.normal(size=(K, d)), covariances)
    mixture = Mixture(Gaussian(structure, np.zeros(d)), params, np.full(K, 1.0 / K))
    X = rng.permutation(mixture.sample(n, rng)[0])
    return mixture, X, np.where(rng.random(X.shape) < share, np.nan, X)


def with_tails(mixture: Mixture[Any, Any]) -> Mixture[Any, Any]:
    params = StudentTParameters.of(mixture.params, np.full(K, 5.0))
    family: Any = mixture.family
    return Mixture(StudentT(family.structure, family.floor), params, mixture.weights)


def fastest(*runs: Callable[[], object]) -> list[float]:
    """Milliseconds of processor time of each at its best, taking turns."""
    best = [float("inf")] * len(runs)
    for _ in range(ROUNDS):
        for place, run in enumerate(runs):
            start = time.process_time()
            run()
            best[place] = min(best[place], 1e3 * (time.process_time() - start))
    return best


def pass_over(mixture: Mixture[Any, Any], X: np.ndarray) -> Callable[[], object]:
    source = ArraySource(X, None, block_rows(X.shape[1], K))
    fused = fused_pass(mixture, soft)
    assert fused is not None
    return lambda: fused(source)


def main() -> None:
    print(f"{describe()}, one thread, K = {K}")
    print("| table | missing | apart | patterns | components | complete | with gaps | ratio |")
    print("|---" * 8 + "|")
    for n, d, share, apart in TABLES:
        for structure in (VVV, VVI):
            gaussian, complete, gappy = a_case(n, d, share, apart, structure)
            for mixture in (gaussian, with_tails(gaussian)):
                times = fastest(pass_over(mixture, complete), pass_over(mixture, gappy))
                name = f"{type(mixture.family).__name__} {structure.name}"
                print(
                    f"| {n:,} x {d} | {share:.0%} | {apart:g} | {len(Patterns.of(gappy)):,} | "
                    f"{name} | {times[0]:.1f} | {times[1]:.1f} | {times[1] / times[0]:.1f} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
