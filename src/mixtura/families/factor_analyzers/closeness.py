"""How close factor analyzers are: as Gaussian components, without any matrix of (d, d).

The mean of two covariances is that of a factor analyzer with the factors of both,

    (S_i + S_j) / 2 = [L_i L_j] [L_i L_j]^T / 2 + (Psi_i + Psi_j) / 2

and a trace is the sum of the squared lengths of loadings, and of what each column has by itself:

    tr(S_j^-1 S_i) = sum_q l_iq^T S_j^-1 l_iq + sum_a psi_ia (S_j^-1)_aa
"""

from __future__ import annotations

import numpy as np

from mixtura.families.closeness import Closeness
from mixtura.families.factor_analyzers.parameters import FactorParameters

__all__ = ["factor_closeness"]


def factor_closeness(params: FactorParameters, other: FactorParameters) -> Closeness:
    """Of k components to k' others (see `families.gaussian.closeness`)."""
    shape = params.n_components, other.n_components
    affinities, divergences = np.empty(shape), np.empty(shape)
    each, others = (
        [p.take(slice(j, j + 1)) for j in range(p.n_components)] for p in (params, other)
    )
    for i, one in enumerate(each):
        for j, two in enumerate(others):
            affinities[i, j] = _log_affinity(one, two)
            divergences[i, j] = _divergence(one, two)
    # Of equal components rounding alone is left.
    return Closeness(np.minimum(affinities, 0.0), np.maximum(divergences, 0.0))


def _log_affinity(one: FactorParameters, two: FactorParameters) -> float:
    """Of one component to one other."""
    loadings = np.sqrt(0.5) * np.concatenate([one.loadings, two.loadings], axis=2)
    between = FactorParameters(two.means, loadings, 0.5 * (one.uniquenesses + two.uniquenesses))
    apart = between.squared_distances(one.means)[0, 0]
    own = 0.25 * (one.log_determinants + two.log_determinants)[0]
    return float(own - 0.5 * between.log_determinants[0] - 0.125 * apart)


def _divergence(one: FactorParameters, two: FactorParameters) -> float:
    """Of one component to one other."""
    along = two.means + one.loadings[0].T  # whose distances are the lengths of the loadings
    explained = (two.white_regression * two.white_loadings).sum(axis=2)
    precisions = (1.0 - explained) / two.uniquenesses
    trace = two.squared_distances(along).sum() + (one.uniquenesses * precisions).sum()
    apart = two.squared_distances(one.means)[0, 0]
    determinants = (two.log_determinants - one.log_determinants)[0]
    return float(0.5 * (trace + apart - one.n_features + determinants))
