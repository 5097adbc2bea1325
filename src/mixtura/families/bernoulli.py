"""The Bernoulli family: d independent coins per component, for tables of 0 and 1.

    log p_j(x) = sum_a x_a log p_ja + (1 - x_a) log(1 - p_ja)

The M-step is the share of ones, p_ja = sum_i r_ij x_ia / sum_i r_ij. With one component and
one column this is the estimate of a coin: H T T H T gives p = 2/5.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

from mixtura.families.categorical import Categorical, CategoricalParameters
from mixtura.families.cells import Cells
from mixtura.families.closeness import Closeness
from mixtura.families.column_parameters import (
    ColumnDescription,
    ColumnFamily,
    ColumnParameters,
    PerColumn,
)
from mixtura.families.description import Shares, refuse
from mixtura.families.family import Bounded, Embedding, IndependentColumns, as_they_are
from mixtura.families.linear import LinearForm, of_levels, of_levels_and_gaps
from mixtura.families.log_linear import logs, weighted_logs
from mixtura.families.one_column import LevelShares
from mixtura.families.schema import Kind, Schema
from mixtura.statistics import ComponentSums
from mixtura.typing import BoolArray, FloatArray, IntArray

__all__ = [
    "Bernoulli",
    "BernoulliCoordinates",
    "BernoulliDescription",
    "BernoulliParameters",
    "BernoulliSums",
]


@dataclass(frozen=True)
class BernoulliParameters(ColumnParameters):
    """Fitted numbers of k Bernoulli components: P(x_a = 1 | C_j), (k, d)."""

    @property
    def probabilities(self) -> FloatArray:
        return self.values


@dataclass(frozen=True)
class BernoulliSums(PerColumn, ComponentSums):
    """Weighted number of ones and zeros.

    Attributes
    ----------
    ones, zeros : ndarray of shape (k, d)
    """

    ones: FloatArray
    zeros: FloatArray


@dataclass(frozen=True)
class Bernoulli(
    Bounded,
    IndependentColumns[BernoulliParameters],
    ColumnFamily[BernoulliParameters, BernoulliSums],
):
    """Independent 0/1 features within each component.

    Examples
    --------
    >>> import numpy as np
    >>> tosses = np.array([[1.0], [0.0], [0.0], [1.0], [0.0]])  # H T T H T
    >>> coin = Bernoulli()
    >>> coin.maximize(coin.statistics(None, tosses, np.ones((5, 1))), None).probabilities
    array([[0.4]])
    """

    def log_density(self, params: BernoulliParameters, X: FloatArray) -> FloatArray:
        p, cells = params.probabilities, Cells.of(X)
        zeros = cells.counted(1.0 - cells.values)
        return weighted_logs(cells.values, p) + weighted_logs(zeros, 1.0 - p)

    def linear_form(
        self, params: BernoulliParameters, *, gaps: bool = False
    ) -> LinearForm[BernoulliSums]:
        """Zeros and ones are two levels: neither the log odds nor 0 log 0 trouble those."""
        p = params.probabilities
        k, d = p.shape
        form = of_levels_and_gaps if gaps else of_levels
        return form(
            logs(np.stack([1.0 - p, p], axis=2)).reshape(k, 2 * d),
            lambda sums: BernoulliSums(sums[:, 1::2], sums[:, ::2]),
            (2,) * d,
        )

    def expectations(self, params: BernoulliParameters) -> FloatArray:
        return params.probabilities

    def statistics(
        self, params: BernoulliParameters | None, X: FloatArray, resp: FloatArray
    ) -> BernoulliSums:
        cells = Cells.of(X)
        zeros = cells.counted(1.0 - cells.values)
        return BernoulliSums(cells.sums(resp), np.asarray(resp.T @ zeros))

    def cells(self, statistics: BernoulliSums) -> FloatArray:
        return statistics.ones + statistics.zeros

    def likeliest(
        self, statistics: BernoulliSums, params: BernoulliParameters | None
    ) -> BernoulliParameters:
        return BernoulliParameters(statistics.ones / self.cells(statistics))

    def n_parameters(self, k: int, d: int) -> int:
        return k * d

    @property
    def embedding(self) -> Embedding:
        return as_they_are

    @property
    def gathers(self) -> Hashable:
        return BernoulliSums

    def n_sums(self, d: int) -> int:
        return 2 * d

    def coordinates(self, params: BernoulliParameters, weight: float) -> BernoulliCoordinates:
        return BernoulliCoordinates(params)

    def sample(
        self, params: BernoulliParameters, labels: IntArray, rng: np.random.Generator
    ) -> FloatArray:
        p = params.probabilities[labels]
        return (rng.random(p.shape) < p).astype(np.float64)

    def one_column(self, params: BernoulliParameters, X: FloatArray, place: int) -> LevelShares:
        p = params.probabilities[None, :, place]
        return LevelShares(np.stack([1.0 - p, p], axis=2))

    def closeness(
        self, params: BernoulliParameters, family: Bernoulli, other: BernoulliParameters
    ) -> Closeness:
        pair = Categorical((2,) * params.n_features)
        return pair.closeness(_as_levels(pair, params), pair, _as_levels(pair, other))

    def entropies(self, params: BernoulliParameters) -> FloatArray:
        pair = Categorical((2,) * params.n_features)
        return pair.entropies(_as_levels(pair, params))


def _as_levels(pair: Categorical, params: BernoulliParameters) -> CategoricalParameters:
    """Zeros and ones as two levels."""
    p = params.probabilities
    both = np.stack([1.0 - p, p], axis=2).reshape(len(p), -1)
    return CategoricalParameters(both, pair.levels)


@dataclass(frozen=True, eq=False)
class BernoulliCoordinates:
    """Log odds: the complete data's information about one is w_j p_ja (1 - p_ja).

    By Fisher's identity the gradient is, per row of weight, ones_ja - n_j p_ja. A probability of
    0 or 1 has no log odds. EM leaves it where it is, and so do the steps here.

    Attributes
    ----------
    params : BernoulliParameters
    """

    params: BernoulliParameters

    @cached_property
    def inner(self) -> BoolArray:
        """Which probabilities (k, d) are neither 0 nor 1."""
        return (self.params.probabilities > 0.0) & (self.params.probabilities < 1.0)

    @property
    def _log_odds(self) -> FloatArray:
        p = self.params.probabilities[self.inner]
        log_odds: FloatArray = np.log(p) - np.log1p(-p)
        return log_odds

    def information(self, weights: FloatArray) -> FloatArray:
        p = self.params.probabilities
        information: FloatArray = (weights[:, None] * p * (1.0 - p))[self.inner]
        return information

    def gradient(self, statistics: BernoulliSums, weight: float) -> FloatArray:
        p = self.params.probabilities
        excess: FloatArray = (statistics.ones * (1.0 - p) - statistics.zeros * p)[self.inner]
        return excess / weight

    def moved(
        self, changes: FloatArray, estimate: Callable[[], BernoulliParameters]
    ) -> Self | None:
        p, odds = self.params.probabilities.copy(), np.exp(changes)
        p[self.inner] = p[self.inner] * odds / (1.0 + p[self.inner] * (odds - 1.0))
        return self._alike(BernoulliParameters(p))

    def towards(self, params: BernoulliParameters) -> tuple[FloatArray, Self] | None:
        there = self._alike(params)
        return None if there is None else (there._log_odds - self._log_odds, there)

    def _alike(self, params: BernoulliParameters) -> Self | None:
        """The coordinates about other parameters, if they are the same ones."""
        there = type(self)(params)
        return there if np.array_equal(there.inner, self.inner) else None


class BernoulliDescription(ColumnDescription[BernoulliParameters]):
    """What files keep of Bernoulli components, and what people see of them."""

    name = "bernoulli"
    text = "a probability of 1 for each column of 0 and 1"
    kinds = frozenset({Kind.BINARY})
    parameters, array = BernoulliParameters, "probabilities"
    expected = "a number from 0 to 1"

    def family(self, schema: Schema) -> Bernoulli:
        return Bernoulli()

    def check(self, X: FloatArray, schema: Schema) -> None:
        refuse((X != 0.0) & (X != 1.0), X, schema, "a cell of a binary column is 0 or 1")

    def are_values(self, values: FloatArray) -> BoolArray:
        return (values >= 0.0) & (values <= 1.0)

    def marginal(self, params: BernoulliParameters, place: int, schema: Schema) -> Shares:
        p = params.probabilities[:, place]
        levels = schema[place].cell(0.0), schema[place].cell(1.0)
        return Shares(levels, np.stack([1.0 - p, p], axis=1))
