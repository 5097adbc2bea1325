"""The negative binomial family: d independent counts per component that vary more than Poisson's.

    log p_j(x) = sum_a L(x_a, a_ja) - (1/a_ja + x_a) log(1 + a_ja m_ja) + x_a log m_ja - log x_a!
    L(x, a) = sum_{m < x} log(1 + a m)

with means m and dispersions a: the variance is m + a m^2, the size of the literature 1/a, and
a = 0 is the Poisson distribution. The M-step for m is the mean count. That for a goes by a lower
bound of sum_i r_i L(x_i, a) that meets it at the current dispersion b with two derivatives. With
e = m / (1 + b m), L changes by the sum over m < x of log(1 + (a - b) e): a function of e whose
third derivative has the sign of a - b. So Radau's quadrature with two nodes is below it, with one
of them at e = 0 where a > b, at that of the largest count where a < b; it takes nothing but the
number of terms and the sums of e and e^2 (Karlin, Studden 1966, "Tchebycheff Systems", chapter 4,
on such bounds). The likelihood never falls, steps near the maximum are Newton's, and a = 0 is
reached, and left, as the variance says: it is the maximum if that is not above the mean.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np

from mixtura.families.categorical import Levels
from mixtura.families.cells import Cells
from mixtura.families.column_parameters import ColumnFamily, PerColumn
from mixtura.families.counts import LARGEST_COUNT, check_counts, count_marginal, log_factorials
from mixtura.families.description import (
    Bell,
    Independent,
    Mass,
    check_entries,
    check_names,
    stacked,
)
from mixtura.families.family import Bounded, Embedding, IndependentColumns
from mixtura.families.one_column import Numbers, counts
from mixtura.families.poisson import stabilized
from mixtura.families.rising_factorials import (
    curved_share,
    logarithmic_share,
    rising_factorials,
)
from mixtura.families.schema import Kind, Schema
from mixtura.statistics import ComponentSums
from mixtura.typing import BoolArray, FloatArray, IntArray, Selection

__all__ = [
    "NegativeBinomial",
    "NegativeBinomialCoordinates",
    "NegativeBinomialDescription",
    "NegativeBinomialParameters",
    "NegativeBinomialSums",
]

# Dispersions end here: squares of their products with counts are numbers. A mean, or a total, below
# the other says nothing of its dispersion, and such a product of both changes nothing.
_LARGEST_DISPERSION = 1e50
_FAINTEST = 1e-150

# log(1 + a m) is less than this at any maximum: counts have 16 digits.
_FURTHEST = 64.0
_MOST_STEPS = 100
_ROUNDING = 4.0 * np.finfo(np.float64).eps

# A mass function is shown as far as the rates of all but this share of the rows, and from there as
# far as so many deviations and this much further: few counts in a million lie beyond.
_SHARE_BEYOND = 1e-6
_DEVIATIONS = 5.0
_FURTHER = 5.0


@dataclass(frozen=True)
class NegativeBinomialParameters(PerColumn):
    """Fitted numbers of k negative binomial components.

    Attributes
    ----------
    expected, dispersions : ndarray of shape (k, d)
        Mean counts, and how much wider they vary than Poisson's.
    """

    expected: FloatArray
    dispersions: FloatArray

    @property
    def n_components(self) -> int:
        return len(self.expected)

    @property
    def n_features(self) -> int:
        return int(self.expected.shape[1])

    @property
    def sort_key(self) -> FloatArray:
        return np.hstack([self.expected, self.dispersions])

    @property
    def deviations(self) -> FloatArray:
        """Of the counts, (k, d)."""
        return np.sqrt(self.expected * (1.0 + self.dispersions * self.expected))

    def take(self, order: Selection) -> Self:
        return type(self)(self.expected[order], self.dispersions[order])


@dataclass(frozen=True)
class NegativeBinomialSums(PerColumn, ComponentSums):
    """Sums over the rows; but of the largest counts the larger one.

    Attributes
    ----------
    rows : ndarray of shape (k, 1) or (k, d)
        By column, those with a cell there, where some are missing.
    total : ndarray of shape (k, d)
        Of the counts.
    slope, curvature : ndarray of shape (k, d)
        Of the derivatives of L by the dispersion, at the current one (see `RisingFactorials`).
    largest : ndarray of shape (k, d)
    """

    rows: FloatArray
    total: FloatArray
    slope: FloatArray
    curvature: FloatArray
    largest: FloatArray

    def __add__(self, other: Self) -> Self:
        return super().__add__(other)._with(np.maximum(self.largest, other.largest))

    def __rmul__(self, factor: float) -> Self:
        return super().__rmul__(factor)._with(self.largest)

    def _with(self, largest: FloatArray) -> Self:
        return type(self)(self.rows, self.total, self.slope, self.curvature, largest)


@dataclass(frozen=True)
class NegativeBinomial(
    Bounded,
    IndependentColumns[NegativeBinomialParameters],
    ColumnFamily[NegativeBinomialParameters, NegativeBinomialSums],
):
    """Independent overdispersed counts within each component.

    Examples
    --------
    Of counts that vary less than Poisson's the dispersion is 0:

    >>> import numpy as np
    >>> family, counts = NegativeBinomial(), np.array([[1.0, 0.0], [2.0, 8.0]])
    >>> family.maximize(family.statistics(None, counts, np.ones((2, 1))), None).dispersions
    array([[0.  , 0.75]])
    """

    @property
    def blends(self) -> bool:
        """False: slopes are those at the current dispersions."""
        return False

    def log_density(self, params: NegativeBinomialParameters, X: FloatArray) -> FloatArray:
        table = _Distinct.of(X)
        log_density: FloatArray = table.indicators @ table.log_masses(params).T
        return log_density

    def expectations(self, params: NegativeBinomialParameters) -> FloatArray:
        return params.expected

    def statistics(
        self, params: NegativeBinomialParameters | None, X: FloatArray, resp: FloatArray
    ) -> NegativeBinomialSums:
        """In the very first step those that moments are made of: at dispersions of 0."""
        table, (k, d) = _Distinct.of(X), (resp.shape[1], X.shape[1])
        dispersions = np.zeros((k, d)) if params is None else params.dispersions
        _, slope, curvature = rising_factorials(table.counts, table.columns, dispersions)
        often = np.asarray(table.indicators.T @ resp).T
        there = np.where(often > 0.0, table.counts, 0.0)
        return NegativeBinomialSums(
            Cells.of(X).counts(resp),
            table.levels.sums(often * table.counts),
            table.levels.sums(often * slope),
            table.levels.sums(often * curvature),
            np.maximum.reduceat(there, table.levels.first, axis=1),
        )

    def cells(self, statistics: NegativeBinomialSums) -> FloatArray:
        return statistics.rows

    def likeliest(
        self, statistics: NegativeBinomialSums, params: NegativeBinomialParameters | None
    ) -> NegativeBinomialParameters:
        means = statistics.total / statistics.rows
        if params is None:
            dispersions = _of_moments(statistics, means)
        else:
            dispersions = _dispersions(statistics, means, params.dispersions)
        return NegativeBinomialParameters(means, dispersions)

    def n_parameters(self, k: int, d: int) -> int:
        return 2 * k * d

    @property
    def embedding(self) -> Embedding:
        return stabilized

    @property
    def gathers(self) -> Hashable:
        return NegativeBinomialSums

    def n_sums(self, d: int) -> int:
        return 1 + 4 * d

    def coordinates(
        self, params: NegativeBinomialParameters, weight: float
    ) -> NegativeBinomialCoordinates:
        return NegativeBinomialCoordinates(params)

    def sample(
        self, params: NegativeBinomialParameters, labels: IntArray, rng: np.random.Generator
    ) -> FloatArray:
        """Poisson counts of rates that are gamma distributed where there is a dispersion."""
        means, dispersions = params.expected[labels], params.dispersions[labels]
        rates, varies = means.copy(), dispersions * means > 0.0
        size = 1.0 / dispersions[varies]
        rates[varies] = rng.standard_gamma(size) * (means * dispersions)[varies]
        return rng.poisson(np.minimum(rates, LARGEST_COUNT)).astype(np.float64)

    def one_column(self, params: NegativeBinomialParameters, X: FloatArray, place: int) -> Numbers:
        from scipy.special import betaincc, pdtr  # they take as long to import as a small fit

        means, dispersions = params.expected[None, :, place], params.dispersions[None, :, place]
        u = dispersions * means
        varies = u > _FAINTEST
        sizes = 1.0 / np.where(varies, dispersions, 1.0)

        def at_most(values: FloatArray) -> FloatArray:
            beyond = betaincc(values + 1.0, sizes, u / (1.0 + u))
            return np.asarray(np.where(varies, beyond, pdtr(values, means)))

        return counts(means, at_most)


@dataclass(frozen=True, eq=False)
class _Distinct:
    """The distinct counts of each column of some rows (n, d), L of them, side by side.

    Attributes
    ----------
    counts : ndarray of shape (L,)
    levels : Levels
    indicators : sparse array of shape (n, L)
        Which of them each row has.
    """

    counts: FloatArray
    levels: Levels
    indicators: Any

    @classmethod
    def of(cls, X: FloatArray) -> Self:
        """All up to the largest are there, unless they are more than the rows."""
        counts, codes = [], X.copy()
        for place, column in enumerate(Cells.of(X).values.T):
            largest = column.max(initial=0.0)
            if largest < len(X):
                counts.append(np.arange(largest + 1.0))
            else:
                distinct, numbers = np.unique(column, return_inverse=True)
                codes[:, place] = np.where(np.isnan(X[:, place]), np.nan, numbers)
                counts.append(distinct)
        levels = Levels(tuple(map(len, counts)))
        return cls(np.concatenate(counts), levels, levels.indicators(codes))

    @property
    def columns(self) -> IntArray:
        """Where each of them stands, (L,)."""
        return np.arange(len(self.levels.numbers)).repeat(self.levels.numbers)

    def log_masses(self, params: NegativeBinomialParameters) -> FloatArray:
        """The logarithm of the probability of each, (k, L)."""
        x, a, columns = self.counts, params.dispersions[:, self.columns], self.columns
        mean = params.expected[:, columns]
        u = a * mean
        nothing = np.divide(np.log1p(u), a, out=mean.copy(), where=u > _FAINTEST)
        log_mean = np.log(np.where(mean > 0.0, mean, 1.0))
        rising, _, _ = rising_factorials(x, columns, params.dispersions)
        log_masses = rising - log_factorials(x[:, None])[:, 0]
        log_masses += x * (log_mean - np.log1p(u)) - nothing
        log_masses[(mean == 0.0) & (x > 0.0)] = -np.inf
        return log_masses


# ---------------------------------------------------------------------------------------------
# The M-step for the dispersions


def _of_moments(sums: NegativeBinomialSums, means: FloatArray) -> FloatArray:
    """Those (k, d) that give the variances; the slopes are at 0, sums of x (x - 1) / 2."""
    told = means > _FAINTEST
    ratio = 2.0 * sums.slope[told] / sums.total[told] / means[told]
    dispersions = np.zeros(means.shape)
    dispersions[told] = (ratio - 1.0).clip(0.0)
    return dispersions


def _dispersions(sums: NegativeBinomialSums, means: FloatArray, before: FloatArray) -> FloatArray:
    """Those (k, d) that maximise the bound of the expected log-likelihood.

    Where no count is above 1 that is 0; where next to no count is above 0 they stay.
    """
    varies = sums.slope > _FAINTEST * sums.total
    dispersions = np.where(varies, before, 0.0)
    told = varies & (np.minimum(sums.total, means) > _FAINTEST)
    if told.any():
        total = sums.total[told]
        slope, curvature = sums.slope[told] / total, sums.curvature[told] / total
        bounds = _Bounds(means[told], before[told], slope, curvature, sums.largest[told])
        dispersions[told] = bounds.highest()
    return dispersions


@dataclass(frozen=True)
class _Bounds:
    """Lower bounds of what m columns expect, per count, as functions of their dispersions a.

        sum_i weight_i log(1 + (a - before) node_i) - (log(1 + u) / u + log(1 + u)),  u = a mean

    Attributes
    ----------
    expected, before : ndarray of shape (m,)
        Mean counts, and the dispersions before.
    slope, curvature : ndarray of shape (m,)
        Of L there, per count.
    largest : ndarray of shape (m,)
        The largest counts.
    """

    expected: FloatArray
    before: FloatArray
    slope: FloatArray
    curvature: FloatArray
    largest: FloatArray

    @cached_property
    def rises(self) -> BoolArray:
        """Whether the expected log-likelihood rises with the dispersion, (m,)."""
        return self.slope > self.expected * logarithmic_share(self.before * self.expected)

    @cached_property
    def nodes(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Nodes e, 1 less e times the dispersion before, and weights, (2, m) each.

        Those at 0 add nothing and have weight 0.
        """
        rises, slope, curvature = self.rises, self.slope, self.curvature
        least = 1.0 / (1.0 + self.before * (self.largest - 1.0))
        far = (self.largest - 1.0) * least
        rest = far - slope
        near = np.where(rises, curvature / slope, (slope * far - curvature).clip(0.0) / rest)
        weight = np.where(rises, slope, rest) / np.where(rises, near, far - near)
        apart = (curvature - slope * slope).clip(0.0) / rest  # slope - near, where it falls
        at_far = np.where(rises, 0.0, apart / np.where(rises, 1.0, far - near))
        left = np.stack([np.maximum(1.0 - self.before * near, least), least])
        return np.stack([near, far]), left, np.stack([weight, at_far])

    def log_ratio(self, u: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Of what pulls the dispersion up to what pulls it down, and how fast that falls.

        By log(1 + u), (m,) each.
        """
        nodes, left, weights = self.nodes
        change = nodes / (left + u / self.expected * nodes)
        up, falls = (weights * change).sum(axis=0), (weights * change * change).sum(axis=0)
        down = self.expected * logarithmic_share(u)
        rate = falls / up / self.expected - curved_share(u) / logarithmic_share(u)
        return np.log(up / down), (1.0 + u) * rate

    def highest(self) -> FloatArray:
        """The dispersions (m,) where they are highest: guarded Newton steps in log(1 + u)."""
        u = self.before * self.expected
        at_zero = self.log_ratio(np.zeros(u.shape))[0]
        at = np.where(self.rises | (at_zero > 0.0), np.log1p(u), 0.0)
        low, high = np.where(self.rises, at, 0.0), np.where(self.rises, _FURTHEST, at)
        for _ in range(_MOST_STEPS):
            log_ratio, falls = self.log_ratio(np.expm1(at))
            low, high = np.where(log_ratio > 0.0, at, low), np.where(log_ratio > 0.0, high, at)
            newton = at + log_ratio / np.where(falls > 0.0, falls, np.inf)
            inside = (falls > 0.0) & (newton > low) & (newton < high)
            step = np.where(inside, newton, 0.5 * (low + high)) - at
            at = at + step
            if (np.abs(step) <= _ROUNDING * (1.0 + at)).all():
                break
        return np.minimum(np.expm1(at) / self.expected, _LARGEST_DISPERSION)


# ---------------------------------------------------------------------------------------------
# Acceleration


@dataclass(frozen=True, eq=False)
class NegativeBinomialCoordinates:
    """Logarithms of means and dispersions, which are orthogonal.

    The complete data's information about the first is w_j m / (1 + u) with u = a m; that about the
    second is nearly w_j over the sum of 2 (1 + u)^2 / u^2, which it is for large sizes, and of
    a / log(1 + u), which it is for small ones. By Fisher's identity the gradients are, per row of
    weight, e = (total - n_j m) / (1 + u) and a (slope - n_j m^2 share(u) - m e), with the share of
    `logarithmic_share`. A mean or a dispersion of 0 has no logarithm: it stays where it is.

    Attributes
    ----------
    params : NegativeBinomialParameters
    """

    params: NegativeBinomialParameters

    @cached_property
    def inner(self) -> BoolArray:
        """Which of the means and dispersions (2, k, d) are not 0."""
        return self._values > 0.0

    @property
    def _values(self) -> FloatArray:
        return np.stack([self.params.expected, self.params.dispersions])

    def information(self, weights: FloatArray) -> FloatArray:
        means, a = self._values
        u = a * means
        of_means = means / (1.0 + u)
        with np.errstate(divide="ignore", invalid="ignore"):  # where it is not inner
            of_dispersions = 1.0 / (2.0 * np.square(1.0 + 1.0 / u) + a / np.log1p(u))
        information: FloatArray = np.stack([of_means, of_dispersions])
        return (weights[:, None] * information)[self.inner]

    def gradient(self, statistics: NegativeBinomialSums, weight: float) -> FloatArray:
        means, a = self._values
        u, expected = a * means, statistics.rows * means
        excess = (statistics.total - expected) / (1.0 + u)
        rise = statistics.slope - expected * means * logarithmic_share(u) - means * excess
        gradient: FloatArray = np.stack([excess, a * rise])[self.inner]
        return gradient / weight

    def moved(
        self, changes: FloatArray, estimate: Callable[[], NegativeBinomialParameters]
    ) -> Self | None:
        values = self._values
        values[self.inner] *= np.exp(changes)
        return self._alike(NegativeBinomialParameters(*values))

    def towards(self, params: NegativeBinomialParameters) -> tuple[FloatArray, Self] | None:
        there = self._alike(params)
        if there is None:
            return None
        return np.log(there._values[self.inner] / self._values[self.inner]), there

    def _alike(self, params: NegativeBinomialParameters) -> Self | None:
        """The coordinates about other parameters, if they are the same ones."""
        there = type(self)(params)
        return there if np.array_equal(there.inner, self.inner) else None


# ---------------------------------------------------------------------------------------------
# Files, and what people see


class NegativeBinomialDescription(Independent):
    """What files keep of negative binomial components, and what people see of them."""

    name = "negative_binomial"
    text = "an expected count for each column, and a dispersion: whole numbers that vary widely"
    kinds = frozenset({Kind.COUNT})

    def family(self, schema: Schema) -> NegativeBinomial:
        return NegativeBinomial()

    def check(self, X: FloatArray, schema: Schema) -> None:
        check_counts(X, schema)

    def arrays(self, params: NegativeBinomialParameters) -> dict[str, FloatArray]:
        return {"means": params.expected, "dispersions": params.dispersions}

    def restored(
        self, options: Mapping[str, Any], arrays: Mapping[str, FloatArray], schema: Schema
    ) -> tuple[NegativeBinomial, NegativeBinomialParameters]:
        check_names("options", options, ())
        d = len(schema)
        means, dispersions = stacked(arrays, means=(d,), dispersions=(d,))
        for name, values, most in (
            ("means", means, LARGEST_COUNT),
            ("dispersions", dispersions, _LARGEST_DISPERSION),
        ):
            good = (values >= 0.0) & (values <= most)
            check_entries(name, values, good, f"a number from 0 to {most:.10g}")
        return self.family(schema), NegativeBinomialParameters(means, dispersions)

    def marginal(
        self, params: NegativeBinomialParameters, place: int, schema: Schema
    ) -> Mass | Bell:
        """Bells where the counts that matter are too many to be told apart."""
        alone = NegativeBinomialParameters(
            params.expected[:, [place]], params.dispersions[:, [place]]
        )
        low, high = _rates(alone)

        def mass(values: FloatArray) -> FloatArray:
            return np.exp(NegativeBinomial().log_density(alone, values[:, None]).T)

        ends = low - _DEVIATIONS * np.sqrt(low), high + _DEVIATIONS * np.sqrt(high) + _FURTHER
        return count_marginal(alone.expected[:, 0], alone.deviations[:, 0], ends, mass)


def _rates(params: NegativeBinomialParameters) -> tuple[FloatArray, FloatArray]:
    """Between what rates nearly all rows of one column are, (k,) each."""
    from scipy.special import gammainccinv, gammaincinv  # they take as long to import as a fit

    low, high = params.expected[:, 0].copy(), params.expected[:, 0].copy()
    scale = params.dispersions[:, 0] * low
    varies = scale > 0.0
    size = 1.0 / params.dispersions[varies, 0]
    low[varies] = gammaincinv(size, _SHARE_BEYOND) * scale[varies]
    high[varies] = gammainccinv(size, _SHARE_BEYOND) * scale[varies]
    return low, high
