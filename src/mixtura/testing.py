"""The laws, for whoever adds a family, a structure, a statistic or a source.

Each function raises AssertionError with the law that was broken. The package's own tests run
them over everything it has; run them over yours:

>>> import numpy as np
>>> from mixtura.families import Bernoulli
>>> rng = np.random.default_rng(0)
>>> check_family(Bernoulli(), (rng.random((40, 3)) < 0.5).astype(float))
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial, reduce
from itertools import accumulate, pairwise
from operator import add
from typing import Any, TypeAlias, TypeVar

import numpy as np

from mixtura import em
from mixtura.acceleration import MixtureCoordinates
from mixtura.errors import DataError, ModelFileError
from mixtura.explain.testing import check_columns, check_marginals
from mixtura.families import Family
from mixtura.families.description import Bell, Curve, Description, Mass
from mixtura.families.gaussian.testing import check_structure
from mixtura.families.likeness import assert_alike, leaves
from mixtura.families.schema import Schema
from mixtura.mixture import Expectation, Mixture
from mixtura.sources import ArraySource, Source
from mixtura.sources.array_scan import batches_of
from mixtura.sources.partitions import opened
from mixtura.sources.scan import Clean, EachRow, Names, Opened, Task
from mixtura.sources.source import Mergeable
from mixtura.starts.given import random_responsibilities
from mixtura.statistics import Statistics
from mixtura.stopping import fixed_length
from mixtura.typing import AnyArray, FloatArray

__all__ = [
    "BadCell",
    "PartitionedArray",
    "assert_alike",
    "check_columns",
    "check_description",
    "check_family",
    "check_gaps",
    "check_marginals",
    "check_source",
    "check_statistics",
    "check_structure",
    "leaves",
    "with_gaps",
]

S = TypeVar("S", bound=Statistics)
M = TypeVar("M", bound=Mergeable)

#: A column, a value that it cannot have, and some words that the refusal has to say.
BadCell: TypeAlias = tuple[int, float, str]

#: Nodes and weights (m,) that sum, or integrate, a density over all values of a column.
Rule: TypeAlias = tuple[FloatArray, FloatArray]

# Of the rows with missing cells so many are summed over what these may be.
_FEW_ROWS = 6


def check_statistics(
    of: Callable[[FloatArray, FloatArray], S], X: FloatArray, resp: FloatArray
) -> None:
    """The laws of a statistic of rows X (n, d) under weighted responsibilities (n, k)."""
    n = len(X)
    whole = of(X, resp)
    for cut in (1, n // 2, n - 1):
        halves = of(X[:cut], resp[:cut]) + of(X[cut:], resp[cut:])
        assert_alike(halves, whole, law="halves merge to the whole")
    left, right = of(X[: n // 2], resp[: n // 2]), of(X[n // 2 :], resp[n // 2 :])
    assert_alike(left + right, right + left, law="merging commutes")
    assert_alike(2.5 * whole, of(X, 2.5 * resp), law="scaling is weighting")
    twice = of(np.concatenate([X, X]), np.concatenate([resp, resp]))
    assert_alike(2.0 * whole, twice, law="weight 2 is the row twice")
    nothing = np.zeros_like(resp[: n // 2])
    assert_alike(whole + of(X[: n // 2], nothing), whole, law="weight 0 is no row")


def check_family(family: Family[Any, Any], X: FloatArray, k: int = 2, seed: int = 0) -> None:
    """The laws of a family on rows X (n, d) that it can describe.

    Halves merge to the whole; EM never decreases the log-likelihood; weights equal repetition;
    the log-density of what is sampled is finite; components can be reordered, and have an order;
    an M-step leads to where it could have led; rows have places; where there are coordinates,
    their gradient is the objective's. With noise, it is one of the k components.
    """
    d = X.shape[1]
    rng = np.random.default_rng(seed)
    start = random_responsibilities(k, (seed,))
    source = ArraySource(X)
    mixture = em.begin(family, source, start)
    resp, weighted = _check_iterations(mixture, X, rng)

    rows, labels = mixture.sample(50, rng)
    assert rows.shape == (50, d)
    assert labels.shape == (50,)
    assert np.isfinite(mixture.log_density(rows)).all(), "what is sampled has a density"
    assert mixture.n_parameters >= k - 1

    order = np.arange(mixture.n_clusters)[::-1]
    backwards, last = mixture.take(order), np.arange(mixture.n_clusters, k)
    reordered = resp[:, [*order, *last]]
    assert_alike(backwards.responsibilities(X), reordered, law="components can be reordered")
    assert_alike(backwards.log_density(X), mixture.log_density(X), law="order means nothing")

    _check_parameters(mixture, source)
    _check_rows(family, X, weighted.statistics, mixture.n_clusters)
    _check_coordinates(mixture.maximize(em.e_step(mixture, source)), source, rng)


def with_gaps(X: FloatArray, share: float = 0.25, seed: int = 0) -> FloatArray:
    """Rows (n, d) with a share of the cells missing at random.

    Some rows stay complete, and one has no cell left; each column keeps some.

    Examples
    --------
    >>> np.isnan(with_gaps(np.zeros((8, 2)), share=0.5)).sum(axis=0).tolist()
    [1, 5]
    """
    n, d = X.shape
    missing = np.random.default_rng(seed).random((n, d)) < share
    missing[n // 3] = True
    missing[[n // 4, n // 2]] = False
    return np.where(missing, np.nan, X)


def check_gaps(
    family: Family[Any, Any],
    X: FloatArray,
    rules: Sequence[Rule] = (),
    k: int = 2,
    seed: int = 0,
) -> None:
    """The laws of a family on rows X (n, d) that it can describe, with missing cells (NaN).

    Halves merge to the whole; EM never decreases the log-likelihood; weights equal repetition; the
    gradient is the objective's; a row of which nothing is observed has density 1, and the weights
    for responsibilities; complete rows are as they are among others; places are missing where
    cells are. With a rule for each column: a density is the sum of those with one cell more.

    Parameters
    ----------
    family : Family
    X : ndarray of shape (n, d)
        With no row of all missing cells but those that `with_gaps` makes, and no such column.
    rules : sequence of Rule, optional
        For each column nodes and weights over all of its values: 0 and 1 with weights 1 for a
        binary one, those of a quadrature for a measurement. None where the marginal law is not
        that of sums.
    k, seed : int
    """
    rng = np.random.default_rng(seed)
    source = ArraySource(X)
    mixture = em.begin(family, source, random_responsibilities(k, (seed,)))
    _check_iterations(mixture, X, rng)

    nothing = np.full((1, X.shape[1]), np.nan)
    of_nothing = family.log_density(mixture.params, nothing)
    assert np.abs(of_nothing).max() <= 1e-12, "a row of which nothing is observed has density 1"
    assert_alike(mixture.responsibilities(nothing)[0], mixture.weights)
    missing = np.isnan(X)
    complete = ~missing.any(axis=1)
    among = mixture.log_density(X)[complete]
    assert_alike(mixture.log_density(X[complete]), among, law="complete rows are as they are")
    places = family.embedding(X)
    assert_alike(family.embedding(X[complete]), places[complete], 0.0, "so are their places")
    unknown = np.isnan(places)
    assert (unknown.any(axis=1) == missing.any(axis=1)).all(), "some places are missing"
    assert (unknown.all(axis=1) == missing.all(axis=1)).all(), "and some are known"

    later = mixture.maximize(em.e_step(mixture, source))
    _check_coordinates(later, source, rng)
    if rules:
        _check_marginals(later.clusters, X, rules, rng)


def _check_iterations(
    mixture: Mixture[Any, Any], X: FloatArray, rng: np.random.Generator
) -> tuple[FloatArray, Expectation[Any]]:
    """Responsibilities of the rows, and an E-step in which each row counts 0 to 3 times."""
    resp = mixture.responsibilities(X)
    assert resp.shape == (len(X), mixture.n_components)
    np.testing.assert_allclose(resp.sum(axis=1), 1.0, rtol=1e-12)
    family = mixture.family
    check_statistics(lambda rows, r: family.statistics(mixture.params, rows, r), X, resp)

    trace = em.fit(mixture, ArraySource(X), stopping=fixed_length(30)).trace
    falls = -np.diff(trace) / (1.0 + np.abs(trace[1:]))
    assert falls.max() <= 1e-13, f"EM never decreases: it fell by {falls.max():.1e} of itself"

    times = rng.integers(0, 4, size=(len(X),))
    weighted = em.e_step(mixture, ArraySource(X, times.astype(np.float64)))
    repeated = em.e_step(mixture, ArraySource(np.repeat(X, times, axis=0)))
    assert_alike(weighted, repeated, law="weights equal repetition")
    assert_alike(mixture.maximize(weighted).params, mixture.maximize(repeated).params)
    return resp, weighted


def _check_marginals(
    mixture: Mixture[Any, Any], X: FloatArray, rules: Sequence[Rule], rng: np.random.Generator
) -> None:
    """A density is the sum over a missing cell of the densities with that cell."""
    family, params = mixture.family, mixture.params
    incomplete = np.flatnonzero(np.isnan(X).any(axis=1))
    for row in rng.permutation(incomplete)[:_FEW_ROWS]:
        place = rng.choice(np.flatnonzero(np.isnan(X[row])))
        nodes, weights = rules[place]
        filled = np.repeat(X[row : row + 1], len(nodes), axis=0)
        filled[:, place] = nodes
        log_terms = family.log_density(params, filled) + np.log(weights)[:, None]
        highest = log_terms.max(axis=0)
        total = highest + np.log(np.exp(log_terms - highest).sum(axis=0))
        error = np.abs(family.log_density(params, X[row : row + 1])[0] - total).max()
        assert error <= 1e-7, f"a missing cell is summed over: the logarithm is off by {error:.1e}"


def _check_parameters(mixture: Mixture[Any, Any], source: Source) -> None:
    """They know their numbers, can be taken in any order, and are where an M-step leads."""
    family, params, k, d = mixture.family, mixture.params, mixture.n_clusters, source.n_features
    assert (params.n_components, params.n_features) == (k, d)
    assert params.sort_key.shape[0] == k
    assert np.isfinite(params.sort_key).all(), "components have an order"
    chosen = np.array([k - 1, 0])
    taken = params.take(chosen)
    assert (taken.n_components, taken.n_features) == (2, d)
    assert_alike(taken.sort_key, params.sort_key[chosen], 0.0, "the key goes with the component")

    # With the same weight for each cluster, the key alone decides.
    level = replace(mixture, weights=np.full_like(mixture.weights, 1.0 / mixture.n_components))
    in_order = level.take(level.canonical_order())
    assert in_order.canonical_order().tolist() == list(range(k)), "what is in order stays"
    keys = in_order.params.sort_key.tolist()
    assert keys == sorted(keys), "components of equal weight go by their key"

    reached = family.reachable(params)
    assert_alike(reached.sort_key, params.sort_key, law="an M-step leads where it can lead")
    assert_alike(family.reachable(reached), reached, law="what is reachable stays")
    owed = family.upheld(params, np.zeros(d), lambda: em.e_step(mixture, source).statistics)
    assert owed.shape == (k,)
    assert (owed >= 0.0).all()
    assert not (family.bounded and owed.any()), "nothing has to hold up what is bounded"


def _check_rows(family: Family[Any, Any], X: FloatArray, statistics: Statistics, k: int) -> None:
    """Rows have places, equal ones for equal rows, and statistics are as large as it is said."""
    places = family.embedding(X)
    assert len(places) == len(X)
    assert np.isfinite(places).all()
    assert_alike(family.embedding(X[::-1]), places[::-1], 0.0, "a row's place is its own")
    hash(family.gathers)
    n_numbers = sum(leaf.size for leaf in leaves(statistics))
    assert 0 < family.n_sums(X.shape[1]) <= n_numbers / k


def _check_coordinates(
    mixture: Mixture[Any, Any], source: Source, rng: np.random.Generator
) -> None:
    """The gradient is that of the objective, and steps lead where they came from.

    Where a component lies on what holds it up there is no gradient to follow.
    """
    expectation = em.e_step(mixture, source)
    at = MixtureCoordinates.of(mixture, expectation.weight)
    exact = np.zeros(mixture.n_features)
    upheld = mixture.family.upheld(mixture.params, exact, lambda: expectation.statistics)
    if at is None or upheld.any():
        return

    def moved(step: FloatArray) -> MixtureCoordinates:
        there = at.moved(step, expectation)
        assert there is not None, "a small step leads to sound parameters"
        return there

    def objective(step: FloatArray) -> float:
        there = moved(step).mixture
        fresh = em.e_step(there, source)
        return (fresh.objective + there.log_prior) / fresh.weight

    gradient, h = at.gradient(expectation), 1e-3
    for unit in rng.normal(size=(3, len(gradient))):
        near, far, farthest = (
            objective(s * unit) - objective(-s * unit) for s in (h, 2.0 * h, 3.0 * h)
        )
        slope = (45.0 * near - 9.0 * far + farthest) / (60.0 * h)
        error = abs(gradient @ unit - slope)
        assert error <= 1e-9 + 1e-6 * abs(slope), f"the gradient is the objective's: {error:.1e}"

        there = moved(1e-4 * unit).mixture
        way = at.towards(there)
        assert way is not None, "there is a way to where a step has led"
        again, X = moved(way[0]).mixture, next(source.map(lambda chunk: chunk.X))
        assert_alike(again.log_density(X), there.log_density(X), 1e-8, "a way leads where it says")


def check_description(
    description: Description[Any, Any],
    family: Family[Any, Any],
    X: FloatArray,
    schema: Schema,
    bad: Sequence[BadCell] = (),
    k: int = 2,
    seed: int = 0,
) -> None:
    """The laws of a family's outward half, on rows X (n, d) that the family can describe.

    What it makes of parameters can be read back, to the bit; it accepts the rows and those that
    are sampled, and says which cell is bad and why; the marginals are those of what is sampled.
    """
    mixture = em.begin(family, ArraySource(X), random_responsibilities(k, (seed,))).clusters
    _check_kept(description, mixture, X, schema)
    labels = np.repeat(np.arange(mixture.n_clusters), 4000)
    rows = mixture.family.sample(mixture.params, labels, np.random.default_rng(seed))
    description.check(X, schema)
    description.check(rows, schema)
    for place, value, words in bad:
        spoilt = X.copy()
        spoilt[len(X) // 2, place] = value
        cell = f"{schema[place].name} has {value:.10g} in row {len(X) // 2}"
        told = _refusal(partial(description.check, spoilt, schema), DataError)
        assert cell in told, f"{told!r} says {cell!r}"
        assert words in told, f"{told!r} says {words!r}"
    for place in range(len(schema)):
        drawn = rows[:, place].reshape(mixture.n_clusters, -1)
        _check_marginal(description, mixture.params, place, schema, drawn)
    default = description.family(schema)
    assert em.begin(default, ArraySource(X), random_responsibilities(1, (seed,))).n_clusters == 1


def _check_kept(
    description: Description[Any, Any], mixture: Mixture[Any, Any], X: FloatArray, schema: Schema
) -> None:
    """Options are JSON and arrays numbers, from which the same mixture comes back."""
    family, params = mixture.family, mixture.params
    assert all(isinstance(text, str) for text in description.structure(family))
    options = json.loads(json.dumps(description.options(family), allow_nan=False))
    arrays = description.arrays(params)
    for name, array in arrays.items():
        assert len(array) == mixture.n_clusters, f"components come first in {name!r}"
        assert np.isfinite(array).all(), f"{name!r} is finite"
    read = {name: np.array(array.tolist()) for name, array in arrays.items()}
    again, restored = description.restored(options, read, schema)
    assert description.options(again) == description.options(family)
    assert again.n_parameters(mixture.n_clusters, len(schema)) == family.n_parameters(
        mixture.n_clusters, len(schema)
    )
    assert_alike(again.log_density(restored, X), family.log_density(params, X), 0.0, "kept exactly")
    for name, array in description.arrays(restored).items():
        assert_alike(array, arrays[name], 0.0, f"{name!r} is kept exactly")

    def refused(options: dict[str, Any], arrays: dict[str, FloatArray], entry: str) -> None:
        told = _refusal(partial(description.restored, options, arrays, schema), ModelFileError)
        assert entry in told, f"{told!r} names {entry!r}"

    refused({**options, "color": "red"}, read, "options.color")
    refused(options, {**read, "tails": np.ones((1, 1))}, "arrays.tails")
    for name, array in read.items():
        others = {key: value for key, value in read.items() if key != name}
        refused(options, others, f"arrays.{name}")
        for other in (array[..., :-1], array[None], array.ravel()[0], array[:0]):
            refused(options, {**others, name: other}, f"arrays.{name}")


def _refusal(attempt: Callable[[], Any], error: type[Exception]) -> str:
    """What an attempt that has to fail says."""
    try:
        attempt()
    except error as refusal:
        return str(refusal)
    raise AssertionError(f"expected a {error.__name__}")


def _check_marginal(
    description: Description[Any, Any], params: Any, place: int, schema: Schema, drawn: FloatArray
) -> None:
    """Of one column, from what each component gave (k, m)."""
    marginal = description.marginal(params, place, schema)
    k, m = drawn.shape
    dispersions = description.dispersions(params, [place])
    if isinstance(marginal, Bell | Curve | Mass):
        finite = np.isfinite(marginal.deviation)
        means, deviations = marginal.mean[finite], marginal.deviation[finite]
        rows = drawn[finite] - means[:, None]
        error = 5.0 * deviations / np.sqrt(m)
        assert (np.abs(rows.mean(axis=1)) <= error).all(), "means are those drawn"
        fourth = np.sqrt((rows**4).mean(axis=1) / m) / deviations**2
        spread = drawn[finite].std(axis=1) / deviations - 1.0
        assert (np.abs(spread) <= 0.1 + 2.5 * fourth).all(), "deviations are those drawn"
        if dispersions is not None and not np.isnan(dispersions).any():
            assert dispersions.shape == (k, 1, 1)
            assert_alike(np.sqrt(dispersions[finite, 0, 0]), deviations, law="deviations agree")
    if isinstance(marginal, Bell):
        return
    if isinstance(marginal, Curve):
        _check_curve(marginal, drawn)
        return
    values = marginal.values if isinstance(marginal, Mass) else np.arange(len(marginal.levels))
    p = marginal.probabilities
    assert p.shape == (k, len(values))
    missing = 1e-5 if isinstance(marginal, Mass) else 1e-9
    total = p.sum(axis=1)
    assert ((total >= 1.0 - missing) & (total <= 1.0 + 1e-9)).all(), "probabilities sum to 1"
    often = (drawn[:, :, None] == values).mean(axis=1)
    error = 5.0 * np.sqrt(p * (1.0 - p) / m) + 5.0 / m
    assert (np.abs(often - p) <= error).all(), "probabilities are those of what is drawn"


def _check_curve(marginal: Curve, drawn: FloatArray) -> None:
    """Between the places of a curve lies what its densities say, of what was drawn (k, m)."""
    k, m = drawn.shape
    values, densities = marginal.values, marginal.densities
    assert densities.shape == (k, len(values))
    assert (np.diff(values) > 0.0).all(), "places ascend"
    assert np.isfinite(densities).all()
    between = 0.5 * (densities[:, 1:] + densities[:, :-1]) * np.diff(values)
    below = np.sort(drawn, axis=1)
    share = np.array([np.searchsorted(row, values) for row in below]) / m
    error = np.abs(between.cumsum(axis=1) - (share[:, 1:] - share[:, :1]))
    assert (error <= 0.03 + 5.0 / np.sqrt(m)).all(), "densities are those of what is drawn"


def check_source(source: Source, X: AnyArray, weight: FloatArray) -> None:
    """A source that is meant to hold rows X (n, d) with the given weights (n,)."""
    chunks = list(source.map(lambda chunk: chunk))
    assert source.n_features == X.shape[1]
    assert [chunk.index for chunk in chunks] == list(range(len(chunks)))
    assert all(chunk.X.dtype == np.float64 for chunk in chunks)
    assert all((chunk.labels is not None) == source.labelled for chunk in chunks)
    starts = np.cumsum([0, *(len(chunk.X) for chunk in chunks)])
    assert [chunk.start for chunk in chunks] == starts[:-1].tolist(), "chunks follow one another"
    np.testing.assert_array_equal(np.concatenate([chunk.X for chunk in chunks]), X)
    np.testing.assert_array_equal(np.concatenate([chunk.weight for chunk in chunks]), weight)
    total = source.map_reduce(lambda chunk: chunk.weight @ chunk.X)
    np.testing.assert_allclose(total, weight @ X.astype(np.float64), rtol=1e-12)


@dataclass(frozen=True, eq=False)
class PartitionedArray:
    """An array in memory in the partitions that it would have on a cluster: the smallest engine.

    Attributes
    ----------
    X : ndarray of shape (n, d)
    partitions : tuple of int
        Rows of each.
    weight : ndarray of shape (n,) or None
    """

    X: AnyArray
    partitions: tuple[int, ...]
    weight: AnyArray | None = None

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(map(str, range(self.X.shape[1])))

    @property
    def weighted(self) -> bool:
        return self.weight is not None

    def map_reduce(self, task: Task[M]) -> M:
        bounds = pairwise(accumulate(self.partitions, initial=0))
        return reduce(
            add,
            (
                task(number, batches_of(self.X, self.weight, start, end))
                for number, (start, end) in enumerate(bounds)
            ),
        )

    def each_row(self, function: EachRow, names: Names, dtype: np.dtype[Any]) -> AnyArray:
        return np.concatenate(list(map(function, batches_of(self.X, self.weight))))

    def opened(self, clean: Clean, n_threads: int) -> Opened:
        return opened(self, clean)
