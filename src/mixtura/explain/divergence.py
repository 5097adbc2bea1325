"""How far one mixture is from another: the divergence of Kullback and Leibler, in nats.

    KL(P || Q) = E_P log(P(x) / Q(x))

It is 0 for equal mixtures, and what a row of P costs, on average, who takes Q for its density.
Rows are drawn; where there are formulas for pairs of components it lies below the least of

    sum_ab phi_ab log(phi_ab / psi_ab) + sum_ab phi_ab KL(p_a || q_b)

over all phi that sum to the weights w_a of P over b, and psi that sum to those v_b of Q over a
(Hershey and Olsen 2007, "Approximating the Kullback Leibler divergence between Gaussian mixture
models", section 6). From below it is held by

    -2 log sum_ab sqrt(w_a v_b) BC(p_a, q_b)
    sum_a w_a (log sum_c w_c exp(-KL(p_a || p_c)) - 2 log sum_b sqrt(v_b) BC(p_a, q_b))

The first is KL >= -2 log BC(P, Q), with sqrt(x + y) <= sqrt x + sqrt y. The second is Jensen's
inequality for both halves of E_a log(P / p_a) - E_a log(Q / p_a), as in Durrieu, Thiran and Kelly
(2012), "Lower and upper bounds for approximation of the Kullback-Leibler divergence between
Gaussian mixture models". Of two single components both are formulas alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mixtura.assignments import log_sum_exp
from mixtura.errors import CellError
from mixtura.explain.monte_carlo import Estimate, mean_over
from mixtura.families.closeness import Closeness, closeness
from mixtura.mixture import Mixture
from mixtura.typing import FloatArray

__all__ = ["divergence"]

# The upper bound has settled when it falls by no more than this, or after so many steps.
_SETTLED, _MOST_STEPS = 1e-12, 1000


def divergence(
    mixture: Mixture[Any, Any],
    other: Mixture[Any, Any],
    n: int,
    rng: np.random.Generator,
    check: Callable[[FloatArray], None] = lambda rows: None,
) -> Estimate:
    """KL(mixture || other) over the same columns, from about n rows of the first.

    Parameters
    ----------
    mixture, other : Mixture
    n : int
    rng : Generator
    check : callable, optional
        Raises CellError if there are rows that the other's family cannot have: the divergence is
        infinite then.

    Examples
    --------
    >>> from mixtura.families import Poisson, PoissonParameters
    >>> calm, busy = (
    ...     Mixture(Poisson(), PoissonParameters(np.array([[rate]])), np.ones(1))
    ...     for rate in (1.0, 4.0)
    ... )
    >>> found = divergence(calm, busy, 1000, np.random.default_rng(0))
    >>> round(found.value, 3), found.standard_error
    (1.614, 0.0)
    """

    def log_ratio(rows: FloatArray) -> FloatArray:
        check(rows)
        return np.asarray(mixture.log_density(rows) - other.log_density(rows))

    try:
        value, error = mean_over(mixture, log_ratio, n, rng)
    except CellError:
        return Estimate(np.inf, 0.0, np.inf, np.inf)
    return Estimate.within(value, error, *_bounds(mixture, other))


def _bounds(mixture: Mixture[Any, Any], other: Mixture[Any, Any]) -> tuple[float, float]:
    """Between what numbers the divergence lies; at least 0, whatever there are of formulas."""
    family, params = mixture.family, mixture.params
    across = closeness(family, params, other.family, other.params)
    own = closeness(family, params, family, params)
    if across is None or own is None:
        return 0.0, np.inf
    live, there = mixture.weights > 0.0, other.weights > 0.0
    weights, others = mixture.weights[live], other.weights[there]
    across = Closeness(across.log_affinities[live][:, there], across.divergences[live][:, there])
    if len(weights) == len(others) == 1:
        exact = float(across.divergences[0, 0])
        return exact, exact
    within = own.divergences[live][:, live]
    return _lower(across, within, weights, others), _upper(across.divergences, weights, others)


def _lower(across: Closeness, within: FloatArray, weights: FloatArray, others: FloatArray) -> float:
    of_rows = log_sum_exp(across.log_affinities + 0.5 * np.log(others))
    whole = -2.0 * float(log_sum_exp((of_rows + 0.5 * np.log(weights))[None])[0])
    own = log_sum_exp(np.log(weights) - within)
    return max(0.0, whole, float(weights @ (own - 2.0 * of_rows)))


def _upper(divergences: FloatArray, weights: FloatArray, others: FloatArray) -> float:
    """The least over phi and psi, each in turn; the sum falls with every step."""
    log_others = np.log(others)
    log_psi = np.log(weights)[:, None] + log_others  # of all components alike
    bound = np.inf
    for _ in range(_MOST_STEPS):
        joint = log_psi - divergences
        totals = log_sum_exp(joint)
        before, bound = bound, float(weights @ (np.log(weights) - totals))
        if not np.isfinite(bound) or before - bound <= _SETTLED * (1.0 + abs(bound)):
            break
        log_phi = joint + (np.log(weights) - totals)[:, None]
        reached = log_sum_exp(log_phi.T)
        shares = log_phi - np.where(np.isneginf(reached), 0.0, reached)
        log_psi = np.where(np.isneginf(reached), log_psi, shares + log_others)
    return bound
