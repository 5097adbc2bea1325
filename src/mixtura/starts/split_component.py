"""A mixture with one component cut in two, or two made one: where others can begin.

Mixtures of k components that grow from those of k - 1, by the cut that gains the most, end in
the best known optimum far more often than mixtures from any cut of the rows alone. (Ueda and others
2000, "SMEM algorithm for mixture models", split and merge components of one mixture; so do
Verbeek and others 2003, "Efficient greedy learning of Gaussian mixture models".)

A component is cut by k-means, and across the direction along which its rows are the least like a
bell. Nothing here depends on a seed.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np

from mixtura import em
from mixtura.errors import DegenerateError
from mixtura.families.family import Family
from mixtura.fitting.random_streams import Purpose
from mixtura.kernels.estep_dispatch import scorer
from mixtura.mixing_weights import FREE, Mixing
from mixtura.mixture import Mixture
from mixtura.selection.scores import mean_log_density
from mixtura.starts.centers import k_means
from mixtura.starts.given import SHARED, given_responsibilities
from mixtura.starts.sample import Sample
from mixtura.starts.training_rows import TrainingRows
from mixtura.statistics import Moments
from mixtura.typing import BoolArray, FloatArray, IntArray

__all__ = ["cuts", "merges", "splits"]

# Steps of k-means along an axis, which settle soon.
_STEPS = 20

# Fourth moment of a bell in units of its variance, and shares of the largest variance along which
# there is nothing but rounding.
_OF_A_BELL, _FLAT = 3.0, 1e-12

# Squares of variances below this are no ordinary numbers.
_VANISHING = 1e-150

# In more dimensions the features alone are looked along: axes would take d^3.
_MOST_AXES = 60

# Share of the weight in which two cuts of a component differ that leads to the same end.
_NEARLY_THE_SAME = 0.02


def splits(
    smaller: Mixture[Any, Any], table: TrainingRows, family: Family[Any, Any], mixing: Mixing = FREE
) -> list[Mixture[Any, Any]]:
    """Mixtures after one cluster is cut in two, the likeliest first.

    Parameters
    ----------
    smaller : Mixture
        Fitted to the rows.
    table : TrainingRows
    family : Family
        Of the larger ones, with noise if the smaller one has any.
    mixing : Mixing, default=FREE

    Raises
    ------
    DegenerateError
        If no component can be cut in two.
    """
    source, k = table.source(1), smaller.n_clusters
    resp, owner, upper = _halved(smaller, table)
    halved, rest, n_cuts = resp[:, owner], resp[:, k:], len(owner)
    share = 0.5 * SHARED if family.absorbing else 0.0
    upper_share = np.where(upper, 1.0 - share, share)
    # All components and all halves at once.
    parts = np.column_stack([resp[:, :k], halved * upper_share, halved * (1.0 - upper_share), rest])
    known = em.gather(family, source, given_responsibilities(parts))
    mixtures, heights = [], []
    failure = DegenerateError("No component has rows to be cut in two: use fewer components.")
    for cut, j in enumerate(owner.tolist()):
        chosen = np.array([*(i for i in range(k) if i != j), k + cut, k + n_cuts + cut])
        counts = np.append(known.counts[chosen], known.counts[k + 2 * n_cuts :])
        try:
            params = family.maximize(known.statistics.take(chosen), None)
            mixture = Mixture(family, params, mixing.maximize(counts, None), mixing)
            heights.append(mean_log_density(mixture, source))
            mixtures.append(mixture)
        except DegenerateError as collapse:
            failure = collapse
    if not mixtures:
        raise failure
    return [mixtures[i] for i in np.argsort(-np.array(heights), kind="stable")]


def merges(larger: Mixture[Any, Any], table: TrainingRows) -> list[FloatArray]:
    """Responsibilities after two clusters are made one: those that share the most rows first.

    Parameters
    ----------
    larger : Mixture
        Fitted to the rows; of two clusters at least.
    table : TrainingRows

    Returns
    -------
    list of ndarray of shape (n, k - 1), or (n, k) with noise
        In falling order of sum_i r_ia r_ib, as a share of what each has with itself.
    """
    resp = scorer(larger).responsibilities(np.ascontiguousarray(table.rows))
    own = resp[:, : larger.n_clusters]
    shared = own.T @ (table.row_weights[:, None] * own)
    size = np.sqrt(shared.diagonal())
    alike = shared / np.maximum(np.multiply.outer(size, size), np.finfo(np.float64).tiny)
    pairs = sorted(combinations(range(larger.n_clusters), 2), key=lambda pair: -alike[pair])
    return [
        np.column_stack([np.delete(own, [a, b], 1), own[:, a] + own[:, b], resp[:, len(own.T) :]])
        for a, b in pairs
    ]


def cuts(mixture: Mixture[Any, Any], table: TrainingRows) -> Iterator[FloatArray]:
    """Responsibilities after each component in turn is cut in two, if it has different rows.

    They are (n, k + 1), or (n, k + 2) with noise.
    """
    resp, owner, upper = _halved(mixture, table)
    own, noise = resp[:, : mixture.n_clusters], resp[:, mixture.n_clusters :]
    for j, half in zip(owner.tolist(), upper.T, strict=True):
        others = np.delete(own, j, axis=1)
        yield np.column_stack([others, own[:, j] * half, own[:, j] * ~half, noise])


def _halved(
    mixture: Mixture[Any, Any], table: TrainingRows
) -> tuple[FloatArray, IntArray, BoolArray]:
    """Responsibilities, the component of each cut (c,), and which rows are above it, (n, c)."""
    places = table.embedded(mixture.clusters.family.embedding)
    summary = places.summary
    rows = summary.standardized(np.ascontiguousarray(places.rows, dtype=np.float64))
    resp = scorer(mixture).responsibilities(np.ascontiguousarray(table.rows))
    weight = table.row_weights[:, None] * resp[:, : mixture.n_clusters]
    compact, along = _compact_halves(rows, weight), _halves_along(_places(rows, weight), weight)
    shared = np.einsum("nk,nk->k", weight, compact == along) / weight.sum(axis=0).clip(min=1e-300)
    differ = np.flatnonzero(np.minimum(shared, 1.0 - shared) > _NEARLY_THE_SAME)
    owner = np.append(np.arange(weight.shape[1]), differ)
    upper = np.column_stack([compact, along[:, differ]])
    two = upper.any(axis=0)
    return resp, owner[two], upper[:, two]


def _compact_halves(rows: FloatArray, weight: FloatArray) -> BoolArray:
    """Which rows are in the second of two groups of each component by k-means, (n, k).

    The random numbers are always the same.
    """
    order = np.einsum("nd,nd->n", rows, rows).argsort(kind="stable")
    rng, ordered, weights = np.random.default_rng(Purpose.SPLIT), rows[order], weight.T[:, order]
    centers = np.zeros((2, len(weights), rows.shape[1]))
    for j in np.flatnonzero(weight.any(axis=0)).tolist():
        centers[:, j] = k_means(Sample(ordered, weights[j]), 2, rng)
    apart = centers[1] - centers[0]
    middle = np.einsum("kd,kd->k", apart, 0.5 * (centers[0] + centers[1]))
    return np.asarray(rows @ apart.T > middle)


def _places(rows: FloatArray, weight: FloatArray) -> FloatArray:
    """Where rows lie from the mean of each component, along one direction, (n, k).

    Of its axes and the features it is the one along which its rows are the least like a bell: of
    the two groups that it may be made of neither has to be where it is longest.
    """
    few = rows.shape[1] <= _MOST_AXES
    moments = Moments.of(rows, weight, diagonal=not few)
    axes = np.linalg.eigh(moments.scatter)[1] if few else None
    along = np.zeros(weight.shape)
    for j in np.flatnonzero(moments.count).tolist():
        deviation = rows - moments.mean[j]
        places = deviation if axes is None else np.hstack([deviation @ axes[j], deviation])
        squares, share = np.square(places), weight[:, j] / moments.count[j]
        variance = share @ squares
        fourth = share @ np.square(squares)
        known = variance > max(_FLAT * variance.max(), _VANISHING)
        kurtosis = np.full(len(variance), _OF_A_BELL)
        np.divide(fourth, np.square(variance), out=kurtosis, where=known)
        unlike = np.abs(np.log(kurtosis / _OF_A_BELL)).argmax()
        along[:, j] = places[:, unlike]
    return along


def _halves_along(place: FloatArray, weight: FloatArray) -> BoolArray:
    """Which rows lie in the upper of two groups along each direction, (n, k).

    The groups are those of k-means along it, from the halves about the mean. None do where all
    rows are in one.
    """
    upper: BoolArray = place > 0.0
    total = weight.sum(axis=0)
    moment = np.einsum("nk,nk->k", weight, place)
    for _ in range(_STEPS):
        above = np.einsum("nk,nk->k", weight, upper)
        moment_above = np.einsum("nk,nk,nk->k", weight, upper, place)
        two = (above > 0.0) & (above < total)
        center = np.divide(moment_above, above, out=np.zeros_like(total), where=two)
        other = np.divide(moment - moment_above, total - above, out=center.copy(), where=two)
        before, upper = upper, (place > 0.5 * (center + other)) & two
        if (before == upper).all():
            break
    return upper
