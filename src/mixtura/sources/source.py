"""Where rows live: the contract of a source.

A source cuts its rows into chunks, whose numbers are their handles. Statistics of the chunks are
merged in a fixed tree over the handles (`sources.folding`), so that the same chunks give the same
bits on any number of threads and on any engine. What is asked of the chunks may travel to another
machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, Self, TypeVar

import numpy as np

from mixtura.patterns import Patterns
from mixtura.typing import AnyArray, FloatArray, IntArray

__all__ = ["Chunk", "Mergeable", "Source", "all_one"]


class Mergeable(Protocol):
    """Anything with an associative ``+``."""

    def __add__(self, other: Self, /) -> Self: ...


M = TypeVar("M", bound=Mergeable)
T = TypeVar("T")


@dataclass(frozen=True)
class Chunk:
    """A block of rows.

    Attributes
    ----------
    index : int
        The chunk's place in the order of handles; random numbers are seeded with it.
    start : int
        Number of the chunk's first row in the whole table.
    rows : ndarray of shape (n, d), float32 or float64
        As the source holds them.
    weight : ndarray of shape (n,)
        Row weights: 2 is the row twice.
    labels : ndarray of shape (n,) or None
        Known components of the rows, -1 where unknown; None where all are.
    patterns : Patterns or None
        The rows by which of their cells are missing; None where the source misses none.
    """

    index: int
    start: int
    rows: AnyArray
    weight: FloatArray
    labels: IntArray | None = None
    patterns: Patterns | None = None

    @cached_property
    def X(self) -> FloatArray:  # noqa: N802
        """The rows in float64."""
        return np.asarray(self.rows, dtype=np.float64)


def all_one(n: int) -> FloatArray:
    """The weights (n,) of rows that have none: np.broadcast_to(1.0, n) in a tenth of the time.

    That shows in fits of small tables. All sources give these, since sums of them may be made in
    another order than those of other arrays.
    """
    return np.ndarray((n,), np.float64, _ONE, 0, (0,))


_ONE = np.float64(1.0).tobytes()


class Source(Protocol):
    """A table of n rows and d features, cut into chunks."""

    @property
    def n_features(self) -> int: ...

    @property
    def labelled(self) -> bool:
        """Whether the components of some rows are known, so that chunks have labels."""
        ...

    @property
    def gappy(self) -> bool:
        """Whether any cell is missing, so that all chunks have patterns."""
        ...

    def map(self, function: Callable[[Chunk], T], /) -> Iterator[T]:
        """The function's results for each chunk, in handle order."""
        ...

    def map_reduce(self, function: Callable[[Chunk], M], /) -> M:
        """The merged results of the function over all chunks, in a fixed tree over the handles."""
        ...
