"""The missing cells of a table, and how sure the assignments of rows with gaps are."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from mixtura.report.summaries import Floats


@dataclass(frozen=True, eq=False)
class Gaps:
    """Counts and sums over rows; those of two blocks of rows can be added.

    Attributes
    ----------
    cells : (d,) integer array
        Missing cells of each column.
    n_rows : int
        Rows with a missing cell.
    n_empty : int
        Rows with nothing else.
    weight : (2,) array
        Of the complete rows, and of the rows with a missing cell.
    doubt : (2,) array
        The uncertainty of these rows, summed by weight.
    empty_weight : float
        Of the rows without any cell.
    """

    cells: NDArray[np.intp]
    n_rows: int
    n_empty: int
    weight: Floats
    doubt: Floats
    empty_weight: float

    @classmethod
    def none(cls, d: int) -> Self:
        """Those of no rows of d columns."""
        return cls(np.zeros(d, dtype=np.intp), 0, 0, np.zeros(2), np.zeros(2), 0.0)

    @classmethod
    def of(cls, X: Floats, uncertain: Floats, weight: Floats) -> Self:
        """Those of rows (n, d) with these uncertainties (n,) and weights (n,)."""
        missing = np.isnan(X)
        gappy, empty = missing.any(axis=1), missing.all(axis=1)
        weights, doubts = (
            np.array([of_rows[~gappy].sum(), of_rows[gappy].sum()])
            for of_rows in (weight, weight * uncertain)
        )
        n_rows, n_empty = int(gappy.sum()), int(empty.sum())
        return cls(
            missing.sum(axis=0), n_rows, n_empty, weights, doubts, float(weight[empty].sum())
        )

    def __add__(self, other: Self) -> Self:
        return type(self)(
            self.cells + other.cells,
            self.n_rows + other.n_rows,
            self.n_empty + other.n_empty,
            self.weight + other.weight,
            self.doubt + other.doubt,
            self.empty_weight + other.empty_weight,
        )

    def document(self, columns: NDArray[np.intp]) -> dict[str, object] | None:
        """What a page tells of them, by column of those drawn; None without any."""
        if self.n_rows == 0:
            return None
        complete, gappy = (
            float(doubt / weight) if weight > 0.0 else None
            for doubt, weight in zip(self.doubt, self.weight, strict=True)
        )
        return {
            "cells": self.cells[columns],
            "cells_in_all": self.cells.sum(),
            "columns": np.count_nonzero(self.cells),
            "rows": self.n_rows,
            "empty": self.n_empty,
            "empty_weight": self.empty_weight,
            "uncertainty": gappy,
            "uncertainty_complete": complete,
        }
