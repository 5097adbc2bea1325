"""The default search against mclust's, in turns, and write SEARCH.md: `make bench-search`.

R with mclust has to be installed (on Debian the package r-cran-mclust).
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path
from statistics import median
from types import TracebackType
from typing import Self

os.environ.update(
    dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
)

import numpy as np
from run import processor

import mixtura as mx
from mixtura import kernels
from mixtura.estimators.gaussian_vocabulary import searched_types

HERE = Path(__file__).parent

#: Name of the table, the most components tried.
TABLES = [
    ("faithful", 9),
    ("iris", 9),
    ("diabetes", 9),
    ("thyroid", 9),
    ("wreath", 9),
    ("three clouds", 5),
]


class Mclust:
    """R, kept running, so that its own start takes no part."""

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(
            ["Rscript", str(HERE / "mclust.R"), str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.version = self._answer()

    def _answer(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            sys.exit("R did not answer: are R and its package mclust installed?")
        return line.strip()

    def search(self, name: str, largest: int) -> tuple[float, str, float]:
        """Seconds, the chosen model, and its BIC (the less the better)."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{name}\t{largest}\n")
        self._process.stdin.flush()
        seconds, model, k, bic = self._answer().split("\t")
        return float(seconds), f"{model}, {k}", float(bic)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def our_search(X: np.ndarray, largest: int) -> tuple[float, mx.MixtureSearch]:
    grid = {"n_components": range(1, largest + 1), "covariance_type": searched_types(X.shape[1])}
    search = mx.MixtureSearch(param_grid=grid, random_state=0)
    began = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        search.fit(X)
    return time.perf_counter() - began, search


def row(mclust: Mclust, folder: Path, name: str, largest: int, rounds: int) -> str:
    X = np.loadtxt(folder / f"{name}.csv", delimiter=",", skiprows=1, ndmin=2)
    theirs, ours = [], []
    for _ in range(rounds):
        seconds, model, bic = mclust.search(name, largest)
        theirs.append(seconds)
        seconds, search = our_search(X, largest)
        ours.append(seconds)
    best = search.best_params_
    choice = f"{best['covariance_type']}, {best['n_components']}"
    size = f"{len(X):,}, {X.shape[1]}"
    cells = [
        name,
        size,
        f"1 to {largest}",
        f"{median(theirs):.2f}",
        f"{model}: {bic:,.2f}",
        f"{median(ours):.2f}",
        f"{choice}: {search.results_['bic'][search.best_index_]:,.2f}",
        str(search.best_estimator_.starts_),
        f"{median(theirs) / median(ours):.2f}",
    ]
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place, Mclust(Path(place)) as mclust:
        rows = []
        for name, largest in TABLES:
            rows.append(row(mclust, Path(place), name, largest, arguments.rounds))
            print(rows[-1], flush=True)
        version = mclust.version
    lines = [
        "# The default search against mclust's",
        "",
        f"Made by `make bench-search`. Processor: {processor()}, shared with others; kernel: "
        f"{kernels.describe()}; {version}. One thread, medians of {arguments.rounds} rounds in "
        "which the two take turns. BIC as -2 log-likelihood + p log n: the less the better.",
        "",
        "| table | n, d | k | mclust, s | its choice: BIC | ours, s | our choice: BIC | our starts "
        "| mclust / ours |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
        *rows,
    ]
    (HERE / "SEARCH.md").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
