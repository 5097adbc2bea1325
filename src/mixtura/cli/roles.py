"""What the columns of a table are there for, by their numbers and their names.

A table has more columns than measurements: some number or name its rows, some repeat another, some
say which class a row is of. All of them are numbers like any others, and would be fitted as such.
The rules and what they were tried on are in docs/decisions/0028-what-columns-are-for.md.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import lgamma, log
from typing import Self

import numpy as np

from mixtura.cli import telling_names
from mixtura.cli.columns import Column
from mixtura.cli.copies import copies
from mixtura.cli.telling_names import (
    is_answer,
    is_id,
    is_row_number,
    is_time,
    may_be_found,
    most_classes,
)
from mixtura.estimators.likely_kinds import FEW, are_codes
from mixtura.typing import FloatArray

__all__ = ["FEW", "Role", "Roles", "is_code"]

# In fewer rows numbers can run like those of rows, or like those of another column, by chance.
_ROWS_TO_BE_SURE = 10
_ROWS_OF_AN_ID, _ROWS_OF_STEPS = 3, 20

# Share of the groups of rows that are equally large where groups are numbered.
_OF_ONE_SIZE = 0.8

# With a smaller chance numbers that were drawn would all be different.
_UNLIKELY = 1e-6

# Classes have some rows each.
_ROWS_PER_CLASS = 2

# The answers to the items of a questionnaire, and how many items share them at least.
_FEWEST_ANSWERS, _MOST_ANSWERS = 4, 21
_SHARED_BY = 3


@dataclass(frozen=True)
class Role:
    """What a column is there for.

    Attributes
    ----------
    doubt : str
        Why it is not used unless it is asked for, in words that follow its name; '' if it is.
    but_category : bool
        Whether it is used all the same where columns are categories.
    item : bool
        Whether its few whole numbers are no codes, but answers like those in other columns.
    classes : bool
        Whether its numbers name classes.
    """

    doubt: str = ""
    but_category: bool = False
    item: bool = False
    classes: bool = False


_PLAIN, _ITEM = Role(), Role(item=True)
_BY_NAME = "is an id by its name"
_NEVER_TWICE = "is another whole number in every row, like an id"


@dataclass(frozen=True)
class Roles:
    """Those of some columns.

    Attributes
    ----------
    known : dict of str to Role
        By the names of the columns; of the others nothing is known.
    """

    known: Mapping[str, Role]

    @classmethod
    def of(cls, columns: Sequence[Column]) -> Self:
        """Found out from the columns of a table, all of them with the same number of rows."""
        ids = {column.name: doubt for column in columns if (doubt := _id(column, columns))}
        if sum(doubt == _NEVER_TWICE for doubt in ids.values()) >= _SHARED_BY:
            ids = {name: doubt for name, doubt in ids.items() if doubt != _NEVER_TWICE}
        known = {name: Role(doubt) for name, doubt in ids.items()}
        for column in columns:
            if column.name not in known and (role := _class(column)):
                known[column.name] = role
        others = [column for column in columns if column.name not in known]
        known |= {name: Role(doubt) for name, doubt in copies(others).items()}
        others = [column for column in others if column.name not in known]
        known |= {column.name: _ITEM for column in _items(others)}
        return cls(known)

    def __getitem__(self, column: Column) -> Role:
        return self.known.get(column.name, _PLAIN)

    def notes(self, used: Sequence[str]) -> Iterator[str]:
        """What to know of those that are used, and of classes that are not."""
        classes = [c for c, role in self.known.items() if role.classes and c not in used]
        if found := [name for name in classes if may_be_found(name)]:
            yield (
                f"If clusters should find {' or '.join(found)}, compare them in the assignments; "
                f"--known {found[0]} has rows whose class is known teach those where it is empty."
            )
        items = [name for name in used if self.known.get(name) is _ITEM]
        if items:
            yield (
                f"Few whole numbers of a range that columns share, like answers to questions, in "
                f"{', '.join(items)}: taken as measurements. --family categorical takes each "
                "answer for itself."
            )


# ---------------------------------------------------------------------------------------------
# Numbers and names of rows


def _id(column: Column, columns: Sequence[Column]) -> str:
    """How a column names or numbers the rows, in words that follow its name; '' if it doesn't."""
    named = is_id(column.name)
    if column.kind == "text":
        return _BY_NAME if named and column.n_levels >= FEW else ""
    numbers, n = column.numbers, len(column.values)
    finite = np.isfinite(numbers.smallest) and np.isfinite(numbers.largest)
    if column.kind != "numbers" or numbers.n_distinct < 2 or not finite:
        return ""
    if numbers.n_distinct == n >= _ROWS_OF_AN_ID:
        named |= _unnamed(column, columns)
        numbering, timing = is_row_number(column.name), is_time(column.name)
        if doubt := _steps(column, numbering or named, timing):
            return doubt
        if numbers.whole and numbering and n >= _ROWS_TO_BE_SURE and _rises(column.values):
            return _BY_NAME
        if numbers.whole and not named and n >= _ROWS_OF_STEPS and _never_twice(column.values):
            return _NEVER_TWICE
    if not numbers.whole or numbers.zero_or_one:
        return ""
    if named:
        return _BY_NAME
    if numbers.n_distinct < FEW:
        return ""
    if telling_names.is_code(column.name):
        return "has codes, by its name"
    if _starts_again(column.values):
        return "numbers the rows within groups"
    return "numbers groups of rows" if _numbers_groups(column.values) else ""


def _steps(column: Column, numbering: bool, timing: bool) -> str:
    """How numbers rise in equal steps from row to row; '' if they don't."""
    values, rows = column.values, column.row_numbers
    n = len(values)
    steps = np.diff(values) if rows is None else np.diff(values) / np.diff(rows)
    step = float(steps.mean())
    first = values[0] if rows is None else values[0] - step * (rows[0] - 1)
    # Times are written to some digits: a month is 0.083 or 0.0833 of a year.
    rounding = 1e-2 * abs(step) if timing else 0.0
    if not bool((np.abs(steps - step) <= rounding).all()):
        return ""
    counting = step == 1.0 and (numbering or first in (0.0, 1.0))
    if counting and n >= (_ROWS_OF_AN_ID if numbering else _ROWS_TO_BE_SURE):
        return "only numbers the rows"
    if n < (_ROWS_TO_BE_SURE if numbering or timing else _ROWS_OF_STEPS):
        return ""
    whole = bool((values == np.round(values)).all())
    return f"goes by {step:.3g} from row to row, like a row number" if whole or timing else ""


def _rises(values: FloatArray) -> bool:
    return bool((np.diff(values) > 0.0).all())


def _starts_again(values: FloatArray) -> bool:
    """Whether numbers rise by 1 from row to row, but for rows where they start anew."""
    again = values == values.min()
    rising = again[1:] | (np.diff(values) == 1.0)
    return bool(again[0] and rising.all() and np.count_nonzero(again) > 1)


def _numbers_groups(values: FloatArray) -> bool:
    """Whether numbers rise by 1 from group to group of rows, of which most have the same size.

    Measurements in ascending order do not come equally often.
    """
    steps = np.diff(values)
    if not bool(((steps == 0.0) | (steps == 1.0)).all()):
        return False
    starts = np.concatenate([[0], np.flatnonzero(steps) + 1, [len(values)]])
    sizes, times = np.unique(np.diff(starts), return_counts=True)
    return bool(sizes[times.argmax()] > 1 and times.max() >= _OF_ONE_SIZE * times.sum())


def _never_twice(values: FloatArray) -> bool:
    """Whether different whole numbers lie so close that drawn ones would not all be different.

    Of numbers that are drawn from some range, those that are all as likely are different most
    often. n of m are so with the probability m! / ((m - n)! m^n).
    """
    ascending = np.sort(values)
    if ascending[-1] - ascending[0] >= 2.0**53:
        return False
    unit = float(np.gcd.reduce(np.diff(ascending).astype(np.int64)))
    n, m = len(values), (ascending[-1] - ascending[0]) / unit + 1.0
    return lgamma(m + 1.0) - lgamma(m - n + 1.0) - n * log(m) < log(_UNLIKELY)


def _unnamed(column: Column, columns: Sequence[Column]) -> bool:
    """Whether it is the only column without a name, as R writes the names of rows."""
    called = [other.name for other in columns if re.fullmatch(r"column_\d+", other.name)]
    return called == [column.name]


# ---------------------------------------------------------------------------------------------
# Classes, and answers


def _class(column: Column) -> Role | None:
    """That of a column that names classes, by its name and few whole numbers."""
    numbers, most = column.numbers, most_classes(column.name)
    if is_answer(column.name) and column.kind in ("text", "true or false"):
        answers = 1 < column.n_levels <= most
        return Role("says what clusters could be compared with, by its name") if answers else None
    m = numbers.n_distinct
    if column.kind != "numbers" or not numbers.whole:
        return None
    if not 1 < m <= min(most, numbers.n / _ROWS_PER_CLASS):
        return None
    doubt = f"names {m:,} classes, by its name"
    return Role(doubt, but_category=not is_answer(column.name), classes=True)


def is_code(column: Column) -> bool:
    """Whether its numbers are few whole ones, each of them often."""
    n = column.numbers
    return column.kind == "numbers" and are_codes(n.n, n.n_distinct, whole=n.whole)


def _items(columns: Sequence[Column]) -> Iterator[Column]:
    """Those of few whole numbers that are no codes, since several columns share them.

    An answer that nobody gave is no matter where names are in a row with others, as A1, A2, ...
    """
    scales = Counter(scale for column in columns if (scale := _scale(column)))
    shared = {scale for scale, times in scales.items() if times >= _SHARED_BY}
    rows = {(_row_of(c.name), scale) for c in columns if (scale := _scale(c)) in shared}
    for column in filter(is_code, columns):
        low, high = column.numbers.smallest, column.numbers.largest
        own = (scale for name, scale in rows if name == _row_of(column.name))
        if _scale(column) in shared or any(a <= low and high <= b for a, b in own):
            yield column


def _scale(column: Column) -> tuple[float, float] | None:
    """The first and last of the answers to an item, if a column may be one."""
    numbers = column.numbers
    low, high = numbers.smallest, numbers.largest
    if column.kind != "numbers" or not numbers.whole or numbers.n_distinct < _FEWEST_ANSWERS:
        return None
    return (low, high) if high - low < _MOST_ANSWERS else None


def _row_of(name: str) -> str:
    """What names in a row, such as A1, A2, ..., have in common; of others, themselves."""
    return re.sub(r"\d+", "#", name)
