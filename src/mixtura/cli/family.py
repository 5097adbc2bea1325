"""Which family of distributions: as asked for, or by what the columns look like."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mixtura.cli.columns import Column
from mixtura.cli.features import check_mostly_numeric
from mixtura.cli.kinds import KINDS, kind_of
from mixtura.cli.mixed import unusual_families
from mixtura.cli.own_options import OwnOptions
from mixtura.cli.roles import Role, is_code
from mixtura.cli.wanted import Wanted
from mixtura.cli.wording import listing
from mixtura.errors import DataError
from mixtura.estimators.likely_kinds import are_surely_counts
from mixtura.families.description import Description
from mixtura.families.registry import DESCRIPTIONS, MIXED, description_named
from mixtura.families.schema import Kind

__all__ = ["AUTO", "Choice", "choose_family"]

AUTO = "auto"


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
    by_column : dict of str to str
        Of blocks of families, those that are asked for by the names of columns.
    """

    description: Description[Any, Any]
    why: str = ""
    notes: tuple[str, ...] = ()
    by_column: Mapping[str, str] = field(default_factory=dict)

    @property
    def parameters(self) -> dict[str, Any]:
        """What it sets of the estimator."""
        return {"families": dict(self.by_column)} if self.by_column else {}


def choose_family(family: str | Mapping[str, str], own: OwnOptions, wanted: Wanted) -> Choice:
    """The family of a name; or for 'auto', one for the columns that are wanted.

    Of names by columns it is that of blocks of families.

    Raises
    ------
    MixturaError
        If an option is of another family, or no column can be of any.
    """
    if family == MIXED.name or not isinstance(family, str):
        own.check_family(MIXED.name)
        asked = {} if isinstance(family, str) else family
        return Choice(MIXED, by_column={**unusual_families(wanted), **asked})
    if family != AUTO:
        own.check_family(family)
        return Choice(description_named(family))
    with_options = own.families()
    if with_options is None:
        kind, why = _kind_of_columns(wanted)
        description = next(d for d in DESCRIPTIONS.values() if kind_of(d) == kind)
    else:
        plural = "are options" if len(own.given) > 1 else "is an option"
        why = f"{own.flags} {plural} of it"
        description = description_named(with_options[0])
    notes = [f"Family {description.name}, since {why}; --family chooses another."]
    if not wanted.asked:
        notes += _alternatives(description, wanted)
    return Choice(description, why, tuple(notes))


def _kind_of_columns(wanted: Wanted) -> tuple[Kind, str]:
    """The kind that the columns look like, and why it is that."""
    columns, roles = wanted.columns, wanted.roles
    check_mostly_numeric(columns)
    categories, numeric = KINDS[Kind.CATEGORICAL], KINDS[Kind.CONTINUOUS]
    likely = [column for column in columns if _says_something(column, roles[column])] or columns
    if likely and all(_is_answer(column) for column in likely):
        return Kind.BINARY, "all columns are 0 and 1, or true and false"
    numbers = [c for c in likely if c.kind == "numbers" and not _is_answer(c)]
    if numbers and all(_surely_counts(column, wanted) for column in numbers):
        return Kind.COUNT, "all numbers are whole, from 0 on, and vary as counts do"
    if any(numeric.why_not(column, roles[column]) is None for column in likely):
        return Kind.CONTINUOUS, "there are measurements"
    if not any(_unread(column) for column in columns) and any(
        categories.why_not(column, roles[column]) is None for column in columns
    ):
        return Kind.CATEGORICAL, "there are no measurements, but texts, codes, or yes and no"
    if wanted.asked or any(numeric.cannot(column) is None for column in columns):
        return Kind.CONTINUOUS, "there is nothing but numbers"
    told = [f"{c.name} {numeric.why_not(c, roles[c])}" for c in columns]
    raise DataError(
        f"{wanted.table.name} has no numeric column, and none of categories that come again "
        f"({listing(told)})."
    )


def _says_something(column: Column, role: Role) -> bool:
    """Whether it is no name, number of the row or constant, which any table may have."""
    if role.doubt and not role.but_category:
        return False
    if column.kind == "numbers":
        return column.numbers.n_distinct > 1
    return KINDS[Kind.CATEGORICAL].why_not(column, role) is None


def _is_answer(column: Column) -> bool:
    return column.kind == "true or false" or (
        column.kind == "numbers" and column.numbers.zero_or_one
    )


def _unread(column: Column) -> bool:
    """Whether its texts seem to be numbers."""
    return column.kind == "text" and bool(column.amounts)


def _surely_counts(column: Column, wanted: Wanted) -> bool:
    infinite = bool(np.isinf(column.values).any())
    return not infinite and are_surely_counts(wanted.numbers_of(column))


def _alternatives(description: Description[Any, Any], wanted: Wanted) -> Iterator[str]:
    """What other families would be for: for the columns left out, and for what may be counts."""
    columns, roles, kind = wanted.columns, wanted.roles, kind_of(description)

    def suits(column: Column, kind: Kind) -> bool:
        return KINDS[kind].why_not(column, roles[column]) is None

    left_out = [c for c in columns if not suits(c, kind) and _says_something(c, roles[c])]
    widest_first = sorted(DESCRIPTIONS.values(), key=lambda each: list(KINDS).index(kind_of(each)))
    others = [each for each in widest_first if kind_of(each) != kind]
    users = {
        other.name: [
            c.name
            for c in left_out
            # Codes can be counts, but hardly are.
            if suits(c, kind_of(other)) and not (kind_of(other) == Kind.COUNT and is_code(c))
        ]
        for other in others
    }
    most = max(users, key=lambda name: len(users[name]))
    if users[most]:
        yield (
            f"--family {most} would use {', '.join(users[most])}, and --mixed these as well as "
            "the others."
        )
    taken = [column for column in columns if suits(column, kind)]
    counting = [other.name for other in others if kind_of(other) == Kind.COUNT]
    answers = any(roles[column].item for column in taken)
    if counting and taken and not answers and all(suits(column, Kind.COUNT) for column in taken):
        yield f"All numbers are whole: if they are counts, --family {counting[0]} fits them."
