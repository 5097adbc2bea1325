"""The table that a page explores: numbers that vary, and no more rows than a screen can show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from mixtura.errors import DataError
from mixtura.fitting.random_streams import Purpose
from mixtura.typing import FloatArray, IntArray

__all__ = ["MOST_COLUMNS", "MOST_ROWS", "Table"]

#: Rows of a page: as many as can be drawn and assigned again many times a second.
MOST_ROWS = 20_000

#: Columns of a page: as many as the kernel has room for.
MOST_COLUMNS = 40

# Rows that EM needs to say anything.
_FEWEST = 2

# Names that a note lists.
_LISTED = 8

# A share of a mean that its rounding can be: columns that vary by less are constant.
_ROUNDING = 16.0 * np.finfo(np.float64).eps


@dataclass(frozen=True, eq=False)
class Table:
    """Rows and columns of numbers.

    Attributes
    ----------
    title : str
        What the page is called.
    names : tuple of str
        Of the columns.
    values : ndarray of shape (m, d)
        NaN where a cell is missing.
    n_rows : int
        Of the whole table.
    sampled_from : int or None
        How many rows these were drawn from, if they are a sample.
    notes : tuple of str
        What was left out, in sentences to show.
    """

    title: str
    names: tuple[str, ...]
    values: FloatArray
    n_rows: int
    sampled_from: int | None = None
    notes: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        title: str,
        names: Sequence[str],
        values: FloatArray,
        *,
        n_rows: int | None = None,
        notes: Sequence[str] = (),
        seed: int = 0,
    ) -> Self:
        """What can be explored of rows (n, d) in columns of such names.

        Parameters
        ----------
        title : str
        names : sequence of str
        values : ndarray of shape (n, d)
            What is not finite is missing.
        n_rows : int, optional
            Of the table that the rows are a random sample of.
        notes : sequence of str, default=()
            What was left out before.
        seed : int, default=0
            Fixes which rows of a large table are shown.

        Raises
        ------
        DataError
            If there are too few rows, or no column varies.

        Examples
        --------
        >>> table = Table.of("t", ["x", "one"], np.array([[1.0, 1.0], [2.0, 1.0]]))
        >>> table.names, table.notes
        (('x',), ('Left out, since all its cells are equal: one.',))
        """
        total = len(values) if n_rows is None else n_rows
        values = np.where(np.isfinite(values), values, np.nan)
        columns, left_out = _columns(title, names, values)
        values = values[:, columns]
        full = np.flatnonzero(~np.isnan(values).all(axis=1))
        told = _without_numbers(len(values) - len(full))
        rows = _drawn(full, seed)
        sampled = len(rows) < len(full) or len(values) < total
        return cls(
            title,
            tuple(names[j] for j in columns),
            values[rows],
            total,
            total if sampled else None,
            (*notes, *left_out, *told),
        )


def _drawn(rows: IntArray, seed: int) -> IntArray:
    """As many of some rows as are shown, ascending."""
    if len(rows) <= MOST_ROWS:
        return rows
    rng = np.random.default_rng((seed, Purpose.SAMPLE))
    return np.sort(rng.choice(rows, MOST_ROWS, replace=False, shuffle=False))


def _columns(title: str, names: Sequence[str], values: FloatArray) -> tuple[list[int], list[str]]:
    """Places of those that vary, as many as there is room for, and what is left out."""
    varying = [j for j in range(len(names)) if _varies(values[:, j])]
    if not varying:
        raise DataError(
            f"{title} has no column of numbers that vary: the explorer needs one, with "
            f"{_FEWEST} different numbers at least."
        )
    constant = [name for j, name in enumerate(names) if j not in varying]
    cells = "all its cells are" if len(constant) == 1 else "all their cells are"
    told = [f"Left out, since {cells} equal: {_listing(constant)}."] if constant else []
    if len(varying) > MOST_COLUMNS:
        told.append(
            f"The first {MOST_COLUMNS} of {len(varying)} columns are here. Name columns to see "
            "others."
        )
    return varying[:MOST_COLUMNS], told


def _varies(column: FloatArray) -> bool:
    """Whether numbers differ by more than the rounding of their mean."""
    present = column[~np.isnan(column)]
    if len(present) < _FEWEST:
        return False
    low, high = float(present.min()), float(present.max())
    return bool(high - low > _ROUNDING * max(abs(low), abs(high)))


def _without_numbers(n: int) -> list[str]:
    if not n:
        return []
    return [
        "One row without any number is left out."
        if n == 1
        else f"{n:,} rows without any number are left out."
    ]


def _listing(names: Sequence[str]) -> str:
    more = len(names) - _LISTED
    return ", ".join(names[:_LISTED]) + (f" and {more} more" if more > 0 else "")
