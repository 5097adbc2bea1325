"""Starts that give each row to the nearest of some centers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from mixtura.em import Start
from mixtura.kernels.estep_dispatch import KMeansStep, k_means_step
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


def from_centers(choose: Callable[[Sample, int, np.random.Generator], FloatArray]) -> MakeStart:
    """Starts that give each row to the nearest of the centers that a function chooses."""

    def make(sample: Sample, summary: Summary, k: int, rng: np.random.Generator) -> Start:
        return nearest_center(choose(sample.ordered, k, rng), summary)

    return make


def nearest_center(centers: FloatArray, summary: Summary) -> Start:
    """Each row belongs to the nearest of the centers (k, d), given in the sample's units."""
    return NearestCenter(centers, summary.moments.mean[0], summary.scales)


#: Squared distance of each row to its nearest center so far -> how much it wants to be the next.
Potential: TypeAlias = Callable[[FloatArray], FloatArray]


def k_means_plus_plus(sample: Sample, k: int, rng: np.random.Generator) -> FloatArray:
    """k centers spread over the sample: each is drawn by its squared distance to the others.

    The best of a few candidates is kept each time (Arthur and Vassilvitskii 2007, "greedy").
    """
    return _spread(sample, k, rng, potential=_distance, n_tries=2 + int(np.log(k)))


def random_rows(sample: Sample, k: int, rng: np.random.Generator) -> FloatArray:
    """k centers drawn from the sample's rows, distinct as long as there are distinct rows."""
    return _spread(sample, k, rng, potential=_is_distinct, n_tries=1)


def _distance(squared_distance: FloatArray) -> FloatArray:
    return squared_distance


def _is_distinct(squared_distance: FloatArray) -> FloatArray:
    return (squared_distance > 0.0).astype(np.float64)


def _spread(
    sample: Sample, k: int, rng: np.random.Generator, potential: Potential, n_tries: int
) -> FloatArray:
    rows, weight = sample.rows, sample.weight
    centers = np.empty((k, rows.shape[1]))
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
        centers[j] = rows[chosen]
        nearest = np.minimum(nearest, squared_distances(rows, centers[j : j + 1])[:, 0])
        attraction = weight * potential(nearest)
        if not attraction.any():  # fewer distinct rows than centers: repeat some
            attraction = weight
    return centers


def _draw(weight: FloatArray, size: int, rng: np.random.Generator) -> IntArray:
    cumulative = weight.cumsum()
    drawn = np.searchsorted(cumulative, rng.random(size) * cumulative[-1], side="right")
    inside: IntArray = np.minimum(drawn, len(weight) - 1)
    return inside


def k_means(sample: Sample, k: int, rng: np.random.Generator) -> FloatArray:
    """k centers by k-means++ and a few steps of k-means: the tightest of some tries.

    The candidates for each center grow with k: with few of them two of many groups soon share a
    center, with many of them all tries begin alike.
    """
    spreads = (_spread(sample, k, rng, _distance, 2 + k // 2) for _ in range(_K_MEANS_TRIES))
    step = k_means_step() or _step
    return min(
        (_lloyd(sample, centers, step) for centers in spreads), key=lambda result: result[1]
    )[0]


def _lloyd(sample: Sample, centers: FloatArray, step: KMeansStep) -> tuple[FloatArray, float]:
    """Centres after some steps of k-means, and the weighted squared distance to them."""
    means, inertia = step(sample.rows, sample.weight, centers)
    for _ in range(_K_MEANS_STEPS):
        if np.abs(means - centers).max() <= _SETTLED:
            break
        centers = means
        means, inertia = step(sample.rows, sample.weight, centers)
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
