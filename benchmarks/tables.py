"""Tables that come with R (its data sets, mclust's and MASS's) and with scikit-learn.

None of them is kept here: `Tables` has R write its own into a folder and adds scikit-learn's.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.datasets import load_breast_cancer, load_digits, load_linnerud, load_wine

HERE = Path(__file__).parent

#: Too large to be searched from many seeds.
LARGE = ("three clouds", "breast cancer", "digits")

GROUPS = ("one dimension", "fewer than 120 rows", "120 rows and more")


@dataclass(frozen=True)
class Table:
    """Its rows are in a file, too: R reads them there."""

    name: str
    file: Path
    X: np.ndarray

    @property
    def size(self) -> str:
        n, d = self.X.shape
        return f"{n:,} x {d}"

    @property
    def group(self) -> str:
        n, d = self.X.shape
        return GROUPS[0] if d == 1 else GROUPS[1] if n < 120 else GROUPS[2]


class Tables:
    """All of them by name, in a folder: those of one dimension, then the others by n."""

    def __init__(self, folder: Path) -> None:
        if subprocess.run(["Rscript", str(HERE / "tables.R"), str(folder)]).returncode:
            sys.exit("R wrote no tables: are R and its packages mclust and MASS installed?")
        for name, X in _of_scikit_learn().items():
            np.savetxt(folder / f"{name}.csv", X, "%.17g", ",", header=_header(X), comments="")
        found = (self._read(file) for file in folder.glob("*.csv"))
        order = sorted(found, key=lambda table: (table.X.shape[1] > 1, *table.X.shape, table.name))
        self._tables = {table.name: table for table in order}

    @staticmethod
    def _read(file: Path) -> Table:
        X = np.loadtxt(file, delimiter=",", skiprows=1, ndmin=2)
        return Table(file.name.removesuffix(".csv"), file, X)

    def __getitem__(self, name: str) -> Table:
        return self._tables[name]

    def asked(self, names: list[str] | None) -> Iterator[Table]:
        """Those that are not large, and of them those that the user named, if any."""
        unknown = set(names or ()) - set(self._tables)
        if unknown:
            sys.exit(f"no table {'; '.join(sorted(unknown))}. There are {'; '.join(self._tables)}")
        for name, table in self._tables.items():
            if name not in LARGE and (not names or name in names):
                yield table


def _of_scikit_learn() -> dict[str, np.ndarray]:
    cancer, digits, linnerud = load_breast_cancer(), load_digits().data, load_linnerud()
    mean = ["mean radius", "mean texture", "mean smoothness", "mean compactness"]
    return {
        "wine": load_wine().data,
        "linnerud": np.hstack([linnerud.data, linnerud.target]),
        "breast cancer, means": cancer.data[:, [list(cancer.feature_names).index(m) for m in mean]],
        "breast cancer": cancer.data,
        "digits": digits[:, np.ptp(digits, axis=0) > 0],
    }


def _header(X: np.ndarray) -> str:
    return ",".join(f"x{j}" for j in range(X.shape[1]))


def parser(description: str | None, out: Path) -> argparse.ArgumentParser:
    """The options that the benchmarks on these tables have in common."""
    options = argparse.ArgumentParser(description=description)
    options.add_argument("--tables", nargs="+", metavar="NAME", help="by default all")
    options.add_argument("--out", type=Path, default=out, help="where the figures are written")
    return options
