"""The rows that starts look at: a bounded sample, in units of each feature's deviation.

Rows are drawn by inverting the cumulative weights, so that a row of weight 2 is as likely as the
same row twice and the same random numbers choose the same rows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Self, TypeAlias

import numpy as np

from mixtura.em import Start
from mixtura.sources.source import Source
from mixtura.sources.summary import Summary
from mixtura.starts.hierarchy import Hierarchy, hierarchy
from mixtura.typing import FloatArray

__all__ = ["MakeStart", "Sample", "draw_rows"]

#: Rows on which centers are chosen: enough for any number of components that one would look at.
SAMPLE_ROWS = 20_000


@dataclass(frozen=True)
class Sample:
    """Rows to choose centers from, in units of each feature's standard deviation.

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
    return Sample(summary.standardized(rows), weight)


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


#: Makes a start for k components from a sample of the rows and a random generator.
MakeStart: TypeAlias = Callable[[Sample, Summary, int, np.random.Generator], Start]
