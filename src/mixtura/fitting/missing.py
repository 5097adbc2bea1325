"""What to know of a fit to rows with missing cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mixtura.kernels.estep_dispatch import scorer
from mixtura.mixture import Mixture
from mixtura.sources import Chunk, Source
from mixtura.starts.training_rows import TrainingRows
from mixtura.typing import FloatArray

__all__ = ["MissingCells", "missing_cells"]


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


def missing_cells(
    mixture: Mixture[Any, Any], source: Source, table: TrainingRows
) -> MissingCells | None:
    """Those of the rows that a mixture was fitted to; None where no cell is missing.

    Rows without any cell are told of, though they were left out.
    """
    gaps, n_empty = table.summary.gaps, table.n_empty
    if not (gaps or n_empty):
        return None
    seen = scorer(mixture)

    def doubts(chunk: Chunk) -> FloatArray:
        """Weight and weighted uncertainty of complete rows, and of the others, (2, 2)."""
        _, certainty = seen.densities_and_certainties(chunk.rows)
        doubt = np.stack([chunk.weight, chunk.weight * (1.0 - certainty)])
        gappy = np.isnan(chunk.rows).any(axis=1)
        return np.stack([doubt[:, ~gappy].sum(axis=1), doubt[:, gappy].sum(axis=1)])

    (complete, of_complete), (weight, of_gappy) = source.map_reduce(doubts).tolist()
    of_empty = n_empty * (1.0 - float(mixture.weights.max()))
    return MissingCells(
        tuple((gaps.cells + n_empty).tolist()),
        gaps.n_rows + n_empty,
        n_empty,
        table.summary.n_rows + n_empty,
        (of_gappy + of_empty) / (weight + n_empty),
        of_complete / complete if complete > 0.0 else None,
    )
