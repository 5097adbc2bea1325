"""Where the kin of EM end from the same twenty starts: benchmarks/KIN.md, and a picture."""

from __future__ import annotations

import argparse
import warnings
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from sklearn.cluster import KMeans
from sklearn.datasets import load_iris, load_wine

import mixtura as mx

STARTS = 20
SETTLING, RANDOM = 1000, 300
# Nats in all within which an end counts as the best one: random walks end a little below it.
NEAR = 1.0
MARK = "## Now\n"
EXAMPLES = Path(__file__).parents[1] / "examples"

#: With the most iterations of a stage: random ones make them all.
ALGORITHMS: dict[str, tuple[Any, int]] = {
    "em": ("em", SETTLING),
    "hard": ("hard", SETTLING),
    "stochastic": ("stochastic", RANDOM),
    "stochastic, mean": (mx.Stochastic(returns="mean"), RANDOM),
    "saem": ("saem", RANDOM),
    "annealed": ("annealed", SETTLING),
    "hard, em": (("hard", "em"), SETTLING),
    "stochastic, em": (("stochastic", "em"), RANDOM),
    "saem, em": (("saem", "em"), RANDOM),
}


@dataclass(frozen=True)
class Problem:
    """A table, and the mixture that is fitted to it."""

    name: str
    X: np.ndarray
    k: int
    covariance_type: str


def species(n: int = 300) -> np.ndarray:
    """Weights of animals: half are of one species, half of another, and the curves overlap."""
    rng = np.random.default_rng(506)
    return np.concatenate([rng.normal(4.0, 0.5, n // 2), rng.normal(5.2, 0.6, n // 2)])[:, None]


def grid() -> np.ndarray:
    rng = np.random.default_rng(0)
    return np.concatenate(
        [rng.normal(size=(40, 2)) * 0.25 + [i, j] for i in range(4) for j in range(3)]
    )


def unequal() -> np.ndarray:
    """A wide cloud of 300 rows, and two small ones of 30 within it."""
    rng = np.random.default_rng(0)
    small = [rng.normal(size=(30, 2)) * 0.3 + center for center in ([3.0, 0.0], [3.0, 2.0])]
    return np.concatenate([rng.normal(size=(300, 2)), *small])


def penguins() -> np.ndarray:
    table = pl.read_csv(EXAMPLES / "penguins.csv", null_values="NA")
    return table.select(pl.col(pl.Float64, pl.Int64).exclude("year")).drop_nulls().to_numpy()


def problems() -> list[Problem]:
    wine = load_wine().data
    return [
        Problem("two species, 300 x 1", species(), 2, "V"),
        Problem("iris, 150 x 4", load_iris().data, 3, "full"),
        Problem("penguins, 342 x 4", penguins(), 3, "full"),
        Problem("wine, standardised, 178 x 13", (wine - wine.mean(0)) / wine.std(0), 3, "diag"),
        Problem("12 balls on a grid, 480 x 2", grid(), 12, "spherical"),
        Problem("two small clouds within a wide one, 360 x 2", unequal(), 3, "full"),
    ]


def ends(problem: Problem, algorithm: Any, max_iter: int) -> list[mx.GaussianMixture]:
    """A fit from each start; starts are the same for all algorithms."""
    return [
        mx.GaussianMixture(
            problem.k,
            covariance_type=problem.covariance_type,
            algorithm=algorithm,
            init_params="random_from_data",
            n_init=1,
            max_iter=max_iter,
            random_state=seed,
        ).fit(problem.X)
        for seed in range(STARTS)
    ]


def sound(fit: mx.GaussianMixture) -> bool:
    return not fit.collapsed_ and not fit.spurious_


def where_they_end(problem: Problem) -> list[str]:
    fits = {name: ends(problem, *asked) for name, asked in ALGORITHMS.items()}
    best = max(fit.log_likelihood_ for each in fits.values() for fit in each if sound(fit))
    lines = [
        f"### {problem.name}: k = {problem.k}, `{problem.covariance_type}`",
        "",
        f"Best sound end: {best:,.2f} nats.",
        "",
        "| algorithm | found it | short of it: median | largest | iterations: median | not sound |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for name, each in fits.items():
        kept = [fit for fit in each if sound(fit)]
        short = np.array([best - fit.log_likelihood_ for fit in kept])
        passes = np.median([sum(stage.n_iter for stage in fit.stages_) for fit in each])
        told = f"{np.median(short):.2f} | {short.max():.2f}" if kept else "| "
        lines.append(
            f"| {name} | {(short < NEAR).sum()} of {STARTS} | {told} | {passes:.0f} "
            f"| {STARTS - len(kept)} |"
        )
    return [*lines, ""]


def picture() -> str:
    """The weights of both species, and below them the means that each algorithm ended at."""
    problem = problems()[0]
    left, top, width, row = 110.0, 110.0, 470.0, 30.0
    low, high = 2.5, 7.0
    counts, edges = np.histogram(problem.X, np.linspace(low, high, 46))

    def x(weight: float) -> float:
        return left + width * (weight - low) / (high - low)

    names = ("em", "hard", "stochastic", "saem", "annealed")
    bottom = top + row * len(names)
    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 600 310" font-family="sans-serif" '
        'font-size="12">',
        '<rect width="600" height="310" fill="white"/>',
        '<text x="8" y="20">300 animals</text>',
    ]
    for count, edge, end in zip(counts, edges, edges[1:], strict=False):
        tall = 80.0 * count / counts.max()
        parts.append(
            f'<rect x="{x(edge):.1f}" y="{top - 12 - tall:.1f}" width="{x(end) - x(edge) - 1:.1f}" '
            f'height="{tall:.1f}" fill="#c8c8c8"/>'
        )
    for truth in (4.0, 5.2):
        parts.append(
            f'<line x1="{x(truth):.1f}" x2="{x(truth):.1f}" y1="14" y2="{bottom:.1f}" '
            'stroke="black" stroke-dasharray="3 3"/>'
        )
    for place, name in enumerate(names):
        y = top + row * (place + 0.5)
        parts.append(f'<text x="8" y="{y + 4:.1f}">{name}</text>')
        for fit in ends(problem, *ALGORITHMS[name]):
            for mean, color in zip(sorted(fit.means_.ravel()), ("#0072b2", "#d55e00"), strict=True):
                parts.append(
                    f'<circle cx="{x(mean):.1f}" cy="{y:.1f}" r="6" fill="{color}" '
                    'fill-opacity="0.25"/>'
                )
    parts.append(f'<path d="M{x(low)} {bottom}H{x(high)}" stroke="black"/>')
    for kilos in (3, 4, 5, 6, 7):
        parts.append(
            f'<text x="{x(kilos):.1f}" y="{bottom + 18}" text-anchor="middle">{kilos}</text>'
        )
    parts.append(f'<text x="{x(4.75):.1f}" y="{bottom + 40}" text-anchor="middle">kilograms</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def draws_and_means() -> list[str]:
    """By how many nats a chain, its best and its mean lie below the maximum, with parameters."""
    lines = [
        "### The best of a chain, and its mean",
        "",
        "Two Gaussian clouds, one of a third of the rows; 200 iterations from nearly right labels; "
        "nats in all below the maximum, mean of six seeds.",
        "",
        "| rows, columns, apart | parameters | a draw | best draw | mean of the chain | SAEM |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    sizes = [(300, 1, 2.5), (3000, 2, 2.5), (1000, 4, 2.0), (2000, 8, 1.5)]
    return [*lines, *(a_draw_and_others(*size) for size in sizes), ""]


def a_draw_and_others(n: int, d: int, apart: float) -> str:
    X = np.random.default_rng(0).normal(size=(n, d))
    X[: n // 3] += apart
    init = (X.sum(axis=1) > apart * d / 2).astype(int)

    def fits(algorithm: Any, n_seeds: int = 6) -> list[mx.GaussianMixture]:
        make = partial(mx.GaussianMixture, 2, init_params=init, n_init=1, max_iter=200)
        return [make(algorithm=algorithm, random_state=seed).fit(X) for seed in range(n_seeds)]

    (top,) = fits("em", 1)
    walks = fits("stochastic")
    objectives = [
        np.mean([walk.chain_.objectives.mean() for walk in walks if walk.chain_ is not None]),
        *(
            np.mean([fit.lower_bound_ for fit in each])
            for each in (walks, fits(mx.Stochastic(returns="mean")), fits("saem"))
        ),
    ]
    told = " | ".join(f"{n * (top.lower_bound_ - objective):.2f}" for objective in objectives)
    return f"| {n:,}, {d}, {apart} | {top.n_parameters_} | {told} |"


def beside_k_means() -> list[str]:
    """Hard EM of equal balls from the starts of k-means."""
    lines = [
        "### Hard EM of equal balls, and k-means",
        "",
        "Twenty starts each from k rows; `KMeans(init=centers, n_init=1, algorithm='lloyd', "
        "tol=0)`.",
        "",
        "| table | k | same labels | largest difference of centers |",
        "|---|---:|---:|---:|",
    ]
    for problem in problems():
        same, apart = 0, 0.0
        for seed in range(STARTS):
            rng = np.random.default_rng(seed)
            centers = problem.X[rng.choice(len(problem.X), problem.k, replace=False)]
            means = KMeans(problem.k, init=centers, n_init=1, algorithm="lloyd", tol=0.0)
            means.fit(problem.X)
            ours = mx.GaussianMixture(
                problem.k,
                covariance_type="EII",
                equal_weights=True,
                algorithm="hard",
                means_init=centers,
                tol=0.0,
            ).fit(problem.X)
            same += bool((ours.predict(problem.X) == means.labels_).all())
            apart = max(apart, float(np.abs(ours.means_ - means.cluster_centers_).max()))
        lines.append(f"| {problem.name} | {problem.k} | {same} of {STARTS} | {apart:.1e} |")
    return [*lines, ""]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("KIN.md"))
    parser.add_argument("--figure", type=Path, default=Path("docs/images/species.svg"))
    options = parser.parse_args()
    out = options.out
    warnings.simplefilter("ignore")
    options.figure.write_text(picture(), encoding="utf-8")
    lines = [line for problem in problems() for line in where_they_end(problem)]
    lines += draws_and_means() + beside_k_means()
    before = out.read_text(encoding="utf-8").partition(MARK)[0] if out.exists() else ""
    out.write_text(before + MARK + "\n" + "\n".join(lines).rstrip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
