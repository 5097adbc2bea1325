"""The entropy of a mixture: how uncertain its rows are, in nats.

    H = -E log P(x) = sum_j w_j H_j + I

with the entropies H_j of the components, and what a row tells of its component, I. There is no
formula for it, so that rows are drawn. Where there are formulas for pairs of components, I lies
between

    -sum_i w_i log sum_j w_j BC_ij    and    -sum_i w_i log sum_j w_j exp(-KL_ij)

(Kolchinsky and Tracey 2017, "Estimating mixture entropy with pairwise distances", Entropy 19). The
second is no more than the entropy of the weights, the bound of Huber, Bailey, Durrant-Whyte and
Hanebeck (2008), "On entropy approximation for Gaussian mixture random vectors".
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mixtura.assignments import log_sum_exp
from mixtura.explain.monte_carlo import Estimate, mean_over
from mixtura.families.closeness import closeness, entropies
from mixtura.mixture import Mixture
from mixtura.typing import FloatArray

__all__ = ["entropy"]


def entropy(mixture: Mixture[Any, Any], n: int, rng: np.random.Generator) -> Estimate:
    """From about n rows that are drawn.

    Examples
    --------
    >>> from mixtura.families import Bernoulli, BernoulliParameters
    >>> coin = Mixture(Bernoulli(), BernoulliParameters(np.array([[0.5]])), np.ones(1))
    >>> found = entropy(coin, 100, np.random.default_rng(0))
    >>> round(found.value, 6), found.standard_error
    (0.693147, 0.0)
    """
    value, error = mean_over(mixture, lambda rows: -mixture.log_density(rows), n, rng)
    return Estimate.within(value, error, *_bounds(mixture))


def _bounds(mixture: Mixture[Any, Any]) -> tuple[float, float]:
    """Between what numbers the entropy lies; infinite where there is no formula."""
    family, params = mixture.family, mixture.params
    own, close = entropies(family, params), closeness(family, params, family, params)
    if own is None or close is None:
        return -np.inf, np.inf
    live = mixture.weights > 0.0
    weights, log_weights = mixture.weights[live], mixture.log_weights[live]
    within = float(weights @ own[live])

    def told(log_likeness: FloatArray) -> float:
        return -float(weights @ log_sum_exp(log_likeness[live][:, live] + log_weights))

    return within + told(close.log_affinities), within + told(-close.divergences)
