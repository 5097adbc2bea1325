"""Numbers that look like codes for a missing value, such as -999.

Where a program has no empty cell, people write a number that cannot be one of the values. To a
mixture such rows are a group of their own, far from all others, so that they are worth knowing of
before any fit. A number looks like a code if

1. it is written with nines alone, two at least: -99, 999, -9999.0;
2. it is the smallest or the largest of its column, and comes at least twice;
3. it lies farther from all other values than these lie from each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from mixtura.sources import Summary
from mixtura.typing import AnyArray

__all__ = ["MissingCode", "find_missing_codes", "note_on_missing_codes"]

# In a note.
_NAMED = 5


@dataclass(frozen=True)
class MissingCode:
    """A number that looks like a code.

    Attributes
    ----------
    column : int
    value : float
    n_rows : int
        Rows that have it.
    low, high : float
        The other values lie between these.
    """

    column: int
    value: float
    n_rows: int
    low: float
    high: float


def find_missing_codes(rows: AnyArray, summary: Summary) -> tuple[MissingCode, ...]:
    """Those of all columns of rows (n, d), in their order.

    Only columns that begin or end with such a number are looked at.

    Examples
    --------
    >>> from mixtura.sources import ArraySource, summarize
    >>> ages = np.array([[31.0], [-99.0], [18.0], [64.0], [-99.0]])
    >>> find_missing_codes(ages, summarize(ArraySource(ages)))
    (MissingCode(column=0, value=-99.0, n_rows=2, low=18.0, high=64.0),)
    """
    extent = summary.extent
    ends = zip(extent.minimum.tolist(), extent.maximum.tolist(), strict=True)
    found = []
    for column, pair in enumerate(ends):
        for value in filter(_is_nines, dict.fromkeys(pair)):
            code = _code(rows[:, column], column, value)
            found += [] if code is None else [code]
    return tuple(found)


def _is_nines(value: float) -> bool:
    """Whether a number is -99, 99, -999, ..."""
    digits = f"{abs(value):.0f}"
    return value.is_integer() and len(digits) > 1 and set(digits) == {"9"}


def _code(x: AnyArray, column: int, value: float) -> MissingCode | None:
    at = x == value
    others = x[~at & ~np.isnan(x)]
    n = int(np.count_nonzero(at))
    if n < 2 or not len(others):
        return None
    low, high = float(others.min()), float(others.max())
    apart = max(low - value, value - high)
    return MissingCode(column, value, n, low, high) if apart > high - low else None


def note_on_missing_codes(codes: Sequence[MissingCode], names: Sequence[object]) -> Iterator[str]:
    """A sentence on the codes of a table, whose columns have these names, and on what to do.

    Examples
    --------
    >>> [note] = note_on_missing_codes([MissingCode(0, -99.0, 2, 18.0, 64.0)], ["age"])
    >>> print(note[:71])
    age is -99 in 2 rows, and elsewhere from 18 to 64: that looks like a co
    """
    if not codes:
        return
    told = [
        f"{_called(names[code.column])} is {code.value:.10g} in {code.n_rows:,} rows, and "
        f"elsewhere from {code.low:.5g} to {code.high:.5g}"
        for code in codes[:_NAMED]
    ]
    if len(codes) > _NAMED:
        told.append(f"and {len(codes) - _NAMED:,} more columns have such numbers")
    one = len(codes) == 1
    yield (
        f"{'; '.join(told)}: that looks like {'a code' if one else 'codes'} for a missing value, "
        f"and is taken for a number. If {'it is one' if one else 'they are'}, leave these cells "
        "empty (NaN)."
    )


def _called(name: object) -> str:
    return f"column {name}" if str(name).isdecimal() else str(name)
