"""What families share whose cells have a variance that follows from their mean.

With m the mean and V(m) the variance of a cell, the gradient of a component's log-likelihood in
log m, and the complete data's information about log m in one row, are

    m / V(m) sum_i r_i (x_i - m)        m^2 / V(m)

for every exponential family of one parameter (McCullagh and Nelder 1989, section 2.2).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Self, TypeVar

from mixtura.families.column_parameters import ColumnParameters, ColumnSums
from mixtura.families.log_linear import LogCoordinates
from mixtura.typing import FloatArray

__all__ = ["LogMeanCoordinates", "MeanParameters"]


@dataclass(frozen=True)
class MeanParameters(ColumnParameters, ABC):
    """Base of fitted numbers of k components that are the means of their cells, (k, d)."""

    @property
    def means(self) -> FloatArray:
        return self.values

    @property
    @abstractmethod
    def means_per_variance(self) -> FloatArray:
        """m / V(m), (k, d)."""

    def excess(self, statistics: ColumnSums) -> FloatArray:
        excess = statistics.total - statistics.rows * self.values
        return self.means_per_variance * excess

    def scaled(self, factors: FloatArray) -> Self:
        return type(self)(self.values * factors)


P = TypeVar("P", bound=MeanParameters)


@dataclass(frozen=True, eq=False)
class LogMeanCoordinates(LogCoordinates[P]):
    """Logarithms of means: the complete data's information about one is w_j m^2 / V(m)."""

    def information(self, weights: FloatArray) -> FloatArray:
        information = weights[:, None] * self.params.values * self.params.means_per_variance
        return information[self.inner]
