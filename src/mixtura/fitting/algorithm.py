"""What is computed, and when it ends: a cell of the grid of assignments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from mixtura.acceleration import PLAIN, UpdateRule
from mixtura.assignments import Assignment
from mixtura.stopping import StoppingRule

__all__ = ["Acceleration", "Algorithm"]

#: (price of a plain iteration: the numbers that it adds up, most iterations) -> how mixtures
#: follow each other.
Acceleration: TypeAlias = Callable[[float, int], UpdateRule]


@dataclass(frozen=True)
class Algorithm:
    """A cell of the grid of `mixtura.assignments`, and the rule that ends it.

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
    """

    name: str
    assignment: Assignment
    stopping: Callable[[float, int], StoppingRule]
    smooth: bool = False
    settles: bool = True
    objective: str = "log-likelihood"

    def update_rule(
        self, acceleration: Acceleration | None, price: float, max_iter: int
    ) -> UpdateRule:
        """How mixtures follow each other: plainly where nothing can be accelerated."""
        return PLAIN if acceleration is None or not self.smooth else acceleration(price, max_iter)
