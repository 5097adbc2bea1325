"""Where EM begins: starts give every row its first responsibilities, then comes one M-step.

Starts that choose centres do so on a bounded sample of the rows, measured in units of each
feature's standard deviation. Rows are drawn by inverting the cumulative weights, so that a row
of weight 2 is as likely as the same row twice and the same random numbers choose the same rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self, TypeAlias

import numpy as np

from mixtura.assignments import hard, one_hot
from mixtura.covariance import VVI, VVV
from mixtura.em import Start, begin
from mixtura.families import Gaussian
from mixtura.fused import k_means_step
from mixtura.hierarchy import Hierarchy, hierarchy
from mixtura.nearest_centre import NearestCentre, squared_distances
from mixtura.principal_axes import principal_axes
from mixtura.sources.array import ArraySource
from mixtura.sources.source import Chunk, Source
from mixtura.sources.summary import Summary
from mixtura.typing import AnyArray, FloatArray, IntArray

__all__ = [
    "MakeStart",
    "Sample",
    "draw_rows",
    "following",
    "from_centres",
    "from_chance",
    "from_hierarchy",
    "from_quantiles",
    "given_labels",
    "given_responsibilities",
    "k_means",
    "k_means_plus_plus",
    "keeping_labels",
    "nearest_centre",
    "noise_aside",
    "random_responsibilities",
    "random_rows",
]

#: Rows on which centres are chosen: enough for any number of components that one would look at.
SAMPLE_ROWS = 20_000

#: Lloyd steps after k-means++; EM does the rest.
_K_MEANS_STEPS = 30

#: Runs of k-means of which the tightest is kept: one alone often splits a group in two.
_K_MEANS_TRIES = 4

#: Least variance of a group of the sample in any direction, in variances of the features.
_FLATTEST_GROUP = 1e-6

#: Entries of an axis with this share of the longest one are as long, but for rounding.
_AS_LONG = 1.0 - 1e-6

#: A move of a centre, in deviations, that is rounding: no row changed its centre.
_SETTLED = 1e-12


@dataclass(frozen=True)
class Sample:
    """Rows to choose centres from, in units of each feature's standard deviation.

    Attributes
    ----------
    rows : ndarray of shape (m, d)
    weight : ndarray of shape (m,)
    """

    rows: FloatArray
    weight: FloatArray

    @cached_property
    def tree(self) -> Hierarchy:
        """The hierarchy of the rows: one tree serves every number of components."""
        return hierarchy(self.rows, self.weight)

    @cached_property
    def ordered(self) -> Self:
        """The rows by their distance from the origin, so that it does not matter how they came."""
        order = np.einsum("nd,nd->n", self.rows, self.rows).argsort(kind="stable")
        return type(self)(self.rows[order], self.weight[order])


def draw_rows(
    source: Source, summary: Summary, rng: np.random.Generator, most: int = SAMPLE_ROWS
) -> Sample:
    """All rows of a small source, or `most` drawn by weight from a large one."""
    if summary.n_rows <= most:
        chunks = list(source.map(lambda chunk: (chunk.X, chunk.weight)))
        rows = np.concatenate([X for X, _ in chunks])
        weight = np.concatenate([weight for _, weight in chunks])
        present = weight > 0.0  # what is set aside as noise has no weight, and is no row here
        rows, weight = rows[present], weight[present]
    else:
        rows = _draw_by_weight(source, np.sort(rng.random(most)) * summary.total_weight)
        weight = np.ones(len(rows))
    return Sample((rows - summary.moments.mean[0]) / summary.scales, weight)


def _draw_by_weight(source: Source, targets: FloatArray) -> FloatArray:
    """Rows at which the cumulative weight passes each of the ascending targets."""
    drawn: list[FloatArray] = []
    passed = 0.0
    for cumulative, X in source.map(lambda chunk: (chunk.weight.cumsum(), chunk.X)):
        first, last = np.searchsorted(targets, [passed, passed + cumulative[-1]])
        rows = np.searchsorted(cumulative, targets[first:last] - passed, side="right")
        drawn.append(X[np.minimum(rows, len(X) - 1)])
        passed += float(cumulative[-1])
    return np.concatenate(drawn)


# ---------------------------------------------------------------------------------------------
# Centres

#: Squared distance of each row to its nearest centre so far -> how much it wants to be the next.
Potential: TypeAlias = Callable[[FloatArray], FloatArray]


def k_means_plus_plus(sample: Sample, k: int, rng: np.random.Generator) -> FloatArray:
    """k centres spread over the sample: each is drawn by its squared distance to the others.

    The best of a few candidates is kept each time (Arthur and Vassilvitskii 2007, "greedy").
    """
    return _spread(sample, k, rng, potential=_distance, n_tries=2 + int(np.log(k)))


def random_rows(sample: Sample, k: int, rng: np.random.Generator) -> FloatArray:
    """k centres drawn from the sample's rows, distinct as long as there are distinct rows."""
    return _spread(sample, k, rng, potential=_is_distinct, n_tries=1)


def _distance(squared_distance: FloatArray) -> FloatArray:
    return squared_distance


def _is_distinct(squared_distance: FloatArray) -> FloatArray:
    return (squared_distance > 0.0).astype(np.float64)


def _spread(
    sample: Sample, k: int, rng: np.random.Generator, potential: Potential, n_tries: int
) -> FloatArray:
    rows, weight = sample.rows, sample.weight
    centres = np.empty((k, rows.shape[1]))
    nearest = np.full(len(rows), np.inf)
    squares = np.einsum("nd,nd->n", rows, rows)
    attraction = weight
    for j in range(k):
        drawn = _draw(attraction, n_tries, rng)
        # Expanded squares are good enough to compare candidates; the chosen one's are exact.
        distances = rows @ (-2.0 * rows[drawn].T)
        distances += squares[:, None]
        distances += squares[drawn]
        np.minimum(distances, nearest[:, None], out=distances)
        chosen = drawn[int((weight @ distances).argmin())]
        centres[j] = rows[chosen]
        nearest = np.minimum(nearest, squared_distances(rows, centres[j : j + 1])[:, 0])
        attraction = weight * potential(nearest)
        if not attraction.any():  # fewer distinct rows than centres: repeat some
            attraction = weight
    return centres


def _draw(weight: FloatArray, size: int, rng: np.random.Generator) -> IntArray:
    cumulative = weight.cumsum()
    drawn = np.searchsorted(cumulative, rng.random(size) * cumulative[-1], side="right")
    inside: IntArray = np.minimum(drawn, len(weight) - 1)
    return inside


def k_means(sample: Sample, k: int, rng: np.random.Generator) -> FloatArray:
    """k centres by k-means++ and a few steps of k-means: the tightest of some tries.

    The candidates for each centre grow with k: with few of them two of many groups soon share a
    centre, with many of them all tries begin alike.
    """
    spreads = (_spread(sample, k, rng, _distance, 2 + k // 2) for _ in range(_K_MEANS_TRIES))
    return min((_lloyd(sample, centres) for centres in spreads), key=lambda result: result[1])[0]


def _lloyd(sample: Sample, centres: FloatArray) -> tuple[FloatArray, float]:
    """Centres after some steps of k-means, and the weighted squared distance to them."""
    step = k_means_step() or _step
    means, inertia = step(sample.rows, sample.weight, centres)
    for _ in range(_K_MEANS_STEPS):
        if np.abs(means - centres).max() <= _SETTLED:
            break
        centres = means
        means, inertia = step(sample.rows, sample.weight, centres)
    return centres, inertia


def _step(rows: FloatArray, weight: FloatArray, centres: FloatArray) -> tuple[FloatArray, float]:
    """Means of the rows nearest to each centre, and the weighted squared distance to the centres.

    A centre that attracts no row stays where it is.
    """
    k, d = centres.shape
    distances = squared_distances(rows, centres)
    labels = distances.argmin(axis=1)
    count = np.bincount(labels, weight, minlength=k)
    means = centres.copy()
    for a in range(d):
        total = np.bincount(labels, weight * rows[:, a], minlength=k)
        np.divide(total, count, out=means[:, a], where=count > 0.0)
    return means, float(weight @ distances.min(axis=1))


# ---------------------------------------------------------------------------------------------
# Starts


#: Makes a start for k components from a sample of the rows and a random generator.
MakeStart: TypeAlias = Callable[[Sample, Summary, int, np.random.Generator], Start]


def from_centres(choose: Callable[[Sample, int, np.random.Generator], FloatArray]) -> MakeStart:
    """Starts that give each row to the nearest of the centres that a function chooses."""

    def make(sample: Sample, summary: Summary, k: int, rng: np.random.Generator) -> Start:
        return nearest_centre(choose(sample.ordered, k, rng), summary)

    return make


def from_chance(sample: Sample, summary: Summary, k: int, rng: np.random.Generator) -> Start:
    """A start with random responsibilities."""
    return random_responsibilities(k, (int(rng.integers(2**62)),))


def from_hierarchy(sample: Sample, summary: Summary, k: int, rng: np.random.Generator) -> Start:
    """Each row belongs to its group in the model-based hierarchy of the sample; not random.

    If not all rows are in the sample, each belongs to the likeliest of the sample's groups, every
    group having its own mean, covariance matrix and share. With fewer distinct rows than k, some
    components stay empty.
    """
    labels = sample.tree.labels(min(k, sample.tree.size))
    if len(labels) == summary.n_rows:
        return given_labels(labels, k)
    d = sample.rows.shape[1]
    # Matrices that hold more numbers than the sample itself say nothing that its variances do not.
    structure = VVI() if k * d > len(sample.rows) else VVV()
    family = Gaussian(structure, np.full(d, _FLATTEST_GROUP))
    groups = begin(family, ArraySource(sample.rows, sample.weight), given_labels(labels, k))

    def start(chunk: Chunk) -> FloatArray:
        rows = (chunk.X - summary.moments.mean[0]) / summary.scales
        return hard(groups.log_joint(rows), np.random.default_rng)[0]

    return start


def from_quantiles(sample: Sample, summary: Summary, k: int, rng: np.random.Generator) -> Start:
    """A start with k groups of equal weight along the sample's first principal axis; not random.

    Equal rows stay together, so groups are of unequal weight where many are.
    """
    axis = _principal_axis(sample)

    def places_of(rows: FloatArray) -> FloatArray:
        places: FloatArray = np.einsum("nd,d->n", rows, axis)  # equal rows get equal bits
        return places

    places = places_of(sample.rows)
    order = places.argsort()
    cumulative = sample.weight[order].cumsum()
    passed = np.searchsorted(cumulative, np.arange(1, k) * cumulative[-1] / k)
    cuts = places[order][passed]

    def start(chunk: Chunk) -> FloatArray:
        rows = (chunk.X - summary.moments.mean[0]) / summary.scales
        return one_hot(np.searchsorted(cuts, places_of(rows)), k)

    return start


def _principal_axis(sample: Sample) -> FloatArray:
    """Direction of the largest variance, pointing where the first of its longest entries grows."""
    centred = sample.rows - np.average(sample.rows, axis=0, weights=sample.weight)
    axis = principal_axes(centred, sample.weight)[1][:, -1]
    lengths = np.abs(axis)
    longest = int((lengths > _AS_LONG * lengths.max()).argmax())
    return axis if axis[longest] >= 0.0 else -axis


def nearest_centre(centres: FloatArray, summary: Summary) -> Start:
    """Each row belongs to the nearest of the centres (k, d), given in the sample's units."""
    return NearestCentre(centres, summary.moments.mean[0], summary.scales)


def random_responsibilities(k: int, seed: Sequence[int]) -> Start:
    """Uniform random numbers, normalised: every component begins near the whole table."""

    def start(chunk: Chunk) -> FloatArray:
        resp = np.random.default_rng((*seed, chunk.index)).random((len(chunk.X), k))
        normalised: FloatArray = resp / resp.sum(axis=1, keepdims=True)
        return normalised

    return start


def given_responsibilities(resp: AnyArray) -> Start:
    """The user's own responsibilities, (n, k)."""
    return lambda chunk: np.asarray(resp[_rows_of(chunk)], dtype=np.float64)


def given_labels(labels: IntArray, k: int) -> Start:
    """The user's own labels, (n,) numbers from 0 to k - 1."""
    return lambda chunk: one_hot(labels[_rows_of(chunk)], k)


def keeping_labels(start: Start) -> Start:
    """A start that has the rows of known components there."""

    def keep(chunk: Chunk) -> FloatArray:
        resp = start(chunk)
        if chunk.labels is None:
            return resp
        known = (chunk.labels >= 0)[:, None]
        return np.where(known, one_hot(np.maximum(chunk.labels, 0), resp.shape[1]), resp)

    return keep


def following(start: Start, source: Source, k: int) -> Start:
    """A start with its first k components numbered as the labels of a source number them.

    One after another the component and the label that share most of the rows are matched.
    """

    def shared(chunk: Chunk) -> FloatArray:
        assert chunk.labels is not None  # the source is labelled
        resp = start(chunk)
        known = (chunk.labels >= 0) * chunk.weight
        return resp.T @ (known[:, None] * one_hot(np.maximum(chunk.labels, 0), resp.shape[1]))

    whole = source.map_reduce(shared)
    table, order = whole[:k, :k], np.arange(len(whole))
    for _ in range(k):
        component, label = np.unravel_index(table.argmax(), table.shape)
        order[label] = component
        table[component], table[:, label] = -1.0, -1.0
    return lambda chunk: start(chunk)[:, order]


def noise_aside(start: Start, probabilities: FloatArray) -> Start:
    """A start with a last column for noise, from the probability (n,) of each row to be noise."""

    def with_noise(chunk: Chunk) -> FloatArray:
        noise = probabilities[_rows_of(chunk), None]
        return np.hstack([(1.0 - noise) * start(chunk), noise])

    return with_noise


def _rows_of(chunk: Chunk) -> slice:
    return slice(chunk.start, chunk.start + len(chunk.X))
