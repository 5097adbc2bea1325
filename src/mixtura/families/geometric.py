"""The geometric family: d independent counts per component, of failures before a success.

    log p_j(x) = sum_a log p_ja + x_a log(1 - p_ja),  p_ja = 1 / (1 + m_ja)

The M-step is the mean count, m_ja = sum_i r_ij x_ia / sum_i r_ij. The counts 0, 1, 2, ... spread
further than those of Poisson components: their variance is m_ja + m_ja^2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mixtura.families.cells import Cells
from mixtura.families.closeness import Closeness, pairs, times_log_ratio
from mixtura.families.column_parameters import ColumnDescription, ColumnMeans, ColumnSums
from mixtura.families.counts import LARGEST_COUNT, check_counts, whole_numbers
from mixtura.families.description import Curve, Mass, curve
from mixtura.families.family import Embedding
from mixtura.families.linear import LinearForm, of_columns, of_columns_and_gaps
from mixtura.families.log_linear import weighted
from mixtura.families.log_mean import LogMeanCoordinates, MeanParameters
from mixtura.families.one_column import Numbers, counts
from mixtura.families.schema import Kind, Schema
from mixtura.typing import AnyArray, BoolArray, FloatArray, IntArray

__all__ = ["Geometric", "GeometricDescription", "GeometricParameters"]

# Share of the mass beyond the last value of a mass function that is shown.
_BEYOND = 1e-6

# Means below this are as good as 0.
_LEAST = np.finfo(np.float64).tiny


class GeometricParameters(MeanParameters):
    """Fitted numbers of k geometric components: the expected counts of failures, (k, d)."""

    @property
    def probabilities(self) -> FloatArray:
        """Of a success, (k, d)."""
        return 1.0 / (1.0 + self.values)

    @property
    def means_per_variance(self) -> FloatArray:
        return self.probabilities

    @property
    def log_failures(self) -> FloatArray:
        """log(1 - p), (k, d): to the last digit where p is small, -inf where it is 1."""
        with np.errstate(divide="ignore", over="ignore"):
            return -np.log1p(1.0 / self.values)


def leveled(counts: AnyArray) -> AnyArray:
    """Counts as numbers whose variance is nearly the same for all large means (Anscombe 1948)."""
    return np.log(counts + 0.5)


@dataclass(frozen=True)
class Geometric(ColumnMeans[GeometricParameters]):
    """Independent counts of failures before a success within each component.

    Examples
    --------
    >>> import numpy as np
    >>> family, failures = Geometric(), np.array([[0.0], [1.0], [8.0]])
    >>> family.maximize(family.statistics(None, failures, np.ones((3, 1))), None).probabilities
    array([[0.25]])
    """

    def log_density(self, params: GeometricParameters, X: FloatArray) -> FloatArray:
        cells = Cells.of(X)
        log_density = weighted(cells.values, params.log_failures)
        log_density -= cells.over_columns(np.log1p(params.values))
        return log_density

    def linear_form(
        self, params: GeometricParameters, *, gaps: bool = False
    ) -> LinearForm[ColumnSums]:
        form = of_columns_and_gaps if gaps else of_columns
        return form(params.log_failures, -np.log1p(params.values), ColumnSums)

    def of_means(self, means: FloatArray) -> GeometricParameters:
        return GeometricParameters(means)

    @property
    def embedding(self) -> Embedding:
        return leveled

    def coordinates(
        self, params: GeometricParameters, weight: float
    ) -> LogMeanCoordinates[GeometricParameters]:
        return LogMeanCoordinates(params)

    def sample(
        self, params: GeometricParameters, labels: IntArray, rng: np.random.Generator
    ) -> FloatArray:
        waits = rng.exponential(size=(len(labels), params.n_features))
        return np.minimum(np.floor(-waits / params.log_failures[labels]), LARGEST_COUNT)

    def one_column(self, params: GeometricParameters, X: FloatArray, place: int) -> Numbers:
        log_failures = params.log_failures[None, :, place]
        return counts(
            params.values[None, :, place],
            lambda values: -np.expm1((values + 1.0) * log_failures),
        )

    def closeness(
        self, params: GeometricParameters, family: Geometric, other: GeometricParameters
    ) -> Closeness:
        a, b = pairs(params.values, other.values)
        # sqrt((1 + a)(1 + b)) - sqrt(a b), in which nothing cancels
        both = np.sqrt((1.0 + a) * (1.0 + b))
        affinities = np.log((both + np.sqrt(a * b)) / (1.0 + a + b)).sum(axis=2)
        more = times_log_ratio(a, a / (1.0 + a), b / (1.0 + b))
        divergences = (np.log1p(b) - np.log1p(a) + more).sum(axis=2)
        return Closeness(affinities.clip(max=0.0), divergences.clip(min=0.0))

    def entropies(self, params: GeometricParameters) -> FloatArray:
        means = params.values
        uncertain = np.log1p(means) + times_log_ratio(means, 1.0 + means, means)
        return np.asarray(uncertain.sum(axis=1))


class GeometricDescription(ColumnDescription[GeometricParameters]):
    """What files keep of geometric components, and what people see of them."""

    name = "geometric"
    text = "an expected count for each column of whole numbers that fall off from 0 on"
    kinds = frozenset({Kind.COUNT})
    parameters, array = GeometricParameters, "means"
    expected = f"a number from 0 to {LARGEST_COUNT:.10g}"

    def family(self, schema: Schema) -> Geometric:
        return Geometric()

    def check(self, X: FloatArray, schema: Schema) -> None:
        check_counts(X, schema)

    def are_values(self, values: FloatArray) -> BoolArray:
        return (values >= 0.0) & (values <= LARGEST_COUNT)

    def marginal(self, params: GeometricParameters, place: int, schema: Schema) -> Mass | Curve:
        """Curves where the counts that matter are too many to be told apart.

        A count is the whole part of an exponential waiting time.
        """
        alone = GeometricParameters(params.values[:, place, None])
        means = alone.values[:, 0]
        deviations = np.sqrt(means * (1.0 + means))
        rates = -GeometricParameters(np.maximum(alone.values, _LEAST)).log_failures
        values = whole_numbers(0.0, np.ceil(-np.log(_BEYOND) / rates.min()))
        if values is not None:
            log_mass = Geometric().log_density(alone, values[:, None])
            return Mass(means, deviations, values, np.exp(log_mass.T))
        return curve(
            means,
            deviations,
            lambda shares: -np.log1p(-shares) / rates,
            lambda waits: rates * np.exp(-rates * waits),
        )
