"""How high the highest hill is, in the columns that a row has.

The density of a row that misses cells is that of its other cells, in their units: what it is a
share of is the height of the highest hill of the mixture in these columns alone.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mixtura.explain.conditional import marginal
from mixtura.explain.modes import find_modes
from mixtura.mixture import Mixture
from mixtura.patterns import Patterns
from mixtura.typing import AnyArray, BoolArray, FloatArray

__all__ = ["Peaks"]


class Peaks:
    """The heights of the highest hills of a mixture, in whichever columns.

    Parameters
    ----------
    mixture : Mixture

    Examples
    --------
    >>> import mixtura as mx
    >>> gm = mx.GaussianMixture().fit([[-1.0, -3.0], [-1.0, 3.0], [1.0, -3.0], [1.0, 3.0]])
    >>> peaks = Peaks(gm.mixture_).log_density(np.array([[0.0, 0.0], [np.nan, 0.0]]))
    >>> np.exp(-peaks) / np.sqrt(2.0 * np.pi)  # the product of both deviations, and one of them
    array([7.51988482, 3.        ])
    """

    def __init__(self, mixture: Mixture[Any, Any]) -> None:
        self._whole = mixture
        self._known: dict[bytes, float] = {}
        _ = self._height(np.ones(mixture.n_features, dtype=np.bool_))

    def log_density(self, rows: AnyArray) -> FloatArray:
        """On the highest hill in the columns that each row has, (n,); 0 of rows without cells."""
        heights = np.empty(len(rows))
        for pattern in Patterns.of(rows):
            heights[pattern.rows] = self._height(~np.isnan(rows[pattern.rows[0]]))
        return heights

    def _height(self, columns: BoolArray) -> float:
        key = columns.tobytes()
        if key not in self._known:
            self._known[key] = self._highest(np.flatnonzero(columns)) if columns.any() else 0.0
        return self._known[key]

    def _highest(self, places: AnyArray) -> float:
        whole = self._whole
        mixture = whole if len(places) == whole.n_features else marginal(whole, places)
        hills = find_modes(mixture)
        if len(hills):
            return float(hills.log_density[0])
        # All is noise, whose density is the same everywhere.
        return float(mixture.log_density(np.zeros((1, len(places))))[0])
