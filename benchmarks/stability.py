"""Whether the default search's answer depends on its seed, and write STABILITY.md:
`make bench-stability`.

R with mclust and MASS has to be installed (on Debian the packages r-cran-mclust, r-cran-mass).
"""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

os.environ.update(
    dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
)

import numpy as np
from mclust import Choice, Mclust
from run import table as lines_of
from tables import Table, Tables, parser

import mixtura as mx

HERE = Path(__file__).parent

#: Differences of BIC that count as none.
SAME = 0.1


@dataclass(frozen=True)
class Found:
    """What a search chose, and its components that have collapsed or owe it to a few rows."""

    choice: Choice
    flagged: str

    @classmethod
    def by_search(cls, X: np.ndarray, seed: int) -> Found:
        search = mx.MixtureSearch(random_state=seed).fit(X)
        best = search.best_params_
        bic = float(search.results_["bic"][search.best_index_])
        choice = Choice(best["covariance_type"], int(best["n_components"]), bic)
        return cls(choice, flags(search.best_estimator_))

    def same_model(self, other: Found) -> bool:
        mine, theirs = self.choice, other.choice
        return (mine.structure, mine.k) == (theirs.structure, theirs.k)

    def same(self, other: Found) -> bool:
        return self.same_model(other) and abs(self.choice.bic - other.choice.bic) <= SAME


def flags(fitted: mx.GaussianMixture) -> str:
    counts = {"collapsed": fitted.collapsed_, "spurious": fitted.spurious_}
    return ", ".join(f"{len(which)} {word}" for word, which in counts.items() if which)


# ---------------------------------------------------------------------------------------------
# mclust's choice


@dataclass(frozen=True)
class Theirs:
    """mclust's choice, rows in its smallest cluster, and what we make of it."""

    choice: Choice
    fewest: int
    refit: float
    flagged: str

    @classmethod
    def of(cls, mclust: Mclust, table: Table) -> Theirs:
        """Judged after a fit that begins at its responsibilities, hence at its parameters."""
        choice, resp = mclust.responsibilities(table)
        rows = np.bincount(resp.argmax(axis=1), minlength=choice.k)
        try:
            fitted = mx.GaussianMixture(
                choice.k,
                covariance_type=choice.structure,
                init_params=resp / resp.sum(axis=1, keepdims=True),
            ).fit(table.X)
        except ValueError as error:
            return cls(choice, int(rows.min()), np.nan, f"fails: {error}".splitlines()[0])
        return cls(choice, int(rows.min()), fitted.bic(table.X), flags(fitted))

    @property
    def sound(self) -> bool:
        return not self.flagged

    def cells(self) -> list[str]:
        verdict = self.flagged or "sound"
        if np.isfinite(self.refit) and abs(self.refit - self.choice.bic) > SAME:
            verdict += f"; EM goes on to {self.refit:,.1f}"
        return [str(self.choice), str(self.fewest), verdict]


# ---------------------------------------------------------------------------------------------
# Our choices


@dataclass(frozen=True)
class Ours:
    """What was found from each seed."""

    found: list[Found]

    @property
    def groups(self) -> list[list[Found]]:
        """Those that are the same, the largest group first, of equal ones the one of less BIC."""
        groups: list[list[Found]] = []
        for each in sorted(self.found, key=lambda found: found.choice.bic):
            for group in groups:
                if group[0].same(each):
                    group.append(each)
                    break
            else:
                groups.append([each])
        return sorted(groups, key=lambda group: -len(group))

    @property
    def least(self) -> float:
        return min(found.choice.bic for found in self.found)

    @property
    def n_agreed(self) -> int:
        """Seeds that found what most of them did."""
        return len(self.groups[0])

    @property
    def n_best(self) -> int:
        """Seeds of the commonest model with the least BIC that any seed found."""
        common = self.groups[0][0]
        return sum(
            each.same_model(common) and each.choice.bic <= self.least + SAME for each in self.found
        )

    def n_up_to(self, bic: float) -> int:
        return sum(each.choice.bic <= bic + SAME for each in self.found)

    def cells(self) -> list[str]:
        told = [
            f"{group[0].choice} ({len(group)})" if len(self.groups) > 1 else str(group[0].choice)
            for group in self.groups
        ]
        flagged = sorted({found.flagged for found in self.found} - {""})
        return ["<br>".join(told), "; ".join(flagged), f"{self.n_agreed} of {len(self.found)}"]


# ---------------------------------------------------------------------------------------------
# The same table in another form


def rows_permuted(X: np.ndarray) -> tuple[np.ndarray, float]:
    return np.random.default_rng(1).permutation(X), 0.0


def columns_permuted(X: np.ndarray) -> tuple[np.ndarray, float]:
    return np.ascontiguousarray(X[:, ::-1]), 0.0


def other_unit(X: np.ndarray) -> tuple[np.ndarray, float]:
    return _in_units(X, np.full(X.shape[1], 2.54))


def other_units(X: np.ndarray) -> tuple[np.ndarray, float]:
    return _in_units(X, 10.0 ** np.random.default_rng(2).uniform(-3.0, 3.0, X.shape[1]))


def _in_units(X: np.ndarray, factors: np.ndarray) -> tuple[np.ndarray, float]:
    shift = np.random.default_rng(3).normal(size=X.shape[1]) * X.std(axis=0)
    return (X + shift) * factors, 2.0 * len(X) * float(np.log(factors).sum())


#: What was done, the form of a table and what that adds to BIC, which tables have it.
FORMS: list[tuple[str, Callable[[np.ndarray], tuple[np.ndarray, float]], int]] = [
    ("rows permuted", rows_permuted, 1),
    ("columns in reverse", columns_permuted, 2),
    ("every column shifted, and times 2.54", other_unit, 1),
    ("every column shifted, and times a factor of its own", other_units, 2),
]


def in_forms(X: np.ndarray) -> dict[str, Found]:
    """What seed 0 chooses of each form, with the BIC that it would have in the table's own."""
    answers = {}
    for name, form, columns in FORMS:
        if X.shape[1] >= columns:
            Y, added = form(X)
            found = Found.by_search(Y, 0)
            choice = found.choice
            back = Choice(choice.structure, choice.k, choice.bic - added)
            answers[name] = Found(back, found.flagged)
    return answers


# ---------------------------------------------------------------------------------------------
# What is written


@dataclass(frozen=True)
class Line:
    table: Table
    theirs: Theirs
    ours: Ours
    forms: dict[str, Found]

    @classmethod
    def of(cls, mclust: Mclust, table: Table, seeds: int) -> Line:
        found = [Found.by_search(table.X, seed) for seed in range(seeds)]
        line = cls(table, Theirs.of(mclust, table), Ours(found), in_forms(table.X))
        print(line.cells(), flush=True)
        return line

    @property
    def behind(self) -> int:
        """Seeds whose BIC is worse than mclust's."""
        return len(self.ours.found) - self.ours.n_up_to(self.theirs.choice.bic)

    def cells(self) -> list[str]:
        return [self.table.name, self.table.size, *self.theirs.cells(), *self.ours.cells()]


def share(part: int, whole: int) -> str:
    return f"{part} of {whole} ({100.0 * part / max(whole, 1):.1f} %)"


def summary(lines: Sequence[Line]) -> list[str]:
    pairs = sum(len(line.ours.found) for line in lines)
    sound = [line for line in lines if line.theirs.sound]
    behind = [line for line in sound if line.behind]
    flagged = sum(bool(found.flagged) for line in lines for found in line.ours.found)
    rows = [
        (
            f"the structure, k and BIC (to {SAME}) that most seeds choose of the table",
            share(sum(line.ours.n_agreed for line in lines), pairs),
        ),
        (
            f"the same, and BIC within {SAME} of the least from any seed",
            share(sum(line.ours.n_best for line in lines), pairs),
        ),
        (
            f"our BIC at most mclust's + {SAME}, where mclust's choice is sound",
            share(
                sum(each.ours.n_up_to(each.theirs.choice.bic) for each in sound),
                sum(len(each.ours.found) for each in sound),
            ),
        ),
        ("our choice has a flagged component", share(flagged, pairs)),
    ]
    text = lines_of(
        ["of each table from each seed", "pairs of a table and a seed"], [list(row) for row in rows]
    )
    text += ["", f"mclust's choice is sound in {share(len(sound), len(lines))} tables."]
    return [*text, "", *behind_mclust(behind)]


def behind_mclust(lines: Sequence[Line]) -> list[str]:
    if not lines:
        return ["Where mclust's choice is sound, none of ours is behind it.", ""]
    rows = []
    for line in lines:
        theirs, ours = line.theirs.choice, line.ours
        worst = max(ours.found, key=lambda found: found.choice.bic).choice
        seeds = f"{line.behind} of {len(ours.found)}"
        rows.append(
            [line.table.name, str(theirs), str(worst), f"{worst.bic - theirs.bic:.1f}", seeds]
        )
    header = ["table", "mclust", "our worst", "behind by", "seeds that are behind"]
    return ["Behind mclust's choice although that is sound:", "", *lines_of(header, rows), ""]


def other_forms(lines: Sequence[Line]) -> list[str]:
    rows, changes = [], []
    for name, *_ in FORMS:
        asked = [line for line in lines if name in line.forms]
        first = {line.table.name: line.ours.found[0] for line in asked}
        models = [line for line in asked if line.forms[name].same_model(first[line.table.name])]
        same = [line for line in asked if line.forms[name].same(first[line.table.name])]
        rows.append([name, share(len(models), len(asked)), share(len(same), len(asked))])
        changes += [
            [name, line.table.name, str(line.ours.found[0].choice), str(line.forms[name].choice)]
            for line in asked
            if line not in same
        ]
    text = lines_of(["form", "the same structure and k", f"and BIC within {SAME}"], rows)
    if changes:
        header = ["form", "table", "as it is", "in that form, BIC in the table's own"]
        text += ["", *lines_of(header, changes)]
    return [*text, ""]


def main() -> None:
    options = parser(__doc__, HERE / "STABILITY.md")
    options.add_argument("--seeds", type=int, default=10)
    asked = options.parse_args()
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as folder, Mclust() as mclust:
        tables = Tables(Path(folder)).asked(asked.tables)
        lines = [Line.of(mclust, table, asked.seeds) for table in tables]
    header = ["table", "n x d", "mclust's choice: BIC", "fewest rows", "which is"]
    header += ["our choice: BIC (seeds)", "flagged", "agree"]
    text = [
        "# The choice by seed",
        "",
        f"Made by `make bench-stability`: the default search of {len(lines)} tables, each from "
        f"{asked.seeds} seeds; {mclust.version}. BIC as -2 log-likelihood + p log n: the less the "
        "better.",
        "",
        "## In short",
        "",
        *summary(lines),
        "## The same table in another form",
        "",
        "From one seed. With a factor for each column the structures whose axes lie in any "
        "direction but have something in common (EEV, VEV, EVE, VVE) and the round ones (EII, VII) "
        "are other models than before, so that the choice may rightly change.",
        "",
        *other_forms(lines),
        "## By table",
        "",
        "Of mclust's choice: rows in its smallest cluster, and what `GaussianMixture` says of it "
        "when it begins there (`collapsed_`, `spurious_`). The number of seeds stands behind a "
        "choice where there are several; `flagged` are components of ours; `agree` are seeds with "
        "the first of these choices.",
        "",
        *lines_of(header, [line.cells() for line in lines]),
    ]
    asked.out.write_text("\n".join(text) + "\n")


if __name__ == "__main__":
    main()
