"""What missing cells are taken to be in the first step, which has no parameters to tell it.

Each is expected at the mean of its column, and as uncertain as a cell of that column is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mixtura.errors import DataError
from mixtura.statistics import Moments
from mixtura.typing import FloatArray

__all__ = ["FirstFill", "first_fill"]


@dataclass(frozen=True, eq=False)
class FirstFill:
    """Of the observed cells of each column of a whole table.

    Attributes
    ----------
    means, variances : ndarray of shape (d,)
    """

    means: FloatArray
    variances: FloatArray

    def filled(self, X: FloatArray, resp: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Rows (n, d) with no cell missing.

        Returns
        -------
        rows : ndarray of shape (n, d)
        resp : ndarray of shape (n, k)
            Their weighted responsibilities: 0 for rows of which no cell is observed.
        spread : ndarray of shape (k, d)
            The sum of the variances of what was missing.
        """
        missing = np.isnan(X)
        likely = np.where(missing.all(axis=1, keepdims=True), 0.0, resp)
        rows = np.where(missing, self.means, X)
        return rows, likely, (likely.T @ missing) * self.variances

    def moments(self, X: FloatArray, resp: FloatArray, *, diagonal: bool) -> Moments:
        """Those expected of rows with missing cells."""
        rows, likely, spread = self.filled(X, resp)
        seen = Moments.of(rows, likely, diagonal=diagonal)
        own = spread if diagonal else spread[:, :, None] * np.eye(X.shape[1])
        return Moments(seen.count, seen.mean, seen.scatter + own)


def first_fill(whole: FirstFill | None) -> FirstFill:
    """The same, where there has to be one."""
    if whole is None:
        raise DataError(
            "Some cells are missing, and the family has no 'whole' that tells the means and "
            "variances of the columns. The first step needs them."
        )
    return whole
