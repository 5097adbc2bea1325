"""Mini-batches beside EM: passes over the rows and seconds to the same maximum.

And a stream of groups that move, followed with a half-life and without.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

import mixtura as mx

N, SEEDS = 1_000_000, (0, 1)
CALLS, ROWS_PER_CALL, DRIFT = 300, 200, 0.03
HALF_LIVES = (None, 500, 2_000)


def gaussians(n: int, d: int, k: int, spread: float, seed: int) -> np.ndarray:
    """Rows of k overlapping Gaussians, sorted by group."""
    rng = np.random.default_rng(seed)
    means, roots = rng.normal(size=(k, d)) * spread, rng.normal(size=(k, d, d)) / 2 + np.eye(d)
    sizes = rng.multinomial(n, rng.dirichlet(np.full(k, 5.0)))
    return np.concatenate(
        [means[j] + rng.normal(size=(sizes[j], d)) @ roots[j].T for j in range(k)]
    )


def counts(n: int, d: int, k: int, seed: int) -> np.ndarray:
    """Rows of k groups of counts, sorted by group."""
    rng = np.random.default_rng(seed)
    rates, weights = rng.gamma(2.0, 1.5, size=(k, d)), rng.dirichlet(np.full(k, 5.0))
    groups = np.repeat(np.arange(k), rng.multinomial(n, weights))
    return rng.poisson(rates[groups]).astype(np.float64)


def answers(n: int, d: int, k: int, seed: int) -> np.ndarray:
    """Rows of k groups of yes and no, sorted by group."""
    rng = np.random.default_rng(seed)
    p, weights = rng.beta(0.8, 0.8, size=(k, d)), rng.dirichlet(np.full(k, 5.0))
    groups = np.repeat(np.arange(k), rng.multinomial(n, weights))
    return (rng.random((n, d)) < p[groups]).astype(np.float64)


TABLES: dict[str, tuple[type, int, Callable[[int], np.ndarray]]] = {
    "Gaussian, d 5, k 5": (mx.GaussianMixture, 5, lambda n: gaussians(n, 5, 5, 1.0, 1)),
    "Gaussian, d 5, k 5, other": (mx.GaussianMixture, 5, lambda n: gaussians(n, 5, 5, 0.7, 11)),
    "Gaussian, d 6, k 6": (mx.GaussianMixture, 6, lambda n: gaussians(n, 6, 6, 0.3, 21)),
    "Gaussian, d 8, k 6": (mx.GaussianMixture, 6, lambda n: gaussians(n, 8, 6, 0.3, 13)),
    "Gaussian, d 10, k 8": (mx.GaussianMixture, 8, lambda n: gaussians(n, 10, 8, 0.2, 22)),
    "Poisson, d 6, k 5": (mx.PoissonMixture, 5, lambda n: counts(n, 6, 5, 3)),
    "Poisson, d 5, k 8": (mx.PoissonMixture, 8, lambda n: counts(n, 5, 8, 4)),
    "Bernoulli, d 10, k 5": (mx.BernoulliMixture, 5, lambda n: answers(n, 10, 5, 5)),
}

WAYS = {
    "EM": {"acceleration": None, "max_iter": 2_000},
    "accelerated": {"acceleration": "early", "max_iter": 2_000},
    "mini-batches": {"algorithm": "minibatch"},
}


def run(make: type, k: int, X: np.ndarray, seed: int, way: str) -> tuple[int, float, float, str]:
    """Passes, objective, seconds and status of a fit from one start of k-means."""
    start = time.perf_counter()
    fit = make(k, n_init=1, random_state=seed, **WAYS[way]).fit(X)
    seconds = time.perf_counter() - start
    return fit.n_iter_ + 1, fit.lower_bound_, seconds, fit.status_


def compare(n: int, seeds: Sequence[int], names: Sequence[str]) -> str:
    lines = [
        "| table | seed | EM: passes | accelerated | mini-batches | share of EM's | nats per row "
        "below EM | seconds: EM | accelerated | mini-batches |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name in names:
        make, k, table = TABLES[name]
        X = table(n)
        for seed in seeds:
            plain, fast, mini = (run(make, k, X, seed, way) for way in WAYS)
            lines.append(
                f"| {name} | {seed} | {plain[0]} | {fast[0]} | {mini[0]} | {mini[0] / plain[0]:.2f}"
                f" | {max(plain[1], fast[1]) - mini[1]:.1e} | {plain[2]:.1f} | {fast[2]:.1f} "
                f"| {mini[2]:.1f} |"
            )
            print(lines[-1], mini[3], flush=True)
    return "\n".join(lines)


def moving(t: int) -> tuple[np.ndarray, np.ndarray]:
    """Where two groups are at some time, and rows of them."""
    rng = np.random.default_rng((1, t))
    centers = np.array([[0.0, DRIFT * t], [5.0, -DRIFT * t]])
    return centers, centers[rng.integers(0, 2, ROWS_PER_CALL)] + rng.normal(size=(ROWS_PER_CALL, 2))


def errors(half_life: float | None) -> list[float]:
    """How far the means are from the groups, after each call."""
    stream = mx.GaussianMixture(2, half_life=half_life, random_state=0)
    found = []
    for t in range(CALLS):
        centers, X = moving(t)
        means = stream.partial_fit(X).means_
        found.append(float(np.abs(means[np.argsort(means[:, 0])] - centers).max()))
    return found


COLORS = ("#888888", "#1f6fb4", "#d9822b")
WIDTH, HEIGHT, LEFT, BOTTOM = 640, 300, 50, 40


def figure(curves: dict[float | None, list[float]]) -> str:
    """Errors of the means over the calls, as a picture in SVG."""
    high = max(max(curve) for curve in curves.values())
    across, up = (WIDTH - LEFT - 130) / CALLS, (HEIGHT - BOTTOM - 15) / high

    def place(t: float, error: float) -> str:
        return f"{LEFT + across * t:.1f},{HEIGHT - BOTTOM - up * error:.1f}"

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<polyline points="{place(0, high)} {place(0, 0)} {place(CALLS, 0)}" fill="none" '
        'stroke="black"/>',
        f'<text x="{LEFT + across * CALLS / 2:.0f}" y="{HEIGHT - 8}" text-anchor="middle">'
        f"calls of {ROWS_PER_CALL} rows</text>",
        f'<text x="{LEFT}" y="12">largest error of the means, in standard deviations</text>',
    ]
    for tick in np.arange(0.0, high, 0.5):
        x, y = place(0, tick).split(",")
        parts.append(f'<text x="{float(x) - 8}" y="{float(y) + 4}" text-anchor="end">{tick}</text>')
    for tick in range(0, CALLS + 1, 100):
        x, y = place(tick, 0).split(",")
        parts.append(f'<text x="{x}" y="{float(y) + 16}" text-anchor="middle">{tick}</text>')
    for (half_life, curve), color in zip(curves.items(), COLORS, strict=True):
        points = " ".join(place(t, error) for t, error in enumerate(curve))
        name = "no half-life" if half_life is None else f"half-life {half_life:,.0f} rows"
        x, y = place(CALLS, curve[-1]).split(",")
        parts += [
            f'<polyline points="{points}" fill="none" stroke="{color}" stroke-width="1.5"/>',
            f'<text x="{float(x) + 6}" y="{float(y) + 4}" fill="{color}">{name}</text>',
        ]
    return "\n".join([*parts, "</svg>"]) + "\n"


HEAD = """# Online EM

Made by `make bench-online`. One thread, of a machine shared with others: seconds are rough.

## Mini-batches of {n:,} rows

All fits begin at the same start by k-means. Passes are rows seen in shares of the table; those of
mini-batches are `n_iter_ + 1`, the passes that judge included. EM and its accelerated form go on
to `tol=1e-7`. A negative difference means that mini-batches ended higher. The rows are sorted by
group.

"""

FOOT = """

Passes are what costs where rows come from a disk or another machine. In memory a compiled pass over
all rows is quick, while mini-batches copy their rows and make an M-step for some thousand of them:
they take about as long as the accelerated form, the start by k-means, which all have, included.

Where groups overlap, the way up from a start depends on small things: of the runs above, those far
below or above EM ended in another optimum.

## Groups that move

Two groups move {drift} standard deviations with each call of {rows} rows, in opposite directions.
Largest error of their means, in standard deviations:

| half-life | after 50 calls | 100 | 200 | {calls} | largest |
|---|---|---|---|---|---|
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=N)
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS)
    parser.add_argument("--tables", nargs="+", default=list(TABLES), choices=list(TABLES))
    parser.add_argument("--out", type=Path, default=Path("benchmarks/ONLINE.md"))
    parser.add_argument("--figure", type=Path, default=Path("docs/images/drift.svg"))
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    text = HEAD.format(n=options.rows) + compare(options.rows, options.seeds, options.tables)
    curves = {half_life: errors(half_life) for half_life in HALF_LIVES}
    text += FOOT.format(drift=DRIFT, rows=ROWS_PER_CALL, calls=CALLS)
    for half_life, curve in curves.items():
        at = " | ".join(f"{curve[t - 1]:.2f}" for t in (50, 100, 200, CALLS))
        name = "none" if half_life is None else f"{half_life:,}"
        text += f"| {name} | {at} | {max(curve):.2f} |\n"
    options.out.write_text(text, encoding="utf-8")
    options.figure.write_text(figure(curves), encoding="utf-8")


if __name__ == "__main__":
    main()
