"""The candidates of a search on their way, and how they stand to each other."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np

from mixtura.selection.candidate import Candidate, Relatives
from mixtura.selection.comparison import Achievement, Comparison, Outcome
from mixtura.selection.named import Criterion
from mixtura.starts.training_rows import TrainingRows
from mixtura.typing import FloatArray

__all__ = ["Field", "Further", "InParallel", "K", "Progress", "Step"]

#: Told (steps done, steps in all, parameters of the candidate). A step is a candidate's first
#: starts, its next ones, or its cross-validation.
Progress: TypeAlias = Callable[[int, int, dict[str, Any]], None]

#: Tasks -> their results in the order of the tasks, whoever computes them.
InParallel: TypeAlias = Callable[[Sequence[Callable[[], Candidate]]], Iterable[Candidate]]

#: Takes a candidate further.
Step: TypeAlias = Callable[[Candidate], Candidate]

#: Parameters -> a candidate that was not asked for.
Further: TypeAlias = Callable[[dict[str, Any]], Candidate]

#: The parameter that tells the number of components.
K = "n_components"

# Iterations in which a run that is leaving a plateau may still come up.
_PROSPECT = 10
# Structures whose partitions the others begin from.
_OTHERS = 2


@dataclass(eq=False)
class Field:
    """The candidates of a search; it counts its tasks, and tells of each as it ends.

    All candidates of a step are judged together, so that the result does not depend on which one
    ends first.

    Attributes
    ----------
    criterion : Criterion
    n_finalists : int or None
        Candidates that may begin from each other and make all their starts; None for all.
    table : TrainingRows
    candidates : list of Candidate
    in_parallel : callable
    progress, further : callable, optional
        As of `Search`.
    """

    criterion: Criterion
    n_finalists: int | None
    table: TrainingRows
    candidates: list[Candidate]
    in_parallel: InParallel
    progress: Progress | None = None
    further: Further | None = None
    n_done: int = 0
    n_tasks: int = field(init=False)
    of_one: dict[str, float] = field(default_factory=dict)
    known: dict[int, tuple[Achievement, float]] = field(default_factory=dict)
    glimpses: dict[int, Candidate] = field(default_factory=dict)
    lines: list[list[int]] = field(init=False)
    largest: int = field(init=False)

    def __post_init__(self) -> None:
        """Lines are of candidates that differ in the number of components alone, in its order."""
        lines: dict[str, list[int]] = {}
        for i, candidate in enumerate(self.candidates):
            lines.setdefault(candidate.outcome.structure, []).append(i)
        self.lines = [sorted(line, key=self.size) for line in lines.values()]
        self.n_tasks = len(self.candidates)
        self.largest = max(map(self.size, range(len(self.candidates))))

    @property
    def selective(self) -> bool:
        """Whether candidates can be left out, since early iterations say something of the end."""
        return self.criterion.tells_early and self.n_finalists is not None

    # ------------------------------------------------------------------------------- steps

    def take(self, steps: Mapping[int, Step]) -> None:
        """Let some candidates take further steps, which are made before any is taken."""
        self.n_tasks += len(steps)
        self.make(steps)

    def make(self, steps: Mapping[int, Step]) -> None:
        """Let some candidates take the steps that were counted from the beginning."""
        tasks = [partial(step, self.candidates[i]) for i, step in steps.items()]
        for i, candidate in zip(steps, self.in_parallel(tasks), strict=True):
            self.candidates[i] = candidate
            self.n_done += 1
            if self.progress is not None:
                self.progress(self.n_done, self.n_tasks, candidate.params)

    def judge(self) -> None:
        """See that the best candidate is sound; one that is not makes room for the next."""
        while True:
            values = self.ranks()
            least = min(
                (
                    value
                    for value, candidate in zip(values.tolist(), self.candidates, strict=True)
                    if candidate.verdict is not None
                ),
                default=math.inf,
            )
            number = next(
                (
                    int(i)
                    for i in np.argsort(values, kind="stable")
                    if self.candidates[i].verdict is None and values[i] < math.inf
                ),
                None,
            )
            if number is None or values[number] > least:
                return
            self.candidates[number] = self.candidates[number].judge()

    # --------------------------------------------------------------------------- relations

    def size(self, i: int) -> int:
        """Its number of components."""
        return int(self.candidates[i].params.get(K, 0))

    def line(self, i: int) -> list[int]:
        """Those that differ from it in the number of components alone."""
        return next(line for line in self.lines if i in line)

    def relatives(self, i: int) -> Relatives:
        """What a candidate can begin from."""
        k, line = self.size(i), self.line(i)
        near = {self.size(j): self.candidates[j].mixture for j in line}
        alike = (j for j in range(len(self.candidates)) if self.size(j) == k and j not in line)
        ranked = sorted((self.rank(self.candidates[j].outcome), j) for j in alike)
        others = (self.candidates[j].mixture for value, j in ranked if value < math.inf)
        known = [mixture for mixture in others if mixture is not None][:_OTHERS]
        return Relatives(near.get(k - 1), near.get(k + 1), tuple(known))

    def finalists(self, reach: float, *, as_they_are: bool = False) -> list[int]:
        """The best candidates, as far as they are, or else might soon be, in reach of the best."""
        values = self.ranks()
        prospects = [2.0 * candidate.prospect(_PROSPECT) for candidate in self.candidates]
        hopes = values if as_they_are else values - prospects
        numbers = [int(i) for i in np.argsort(hopes, kind="stable") if hopes[i] < math.inf]
        within = [i for i in numbers if hopes[i] <= values.min() + reach]
        return within[: self.n_finalists]

    def with_neighbors(self, numbers: list[int]) -> list[int]:
        """Some candidates, and those of one component more or fewer that have begun."""
        found = set(numbers)
        for line in self.lines:
            for i, j in pairwise(line):
                if i in numbers and self.candidates[j].begun_at_all:
                    found.add(j)
                if j in numbers:
                    found.add(i)
        return sorted(found)

    # ------------------------------------------------------------------------------- ranks

    def ranks(self) -> FloatArray:
        """The criterion of each, infinite for those that may not compete."""
        rank = self.rank
        return np.array([rank(candidate.outcome) for candidate in self.candidates])

    def rank(self, outcome: Outcome) -> float:
        """A criterion along the way looks at one candidate at a time."""
        best = outcome.best
        if best is None or outcome.flaw is not None:
            return math.inf
        known = self.known.get(id(best))
        if known is None:
            value = self.value(outcome)
            known = best, math.inf if math.isnan(value) else value
            self.known[id(best)] = known
        return known[1]

    def comparison(self, outcomes: list[Outcome]) -> Comparison:
        """Some outcomes side by side."""
        return Comparison(outcomes, self.table.source(1), self.of_one)

    def value(self, outcome: Outcome) -> float:
        """Its criterion, sound or not; NaN if it was not fitted."""
        table = self.comparison([outcome]).table
        return float(self.criterion.along_the_way(table)[0]) if table else math.nan
