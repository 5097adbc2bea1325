"""How many rows the clusters have, and how sure these are of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from mixtura.typing import AnyArray, IntArray

__all__ = ["Tally"]


@dataclass(frozen=True, eq=False)
class Tally:
    """Rows that are assigned, counted; those of two parts of a table merge.

    Attributes
    ----------
    rows : ndarray of shape (k + 1,)
        Assigned to each cluster, and last those that are noise.
    sizes : ndarray of shape (k + 1,)
        What these rows count.
    sure, doubt : float
        What rows count that are sure of their cluster; uncertainties, each times what its row does.
    unlike : float
        What rows count that are unlike the model.
    weighted : bool
        Whether rows have weights.
    """

    rows: IntArray
    sizes: AnyArray
    sure: float
    doubt: float
    unlike: float
    weighted: bool

    def __add__(self, other: Self) -> Self:
        return type(self)(
            self.rows + other.rows,
            self.sizes + other.sizes,
            self.sure + other.sure,
            self.doubt + other.doubt,
            self.unlike + other.unlike,
            self.weighted,
        )

    @property
    def share_sure(self) -> float:
        return float(self.sure / np.sum(self.sizes))

    @property
    def share_unlike(self) -> float:
        return float(self.unlike / np.sum(self.sizes))

    @property
    def mean_uncertainty(self) -> float:
        return float(self.doubt / np.sum(self.sizes))
