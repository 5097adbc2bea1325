"""What families share that have one parameter for each column, such as a rate of counts."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Self, TypeVar

from mixtura.families.coordinates import Coordinates
from mixtura.families.description import Independent, check_entries, check_names, stacked
from mixtura.families.family import (
    Bounded,
    Embedding,
    Family,
    IndependentColumns,
    as_they_are,
    stand_ins,
)
from mixtura.families.schema import Schema
from mixtura.statistics import ComponentSums
from mixtura.typing import BoolArray, FloatArray, Selection

__all__ = ["ColumnDescription", "ColumnMeans", "ColumnParameters", "ColumnSums"]


@dataclass(frozen=True)
class ColumnParameters:
    """Fitted numbers of k components.

    Attributes
    ----------
    values : ndarray of shape (k, d)
    """

    values: FloatArray

    @property
    def n_components(self) -> int:
        return len(self.values)

    @property
    def n_features(self) -> int:
        return int(self.values.shape[1])

    @property
    def sort_key(self) -> FloatArray:
        return self.values

    def take(self, order: Selection) -> Self:
        return type(self)(self.values[order])


P = TypeVar("P", bound=ColumnParameters)


@dataclass(frozen=True)
class ColumnSums(ComponentSums):
    """Weighted number of rows, and sums of their cells.

    Attributes
    ----------
    rows : ndarray of shape (k,)
    total : ndarray of shape (k, d)
    """

    rows: FloatArray
    total: FloatArray


class ColumnMeans(Bounded, IndependentColumns[P], ABC):
    """Base of such families whose M-step needs nothing but each component's column means."""

    @abstractmethod
    def of_means(self, means: FloatArray) -> P:
        """The likeliest parameters of rows with such means, (k, d)."""

    def expectations(self, params: P) -> FloatArray:
        return params.values

    def statistics(self, params: P | None, X: FloatArray, resp: FloatArray) -> ColumnSums:
        return ColumnSums(resp.sum(axis=0), resp.T @ X)

    def maximize(self, statistics: ColumnSums, params: P | None) -> P:
        live, order = stand_ins(statistics.rows)
        return self.of_means(statistics.total[live] / statistics.rows[live, None]).take(order)

    def n_parameters(self, k: int, d: int) -> int:
        return k * d

    @property
    def embedding(self) -> Embedding:
        return as_they_are

    @property
    def gathers(self) -> Hashable:
        return ColumnSums

    def n_sums(self, d: int) -> int:
        return 1 + d

    def coordinates(self, params: P, weight: float) -> Coordinates[P, ColumnSums] | None:
        """None: fits are not accelerated."""
        return None


class ColumnDescription(Independent, ABC, Generic[P]):
    """Base of their descriptions.

    Attributes
    ----------
    parameters : type
    array : str
        What files call the values.
    expected : str
        What each of them is: 'a number from 0 to 1'.
    """

    parameters: ClassVar[type[ColumnParameters]]
    array: ClassVar[str]
    expected: ClassVar[str]

    @abstractmethod
    def family(self, schema: Schema) -> Family[P, Any]:
        """The family for such columns."""

    @abstractmethod
    def are_values(self, values: FloatArray) -> BoolArray:
        """Which of some finite numbers are values as expected."""

    def arrays(self, params: P) -> dict[str, FloatArray]:
        return {self.array: params.values}

    def restored(
        self, options: Mapping[str, Any], arrays: Mapping[str, FloatArray], schema: Schema
    ) -> tuple[Family[P, Any], Any]:
        check_names("options", options, ())
        (values,) = stacked(arrays, **{self.array: (len(schema),)})
        check_entries(self.array, values, self.are_values(values), self.expected)
        return self.family(schema), self.parameters(values)
