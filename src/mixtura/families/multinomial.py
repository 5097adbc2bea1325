"""The multinomial family: how the counts of a row are shared among d columns, its total given.

    log p_j(x) = log(sum_a x_a)! + sum_a x_a log p_ja - log x_a!

The M-step is the share of each column, p_ja = sum_i r_ij x_ia / sum_i r_ij sum_b x_ib. Rows of
zeros have density 1 under all components, and say nothing of any. The mean total of a component's
rows is kept beside its probabilities, for samples and pictures: the density is without it.

Of a row with missing cells the total of the observed ones is given, N = sum_o x_a, and these are
multinomial with shares p_jo of s_j = sum_o p_jo. This is what is left if the missing counts are
those that come before the N observed ones are there: then they are negative multinomial, and

    E[x_m | x_o] = N p_jm / s_j

Under that the complete counts have the log-density above but for what no p_j is in, so that EM with
these expectations never falls (Sibuya, Yoshimura and Shimizu 1964, "Negative multinomial
distribution").
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from mixtura.errors import DataError, DegenerateError, MixturaError, ModelFileError
from mixtura.families.cells import Cells
from mixtura.families.column_parameters import ColumnSums
from mixtura.families.counts import LARGEST_COUNT, check_counts, count_marginal, log_factorials
from mixtura.families.description import (
    Bell,
    Independent,
    Mass,
    check_entries,
    check_names,
    stacked,
)
from mixtura.families.family import Bounded, Embedding, stand_ins
from mixtura.families.linear import LinearForm, of_columns
from mixtura.families.log_linear import LogCoordinates, logs, weighted_logs
from mixtura.families.one_column import OneColumn
from mixtura.families.schema import Kind, Schema
from mixtura.families.some_columns import Components
from mixtura.statistics import SMALLEST_COUNT
from mixtura.typing import AnyArray, FloatArray, IntArray, Selection

__all__ = [
    "Multinomial",
    "MultinomialCoordinates",
    "MultinomialDescription",
    "MultinomialParameters",
    "shares",
]

# Probabilities of all columns sum to 1, but for rounding.
_ROUNDING = 1e-9

# A mass function is shown as far as so many deviations from the means and this much further: fewer
# than one count in a million lies beyond.
_DEVIATIONS = 5.0
_FURTHER = 5.0


# What is said where counts are asked for.
_TOTALS = (
    "A multinomial mixture says how the total of a row is shared among the columns, and {}: ask a "
    "PoissonMixture or a NegativeBinomialMixture, or `impute` rows with missing counts."
)


@dataclass(frozen=True)
class MultinomialParameters:
    """Fitted numbers of k multinomial components.

    Attributes
    ----------
    probabilities : ndarray of shape (k, d)
        Of each column; they sum to 1.
    totals : ndarray of shape (k,)
        Mean totals of the rows.
    """

    probabilities: FloatArray
    totals: FloatArray

    @property
    def n_components(self) -> int:
        return len(self.probabilities)

    @property
    def n_features(self) -> int:
        return int(self.probabilities.shape[1])

    @property
    def sort_key(self) -> FloatArray:
        return self.probabilities

    @property
    def values(self) -> FloatArray:
        return self.probabilities

    def excess(self, statistics: ColumnSums) -> FloatArray:
        counts = statistics.total.sum(axis=1, keepdims=True)
        excess: FloatArray = statistics.total - counts * self.probabilities
        return excess

    def scaled(self, factors: FloatArray) -> Self:
        scaled = self.probabilities * factors
        return type(self)(scaled / scaled.sum(axis=1, keepdims=True), self.totals)

    def take(self, order: Selection) -> Self:
        return type(self)(self.probabilities[order], self.totals[order])


def shares(counts: AnyArray) -> AnyArray:
    """Rows of counts as shares of their totals; equal ones for rows of zeros.

    Of d columns o observed ones have the share o / d of all, and missing cells have none.

    Examples
    --------
    >>> shares(np.array([[3, 1], [0, 0]]))
    array([[0.75, 0.25],
           [0.5 , 0.5 ]])
    """
    cells = Cells.of(counts)
    totals = cells.values.sum(axis=1, keepdims=True)
    places: FloatArray = np.full(counts.shape, 1.0 / counts.shape[1])
    np.divide(cells.values, totals, out=places, where=totals > 0)
    if cells.observed is not None:
        of_all = cells.observed.mean(axis=1, keepdims=True)
        places = np.where(totals > 0, places * of_all, places)
        places[cells.observed == 0.0] = np.nan
    return places


def log_coefficients(X: FloatArray) -> FloatArray:
    """In how many orders the counts of each row can come, as logarithms, (n,).

    Examples
    --------
    >>> np.exp(log_coefficients(np.array([[2.0, 1.0], [0.0, 0.0]]))).round(12)
    array([3., 1.])
    """
    counts = Cells.of(X).values
    of_totals = log_factorials(counts.sum(axis=1, keepdims=True))[:, 0]
    coefficients: FloatArray = of_totals - log_factorials(counts).sum(axis=1)
    return coefficients


@dataclass(frozen=True)
class Multinomial(Bounded):
    """Counts that are shared out among the columns.

    Examples
    --------
    >>> import numpy as np
    >>> family, words = Multinomial(), np.array([[3.0, 1.0], [0.0, 0.0], [1.0, 3.0]])
    >>> family.maximize(family.statistics(None, words, np.ones((3, 1))), None).probabilities
    array([[0.5, 0.5]])
    """

    def log_density(self, params: MultinomialParameters, X: FloatArray) -> FloatArray:
        cells = Cells.of(X)
        log_density = weighted_logs(cells.values, params.probabilities)
        log_density += log_coefficients(X)[:, None]
        if cells.observed is not None:
            shares_seen = cells.over_columns(params.probabilities)
            log_shares = np.log(np.where(shares_seen > 0.0, shares_seen, 1.0))
            log_density -= cells.values.sum(axis=1, keepdims=True) * log_shares
        return log_density

    def linear_form(
        self, params: MultinomialParameters, *, gaps: bool = False
    ) -> LinearForm[ColumnSums] | None:
        """None of rows with missing cells, whose shares are of what is observed."""
        if gaps:
            return None
        p = params.probabilities
        return of_columns(logs(p), np.zeros(p.shape), ColumnSums, log_coefficients)

    def of_columns(self, means: FloatArray, scales: FloatArray) -> MultinomialParameters:
        """With the shares of the means."""
        return MultinomialParameters(shares(means[None]), means.sum(keepdims=True))

    def expected_cells(
        self, params: MultinomialParameters, X: FloatArray, resp: FloatArray
    ) -> FloatArray:
        """The rows with as many missing counts for each observed one as the shares say.

        Rows without any have those of the mean totals.
        """
        seen = (~np.isnan(X)).astype(np.float64)
        share, counts = seen @ params.probabilities.T, np.nansum(X, axis=1, keepdims=True)
        known = share > 0.0
        totals = np.divide(counts, share, out=np.zeros_like(share), where=known)
        totals = np.where(seen.any(axis=1, keepdims=True), totals, params.totals)
        return np.where(np.isnan(X), (resp * totals) @ params.probabilities, X)

    def drawn_cells(
        self,
        params: MultinomialParameters,
        X: FloatArray,
        labels: IntArray,
        rng: np.random.Generator,
    ) -> FloatArray:
        """The missing counts come in between the observed ones, until there are as many of these.

        In rows without any, counts come as in rows that are sampled.
        """
        missing = np.isnan(X)
        own, counts = params.probabilities[labels], np.nansum(X, axis=1)
        filled = np.where(missing, 0.0, X)
        none = missing.all(axis=1)
        filled[none] = self.sample(params, labels[none], rng)
        some = missing.any(axis=1) & ~none & (counts > 0.0)
        unseen = np.where(missing, own, 0.0)[some]
        share = np.clip(1.0 - unseen.sum(axis=1), np.finfo(np.float64).tiny, 1.0)
        fallen = rng.negative_binomial(counts[some], share)
        filled[some] += rng.multinomial(fallen, shares(unseen))
        return filled

    def statistics(
        self, params: MultinomialParameters | None, X: FloatArray, resp: FloatArray
    ) -> ColumnSums:
        """Rows of which no cell is observed say nothing, and are not counted."""
        cells = Cells.of(X)
        seen = cells.sums(resp)
        if cells.observed is None:
            return ColumnSums(resp.sum(axis=0)[:, None], seen)
        (k, d), counts = seen.shape, cells.values.sum(axis=1, keepdims=True)
        p = np.full((k, d), 1.0 / d) if params is None else params.probabilities
        shares_seen = cells.over_columns(p)
        times = np.zeros(shares_seen.shape)
        np.divide(resp * counts, shares_seen, out=times, where=shares_seen > 0.0)
        missing = np.asarray(times.T @ (1.0 - cells.observed))
        rows = resp.T @ cells.observed.max(axis=1)
        return ColumnSums(rows[:, None], seen + missing * p)

    def maximize(
        self, statistics: ColumnSums, params: MultinomialParameters | None
    ) -> MultinomialParameters:
        """A component of nothing but rows of zeros is one without rows.

        Raises
        ------
        DegenerateError
            If there are no other rows.
        """
        counts = statistics.total.sum(axis=1)
        if statistics.rows.any() and (counts < SMALLEST_COUNT).all():
            raise DegenerateError(
                "All rows of the components are zeros: there are no counts whose shares could be "
                "found. Leave such rows out, and columns in that are not 0."
            )
        rows = statistics.rows[:, 0]
        live, order = stand_ins(np.where(counts < SMALLEST_COUNT, 0.0, rows))
        probabilities = statistics.total[live] / counts[live, None]
        totals = counts[live] / rows[live]
        return MultinomialParameters(probabilities, totals).take(order)

    def n_parameters(self, k: int, d: int) -> int:
        return k * (d - 1)

    @property
    def embedding(self) -> Embedding:
        return shares

    @property
    def gathers(self) -> Hashable:
        return ColumnSums

    def n_sums(self, d: int) -> int:
        return 1 + d

    def coordinates(self, params: MultinomialParameters, weight: float) -> MultinomialCoordinates:
        return MultinomialCoordinates(params)

    def sample(
        self, params: MultinomialParameters, labels: IntArray, rng: np.random.Generator
    ) -> FloatArray:
        """Rows of the mean totals, rounded."""
        totals = np.rint(params.totals[labels]).astype(np.int64)
        return rng.multinomial(totals, shares(params.probabilities)[labels]).astype(np.float64)

    def marginal(self, params: MultinomialParameters, places: IntArray) -> Components:
        """How the counts of some columns are shared among these, their total given."""
        if len(places) < 2:
            raise MixturaError(_TOTALS.format("one column alone has all of the total"))
        some = params.probabilities[:, places]
        own = some.sum(axis=1)
        there = np.where(own > 0.0, own, 1.0)  # where a component has nothing it stays so
        return self, MultinomialParameters(some / there[:, None], params.totals * own)

    def conditional(
        self, params: MultinomialParameters, places: IntArray, cells: FloatArray
    ) -> Components:
        """None: what is not given is how many counts there are left."""
        raise MixturaError(_TOTALS.format("it is not known how many counts the others have"))

    def one_column(self, params: MultinomialParameters, X: FloatArray, place: int) -> OneColumn:
        """None: of a total that is not known."""
        raise MixturaError(_TOTALS.format("it says of no column how large its counts are"))


@dataclass(frozen=True, eq=False)
class MultinomialCoordinates(LogCoordinates[MultinomialParameters]):
    """Logarithms of the probabilities: each count of a row is one observation of them."""

    def information(self, weights: FloatArray) -> FloatArray:
        return super().information(weights * self.params.totals)

    def moved(
        self, changes: FloatArray, estimate: Callable[[], MultinomialParameters]
    ) -> Self | None:
        """The mean totals are the estimate's."""
        there = super().moved(changes, estimate)
        if there is None:
            return None
        return type(self)(MultinomialParameters(there.params.probabilities, estimate().totals))


class MultinomialDescription(Independent):
    """What files keep of multinomial components, and what people see of them."""

    name = "multinomial"
    text = "a share for each column of the counts of a row, whatever their total"
    kinds = frozenset({Kind.COUNT})

    def family(self, schema: Schema) -> Multinomial:
        return Multinomial()

    def check(self, X: FloatArray, schema: Schema) -> None:
        if len(schema) < 2:
            raise DataError(
                f"The table has 1 column, {schema.names[0]}; expected 2 or more, since one alone "
                "has all of a row's total. Counts of one kind are Poisson or negative binomial."
            )
        check_counts(X, schema)

    def arrays(self, params: MultinomialParameters) -> dict[str, FloatArray]:
        return {"probabilities": params.probabilities, "totals": params.totals}

    def restored(
        self, options: Mapping[str, Any], arrays: Mapping[str, FloatArray], schema: Schema
    ) -> tuple[Multinomial, MultinomialParameters]:
        check_names("options", options, ())
        p, totals = stacked(arrays, probabilities=(len(schema),), totals=())
        check_entries("probabilities", p, (p >= 0.0) & (p <= 1.0), "a number from 0 to 1")
        whole = np.abs(p.sum(axis=1) - 1.0) <= _ROUNDING
        if not whole.all():
            j = int(np.argmin(whole))
            raise ModelFileError(
                f"its entry 'arrays.probabilities[{j}]' sums to {p[j].sum():.9g}; it should sum "
                "to 1."
            )
        most = len(schema) * LARGEST_COUNT
        good = (totals >= 0.0) & (totals <= most)
        check_entries("totals", totals, good, f"a number from 0 to {most:.10g}")
        return self.family(schema), MultinomialParameters(p, totals)

    def marginal(self, params: MultinomialParameters, place: int, schema: Schema) -> Mass | Bell:
        """Of rows of the mean total, rounded: binomial ones."""
        p, totals = params.probabilities[:, place], np.rint(params.totals)
        mean, deviation = totals * p, np.sqrt(totals * p * (1.0 - p))
        ends = mean - _DEVIATIONS * deviation, mean + _DEVIATIONS * deviation + _FURTHER

        def mass(values: FloatArray) -> FloatArray:
            return np.stack([_binomial(values, *each) for each in zip(totals, p, strict=True)])

        return count_marginal(mean, deviation, ends, mass)


def _binomial(values: FloatArray, total: float, p: float) -> FloatArray:
    """The probability of each of some counts (m,) among so many of which each has probability p."""
    split = np.stack([values, total - values], axis=1)
    possible = values <= total
    params = MultinomialParameters(np.array([[p, 1.0 - p]]), np.array([total]))
    mass = np.zeros(len(values))
    mass[possible] = np.exp(Multinomial().log_density(params, split[possible])[:, 0])
    return mass
