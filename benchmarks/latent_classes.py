"""Latent classes against StepMix and R's poLCA: LATENT_CLASSES.md, `make bench-latent-classes`.

R with poLCA has to be installed.
"""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

os.environ.update(
    dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
)

import numpy as np
from run import processor
from scipy.optimize import linear_sum_assignment
from sklearn.metrics import adjusted_rand_score
from sklearn.metrics.cluster import contingency_matrix
from stepmix.stepmix import StepMix

import mixtura as mx
from mixtura import kernels

HERE = Path(__file__).parent
EXAMPLES = HERE.parent / "examples"
SEEDS = 10
TOLERANCE = 1e-7  # nats for each row, as `tol`, where that is more than 1e-4 in all

#: Of the examples: file, and the column of frequencies if there is one.
TABLES = {
    "carcinoma": None,
    "role_conflict": "people",
    "cheating": "students",
    "interviews": "people",
    "titanic": "people",
}


EXPLANATION = """\
The default's starts share a fifth of every row among all classes. Partitions, which they were, give
many levels a probability of 0 within a class, which EM never leaves: they ended 15 nats below the
maximum of `interviews` with two classes, and below the best of the rivals on six of the tables.

With 14 parameters for 15 free cells, three classes of `role_conflict` and `cheating` are not
identified (Goodman 1974): likelihoods agree before classes do, and EM creeps.
"""


@dataclass(frozen=True)
class Table:
    """Codes 0, 1, ... of every row, (n, d); rows of a table of frequencies repeated."""

    name: str
    codes: np.ndarray

    @property
    def size(self) -> str:
        """Rows, columns and levels."""
        levels = self.codes.max(axis=0) + 1
        told = f"{levels.min()}" if levels.min() == levels.max() else f"{min(levels)}-{max(levels)}"
        return f"{len(self.codes):,} x {self.codes.shape[1]}; {told}"

    @property
    def cells(self) -> int:
        """Parameters that a table of all combinations can tell apart."""
        return int(np.prod(self.codes.max(axis=0) + 1.0) - 1)


def of_examples(name: str, frequencies: str | None) -> Table:
    with (EXAMPLES / f"{name}.csv").open() as file:
        lines = list(csv.DictReader(file))
    times = [int(line.pop(frequencies)) if frequencies else 1 for line in lines]
    cells = np.array([list(line.values()) for line in lines])
    codes = np.stack([np.unique(column, return_inverse=True)[1] for column in cells.T], axis=1)
    return Table(name.replace("_", " "), np.repeat(codes, times, axis=0))


def election(folder: Path) -> Table:
    file = folder / "election.csv"
    if subprocess.run(["Rscript", str(HERE / "polca.R"), "election", str(file)]).returncode:
        sys.exit("R wrote no table: are R and its package poLCA installed?")
    return Table("election", np.loadtxt(file, delimiter=",", skiprows=1, dtype=int))


@dataclass(frozen=True)
class Fit:
    log_likelihood: float
    classes: np.ndarray
    seconds: float


def timed(fit: Callable[[], Any]) -> tuple[Any, float]:
    began = time.process_time()
    fitted = fit()
    return fitted, time.process_time() - began


def ours(estimator: type[Any], table: Table, k: int, seed: int = 0, **options: Any) -> Fit:
    model = estimator(k, random_state=seed, **options)
    fitted, seconds = timed(lambda: model.fit(table.codes))
    return Fit(fitted.log_likelihood_, fitted.predict(table.codes), seconds)


def of_spread_partitions(table: Table, k: int) -> Fit:
    """The best of 20 starts at the nearest of k rows, 0.3 of each row's share spread evenly."""
    patterns, rows = np.unique(table.codes, axis=0, return_inverse=True)
    fits = []
    for seed in range(20):
        centers = np.random.default_rng(seed).choice(len(patterns), k, replace=False)
        distances = (patterns[:, None] != patterns[centers]).sum(axis=2)
        shares = 0.7 * np.eye(k)[distances.argmin(axis=1)] + 0.3 / k
        fits.append(ours(mx.CategoricalMixture, table, k, init_params=shares[rows]))
    return max(fits, key=lambda fit: fit.log_likelihood)


def of_stepmix(table: Table, k: int) -> Fit:
    model = StepMix(k, measurement="categorical", n_init=50, random_state=0, progress_bar=0)
    fitted, seconds = timed(lambda: model.fit(table.codes))
    return Fit(len(table.codes) * fitted.score(table.codes), fitted.predict(table.codes), seconds)


def of_polca(table: Table, k: int, folder: Path) -> tuple[Fit, str]:
    rows, classes = folder / "rows.csv", folder / "classes.csv"
    names = ",".join(f"x{a}" for a in range(table.codes.shape[1]))
    np.savetxt(rows, table.codes + 1, "%d", ",", header=names, comments="")
    command = ["Rscript", str(HERE / "polca.R"), str(rows), str(k), str(classes)]
    figures, release = subprocess.check_output(command, text=True).strip().splitlines()
    seconds, log_likelihood = map(float, figures.split())
    return Fit(log_likelihood, np.loadtxt(classes, dtype=int), seconds), release


def same(one: Fit, other: Fit) -> str:
    """The share of rows in the same class, under the best match, and the adjusted Rand index."""
    counts = contingency_matrix(one.classes, other.classes)
    matched = counts[linear_sum_assignment(counts, maximize=True)].sum() / counts.sum()
    return f"{100 * matched:.1f} %, {adjusted_rand_score(one.classes, other.classes):.3f}"


class Comparison:
    """All fits of k classes to a table, and what the document says of them."""

    def __init__(self, table: Table, k: int, folder: Path) -> None:
        self.table, self.k = table, k
        self.seeds = [ours(mx.CategoricalMixture, table, k, seed) for seed in range(SEEDS)]
        self.chance = ours(mx.CategoricalMixture, table, k, init_params="random", n_init=20)
        self.spread = of_spread_partitions(table, k)
        binary = table.codes.max() == 1
        self.bernoulli = ours(mx.BernoulliMixture, table, k) if binary else None
        self.stepmix = of_stepmix(table, k)
        self.polca, self.release = of_polca(table, k, folder)

    @property
    def rival(self) -> Fit:
        return max(self.stepmix, self.polca, key=lambda fit: fit.log_likelihood)

    def _gain(self, fit: Fit | None) -> str:
        """Over the better rival, in nats; what the tolerances of both leave is told as such."""
        if fit is None:
            return ""
        gain = fit.log_likelihood - self.rival.log_likelihood
        tolerance = max(1e-4, TOLERANCE * len(self.table.codes))
        return "equal" if abs(gain) < tolerance else f"{gain:+.4f}"

    def likelihoods(self) -> str:
        gains = [self._gain(fit) for fit in (self.seeds[0], self.bernoulli)]
        met = sum(not self._gain(fit).startswith("-") for fit in self.seeds)
        highs = [f"{fit.log_likelihood:.5f}" for fit in (self.stepmix, self.polca)]
        tail = [*gains, f"{met} of {SEEDS}", self._gain(self.chance), self._gain(self.spread)]
        return _row(self.table.name, self.table.size, self.k, self._parameters(), *highs, *tail)

    def _parameters(self) -> str:
        levels = self.table.codes.max(axis=0) + 1
        return f"{self.k * (1 + (levels - 1).sum()) - 1} of {self.table.cells:,}"

    def classes(self) -> str:
        first = self.seeds[0]
        fits = (first, self.chance, self.stepmix, self.polca)
        alike = [same(self.rival, fit) for fit in fits]
        return _row(self.table.name, self.k, *alike, *(f"{fit.seconds:.2f}" for fit in fits))


def _row(*cells: object) -> str:
    return "| " + " | ".join(map(str, cells)) + " |"


def _table(head: str, rows: list[str]) -> list[str]:
    names = head.split(", ")
    return [_row(*names), _row(*["---"] * len(names)), *rows, ""]


def document(comparisons: list[Comparison]) -> str:
    told = (
        f"Made by `make bench-latent-classes`. Processor: {processor()}, shared with others; "
        f"kernel: {kernels.describe()}; StepMix {version('stepmix')} with 50 starts; "
        f"{comparisons[0].release} with 20 starts and `maxiter` 10000, both else by default. Ours "
        "are `CategoricalMixture` (and, of two levels, `BernoulliMixture`) by default with seed 0, "
        f'and from seeds 0 to {SEEDS - 1}; `random` is `init_params="random"` with `n_init=20`. '
        "The tables are those of `examples` and poLCA's `election` (its complete rows, the first "
        "12 columns). One thread; processor seconds."
    )
    return "\n".join(
        [
            "# Latent classes against StepMix and poLCA",
            "",
            told,
            "",
            "## Log-likelihoods",
            "",
            'Ours less the better of the two. "Equal" are differences below `tol`, 1e-7 nats '
            "for each row, or below 1e-4.",
            "",
            *_table(
                "table, rows x columns; levels, k, parameters, StepMix, poLCA, default, Bernoulli, "
                "seeds not below, random, spread",
                [each.likelihoods() for each in comparisons],
            ),
            EXPLANATION,
            "## Classes and time",
            "",
            "The share of rows in the same class as under the better of the two, and the adjusted "
            "Rand index.",
            "",
            *_table(
                "table, k, default, random, StepMix, poLCA, default s, random s, StepMix s, "
                "poLCA s",
                [each.classes() for each in comparisons],
            ),
        ]
    )


def main() -> None:
    warnings.simplefilter("ignore")
    comparisons = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tables = [of_examples(*each) for each in TABLES.items()] + [election(folder)]
        ours(mx.CategoricalMixture, tables[0], 2)  # what is imported when it is needed first
        for table in tables:
            for k in (2, 3):
                comparisons.append(Comparison(table, k, folder))
                print(comparisons[-1].likelihoods(), flush=True)
    (HERE / "LATENT_CLASSES.md").write_text(document(comparisons))


if __name__ == "__main__":
    main()
