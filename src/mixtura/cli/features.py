"""The columns that a model is about, as numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mixtura.cli.columns import Column
from mixtura.cli.table import Table
from mixtura.cli.wording import count, listing, row_list, suggestion
from mixtura.errors import DataError
from mixtura.typing import FloatArray

__all__ = ["Features", "choose_features", "features_of_model", "read_weights"]

# A column of which this share are numbers was meant to be numbers.
_MOSTLY = 0.8
_DECIMAL_COMMA = re.compile(r"\s*-?\d+,\d+\s*")


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
        return self.values if self.complete.all() else self.values[self.complete]

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
        chosen, left_out = _numeric(table, others)
    else:
        chosen, left_out = _asked(table, asked), ()
    notes = []
    for column in (table.columns[j] for j in chosen):
        if column.kind == "true or false":
            notes.append(f"Column {column.name!r} is true or false: taken as 1 and 0.")
        elif column.doubt is not None:
            notes.append(f"Column {column.name!r} {column.doubt}, but is used all the same.")
    return _features(table, chosen, left_out, tuple(notes))


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
    known = table.names.listed
    absent = [name for name in names if table.names.position(name) is None]
    if absent:
        hint = suggestion(absent[0], known) if len(absent) == 1 else ""
        raise DataError(
            f"{table.name} lacks {count(len(absent), 'column')} of the model: "
            f"{listing(absent)}.{hint} It has {listing(known)}."
        )
    return choose_features(table, names)


def read_weights(table: Table, name: str, features: Features) -> FloatArray:
    """Weights of the complete rows: numbers of 0 or more, not all 0."""
    column = _numbers(table, table.position(name))
    features.check_without(column.name, "the weights")
    weight = column.values
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
) -> tuple[list[int], tuple[tuple[str, str], ...]]:
    taken = {table.names.position(name) for name in others if name is not None}
    left = [j for j in range(len(table.columns)) if j not in taken]
    columns = [table.columns[j] for j in left]
    for column in columns:
        if column.n_odd and column.n_numbers >= _MOSTLY * (column.n_numbers + column.n_odd):
            raise DataError(_not_numeric(column))
    reasons = {column.name: _why_not(column) for column in columns}
    usable = [j for j in left if reasons[table.columns[j].name] is None]
    if not usable:
        told = [f"{name} {reason}" for name, reason in reasons.items()]
        raise DataError(
            f"{table.name} has no numeric column to fit ({listing(told)}).{_comma_hint(columns)}"
        )
    doubtful = {j: table.columns[j].doubt for j in usable if table.columns[j].doubt is not None}
    if len(doubtful) == len(usable):
        doubtful = {}
    reasons |= {table.columns[j].name: doubt for j, doubt in doubtful.items()}
    chosen = [j for j in usable if j not in doubtful]
    return chosen, tuple((name, reason) for name, reason in reasons.items() if reason)


def _why_not(column: Column) -> str | None:
    if column.n_odd:
        return f"is {column.kind}"
    return "has only missing cells" if column.n_numbers == 0 else None


def _asked(table: Table, names: Sequence[str]) -> list[int]:
    chosen: dict[int, str] = {}
    for name in names:
        j = table.position(name)
        if j in chosen:
            raise DataError(f"{chosen[j]!r} and {name!r} are one column of {table.name}.")
        _numbers(table, j)
        chosen[j] = name
    return list(chosen)


def _numbers(table: Table, position: int) -> Column:
    column = table.columns[position]
    if column.n_odd:
        raise DataError(_not_numeric(column))
    if column.n_numbers == 0:
        raise DataError(f"All cells of column {column.name!r} are missing: leave it out.")
    return column


def _not_numeric(column: Column) -> str:
    shown = [f"row {row}: {cell!r}" for row, cell in column.odd]
    more = ", ..." if column.n_odd > len(shown) else ""
    return (
        f"Column {column.name!r} is not numeric: {count(column.n_odd, 'cell')} of "
        f"{len(column.values):,} cannot be read as a number ({', '.join(shown)}{more}). Mend them, "
        f"write NA where the value is missing, or choose other --columns.{_comma_hint([column])}"
    )


def _comma_hint(columns: Sequence[Column]) -> str:
    cells = (cell for column in columns if column.kind == "text" for _, cell in column.odd)
    if any(_DECIMAL_COMMA.fullmatch(cell) for cell in cells):
        return " Decimal commas should be points: 3.5, not 3,5."
    return ""


def _features(
    table: Table,
    chosen: Sequence[int],
    left_out: tuple[tuple[str, str], ...],
    notes: tuple[str, ...],
) -> Features:
    columns = [table.columns[j] for j in chosen]
    for column in columns:
        infinite = np.isinf(column.values)
        if infinite.any():
            raise DataError(
                f"Column {column.name!r} is infinite in {row_list(infinite)}: write NA there, "
                "or a number."
            )
    # No second copy of a large table of which all columns serve.
    every = list(chosen) == list(range(len(table.columns)))
    values = table.values if every else np.take(table.values, chosen, axis=1)
    features = Features(tuple(column.name for column in columns), values, left_out, notes)
    if not features.complete.any():
        gaps = [f"{c.name} ({len(c.values) - c.n_numbers:,})" for c in columns]
        raise DataError(
            f"Every row has a missing cell in the chosen columns: {listing(gaps)}. "
            "Choose --columns with fewer gaps."
        )
    return features
