"""Rows in memory, cut into blocks so that a pass needs memory for one block, not for n rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, chain, pairwise
from typing import Self, TypeVar

import numpy as np

from mixtura.patterns import has_gaps
from mixtura.sources.folding import folded
from mixtura.sources.kept_patterns import KeptPatterns
from mixtura.sources.source import Chunk, Mergeable, all_one
from mixtura.sources.threads import in_order
from mixtura.typing import AnyArray, FloatArray, IntArray

__all__ = ["ArraySource", "block_rows"]

M = TypeVar("M", bound=Mergeable)
T = TypeVar("T")

# A block should be work for some milliseconds, against which the interpreter's share is small,
# and yet there should be some blocks for each thread. The kernel cuts them into tiles itself.
_BLOCK_PRODUCTS = 4e7
_SMALLEST_BLOCK, _LARGEST_BLOCK = 4_096, 65_536


def block_rows(n_features: int, n_components: int) -> int:
    """Rows in a block, by the work that a row makes: products of deviations, per component.

    It is a power of 2, so that partitions of a table that are multiples of the largest block are
    cut into the same blocks as the whole.
    """
    rows = int(_BLOCK_PRODUCTS / (n_components * n_features * (n_features + 1)))
    within = min(max(rows, _SMALLEST_BLOCK), _LARGEST_BLOCK)
    return 1 << (within.bit_length() - 1)


def _contiguous(X: AnyArray) -> AnyArray:
    X = np.ascontiguousarray(X)
    return X if X.flags.aligned else X.copy()


def _numbers(weight: AnyArray) -> FloatArray:
    """Weights that are whole numbers, such as counts of equal rows, may come as integers."""
    return np.asarray(weight, dtype=np.float64)


@dataclass(frozen=True)
class ArraySource:
    """A table held as one array.

    Parameters
    ----------
    X : ndarray of shape (n, d), float32 or float64
        Never copied as a whole.
    weight : ndarray of shape (n,), optional
        Row weights, 1 when left out.
    rows_per_block : int
        Rows in a block.
    n_threads : int, default=1
        Threads over the blocks. The result has the same bits for any number.
    labels : ndarray of shape (n,), optional
        Known components of the rows, -1 where unknown.
    partitions : tuple of int, default=()
        Rows of the parts that no block reaches beyond; () for one part.

    Examples
    --------
    >>> import numpy as np
    >>> source = ArraySource(np.arange(10.0).reshape(5, 2), rows_per_block=2)
    >>> [chunk.start for chunk in source.map(lambda chunk: chunk)]
    [0, 2, 4]
    """

    X: AnyArray
    weight: FloatArray | None = None
    rows_per_block: int = _LARGEST_BLOCK
    n_threads: int = 1
    labels: IntArray | None = None
    partitions: tuple[int, ...] = ()

    @property
    def n_features(self) -> int:
        return int(self.X.shape[1])

    @cached_property
    def total_weight(self) -> float:
        """Of all rows."""
        return float(len(self.X) if self.weight is None else self.weight.sum())

    def take(self, rows: IntArray) -> Self:
        """Some of the rows by their numbers, in that order, as one block."""
        weight = None if self.weight is None else self.weight[rows]
        labels = None if self.labels is None else self.labels[rows]
        return type(self)(self.X[rows], weight, max(len(rows), 1), 1, labels)

    @property
    def labelled(self) -> bool:
        return self.labels is not None

    @cached_property
    def gappy(self) -> bool:
        return any(has_gaps(self.X[start:end]) for start, end in pairwise(self._bounds))

    @cached_property
    def _patterns(self) -> KeptPatterns:
        return KeptPatterns()

    def handles(self) -> Sequence[int]:
        return range(len(self._bounds) - 1)

    @cached_property
    def _bounds(self) -> list[int]:
        """Where blocks begin and end."""
        parts = [0, *accumulate(self.partitions or (len(self.X),))]
        starts = [range(a, b, self.rows_per_block) for a, b in pairwise(parts)]
        return [*chain(*starts), parts[-1]]

    @cached_property
    def _whole(self) -> Chunk | None:
        """All rows of a small table, which is asked for them again and again."""
        alone = len(self.partitions) < 2 and 0 < len(self.X) <= self._small
        return self._block(0) if alone else None

    @property
    def _small(self) -> int:
        return min(self.rows_per_block, _SMALLEST_BLOCK)

    def load(self, handle: int) -> Chunk:
        return self._whole if handle == 0 and self._whole is not None else self._block(handle)

    def _block(self, handle: int) -> Chunk:
        start, end = self._bounds[handle : handle + 2]
        block = slice(start, end)
        X = self.X[block]
        weight = all_one(len(X)) if self.weight is None else _numbers(self.weight[block])
        labels = None if self.labels is None else self.labels[block]
        patterns = self._patterns.of(handle, X) if self.gappy else None
        return Chunk(handle, start, _contiguous(X), weight, labels, patterns)

    def map(self, function: Callable[[Chunk], T]) -> Iterator[T]:
        handles = self.handles()

        def serve(handle: int) -> T:
            return function(self.load(handle))

        if self.n_threads == 1 or len(handles) == 1:
            return map(serve, handles)
        return in_order(serve, handles, min(self.n_threads, len(handles)))

    def map_reduce(self, function: Callable[[Chunk], M]) -> M:
        if self._whole is not None:
            return function(self._whole)
        return folded(self.map(function)).total
