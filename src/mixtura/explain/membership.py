"""The rule of 2.5 sigma: a row belongs to the nearest component, if that is near enough."""

from __future__ import annotations

import numpy as np

from mixtura.families.gaussian import GaussianParameters
from mixtura.typing import FloatArray, IntArray

__all__ = ["membership"]


def membership(params: GaussianParameters, X: FloatArray, sigmas: float = 2.5) -> IntArray:
    """Number of the component nearest in Mahalanobis distance, -1 beyond `sigmas` of it.

    Parameters
    ----------
    params : GaussianParameters
    X : ndarray of shape (n, d)
    sigmas : float, default=2.5
        Largest distance, in standard deviations of the component in the row's direction.

    Returns
    -------
    ndarray of shape (n,)
    """
    squared = params.covariances.squared_distances(X, params.means)
    nearest = squared.argmin(axis=1)
    near = squared[np.arange(len(X)), nearest] <= sigmas**2
    return np.where(near, nearest, -1)
