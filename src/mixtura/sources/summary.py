"""What one pass says of a table before any model is fitted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Self, TypeAlias

import numpy as np

from mixtura.sources.source import Chunk, Source
from mixtura.statistics import Extent, Moments, Sums
from mixtura.typing import FloatArray

__all__ = ["Summary", "summarize"]

#: Rows (n, d) as other numbers (n, m).
Change: TypeAlias = Callable[[FloatArray], FloatArray]

# A share of a value that is far above its rounding error and far below anything that matters.
_RESOLUTION = 2.0**-30

# The same of a mean: rows that lie closer together look alike.
_ROUNDING = 4.0 * np.finfo(np.float64).eps


@dataclass(frozen=True)
class Summary(Sums):
    """Number of rows, their moments and extent: a statistic, so it merges.

    Attributes
    ----------
    n_rows : int
    moments : Moments
        Of all rows as one component, with diagonal scatter.
    extent : Extent
    """

    n_rows: int
    moments: Moments
    extent: Extent

    @property
    def total_weight(self) -> float:
        return float(self.moments.count[0])

    def take(self, places: Sequence[int]) -> Self:
        """The same of some of the columns."""
        own, m, extent = list(places), self.moments, self.extent
        return type(self)(
            self.n_rows,
            Moments(m.count, m.mean[:, own], m.scatter[:, own]),
            Extent(extent.minimum[own], extent.maximum[own]),
        )

    @cached_property
    def variances(self) -> FloatArray:
        """Variance of each feature, (d,); exactly 0 for a constant one."""
        constant = self.extent.minimum == self.extent.maximum
        variances = self.moments.scatter[0] / self.moments.count[0]
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
        resolution: FloatArray = _ROUNDING * np.abs(self.moments.mean[0])
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
    columns = np.ascontiguousarray(rows.T)  # minima of whole columns are much faster
    return Summary(
        len(rows),
        Moments.of(rows, chunk.weight[:, None], diagonal=True),
        Extent(columns.min(axis=1), columns.max(axis=1)),
    )
