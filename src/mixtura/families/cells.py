"""Cells of columns that are independent in a component: those that are missing are left out.

A sum over the rows is then one over the observed cells, and there are as many rows as observed
cells: a number for each column.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from mixtura.patterns import has_gaps
from mixtura.typing import FloatArray

__all__ = ["Cells"]


@dataclass(frozen=True, eq=False)
class Cells:
    """The cells of rows (n, d).

    Attributes
    ----------
    values : ndarray of shape (n, d)
        0 where a cell is missing.
    observed : ndarray of shape (n, d) or None
        1 where a cell is observed, else 0; None where all are.

    Examples
    --------
    >>> cells = Cells.of(np.array([[1.0, np.nan], [2.0, 3.0]]))
    >>> cells.sums(np.ones((2, 1))), cells.counts(np.ones((2, 1)))
    (array([[3., 3.]]), array([[2., 1.]]))
    """

    values: FloatArray
    observed: FloatArray | None

    @classmethod
    def of(cls, X: FloatArray) -> Self:
        """Those of rows in which NaN is a missing cell."""
        if not has_gaps(X):
            return cls(X, None)
        missing = np.isnan(X)
        return cls(np.where(missing, 0.0, X), 1.0 - missing)

    def counts(self, resp: FloatArray) -> FloatArray:
        """Weighted numbers of observed cells, (k, d); (k, 1) where all are, as many as rows."""
        if self.observed is None:
            return np.asarray(resp.sum(axis=0)[:, None])
        return np.asarray(resp.T @ self.observed)

    def sums(self, resp: FloatArray) -> FloatArray:
        """Weighted sums of the cells, (k, d)."""
        return np.asarray(resp.T @ self.values)

    def over_columns(self, values: FloatArray) -> FloatArray:
        """Sums of values (k, d) over the observed columns, (n, k); (1, k) where all are."""
        if self.observed is None:
            return np.asarray(values.sum(axis=1)[None])
        return np.asarray(self.observed @ values.T)

    def filled(self, stand_ins: FloatArray) -> FloatArray:
        """The rows with stand-ins (d,) in place of missing cells."""
        if self.observed is None:
            return self.values
        return np.where(self.observed == 1.0, self.values, stand_ins)

    def counted(self, values: FloatArray) -> FloatArray:
        """Values (n, d) with 0 in place of those of missing cells."""
        return values if self.observed is None else values * self.observed
