"""How typical rows are of a mixture: the share of its own rows that are as unlikely, or more so.

It is the p-value of a test whether a row is of the mixture at all, by its density (Aitchison and
Dunsmore 1975, "Statistical Prediction Analysis", section 11; "typicality" since Campbell 1984):
1 for the likeliest row, and evenly distributed over rows of the mixture. Responsibilities only say
which component explains a row best, and may be certain of one that explains it badly.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mixtura.fitting.random_streams import Purpose
from mixtura.kernels.estep_dispatch import scorer
from mixtura.mixture import Mixture
from mixtura.patterns import Patterns
from mixtura.typing import AnyArray, FloatArray

__all__ = ["UNLIKE", "Typicality"]

#: A row that is less typical than this is unlike the mixture: one in a thousand of its own is.
UNLIKE = 1e-3

# Rows drawn from the mixture, and cells of them at most.
_DRAWN, _FEWEST, _CELLS = 9_999, 1_999, 20_000_000

# Patterns of missing cells, each of which takes as many densities as rows are drawn.
_MOST_PATTERNS = 1_000


@dataclass(eq=False)
class Typicality:
    """Rows of a mixture, drawn once, to compare others with.

    Attributes
    ----------
    mixture : Mixture

    Examples
    --------
    >>> import numpy as np
    >>> import mixtura as mx
    >>> rng = np.random.default_rng(0)
    >>> gm = mx.GaussianMixture().fit(rng.normal(size=(500, 1)))
    >>> Typicality(gm.mixture_).of(np.array([[0.1], [9.0]])).round(1)
    array([0.9, 0. ])
    """

    mixture: Mixture[Any, Any]
    _known: dict[Hashable, FloatArray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._seen = scorer(self.mixture)
        rng = np.random.default_rng((0, Purpose.TYPICALITY))
        self._rows, _ = self.mixture.sample(self.n_drawn, rng)

    @property
    def n_drawn(self) -> int:
        """How many rows others are compared with."""
        return max(_FEWEST, min(_DRAWN, _CELLS // self.mixture.n_features))

    def of(self, rows: AnyArray, log_density: FloatArray | None = None) -> FloatArray:
        """That of rows (n, d), (n,), each compared in the cells that it has.

        NaN where more patterns of missing cells have come before than are worth the time.

        Parameters
        ----------
        rows : ndarray of shape (n, d)
            NaN is a missing cell.
        log_density : ndarray of shape (n,), optional
            That of the mixture at these rows, if it is known.
        """
        if log_density is None:
            log_density = self._seen.log_density(rows)
        typical = np.empty(len(rows))
        for pattern in Patterns.of(rows):
            own = self._own_densities(np.isnan(rows[pattern.rows[0]]))
            here = log_density[pattern.rows]
            typical[pattern.rows] = np.nan if own is None else _shares(own, here)
        return typical

    def _own_densities(self, missing: AnyArray) -> FloatArray | None:
        """Log-densities of the rows that were drawn without these cells, ascending."""
        key = missing.tobytes()
        if key not in self._known:
            if len(self._known) >= _MOST_PATTERNS:
                return None
            drawn = np.where(missing, np.nan, self._rows)
            self._known[key] = np.sort(self._seen.log_density(drawn))
        return self._known[key]


def _shares(own: FloatArray, log_density: FloatArray) -> FloatArray:
    """Of the mixture's own rows, the row itself among them, those that are no likelier."""
    # Rows that are as likely as each other differ by rounding, but for those of no density at all.
    rounding = 1e-9 * (1.0 + np.abs(np.where(np.isneginf(log_density), 0.0, log_density)))
    reach = np.asarray(log_density + rounding)
    no_likelier = np.searchsorted(own, reach, side="right")
    return np.asarray((1.0 + no_likelier) / (1.0 + len(own)), dtype=np.float64)
