"""Accelerated EM against plain EM, counted in passes over the rows: `make bench-acceleration`.

Both go from the same starts to the limit (the projected remaining gain below 1e-11 nats a row).
Counted are the passes over the rows, failed trials included, until the objective is within 1e-7
nats a row of plain EM's limit or better; where the accelerated fit ends at a lower optimum, until
it is as near to that one. The column `end` says how much higher or lower it ended, in nats a row.
Writes ACCELERATION.md.
"""

from __future__ import annotations

import argparse
import csv
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from time import process_time

os.environ.update(
    dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
)

import numpy as np

from mixtura import em
from mixtura.acceleration import PLAIN, Switch, UpdateRule
from mixtura.estimators.gaussian_vocabulary import COVARIANCE_TYPES
from mixtura.estimators.options import STARTS
from mixtura.families import Box, Gaussian, NormalInverseWishart, with_noise
from mixtura.mixing_weights import FREE, EqualWeights, FixedWeights
from mixtura.mixture import Mixture
from mixtura.sources import ArraySource
from mixtura.starts.starting_values import StartingValues, first_mixtures
from mixtura.starts.training_rows import TrainingRows
from mixtura.stopping import projected_gain

HERE = Path(__file__).parent
REPOSITORY = HERE.parent
NEAR = 1e-7
LATE = Switch(300)
HARD = 200
STRUCTURES = {name: kind.structure for name, kind in COVARIANCE_TYPES.items() if len(name) == 3}


@dataclass(frozen=True)
class Case:
    """A table, and what is fitted to it.

    Attributes
    ----------
    table : str
    X : ndarray of shape (n, d)
    k : int
        Components that are fitted.
    structure : str
    seed : int
        Of the start.
    """

    table: str
    X: np.ndarray
    k: int
    structure: str
    seed: int

    def firsts(self, n_init: int, way: str) -> tuple[list[Mixture], ArraySource]:
        """Where EM begins, as in GaussianMixture with its default floor."""
        n, d = self.X.shape
        table = TrainingRows.of(self.X, np.ones(n), [f"x{column}" for column in range(d)], 1)
        source = table.source(self.k, None)
        make = first_mixtures(
            Gaussian(STRUCTURES[self.structure], 1e-6 * np.square(table.summary.scales)),
            source,
            table,
            StartingValues(STARTS[way]),
            k=self.k,
            seed=self.seed,
            region=None,
            mixing=FREE,
        )
        return [make(number) for number in range(n_init)], source


@dataclass(frozen=True)
class Result:
    """Passes of both, and by how much the accelerated one ended higher, in nats per row."""

    case: Case
    plain: int
    accelerated: int
    higher: float

    @property
    def ratio(self) -> float:
        return max(self.plain, 1) / max(self.accelerated, 1)

    @property
    def end(self) -> str:
        return "same" if abs(self.higher) <= NEAR else f"{self.higher:+.1e}"


def cloud(n: int, d: int, k: int, separation: float, seed: int) -> np.ndarray:
    """Rows of k ellipsoids whose means are `separation` standard deviations apart on average."""
    rng = np.random.default_rng((n, d, k, seed))
    means = rng.normal(size=(k, d))
    means *= separation / np.mean([np.linalg.norm(a - b) for a, b in combinations(means, 2)])
    labels = rng.choice(k, n, p=rng.dirichlet(np.full(k, 5.0)))
    X = rng.normal(size=(n, d))
    for j in range(k):
        X[labels == j] = X[labels == j] @ (np.eye(d) + 0.5 * rng.normal(size=(d, d)) / np.sqrt(d))
    return X + means[labels]


def synthetic() -> Iterator[Case]:
    names = list(STRUCTURES)
    number = 0
    for d, components in (
        (1, ((2, 0), (3, 1), (4, 2))),
        (2, ((2, 0), (3, 1), (5, 2))),
        (4, ((2, 1), (4, 0), (6, 2))),
        (10, ((2, 0), (3, 1), (10, 0))),
    ):
        for separation in (0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0):
            for k, extra in components:
                n = 2000 if k * d >= 30 else 500
                table = f"{k} clouds, {separation:g} sd"
                # In one dimension the fourteen are two: E and V.
                structure = ("EEE", "VVV")[number % 2] if d == 1 else names[number % 14]
                yield Case(table, cloud(n, d, k, separation, number), k + extra, structure, number)
                number += 1


def real() -> Iterator[Case]:
    names = list(STRUCTURES)
    for table, X in tables().items():
        for number, k in enumerate((2, 3, 4, 5, 6)):
            for half in (0, 7):
                structure = names[(half + 3 * number + len(table)) % 14]
                if X.shape[1] == 1:
                    structure = "EEE" if half else "VVV"
                yield Case(table, X, k, structure, number)


def tables() -> dict[str, np.ndarray]:
    reference = REPOSITORY / "tests" / "reference"
    with (REPOSITORY / "examples" / "penguins.csv").open() as file:
        rows = list(csv.DictReader(file))
    columns = ("bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g")
    cells = [[row[column] for column in columns] for row in rows]
    penguins = np.array([row for row in cells if all(row) and "NA" not in row], dtype=np.float64)
    faithful = np.loadtxt(reference / "faithful.csv", delimiter=",", skiprows=1)
    iris = np.loadtxt(reference / "iris.csv", delimiter=",", skiprows=1, usecols=range(4))
    return {
        "faithful": faithful[:, :2],
        "iris": iris,
        "penguins": penguins,
        "body mass": penguins[:, 3:],
    }


def fit(first: Mixture, source: ArraySource, update_rule: UpdateRule, tol: float = 1e-11) -> em.Fit:
    return em.fit(first, source, update_rule=update_rule, stopping=projected_gain(tol, 50_000))


def passes(trace: tuple[float, ...], limit: float) -> int:
    return int(np.flatnonzero(np.array(trace) >= limit - NEAR)[0])


def measure(case: Case) -> Result:
    (first,), source = case.firsts(1, "kmeans")
    plain, accelerated = (fit(first, source, update_rule) for update_rule in (PLAIN, Switch()))
    higher = accelerated.objective - plain.objective
    limit = plain.objective + min(higher, 0.0)
    needed = passes(plain.trace, plain.objective), passes(accelerated.trace, limit)
    return Result(case, *needed, higher)


def summary(results: list[Result]) -> list[str]:
    hard = [result for result in results if result.plain > HARD]
    middle = [result for result in results if 40 < result.plain <= HARD]
    easy = [result for result in results if result.plain <= 40]
    lines = [
        "| plain EM needs | cases | plain / accelerated, median | least | most |",
        "|---|---|---|---|---|",
    ]
    for name, group in (
        (f"over {HARD} passes", hard),
        (f"41 to {HARD}", middle),
        ("up to 40", easy),
    ):
        ratios = [result.ratio for result in group]
        lines.append(
            f"| {name} | {len(group)} | {np.median(ratios):.1f} | {min(ratios):.1f} "
            f"| {max(ratios):.1f} |"
        )
    slower = max(result.accelerated - result.plain for result in middle + easy)
    ends = np.array([result.higher for result in results])
    lines += [
        "",
        f"Where plain EM needs at most {HARD} passes the accelerated fit needs at most "
        f"{max(slower, 0)} more.",
        f"Of all {len(ends)} ends {told(ends)}.",
    ]
    return lines


def table(results: list[Result]) -> list[str]:
    lines = [
        "| table | n, d | k | structure | plain | accelerated | ratio | end |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for result in results:
        case = result.case
        n, d = case.X.shape
        lines.append(
            f"| {case.table} | {n}, {d} | {case.k} | {case.structure} | {result.plain} "
            f"| {result.accelerated} | {result.ratio:.1f} | {result.end} |"
        )
    return lines


def best_of_starts(cases: list[Case], n_init: int, watch: UpdateRule) -> list[str]:
    """Fits with a component on the variance floor do not compete, as in GaussianMixture."""
    rows, ends = [], []
    each: list[float] = []
    for case in cases:
        firsts, source = case.firsts(n_init, "varied")
        cells, runs = [], []
        for update_rule in (PLAIN, watch):
            fits = [fit(first, source, update_rule, 1e-9) for first in firsts]
            sound = [-np.inf if collapsed(one.mixture) else one.objective for one in fits]
            runs.append(np.array(sound))
            cells += [sum(ended.n_iter for ended in fits), int(np.isinf(sound).sum())]
        both = np.isfinite(runs[0]) & np.isfinite(runs[1])
        each += (runs[1][both] - runs[0][both]).tolist()
        ends.append(runs[1].max() - runs[0].max())
        if abs(ends[-1]) > NEAR:
            numbers = " | ".join(map(str, cells))
            end = Result(case, 0, 0, ends[-1]).end
            rows.append(f"| {case.table} | {case.k} | {case.structure} | {numbers} | {end} |")
    return [
        f"Of the best of {n_init} in {len(cases)} problems {told(np.array(ends))}.",
        f"Of all {len(each)} pairs of single runs that are sound {told(np.array(each))}.",
        "The problems in which the best differ:",
        "",
        "| table | k | structure | plain passes | collapsed | accelerated | collapsed | best end |",
        "|---|---|---|---|---|---|---|---|",
        *rows,
    ]


def told(higher: np.ndarray) -> str:
    """How often the accelerated end is the same, higher or lower."""
    same, above = np.sum(np.abs(higher) <= NEAR), np.sum(higher > NEAR)
    return f"{same} are the same, {above} higher and {np.sum(higher < -NEAR)} lower"


def kinds() -> list[str]:
    """Passes with priors, noise and fixed parts, from the same k-means start."""
    case = Case("3 clouds, 1.5 sd", cloud(500, 2, 3, 1.5, 1), 4, "VVV", 1)
    (first,), source = case.firsts(1, "kmeans")
    family, k = first.family, first.n_clusters
    floor, mean, covariance = family.floor, case.X.mean(axis=0), np.cov(case.X.T)
    prior = NormalInverseWishart.default(mean, covariance, k, floor)
    box = Box(mean, np.diag(np.ptp(case.X, axis=0)))
    noisy = np.append(0.95 * first.weights, 0.05)
    equal = np.full(k, 1.0 / k)
    lines = ["| kind | plain | accelerated | ratio | end |", "|---|---|---|---|---|"]
    for name, changes in {
        "nothing else": {},
        "prior": {"family": replace(family, prior=prior)},
        "noise": {"family": with_noise(family, box), "weights": noisy},
        "equal weights": {"mixing": EqualWeights(), "weights": equal},
        "fixed weights": {"mixing": FixedWeights()},
        "fixed means": {"family": replace(family, fixed_means=True)},
    }.items():
        begun = replace(first, **changes)
        plain, accelerated = (fit(begun, source, update_rule) for update_rule in (PLAIN, Switch()))
        higher = accelerated.objective - plain.objective
        result = Result(
            case,
            passes(plain.trace, plain.objective),
            passes(accelerated.trace, plain.objective + min(higher, 0.0)),
            higher,
        )
        numbers = f"{result.plain} | {result.accelerated} | {result.ratio:.1f}"
        lines.append(f"| {name} | {numbers} | {result.end} |")
    return lines


def collapsed(mixture: Mixture) -> bool:
    family = mixture.family
    assert isinstance(family, Gaussian)
    return bool(
        family.collapsed(mixture.params, np.zeros(mixture.n_features, dtype=np.bool_)).any()
    )


def honesty(cases: list[Case], watch: UpdateRule) -> list[str]:
    """What is truly left, in units of what the status says, at the default tolerance."""
    left, said = [], []
    for case in cases:
        (first,), source = case.firsts(1, "kmeans")
        rough = fit(first, source, watch, 1e-7)
        if rough.n_iter > 8 and rough.remaining is not None:
            fine = fit(rough.mixture, source, PLAIN, 1e-12)
            left.append(max(fine.objective - rough.objective, 0.0))
            said.append(rough.remaining)
    shares = np.array(left) / np.array(said)
    return [
        f"Of {len(left)} fits that stopped at the default `tol` of 1e-7 after more than 8 passes,",
        f"{np.sum(np.array(left) > 1e-7)} had more than 1e-7 left. What was left, in units of what "
        "the status said:",
        f"{np.median(shares):.2f} in the median, {np.quantile(shares, 0.9):.2f} at the 90th "
        f"percentile, {shares.max():.3g} at most.",
    ]


def whole_fits(cases: list[Case]) -> list[str]:
    """Milliseconds of runs to the default tolerance, in turns."""
    courses = {"plain EM": PLAIN, "early": Switch(), "auto": LATE}
    spent = {name: [] for name in courses}
    for case in cases:
        (first,), source = case.firsts(1, "kmeans")
        for name, update_rule in courses.items():
            best = np.inf
            for _ in range(3):
                began = process_time()
                fit(first, source, update_rule, 1e-7)
                best = min(best, process_time() - began)
            spent[name].append(1e3 * best)
    return [
        "| acceleration | median | mean | most |",
        "|---|---|---|---|",
        *(
            f"| {name} | {np.median(each):.1f} | {np.mean(each):.1f} | {max(each):.0f} |"
            for name, each in spent.items()
        ),
    ]


def times() -> list[str]:
    """Microseconds a pass of 300 x 4 rows and three components, E-step and all."""
    lines = ["| structure | plain | accelerated |", "|---|---|---|"]
    X = cloud(300, 4, 3, 1.0, 5)
    for structure in ("EII", "VVI", "EEE", "VVV", "EEV"):
        (first,), source = Case("", X, 3, structure, 1).firsts(1, "kmeans")
        cells = []
        for update_rule in (PLAIN, Switch(passes=99, slow=9)):  # the latter from the first pass on
            best = np.inf
            for _ in range(40):
                began = process_time()
                ended = em.fit(
                    first, source, update_rule=update_rule, stopping=projected_gain(1e-9, 60)
                )
                best = min(best, (process_time() - began) / len(ended.trace))
            cells.append(f"{1e6 * best:.0f}")
        lines.append(f"| {structure} | {cells[0]} | {cells[1]} |")
    return lines


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--every", type=int, default=1, help="only each such case")
    every = arguments.parse_args().every
    cases = [*synthetic(), *real()][::every]
    results = [measure(case) for case in cases]
    hard = [result.case for result in results if result.plain > HARD]
    report = [
        "# Accelerated EM, measured",
        "",
        *(line for line in (__doc__ or "").splitlines()[2:]),
        "",
        *summary(results),
        "",
        f"## Best of 6 varied starts, where plain EM needs over {HARD} passes",
        "",
        *best_of_starts(hard, 6, Switch()),
        "",
        "## On small tables by default",
        "",
        "There passes are cheap, and acceleration begins after 300 of them (decision 25).",
        f"Milliseconds of a run to the default tolerance, where plain EM needs over {HARD} passes:",
        "",
        *whole_fits(hard),
        "",
        *best_of_starts(hard, 6, LATE),
        "",
        *honesty(cases, LATE),
        "",
        "## Priors, noise and fixed parts",
        "",
        *kinds(),
        "",
        "## Honesty of the stop",
        "",
        *honesty(cases, Switch()),
        "",
        "## Microseconds a pass, 300 rows, 4 features, 3 components",
        "",
        *times(),
        "",
        "## All cases",
        "",
        *table(results),
        "",
    ]
    (HERE / "ACCELERATION.md").write_text("\n".join(report))
    print("\n".join(summary(results)))


if __name__ == "__main__":
    main()
