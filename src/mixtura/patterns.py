"""Rows grouped by which of their cells are missing.

NaN is a missing cell, missing at random: the likelihood is that of the observed cells (Little and
Rubin 2019, chapter 11). What is computed of rows with gaps is computed once for each pattern.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple, Self

import numpy as np

from mixtura.typing import AnyArray, BoolArray, IntArray

__all__ = ["Pattern", "Patterns", "empty_rows", "has_gaps"]


def has_gaps(X: AnyArray) -> bool:
    """Whether any cell of rows (n, d) is missing: the least of them is NaN then."""
    return bool(np.isnan(X.min(initial=0.0)))


def empty_rows(X: AnyArray) -> BoolArray | None:
    """Which rows (n,) have no cell at all; None if all have some."""
    empty: BoolArray = np.isnan(X[:, 0])
    if not empty.any():
        return None
    empty[empty] = np.isnan(X[empty]).all(axis=1)
    return empty if empty.any() else None


class Pattern(NamedTuple):
    """Some rows with the same cells missing.

    Attributes
    ----------
    rows : ndarray of shape (m,)
        Their numbers, ascending.
    observed, missing : ndarray
        Numbers of the columns, ascending.
    """

    rows: IntArray
    observed: IntArray
    missing: IntArray


@dataclass(frozen=True, eq=False)
class Patterns:
    """The patterns of missing cells in rows (n, d): iterating gives each `Pattern`.

    Attributes
    ----------
    masks : ndarray of bool, shape (p, d)
        Which cells each pattern misses. Complete rows, if any, come first.
    order : ndarray of shape (n,)
        Numbers of the rows, pattern by pattern.
    ends : ndarray of shape (p,)
        Where each pattern ends in the order.

    Examples
    --------
    >>> import numpy as np
    >>> rows = np.array([[1.0, np.nan], [2.0, 3.0], [4.0, np.nan]])
    >>> [(p.rows.tolist(), p.observed.tolist()) for p in Patterns.of(rows)]
    [([1], [0, 1]), ([0, 2], [0])]
    """

    masks: BoolArray
    order: IntArray
    ends: IntArray

    @classmethod
    def of(cls, X: AnyArray) -> Self:
        """Those of rows (n, d)."""
        missing = np.isnan(X)
        keys = _keys(missing)
        order = keys.argsort(kind="stable")
        ordered = keys[order]
        new = np.flatnonzero(ordered[1:] != ordered[:-1]) + 1
        ends = np.append(new, len(order))[: len(order)]
        return cls(missing[order[np.append(0, new)[: len(ends)]]], order, ends)

    def __iter__(self) -> Iterator[Pattern]:
        for mask, (start, end) in zip(self.masks, pairwise(self._bounds), strict=True):
            columns = np.flatnonzero(~mask), np.flatnonzero(mask)
            yield Pattern(self.order[start:end], *columns)

    @property
    def informative(self) -> Iterator[Pattern]:
        """Those of rows of which some cell is observed."""
        return (pattern for pattern in self if len(pattern.observed))

    @property
    def incomplete(self) -> Iterator[Pattern]:
        """Those of rows of which some cell is missing."""
        return (pattern for pattern in self if len(pattern.missing))

    def __len__(self) -> int:
        return len(self.masks)

    @cached_property
    def _bounds(self) -> list[int]:
        return [0, *self.ends.tolist()]


def _keys(missing: BoolArray) -> AnyArray:
    """A number, or some bytes, for the pattern of each row, (n,); complete rows have the least."""
    packed = np.packbits(missing, axis=1)
    n, size = packed.shape
    if size > 8:
        return np.ascontiguousarray(packed).view(f"S{size}").ravel()
    filled = np.zeros((n, 8), dtype=np.uint8)
    filled[:, 8 - size :] = packed
    return filled.view(">u8").ravel().astype(np.uint64)
