"""Starts that give each row to the nearest of some centers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce

import numpy as np

from mixtura.em import Start
from mixtura.kernels.kernel import chosen
from mixtura.sources.summary import Summary
from mixtura.starts.nearest_center import NearestCenter, squared_distances
from mixtura.starts.sample import MakeStart, Sample
from mixtura.typing import FloatArray, IntArray

__all__ = ["from_centers", "k_means", "k_means_plus_plus", "nearest_center", "random_rows"]

#: Lloyd steps after k-means++; EM does the rest.
_K_MEANS_STEPS = 30

#: Runs of k-means of which the tightest is kept: one alone often splits a group in two.
_K_MEANS_TRIES = 4

#: A move of a center, in deviations, that is rounding: no row changed its center.
_SETTLED = 1e-12

#: Two rows that lie apart from all others leave the same sum, whichever is a center. Sums that
#: differ by no more than this share are the same, and the first of them is kept.
_TIE = 1e-12


def from_centers(choose: Callable[[Sample, int, np.random.Generator], FloatArray]) -> MakeStart:
    """Starts that give each row to the nearest of the centers that a function chooses."""

    def make(sample: Sample, summary: Summary, k: int, rng: np.random.Generator) -> Start:
        return nearest_center(choose(sample.ordered, k, rng), summary)

    return make


def nearest_center(centers: FloatArray, summary: Summary) -> Start:
    """Each row belongs to the nearest of the centers (k, d), given in the sample's units."""
    return NearestCenter(centers, summary.center, summary.scales)


def k_means(sample: Sample, k: int, rng: np.random.Generator) -> FloatArray:
    """k centers by k-means++ and a few steps of k-means: the tightest of some tries.

    The candidates for each center grow with k: with few of them two of many groups soon share a
    center, with many of them all tries begin alike.
    """
    uniform = rng.random((_K_MEANS_TRIES, k, 2 + k // 2))
    return _tightest(sample, uniform, by_distance=True, n_steps=_K_MEANS_STEPS)


def k_means_plus_plus(sample: Sample, k: int, rng: np.random.Generator) -> FloatArray:
    """k centers spread over the sample: each is drawn by its squared distance to the others.

    The best of a few candidates is kept each time (Arthur and Vassilvitskii 2007, "greedy").
    """
    uniform = rng.random((1, k, 2 + int(np.log(k))))
    return _tightest(sample, uniform, by_distance=True, n_steps=0)


def random_rows(sample: Sample, k: int, rng: np.random.Generator) -> FloatArray:
    """k centers drawn from the sample's rows, distinct as long as there are distinct rows."""
    return _tightest(sample, rng.random((1, k, 1)), by_distance=False, n_steps=0)


def _tightest(
    sample: Sample, uniform: FloatArray, *, by_distance: bool, n_steps: int
) -> FloatArray:
    """k centers from random numbers (tries, k, candidates): those of the tightest try."""
    kernel = chosen()
    if kernel is not None:
        return kernel.centers(
            sample.rows, sample.weight, uniform, by_distance=by_distance, n_steps=n_steps
        )
    spreads = (_spread(sample, each, by_distance=by_distance) for each in uniform)
    if n_steps == 0:
        return next(spreads)
    ends = [_lloyd(sample, centers, n_steps) for centers in spreads]
    return ends[_first_least([inertia for _, inertia in ends])][0]


# ---------------------------------------------------------------------------------------------
# The reference: kernels/centers.c has the same in the same order


def _spread(sample: Sample, uniform: FloatArray, *, by_distance: bool) -> FloatArray:
    """Rows that lie apart, from random numbers (k, candidates)."""
    rows, weight = sample.rows, sample.weight
    centers = np.empty((len(uniform), rows.shape[1]))
    nearest, attraction = np.full(len(rows), np.inf), weight
    for j, numbers in enumerate(uniform):
        drawn = _draw(attraction, numbers)
        distances = np.minimum(squared_distances(rows, rows[drawn]), nearest[:, None])
        best = _first_least((weight @ distances).tolist())
        centers[j], nearest = rows[drawn[best]], distances[:, best]
        attraction = weight * (nearest if by_distance else nearest > 0.0)
        if not attraction.any():  # fewer distinct rows than centers: repeat some
            attraction = weight
    return centers


def _first_least(sums: Sequence[float]) -> int:
    """The place of the least sum; of the first one where others are hardly less."""
    return reduce(lambda a, b: b if sums[b] < (1.0 - _TIE) * sums[a] else a, range(len(sums)))


def _draw(weight: FloatArray, uniform: FloatArray) -> IntArray:
    cumulative = weight.cumsum()
    drawn = np.searchsorted(cumulative, uniform * cumulative[-1], side="right")
    inside: IntArray = np.minimum(drawn, len(weight) - 1)
    return inside


def _lloyd(sample: Sample, centers: FloatArray, n_steps: int) -> tuple[FloatArray, float]:
    """Centers after some steps of k-means, and the weighted squared distance to them."""
    means, inertia = _step(sample.rows, sample.weight, centers)
    for _ in range(n_steps):
        if np.abs(means - centers).max() <= _SETTLED:
            break
        centers = means
        means, inertia = _step(sample.rows, sample.weight, centers)
    return centers, inertia


def _step(rows: FloatArray, weight: FloatArray, centers: FloatArray) -> tuple[FloatArray, float]:
    """Means of the rows nearest to each center, and the weighted squared distance to the centers.

    A center that attracts no row stays where it is.
    """
    k, d = centers.shape
    distances = squared_distances(rows, centers)
    labels = distances.argmin(axis=1)
    count = np.bincount(labels, weight, minlength=k)
    means = centers.copy()
    for a in range(d):
        total = np.bincount(labels, weight * rows[:, a], minlength=k)
        np.divide(total, count, out=means[:, a], where=count > 0.0)
    return means, float(weight @ distances.min(axis=1))
