"""The Poisson family: d independent counts per component, for tables of 0, 1, 2, ...

    log p_j(x) = sum_a x_a log rate_ja - rate_ja - log x_a!

The M-step is the mean count, rate_ja = sum_i r_ij x_ia / sum_i r_ij.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from mixtura.families.description import (
    Bell,
    Independent,
    Mass,
    check_entries,
    check_names,
    refuse,
    stacked,
)
from mixtura.families.family import Bounded, Embedding, stand_ins
from mixtura.families.log_linear import LogCoordinates, weighted_logs
from mixtura.families.schema import Kind, Schema
from mixtura.statistics import Sums
from mixtura.typing import AnyArray, FloatArray, IntArray, Selection

__all__ = [
    "Poisson",
    "PoissonDescription",
    "PoissonParameters",
    "PoissonSums",
    "stabilized",
]

# Whole numbers above this one are no longer all floats.
_LARGEST_COUNT = 2.0**53

# A mass function is shown for at most so many values, as far as so many deviations from the rates
# and this much further: fewer than one count in a million lies beyond.
_MOST_VALUES = 400
_DEVIATIONS = 5.0
_FURTHER = 5.0

# Variance of the numbers that are rounded to one whole number.
_ROUNDING = 1.0 / 12.0


@dataclass(frozen=True)
class PoissonParameters:
    """Fitted numbers of k Poisson components.

    Attributes
    ----------
    rates : ndarray of shape (k, d)
        Expected counts.
    """

    rates: FloatArray

    @property
    def n_components(self) -> int:
        return len(self.rates)

    @property
    def n_features(self) -> int:
        return int(self.rates.shape[1])

    @property
    def sort_key(self) -> FloatArray:
        return self.rates

    @property
    def values(self) -> FloatArray:
        return self.rates

    def take(self, order: Selection) -> Self:
        return type(self)(self.rates[order])

    def scaled(self, factors: FloatArray) -> Self:
        return type(self)(self.rates * factors)


@dataclass(frozen=True)
class PoissonSums(Sums):
    """Weighted number of rows, and sums of their counts.

    Attributes
    ----------
    rows : ndarray of shape (k,)
    total : ndarray of shape (k, d)
    """

    rows: FloatArray
    total: FloatArray

    def excess(self, params: PoissonParameters) -> FloatArray:
        return self.total - self.rows[:, None] * params.rates


def stabilized(counts: AnyArray) -> AnyArray:
    """Counts as numbers whose variance is the same for all rates, nearly (Anscombe 1948)."""
    return np.sqrt(counts + 0.375)


@dataclass(frozen=True)
class Poisson(Bounded):
    """Independent counts within each component.

    Examples
    --------
    >>> import numpy as np
    >>> family, spells = Poisson(), np.array([[0.0], [1.0], [5.0]])
    >>> family.maximize(family.statistics(None, spells, np.ones((3, 1))), None).rates
    array([[2.]])
    """

    def log_density(self, params: PoissonParameters, X: FloatArray) -> FloatArray:
        log_density = weighted_logs(X, params.rates)
        log_density -= params.rates.sum(axis=1)
        log_density -= _log_factorials(X).sum(axis=1, keepdims=True)
        return log_density

    def statistics(
        self, params: PoissonParameters | None, X: FloatArray, resp: FloatArray
    ) -> PoissonSums:
        return PoissonSums(resp.sum(axis=0), resp.T @ X)

    def maximize(
        self, statistics: PoissonSums, params: PoissonParameters | None
    ) -> PoissonParameters:
        live, order = stand_ins(statistics.rows)
        return PoissonParameters(statistics.total[live] / statistics.rows[live, None]).take(order)

    def n_parameters(self, k: int, d: int) -> int:
        return k * d

    @property
    def embedding(self) -> Embedding:
        return stabilized

    @property
    def gathers(self) -> Hashable:
        return PoissonSums

    def n_sums(self, d: int) -> int:
        return 1 + d

    def coordinates(
        self, params: PoissonParameters, weight: float
    ) -> LogCoordinates[PoissonParameters]:
        return LogCoordinates(params)

    def sample(
        self, params: PoissonParameters, labels: IntArray, rng: np.random.Generator
    ) -> FloatArray:
        return rng.poisson(params.rates[labels]).astype(np.float64)


def _log_factorials(X: FloatArray) -> FloatArray:
    """log x_ia!, (n, d): looked up where there are fewer counts than cells."""
    from scipy.special import gammaln  # it takes as long to import as a small fit

    largest = X.max(initial=0.0)
    if largest >= X.size:
        return np.asarray(gammaln(X + 1.0))
    table: FloatArray = gammaln(np.arange(1.0, largest + 2.0))
    return table[X.astype(np.intp)]


class PoissonDescription(Independent):
    """What files keep of Poisson components, and what people see of them."""

    name = "poisson"
    text = "an expected count for each column of whole numbers"
    kinds = frozenset({Kind.COUNT})

    def family(self, schema: Schema) -> Poisson:
        return Poisson()

    def check(self, X: FloatArray, schema: Schema) -> None:
        counts = (X >= 0.0) & (X <= _LARGEST_COUNT) & (np.floor(X) == X)
        refuse(~counts, X, schema, f"a count is a whole number from 0 to {_LARGEST_COUNT:.10g}")

    def arrays(self, params: PoissonParameters) -> dict[str, FloatArray]:
        return {"rates": params.rates}

    def restored(
        self, options: Mapping[str, Any], arrays: Mapping[str, FloatArray], schema: Schema
    ) -> tuple[Poisson, PoissonParameters]:
        check_names("options", options, ())
        (rates,) = stacked(arrays, rates=(len(schema),))
        expected = f"a number from 0 to {_LARGEST_COUNT:.10g}"
        check_entries("rates", rates, (rates >= 0.0) & (rates <= _LARGEST_COUNT), expected)
        return self.family(schema), PoissonParameters(rates)

    def marginal(self, params: PoissonParameters, place: int, schema: Schema) -> Mass | Bell:
        """Bells where the counts that matter are too many to be told apart."""
        rates = params.rates[:, place]
        reach = _DEVIATIONS * np.sqrt(rates)
        first = np.floor(max((rates - reach).min(), 0.0))
        last = np.ceil((rates + reach).max() + _FURTHER)
        if last - first >= _MOST_VALUES:
            # Among them a rate of 0 is as wide as the numbers that are rounded to it.
            return Bell(rates, np.sqrt(rates + _ROUNDING))
        values = np.arange(first, last + 1.0)
        alone = PoissonParameters(rates[:, None])
        log_mass = Poisson().log_density(alone, values[:, None])
        return Mass(rates, np.sqrt(rates), values, np.exp(log_mass.T))
