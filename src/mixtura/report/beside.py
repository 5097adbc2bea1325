"""Columns that the model does not know, beside its clusters: how often which level in which one."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from mixtura.report.summaries import BesideColumn, Floats
from mixtura.typing import IntArray

MOST = 12  # tables


@dataclass(frozen=True, eq=False)
class CrossTables:
    """Rows by level and by the cluster that is their likeliest; those of two blocks can be added.

    Attributes
    ----------
    counts : tuple of (levels, k) arrays
        What the rows count.
    """

    counts: tuple[Floats, ...]

    @classmethod
    def none(cls, columns: Sequence[BesideColumn], k: int) -> Self:
        """Those of no rows."""
        return cls(tuple(np.zeros((len(column.levels), k)) for column in columns))

    def with_rows(
        self, columns: Sequence[BesideColumn], here: slice, likeliest: IntArray, weight: Floats
    ) -> Self:
        """And those of some more rows, with their clusters and weights."""
        return type(self)(
            tuple(
                counts + _counted(column.codes[here], likeliest, weight, counts.shape)
                for column, counts in zip(columns, self.counts, strict=True)
            )
        )

    def ranked(self) -> list[int]:
        """Places of the columns, that which the clusters have most to do with first."""
        return sorted(range(len(self.counts)), key=lambda place: -association(self.counts[place]))


def association(counts: Floats) -> float:
    """Cramer's V of a table of counts, from 0 to 1, without its bias (Bergsma 2013)."""
    counts = counts[counts.sum(axis=1) > 0.0][:, counts.sum(axis=0) > 0.0]
    (r, c), n = counts.shape, float(counts.sum())
    if min(r, c) < 2 or n <= 1.0:
        return 0.0
    expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / n
    phi = float((np.square(counts - expected) / expected).sum()) / n
    least = min(r - (r - 1) ** 2 / (n - 1.0), c - (c - 1) ** 2 / (n - 1.0)) - 1.0
    excess = phi - (r - 1) * (c - 1) / (n - 1.0)
    return math.sqrt(excess / least) if excess > 0.0 and least > 0.0 else 0.0


def _counted(codes: Floats, likeliest: IntArray, weight: Floats, shape: tuple[int, ...]) -> Floats:
    levels, k = shape
    observed = ~np.isnan(codes)
    places = codes[observed].astype(np.intp) * k + likeliest[observed]
    counted = np.bincount(places, weight[observed], minlength=levels * k).reshape(shape)
    return counted.astype(np.float64)
