"""Columns that say again what another one says, in the same unit or in another one."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor, log10

import numpy as np
from numpy.typing import NDArray

from mixtura.cli.columns import Column
from mixtura.typing import FloatArray

__all__ = ["copies"]

# In fewer rows two columns may be alike by chance, and so may two of yes and no whose rarer answer
# is in fewer.
_ROWS_TO_BE_SURE = 10
_RARE = 5

# Of more columns only equal ones are looked for: there is a coefficient for each pair of columns.
_MOST_COLUMNS = 2_000
_ROWS_TRIED = 200
_MOST_DECIMALS = 12

# The largest share of a deviation that may be lost by rounding to the digits that are written.
_ROUNDED = 0.03

# What floating-point numbers lose: of a correlation's square, and of a value.
_ROUNDING, _EXACT = 1e-9, 1e-12


def copies(columns: Sequence[Column]) -> dict[str, str]:
    """Names of columns that repeat an earlier one, with words that follow them.

    A copy has the same cells, or is the same in another unit, as degrees Celsius and Fahrenheit
    are: a multiple of the other and a number more, up to the digits that are written.
    """
    varied = [column for column in columns if _varies(column)]
    found = _equal(varied)
    numeric = [c for c in varied if c.n_odd == 0 and c.name not in found]
    if len(numeric) <= _MOST_COLUMNS:
        found |= _rescaled(numeric)
    return found


def _varies(column: Column) -> bool:
    """Whether its cells are so many and different that they can't be another's by chance."""
    if len(column.values) < _ROWS_TO_BE_SURE or column.n_levels < 2:
        return False
    if column.kind == "text" and column.words is None:
        return False
    if column.n_levels > 2:
        return True
    one = column.values if column.words is None else column.words.codes.astype(np.float64)
    present = one[column.present]
    n_first = int(np.count_nonzero(present == present[0]))
    return min(n_first, len(present) - n_first) >= _RARE


def _equal(columns: Sequence[Column]) -> dict[str, str]:
    """Those with the same cells as an earlier one."""
    firsts: dict[bytes, list[Column]] = {}
    found = {}
    for column in columns:
        alike = firsts.setdefault(_digest(column), [])
        first = next((other for other in alike if _same(column, other)), None)
        if first is None:
            alike.append(column)
        else:
            found[column.name] = f"is a copy of {first.name}"
    return found


def _digest(column: Column) -> bytes:
    """The same of equal columns; a few cells tell nearly all others apart."""
    cells = _some(column.values) + 0.0  # -0 is 0
    cells[np.isnan(cells)] = np.nan
    return cells.tobytes()


def _same(a: Column, b: Column) -> bool:
    if (a.words is None) != (b.words is None):
        return False
    if a.words is not None and b.words is not None:
        same = a.words.texts == b.words.texts and np.array_equal(a.words.codes, b.words.codes)
        if not same:
            return False
    return np.array_equal(a.values, b.values, equal_nan=True)


# ---------------------------------------------------------------------------------------------
# In another unit


def _rescaled(columns: Sequence[Column]) -> dict[str, str]:
    """Those that are an earlier one in another unit."""
    found: dict[str, str] = {}
    if len(columns) < 2:
        return found
    alike = _alike(columns)
    for j, column in enumerate(columns):
        for i in np.flatnonzero(alike[j, :j]).tolist():
            if columns[i].name not in found and (words := _unit(column, columns[i])):
                found[column.name] = words
                break
    return found


def _alike(columns: Sequence[Column]) -> NDArray[np.bool_]:
    """Which columns may be each other in another unit, (d, d), by some of the rows."""
    cells = np.column_stack([_some(column.values) for column in columns])
    cells = np.where(np.isfinite(cells), cells, np.nan)
    present = ~np.isnan(cells)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        largest = np.max(np.abs(cells), axis=0, where=present, initial=0.0)
        cells = cells / largest  # whose squares are neither too large nor too small
        centred = cells - cells.sum(axis=0, where=present) / present.sum(axis=0)
        centred[~present] = 0.0
        length = np.sqrt(np.square(centred).sum(axis=0))
        resolution = np.array([_resolution(column.values) for column in columns]) / largest
        lost = 0.5 * resolution / (length / np.sqrt(len(cells)))
        apart = 1.0 - np.square((centred / length).T @ (centred / length))
        lost = lost[:, None] + lost
        close = np.where(lost <= 2.0 * _ROUNDED, np.square(lost), 0.0) + _ROUNDING
        # One that is the same in these rows is no number here, but may differ in others.
        return np.asarray(~(apart > close))


def _unit(column: Column, other: Column) -> str:
    """How a column is another one in other units, in words that follow its name; '' if not."""
    y, x = column.values, other.values
    present = ~np.isnan(y)
    if not np.array_equal(present, ~np.isnan(x)):
        return ""
    y, x = y[present], x[present]
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        centred = x - x.mean()
        slope = float(centred @ (y - y.mean()) / (centred @ centred))
        shift = float(y.mean() - slope * x.mean())
        error = float(np.abs(y - (slope * x + shift)).max())
        exact = _EXACT * float(np.abs(y).max() + abs(slope) * np.abs(x).max())
        lost = 0.5 * (_resolution(y) + abs(slope) * _resolution(x))
        rounded = error <= lost + exact and lost <= _ROUNDED * float(y.std())
    if not (error <= exact or rounded):
        return ""
    if column.n_levels == 2:
        return f"tells the same rows apart as {other.name}"
    return _in_words(other.name, slope, shift, exact if error <= exact else lost)


def _in_words(name: str, slope: float, shift: float, lost: float) -> str:
    shift = 0.0 if abs(shift) <= lost else _to_digits(shift, lost)
    if f"{slope:.4g}" == "-1":
        return f"is {shift:.4g} minus {name}"
    if f"{slope:.4g}" == "1" and shift == 0.0:
        return f"is a copy of {name}, but for rounding"
    times = "" if f"{slope:.4g}" == "1" else f" times {slope:.4g}"
    plus = f" {'plus' if shift > 0.0 else 'minus'} {abs(shift):.4g}" if shift else ""
    return f"is {name}{times}{plus}, in another unit"


def _to_digits(number: float, lost: float) -> float:
    """A number to the digits that are known, if so much of it is lost."""
    return round(number, -floor(log10(lost))) if lost > 0.0 else number


def _resolution(x: FloatArray) -> float:
    """The unit of the last digit that is written in a column; 0 of more digits than these."""
    cells = _some(x)
    cells = cells[np.isfinite(cells)]
    for decimals in range(_MOST_DECIMALS):
        if np.array_equal(np.round(cells, decimals), cells):
            return float(10.0**-decimals)
    return 0.0


def _some(x: FloatArray) -> FloatArray:
    """Some of a column's cells, from first to last."""
    return x[np.linspace(0, len(x) - 1, min(len(x), _ROWS_TRIED)).astype(np.intp)]
