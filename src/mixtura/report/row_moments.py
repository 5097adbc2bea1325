"""Means and standard deviations of the rows of each cluster, to stand beside those of the model.

They are the same only where the model is free to follow its rows: not under a structure that
clusters share, nor under a prior, nor for another table. Of numbers so large that their squares
are none, nothing is told.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from mixtura.report.summaries import Floats


@dataclass(frozen=True, eq=False)
class RowMoments:
    """Of the observed cells of each column, (k, d) each; those of two blocks of rows can be added.

    Attributes
    ----------
    count : (k, d) array
        What the rows count for each cluster: weight times probability.
    mean : (k, d) array
    scatter : (k, d) array
        Sums of squares about these means (Chan, Golub and LeVeque 1983).
    """

    count: Floats
    mean: Floats
    scatter: Floats

    @classmethod
    def none(cls, k: int, d: int) -> Self:
        """Those of no rows."""
        return cls(*np.zeros((3, k, d)))

    @classmethod
    def of(cls, X: Floats, shares: Floats) -> Self:
        """Those of rows (n, d), each counted for the clusters by its shares (n, k)."""
        observed = ~np.isnan(X)
        count, n = shares.T @ observed, np.maximum(observed.sum(axis=0), 1)
        with np.errstate(over="ignore", invalid="ignore"):
            center = X.sum(axis=0, where=observed) / n
            about = np.where(observed, X - center, 0.0)
            shift = _ratio(shares.T @ about, count)
            square = _ratio(shares.T @ np.square(about), count)
            scatter = count * np.maximum(square - np.square(shift), 0.0)
            return cls(count, center + shift, scatter)

    def __add__(self, other: Self) -> Self:
        count = self.count + other.count
        share = _ratio(other.count, count)
        with np.errstate(over="ignore", invalid="ignore"):
            delta = other.mean - self.mean
            between = self.count * share * np.square(delta)
            scatter = self.scatter + other.scatter + between
            return type(self)(count, self.mean + share * delta, scatter)

    @property
    def deviation(self) -> Floats:
        """Standard deviations, (k, d)."""
        return np.sqrt(_ratio(self.scatter, self.count))


def _ratio(a: Floats, b: Floats) -> Floats:
    """a / b, 0 where nothing counts."""
    ratio: Floats = np.divide(a, b, out=np.zeros_like(a), where=b > 0.0)
    return ratio
