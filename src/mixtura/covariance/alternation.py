"""Varying volumes around one form: what VEI, VEE and VEV have in common.

With S_j = volume_j F, |F| = 1, the expected log-likelihood is maximised by turns: F is the sum
of scatter_j / volume_j scaled to determinant 1, and volume_j = tr(scatter_j F^-1) / (d count_j).
Each turn raises it (Celeux and Govaert 1995, sections 4.2 and 4.3).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mixtura.errors import DegenerateError
from mixtura.typing import FloatArray

__all__ = ["geometric_means", "varying_volumes"]

_TURNS = 10_000
_SETTLED = 1e-14


def varying_volumes(
    count: FloatArray,
    scatter: FloatArray,
    normalized: Callable[[FloatArray], FloatArray],
    traces: Callable[[FloatArray, FloatArray], FloatArray],
) -> tuple[FloatArray, FloatArray]:
    """Volumes (k,) and common form that maximise the likelihood.

    Parameters
    ----------
    count : ndarray of shape (k,)
    scatter : ndarray of shape (k, d) or (k, d, d)
    normalized : callable
        Scales a form (d,) or (d, d) to determinant 1.
    traces : callable
        (scatter, form) -> tr(scatter_j form^-1), (k,).
    """
    d = scatter.shape[1]
    volumes = np.ones(len(count))
    for _ in range(_TURNS):
        form = normalized(np.tensordot(1.0 / volumes, scatter, axes=1))
        new = traces(scatter, form) / (d * count)
        if (new <= 0.0).any():
            raise DegenerateError.of(np.asarray(new <= 0.0))
        settled = bool((np.abs(new - volumes) <= _SETTLED * new).all())
        volumes = new
        if settled:
            break
    return volumes, form


def geometric_means(values: FloatArray) -> FloatArray:
    """Geometric mean along the last axis, for instance |diag(v)| ** (1/d)."""
    means: FloatArray = np.exp(np.log(values).mean(axis=-1))
    return means
