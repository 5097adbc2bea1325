"""Which rows each iteration sees, and how much it trusts them.

A schedule turns a source into an endless sequence of passes over its rows. A pass sees them at
once, or part by part. After each part the loop replaces its statistics by
(1 - step) * old + step * fresh, so that step 1 forgets the past.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count, repeat
from typing import TypeAlias

import numpy as np

from mixtura.sources.array import ArraySource
from mixtura.sources.source import Source
from mixtura.typing import IntArray

__all__ = [
    "Forgetting",
    "HalfLife",
    "MiniBatches",
    "Part",
    "Pass",
    "Rounds",
    "Schedule",
    "Slowing",
    "batch",
    "damped",
    "decreasing_steps",
    "parts_of",
]


@dataclass(frozen=True)
class Part:
    """Some rows, and the share that they get.

    Attributes
    ----------
    source : Source
    step : float
        Their share in the running statistics.
    averaging : float
        The share of these in the average of all running statistics.
    weight : float or None
        That of all rows, which these stand for; None if they are all.
    """

    source: Source
    step: float = 1.0
    averaging: float = 1.0
    weight: float | None = None


@dataclass(frozen=True)
class Pass:
    """What one iteration sees.

    Attributes
    ----------
    parts : iterable of Part
    whole : bool
        Whether that is all rows under one mixture, so that its objective is known.
    """

    parts: Iterable[Part]
    whole: bool = True


Schedule: TypeAlias = Callable[[Source], Iterator[Pass]]


def decreasing_steps(burn_in: int, power: float = 0.75) -> Callable[[int], float]:
    """Step 1 during the burn-in, then (iteration - burn_in + 1) ** -power.

    Any power in (1/2, 1] satisfies the conditions of Delyon, Lavielle and Moulines (1999).
    """
    return lambda iteration: float(max(iteration - burn_in + 1, 1)) ** -power


def batch(source: Source) -> Iterator[Pass]:
    """All rows in every iteration, and nothing remembered: step 1."""
    return repeat(Pass((Part(source),)))


def damped(step: Callable[[int], float]) -> Schedule:
    """All rows in every iteration, with the step size given by the iteration's number."""

    def passes(source: Source) -> Iterator[Pass]:
        return (Pass((Part(source, step(iteration)),)) for iteration in count())

    return passes


# ---------------------------------------------------------------------------------------------
# Part by part


#: (weight of the rows before, weight of some more rows) -> their step, the share of that in the
#: average, and the weight of all.
Forgetting: TypeAlias = Callable[[float, float], tuple[float, float, float]]


@dataclass(frozen=True)
class Slowing:
    """Steps that become smaller, and their average: what Cappe and Moulines (2009) advise.

    The step of `unit` rows is ((100 + t) / 40)^-power, where t units came before. Any power in
    (1/2, 1] is right; the smaller, the sooner a poor start is forgotten. The steps are larger than
    they could be, so that a few passes go as far as many iterations of EM. What they add by chance
    the average takes away (Polyak and Juditsky 1992), so that in the end the power does not matter.
    In it the later steps weigh more, with the cube of the rows before them.

    Rows never get a smaller share than those before: where these are few it is the same.

    Parameters
    ----------
    unit : float
        Weight of rows.
    power : float, default=0.6
    """

    unit: float
    power: float = 0.6

    def __call__(self, before: float, weight: float) -> tuple[float, float, float]:
        after = before + weight
        kept = 1.0 - ((_DELAY + before / self.unit) / _SCALE) ** -self.power
        step = max(1.0 - kept ** (weight / self.unit), weight / after)
        return step, 1.0 - (before / after) ** _LATE, after


_DELAY, _SCALE, _LATE = 100.0, 40.0, 4


@dataclass(frozen=True)
class HalfLife:
    """Rows that count half as much as those that came so much later: the fit follows a drift.

    Parameters
    ----------
    weight : float
        Weight of rows after which one counts half.
    """

    weight: float

    def __call__(self, before: float, weight: float) -> tuple[float, float, float]:
        after = 2.0 ** (-weight / self.weight) * before + weight
        return weight / after, 1.0, after


def parts_of(
    source: ArraySource,
    rows: Sequence[IntArray],
    forgetting: Forgetting,
    before: float,
    whole: float | None = None,
) -> Iterator[Part]:
    """Some rows of a source after others, part by part.

    Parameters
    ----------
    source : ArraySource
    rows : sequence of ndarray
        The numbers of those in each part.
    forgetting : callable
    before : float
        Weight of the rows that came before.
    whole : float, optional
        Weight that each part stands for; by default that of all rows that were seen by then.
    """
    for numbers in rows:
        part = source.take(numbers)
        step, averaging, before = forgetting(before, part.total_weight)
        yield Part(part, step, averaging, before if whole is None else whole)


@dataclass(frozen=True)
class Rounds:
    """Rounds of passes by mini-batches, each of which ends with passes over all rows at once.

    The latter judge what the former have come to: they are EM as it is, and tell by their gains how
    far the limit is. If it is too far, the next round has more mini-batches. Before the first round
    is one such pass: the first steps are the largest, and decide which optimum they lead to.

    Parameters
    ----------
    first : int, default=1
        Passes by mini-batches in the first round.
    growth : int, default=2
        How many times as many the next one has.
    judging : int, default=3
        Passes over all rows at the end of a round: two gains tell how they shrink.
    most : int, default=40
        Passes in all, which end with one over all rows.
    """

    first: int = 1
    growth: int = 2
    judging: int = 3
    most: int = 40

    @cached_property
    def plan(self) -> tuple[int, ...]:
        """For each pass how many passes over all rows it ends; 0 for mini-batches."""
        plan = [1]
        n_passes = self.first
        while len(plan) < self.most:
            plan += [0] * n_passes + list(range(1, self.judging + 1))
            n_passes *= self.growth
        return tuple(plan)

    def limit(self, max_iter: int) -> int:
        """Iterations at most: the first pass over the rows comes before them."""
        return min(max_iter, self.most - 1)

    def n_whole(self, n_iter: int, max_iter: int) -> int:
        """How many passes over all rows have been made, one after the other, in so many."""
        if n_iter >= self.limit(max_iter):
            return max(self.plan[n_iter], 1)
        return self.plan[n_iter]


@dataclass(frozen=True)
class MiniBatches:
    """Online EM on the rows of a table in a random order, in rounds that EM itself judges.

    Parameters
    ----------
    source : ArraySource
    rows_per_batch : int
    rounds : Rounds
    max_iter : int
    seed : sequence of int
        Fixes the order of the rows in each pass.

    References
    ----------
    Cappe, Moulines (2009), "On-line expectation-maximization algorithm for latent data models",
    Journal of the Royal Statistical Society B 71.
    """

    source: ArraySource
    rows_per_batch: int
    rounds: Rounds
    max_iter: int
    seed: Sequence[int]

    def __call__(self, source: Source) -> Iterator[Pass]:
        n_before = 0
        for iteration in count():
            if self.rounds.n_whole(iteration, self.max_iter):
                yield Pass((Part(source),))
            else:
                yield Pass(self._parts(iteration, n_before), whole=False)
                n_before += 1

    def _parts(self, iteration: int, n_before: int) -> Iterator[Part]:
        """The rows in an order of their own, after so many such passes."""
        source, n_rows = self.source, len(self.source.X)
        n_batches = max(round(n_rows / self.rows_per_batch), 1)
        rng = np.random.default_rng((*self.seed, iteration))
        rows = np.array_split(rng.permutation(n_rows), n_batches)
        weight = source.total_weight
        slowing = Slowing(weight / n_batches)
        yield from parts_of(source, rows, slowing, n_before * weight, weight)
