"""The search: structures that grow side by side, until the choice among them is stable."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise
from operator import methodcaller
from typing import Any, TypeAlias

import numpy as np

from mixtura.errors import MixturaError
from mixtura.fitting.record import FitRecord
from mixtura.fitting.restarts import Effort
from mixtura.selection.candidate import Candidate, Relatives
from mixtura.selection.comparison import Achievement, Comparison, Outcome
from mixtura.selection.growth import Growth
from mixtura.selection.named import Criterion
from mixtura.selection.slope import estimate_slope
from mixtura.starts.training_rows import TrainingRows
from mixtura.typing import FloatArray

__all__ = ["Found", "InParallel", "Progress", "Search"]

#: Told (steps done, steps in all, parameters of the candidate). A step is a candidate's first
#: starts, its next ones, or its cross-validation.
Progress: TypeAlias = Callable[[int, int, dict[str, Any]], None]

#: Tasks -> their results in the order of the tasks, whoever computes them.
InParallel: TypeAlias = Callable[[Sequence[Callable[[], Candidate]]], Iterable[Candidate]]

#: Takes a candidate further.
Step: TypeAlias = Callable[[Candidate], Candidate]

#: Parameters -> a candidate that was not asked for.
Further: TypeAlias = Callable[[dict[str, Any]], Candidate]

_K = "n_components"

# Iterations after which first runs pause: the best of them go on.
_FIRST_PAUSE = 40
# Those of candidates that may be chosen, before acceleration may begin.
_PAUSE = 300
# What further starts are not likely to make up for, in units of the criterion: while structures
# grow, and of those that have.
_REACH_OF_GROWTH, _REACH, _PER_ROW = 15.0, 7.0, 0.02
# What makes a structure so unlikely that its own starts can wait.
_NEAR = 60.0
# What no start makes up for at the end.
_CLOSE = 2.0
# Iterations in which a run that is leaving a plateau may still come up.
_PROSPECT = 10
# A gain of the criterion that is none.
_SAME = 0.05
# Criteria that differ by less, relatively, are those of one model.
_TIE = 1e-9
# Rounds in which the best candidates begin from each other, at most.
_ROUNDS = 6
# Structures whose partitions the others begin from.
_OTHERS = 2
# Beyond the numbers of components that were asked for, structures grow to so many times the
# largest, while an iteration adds up no more than so many numbers.
_TIMES_LARGEST, _AFFORDABLE = 3, 3e7
# Own starts of a candidate that may be chosen, in the first round and with each further one.
_OWN_STARTS = 2


@dataclass(frozen=True, eq=False)
class Found:
    """What a search came to.

    Attributes
    ----------
    best : int
        The place of the best candidate.
    params : dict
        Its parameters.
    record : FitRecord
        What came of it.
    results : dict of str to ndarray
        The table of all candidates.
    k_probabilities : dict of int to float
    at_limit : bool
        Whether no more components were tried than the best candidate has.
    """

    best: int
    params: dict[str, Any]
    record: FitRecord
    results: dict[str, Any]
    k_probabilities: dict[int, float]
    at_limit: bool


@dataclass(frozen=True, eq=False)
class Search:
    """How candidates are compared.

    Attributes
    ----------
    criterion : Criterion
    n_finalists : int or None
        Candidates that make more than two starts; None for all.
    n_folds : int or None
        Folds of the cross-validation, if there is one.
    seed : int
        Fixes the folds.
    in_parallel : callable
    progress : callable, optional
    further : callable, optional
        Makes candidates of more components than were asked for, while the criterion falls.
    """

    criterion: Criterion
    n_finalists: int | None
    n_folds: int | None
    seed: int
    in_parallel: InParallel
    progress: Progress | None = None
    further: Further | None = None

    def run(self, candidates: Sequence[Candidate], table: TrainingRows) -> Found:
        """Fit the candidates to the rows, and choose one.

        Raises
        ------
        MixturaError
            If no candidate could be fitted; the message has each reason once.
        """
        field_ = _Field(self, table, list(candidates), n_tasks=len(candidates))
        field_.grow()
        if len(candidates) == 1 or self.n_finalists is None:
            field_.take(dict.fromkeys(range(len(candidates)), methodcaller("finish")))
        if len(candidates) > 1:
            field_.settle()
        if self.n_folds is not None:
            validated = methodcaller("cross_validated", self.n_folds, self.seed)
            field_.take(dict.fromkeys(field_.finalists(math.inf), validated))
        return field_.choice()


@dataclass(eq=False)
class _Field:
    """The candidates of a search on their way; it counts its tasks, and tells of each as it ends.

    All candidates of a step are judged together, so that the result does not depend on which one
    ends first.
    """

    search: Search
    table: TrainingRows
    candidates: list[Candidate]
    n_tasks: int
    n_done: int = 0
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
        self.lines = [sorted(line, key=self._size) for line in lines.values()]
        self.largest = max(map(self._size, range(len(self.candidates))))

    @property
    def reach(self) -> float:
        """What further starts may make up for: optima differ by more where there are more rows."""
        return max(_REACH, _PER_ROW * self.table.summary.total_weight)

    @property
    def selective(self) -> bool:
        """Whether candidates can be left out, since early iterations say something of the end."""
        return self.search.criterion.tells_early and self.search.n_finalists is not None

    # ------------------------------------------------------------------------------- steps

    def take(self, steps: Mapping[int, Step]) -> None:
        """Let some candidates take further steps, which are made before any is taken."""
        self.n_tasks += len(steps)
        self._take(steps)

    def _take(self, steps: Mapping[int, Step]) -> None:
        tasks = [partial(step, self.candidates[i]) for i, step in steps.items()]
        for i, candidate in zip(steps, self.search.in_parallel(tasks), strict=True):
            self.candidates[i] = candidate
            self.n_done += 1
            if self.search.progress is not None:
                self.search.progress(self.n_done, self.n_tasks, candidate.params)

    def grow(self) -> None:
        """First starts of all structures side by side, one component after the other."""
        pause = _FIRST_PAUSE if self.selective else None
        lines, place = self.lines, 0
        while lines:
            self._take({line[place]: self._beginning(line[: place + 1], pause) for line in lines})
            place += 1
            if self.selective:
                least = float(self.ranks().min())
                for line in lines:
                    self._judge_newest(line[:place], least)
                values = self.ranks()
                lines = [line for line in lines if self._goes_on(line, place, values)]
            else:
                lines = [line for line in lines if place < len(line)]

    def _beginning(self, line: list[int], pause: int | None) -> Step:
        """The first starts of the last of a line, from the mixture before if it is the next."""
        *before, i = line
        next_one = before and self._size(i) == self._size(before[-1]) + 1
        smaller = self.candidates[before[-1]].mixture if next_one else None
        near = not self.selective or not before or self._behind(before[-1]) <= _NEAR
        return methodcaller("begun", self.table, smaller, pause, 1 if near else 0)

    def _behind(self, i: int) -> float:
        """By how much the criterion of a candidate is above the best one's."""
        return self._rank(self.candidates[i].outcome) - float(self.ranks().min())

    def _judge_newest(self, line: list[int], least: float) -> None:
        """See that the last of a line is sound, where it is its best and may be that of all."""
        *before, value = (self._rank(self.candidates[i].outcome) for i in line)
        if value < min(before, default=math.inf) and value <= least + _REACH_OF_GROWTH:
            self.candidates[line[-1]] = self.candidates[line[-1]].judge()

    def _goes_on(self, line: list[int], place: int, values: FloatArray) -> bool:
        rest, least = line[place:], float(values.min())
        failed = [self.candidates[i].fitting is None for i in line[:place]]
        own = np.where(failed, np.nan, values[line[:place]])
        if not rest:
            return self._lengthened(line, own, least)
        price = self._price(line[:place])
        reason = Growth(_REACH_OF_GROWTH).ends(own.tolist(), least, len(rest), price)
        if reason is None or self._promising(rest, least):
            return True
        for i in rest:
            self.candidates[i] = self.candidates[i].left_out(reason)
        self.n_done += len(rest)
        return False

    def _promising(self, rest: list[int], least: float) -> bool:
        """Whether one of some candidates that have not begun looks better than all that have.

        Of many groups in a pattern those with too few components all may be bad alike.
        """
        for i in rest:
            if i not in self.glimpses:
                self.glimpses[i] = self.candidates[i].glimpse(self.table)
            if self._rank(self.glimpses[i].outcome) < least:
                self.glimpses[i] = self.glimpses[i].judge()
        return any(self._rank(self.glimpses[i].outcome) < least for i in rest)

    def _lengthened(self, line: list[int], own: FloatArray, least: float) -> bool:
        """Give a line one more candidate, if its least is at the end, and may be that of all."""
        last = self.candidates[line[-1]]
        falls = len(own) > 1 and not np.isnan(own).all() and np.nanargmin(own) >= len(own) - 2
        if self.search.further is None or last.fitting is None or not falls:
            return False
        k = self._size(line[-1]) + 1
        affordable = k <= _TIMES_LARGEST * self.largest and last.fitting.price <= _AFFORDABLE
        if np.nanmin(own) > least + _REACH_OF_GROWTH or not affordable:
            return False
        self.n_tasks += 1
        line.append(len(self.candidates))
        self.candidates.append(self.search.further({**last.params, _K: k}))
        return True

    def _price(self, line: list[int]) -> float:
        """What BIC charges for the last component of a line."""
        sizes = [
            best.mixture.n_parameters
            for i in line[-2:]
            if (best := self.candidates[i].outcome.best) is not None
        ]
        log_n = math.log(max(self.table.summary.total_weight, 1.0))
        return (sizes[-1] - sizes[0]) * log_n if len(sizes) > 1 else math.inf

    def settle(self) -> None:
        """Let the best candidates begin from each other, until that changes nothing."""
        best, n_own = math.inf, 0
        for _ in range(_ROUNDS):
            n_own += _OWN_STARTS
            self.judge()
            self.take(self._following())
            field_ = self.with_neighbors(self.finalists(self.reach))
            self.take({i: self._furthering(i, Effort.exactly(n_own)) for i in field_})
            self.judge()
            self.take(dict.fromkeys(self.finalists(_CLOSE), methodcaller("finish")))
            self.judge()
            before, best = best, float(self.ranks().min())
            if not best < before - _SAME:
                break

    def _following(self) -> dict[int, Step]:
        """Other structures of as many components begin where the best candidate is, too.

        Those that are near make starts of their own: theirs may be another partition.
        """
        values = self.ranks()
        if math.isinf(values.min()):
            return {}
        best = int(values.argmin())
        mixture, k = self.candidates[best].mixture, self._size(best)
        assert mixture is not None  # its criterion is finite
        there = Relatives(None, None, (mixture,))

        def step(n_own: int, candidate: Candidate) -> Candidate:
            begun = candidate.begun_from(there, _FIRST_PAUSE)
            return begun.with_starts(Effort.exactly(n_own), _FIRST_PAUSE)

        alike = [i for i in range(len(values)) if i != best and self._size(i) == k > 1]
        near = values <= values[best] + _NEAR
        return {
            i: partial(step, 1 + _OWN_STARTS if near[i] else 1)
            for i in alike
            if self.candidates[i].begun_at_all
        }

    def _furthering(self, i: int, effort: Effort) -> Step:
        """A candidate goes on, begins from its relatives, and makes more starts."""
        relatives = self.relatives(i)

        def step(candidate: Candidate) -> Candidate:
            there = candidate.go_on(_PAUSE).begun_from(relatives, _PAUSE)
            return there.with_starts(effort, _PAUSE)

        return step

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

    def _size(self, i: int) -> int:
        return int(self.candidates[i].params.get(_K, 0))

    def _line(self, i: int) -> list[int]:
        return next(line for line in self.lines if i in line)

    def relatives(self, i: int) -> Relatives:
        """What a candidate can begin from."""
        k, line = self._size(i), self._line(i)
        near = {self._size(j): self.candidates[j].mixture for j in line}
        alike = (j for j in range(len(self.candidates)) if self._size(j) == k and j not in line)
        ranked = sorted((self._rank(self.candidates[j].outcome), j) for j in alike)
        others = (self.candidates[j].mixture for value, j in ranked if value < math.inf)
        known = [mixture for mixture in others if mixture is not None][:_OTHERS]
        return Relatives(near.get(k - 1), near.get(k + 1), tuple(known))

    def finalists(self, reach: float) -> list[int]:
        """The best candidates, as far as they are within reach of the best one."""
        values, n_most = self.ranks(), self.search.n_finalists
        prospects = [2.0 * c.prospect(_PROSPECT) for c in self.candidates]
        hopes = values - prospects
        numbers = [int(i) for i in np.argsort(hopes, kind="stable") if hopes[i] < math.inf]
        within = [i for i in numbers if hopes[i] <= values.min() + reach]
        return within[:n_most]

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

    # -------------------------------------------------------------------------- comparison

    def choice(self) -> Found:
        """The best candidate that can be shown, and how all compare."""
        comparison = self._comparison(self._told_apart())
        results, outcomes = comparison.results(), comparison.outcomes
        best = self._best(comparison, results[self.search.criterion.name])
        after, record = self.candidates[best].recorded()
        self.candidates[best] = after
        if record is None:
            return self.choice()
        record = replace(record, notes=(*record.notes, *self._notes(best, outcomes)))
        return Found(
            best,
            outcomes[best].params,
            record,
            results,
            comparison.k_probabilities(),
            self._at_limit(best),
        )

    def _at_limit(self, best: int) -> bool:
        """Whether the best candidate has as many components as were tried of its structure."""
        line = self._line(best)
        begun = [i for i in line if self.candidates[i].begun_at_all]
        return len(line) > 1 and best == begun[-1] == line[-1]

    def _notes(self, best: int, outcomes: Sequence[Outcome]) -> Iterator[str]:
        """What to know of the choice."""
        name = self.search.criterion.rank_name.upper()
        if self.search.criterion.tells_early and self._at_limit(best):
            yield (
                f"{self._size(best)} components are the most that were tried: with more, {name} "
                "may be lower still."
            )
        chosen = outcomes[best]
        unsound = [outcome for outcome in outcomes if outcome.flaw is not None]
        if not chosen.sound or not unsound:
            return
        values = [self._value(outcome) for outcome in unsound]
        least = int(np.argmin(values))
        if values[least] < self._value(chosen) - _CLOSE:
            yield (
                f"{unsound[least].named} has a lower {name}, {values[least]:,.1f} against "
                f"{self._value(chosen):,.1f}, but cannot be chosen: {unsound[least].flaw}."
            )

    def _value(self, outcome: Outcome) -> float:
        table = self._comparison([outcome]).table
        return float(self.search.criterion.along_the_way(table)[0]) if table else math.nan

    def _best(self, comparison: Comparison, values: FloatArray) -> int:
        if self.search.criterion.name == "slope" and comparison.entries:
            estimate_slope(comparison.table)  # it says why there is none
        if np.isnan(values).all():
            name, n = self.search.criterion.name, len(comparison.outcomes)
            what = f"judged by {name!r}" if comparison.entries else "fitted"
            raise MixturaError(
                f"None of the {n} candidates could be {what}. {comparison.reasons()}"
            )
        known = ~np.isnan(values)
        sound = known & [outcome.sound for outcome in comparison.outcomes]
        eligible = np.flatnonzero(sound if sound.any() else known)
        # Models that coincide, such as many structures of one component, have one value.
        least = float(values[eligible].min())
        same = values[eligible] <= least + _TIE * (1.0 + abs(least))
        return int(eligible[same.argmax()])

    def _told_apart(self) -> list[Outcome]:
        """The outcomes, in which those that were left behind say so."""
        if len(self.candidates) == 1:
            return [self.candidates[0].outcome]
        values, name = self.ranks(), self.search.criterion.rank_name.upper()
        least = float(values.min())
        return [
            candidate.outcome
            if candidate.finished or np.isinf(value)
            else candidate.left_behind(f"{name} {value - least:.1f} above the best")
            for candidate, value in zip(self.candidates, values.tolist(), strict=True)
        ]

    def ranks(self) -> FloatArray:
        """The criterion of each, infinite for those that may not compete."""
        rank = self._rank
        return np.array([rank(candidate.outcome) for candidate in self.candidates])

    def _rank(self, outcome: Outcome) -> float:
        """A criterion along the way looks at one candidate at a time."""
        best = outcome.best
        if best is None or outcome.flaw is not None:
            return math.inf
        known = self.known.get(id(best))
        if known is None:
            value = self._value(outcome)
            known = best, math.inf if math.isnan(value) else value
            self.known[id(best)] = known
        return known[1]

    def _comparison(self, outcomes: list[Outcome]) -> Comparison:
        return Comparison(outcomes, self.table.source(1), self.of_one)
