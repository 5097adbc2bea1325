"""Rows whose classes are known: checked once, and given out class by class."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from joblib import effective_n_jobs
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_consistent_length, column_or_1d

from mixtura.errors import DataError, DataWarning, MixturaError
from mixtura.estimators.tables import Table
from mixtura.families.schema import Schema
from mixtura.sources import ArraySource, Summary, block_rows
from mixtura.starts.training_rows import TrainingRows
from mixtura.typing import AnyArray, FloatArray, IntArray

__all__ = ["KnownClasses"]

_REMEDY = (
    "Give it more rows, or use method='edda', where small classes have the structure of large ones."
)


@dataclass(frozen=True, eq=False)
class KnownClasses:
    """Rows of positive weight, and the class of each.

    Attributes
    ----------
    rows : ndarray of shape (n, d)
    weight : ndarray of shape (n,) or None
    classes : ndarray of shape (number of classes,)
        Their labels, in order.
    numbers : ndarray of shape (n,)
        The number of each row's class.
    schema : Schema
    summary : Summary
        Of all rows.
    """

    rows: AnyArray
    weight: FloatArray | None
    classes: AnyArray
    numbers: IntArray
    schema: Schema
    summary: Summary

    @classmethod
    def of(cls, rows: AnyArray, schema: Schema, y: Any, weight: FloatArray | None) -> Self:
        """From the user's rows, labels and weights, without rows of weight 0.

        Raises
        ------
        ValueError
            If the labels are none of classes, or not as many as the rows.
        """
        if y is None:
            raise DataError(
                "A classifier requires y to be passed, but the target y is None: give the class of "
                "each row."
            )
        y = column_or_1d(y, warn=True)
        check_consistent_length(rows, y)
        check_classification_targets(y)
        if weight is not None:
            present = weight > 0.0
            rows, y, weight = rows[present], y[present], weight[present]
        classes, numbers = np.unique(y, return_inverse=True)
        summary = TrainingRows.of(rows, weight, schema.names).summary
        return cls(rows, weight, classes, numbers, schema, summary)

    @property
    def names(self) -> list[Any]:
        """The labels as Python writes them."""
        names: list[Any] = self.classes.tolist()
        return names

    @property
    def table(self) -> Table:
        """All rows."""
        return Table(self.rows, self.schema)

    def part(self, number: int) -> tuple[Table, FloatArray | None]:
        """The rows of a class, in the units of all rows, and their weights."""
        own = self.numbers == number
        weight = None if self.weight is None else self.weight[own]
        return Table(self.rows[own], self.schema, self.summary), weight

    def among(self, classes: AnyArray) -> Self:
        """The same rows, their classes numbered as these are.

        Raises
        ------
        DataError
            If a row is of another class.
        """
        unknown = np.setdiff1d(self.classes, classes)
        if len(unknown):
            raise DataError(
                f"y has the class {unknown.tolist()[0]!r}; expected those that were fitted: "
                f"{', '.join(map(repr, classes.tolist()))}."
            )
        numbers = np.searchsorted(classes, self.classes)[self.numbers]
        return replace(self, classes=classes, numbers=numbers)

    @property
    def shares(self) -> FloatArray:
        """Of the classes in the rows' weight, (number of classes,)."""
        totals = np.bincount(self.numbers, self.weight)
        shares: FloatArray = totals / totals.sum()
        return shares

    def source(self, n_jobs: int | None) -> ArraySource:
        """All rows, their labels the numbers of the classes."""
        size = block_rows(self.rows.shape[1], len(self.classes))
        return ArraySource(self.rows, self.weight, size, effective_n_jobs(n_jobs), self.numbers)

    def cannot_be_fitted(self, number: int, reason: object) -> MixturaError:
        """The error for a class that has too few rows, or other ones than can be fitted."""
        n = int((self.numbers == number).sum())
        return MixturaError(
            f"Class {self.names[number]!r} cannot be fitted to its {n} row{'s' if n > 1 else ''}: "
            f"{str(reason).removesuffix('.')}. {_REMEDY}"
        )

    def warn_without_spread(self, number: int) -> None:
        """Warn of a class whose rows are all the same, in whose density they have a spread."""
        rows = self.rows[self.numbers == number]
        if (rows == rows[0]).all():
            warnings.warn(
                f"Class {self.names[number]!r} has no two rows that differ, and no spread but the "
                f"variance floor: hardly any other row will be found to be of it. {_REMEDY}",
                DataWarning,
                stacklevel=4,
            )
