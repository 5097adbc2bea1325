"""R's mclust, kept running and asked for its default search."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from tables import Table

HERE = Path(__file__).parent

#: What mclust calls the structures of a single component, and we do.
_SINGLE = {"X": "E", "XII": "EII", "XXI": "EEI", "XXX": "EEE"}


@dataclass(frozen=True)
class Choice:
    """Of a search: the structure, the number of components, BIC (the less the better)."""

    structure: str
    k: int
    bic: float

    def __str__(self) -> str:
        return f"{self.structure}, {self.k}: {self.bic:,.1f}"


class Mclust:
    """R, kept running, so that its own start takes no part.

    R has to be installed, with mclust (on Debian the package r-cran-mclust).
    """

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            ["Rscript", str(HERE / "mclust.R")],
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

    def search(
        self, table: Table, largest: int = 9, shares: Path | str = ""
    ) -> tuple[float, Choice]:
        """Seconds of processor time, and the choice; `shares` is where its rows' go, if wanted."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{table.file}\t{largest}\t{shares}\n")
        self._process.stdin.flush()
        seconds, model, k, bic = self._answer().split("\t")
        return float(seconds), Choice(_SINGLE.get(model, model), int(k), float(bic))

    def responsibilities(self, table: Table) -> tuple[Choice, np.ndarray]:
        """The choice, and the responsibilities (n, k) of its components."""
        file = table.file.with_suffix(".shares")
        _, choice = self.search(table, shares=file)
        return choice, np.loadtxt(file, ndmin=2).reshape(-1, choice.k)

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
