"""Rows that belong to the nearest of some centers: the commonest start, and a step of k-means."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mixtura.assignments import one_hot
from mixtura.sources.source import Chunk
from mixtura.typing import FloatArray

__all__ = ["NearestCenter", "squared_distances"]


@dataclass(frozen=True, eq=False)
class NearestCenter:
    """First responsibilities that give each row to the nearest of k centers.

    Attributes
    ----------
    centers : ndarray of shape (k, d)
        In units of the features, from their origins.
    origin, unit : ndarray of shape (d,)
        In the unit of the rows.
    """

    centers: FloatArray
    origin: FloatArray
    unit: FloatArray

    def __call__(self, chunk: Chunk) -> FloatArray:
        rows = (chunk.X - self.origin) / self.unit
        return one_hot(squared_distances(rows, self.centers).argmin(axis=1), len(self.centers))


def squared_distances(rows: FloatArray, centers: FloatArray) -> FloatArray:
    """Squared distance of each row (n, d) to each center (k, d), (n, k)."""
    distances = np.empty((len(rows), len(centers)))
    for j, center in enumerate(centers):
        deviation = rows - center
        np.einsum("nd,nd->n", deviation, deviation, out=distances[:, j])
    return distances
