"""The columns that a model is about, as numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np

from mixtura.cli.columns import Column
from mixtura.cli.kinds import KINDS, Reading, Readings, kind_of, read_as
from mixtura.cli.mixed import mixed_note, mixed_readings
from mixtura.cli.refusals import not_numeric
from mixtura.cli.roles import Roles
from mixtura.cli.skewed import skewed_notes
from mixtura.cli.table import Table
from mixtura.cli.wanted import Wanted
from mixtura.cli.wording import count, listing, row_list, suggestion
from mixtura.errors import CellError, DataError
from mixtura.families.description import Description
from mixtura.families.registry import MIXED
from mixtura.families.schema import Column as Described
from mixtura.families.schema import Kind, Schema
from mixtura.persistence.model_file import Model
from mixtura.typing import FloatArray

__all__ = [
    "EXCLUDED",
    "Features",
    "check_mostly_numeric",
    "choose_features",
    "features_given",
    "features_of_model",
    "read_weights",
]

#: Why columns that the user does not want are left out.
EXCLUDED = "by --exclude"

# A column of which this share are numbers was meant to be numbers.
_MOSTLY = 0.8

# The family of the same distributions on logarithms as measurements have by default.
_OF_LOGARITHMS = "log_normal"


@dataclass(frozen=True)
class Features:
    """Chosen columns of a table.

    Attributes
    ----------
    schema : Schema
        What the columns are called, and what their numbers mean.
    values : ndarray of shape (n, d)
        All rows of the table; NaN where a cell is missing.
    left_out : tuple of (str, str)
        Names of the other columns, and why they were not chosen.
    usable : tuple of str
        Names of those among them that could be used if they were asked for.
    notes : tuple of str
    """

    schema: Schema
    values: FloatArray
    left_out: tuple[tuple[str, str], ...] = ()
    usable: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Of the columns."""
        return self.schema.names

    def check(self, description: Description[Any, Any]) -> None:
        """Raise CellError if a cell cannot be of a family; it counts the table's rows from 1."""
        try:
            description.check(self.values, self.schema)
        except CellError as error:
            raise error.in_row(error.row + 1) from None

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
    def n_rows(self) -> int:
        return len(self.values)


def choose_features(
    description: Description[Any, Any], wanted: Wanted, by_column: Mapping[str, str] | None = None
) -> Features:
    """The columns asked for, or else all of the family's kind among those to choose from.

    Parameters
    ----------
    description : Description
        Of the family.
    wanted : Wanted
    by_column : mapping of str to str, optional
        Of blocks of families, those of some columns.

    Raises
    ------
    DataError
        If there are none, or one of them has cells that cannot be of the family.
    """
    table, mixed = wanted.table, description is MIXED
    readings = (
        mixed_readings(wanted, by_column or {})
        if mixed
        else Readings.alike(KINDS[kind_of(description)])
    )
    choose = _asked if wanted.asked else _suitable
    chosen, left_out = choose(wanted, description.name, readings)
    columns = [table.columns[j] for j in chosen]
    _check_finite(columns)
    described = [readings.of(column).describe(column) for column in columns]
    notes = [mixed_note(Schema(tuple(described)), by_column or {})] if mixed else []
    features = replace(
        _features(table, chosen, described),
        left_out=(*left_out, *((name, EXCLUDED) for name in wanted.excluded)),
        usable=tuple(
            column.name
            for place, column in zip(wanted.places, wanted.columns, strict=True)
            if place not in chosen and readings.of(column).cannot(column) is None
        ),
        notes=(
            *notes,
            *_notes(columns, readings, described, wanted.roles),
            *_skewed(description, wanted, dict(zip(described, columns, strict=True)), by_column),
        ),
    )
    features.check(description)
    return features


def features_of_model(table: Table, model: Model) -> Features:
    """The columns that a model was fitted to; without names, as many of the table's as it has.

    Raises
    ------
    DataError
        If the table does not have them, or they have cells that the model does not know.
    """
    names = model.feature_names
    chosen = _unnamed(table, model) if names is None else _named(table, names)
    columns = [table.columns[j] for j in chosen]
    described = []
    for column, known in zip(columns, model.schema, strict=True):
        _usable_as(column, known)
        described.append(replace(known, name=column.name))
    _check_finite(columns)
    features = _features(table, chosen, described)
    features.check(model.description)
    return features


def features_given(table: Table, model: Model, target: str) -> Features:
    """The columns that a model was fitted to, without the cells of one, and of others not there.

    Raises
    ------
    DataError
        If the model has no such column, the table none of the others, or cells that the model does
        not know.
    """
    names = list(model.feature_names or ())
    if target not in names:
        raise DataError(
            f"The model has no column {target!r} to predict.{suggestion(target, names)} "
            f"It has {listing(names) if names else 'columns without names'}."
        )
    values, n_found = np.full((len(table.values), len(names)), np.nan), 0
    for a, known in enumerate(model.schema):
        place = None if known.name == target else table.names.position(known.name)
        if place is not None:
            column = _usable_as(table.columns[place], known)
            _check_finite([column])
            values[:, a] = read_as(column, known)
            n_found += 1
    if not n_found:
        raise DataError(
            f"{table.name} has none of the model's other columns: {listing(names)}. It has "
            f"{listing(table.names.listed)}."
        )
    features = Features(model.schema, values)
    features.check(model.description)
    return features


def read_weights(table: Table, name: str, features: Features) -> FloatArray:
    """Weights of the rows: numbers of 0 or more, not all 0."""
    column = _usable(table.columns[table.position(name)], KINDS[Kind.CONTINUOUS])
    features.check_without(column.name, "the weights")
    weight = column.values
    for wrong, fault in (
        (np.isnan(weight), "is missing"),
        (np.isinf(weight), "is infinite"),
        (weight < 0.0, "is negative"),
    ):
        if wrong.any():
            raise DataError(
                f"The weight in column {name!r} {fault} in {row_list(wrong)}: "
                "weights are numbers of 0 or more."
            )
    if not weight.any():
        raise DataError(f"The weights in column {name!r} are all 0: no row would count.")
    return weight


# ---------------------------------------------------------------------------------------------
# Which columns


#: The places of columns to use, and names of others with the reasons why not.
Chosen: TypeAlias = tuple[list[int], tuple[tuple[str, str], ...]]


def _suitable(wanted: Wanted, family: str, readings: Readings) -> Chosen:
    """The columns that suit; where there are none, those that could be worse."""
    columns, roles = wanted.columns, wanted.roles
    if readings.numeric:
        check_mostly_numeric([c for c in columns if not readings.few_levels(c)])
    reasons = [readings.of(column).why_not(column, roles[column]) for column in columns]
    usable = [readings.of(column).cannot(column) is None for column in columns]
    chosen = [reason is None for reason in reasons]
    if not any(chosen) and readings.last_resort:
        varied = [c.n_levels > 1 and not roles[c].doubt for c in columns]
        chosen = [a and b for a, b in zip(usable, varied, strict=True)]
        chosen = chosen if any(chosen) else usable
    if not any(chosen):
        told = [f"{c.name} {reason}" for c, reason in zip(columns, reasons, strict=True)]
        raise DataError(
            f"{wanted.table.name} has no {readings.noun} to fit with --family {family} "
            f"({listing(told)})."
        )
    others = zip(columns, reasons, chosen, strict=True)
    left_out = tuple((c.name, reason) for c, reason, taken in others if reason and not taken)
    return [j for j, taken in zip(wanted.places, chosen, strict=True) if taken], left_out


def check_mostly_numeric(columns: Sequence[Column]) -> None:
    """Raise DataError if some cells are no numbers in a column that was meant to be numbers."""
    for column in columns:
        if column.n_odd and column.n_numbers >= _MOSTLY * column.n_cells:
            raise not_numeric(column)


def _asked(wanted: Wanted, family: str, readings: Readings) -> Chosen:
    """The columns asked for; those that only fit a pattern have to be usable."""
    columns = dict(zip(wanted.places, wanted.columns, strict=True))
    for j in wanted.named & columns.keys():
        _usable(columns[j], readings.of(columns[j]))
    left_out = {
        j: why for j, column in columns.items() if (why := readings.of(column).cannot(column))
    }
    chosen = [j for j in wanted.places if j not in left_out]
    if not chosen:
        first = next(iter(left_out))
        raise readings.of(columns[first]).refusal(columns[first], left_out[first])
    return chosen, tuple((columns[j].name, why) for j, why in left_out.items())


def _usable(column: Column, reading: Reading) -> Column:
    if reason := reading.cannot(column):
        raise reading.refusal(column, reason)
    return column


def _usable_as(column: Column, known: Described) -> Column:
    """A column that can be read as one that a model knows."""
    return _usable(column, KINDS[Kind.CATEGORICAL if known.levels else Kind.CONTINUOUS])


def _named(table: Table, names: Sequence[str]) -> list[int]:
    """The places of a model's columns."""
    known = table.names.listed
    places = {name: table.names.position(name) for name in names}
    absent = [name for name, place in places.items() if place is None]
    if absent:
        hint = suggestion(absent[0], known) if len(absent) == 1 else ""
        raise DataError(
            f"{table.name} lacks {count(len(absent), 'column')} of the model: "
            f"{listing(absent)}.{hint} It has {listing(known)}."
        )
    return [place for place in places.values() if place is not None]


def _unnamed(table: Table, model: Model) -> list[int]:
    """The places of the columns that suit a model whose columns have no names."""
    reading, d = KINDS[kind_of(model.description)], len(model.schema)
    usable = [j for j, column in enumerate(table.columns) if reading.cannot(column) is None]
    if len(usable) == d:  # in a few rows, columns look like constants and copies
        return usable
    chosen, _ = _suitable(Wanted.of(table), model.description.name, Readings.alike(reading))
    if len(chosen) != d:
        names = [table.columns[j].name for j in chosen]
        raise DataError(
            f"The model is of {count(d, 'column')} without names, but {table.name} has "
            f"{count(len(chosen), reading.noun)}: {listing(names)}."
        )
    return chosen


# ---------------------------------------------------------------------------------------------
# What is in them


def _features(
    table: Table,
    chosen: Sequence[int],
    described: Sequence[Described],
) -> Features:
    schema = Schema(tuple(described))
    if any(column.levels for column in schema):
        values = np.empty((len(table.values), len(chosen)))
        for a, (j, known) in enumerate(zip(chosen, schema, strict=True)):
            values[:, a] = read_as(table.columns[j], known)
    else:
        # No second copy of a large table of which all columns serve.
        every = list(chosen) == list(range(len(table.columns)))
        values = table.values if every else np.take(table.values, chosen, axis=1)
    return Features(schema, values)


def _check_finite(columns: Sequence[Column]) -> None:
    """Raise DataError if a number is infinite."""
    for column in columns:
        infinite = np.isinf(column.values)
        if infinite.any():
            raise DataError(
                f"Column {column.name!r} is infinite in {row_list(infinite)}: write NA there, "
                "or a number."
            )


def _notes(
    columns: Sequence[Column], readings: Readings, described: Sequence[Described], roles: Roles
) -> Iterator[str]:
    """On columns that are used, though they hardly look like it."""
    for column, known in zip(columns, described, strict=True):
        if column.kind == "true or false" and not known.levels:
            yield f"Column {column.name!r} is true or false: taken as 1 and 0."
        elif (doubt := readings.of(column).doubt(column, roles[column])) is not None:
            yield f"Column {column.name!r} {doubt}, but is used all the same."
    yield from _amounts(columns, described)
    if readings.numeric:
        yield from roles.notes([column.name for column in columns])


def _skewed(
    description: Description[Any, Any],
    wanted: Wanted,
    columns: Mapping[Described, Column],
    by_column: Mapping[str, str] | None,
) -> Iterator[str]:
    """On columns that are fitted as measurements are by default, though they are very skewed."""

    def family(known: Described) -> str:
        if description is not MIXED:
            return description.name
        return (by_column or {}).get(known.name, MIXED.of_column(known).name)

    bells = {
        known.name: wanted.numbers_of(column)
        for known, column in columns.items()
        if known.kind is Kind.CONTINUOUS
        and family(known) == MIXED.of_column(known).name
        and not wanted.roles[column].item
    }
    others = [known.name for known in columns if known.name not in bells]
    return skewed_notes(bells, others, _OF_LOGARITHMS)


def _amounts(columns: Sequence[Column], described: Sequence[Described]) -> Iterator[str]:
    """On columns whose numbers are written as amounts."""
    read: dict[str, list[str]] = {}
    for column, known in zip(columns, described, strict=True):
        if known.levels and column.amounts:
            like = column.amounts
            yield f"Column {column.name!r} looks like {like}, but is used as categories."
        elif column.amounts:
            read.setdefault(column.amounts, []).append(column.name)
    for amounts, names in read.items():
        example = ": 12% is 12" if "percent" in amounts else ""
        yield f"Read as {amounts}{example}: {listing(names)}."
