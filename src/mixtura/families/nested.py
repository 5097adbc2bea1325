"""A mixture as a family: each component is itself a mixture, of m parts.

    log p_j(x) = log sum_l w_jl q_jl(x)

The q_jl are components of another family, k m of them: a class with several hills, or groups
within groups. Given that a row is of component j, the probability that it is of part l is

    s_jl(x) = w_jl q_jl(x) / p_j(x)

so that a row of responsibility r_j is of part l with r_j s_jl. With these responsibilities the
M-step is that of the other family, and w_jl = sum_i r_ij s_jl(x_i) / sum_i r_ij. Since the outer
and the inner responsibilities are of the same parameters, this is EM, and never goes down.

In the first step there are no parameters. The rows of each component are then cut into parts of
equal weight along their first principal axis, chunk by chunk.

References
----------
Jordan, Jacobs (1994), "Hierarchical mixtures of experts and the EM algorithm", Neural Computation
6. Li (2005), "Clustering based on a multilayer mixture model", JCGS 14. With known components it is
the mixture discriminant analysis of Hastie, Tibshirani (1996), JRSS B 58.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, Self, TypeVar

import numpy as np

from mixtura.assignments import log_sum_exp, one_hot, posterior
from mixtura.families.coordinates import Coordinates
from mixtura.families.family import Embedding, Family, Parameters, in_one_unit, stand_ins
from mixtura.families.one_column import OneColumn, column_of, mean_over_parts
from mixtura.families.some_columns import Components, divisible
from mixtura.patterns import has_gaps
from mixtura.starts.principal_axes import principal_axes
from mixtura.statistics import SMALLEST_COUNT, Statistics, Sums
from mixtura.typing import AnyArray, FloatArray, IntArray, Selection

__all__ = ["Nested", "NestedCoordinates", "NestedParameters", "NestedStatistics"]

P = TypeVar("P", bound=Parameters)
S = TypeVar("S", bound=Statistics)

# Entries of an axis with this share of the longest one are as long, but for rounding.
_AS_LONG = 1.0 - 1e-6


def _places(components: Selection, k: int, m: int) -> IntArray:
    """Where the parts of some of k components are among all parts."""
    places: IntArray = np.arange(k * m).reshape(k, m)[components].ravel()
    return places


@dataclass(frozen=True)
class NestedParameters(Generic[P]):
    """Fitted numbers of k components of m parts each.

    Attributes
    ----------
    weights : ndarray of shape (k, m)
        Shares w_jl of the parts in their component.
    parts : Parameters
        Of k m components, those of the first component first.
    """

    weights: FloatArray
    parts: P

    @property
    def n_components(self) -> int:
        return len(self.weights)

    @property
    def n_features(self) -> int:
        return self.parts.n_features

    @property
    def sort_key(self) -> FloatArray:
        """The mean of the parts' keys, by their weights."""
        keys = self.parts.sort_key.reshape(*self.weights.shape, -1)
        mean: FloatArray = np.einsum("kl,klm->km", self.weights, keys)
        return mean

    @property
    def log_weights(self) -> FloatArray:
        """log w_jl, (k, m); -inf for a part of weight 0."""
        log_weights = np.full(self.weights.shape, -np.inf)
        np.log(self.weights, out=log_weights, where=self.weights > 0.0)
        return log_weights

    def take(self, order: Selection) -> Self:
        parts = self.parts.take(_places(order, *self.weights.shape))
        return type(self)(self.weights[order], parts)


@dataclass(frozen=True)
class NestedStatistics(Sums, Generic[S]):
    """The weight of each part, and the statistics of all parts.

    Attributes
    ----------
    counts : ndarray of shape (k, m)
    parts : Statistics
        Of k m components.
    """

    counts: FloatArray
    parts: S

    def take(self, components: Selection) -> Self:
        """Those of some of the components."""
        parts = self.parts.take(_places(components, *self.counts.shape))
        return type(self)(self.counts[components], parts)


@dataclass(frozen=True)
class Nested(Generic[P, S]):
    """Components that are mixtures of m components of another family.

    Parameters
    ----------
    family : Family
        What a part looks like.
    n_parts : int
        m, 1 or more.
    padding : int, default=0
        Parts of weight 0 that fill up components of fewer than m: they have no parameters of their
        own.

    Examples
    --------
    Two classes of two hills each. Of two rows in a hundred it is known which is whose:

    >>> import numpy as np
    >>> import mixtura as mx
    >>> from mixtura.families import Gaussian, Nested
    >>> from mixtura.families.gaussian.structures import VII
    >>> hill = np.repeat(np.arange(4), 100)
    >>> places = np.array([[0, 0], [0, 6], [9, 0], [9, 6]])
    >>> X = places[hill] + np.random.default_rng(0).normal(size=(400, 2))
    >>> labels = np.where(np.arange(400) % 50, -1, hill // 2)
    >>> parts = Nested(Gaussian(VII, floor=np.full(2, 1e-6)), 2)
    >>> classes = mx.FamilyMixture(parts, 2, random_state=0).fit(X, labels=labels)
    >>> np.mean(classes.predict(X) == hill // 2).item()
    1.0
    >>> [[round(v, 1) for v in component] for component in classes.params_.weights.tolist()]
    [[0.5, 0.5], [0.5, 0.5]]
    """

    family: Family[P, S]
    n_parts: int
    padding: int = 0

    def log_density(self, params: NestedParameters[P], X: FloatArray) -> FloatArray:
        log_joint = self._log_joint(params, X)
        return log_sum_exp(log_joint).reshape(len(X), params.n_components)

    def statistics(
        self, params: NestedParameters[P] | None, X: FloatArray, resp: FloatArray
    ) -> NestedStatistics[S]:
        if params is None or not params.weights.any():
            shares = self._cut(X, resp)
        else:
            shares = self._shares(params, X)
        of_parts = (resp[:, :, None] * shares).reshape(len(X), -1)
        counts = of_parts.sum(axis=0).reshape(resp.shape[1], self.n_parts)
        parts = None if params is None else params.parts
        return NestedStatistics(counts, self.family.statistics(parts, X, of_parts))

    def of_columns(self, means: FloatArray, scales: FloatArray) -> NestedParameters[P] | None:
        """One component whose parts have no shares yet, so that its rows are cut into parts."""
        part = self.family.of_columns(means, scales)
        if part is None:
            return None
        parts = part.take(np.zeros(self.n_parts, dtype=np.intp))
        return NestedParameters(np.zeros((1, self.n_parts)), parts)

    def expected_cells(
        self, params: NestedParameters[P], X: FloatArray, resp: FloatArray
    ) -> FloatArray:
        of_parts = (resp[:, :, None] * self._shares(params, X)).reshape(len(X), -1)
        return self.family.expected_cells(params.parts, X, of_parts)

    def drawn_cells(
        self, params: NestedParameters[P], X: FloatArray, labels: IntArray, rng: np.random.Generator
    ) -> FloatArray:
        ends = self._shares(params, X)[np.arange(len(X)), labels].cumsum(axis=1)[:, :-1]
        part = np.count_nonzero(ends <= rng.random((len(X), 1)), axis=1)
        return self.family.drawn_cells(params.parts, X, labels * self.n_parts + part, rng)

    def maximize(
        self, statistics: NestedStatistics[S], params: NestedParameters[P] | None
    ) -> NestedParameters[P]:
        counts = np.where(statistics.counts < SMALLEST_COUNT, 0.0, statistics.counts)
        totals = counts.sum(axis=1)
        live, order = stand_ins(totals)
        weights = np.full(counts.shape, 1.0 / self.n_parts)
        weights[live] = counts[live] / totals[live, None]
        parts = self.family.maximize(statistics.parts, None if params is None else params.parts)
        made = NestedParameters(weights, parts)
        with_copies = made.take(np.arange(len(counts))[live][order])
        # Without rows a prior alone decides, if there is one.
        return made if self.log_prior(made) > self.log_prior(with_copies) else with_copies

    def log_prior(self, params: NestedParameters[P]) -> float:
        return self.family.log_prior(params.parts)

    def n_parameters(self, k: int, d: int) -> int:
        n_parts = k * self.n_parts - self.padding
        return n_parts - k + self.family.n_parameters(n_parts, d)

    def sample(
        self, params: NestedParameters[P], labels: IntArray, rng: np.random.Generator
    ) -> FloatArray:
        ends = params.weights.cumsum(axis=1)[labels, :-1]
        part = np.count_nonzero(ends <= rng.random((len(labels), 1)), axis=1)
        return self.family.sample(params.parts, labels * self.n_parts + part, rng)

    @property
    def embedding(self) -> Embedding:
        return self.family.embedding

    @property
    def gathers(self) -> Hashable:
        return NestedStatistics, self.n_parts, self.family.gathers, self.family.embedding

    def n_sums(self, d: int) -> int:
        return self.n_parts * (1 + self.family.n_sums(d))

    def coordinates(
        self, params: NestedParameters[P], weight: float
    ) -> NestedCoordinates[P, S] | None:
        of_parts = self.family.coordinates(params.parts, weight)
        if of_parts is None or not (params.weights > 0.0).all():
            return None
        return NestedCoordinates(params.weights, of_parts)

    def reachable(self, params: NestedParameters[P]) -> NestedParameters[P]:
        return NestedParameters(params.weights, self.family.reachable(params.parts))

    @property
    def bounded(self) -> bool:
        return self.family.bounded

    @property
    def absorbing(self) -> bool:
        return self.family.absorbing

    @property
    def blends(self) -> bool:
        return self.family.blends

    def without(self, whole: NestedStatistics[S], seen: NestedStatistics[S]) -> NestedStatistics[S]:
        if self.bounded:
            return whole
        parts = self.family.without(whole.parts, seen.parts)
        return NestedStatistics(whole.counts - seen.counts, parts)

    def upheld(
        self,
        params: NestedParameters[P],
        rounding: FloatArray,
        statistics: Callable[[], NestedStatistics[S]],
    ) -> FloatArray:
        owed = self.family.upheld(params.parts, rounding, lambda: statistics().parts)
        total: FloatArray = owed.reshape(params.weights.shape).sum(axis=1)
        return total

    def marginal(self, params: NestedParameters[P], places: IntArray) -> Components:
        family, parts = divisible(self.family).marginal(params.parts, places)
        return Nested(family, self.n_parts), NestedParameters(params.weights, parts)

    def conditional(
        self, params: NestedParameters[P], places: IntArray, cells: FloatArray
    ) -> Components:
        """Parts have the shares that the cells give them."""
        family, parts = divisible(self.family).conditional(params.parts, places, cells)
        row = np.full((1, params.n_features), np.nan)
        row[0, places] = cells
        return Nested(family, self.n_parts), NestedParameters(self._shares(params, row)[0], parts)

    def one_column(self, params: NestedParameters[P], X: FloatArray, place: int) -> OneColumn:
        parts = column_of(self.family, params.parts, X, place)
        return mean_over_parts(self._shares(params, X), parts)

    def _log_joint(self, params: NestedParameters[P], X: FloatArray) -> FloatArray:
        """log(w_jl q_jl(x_i)), shape (n k, m)."""
        log_joint = self.family.log_density(params.parts, X) + params.log_weights.ravel()
        return log_joint.reshape(-1, self.n_parts)

    def _shares(self, params: NestedParameters[P], X: FloatArray) -> FloatArray:
        """s_jl(x_i), shape (n, k, m): the weights where no part of j can reach a row."""
        shares, log_density = posterior(self._log_joint(params, X))
        shares = shares.reshape(len(X), *params.weights.shape)
        out_of_reach = np.isneginf(log_density).reshape(shares.shape[:2])
        row, component = np.nonzero(out_of_reach)
        shares[row, component] = params.weights[component]
        return shares

    def _cut(self, X: FloatArray, resp: FloatArray) -> FloatArray:
        """Shares (n, k, m) of the parts in the first step, each 0 or 1 and the same for equal rows.

        Features have units of their own, unless they share one.
        """
        places, shared_unit = self.embedding(X), self.embedding is in_one_unit
        shares = np.zeros((*resp.shape, self.n_parts))
        gaps = has_gaps(places)
        for j, weight in enumerate(resp.T):
            if weight.sum() >= SMALLEST_COUNT:
                rows = _filled(places, weight) if gaps else places
                along = _along_principal_axis(rows, weight, shared_unit=shared_unit)
                shares[:, j] = one_hot(_quantile_numbers(along, weight, self.n_parts), self.n_parts)
        return shares


def _filled(rows: AnyArray, weight: FloatArray) -> AnyArray:
    """Rows (n, d) with the weighted means of the observed cells in place of those missing."""
    missing = np.isnan(rows)
    count, means = weight @ ~missing, np.zeros(rows.shape[1])
    np.divide(weight @ np.where(missing, 0.0, rows), count, out=means, where=count > 0.0)
    return np.where(missing, means, rows)


def _along_principal_axis(rows: AnyArray, weight: FloatArray, *, shared_unit: bool) -> FloatArray:
    """Where rows lie along the direction of the largest variance of those of weight, (n,).

    It points where the first of its longest entries grows.
    """
    centred = rows - weight @ rows / weight.sum()
    if not shared_unit:
        deviations = np.sqrt(weight @ np.square(centred) / weight.sum())
        centred = centred / np.where(deviations > 0.0, deviations, 1.0)
    axis = principal_axes(centred, weight)[1][:, -1]
    lengths = np.abs(axis)
    longest = int((lengths >= _AS_LONG * lengths.max()).argmax())
    along: FloatArray = np.einsum("nd,d->n", centred, axis * np.sign(axis[longest]))
    return along  # equal rows have equal bits


def _quantile_numbers(along: FloatArray, weight: FloatArray, m: int) -> IntArray:
    """Which of m parts of equal weight each row is in; equal rows stay together."""
    order = along.argsort()
    cumulative = weight[order].cumsum()
    passed = np.searchsorted(cumulative, np.arange(1, m) * cumulative[-1] / m)
    numbers: IntArray = np.searchsorted(along[order][passed], along)
    return numbers


@dataclass(frozen=True, eq=False)
class NestedCoordinates(Generic[P, S]):
    """The parts' own coordinates, after the logarithms of their weights.

    The complete data's information about log w_jl is w_j w_jl, with the mixing weights w_j. By
    Fisher's identity the gradient is, per row of weight, n_jl - n_j w_jl. Weights of 0 have no
    logarithms.

    Attributes
    ----------
    weights : ndarray of shape (k, m)
        All positive.
    parts : Coordinates
    """

    weights: FloatArray
    parts: Coordinates[P, S]

    @property
    def params(self) -> NestedParameters[P]:
        return NestedParameters(self.weights, self.parts.params)

    def information(self, weights: FloatArray) -> FloatArray:
        of_parts = (weights[:, None] * self.weights).ravel()
        return np.concatenate([of_parts, self.parts.information(of_parts)])

    def gradient(self, statistics: NestedStatistics[S], weight: float) -> FloatArray:
        counts = statistics.counts
        excess = counts - counts.sum(axis=1, keepdims=True) * self.weights
        own = self.parts.gradient(statistics.parts, weight)
        return np.concatenate([excess.ravel() / weight, own])

    def moved(
        self, changes: FloatArray, estimate: Callable[[], NestedParameters[P]]
    ) -> Self | None:
        of_weights, own = np.split(changes, [self.weights.size])
        parts = self.parts.moved(own, lambda: estimate().parts)
        if parts is None:
            return None
        weights = self.weights * np.exp(of_weights.reshape(self.weights.shape))
        return type(self)(weights / weights.sum(axis=1, keepdims=True), parts)

    def towards(self, params: NestedParameters[P]) -> tuple[FloatArray, Self] | None:
        way = self.parts.towards(params.parts) if (params.weights > 0.0).all() else None
        if way is None:
            return None
        of_weights = np.log(params.weights / self.weights)
        return np.concatenate([of_weights.ravel(), way[0]]), type(self)(params.weights, way[1])
