"""How much components have in common: how often a row of one is taken for one of another.

    omega_ij = P_i(w_j p_j(x) > w_i p_i(x)),    BC_ij = integral sqrt(p_i p_j)

The first is the share of component i's rows that are likelier to be of j, if these two are asked
(Maitra and Melnykov 2010, "Simulating data to study performance of finite mixture modeling and
clustering algorithms", JCGS 19, equation 2); the second, Bhattacharyya's coefficient, is 1 for
equal densities and 0 for those apart, whatever the weights. Rows of each component are drawn; where
there is a formula for the second, that is taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mixtura.families.closeness import closeness
from mixtura.mixture import Mixture
from mixtura.shown import shown
from mixtura.typing import FloatArray

__all__ = ["Overlap", "overlap"]


@dataclass(frozen=True)
class Overlap:
    """What components have in common, in pairs; with noise, that is the last.

    Attributes
    ----------
    misclassified : ndarray of shape (k, k)
        omega: the share of the rows of component i that are taken for ones of j.
    standard_errors : ndarray of shape (k, k)
        Of these shares, which are found by drawing rows, n of each component: those of shares with
        one more row that is taken for one of j, and one that is not, so that no row in n does not
        look like none at all.
    affinities : ndarray of shape (k, k)
        Bhattacharyya's coefficients.
    """

    misclassified: FloatArray
    standard_errors: FloatArray
    affinities: FloatArray

    __repr__ = shown

    @property
    def pairwise(self) -> FloatArray:
        """omega_ij + omega_ji, the overlap of two components, (k, k)."""
        return self.misclassified + self.misclassified.T


def overlap(mixture: Mixture[Any, Any], n: int, rng: np.random.Generator) -> Overlap:
    """From n rows of each component.

    Examples
    --------
    >>> from mixtura.families import Bernoulli, BernoulliParameters
    >>> params = BernoulliParameters(np.array([[0.1], [0.9]]))
    >>> coins = Mixture(Bernoulli(), params, np.full(2, 0.5))
    >>> found = overlap(coins, 1000, np.random.default_rng(0))
    >>> found.affinities.round(2)
    array([[1. , 0.6],
           [0.6, 1. ]])
    """
    k = mixture.n_components
    taken, halves = np.zeros((k, k)), np.zeros((k, k))
    for j in range(k):
        rows = mixture.family.sample(mixture.params, np.full(n, j), rng)
        log_density = mixture.family.log_density(mixture.params, rows)
        log_joint = log_density + mixture.log_weights
        taken[j] = (log_joint > log_joint[:, j, None]).mean(axis=0)
        halves[j] = np.exp(0.5 * (log_density - log_density[:, j, None])).mean(axis=0)
    likely = (n * taken + 1.0) / (n + 2.0)
    errors = np.where(np.eye(k, dtype=np.bool_), 0.0, np.sqrt(likely * (1.0 - likely) / n))
    return Overlap(taken, errors, _affinities(mixture, halves))


def _affinities(mixture: Mixture[Any, Any], halves: FloatArray) -> FloatArray:
    """By formula; or else as rows of both components have it."""
    family, params = mixture.family, mixture.params
    known = closeness(family, params, family, params)
    if known is not None:
        return np.asarray(np.exp(known.log_affinities))
    return (0.5 * (halves + halves.T)).clip(max=1.0)
