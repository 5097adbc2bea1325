"""A table in memory, as `fit` asks it; `LargeTable` is asked the same."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from mixtura.cli.assignments import Assignments, assign
from mixtura.cli.features import Features
from mixtura.cli.passes import Tell
from mixtura.cli.search import Found, Plan
from mixtura.cli.table import Table
from mixtura.typing import FloatArray

__all__ = ["WholeTable"]


@dataclass(frozen=True, eq=False)
class WholeTable:
    """All rows of a table, at hand.

    Attributes
    ----------
    files : sequence of Path
        Where they come from.
    table : Table
    """

    files: Sequence[Path]
    table: Table

    def counted(self) -> AbstractContextManager[None]:
        """Errors tell rows of the table."""
        return nullcontext()

    def with_all_levels(self, features: Features) -> Features:
        """The features, which have them."""
        return features

    def fitted(
        self,
        plan: Plan,
        features: Features,
        weight: FloatArray | None,
        weights: str | None,
        tell: Tell,
    ) -> tuple[Found, Assignments]:
        """The best model of some features, and the rows assigned by it.

        Parameters
        ----------
        plan : Plan
        features : Features
        weight : ndarray of shape (n,), optional
            Of the rows.
        weights : str, optional
            The column that has them.
        tell : callable
        """
        found = plan.run(features, weight, tell)
        return found, assign(found.model.mixture, features.values, weight)
