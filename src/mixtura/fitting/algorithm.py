"""What is computed, and when it ends: cells of the grid of assignments, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self, TypeAlias

from mixtura.acceleration import PLAIN, UpdateRule
from mixtura.assignments import Assignment
from mixtura.em import NO_ITERATIONS
from mixtura.errors import MixturaError
from mixtura.families.family import Family
from mixtura.schedules import MiniBatches, Rounds, Schedule, batch
from mixtura.sources import ArraySource, Source
from mixtura.stopping import StoppingRule, judged_rounds

__all__ = ["Acceleration", "Algorithm", "Stage", "batch_rows", "check_blends"]

#: (price of a plain iteration: the numbers that it adds up, most iterations) -> how mixtures
#: follow each other.
Acceleration: TypeAlias = Callable[[float, int], UpdateRule]

# A mini-batch has so many rows for each number that a component's statistics have, so that a step
# is no blind guess; and so many at least that an M-step costs little beside them.
_ROWS_PER_NUMBER = 4
_FEWEST_ROWS, _MOST_ROWS = 1_000, 20_000

# A pass has so many mini-batches at least; in fewer they are no way to get on.
_FEWEST_BATCHES = 20


def check_blends(family: Family[Any, Any], what: str) -> None:
    """A family whose statistics can be gathered part by part, under other parameters each time."""
    if not family.blends:
        raise MixturaError(
            f"{what} is not for the family {type(family).__name__}: its statistics are good for "
            "the parameters alone under which they were gathered. Use fit with algorithm='em'."
        )


def batch_rows(n_components: int, n_sums: int) -> int:
    """Rows of a mini-batch, from the numbers that a row adds to a component's statistics."""
    return min(max(_ROWS_PER_NUMBER * n_components * n_sums, _FEWEST_ROWS), _MOST_ROWS)


def _of_all_rows(max_iter: int) -> Schedule:
    return batch


def _plain(max_iter: int) -> UpdateRule:
    return PLAIN


def _no_chain(max_iter: int) -> range:
    return NO_ITERATIONS


@dataclass(frozen=True)
class Stage:
    """A cell of the grid of assignments and schedules, and the rule that ends it.

    Attributes
    ----------
    name : str
    assignment : Assignment
    stopping : callable
        (tol, max_iter) -> StoppingRule.
    schedule : callable
        max_iter -> Schedule, where there are no mini-batches.
    rounds : Rounds or None
        Of mini-batches; None where every iteration sees all rows.
    following : callable
        max_iter -> how mixtures follow each other.
    smooth : bool
        Whether its objective has a gradient to follow, so that it can be accelerated.
    settles : bool
        Whether a run ends in an optimum, in which others may end as well.
    latest : bool
        Whether it comes to the latest mixture, and not to the best.
    blends : bool
        Whether statistics under several mixtures are blended.
    chain : callable
        max_iter -> iterations that are kept as its chain.
    objective : str
        What it maximises, in words.
    """

    name: str
    assignment: Assignment
    stopping: Callable[[float, int], StoppingRule]
    schedule: Callable[[int], Schedule] = _of_all_rows
    rounds: Rounds | None = None
    following: Callable[[int], UpdateRule] = _plain
    smooth: bool = False
    settles: bool = True
    latest: bool = False
    blends: bool = False
    chain: Callable[[int], range] = _no_chain
    objective: str = "log-likelihood"

    def update_rule(
        self, acceleration: Acceleration | None, price: float, max_iter: int
    ) -> UpdateRule:
        """How mixtures follow each other: accelerated only where there is a gradient."""
        if acceleration is None or not self.smooth or self.rounds is not None:
            return self.following(max_iter)
        return acceleration(price, max_iter)

    def suiting(self, n_rows: int, rows_per_batch: int) -> Self:
        """The same for so many rows: without mini-batches if they are few."""
        if self.rounds is None or n_rows >= _FEWEST_BATCHES * rows_per_batch:
            return self
        return replace(self, rounds=None)

    def passes(
        self, source: Source, rows_per_batch: int, max_iter: int, seed: Sequence[int]
    ) -> Schedule:
        """Which rows each iteration sees. The seed is that of mini-batches."""
        if self.rounds is None:
            return self.schedule(max_iter)
        if not isinstance(source, ArraySource):
            raise MixturaError(
                f"algorithm={self.name!r} takes rows in a random order, which needs them in "
                "memory: use 'em', or partial_fit for rows as they come."
            )
        return MiniBatches(source, rows_per_batch, self.rounds, max_iter, seed)

    def stopping_rule(self, tol: float, max_iter: int) -> StoppingRule:
        """When to stop."""
        if self.rounds is None:
            return self.stopping(tol, max_iter)
        rounds = self.rounds
        return judged_rounds(rounds.n_whole, rounds.judging, tol, rounds.limit(max_iter))


@dataclass(frozen=True)
class Algorithm:
    """Stages, each of which begins where the one before has ended.

    Attributes
    ----------
    names : tuple of str
        What it is called: one name for each part of a chain.
    stages : tuple of Stage
    """

    names: tuple[str, ...]
    stages: tuple[Stage, ...]

    def __add__(self, other: Algorithm) -> Algorithm:
        """One after the other."""
        return Algorithm(self.names + other.names, self.stages + other.stages)

    @property
    def name(self) -> str:
        return ", ".join(self.names)

    @property
    def last(self) -> Stage:
        """What it ends with, to which objective, trace and status belong."""
        return self.stages[-1]

    @property
    def blends(self) -> bool:
        """Whether a stage of it blends statistics under several mixtures."""
        return any(stage.blends for stage in self.stages)

    def suiting(self, n_rows: int, rows_per_batch: int) -> Self:
        """The same for so many rows: without mini-batches if they are few."""
        own = tuple(stage.suiting(n_rows, rows_per_batch) for stage in self.stages)
        return replace(self, stages=own)

    @property
    def random(self) -> bool:
        """Whether a stage of it is a random walk: long, and different for each seed."""
        return not all(stage.settles for stage in self.stages)
