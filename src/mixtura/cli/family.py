"""Which family of distributions: as asked for, or by what the columns look like."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mixtura.cli.columns import Column
from mixtura.cli.features import check_mostly_numeric
from mixtura.cli.kinds import KINDS, kind_of
from mixtura.cli.own_options import OwnOptions
from mixtura.cli.refusals import comma_hint
from mixtura.cli.table import Table
from mixtura.cli.wording import listing
from mixtura.errors import DataError
from mixtura.families.description import Description
from mixtura.families.registry import DESCRIPTIONS, description_named
from mixtura.families.schema import Kind

__all__ = ["AUTO", "Choice", "choose_family"]

AUTO = "auto"

# Whole numbers that are surely counts: from 0 to more than a code would have, with a variance of
# about the mean's size, and skewed as counts are.
_LARGER_THAN_CODES = 3
_VARIANCE_TO_MEAN = 0.5, 3.0
_SHARE_OF_SKEWNESS = 0.5
_ROWS_TO_BE_SURE = 30


@dataclass(frozen=True)
class Choice:
    """A family, and why it was taken.

    Attributes
    ----------
    description : Description
    why : str
        Empty if it was asked for.
    notes : tuple of str
        That, and which other family there would be for the columns, or for those left out.
    """

    description: Description[Any, Any]
    why: str = ""
    notes: tuple[str, ...] = ()


def choose_family(
    family: str, own: OwnOptions, table: Table, asked: Sequence[str] | None, *others: str | None
) -> Choice:
    """The family of a name; or for 'auto', one for the columns asked for, or for all but others.

    Raises
    ------
    MixturaError
        If an option is of another family, or no column can be of any.
    """
    if family != AUTO:
        own.check_family(family)
        return Choice(description_named(family))
    columns = _columns(table, asked, others)
    with_options = own.families()
    if with_options is None:
        kind, why = _kind_of_columns(table, columns, asked is not None)
        description = next(d for d in DESCRIPTIONS.values() if kind_of(d) == kind)
    else:
        plural = "are options" if len(own.given) > 1 else "is an option"
        why = f"{own.flags} {plural} of it"
        description = description_named(with_options[0])
    notes = [f"Family {description.name}, since {why}; --family chooses another."]
    notes += _alternatives(description, columns if asked is None else [])
    return Choice(description, why, tuple(notes))


def _columns(
    table: Table, asked: Sequence[str] | None, others: Sequence[str | None]
) -> list[Column]:
    if asked is not None:
        return [table.columns[table.position(name)] for name in asked]
    taken = {table.names.position(name) for name in others if name is not None}
    return [column for j, column in enumerate(table.columns) if j not in taken]


def _kind_of_columns(table: Table, columns: Sequence[Column], asked: bool) -> tuple[Kind, str]:
    """The kind that the columns look like, and why it is that."""
    check_mostly_numeric(columns)
    categories, numeric = KINDS[Kind.CATEGORICAL], KINDS[Kind.CONTINUOUS]
    likely = [column for column in columns if _says_something(column)]
    if likely and all(_is_answer(column) for column in likely):
        return Kind.BINARY, "all columns are 0 and 1, or true and false"
    numbers = [c for c in likely if c.kind == "numbers" and not _is_answer(c)]
    if numbers and all(_surely_counts(column) for column in numbers):
        return Kind.COUNT, "all numbers are whole, from 0 on, and vary as counts do"
    if any(numeric.why_not(column) is None for column in likely):
        return Kind.CONTINUOUS, "there are measurements"
    if comma_hint(columns) or not any(categories.why_not(column) is None for column in columns):
        if asked or any(numeric.cannot(column) is None for column in columns):
            return Kind.CONTINUOUS, "there is nothing but numbers"
        told = [f"{c.name} {numeric.why_not(c)}" for c in columns]
        raise DataError(
            f"{table.name} has no numeric column, and none of categories that come again "
            f"({listing(told)}).{comma_hint(columns)}"
        )
    return Kind.CATEGORICAL, "there are no measurements, but texts, codes, or yes and no"


def _says_something(column: Column) -> bool:
    """Whether it is no name, number of the row or constant, which any table may have."""
    categories = KINDS[Kind.CATEGORICAL]
    if column.kind == "numbers":
        return not column.only_numbers_rows and column.numbers.n_distinct > 1
    return categories.why_not(column) is None


def _is_answer(column: Column) -> bool:
    return column.kind == "true or false" or (
        column.kind == "numbers" and column.numbers.zero_or_one
    )


def _surely_counts(column: Column) -> bool:
    numbers = column.numbers
    if not numbers.natural or numbers.smallest > 0.0 or numbers.largest <= _LARGER_THAN_CODES:
        return False
    if numbers.n < _ROWS_TO_BE_SURE or not np.isfinite(numbers.largest):
        return False
    values = column.values[~np.isnan(column.values)]
    mean, deviation = float(values.mean()), float(values.std())
    skewness = float(np.mean(((values - mean) / deviation) ** 3))
    low, high = _VARIANCE_TO_MEAN
    varies = low * mean <= deviation**2 <= high * mean
    return varies and skewness >= _SHARE_OF_SKEWNESS / np.sqrt(mean)


def _alternatives(description: Description[Any, Any], columns: Sequence[Column]) -> Iterator[str]:
    """What other families would be for: for the columns left out, and for what may be counts."""
    kind = kind_of(description)
    left_out = [c for c in columns if KINDS[kind].why_not(c) and _says_something(c)]
    widest_first = sorted(DESCRIPTIONS.values(), key=lambda each: list(KINDS).index(kind_of(each)))
    others = [each for each in widest_first if kind_of(each) != kind]
    users = {
        other.name: [c.name for c in left_out if KINDS[kind_of(other)].why_not(c) is None]
        for other in others
    }
    most = max(users, key=lambda name: len(users[name]))
    if users[most]:
        yield f"--family {most} would use {listing(users[most])}."
    taken = [column for column in columns if KINDS[kind].why_not(column) is None]
    counting = [other.name for other in others if kind_of(other) == Kind.COUNT]
    counts = taken and all(KINDS[Kind.COUNT].why_not(column) is None for column in taken)
    if counting and counts:
        yield f"All numbers are whole: if they are counts, --family {counting[0]} fits them."
