"""The best candidates of a search begin from each other, until the choice among them is stable."""

from __future__ import annotations

import math
from functools import partial
from operator import methodcaller

from mixtura.fitting.restarts import Effort
from mixtura.selection.candidate import Candidate, Relatives
from mixtura.selection.field import Field, Step

__all__ = ["CLOSE", "settle"]

#: What no start makes up for at the end, in units of the criterion.
CLOSE = 2.0

# Iterations after which runs pause that may not be chosen; and that may: before acceleration on
# small tables, and on others after so many numbers that are added up.
_FIRST_PAUSE, _PAUSE, _WORK = 40, 300, 1e7
# What further starts are not likely to make up for: some at least, so much for each row, and no
# more than so much.
_LEAST_REACH, _PER_ROW, _REACH = 7.0, 0.02, 25.0
# What makes a structure so unlikely that its own starts can wait.
_NEAR = 60.0
# A gain of the criterion that is none.
_SAME = 0.05
# Rounds in which the best candidates begin from each other, at most.
_ROUNDS = 6
# Own starts of a candidate that may be chosen, in the first round and with each further one.
_OWN_STARTS = 2


def settle(field: Field) -> None:
    """Let the best candidates begin from each other, until that changes nothing."""
    best, n_own = math.inf, 0
    field.judge()
    if math.isinf(field.ranks().min()):  # of their first starts none is sound
        field.take(dict.fromkeys(_begun(field), methodcaller("finish")))
        field.judge()
    for _ in range(_ROUNDS):
        n_own += _OWN_STARTS
        field.take(_following(field))
        best_ones = field.with_neighbors(field.finalists(_reach(field)))
        field.take({i: _furthering(field, i, Effort.exactly(n_own)) for i in best_ones})
        field.judge()
        field.take(dict.fromkeys(field.finalists(CLOSE, as_they_are=True), methodcaller("finish")))
        field.judge()
        before, best = best, float(field.ranks().min())
        if not best < before - _SAME:
            break
    _finish_the_best(field)


def _finish_the_best(field: Field) -> None:
    """See that the best candidate has come to its end.

    Where optima are passed over that are not sound, the next may be one that was paused: it would
    not have come as high as those.
    """
    while math.isfinite((values := field.ranks()).min()):
        best = int(values.argmin())
        if field.candidates[best].finished:
            return
        field.take({best: methodcaller("finish")})
        field.judge()


def _begun(field: Field) -> list[int]:
    """The best candidates that have begun, sound or not."""
    candidates = field.candidates
    begun = [i for i in range(len(candidates)) if candidates[i].begun_at_all]
    begun.sort(key=lambda i: field.value(candidates[i].outcome))
    return begun[: field.n_finalists]


def _following(field: Field) -> dict[int, Step]:
    """Other structures of as many components begin where the best candidate is, too.

    Those that are near make starts of their own: theirs may be another partition.
    """
    values = field.ranks()
    if math.isinf(values.min()):
        return {}
    best = int(values.argmin())
    mixture, k = field.candidates[best].mixture, field.size(best)
    assert mixture is not None  # its criterion is finite
    there = Relatives(None, None, (mixture,))

    def step(n_own: int, candidate: Candidate) -> Candidate:
        begun = candidate.begun_from(there, _FIRST_PAUSE)
        return begun.with_starts(Effort.exactly(n_own), _FIRST_PAUSE)

    alike = [i for i in range(len(values)) if i != best and field.size(i) == k > 1]
    near = values <= values[best] + _NEAR
    return {
        i: partial(step, 1 + _OWN_STARTS if near[i] else 1)
        for i in alike
        if field.candidates[i].begun_at_all
    }


def _furthering(field: Field, i: int, effort: Effort) -> Step:
    """A candidate goes on, begins from its relatives, and makes more starts."""
    relatives = field.relatives(i)

    def step(candidate: Candidate) -> Candidate:
        pause = _pause(candidate)
        there = candidate.go_on(pause).begun_from(relatives, pause)
        return there.with_starts(effort, pause)

    return step


def _pause(candidate: Candidate) -> int:
    """Iterations after which the runs of a candidate that may be chosen pause."""
    if candidate.fitting is None:
        return _PAUSE
    return max(_FIRST_PAUSE, int(min(_PAUSE, _WORK / candidate.fitting.price)))


def _reach(field: Field) -> float:
    """What further starts may make up for: optima differ by more where there are more rows."""
    by_rows = _PER_ROW * field.table.summary.total_weight
    return min(max(_LEAST_REACH, by_rows), _REACH)
