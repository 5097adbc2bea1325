"""A mixture in some of its columns, and given the cells of some.

    P(x_o) = sum_j w_j p_j(x_o)
    P(x_m | x_o) = sum_j r_j p_j(x_m | x_o),    r_j = w_j p_j(x_o) / P(x_o)

are mixtures again: the first with the same weights, the second with the responsibilities that what
is known gives (McLachlan and Peel 2000, "Finite Mixture Models", section 1.4; Ghahramani and
Jordan 1994).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from mixtura.assignments import posterior
from mixtura.errors import MixturaError
from mixtura.families.some_columns import divisible
from mixtura.mixture import Mixture
from mixtura.typing import FloatArray, IntArray

__all__ = ["conditional", "marginal"]


def marginal(mixture: Mixture[Any, Any], places: IntArray) -> Mixture[Any, Any]:
    """The mixture in some columns, in the order of their places.

    Examples
    --------
    >>> from mixtura.families import Bernoulli, BernoulliParameters
    >>> params = BernoulliParameters(np.array([[0.5, 0.1], [1.0, 0.9]]))
    >>> coins = Mixture(Bernoulli(), params, weights=np.array([0.5, 0.5]))
    >>> marginal(coins, np.array([1])).params.probabilities
    array([[0.1],
           [0.9]])
    """
    family, params = divisible(mixture.family).marginal(mixture.params, places)
    return replace(mixture, family=family, params=params)


def conditional(
    mixture: Mixture[Any, Any], places: IntArray, cells: FloatArray
) -> Mixture[Any, Any]:
    """The mixture in all other columns given the cells (o,) of some: components keep their numbers.

    Raises
    ------
    MixturaError
        If no component can have these cells.

    Examples
    --------
    >>> from mixtura.families import Bernoulli, BernoulliParameters
    >>> params = BernoulliParameters(np.array([[0.5, 0.1], [1.0, 0.9]]))
    >>> coins = Mixture(Bernoulli(), params, weights=np.array([0.5, 0.5]))
    >>> given_tails = conditional(coins, np.array([0]), np.array([0.0]))
    >>> given_tails.weights, given_tails.params.probabilities.tolist()
    (array([1., 0.]), [[0.1], [0.9]])
    """
    family, params = divisible(mixture.family).conditional(mixture.params, places, cells)
    row = np.full((1, mixture.n_features), np.nan)
    row[0, places] = cells
    resp, log_density = posterior(mixture.log_joint(row))
    if np.isneginf(log_density[0]):
        raise MixturaError(
            "No component of the mixture can have these values: their density is 0, so that "
            "nothing follows from them. Give values that the mixture can have."
        )
    return Mixture(family, params, resp[0])
