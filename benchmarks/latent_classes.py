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

HERE = Path(__file__).parent
EXAMPLES = HERE.parent / "examples"
SEEDS = 10

#: Of the examples: file, and the column of frequencies if there is one.
TABLES = {
    "carcinoma": None,
    "role_conflict": "people",
    "cheating": "students",
    "interviews": "people",
    "titanic": "people",
}


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
        return f"{len(self.codes):,} x {self.codes.shape[1]}, {told} levels"

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


def ours(estimator: type[Any], table: Table, k: int, seed: int = 0) -> Fit:
    fitted, seconds = timed(lambda: estimator(k, random_state=seed).fit(table.codes))
    return Fit(fitted.log_likelihood_, fitted.predict(table.codes), seconds)


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


def compare(table: Table, k: int, folder: Path) -> tuple[str, str]:
    """A row of the table of results, and poLCA's version."""
    runs = [ours(mx.CategoricalMixture, table, k, seed) for seed in range(SEEDS)]
    first, least = runs[0], min(run.log_likelihood for run in runs)
    stepmix, (polca, release) = of_stepmix(table, k), of_polca(table, k, folder)
    rival = max(stepmix.log_likelihood, polca.log_likelihood)
    binary = "-"
    if table.codes.max() == 1:
        binary = f"{ours(mx.BernoulliMixture, table, k).log_likelihood - first.log_likelihood:.0e}"
    model = mx.CategoricalMixture(k, random_state=0).fit(table.codes)
    cells: list[object] = [
        *((table.name, table.size) if k == 2 else ("", "")),
        f"{k} ({model.n_parameters_} of {table.cells})",
        *(f"{fit.log_likelihood:.5f}" for fit in (first, stepmix, polca)),
        f"{first.log_likelihood - rival:+.1e}",
        f"{least - rival:+.1e}",
        binary,
        same(first, stepmix),
        same(first, polca),
        *(f"{fit.seconds:.2f}" for fit in (first, stepmix, polca)),
    ]
    return "| " + " | ".join(map(str, cells)) + " |", release


HEAD = (
    "| table | n x d | k (parameters) | ours | StepMix | poLCA | ours less the better of them "
    "| least of our seeds less it | Bernoulli | as StepMix | as poLCA | ours, s | StepMix, s "
    "| poLCA, s |"
)


def main() -> None:
    warnings.simplefilter("ignore")
    rows, release = [], ""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tables = [of_examples(*each) for each in TABLES.items()] + [election(folder)]
        ours(mx.CategoricalMixture, tables[0], 2)  # what is imported when it is needed first
        for table in tables:
            for k in (2, 3):
                row, release = compare(table, k, folder)
                rows.append(row)
                print(row, flush=True)
    print(release, processor(), version("stepmix"), HEAD)


if __name__ == "__main__":
    main()
