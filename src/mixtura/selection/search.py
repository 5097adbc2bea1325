"""The search: structures that grow side by side, until the choice among them is stable.

They grow (`growth`), the best begin from each other (`settling`), and the best sound one is chosen.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from operator import methodcaller
from typing import Any

import numpy as np

from mixtura.errors import MixturaError
from mixtura.fitting.record import FitRecord
from mixtura.mixture import Mixture
from mixtura.selection.candidate import Candidate
from mixtura.selection.comparison import Comparison, Outcome
from mixtura.selection.field import Field, Further, InParallel, Progress
from mixtura.selection.growth import grow
from mixtura.selection.named import Criterion
from mixtura.selection.settling import CLOSE, settle
from mixtura.selection.slope import estimate_slope
from mixtura.starts.training_rows import TrainingRows
from mixtura.typing import AnyArray, FloatArray

__all__ = ["Found", "InParallel", "Progress", "Search"]

# Criteria that differ by less, relatively, are those of one model.
_TIE = 1e-9


@dataclass(frozen=True, eq=False)
class Ranked:
    """A candidate that may be chosen.

    Attributes
    ----------
    place : int
    outcome : Outcome
    mixture : Mixture
    """

    place: int
    outcome: Outcome
    mixture: Mixture[Any, Any]


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
    ranked : tuple of Ranked
        Those that may be chosen, the best first.
    """

    best: int
    params: dict[str, Any]
    record: FitRecord
    results: dict[str, AnyArray]
    k_probabilities: dict[int, float]
    at_limit: bool
    ranked: tuple[Ranked, ...]


@dataclass(frozen=True, eq=False)
class Search:
    """How candidates are compared.

    Attributes
    ----------
    criterion : Criterion
    n_finalists : int or None
        Candidates that may begin from each other and make all their starts; None for all.
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
        field = Field(
            self.criterion,
            self.n_finalists,
            table,
            list(candidates),
            self.in_parallel,
            self.progress,
            self.further,
        )
        grow(field)
        if len(candidates) == 1 or self.n_finalists is None:
            field.take(dict.fromkeys(range(len(candidates)), methodcaller("finish")))
        if len(candidates) > 1:
            settle(field)
        if self.n_folds is not None:
            validated = methodcaller("cross_validated", self.n_folds, self.seed)
            field.take(dict.fromkeys(field.finalists(math.inf), validated))
        return _choice(field)


def _choice(field: Field) -> Found:
    """The best candidate that can be shown, and how all compare."""
    comparison = field.comparison(_told_apart(field))
    results, outcomes = comparison.results(), comparison.outcomes
    best = _best(field, comparison, results[field.criterion.name])
    after, record = field.candidates[best].recorded()
    field.candidates[best] = after
    if record is None:
        return _choice(field)
    record = replace(record, notes=(*record.notes, *_notes(field, best, outcomes)))
    return Found(
        best,
        outcomes[best].params,
        record,
        results,
        comparison.k_probabilities(),
        _at_limit(field, best),
        _ranked(best, results[field.criterion.name], outcomes),
    )


def _ranked(best: int, values: FloatArray, outcomes: Sequence[Outcome]) -> tuple[Ranked, ...]:
    """The best candidate, and after it the others that may be chosen, by the criterion."""
    order = np.argsort(values, kind="stable").tolist()
    order.sort(key=lambda place: place != best)
    return tuple(
        Ranked(place, outcome, outcome.best.mixture)
        for place in order
        for outcome in [outcomes[place]]
        if outcome.best is not None
        and (place == best or (outcome.sound and not np.isnan(values[place])))
    )


def _at_limit(field: Field, best: int) -> bool:
    """Whether the best candidate has as many components as were tried of its structure."""
    line = field.line(best)
    begun = [i for i in line if field.candidates[i].begun_at_all]
    return len(line) > 1 and best == begun[-1] == line[-1]


def _notes(field: Field, best: int, outcomes: Sequence[Outcome]) -> Iterator[str]:
    """What to know of the choice."""
    name = field.criterion.rank_name.upper()
    if field.criterion.tells_early and _at_limit(field, best):
        yield (
            f"{field.size(best)} components are the most that were tried: with more, {name} "
            "may be lower still."
        )
    chosen = outcomes[best]
    unsound = [outcome for outcome in outcomes if outcome.flaw is not None]
    if not chosen.sound or not unsound:
        return
    values = [field.value(outcome) for outcome in unsound]
    least = int(np.argmin(values))
    if values[least] < field.value(chosen) - CLOSE:
        yield (
            f"{unsound[least].named} has a lower {name}, {values[least]:,.1f} against "
            f"{field.value(chosen):,.1f}, but cannot be chosen: {unsound[least].flaw}."
        )


def _best(field: Field, comparison: Comparison, values: FloatArray) -> int:
    if field.criterion.name == "slope" and comparison.entries:
        estimate_slope(comparison.table)  # it says why there is none
    if np.isnan(values).all():
        name, n = field.criterion.name, len(comparison.outcomes)
        what = f"judged by {name!r}" if comparison.entries else "fitted"
        raise MixturaError(f"None of the {n} candidates could be {what}. {comparison.reasons()}")
    known = ~np.isnan(values)
    sound = known & [outcome.sound for outcome in comparison.outcomes]
    eligible = np.flatnonzero(sound if sound.any() else known)
    # Models that coincide, such as many structures of one component, have one value.
    least = float(values[eligible].min())
    same = values[eligible] <= least + _TIE * (1.0 + abs(least))
    return int(eligible[same.argmax()])


def _told_apart(field: Field) -> list[Outcome]:
    """The outcomes, in which those that were left behind say so."""
    if len(field.candidates) == 1:
        return [field.candidates[0].outcome]
    values, name = field.ranks(), field.criterion.rank_name.upper()
    least = float(values.min())
    return [
        candidate.outcome
        if candidate.finished or np.isinf(value)
        else candidate.left_behind(f"{name} {value - least:.1f} above the best")
        for candidate, value in zip(field.candidates, values.tolist(), strict=True)
    ]
