"""Candidates of one structure, one component after the other: each begins from the one before.

A mixture of k components that grows from one of k - 1 ends in the best known optimum far more often
than one that begins with a partition of the rows (`starts.split_component`). So the candidates
of a structure wait for each other, and the structures grow side by side.

A structure grows no further where that leads nowhere: it has passed its least, its optima are no
longer sound, or it could not catch up even if it went on to gain as it does. It is judged by its
own gains alone: one that begins slowly has as many components to show what it can as any other.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import methodcaller

import numpy as np

from mixtura.selection.field import Field, K, Step
from mixtura.typing import FloatArray

__all__ = ["Growth", "grow"]

# Iterations after which first runs pause: the best of them go on.
_PAUSE = 40
# What may be made up for while structures grow, in units of the criterion.
_REACH = 15.0
# What makes a structure so unlikely that its own starts can wait.
_NEAR = 60.0
# Beyond the numbers of components that were asked for, structures grow to so many times the
# largest, while an iteration adds up no more than so many numbers.
_TIMES_LARGEST, _AFFORDABLE = 3, 3e7

# Components in a row that lead nowhere after which a structure grows no further.
_IN_VAIN = 2
# Gains that a structure may go on to make are as large as the largest of so many.
_GAINS = 2
# Components for which it may go on to make them: gains shrink.
_LASTING = 3


@dataclass(frozen=True)
class Growth:
    """How a structure goes on.

    Attributes
    ----------
    reach : float
        By how much a criterion may be above the least of all, and still be made up for.
    """

    reach: float

    def ends(self, values: Sequence[float], least: float, n_left: int, price: float) -> str | None:
        """Why a structure grows no further; None if it does.

        Parameters
        ----------
        values : sequence of float
            The criterion of its candidates so far: infinite where they are not sound, and no
            number where they could not be fitted, which says nothing of those with more.
        least : float
            That of the best sound one of all structures.
        n_left : int
            How many further candidates there are.
        price : float
            What the criterion charges for a component.
        """
        values = [value for value in values if not math.isnan(value)]
        if not values:
            return None
        last = values[-_IN_VAIN:]
        if len(values) >= _IN_VAIN and all(map(math.isinf, last)):
            return "those with fewer components are not sound"
        if math.isinf(values[-1]) or values[-1] <= least + self.reach:
            return None
        behind = f"{values[-1] - least:,.0f} above the best"
        last = values[-_IN_VAIN - 1 :]
        if len(last) > _IN_VAIN and last == sorted(last) and last[-1] - last[0] >= price:
            return f"those with fewer components are better; the largest of them is {behind}"
        gains = [old - new for old, new in pairwise(values)][-_GAINS:]
        if len(gains) == _GAINS and all(map(math.isfinite, gains)):
            reached = values[-1] - min(n_left, _LASTING) * max(*gains, 0.0)
            if reached > least + self.reach:
                return f"the largest before is {behind}, and out of reach"
        return None


def grow(field: Field) -> None:
    """First starts of all structures side by side, one component after the other."""
    pause = _PAUSE if field.selective else None
    lines, place = field.lines, 0
    while lines:
        field.make({line[place]: _beginning(field, line[: place + 1], pause) for line in lines})
        place += 1
        if field.selective:
            least = float(field.ranks().min())
            for line in lines:
                _judge_newest(field, line[:place], least)
            values = field.ranks()
            lines = [line for line in lines if _goes_on(field, line, place, values)]
        else:
            lines = [line for line in lines if place < len(line)]


def _beginning(field: Field, line: list[int], pause: int | None) -> Step:
    """The first starts of the last of a line, from the mixture before if it is the next."""
    *before, i = line
    next_one = before and field.size(i) == field.size(before[-1]) + 1
    smaller = field.candidates[before[-1]].mixture if next_one else None
    near = not field.selective or not before or _behind(field, before[-1]) <= _NEAR
    return methodcaller("begun", field.table, smaller, pause, 1 if near else 0)


def _behind(field: Field, i: int) -> float:
    """By how much the criterion of a candidate is above the best one's."""
    return field.rank(field.candidates[i].outcome) - float(field.ranks().min())


def _judge_newest(field: Field, line: list[int], least: float) -> None:
    """See that the last of a line is sound, where it is its best and may be that of all."""
    *before, value = (field.rank(field.candidates[i].outcome) for i in line)
    if value < min(before, default=math.inf) and value <= least + _REACH:
        field.candidates[line[-1]] = field.candidates[line[-1]].judge()


def _goes_on(field: Field, line: list[int], place: int, values: FloatArray) -> bool:
    rest, least = line[place:], float(values.min())
    failed = [field.candidates[i].fitting is None for i in line[:place]]
    own = np.where(failed, np.nan, values[line[:place]])
    if not rest:
        return _lengthened(field, line, own, least)
    price = _price(field, line[:place])
    reason = Growth(_REACH).ends(own.tolist(), least, len(rest), price)
    if reason is None or _promising(field, rest, least):
        return True
    for i in rest:
        field.candidates[i] = field.candidates[i].left_out(reason)
    field.n_done += len(rest)
    return False


def _promising(field: Field, rest: list[int], least: float) -> bool:
    """Whether one of some candidates that have not begun looks better than all that have.

    Of many groups in a pattern those with too few components all may be bad alike.
    """
    for i in rest:
        if i not in field.glimpses:
            field.glimpses[i] = field.candidates[i].glimpse(field.table)
        if field.rank(field.glimpses[i].outcome) < least:
            field.glimpses[i] = field.glimpses[i].judge()
    return any(field.rank(field.glimpses[i].outcome) < least for i in rest)


def _lengthened(field: Field, line: list[int], own: FloatArray, least: float) -> bool:
    """Give a line one more candidate, if its least is at the end, and may be that of all."""
    last = field.candidates[line[-1]]
    falls = len(own) > 1 and not np.isnan(own).all() and np.nanargmin(own) >= len(own) - 2
    if field.further is None or last.fitting is None or not falls:
        return False
    k = field.size(line[-1]) + 1
    affordable = k <= _TIMES_LARGEST * field.largest and last.fitting.price <= _AFFORDABLE
    if np.nanmin(own) > least + _REACH or not affordable:
        return False
    field.n_tasks += 1
    line.append(len(field.candidates))
    field.candidates.append(field.further({**last.params, K: k}))
    return True


def _price(field: Field, line: list[int]) -> float:
    """What BIC charges for the last component of a line."""
    sizes = [
        best.mixture.n_parameters
        for i in line[-2:]
        if (best := field.candidates[i].outcome.best) is not None
    ]
    log_n = math.log(max(field.table.summary.total_weight, 1.0))
    return (sizes[-1] - sizes[0]) * log_n if len(sizes) > 1 else math.inf
