"""The rule of 2.5 sigma: a row belongs to the nearest component, if that is near enough."""

from __future__ import annotations

import numpy as np

from mixtura.families.gaussian.parameters import GaussianParameters
from mixtura.mixture import Mixture
from mixtura.statistics import Moments
from mixtura.typing import FloatArray, IntArray

__all__ = ["membership"]


@np.errstate(over="ignore")  # what is so far away is near to nothing
def membership(
    mixture: Mixture[GaussianParameters, Moments], X: FloatArray, sigmas: float = 2.5
) -> IntArray:
    """Number of the component nearest in Mahalanobis distance, -1 beyond `sigmas` of it.

    Parameters
    ----------
    mixture : Mixture
        Components of weight 0 are never near.
    X : ndarray of shape (n, d)
    sigmas : float, default=2.5
        Largest distance, in standard deviations of the component in the row's direction.

    Returns
    -------
    ndarray of shape (n,)
    """
    mixture = mixture.clusters
    params = mixture.params
    squared = params.covariances.squared_distances(X, params.means)
    squared[:, mixture.weights == 0.0] = np.inf
    nearest = squared.argmin(axis=1)
    near = squared[np.arange(len(X)), nearest] <= sigmas**2
    return np.where(near, nearest, -1)
