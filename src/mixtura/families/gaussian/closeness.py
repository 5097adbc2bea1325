"""How close Gaussian components are, and how uncertain their rows.

With D = m_i - m_j and S = (S_i + S_j) / 2,

    log BC = -1/8 D^T S^-1 D - 1/2 log|S| + 1/4 (log|S_i| + log|S_j|)
    KL = 1/2 (tr(S_j^-1 S_i) + D^T S_j^-1 D - d + log|S_j| - log|S_i|)
    entropy = 1/2 (d log(2 pi e) + log|S_i|)

(Kailath 1967, "The divergence and Bhattacharyya distance measures in signal selection").
"""

from __future__ import annotations

import numpy as np

from mixtura.families.closeness import Closeness
from mixtura.typing import FloatArray

__all__ = ["normal_closeness", "normal_entropies"]


def normal_closeness(
    means: FloatArray,
    covariances: FloatArray,
    other_means: FloatArray,
    other_covariances: FloatArray,
) -> Closeness:
    """Of k components to k' others, with means (k, d) and covariances (k, d, d).

    Examples
    --------
    >>> here, there = np.zeros((1, 1)), np.full((1, 1), 2.0)
    >>> found = normal_closeness(here, np.eye(1)[None], there, np.eye(1)[None])
    >>> found.log_affinities, found.divergences
    (array([[-0.5]]), array([[2.]]))
    """
    # In the units of the first component no covariance is ill scaled because columns are.
    units = np.sqrt(np.diagonal(covariances[0]))
    means, other_means = means / units, other_means / units
    covariances = covariances / np.outer(units, units)
    other_covariances = other_covariances / np.outer(units, units)
    own, others = (np.linalg.slogdet(each)[1] for each in (covariances, other_covariances))
    affinities = np.empty((len(means), len(other_means)))
    divergences = np.empty(affinities.shape)
    for j, (mean, covariance) in enumerate(zip(means, covariances, strict=True)):
        apart, between = mean - other_means, 0.5 * (covariance + other_covariances)
        affinities[j] = -0.125 * _squared(apart, between) - 0.5 * np.linalg.slogdet(between)[1]
        ratios = np.linalg.solve(other_covariances, np.broadcast_to(covariance, between.shape))
        divergences[j] = np.trace(ratios, axis1=1, axis2=2) - len(mean)
        divergences[j] += _squared(apart, other_covariances)
    affinities += 0.25 * (own[:, None] + others[None])
    divergences += others[None] - own[:, None]
    # Of equal components rounding alone is left.
    return Closeness(np.minimum(affinities, 0.0), np.maximum(0.5 * divergences, 0.0))


def normal_entropies(log_determinants: FloatArray, d: int) -> FloatArray:
    """Of components in d columns with covariances of these log-determinants (k,)."""
    return np.asarray(0.5 * (d * (1.0 + np.log(2.0 * np.pi)) + log_determinants))


def _squared(apart: FloatArray, matrices: FloatArray) -> FloatArray:
    """D^T S^-1 D, (k,)."""
    solved = np.linalg.solve(matrices, apart[:, :, None])[:, :, 0]
    squared: FloatArray = np.einsum("jd,jd->j", apart, solved)
    return squared
