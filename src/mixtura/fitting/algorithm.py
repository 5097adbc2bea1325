"""What is computed, and when it ends: a cell of the grid of assignments and schedules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from mixtura.acceleration import PLAIN, UpdateRule
from mixtura.assignments import Assignment
from mixtura.errors import MixturaError
from mixtura.families.family import Family
from mixtura.schedules import MiniBatches, Rounds, Schedule, batch
from mixtura.sources import ArraySource
from mixtura.stopping import StoppingRule, judged_rounds

__all__ = ["Acceleration", "Algorithm", "batch_rows", "check_blends"]

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


@dataclass(frozen=True)
class Algorithm:
    """A cell of the grid of assignments and schedules, and the rule that ends it.

    Attributes
    ----------
    name : str
    assignment : Assignment
    stopping : callable
        (tol, max_iter) -> StoppingRule.
    smooth : bool
        Whether its objective has a gradient to follow, so that it can be accelerated.
    settles : bool
        Whether a run ends in an optimum, in which others may end as well.
    objective : str
        What it maximises, in words.
    rounds : Rounds or None
        Of mini-batches; None where every iteration sees all rows.
    """

    name: str
    assignment: Assignment
    stopping: Callable[[float, int], StoppingRule]
    smooth: bool = False
    settles: bool = True
    objective: str = "log-likelihood"
    rounds: Rounds | None = None

    def update_rule(
        self, acceleration: Acceleration | None, price: float, max_iter: int
    ) -> UpdateRule:
        """How mixtures follow each other: plainly where nothing can be accelerated."""
        if acceleration is None or not self.smooth or self.rounds is not None:
            return PLAIN
        return acceleration(price, max_iter)

    def suiting(self, n_rows: int, rows_per_batch: int) -> Algorithm:
        """The same for so many rows: without mini-batches if they are few."""
        if self.rounds is None or n_rows >= _FEWEST_BATCHES * rows_per_batch:
            return self
        return replace(self, rounds=None)

    def schedule(
        self, source: ArraySource, rows_per_batch: int, max_iter: int, seed: Sequence[int]
    ) -> Schedule:
        """Which rows each iteration sees. The seed is that of mini-batches."""
        if self.rounds is None:
            return batch
        return MiniBatches(source, rows_per_batch, self.rounds, max_iter, seed)

    def stopping_rule(self, tol: float, max_iter: int) -> StoppingRule:
        """When to stop."""
        if self.rounds is None:
            return self.stopping(tol, max_iter)
        rounds = self.rounds
        return judged_rounds(rounds.n_whole, rounds.judging, tol, rounds.limit(max_iter))
