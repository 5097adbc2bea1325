"""The hill that each row climbs to, and how probable each hill is for it.

A row climbs as the summits were found, by steps that never go down. Where cells are missing there
is no place to begin from, and a row that lies beyond all numbers sees no slope: such a row is on
its likeliest hill. The probability of a hill is that of the components that are on it together.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mixtura.explain.climbing import climb, nearest
from mixtura.explain.modes import Modes
from mixtura.explain.slopes import Slopes
from mixtura.kernels.estep_dispatch import scorer
from mixtura.mixture import Mixture
from mixtura.typing import AnyArray, BoolArray, FloatArray, IntArray

__all__ = ["Hills"]

_TILE = 1 << 18  # numbers that are held at once for each feature of a row


class Hills:
    """The hills of a mixture, as rows see them.

    Parameters
    ----------
    mixture : Mixture
    modes : Modes
        Its hills.

    Examples
    --------
    >>> import numpy as np
    >>> from mixtura.explain.modes import find_modes
    >>> from mixtura.families import Gaussian, GaussianParameters
    >>> from mixtura.families.gaussian.structures import VVI, AxisCovariances
    >>> means = np.array([[0.0], [9.0], [1.0]])
    >>> params = GaussianParameters(means, AxisCovariances(np.ones((3, 1))))
    >>> mixture = Mixture(Gaussian(VVI, np.zeros(1)), params, np.full(3, 1 / 3))
    >>> hills = Hills(mixture, find_modes(mixture))
    >>> hills.of(np.array([[-1.0], [2.0], [6.0]]))
    array([0, 0, 1])
    """

    def __init__(self, mixture: Mixture[Any, Any], modes: Modes) -> None:
        self.modes, self._whole, self._scorer = modes, mixture, scorer(mixture)
        self._slopes = Slopes(mixture) if len(modes) else None

    @property
    def n_columns(self) -> int:
        """Columns of the probabilities: the hills, and the noise if there is any."""
        return len(self.modes) + self._whole.n_components - self._whole.n_clusters

    def probabilities(self, rows: AnyArray) -> FloatArray:
        """Of each hill for each row (n, d), (n, m), or (n, m + 1) with noise."""
        resp = np.asarray(self._scorer.responsibilities(rows), dtype=np.float64)
        k = self._whole.n_clusters
        shares = np.zeros((len(rows), self.n_columns))
        shares[:, len(self.modes) :] = resp[:, k:]
        for j, hill in enumerate(self.modes.of_component.tolist()):
            if hill >= 0:
                shares[:, hill] += resp[:, j]
        return shares

    def of(self, rows: AnyArray) -> IntArray:
        """The number of each row's hill, (n,); -1 where there are none, since all is noise."""
        if self._slopes is None:
            return np.full(len(rows), -1)
        likeliest = self.probabilities(rows)[:, : len(self.modes)].argmax(axis=1)
        places = np.asarray(rows, dtype=np.float64)
        sloping = self._sloping(self._slopes, places)
        likeliest[sloping] = self._climbed(self._slopes, places[sloping])
        return np.asarray(likeliest)

    @staticmethod
    def _sloping(slopes: Slopes, places: FloatArray) -> BoolArray:
        complete = np.asarray(~np.isnan(places).any(axis=1))
        complete[complete] = np.isfinite(slopes.log_density(places[complete]))
        return complete

    def _climbed(self, slopes: Slopes, places: FloatArray) -> IntArray:
        size = max(1, _TILE // (slopes.locations.size + places.shape[1] ** 2))
        numbers = np.empty(len(places), dtype=np.intp)
        for start in range(0, len(places), size):
            tile = slice(start, start + size)
            ends = climb(slopes, places[tile], self.modes.points)
            numbers[tile] = nearest(slopes, ends, self.modes.points)
        return numbers
