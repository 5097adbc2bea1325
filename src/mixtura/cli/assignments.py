"""How surely each row belongs to each component, and the file that says so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from mixtura.cli.tally import Tally
from mixtura.kernels.estep_dispatch import scorer
from mixtura.mixture import Mixture
from mixtura.sources import ArraySource, Chunk, block_rows
from mixtura.typing import AnyArray, FloatArray, IntArray

__all__ = ["SURE", "Assignments", "assign"]

#: A row is sure of its component if it belongs to it with more than this probability.
SURE = 0.95

_ROWS_AT_ONCE = 100_000


@dataclass(frozen=True)
class Assignments:
    """Soft assignments of the rows of a table.

    Attributes
    ----------
    clusters : ndarray of shape (n,)
        Number of the likeliest component, counted from 0 as Python's `predict` does, -1 for
        noise.
    responsibilities : ndarray of shape (n, k), or (n, k + 1) with noise
    n_clusters : int
        k.
    weight : ndarray of shape (n,), optional
        How often each of the rows counts; by default once.
    start : int
        Rows of the table before these.
    """

    clusters: IntArray
    responsibilities: FloatArray
    n_clusters: int
    weight: FloatArray | None = None
    start: int = 0

    @cached_property
    def uncertainty(self) -> FloatArray:
        """Probability that the row belongs to another component, (n,)."""
        uncertainty: FloatArray = 1.0 - self.responsibilities.max(axis=1)
        return uncertainty

    @cached_property
    def tally(self) -> Tally:
        """The rows, counted."""
        k, places = self.n_clusters, np.where(self.clusters < 0, self.n_clusters, self.clusters)
        weight = np.ones(len(places)) if self.weight is None else self.weight
        return Tally(
            np.bincount(places, minlength=k + 1),
            np.bincount(places, self.weight, minlength=k + 1),
            float(weight @ (self.uncertainty < 1.0 - SURE)),
            float(weight @ self.uncertainty),
            self.weight is not None,
        )

    def blocks(self) -> Iterator[pl.DataFrame]:
        """A row for each of the table, some at a time."""
        n = len(self.clusters)
        for start in range(0, n, _ROWS_AT_ONCE):
            yield pl.DataFrame(self.columns(slice(start, min(start + _ROWS_AT_ONCE, n))))

    def columns(self, here: slice) -> dict[str, AnyArray]:
        """Those of some rows, as they are written."""
        names = [f"p{j}" for j in range(self.n_clusters)] + ["noise"]
        return {
            "row": np.arange(here.start, here.stop) + (self.start + 1),
            "cluster": self.clusters[here],
            "uncertainty": self.uncertainty[here],
            **dict(zip(names, self.responsibilities[here].T, strict=False)),
        }


def assign(
    mixture: Mixture[Any, Any],
    rows: AnyArray,
    weight: FloatArray | None = None,
    start: int = 0,
) -> Assignments:
    """Assign every row of a table, or of a part of one that begins after so many rows."""
    source = ArraySource(rows, None, block_rows(rows.shape[1], mixture.n_components))
    seen = scorer(mixture)
    likeliest = np.empty(len(rows), dtype=np.intp)
    resp = np.empty((len(rows), mixture.n_components))

    def assigned(chunk: Chunk) -> None:
        # Labels have their own way: responsibilities may tie where log-densities do not.
        here = slice(chunk.start, chunk.start + len(chunk.rows))
        likeliest[here], resp[here] = seen.labels(chunk.rows), seen.responsibilities(chunk.rows)

    for _ in source.map(assigned):
        pass
    clusters = mixture.as_labels(likeliest)
    return Assignments(clusters, resp, mixture.n_clusters, weight, start)
