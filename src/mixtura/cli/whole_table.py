"""A table in memory, as `fit` asks it; `LargeTable` is asked the same."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from mixtura.cli.assignments import Assigner, Assignments
from mixtura.cli.features import Features
from mixtura.cli.kept import KeptColumns, Wishes
from mixtura.cli.progress import Tell
from mixtura.cli.search import Found, Plan
from mixtura.cli.table import Table
from mixtura.persistence.model_file import Model
from mixtura.typing import FloatArray

__all__ = ["WholeTable", "assigned_whole"]


@dataclass(frozen=True, eq=False)
class WholeTable:
    """All rows of a table, at hand.

    Attributes
    ----------
    files : sequence of Path
        Where they come from.
    table : Table
    wishes : Wishes
        For the file of assignments.
    """

    files: Sequence[Path]
    table: Table
    wishes: Wishes

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
        return found, assigned_whole(found.model, self.table, features, self.wishes, weight)


def assigned_whole(
    model: Model,
    table: Table,
    features: Features,
    wishes: Wishes,
    weight: FloatArray | None = None,
) -> Assignments:
    """All rows of a table, assigned by a model of some of its columns."""
    kept = KeptColumns.of(table, wishes, features.names)
    assigner = Assigner(model, kept.label is not None, wishes.digits)
    return assigner.assign(features.values, weight, kept=kept.cells(table))
