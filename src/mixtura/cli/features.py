"""The columns that a model is about, as numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mixtura.cli.cells import Column, read_column
from mixtura.cli.table import Table
from mixtura.cli.wording import count, listing, row_list, suggestion
from mixtura.errors import DataError
from mixtura.typing import FloatArray

__all__ = ["Features", "choose_features", "features_of_model", "read_weights"]

# A column of which this share are numbers was meant to be numbers.
_MOSTLY = 0.8
_CELLS_SHOWN = 3


@dataclass(frozen=True)
class Features:
    """Chosen columns of a table.

    Attributes
    ----------
    names : tuple of str
    values : ndarray of shape (n_total, d)
        All rows of the table; NaN where a cell is missing.
    left_out : tuple of (str, str)
        Names of the other columns, and why they were not chosen.
    notes : tuple of str
    """

    names: tuple[str, ...]
    values: FloatArray
    left_out: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()

    @cached_property
    def complete(self) -> NDArray[np.bool_]:
        """Rows without a missing cell, (n_total,)."""
        return np.asarray(~np.isnan(self.values).any(axis=1))

    @cached_property
    def rows(self) -> FloatArray:
        """The complete rows, (n, d)."""
        return self.values[self.complete]

    def check_without(self, name: str, meaning: str) -> None:
        """Raise DataError if a column that means something else is among these."""
        if name in self.names:
            raise DataError(f"Column {name!r} holds {meaning}, so it cannot be in --columns too.")

    @property
    def left_out_by_reason(self) -> dict[str, list[str]]:
        """Names of the columns that were left out for the same reason."""
        names: dict[str, list[str]] = {}
        for name, reason in self.left_out:
            names.setdefault(reason, []).append(name)
        return names

    @property
    def n_total(self) -> int:
        return len(self.values)


def choose_features(
    table: Table, asked: Sequence[str] | None = None, *others: str | None
) -> Features:
    """The columns asked for, or else all numeric ones but those that mean something else.

    Raises
    ------
    DataError
        If there are none, or one of them has cells that are not numbers.
    """
    if asked is None:
        columns, left_out = _numeric(table, others)
    else:
        columns = [_asked(table, name) for name in asked]
        left_out = ()
    notes = []
    for column in columns:
        if column.kind == "true or false":
            notes.append(f"Column {column.name!r} is true or false: taken as 1 and 0.")
        elif column.doubt is not None:
            notes.append(f"Column {column.name!r} {column.doubt}, but is used all the same.")
    return _features(columns, left_out, tuple(notes))


def features_of_model(table: Table, names: Sequence[str] | None, d: int) -> Features:
    """The columns that a model was fitted to; without names, the table's d numeric ones.

    Raises
    ------
    DataError
        If the table does not have them.
    """
    if names is None:
        features = choose_features(table)
        if len(features.names) != d:
            raise DataError(
                f"The model is of {count(d, 'column')} without names, but {table.name} has "
                f"{count(len(features.names), 'numeric column')}: {listing(features.names)}."
            )
        return features
    absent = [name for name in names if name not in table.frame.columns]
    if absent:
        hint = suggestion(absent[0], table.frame.columns) if len(absent) == 1 else ""
        raise DataError(
            f"{table.name} lacks {count(len(absent), 'column')} of the model: "
            f"{listing(absent)}.{hint} It has {listing(table.frame.columns)}."
        )
    return choose_features(table, names)


def read_weights(table: Table, name: str, features: Features) -> FloatArray:
    """Weights of the complete rows: numbers of 0 or more, not all 0."""
    features.check_without(name, "the weights")
    weight = _asked(table, name).values
    for wrong, fault in (
        (np.isnan(weight), "is missing"),
        (np.isinf(weight), "is infinite"),
        (weight < 0.0, "is negative"),
    ):
        wrong &= features.complete
        if wrong.any():
            raise DataError(
                f"The weight in column {name!r} {fault} in {row_list(wrong)}: "
                "weights are numbers of 0 or more."
            )
    weight = weight[features.complete]
    if not weight.any():
        raise DataError(f"The weights in column {name!r} are all 0: no row would count.")
    return weight


def _numeric(
    table: Table, others: Sequence[str | None]
) -> tuple[list[Column], tuple[tuple[str, str], ...]]:
    columns = [read_column(cells) for cells in table.frame if cells.name not in others]
    for column in columns:
        if column.n_odd and column.n_numbers >= _MOSTLY * (column.n_numbers + column.n_odd):
            raise DataError(_not_numeric(column))
    reasons = {column.name: _why_not(column) for column in columns}
    usable = [column for column in columns if reasons[column.name] is None]
    if not usable:
        told = [f"{name} {reason}" for name, reason in reasons.items()]
        raise DataError(
            f"{table.name} has no numeric column to fit ({listing(told)}).{_comma_hint(columns)}"
        )
    chosen = [column for column in usable if column.doubt is None]
    if not chosen:
        chosen = usable
    reasons |= {column.name: column.doubt for column in usable if column not in chosen}
    return chosen, tuple((name, reason) for name, reason in reasons.items() if reason)


def _why_not(column: Column) -> str | None:
    if column.n_odd:
        return f"is {column.kind}"
    return "has only missing cells" if column.n_numbers == 0 else None


def _asked(table: Table, name: str) -> Column:
    column = read_column(table.column(name))
    if column.n_odd:
        raise DataError(_not_numeric(column))
    if column.n_numbers == 0:
        raise DataError(f"All cells of column {name!r} are missing: leave it out.")
    return column


def _not_numeric(column: Column) -> str:
    numbers = np.flatnonzero(column.odd)
    shown = [f"row {i + 1}: {column.cells[int(i)]!r}" for i in numbers[:_CELLS_SHOWN]]
    more = ", ..." if len(numbers) > _CELLS_SHOWN else ""
    return (
        f"Column {column.name!r} is not numeric: {count(len(numbers), 'cell')} of "
        f"{len(column.odd):,} cannot be read as a number ({', '.join(shown)}{more}). Mend them, "
        f"write NA where the value is missing, or choose other --columns.{_comma_hint([column])}"
    )


def _comma_hint(columns: Sequence[Column]) -> str:
    for column in columns:
        if column.kind == "text" and column.cells.str.contains(r"^\s*-?\d+,\d+\s*$").any():
            return " Decimal commas should be points: 3.5, not 3,5."
    return ""


def _features(
    columns: Sequence[Column], left_out: tuple[tuple[str, str], ...], notes: tuple[str, ...]
) -> Features:
    for column in columns:
        infinite = np.isinf(column.values)
        if infinite.any():
            raise DataError(
                f"Column {column.name!r} is infinite in {row_list(infinite)}: write NA there, "
                "or a number."
            )
    values = np.stack([column.values for column in columns], axis=1)
    features = Features(tuple(column.name for column in columns), values, left_out, notes)
    if not features.complete.any():
        gaps = [f"{c.name} ({len(c.values) - c.n_numbers:,})" for c in columns]
        raise DataError(
            f"Every row has a missing cell in the chosen columns: {listing(gaps)}. "
            "Choose --columns with fewer gaps."
        )
    return features
