"""Gaussian components that are in some direction much narrower than the others together."""

from __future__ import annotations

import numpy as np

from mixtura.families.gaussian.structures import Covariances
from mixtura.typing import FloatArray, IntArray

__all__ = ["narrow_components"]

# A variance of the others', in units of the component's, that makes it narrow: 3 in deviations.
_NARROW = 10.0


def narrow_components(covariances: Covariances, weights: FloatArray) -> IntArray:
    """Their numbers, in ascending order; `weights` (k,) are the mixing weights."""
    live, narrow = np.flatnonzero(weights > 0.0), []
    for j in live.tolist() if len(live) > 1 else []:
        shares = np.where(np.arange(len(weights)) == j, 0.0, weights)
        if covariances.greatest_ratio(shares / shares.sum(), j) > _NARROW:
            narrow.append(j)
    return np.array(narrow, dtype=np.intp)
