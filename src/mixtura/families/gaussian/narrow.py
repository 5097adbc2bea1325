"""Gaussian components that are in some direction much narrower than the others together."""

from __future__ import annotations

import numpy as np

from mixtura.families.gaussian.parameters import GaussianParameters
from mixtura.families.gaussian.structures import DenseCovariances
from mixtura.typing import FloatArray, IntArray

__all__ = ["narrow_components"]

# A variance of the others', in units of the component's, that makes it narrow: 3 in deviations.
_NARROW = 10.0


def narrow_components(params: GaussianParameters, weights: FloatArray) -> IntArray:
    """Their numbers, in ascending order; `weights` (k,) are the mixing weights."""
    matrices = params.covariances.matrices()
    live = np.flatnonzero(weights > 0.0)
    whitening = DenseCovariances.of(matrices[live]).whitening
    narrow = []
    for j, white in zip(live, whitening, strict=True):
        others = live[live != j]
        if len(others):
            share = weights[others] / weights[others].sum()
            pooled = np.tensordot(share, matrices[others], axes=1)
            if np.linalg.eigvalsh(white.T @ pooled @ white)[-1] > _NARROW:
                narrow.append(j)
    return np.array(narrow, dtype=np.intp)
