"""Means over a mixture, from rows that are drawn of each component in turn.

    E f = sum_j w_j E_j f,    standard error^2 = sum_j w_j^2 s_j^2 / n_j

with n_j in proportion to the weights w_j, so that how many rows come of which component adds
nothing to the error (stratified sampling; Cochran 1977, "Sampling Techniques", chapter 5).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from mixtura.mixture import Mixture
from mixtura.typing import FloatArray

__all__ = ["Estimate", "Strata"]

# A standard deviation is that of two rows at least.
_FEWEST = 2


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


@dataclass(frozen=True)
class Strata:
    """Rows of the components of a mixture that have a weight.

    Attributes
    ----------
    rows : tuple of ndarray of shape (n_j, d)
    weights : ndarray
        One for each of them.
    """

    rows: tuple[FloatArray, ...]
    weights: FloatArray

    @classmethod
    def of(cls, mixture: Mixture[Any, Any], n: int, rng: np.random.Generator) -> Self:
        """About n rows, two of each component at least."""
        live = np.flatnonzero(mixture.weights > 0.0)
        weights = mixture.weights[live] / mixture.weights[live].sum()
        sizes = np.maximum(np.rint(n * weights), _FEWEST).astype(np.intp).tolist()
        labels = [np.full(size, j) for j, size in zip(live, sizes, strict=True)]
        rows = tuple(mixture.family.sample(mixture.params, own, rng) for own in labels)
        return cls(rows, weights)

    def mean(self, values: list[FloatArray]) -> tuple[float, float]:
        """The mean over the mixture of values (n_j,) of the rows, and its standard error."""
        means = np.array([own.mean() for own in values])
        if not np.isfinite(means).all():
            return float(self.weights @ means), np.inf
        variances = np.array([own.var(ddof=1) / len(own) for own in values])
        return float(self.weights @ means), float(np.sqrt(np.square(self.weights) @ variances))
