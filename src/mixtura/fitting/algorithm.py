"""What is computed, and when it ends: cells of the grid of assignments, one after the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from mixtura.acceleration import PLAIN, UpdateRule
from mixtura.assignments import Assignment
from mixtura.em import NO_ITERATIONS
from mixtura.schedules import Schedule, batch
from mixtura.stopping import StoppingRule

__all__ = ["Acceleration", "Algorithm", "Stage"]

#: (price of a plain iteration: the numbers that it adds up, most iterations) -> how mixtures
#: follow each other.
Acceleration: TypeAlias = Callable[[float, int], UpdateRule]


def _of_all_rows(max_iter: int) -> Schedule:
    return batch


def _plain(max_iter: int) -> UpdateRule:
    return PLAIN


def _no_chain(max_iter: int) -> range:
    return NO_ITERATIONS


@dataclass(frozen=True)
class Stage:
    """A cell of the grid of `mixtura.assignments`, and the rule that ends it.

    Attributes
    ----------
    name : str
    assignment : Assignment
    stopping : callable
        (tol, max_iter) -> StoppingRule.
    schedule : callable
        max_iter -> Schedule.
    following : callable
        max_iter -> how mixtures follow each other.
    smooth : bool
        Whether its objective has a gradient to follow, so that it can be accelerated.
    settles : bool
        Whether a run ends in an optimum, in which others may end as well.
    latest : bool
        Whether it comes to the latest mixture, and not to the best.
    chain : callable
        max_iter -> iterations that are kept as its chain.
    objective : str
        What it maximises, in words.
    """

    name: str
    assignment: Assignment
    stopping: Callable[[float, int], StoppingRule]
    schedule: Callable[[int], Schedule] = _of_all_rows
    following: Callable[[int], UpdateRule] = _plain
    smooth: bool = False
    settles: bool = True
    latest: bool = False
    chain: Callable[[int], range] = _no_chain
    objective: str = "log-likelihood"

    def update_rule(
        self, acceleration: Acceleration | None, price: float, max_iter: int
    ) -> UpdateRule:
        """How mixtures follow each other: accelerated only where there is a gradient."""
        if acceleration is None or not self.smooth:
            return self.following(max_iter)
        return acceleration(price, max_iter)


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
    def random(self) -> bool:
        """Whether a stage of it is a random walk: long, and different for each seed."""
        return not all(stage.settles for stage in self.stages)
