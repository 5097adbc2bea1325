"""What one pass says of a table before any model is fitted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Self, TypeAlias

import numpy as np

from mixtura.patterns import has_gaps
from mixtura.sources.source import Chunk, Source
from mixtura.statistics import Extent, Moments, Sums
from mixtura.typing import AnyArray, FloatArray, IntArray

__all__ = ["Gaps", "Summary", "summarize"]

#: Rows (n, d) as other numbers (n, m).
Change: TypeAlias = Callable[[FloatArray], FloatArray]

# A share of a value that is far above its rounding error and far below anything that matters.
_RESOLUTION = 2.0**-30

# The same of a mean: rows that lie closer together look alike.
_ROUNDING = 4.0 * np.finfo(np.float64).eps


@dataclass(frozen=True)
class Gaps(Sums):
    """How many cells of some rows are missing: a statistic, so it merges.

    Attributes
    ----------
    cells : ndarray of shape (d,)
        Missing cells of each column.
    n_rows : int
        Rows with a missing cell.
    n_empty : int
        Rows with nothing else.
    """

    cells: IntArray
    n_rows: int
    n_empty: int

    @classmethod
    def of(cls, X: FloatArray) -> Self:
        """Those of rows (n, d)."""
        missing = np.isnan(X)
        return cls(
            np.count_nonzero(missing, axis=0),
            int(missing.any(axis=1).sum()),
            int(missing.all(axis=1).sum()),
        )

    def __bool__(self) -> bool:
        return self.n_rows > 0

    def take(self, places: IntArray) -> Self:
        """Missing cells of some of the columns, in the same rows."""
        return type(self)(self.cells[places], self.n_rows, self.n_empty)


@dataclass(frozen=True)
class Summary(Sums):
    """Number of rows, moments and extent of each column: a statistic, so it merges.

    Attributes
    ----------
    n_rows : int
    total_weight : float
        Of all rows.
    columns : Moments
        Of d components in one dimension: the observed cells of each column.
    extent : Extent
        Of the observed cells.
    gaps : Gaps
        How many cells are missing.
    """

    n_rows: int
    total_weight: float
    columns: Moments
    extent: Extent
    gaps: Gaps

    def take(self, places: Sequence[int]) -> Self:
        """The same of some of the columns."""
        own, extent = np.array(places), self.extent
        return type(self)(
            self.n_rows,
            self.total_weight,
            self.columns.take(own),
            Extent(extent.minimum[own], extent.maximum[own]),
            self.gaps.take(own),
        )

    @property
    def center(self) -> FloatArray:
        """Mean of each feature, (d,)."""
        return self.columns.mean[:, 0]

    @cached_property
    def variances(self) -> FloatArray:
        """Variance of each feature, (d,); exactly 0 for a constant one."""
        constant = self.extent.minimum == self.extent.maximum
        variances = self.columns.scatter[:, 0] / self.columns.count
        return np.where(constant, 0.0, variances)

    @cached_property
    def scales(self) -> FloatArray:
        """Unit of each feature, (d,): its standard deviation.

        A constant one has none of its own and takes the smallest of the others', but no less
        than what its values resolve; 1 if all are constant.
        """
        deviations = np.sqrt(self.variances)
        varying = deviations > 0.0
        smallest = deviations[varying].min() if varying.any() else 1.0
        stand_in = np.maximum(smallest, _RESOLUTION * np.abs(self.extent.minimum))
        return np.where(varying, deviations, stand_in)

    def standardized(self, X: AnyArray) -> FloatArray:
        """Rows in units of the features' deviations, as seen from their means."""
        standard: FloatArray = (X - self.center) / self.scales
        return standard

    @property
    def in_one_unit(self) -> Self:
        """The same of features that share a unit: the root of their mean variance."""
        unit = float(np.sqrt(self.variances.mean())) or 1.0
        return self._in_units(np.full(len(self.variances), unit))

    def in_units_of(self, whole: Summary) -> Self:
        """The same of rows that are a part of others, in the units of all of these."""
        return self._in_units(whole.scales)

    def _in_units(self, scales: FloatArray) -> Self:
        same = replace(self)
        vars(same)["scales"] = scales
        return same

    def floor(self, share: float) -> FloatArray:
        """Least variances, (d,): a share of the features', but no less than a mean resolves.

        Zeros for the share 0.
        """
        if share == 0.0:
            return np.zeros(len(self.scales))
        least: FloatArray = np.maximum(share * np.square(self.scales), np.square(self.resolution))
        return least

    @property
    def resolution(self) -> FloatArray:
        """Deviations, (d,), that are nothing but the rounding of the features' means."""
        resolution: FloatArray = _ROUNDING * np.abs(self.center)
        return resolution


@np.errstate(over="ignore", invalid="ignore")
def summarize(source: Source, change: Change | None = None) -> Summary:
    """Count, moments and extent of a source's rows, in one pass.

    Where squares overflow, the moments are no numbers, and the extent tells why.

    Parameters
    ----------
    source : Source
    change : callable, optional
        Rows (n, d) -> what is to be summarized of them, (n, m), such as logarithms.
    """
    return source.map_reduce(partial(_summarize_chunk, change=change))


@np.errstate(over="ignore", invalid="ignore")  # each thread has its own
def _summarize_chunk(chunk: Chunk, change: Change | None) -> Summary:
    rows = chunk.X if change is None else change(chunk.X)
    if has_gaps(rows):
        return _summarize_gappy(rows, chunk.weight)
    columns = np.ascontiguousarray(rows.T)  # minima of whole columns are much faster
    whole = Moments.of(rows, chunk.weight[:, None], diagonal=True)
    n, d = rows.shape
    return Summary(
        n,
        float(whole.count[0]),
        Moments(whole.count.repeat(d), whole.mean.T, whole.scatter.T),
        Extent(columns.min(axis=1), columns.max(axis=1)),
        Gaps(np.zeros(d, dtype=np.intp), 0, 0),
    )


def _summarize_gappy(rows: FloatArray, weight: FloatArray) -> Summary:
    """Column by column; of one without any cell the moments are those of no rows."""
    n, d = rows.shape
    count, mean, scatter = np.zeros(d), np.zeros((d, 1)), np.zeros((d, 1))
    minimum, maximum = np.full(d, np.inf), np.full(d, -np.inf)
    for a, column in enumerate(rows.T):
        present = ~np.isnan(column)
        if present.any():
            cells = column[present, None]
            own = Moments.of(cells, weight[present, None], diagonal=True)
            count[a], mean[a], scatter[a] = own.count[0], own.mean[0], own.scatter[0]
            minimum[a], maximum[a] = cells.min(), cells.max()
    columns, extent = Moments(count, mean, scatter), Extent(minimum, maximum)
    return Summary(n, float(weight.sum()), columns, extent, Gaps.of(rows))
