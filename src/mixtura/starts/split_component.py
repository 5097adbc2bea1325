"""A fitted mixture with one component cut in two: where a larger one can begin."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from mixtura.fitting.random_streams import Purpose
from mixtura.kernels.estep_dispatch import scorer
from mixtura.mixture import Mixture
from mixtura.starts.centers import k_means
from mixtura.starts.nearest_center import squared_distances
from mixtura.starts.sample import Sample
from mixtura.starts.training_rows import TrainingRows
from mixtura.typing import FloatArray

__all__ = ["splits"]


def splits(mixture: Mixture[Any, Any], table: TrainingRows, seed: int) -> Iterator[FloatArray]:
    """Responsibilities after each cluster in turn is cut in two, by k-means on its share of rows.

    Parameters
    ----------
    mixture : Mixture
        Fitted to the rows.
    table : TrainingRows
    seed : int
        Fixes how clusters are cut.

    Yields
    ------
    ndarray of shape (n, k + 1), or (n, k + 2) with noise
        For each cluster that has any weight.
    """
    embedding = mixture.clusters.family.embedding
    places = table.embedded(embedding)
    summary = places.summary
    rows = np.ascontiguousarray(places.rows, dtype=np.float64)
    rows = (rows - summary.moments.mean[0]) / summary.scales
    resp = scorer(mixture).responsibilities(np.ascontiguousarray(table.rows))
    weight = resp if table.weight is None else table.weight[:, None] * resp
    k, rng = mixture.n_clusters, np.random.default_rng((seed, Purpose.SPLIT))
    for j in np.flatnonzero(mixture.clusters.weights):
        centers = k_means(Sample(rows, np.ascontiguousarray(weight[:, j])), 2, rng)
        share = resp[:, j] * squared_distances(rows, centers).argmin(axis=1)
        split = np.column_stack([resp[:, :k], share, resp[:, k:]])
        split[:, j] -= share
        yield split
