"""Means over a mixture, from rows that are drawn of each component in turn.

    E f = sum_j w_j E_j f,    standard error^2 = sum_j w_j^2 s_j^2 / n_j

with n_j in proportion to the weights w_j, so that how many rows come of which component adds
nothing to the error (stratified sampling; Cochran 1977, "Sampling Techniques", chapter 5).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from mixtura.mixture import Mixture
from mixtura.typing import FloatArray

__all__ = ["Estimate", "mean_over"]

# A standard deviation is that of two rows at least. So many cells are held at a time.
_FEWEST, _CELLS = 2, 2_000_000


@dataclass(frozen=True)
class Estimate:
    """A number that is found by drawing rows, and what is known of it without.

    Attributes
    ----------
    value : float
        In nats. Of a number that is known exactly, that.
    standard_error : float
        0 where the value is exact.
    low, high : float
        Between these it lies for certain; infinite where nothing is known.
    """

    value: float
    standard_error: float
    low: float
    high: float

    @classmethod
    def within(cls, value: float, standard_error: float, low: float, high: float) -> Self:
        """A value that is moved to where it may be, if it is not there already.

        Examples
        --------
        >>> Estimate.within(-0.01, 0.02, 0.0, 5.0)
        Estimate(value=0.0, standard_error=0.02, low=0.0, high=5.0)
        """
        high = max(low, high)  # but for rounding
        exact = low == high
        moved = min(max(value, low), high)
        return cls(moved, 0.0 if exact else standard_error, low, high)


def mean_over(
    mixture: Mixture[Any, Any],
    function: Callable[[FloatArray], FloatArray],
    n: int,
    rng: np.random.Generator,
) -> tuple[float, float]:
    """The mean of a function over a mixture, and its standard error.

    Parameters
    ----------
    mixture : Mixture
    function : callable
        Rows (m, d) -> a number for each, (m,).
    n : int
        How many rows are drawn, but two of each component that has a weight at least.
    rng : Generator

    Examples
    --------
    >>> from mixtura.families import Uniform, UniformParameters
    >>> boxes = Mixture(Uniform(), UniformParameters(np.zeros((1, 1)), np.ones((1, 1))), np.ones(1))
    >>> mean, error = mean_over(boxes, lambda rows: rows[:, 0], 9_000, np.random.default_rng(0))
    >>> round(mean, 2), round(error, 3)
    (0.5, 0.003)
    """
    live = np.flatnonzero(mixture.weights > 0.0)
    weights = mixture.weights[live] / mixture.weights[live].sum()
    sizes = np.maximum(np.rint(n * weights), _FEWEST).astype(np.intp)
    values = [
        _of_component(mixture, function, j, size, rng)
        for j, size in zip(live.tolist(), sizes.tolist(), strict=True)
    ]
    means = np.array([own.mean() for own in values])
    if not np.isfinite(means).all():
        return float(weights @ means), np.inf
    variances = np.array([own.var(ddof=1) / len(own) for own in values])
    return float(weights @ means), float(np.sqrt(np.square(weights) @ variances))


def _of_component(
    mixture: Mixture[Any, Any],
    function: Callable[[FloatArray], FloatArray],
    component: int,
    n: int,
    rng: np.random.Generator,
) -> FloatArray:
    """The function's values at n rows of a component, of which only some are held at a time."""
    block = max(1, _CELLS // mixture.n_features)
    values = np.empty(n)
    for start in range(0, n, block):
        labels = np.full(min(block, n - start), component)
        rows = mixture.family.sample(mixture.params, labels, rng)
        values[start : start + len(rows)] = function(rows)
    return values
