"""What to know of a fit to rows with missing cells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from mixtura.kernels.estep_dispatch import scorer
from mixtura.mixture import Mixture
from mixtura.sources import Chunk, Summary
from mixtura.typing import FloatArray

__all__ = ["MissingCells", "doubts", "missing_cells"]


@dataclass(frozen=True)
class MissingCells:
    """How many cells are missing, and how sure the assignments of such rows are.

    Attributes
    ----------
    cells : tuple of int
        Missing cells of each column.
    n_rows : int
        Rows with a missing cell.
    n_empty : int
        Rows with nothing else: they belong to the components by the mixing weights.
    n_total : int
        All rows.
    uncertainty : float
        Mean probability of any other component than the likeliest, over the rows with a missing
        cell by their weights.
    uncertainty_complete : float or None
        The same over the complete rows; None without any.
    """

    cells: tuple[int, ...]
    n_rows: int
    n_empty: int
    n_total: int
    uncertainty: float
    uncertainty_complete: float | None

    @property
    def n_cells(self) -> int:
        """Missing cells of all columns."""
        return sum(self.cells)


def doubts(mixture: Mixture[Any, Any]) -> Callable[[Chunk], FloatArray]:
    """Gives weight and weighted uncertainty of a chunk's complete rows, and of the others, (2, 2).

    They add.
    """
    seen = scorer(mixture)

    def of(chunk: Chunk) -> FloatArray:
        _, certainty = seen.densities_and_certainties(chunk.rows)
        doubt = np.stack([chunk.weight, chunk.weight * (1.0 - certainty)])
        gappy = np.isnan(chunk.rows).any(axis=1)
        return np.stack([doubt[:, ~gappy].sum(axis=1), doubt[:, gappy].sum(axis=1)])

    return of


def missing_cells(
    mixture: Mixture[Any, Any], summary: Summary, n_empty: int, doubt: FloatArray | None
) -> MissingCells | None:
    """Those of the rows that a mixture was fitted to; None where no cell is missing.

    Parameters
    ----------
    mixture : Mixture
    summary : Summary
        Of the rows.
    n_empty : int
        Rows without any cell, which are told of, though they were left out.
    doubt : ndarray of shape (2, 2) or None
        That of `doubts` over all rows; None where it was not asked for.
    """
    gaps = summary.gaps
    if doubt is None or not (gaps or n_empty):
        return None
    (complete, of_complete), (weight, of_gappy) = doubt.tolist()
    of_empty = n_empty * (1.0 - float(mixture.weights.max()))
    return MissingCells(
        tuple((gaps.cells + n_empty).tolist()),
        gaps.n_rows + n_empty,
        n_empty,
        summary.n_rows + n_empty,
        (of_gappy + of_empty) / (weight + n_empty),
        of_complete / complete if complete > 0.0 else None,
    )
