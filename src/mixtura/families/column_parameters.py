"""What families share that have one parameter for each column, such as a rate of counts."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any, ClassVar, Generic, Protocol, Self, TypeVar, cast

import numpy as np

from mixtura.errors import DegenerateError
from mixtura.families.cells import Cells
from mixtura.families.coordinates import Coordinates
from mixtura.families.description import Independent, check_entries, check_names, stacked
from mixtura.families.family import (
    Bounded,
    Embedding,
    Family,
    IndependentColumns,
    Parameters,
    as_they_are,
    stand_ins,
)
from mixtura.families.schema import Schema
from mixtura.families.some_columns import Components
from mixtura.statistics import SMALLEST_COUNT, ComponentSums, Statistics
from mixtura.typing import BoolArray, FloatArray, IntArray, Selection

__all__ = [
    "ColumnDescription",
    "ColumnFamily",
    "ColumnMeans",
    "ColumnParameters",
    "ColumnSums",
    "PerColumn",
]


class PerColumn:
    """Base of records of arrays (k, d): numbers for each component in each column."""

    def replaced(self, where: BoolArray, other: Self) -> Self:
        """With another record's numbers in some places (k, d)."""
        names = type(self).__match_args__  # type: ignore[attr-defined]
        return type(self)(
            *(np.where(where, getattr(other, name), getattr(self, name)) for name in names)
        )

    def marginal(self, columns: IntArray) -> Self:
        """Those of some of the columns, of arrays that are all (k, d)."""
        names = type(self).__match_args__  # type: ignore[attr-defined]
        return type(self)(*(getattr(self, name)[:, columns] for name in names))


@dataclass(frozen=True)
class ColumnParameters(PerColumn):
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
class ColumnSums(PerColumn, ComponentSums):
    """Weighted number of rows, and sums of their cells.

    Attributes
    ----------
    rows : ndarray of shape (k, 1) or (k, d)
        By column where cells are missing: how many are observed.
    total : ndarray of shape (k, d)
    """

    rows: FloatArray
    total: FloatArray


class _PerColumnParameters(Protocol):
    def take(self, order: Selection, /) -> Self: ...

    def replaced(self, where: BoolArray, other: Self, /) -> Self: ...

    def marginal(self, columns: IntArray, /) -> Self: ...


class _PerColumnStatistics(Statistics, Protocol):
    def replaced(self, where: BoolArray, other: Self, /) -> Self: ...


Q = TypeVar("Q", bound=_PerColumnParameters)
S = TypeVar("S", bound=_PerColumnStatistics)


class ColumnFamily(ABC, Generic[Q, S]):
    """Base of families of independent columns, each with an M-step of its own."""

    @abstractmethod
    def cells(self, statistics: S) -> FloatArray:
        """Weighted numbers of observed cells, in a shape that suits what is made of them."""

    @abstractmethod
    def likeliest(self, statistics: S, params: Q | None) -> Q:
        """The parameters of components that all have cells in all columns."""

    def maximize(self, statistics: S, params: Q | None) -> Q:
        """What a component has no cells of says nothing of that column.

        It stays as it is, and begins as all components' cells together have it.
        """
        cells = self.cells(statistics)
        if (cells >= SMALLEST_COUNT).all():
            return self.likeliest(statistics, params)
        live, order = stand_ins(cells.max(axis=1))
        own, unseen = statistics.take(live), cells[live] < SMALLEST_COUNT
        before = None if params is None else params.take(live)
        if not unseen.any():
            return self.likeliest(own, before).take(order)
        together = reduce(add, (statistics.take(slice(j, j + 1)) for j in range(len(cells))))
        if not (self.cells(together) >= SMALLEST_COUNT).all():
            raise DegenerateError(
                "A column has no observed cell in any row of weight. Leave such columns out."
            )
        with np.errstate(all="ignore"):  # what is made of these next to others' parameters
            found = self.likeliest(own.replaced(unseen, together), before)
        return (found if before is None else found.replaced(unseen, before)).take(order)

    def marginal(self, params: Q, places: IntArray) -> Components:
        """As of `Divisible`: the family is the same for any columns."""
        return cast(Family[Any, Any], self), params.marginal(places)

    def conditional(self, params: Q, places: IntArray, cells: FloatArray) -> Components:
        """The other columns as they are: the cells of some say nothing of them."""
        d = cast(Parameters, params).n_features
        return self.marginal(params, np.delete(np.arange(d), places))


class ColumnMeans(Bounded, IndependentColumns[P], ColumnFamily[P, ColumnSums]):
    """Base of such families whose M-step needs nothing but each component's column means."""

    @abstractmethod
    def of_means(self, means: FloatArray) -> P:
        """The likeliest parameters of rows with such means, (k, d)."""

    def expectations(self, params: P) -> FloatArray:
        return params.values

    def statistics(self, params: P | None, X: FloatArray, resp: FloatArray) -> ColumnSums:
        cells = Cells.of(X)
        return ColumnSums(cells.counts(resp), cells.sums(resp))

    def cells(self, statistics: ColumnSums) -> FloatArray:
        return statistics.rows

    def likeliest(self, statistics: ColumnSums, params: P | None) -> P:
        return self.of_means(statistics.total / statistics.rows)

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
