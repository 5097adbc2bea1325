"""The categorical family: d independent categories per component, for tables of levels 0, 1, ...

    log p_j(x) = sum_a log p_ja(x_a)

The M-step is the share of each level, p_ja(l) = sum_i r_ij [x_ia = l] / sum_i r_ij. The levels of
all columns lie side by side: with L of them in all, a row is one of L zeros and d ones.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np

from mixtura.errors import ModelFileError
from mixtura.families.cells import Cells
from mixtura.families.closeness import Closeness, pairs, times_log_ratio
from mixtura.families.column_parameters import ColumnFamily, PerColumn
from mixtura.families.description import (
    Independent,
    Shares,
    check_entries,
    check_names,
    refuse,
    stacked,
)
from mixtura.families.family import Bounded, Embedding
from mixtura.families.linear import LinearForm, of_levels, of_levels_and_gaps
from mixtura.families.log_linear import LogCoordinates, logs
from mixtura.families.one_column import LevelShares
from mixtura.families.schema import Column, Kind, Schema
from mixtura.families.some_columns import Components
from mixtura.statistics import ComponentSums
from mixtura.typing import AnyArray, BoolArray, FloatArray, IntArray, Selection

__all__ = [
    "Categorical",
    "CategoricalDescription",
    "CategoricalParameters",
    "CategoricalSums",
    "Levels",
]

# Shares of the levels of a column sum to 1, but for rounding.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Levels:
    """The levels of d columns, side by side; as a function, rows (n, d) as zeros and ones (n, L).

    Squared distances between such rows are twice the number of columns in which they differ. The
    places of a missing cell are missing.

    Attributes
    ----------
    numbers : tuple of int
        How many levels each column has.

    Examples
    --------
    >>> Levels((2, 3))(np.array([[1.0, 2.0], [0.0, 0.0]]))
    array([[0., 1., 0., 0., 1.],
           [1., 0., 1., 0., 0.]])
    """

    numbers: tuple[int, ...]

    @property
    def total(self) -> int:
        """L."""
        return sum(self.numbers)

    @cached_property
    def first(self) -> IntArray:
        """Where the levels of each column begin, (d,)."""
        first: IntArray = np.cumsum((0, *self.numbers[:-1]))
        return first

    def of(self, place: int) -> slice:
        """Where the levels of one column are."""
        return slice(self.first[place], self.first[place] + self.numbers[place])

    def __call__(self, rows: AnyArray) -> AnyArray:
        places: FloatArray = self.indicators(rows).toarray()
        missing = np.isnan(rows)
        if missing.any():
            places[missing.repeat(self.numbers, axis=1)] = np.nan
        return places

    def indicators(self, rows: AnyArray) -> Any:
        """The zeros and ones as a sparse array: a product takes n d steps a column, not n L.

        A missing cell has no ones.
        """
        from scipy.sparse import csr_array  # it takes as long to import as a small fit

        cells = Cells.of(rows)
        n, d = rows.shape
        columns = (cells.values.astype(np.intp) + self.first).ravel()
        ones = np.ones(n * d) if cells.observed is None else cells.observed.ravel()
        found = csr_array((ones, columns, np.arange(0, n * d + 1, d)), shape=(n, self.total))
        if cells.observed is not None:
            found.eliminate_zeros()  # else 0 times the logarithm of a probability of 0
        return found

    def sums(self, values: FloatArray) -> FloatArray:
        """Sums (k, d) of values (k, L) over the levels of each column."""
        return np.asarray(np.add.reduceat(values, self.first, axis=1))

    def shares(self, values: FloatArray) -> FloatArray:
        """Values (k, L) in shares of their sums over the levels of each column."""
        shares: FloatArray = values / self.sums(values).repeat(self.numbers, axis=1)
        return shares


@dataclass(frozen=True)
class CategoricalParameters:
    """Fitted numbers of k categorical components.

    Attributes
    ----------
    probabilities : ndarray of shape (k, L)
        P(x_a = l | C_j).
    levels : Levels
    """

    probabilities: FloatArray
    levels: Levels

    @property
    def n_components(self) -> int:
        return len(self.probabilities)

    @property
    def n_features(self) -> int:
        return len(self.levels.numbers)

    @property
    def sort_key(self) -> FloatArray:
        return self.probabilities

    @property
    def values(self) -> FloatArray:
        return self.probabilities

    def take(self, order: Selection) -> Self:
        return type(self)(self.probabilities[order], self.levels)

    def excess(self, statistics: CategoricalSums) -> FloatArray:
        counts = statistics.counts
        rows = self.levels.sums(counts).repeat(self.levels.numbers, axis=1)
        return counts - rows * self.probabilities

    def scaled(self, factors: FloatArray) -> Self:
        return type(self)(self.levels.shares(self.probabilities * factors), self.levels)

    def replaced(self, where: BoolArray, other: Self) -> Self:
        """With another's probabilities in some places (k, L)."""
        return type(self)(np.where(where, other.probabilities, self.probabilities), self.levels)

    def marginal(self, columns: IntArray) -> Self:
        """Those of the levels of some of the columns."""
        own = [self.probabilities[:, self.levels.of(int(place))] for place in columns]
        return type(self)(np.hstack(own), Levels(tuple(each.shape[1] for each in own)))


@dataclass(frozen=True)
class CategoricalSums(PerColumn, ComponentSums):
    """Weighted number of rows at each level.

    Attributes
    ----------
    counts : ndarray of shape (k, L)
    """

    counts: FloatArray


@dataclass(frozen=True)
class Categorical(Bounded, ColumnFamily[CategoricalParameters, CategoricalSums]):
    """Independent categories within each component: latent class analysis.

    Parameters
    ----------
    n_levels : tuple of int
        Of each column; cells are their numbers 0, 1, ...

    Examples
    --------
    >>> import numpy as np
    >>> family, eyes = Categorical((3,)), np.array([[0.0], [0.0], [1.0], [0.0]])
    >>> family.maximize(family.statistics(None, eyes, np.ones((4, 1))), None).probabilities
    array([[0.75, 0.25, 0.  ]])
    """

    n_levels: tuple[int, ...]

    @cached_property
    def levels(self) -> Levels:
        return Levels(self.n_levels)

    def log_density(self, params: CategoricalParameters, X: FloatArray) -> FloatArray:
        log_density: FloatArray = self.levels.indicators(X) @ logs(params.probabilities).T
        return log_density

    def linear_form(
        self, params: CategoricalParameters, *, gaps: bool = False
    ) -> LinearForm[CategoricalSums]:
        form = of_levels_and_gaps if gaps else of_levels
        return form(logs(params.probabilities), CategoricalSums, self.n_levels)

    def of_columns(self, means: FloatArray, scales: FloatArray) -> None:
        """None: missing cells are left out of all sums."""

    def expected_cells(
        self, params: CategoricalParameters, X: FloatArray, resp: FloatArray
    ) -> FloatArray:
        """The rows with each missing cell at its likeliest level."""
        filled = X.copy()
        for place, column in enumerate(filled.T):
            missing = np.isnan(column)
            shares = resp[missing] @ params.probabilities[:, self.levels.of(place)]
            column[missing] = shares.argmax(axis=1)
        return filled

    def drawn_cells(
        self,
        params: CategoricalParameters,
        X: FloatArray,
        labels: IntArray,
        rng: np.random.Generator,
    ) -> FloatArray:
        return np.where(np.isnan(X), self.sample(params, labels, rng), X)

    def statistics(
        self, params: CategoricalParameters | None, X: FloatArray, resp: FloatArray
    ) -> CategoricalSums:
        counts = self.levels.indicators(X).T @ resp
        return CategoricalSums(np.ascontiguousarray(counts.T))

    def cells(self, statistics: CategoricalSums) -> FloatArray:
        """Those of each level's column, (k, L)."""
        cells: FloatArray = self.levels.sums(statistics.counts).repeat(self.n_levels, axis=1)
        return cells

    def likeliest(
        self, statistics: CategoricalSums, params: CategoricalParameters | None
    ) -> CategoricalParameters:
        return CategoricalParameters(self.levels.shares(statistics.counts), self.levels)

    def n_parameters(self, k: int, d: int) -> int:
        return k * (self.levels.total - d)

    @property
    def embedding(self) -> Embedding:
        return self.levels

    @property
    def gathers(self) -> Hashable:
        return CategoricalSums, self.levels

    def n_sums(self, d: int) -> int:
        return self.levels.total

    def coordinates(
        self, params: CategoricalParameters, weight: float
    ) -> LogCoordinates[CategoricalParameters]:
        return LogCoordinates(params)

    def sample(
        self, params: CategoricalParameters, labels: IntArray, rng: np.random.Generator
    ) -> FloatArray:
        X = rng.random((len(labels), params.n_features))
        for place in range(params.n_features):
            cumulative = params.probabilities[:, self.levels.of(place)].cumsum(axis=1)
            passed = X[:, place, None] >= (cumulative / cumulative[:, -1:])[labels, :-1]
            X[:, place] = passed.sum(axis=1)
        return X

    def marginal(self, params: CategoricalParameters, places: IntArray) -> Components:
        own = params.marginal(places)
        return Categorical(own.levels.numbers), own

    def one_column(self, params: CategoricalParameters, X: FloatArray, place: int) -> LevelShares:
        return LevelShares(params.probabilities[None, :, self.levels.of(place)])

    def closeness(
        self, params: CategoricalParameters, family: Categorical, other: CategoricalParameters
    ) -> Closeness:
        p, q = pairs(params.probabilities, other.probabilities)
        shape = (params.n_components, other.n_components, -1)
        of_columns = self.levels.sums(np.sqrt(p * q).reshape(-1, self.levels.total))
        affinities = logs(of_columns.clip(max=1.0)).sum(axis=1).reshape(shape)[:, :, 0]
        return Closeness(affinities, times_log_ratio(p, p, q).sum(axis=2).clip(min=0.0))

    def entropies(self, params: CategoricalParameters) -> FloatArray:
        p = params.probabilities
        return np.asarray(times_log_ratio(p, np.ones(p.shape), p).sum(axis=1))


def _numbered(name: str, n_levels: int) -> Column:
    """A column whose levels have nothing but their numbers."""
    return Column(name, Kind.CATEGORICAL, tuple(range(n_levels)))


class CategoricalDescription(Independent):
    """What files keep of categorical components, and what people see of them."""

    name = "categorical"
    text = "a probability for each level of each column"
    kinds = frozenset({Kind.CATEGORICAL, Kind.BINARY})

    def family(self, schema: Schema) -> Categorical:
        return Categorical(tuple(column.n_levels for column in schema))

    def columns(self, family: Categorical, names: Sequence[object]) -> Schema:
        levelled = zip(names, family.n_levels, strict=True)
        return Schema(tuple(_numbered(str(name), n_levels) for name, n_levels in levelled))

    def check(self, X: FloatArray, schema: Schema) -> None:
        for place, column in enumerate(schema):
            cells, n_levels = X[:, place, None], column.n_levels
            good = (cells >= 0.0) & (cells < n_levels) & (np.floor(cells) == cells)
            expected = f"a category is one of the numbers 0 to {n_levels - 1} of its levels"
            refuse(~good, cells, Schema((column,)), expected)

    def arrays(self, params: CategoricalParameters) -> dict[str, FloatArray]:
        return {"probabilities": params.probabilities}

    def restored(
        self, options: Mapping[str, Any], arrays: Mapping[str, FloatArray], schema: Schema
    ) -> tuple[Categorical, CategoricalParameters]:
        check_names("options", options, ())
        family = self.family(schema)
        (p,) = stacked(arrays, probabilities=(family.levels.total,))
        check_entries("probabilities", p, (p >= 0.0) & (p <= 1.0), "a number from 0 to 1")
        _check_sums(family.levels.sums(p), schema)
        return family, CategoricalParameters(p, family.levels)

    def marginal(self, params: CategoricalParameters, place: int, schema: Schema) -> Shares:
        column, levels = schema[place], params.levels
        cells = tuple(column.cell(float(level)) for level in range(levels.numbers[place]))
        return Shares(cells, params.probabilities[:, levels.of(place)])


def _check_sums(sums: FloatArray, schema: Schema) -> None:
    """See that the shares of each column's levels (k, d) sum to 1."""
    whole = np.abs(sums - 1.0) <= _ROUNDING
    if not whole.all():
        j, a = np.argwhere(~whole)[0].tolist()
        raise ModelFileError(
            f"its entry 'arrays.probabilities[{j}]' sums to {sums[j, a]:.9g} over the levels of "
            f"column {schema[a].name!r}; it should sum to 1."
        )
