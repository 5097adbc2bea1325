"""The default search against mclust's, in turns, and write SEARCH.md: `make bench-search`.

R with mclust and MASS has to be installed (on Debian the packages r-cran-mclust, r-cran-mass).
"""

from __future__ import annotations

import os
import tempfile
import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import geometric_mean, median

os.environ.update(
    dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
)

import numpy as np
from mclust import Choice, Mclust
from run import processor
from run import table as lines_of
from tables import GROUPS, Table, Tables, parser

import mixtura as mx
from mixtura import kernels
from mixtura.estimators.gaussian_vocabulary import searched_types

HERE = Path(__file__).parent

#: Name of the table, the most components tried, by both.
SAME_GRID = [
    ("faithful", 9),
    ("iris", 9),
    ("diabetes", 9),
    ("thyroid", 9),
    ("wreath", 9),
    ("three clouds", 5),
]

#: Ours alone, and once: they take long.
ALONE = ("breast cancer", "digits")

HEADER = ["table", "n x d", "mclust, s", "its choice: BIC", "ours, s", "our choice: BIC"]
HEADER += ["our starts", "mclust / ours"]


#: Seconds until which short searches are repeated, as in mclust.R.
BRIEF = 0.05


def our_search(X: np.ndarray, largest: int | None = None) -> tuple[float, mx.MixtureSearch]:
    """Seconds of processor time; without a largest k, all by default."""
    grid = largest and {
        "n_components": range(1, largest + 1),
        "covariance_type": searched_types(X.shape[1]),
    }
    search = mx.MixtureSearch(param_grid=grid, random_state=0)
    began, count = time.process_time(), 0
    while count == 0 or time.process_time() - began < BRIEF:
        search.fit(X)
        count += 1
    return (time.process_time() - began) / count, search


def choice_of(search: mx.MixtureSearch) -> Choice:
    best = search.best_params_
    bic = float(search.results_["bic"][search.best_index_])
    return Choice(best["covariance_type"], int(best["n_components"]), bic)


@dataclass(frozen=True)
class Race:
    """Medians of the seconds of both on a table; nan for mclust if it took no part."""

    table: Table
    theirs: float
    their_choice: Choice | None
    ours: float
    our_choice: Choice
    our_starts: str

    @classmethod
    def of(cls, mclust: Mclust, table: Table, rounds: int, largest: int | None = None) -> Race:
        """In turns; the first turn of both is not counted."""
        theirs, ours = [], []
        for _ in range(rounds + 1):
            seconds, choice = mclust.search(table, largest or 9)
            theirs.append(seconds)
            seconds, search = our_search(table.X, largest)
            ours.append(seconds)
        return cls._told(table, median(theirs[1:]), choice, median(ours[1:]), search)

    @classmethod
    def alone(cls, table: Table) -> Race:
        seconds, search = our_search(table.X)
        return cls._told(table, np.nan, None, seconds, search)

    @classmethod
    def _told(
        cls,
        table: Table,
        theirs: float,
        choice: Choice | None,
        ours: float,
        search: mx.MixtureSearch,
    ) -> Race:
        starts = str(search.best_estimator_.starts_)
        race = cls(table, theirs, choice, ours, choice_of(search), starts)
        print(race.cells(), flush=True)
        return race

    @property
    def quotient(self) -> float:
        return self.theirs / self.ours

    def cells(self) -> list[str]:
        theirs = ["", ""]
        if self.their_choice is not None:
            theirs = [f"{self.theirs:.3f}", str(self.their_choice)]
        ours = [f"{self.ours:.3f}", str(self.our_choice), self.our_starts]
        quotient = f"{self.quotient:.2f}" if self.their_choice is not None else ""
        return [self.table.name, self.table.size, *theirs, *ours, quotient]


def section(title: str, text: str, races: Sequence[Race]) -> list[str]:
    """Nothing if there are no races: the user named other tables."""
    if not races:
        return []
    text = [text, ""] if text else []
    return [f"## {title}", "", *text, *lines_of(HEADER, [race.cells() for race in races]), ""]


def means(groups: dict[str, list[Race]]) -> list[str]:
    rows = []
    for name, races in groups.items():
        if races:
            quotients = [race.quotient for race in races]
            slower = ", ".join(race.table.name for race in races if race.quotient < 1.0)
            mean = f"{geometric_mean(quotients):.2f}"
            rows.append([name, str(len(races)), mean, f"{min(quotients):.2f}", slower or "none"])
    header = ["group", "tables", "geometric mean of mclust / ours", "least", "slower than mclust"]
    return lines_of(header, rows)


def main() -> None:
    options = parser(__doc__, HERE / "SEARCH.md")
    options.add_argument("--rounds", type=int, default=5)
    asked = options.parse_args()
    warnings.simplefilter("ignore")
    groups: dict[str, list[Race]] = {name: [] for name in GROUPS}
    with tempfile.TemporaryDirectory() as folder, Mclust() as mclust:
        tables = Tables(Path(folder))
        for table in tables.asked(asked.tables):
            groups[table.group].append(Race.of(mclust, table, asked.rounds))
        same_grid = [
            Race.of(mclust, tables[name], asked.rounds, largest)
            for name, largest in SAME_GRID
            if not asked.tables or name in asked.tables
        ]
        many = [race for race in groups[GROUPS[-1]] if race.table.name == "wine"]
        for name in ALONE:
            if not asked.tables or name in asked.tables:
                many.append(Race.alone(tables[name]))
    lines = [
        "# The default search against mclust's",
        "",
        f"Made by `make bench-search`. Processor: {processor()}, shared with others; kernel: "
        f"{kernels.describe()}; {mclust.version}. One thread, seconds of processor time, medians "
        f"of {asked.rounds} rounds in which the two take turns, after one that is not counted. "
        "BIC as -2 log-likelihood + p log n: the less the better; mclust's choice is not always "
        "sound ([STABILITY.md](STABILITY.md)). The last column is mclust's time over ours.",
        "",
        *means(groups),
        "",
    ]
    for name, races in groups.items():
        lines += section(name.capitalize(), "", races)
    same = ", ".join(f"{name} to {k}" for name, k in SAME_GRID if k != 9)
    lines += section("The same candidates", f"Both try 1 to 9 components, {same}.", same_grid)
    alone = " and ".join(ALONE)
    lines += section("Many columns", f"No contest at {alone}: ours alone, searched once.", many)
    asked.out.write_text("\n".join(lines).rstrip() + "\n")


if __name__ == "__main__":
    main()
