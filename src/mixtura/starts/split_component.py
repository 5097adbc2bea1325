"""A fitted mixture with one component cut in two: where a larger one can begin."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from mixtura import em
from mixtura.fitting.random_streams import Purpose
from mixtura.mixture import Mixture
from mixtura.selection.scores import score
from mixtura.starts.centers import k_means, nearest_center
from mixtura.starts.given import given_responsibilities
from mixtura.starts.sample import Sample
from mixtura.starts.training_rows import TrainingRows
from mixtura.typing import FloatArray

__all__ = ["best_split"]


def best_split(smaller: Mixture[Any, Any], table: TrainingRows, seed: int) -> FloatArray:
    """Responsibilities after one cluster is cut in two: by the cut of the likeliest M-step.

    Parameters
    ----------
    smaller : Mixture
        Fitted to the rows.
    table : TrainingRows
    seed : int
        Fixes how components are cut.

    Returns
    -------
    ndarray of shape (n, k + 1), or (n, k + 2) with noise
    """
    source = table.source(1)

    def height(split: FloatArray) -> float:
        first = em.begin(smaller.family, source, given_responsibilities(split))
        return score(first, source).log_likelihood

    return max(_splits(smaller, table, seed), key=height)


def _splits(mixture: Mixture[Any, Any], table: TrainingRows, seed: int) -> Iterator[FloatArray]:
    """Each component in turn cut in two by k-means on its share of the rows."""
    embedding = mixture.clusters.family.embedding
    places = table.embedded(embedding)
    source, summary = places.source(1), places.summary
    rows = np.ascontiguousarray(places.rows, dtype=np.float64)
    rows = (rows - summary.moments.mean[0]) / summary.scales
    resp = mixture.responsibilities(np.ascontiguousarray(table.rows, dtype=np.float64))
    weight = resp if table.weight is None else table.weight[:, None] * resp
    for j in np.flatnonzero(mixture.clusters.weights):
        rng = np.random.default_rng((seed, Purpose.SPLIT, int(j)))
        centers = k_means(Sample(rows, np.ascontiguousarray(weight[:, j])), 2, rng)
        halves = np.concatenate(list(source.map(nearest_center(centers, summary))))
        share = resp[:, j, None] * halves
        whole, noise = np.delete(resp, j, axis=1), resp[:, mixture.n_clusters :]
        yield np.column_stack([whole[:, : mixture.n_clusters - 1], share, noise])
