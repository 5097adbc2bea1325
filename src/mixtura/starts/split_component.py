"""A mixture with one component cut in two, or two made one: where others can begin.

Mixtures of k components that grow from those of k - 1, by the cut that gains the most, end in
the best known optimum far more often than mixtures from any cut of the rows alone. (Ueda and others
2000, "SMEM algorithm for mixture models", split and merge components of one mixture; so do
Verbeek and others 2003, "Efficient greedy learning of Gaussian mixture models".)

Nothing here is random: a component is cut across the longest axis of its rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np

from mixtura import em
from mixtura.errors import DegenerateError
from mixtura.families.family import Family
from mixtura.kernels.estep_dispatch import scorer
from mixtura.mixing_weights import FREE, Mixing
from mixtura.mixture import Mixture
from mixtura.selection.scores import mean_log_density
from mixtura.starts.given import given_responsibilities
from mixtura.starts.training_rows import TrainingRows
from mixtura.statistics import Moments
from mixtura.typing import BoolArray, FloatArray

__all__ = ["cuts", "merges", "splits"]

# Steps of k-means along an axis, which settle soon.
_STEPS = 20


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
    resp, upper = _halved(smaller, table)
    own, rest = resp[:, :k], resp[:, k:]
    # All halves at once: the upper ones, the lower ones, and one of nothing.
    halves = np.column_stack([own * upper, own * ~upper, np.zeros(len(own)), rest])
    known = em.gather(family, source, given_responsibilities(halves))
    mixtures, heights = [], []
    failure = DegenerateError("No component has rows to be cut in two: use fewer components.")
    for j in np.flatnonzero(upper.any(axis=0)).tolist():
        others = [i for i in range(k) if i != j]
        first = np.array([*others, j, k + j])
        second = np.array([*(k + i for i in others), 2 * k, 2 * k])
        statistics = known.statistics.take(first) + known.statistics.take(second)
        counts = np.append(known.counts[first] + known.counts[second], known.counts[2 * k + 1 :])
        try:
            params = family.maximize(statistics, None)
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
    resp, upper = _halved(mixture, table)
    own, noise = resp[:, : mixture.n_clusters], resp[:, mixture.n_clusters :]
    for j in np.flatnonzero(upper.any(axis=0)):
        half = upper[:, j]
        others = np.delete(own, j, axis=1)
        yield np.column_stack([others, own[:, j] * half, own[:, j] * ~half, noise])


def _halved(mixture: Mixture[Any, Any], table: TrainingRows) -> tuple[FloatArray, BoolArray]:
    """Responsibilities, and which rows lie in the upper half of each component, (n, k)."""
    places = table.embedded(mixture.clusters.family.embedding)
    summary = places.summary
    rows = np.ascontiguousarray(places.rows, dtype=np.float64)
    rows = (rows - summary.moments.mean[0]) / summary.scales
    resp = scorer(mixture).responsibilities(np.ascontiguousarray(table.rows))
    own = resp[:, : mixture.n_clusters]
    return resp, _upper_halves(rows, table.row_weights[:, None] * own)


def _upper_halves(rows: FloatArray, weight: FloatArray) -> BoolArray:
    """Which rows lie in the upper of two groups along each component's longest axis, (n, k).

    The groups are those of k-means along the axis, from the halves about the mean. None do where
    a component has no two different rows.
    """
    moments = Moments.of(rows, weight, diagonal=False)
    axes = np.linalg.eigh(moments.scatter)[1][:, :, -1]
    place = rows @ axes.T - np.einsum("kd,kd->k", moments.mean, axes)
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
