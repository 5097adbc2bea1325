"""Which columns can be read as which kind, which look like it, and how they are read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

from mixtura.cli.columns import Column, says_dates
from mixtura.cli.levels import as_codes, levels_of
from mixtura.cli.refusals import not_numeric, not_two, not_usable
from mixtura.cli.roles import FEW, Role, is_code
from mixtura.cli.wording import count
from mixtura.cli.words import MOST_WORDS
from mixtura.errors import DataError
from mixtura.families.description import Description
from mixtura.families.schema import Column as Described
from mixtura.families.schema import Kind
from mixtura.typing import FloatArray

__all__ = ["KINDS", "Reading", "Readings", "kind_of", "read_as"]

# Categories of which each stands in fewer rows than this on average are rather names.
_FEW_NAMES, _ROWS_PER_LEVEL = 20, 2

_CONSTANT = "is the same in every row"


@dataclass(frozen=True)
class Reading:
    """How columns become numbers of one kind.

    Attributes
    ----------
    cannot : callable
        Why a column can't be read so, in words that follow its name; None if it can.
    doubt : callable
        Why one that can, and has some role, would not be taken unless it is asked for; None if it
        would.
    describe : callable
        The column as models know it.
    refusal : callable
        The error where one is asked for that can't, for such a reason.
    noun : str
        What such a column is called.
    last_resort : bool
        Whether doubtful columns are taken where there are no others.
    numeric : bool
    """

    cannot: Callable[[Column], str | None]
    doubt: Callable[[Column, Role], str | None]
    describe: Callable[[Column], Described]
    refusal: Callable[[Column, str], DataError]
    noun: str
    last_resort: bool = False
    numeric: bool = False

    def why_not(self, column: Column, role: Role) -> str | None:
        """Why a column is not taken unless it is asked for; None if it is."""
        return self.cannot(column) or self.doubt(column, role)


@dataclass(frozen=True)
class Readings:
    """How the columns of a table are read, each in its way.

    Attributes
    ----------
    of : callable
        That of a column.
    noun, last_resort, numeric
        As of a reading, for all of them.
    """

    of: Callable[[Column], Reading]
    noun: str
    last_resort: bool = False
    numeric: bool = False

    def few_levels(self, column: Column) -> bool:
        """Whether a column is read as one of categories and is likely to be one."""
        return self.of(column) is KINDS[Kind.CATEGORICAL] and column.n_levels < FEW

    @classmethod
    def alike(cls, reading: Reading) -> Self:
        """All columns in one way."""
        return cls(lambda column: reading, reading.noun, reading.last_resort, reading.numeric)


def kind_of(description: Description[Any, Any]) -> Kind:
    """The kind that a family reads columns as: the widest that it describes."""
    return next(kind for kind in KINDS if kind in description.kinds)


def read_as(column: Column, described: Described) -> FloatArray:
    """The numbers of a column for a model that describes it so, (n,); NaN where it has none.

    Raises
    ------
    CellError
        If a cell is no level.
    """
    return as_codes(column.as_written, described) if described.levels else column.values


# ---------------------------------------------------------------------------------------------
# Numbers


def _no_numbers(column: Column) -> str | None:
    if column.n_odd and column.amounts:
        return f"is {column.kind} that looks like {column.amounts}"
    if column.n_odd:
        return "has dates or times" if says_dates(column) else f"is {column.kind}"
    return "has only missing cells" if column.n_numbers == 0 else None


def _no_measurement(column: Column, role: Role) -> str | None:
    if column.kind == "true or false":
        return "is true or false"
    if role.doubt:
        return role.doubt
    if column.numbers.n_distinct == 1:
        return _CONSTANT
    if is_code(column) and not role.item:
        n = column.numbers.n_distinct
        return f"has only {n} different whole numbers, like a category"
    return None


def _no_count(column: Column, role: Role) -> str | None:
    if column.kind == "true or false":
        return "is true or false"
    if role.doubt:
        return role.doubt
    if column.numbers.n_distinct == 1:
        return _CONSTANT
    if not column.numbers.natural:
        negative = column.numbers.smallest < 0.0
        return f"has {'negative numbers' if negative else 'fractions'}, which are no counts"
    return "is 0 or 1" if column.numbers.zero_or_one else None


# ---------------------------------------------------------------------------------------------
# Levels


def _no_category(column: Column) -> str | None:
    if column.n_cells == 0:
        return "has only missing cells"
    if column.n_odd and column.kind != "text":
        return f"is {column.kind}"
    if column.n_odd and column.words is None:
        return f"has more than {MOST_WORDS:,} different texts, or very long ones"
    return None


def _no_code(column: Column, role: Role) -> str | None:
    if role.doubt and not role.but_category:
        return role.doubt
    n, rows = column.n_levels, column.n_cells
    if n == 1:
        return _CONSTANT
    if column.kind == "numbers":
        codes = column.numbers.whole and n < FEW and rows >= _ROWS_PER_LEVEL * n
        return None if codes else "has many different numbers, like a measurement"
    if n == rows or n > max(_FEW_NAMES, rows / _ROWS_PER_LEVEL):
        return f"has {count(n, 'different cell')} in {count(rows, 'row')}, like a name"
    return None


def _no_answer(column: Column) -> str | None:
    if reason := _no_category(column):
        return reason
    if column.kind == "text" and column.n_levels == 1:
        return _CONSTANT
    if column.kind == "text" and column.n_levels > 2:
        return f"has {count(column.n_levels, 'level')}, not two"
    return None


def _hardly_answer(column: Column, role: Role) -> str | None:
    if role.doubt and not role.but_category:
        return role.doubt
    if column.kind == "text":
        return "has a name for every row" if column.n_cells == 2 else None
    if column.kind == "numbers" and not column.numbers.zero_or_one:
        return _CONSTANT if column.numbers.n_distinct == 1 else "is not 0 or 1 throughout"
    return None


def _described_answer(column: Column) -> Described:
    """What 0 and 1 stand for, unless they are themselves."""
    if column.kind == "true or false":
        return Described(column.name, Kind.BINARY, (False, True))
    if column.words is None:
        return Described(column.name, Kind.BINARY)
    return Described(column.name, Kind.BINARY, levels_of(column))


def _described_category(column: Column) -> Described:
    return Described(column.name, Kind.CATEGORICAL, levels_of(column))


def _numeric(kind: Kind, doubt: Callable[[Column, Role], str | None], noun: str) -> Reading:
    return Reading(
        _no_numbers,
        doubt,
        lambda column: Described(column.name, kind),
        lambda column, reason: not_numeric(column),
        noun,
        last_resort=True,
        numeric=True,
    )


#: How columns are read as each kind, the widest first.
KINDS: dict[Kind, Reading] = {
    Kind.CONTINUOUS: _numeric(Kind.CONTINUOUS, _no_measurement, "numeric column"),
    Kind.COUNT: _numeric(Kind.COUNT, _no_count, "column of counts"),
    Kind.CATEGORICAL: Reading(
        lambda column: _no_category(column.as_written),
        lambda column, role: _no_code(column.as_written, role),
        lambda column: _described_category(column.as_written),
        not_usable,
        "column of categories",
    ),
    Kind.BINARY: Reading(
        lambda column: _no_answer(column.as_written),
        lambda column, role: _hardly_answer(column.as_written, role),
        lambda column: _described_answer(column.as_written),
        not_two,
        "column of yes and no",
        last_resort=True,
    ),
}
