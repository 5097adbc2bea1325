"""The exponential family: d independent waiting times per component, for tables of 0 or more.

    log p_j(x) = sum_a -log m_ja - x_a / m_ja

The M-step is the mean, m_ja = sum_i r_ij x_ia / sum_i r_ij; the rate is 1 / m_ja.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mixtura.errors import DegenerateError
from mixtura.families.cells import Cells
from mixtura.families.closeness import Closeness, pairs
from mixtura.families.column_parameters import ColumnDescription, ColumnMeans, ColumnSums
from mixtura.families.description import Curve, curve, refuse
from mixtura.families.family import Embedding, Unbounded
from mixtura.families.linear import LinearForm, of_columns, of_columns_and_gaps
from mixtura.families.log_mean import LogMeanCoordinates, MeanParameters
from mixtura.families.one_column import Numbers, numbers
from mixtura.families.schema import Kind, Schema
from mixtura.typing import AnyArray, BoolArray, FloatArray, IntArray

__all__ = ["Exponential", "ExponentialDescription", "ExponentialParameters", "cube_roots"]

# Means below the first have lost digits, and their rates overflow; no table that can be fitted has
# means above the second.
_LEAST, _LARGEST = float(np.finfo(np.float64).tiny), 1e75


class ExponentialParameters(MeanParameters):
    """Fitted numbers of k exponential components: the mean waiting times, (k, d)."""

    @property
    def rates(self) -> FloatArray:
        """Events per unit of time, (k, d)."""
        return 1.0 / self.values

    @property
    def means_per_variance(self) -> FloatArray:
        return self.rates


def cube_roots(rows: AnyArray) -> AnyArray:
    """Waiting times as numbers that are nearly normal (Wilson and Hilferty 1931)."""
    return np.cbrt(rows)


@dataclass(frozen=True)
class Exponential(Unbounded, ColumnMeans[ExponentialParameters]):
    """Independent waiting times within each component.

    Rows may have zeros. A component of nothing else in some column has a likelihood without
    bounds, and ends in a `DegenerateError`.

    Examples
    --------
    >>> import numpy as np
    >>> family, waits = Exponential(), np.array([[0.5], [1.0], [4.5]])
    >>> family.maximize(family.statistics(None, waits, np.ones((3, 1))), None).rates
    array([[0.5]])
    """

    @np.errstate(over="ignore")  # a wait beyond all numbers of means has a log-density of -inf
    def log_density(self, params: ExponentialParameters, X: FloatArray) -> FloatArray:
        cells = Cells.of(X)
        log_density: FloatArray = -(cells.values @ params.rates.T)
        log_density -= cells.over_columns(np.log(params.values))
        return log_density

    def linear_form(
        self, params: ExponentialParameters, *, gaps: bool = False
    ) -> LinearForm[ColumnSums]:
        form = of_columns_and_gaps if gaps else of_columns
        return form(-params.rates, -np.log(params.values), ColumnSums)

    def of_means(self, means: FloatArray) -> ExponentialParameters:
        collapsed = np.any(~(means >= _LEAST), axis=1)
        if collapsed.any():
            raise DegenerateError(
                f"{np.count_nonzero(collapsed)} of {len(means)} components have a mean of 0 in "
                "some column: all of their rows are 0 there, where an exponential density has no "
                "bound. Use fewer components, leave out rows or columns of zeros, or put half of "
                "the smallest time that is told apart in place of 0."
            )
        return ExponentialParameters(means)

    @property
    def embedding(self) -> Embedding:
        return cube_roots

    def coordinates(
        self, params: ExponentialParameters, weight: float
    ) -> LogMeanCoordinates[ExponentialParameters]:
        return LogMeanCoordinates(params)

    def upheld(
        self,
        params: ExponentialParameters,
        rounding: FloatArray,
        statistics: Callable[[], ColumnSums],
    ) -> FloatArray:
        """What means below the deviation of the rounding gain over that deviation."""
        least = np.where(np.isfinite(rounding), np.sqrt(rounding), 0.0)
        if (params.values >= least).all():
            return np.zeros(params.n_components)
        share = np.maximum(least / params.values, 1.0)
        gain: FloatArray = statistics().rows * (np.log(share) + 1.0 / share - 1.0)
        return np.asarray(gain.sum(axis=1))

    def sample(
        self, params: ExponentialParameters, labels: IntArray, rng: np.random.Generator
    ) -> FloatArray:
        return rng.exponential(params.values[labels])

    def one_column(self, params: ExponentialParameters, X: FloatArray, place: int) -> Numbers:
        means = params.values[None, :, place]
        return numbers(
            means,
            lambda times: -np.expm1(-np.maximum(times, 0.0) / means),
            lambda shares: -np.log1p(-shares) * means,
        )

    def closeness(
        self, params: ExponentialParameters, family: Exponential, other: ExponentialParameters
    ) -> Closeness:
        a, b = pairs(params.values, other.values)
        log_ratio = np.log(a) - np.log(b)
        affinities = -np.log(np.cosh(0.5 * log_ratio)).sum(axis=2)
        return Closeness(affinities, (np.expm1(log_ratio) - log_ratio).sum(axis=2))

    def entropies(self, params: ExponentialParameters) -> FloatArray:
        return np.asarray((1.0 + np.log(params.values)).sum(axis=1))


class ExponentialDescription(ColumnDescription[ExponentialParameters]):
    """What files keep of exponential components, and what people see of them."""

    name = "exponential"
    text = "a mean waiting time for each column of numbers of 0 or more"
    held_by = "rows that are 0, or rounded to 0"
    kinds = frozenset({Kind.CONTINUOUS})
    parameters, array = ExponentialParameters, "means"
    expected = f"a number above 0, up to {_LARGEST:g}"

    def family(self, schema: Schema) -> Exponential:
        return Exponential()

    def check(self, X: FloatArray, schema: Schema) -> None:
        times = (X >= 0.0) & np.isfinite(X)
        words = "a waiting time is a finite number of 0 or more; leave out others, or choose "
        refuse(~times, X, schema, words + "the family gaussian, which has them")

    def are_values(self, values: FloatArray) -> BoolArray:
        return (values >= _LEAST) & (values <= _LARGEST)

    @np.errstate(over="ignore")
    def marginal(self, params: ExponentialParameters, place: int, schema: Schema) -> Curve:
        means = params.values[:, place]
        rates = 1.0 / means[:, None]
        return curve(
            means,
            means,
            lambda shares: -np.log1p(-shares) * means[:, None],
            lambda times: rates * np.exp(-rates * times),
        )
