"""The Poisson family: d independent counts per component, for tables of 0, 1, 2, ...

    log p_j(x) = sum_a x_a log rate_ja - rate_ja - log x_a!

The M-step is the mean count, rate_ja = sum_i r_ij x_ia / sum_i r_ij.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from mixtura.families.cells import Cells
from mixtura.families.closeness import Closeness, pairs, times_log_ratio
from mixtura.families.column_parameters import (
    ColumnDescription,
    ColumnMeans,
    ColumnParameters,
    ColumnSums,
)
from mixtura.families.counts import (
    LARGEST_COUNT,
    check_counts,
    count_marginal,
    log_factorials,
)
from mixtura.families.description import Bell, Mass
from mixtura.families.family import Embedding
from mixtura.families.linear import LinearForm, of_columns, of_columns_and_gaps
from mixtura.families.log_linear import LogCoordinates, logs, weighted_logs
from mixtura.families.one_column import Numbers, counts
from mixtura.families.schema import Kind, Schema
from mixtura.typing import AnyArray, BoolArray, FloatArray, IntArray

__all__ = [
    "Poisson",
    "PoissonDescription",
    "PoissonParameters",
    "stabilized",
]

# A mass function is shown as far as so many deviations from the rates and this much further: fewer
# than one count in a million lies beyond.
_DEVIATIONS = 5.0
_FURTHER = 5.0


@dataclass(frozen=True)
class PoissonParameters(ColumnParameters):
    """Fitted numbers of k Poisson components: the expected counts, (k, d)."""

    @property
    def rates(self) -> FloatArray:
        return self.values

    def excess(self, statistics: ColumnSums) -> FloatArray:
        return statistics.total - statistics.rows * self.rates

    def scaled(self, factors: FloatArray) -> Self:
        return type(self)(self.rates * factors)


def stabilized(counts: AnyArray) -> AnyArray:
    """Counts as numbers whose variance is the same for all rates, nearly (Anscombe 1948)."""
    return np.sqrt(counts + 0.375)


@dataclass(frozen=True)
class Poisson(ColumnMeans[PoissonParameters]):
    """Independent counts within each component.

    Examples
    --------
    >>> import numpy as np
    >>> family, spells = Poisson(), np.array([[0.0], [1.0], [5.0]])
    >>> family.maximize(family.statistics(None, spells, np.ones((3, 1))), None).rates
    array([[2.]])
    """

    def log_density(self, params: PoissonParameters, X: FloatArray) -> FloatArray:
        cells = Cells.of(X)
        log_density = weighted_logs(cells.values, params.rates)
        log_density -= cells.over_columns(params.rates)
        log_density += _log_base(X)[:, None]
        return log_density

    def linear_form(
        self, params: PoissonParameters, *, gaps: bool = False
    ) -> LinearForm[ColumnSums]:
        form = of_columns_and_gaps if gaps else of_columns
        return form(logs(params.rates), -params.rates, ColumnSums, _log_base)

    def of_means(self, means: FloatArray) -> PoissonParameters:
        return PoissonParameters(means)

    @property
    def embedding(self) -> Embedding:
        return stabilized

    def coordinates(
        self, params: PoissonParameters, weight: float
    ) -> LogCoordinates[PoissonParameters]:
        return LogCoordinates(params)

    def sample(
        self, params: PoissonParameters, labels: IntArray, rng: np.random.Generator
    ) -> FloatArray:
        return rng.poisson(params.rates[labels]).astype(np.float64)

    def one_column(self, params: PoissonParameters, X: FloatArray, place: int) -> Numbers:
        from scipy.special import pdtr  # it takes as long to import as a small fit

        rates = params.rates[None, :, place]
        return counts(rates, lambda values: np.asarray(pdtr(values, rates)))

    def closeness(
        self, params: PoissonParameters, family: Poisson, other: PoissonParameters
    ) -> Closeness:
        a, b = pairs(params.rates, other.rates)
        affinities = -0.5 * np.square(np.sqrt(a) - np.sqrt(b)).sum(axis=2)
        divergences = (times_log_ratio(a, a, b) - a + b).sum(axis=2)
        return Closeness(affinities, divergences.clip(min=0.0))

    def entropies(self, params: PoissonParameters) -> None:
        """None: it is a sum without end."""


def _log_base(X: FloatArray) -> FloatArray:
    """- sum_a log x_ia! over the observed cells, shape (n,)."""
    return -np.asarray(log_factorials(Cells.of(X).values).sum(axis=1))


class PoissonDescription(ColumnDescription[PoissonParameters]):
    """What files keep of Poisson components, and what people see of them."""

    name = "poisson"
    text = "an expected count for each column of whole numbers"
    kinds = frozenset({Kind.COUNT})
    parameters, array = PoissonParameters, "rates"
    expected = f"a number from 0 to {LARGEST_COUNT:.10g}"

    def family(self, schema: Schema) -> Poisson:
        return Poisson()

    def check(self, X: FloatArray, schema: Schema) -> None:
        check_counts(X, schema)

    def are_values(self, values: FloatArray) -> BoolArray:
        return (values >= 0.0) & (values <= LARGEST_COUNT)

    def marginal(self, params: PoissonParameters, place: int, schema: Schema) -> Mass | Bell:
        rates = params.rates[:, place]
        reach = _DEVIATIONS * np.sqrt(rates)
        alone = PoissonParameters(rates[:, None])

        def mass(values: FloatArray) -> FloatArray:
            return np.exp(Poisson().log_density(alone, values[:, None]).T)

        return count_marginal(
            rates, np.sqrt(rates), (rates - reach, rates + reach + _FURTHER), mass
        )
