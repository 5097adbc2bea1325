"""Numbers of things, rows and names in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "amount",
    "count",
    "duration",
    "listing",
    "model_name",
    "percent",
    "row_list",
    "suggestion",
]

_SHOWN = 5
_NAMES_SHOWN = 20
_MINUTE, _HOUR = 60.0, 3600.0


def amount(n: float) -> str:
    """'1,204', and of rows that have weights perhaps '1,204.5'."""
    return f"{n:,.0f}" if float(n).is_integer() else f"{n:,.1f}"


def count(n: float, noun: str) -> str:
    """'1 row', '1,204 rows'."""
    return f"{amount(n)} {noun}" if n == 1 else f"{amount(n)} {noun}s"


def model_name(structure: str, k: int) -> str:
    """'VVE with 7 clusters', or '7 clusters' where models differ in nothing else."""
    return f"{structure} with {count(k, 'cluster')}" if structure else count(k, "cluster")


def duration(seconds: float) -> str:
    """Roughly, as people say it."""
    if seconds < _MINUTE:
        return f"{seconds:.0f} s"
    return f"{seconds / _MINUTE:.0f} min" if seconds < _HOUR else f"{seconds / _HOUR:.1f} h"


def percent(share: float) -> str:
    """A share in percent, never rounded to none or all."""
    if 0.0 < share < 0.001:
        return "<0.1 %"
    if 0.999 < share < 1.0:
        return ">99.9 %"
    return f"{100.0 * share:.1f} %"


def row_list(rows: NDArray[np.bool_]) -> str:
    """The first of the marked rows by number, counted from 1: 'rows 2, 5, 9 and 12 more'."""
    numbers = np.flatnonzero(rows) + 1
    shown = ", ".join(str(number) for number in numbers[:_SHOWN])
    more = f" and {len(numbers) - _SHOWN:,} more" if len(numbers) > _SHOWN else ""
    return f"row {shown}" if len(numbers) == 1 else f"rows {shown}{more}"


def listing(names: Sequence[str], most: int = _NAMES_SHOWN) -> str:
    """Names with commas between; of very many only the first."""
    more = len(names) - most
    shown = ", ".join(names[:most])
    return f"{shown} and {more:,} more" if more > 0 else shown


def suggestion(name: str, known: Iterable[str]) -> str:
    """' Did you mean ...?' with the known name most like the given one, or nothing."""
    by_lower = {other.lower(): other for other in known}
    close = get_close_matches(name.lower(), by_lower, 1, 0.5)
    return f" Did you mean {by_lower[close[0]]!r}?" if close else ""
