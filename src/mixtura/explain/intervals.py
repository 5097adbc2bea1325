"""Intervals that do not leave the range of what they are for.

Of a number theta between a and b, with the standard error s, the interval

    g^-1(g(theta) +- z s g'(theta))

has about the level 2 Phi(z) - 1 (Wald 1943, and the delta method). On the scale g it lies evenly:
the number itself where it can be any, log(theta - a) where it has one bound, and the log odds
log((theta - a) / (b - theta)) where it has two.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np

from mixtura.mixture import Mixture
from mixtura.shown import shown
from mixtura.typing import BoolArray, FloatArray

__all__ = [
    "ANY",
    "Bounds",
    "Distribution",
    "Interval",
    "Normal",
    "Quantity",
    "Scale",
    "Spread",
    "percentiles",
    "wald",
]

#: What is to be known of a mixture: numbers of some shape, the same for all mixtures of a kind.
Quantity: TypeAlias = Callable[[Mixture[Any, Any]], FloatArray]

#: Numbers -> the same on another scale, one by one.
Scale: TypeAlias = Callable[[FloatArray], FloatArray]

#: Between which numbers lie: two numbers, or arrays that go with them.
Bounds: TypeAlias = tuple[Any, Any]

# Places at which a function of a Gaussian is looked at.
_NODES = 61

#: Of any real number.
ANY: Bounds = (-np.inf, np.inf)


@dataclass(frozen=True, eq=False)
class Interval:
    """Where numbers are likely to lie.

    Attributes
    ----------
    low, high : ndarray
        Of one shape; NaN where nothing can be said.
    """

    low: FloatArray
    high: FloatArray

    __repr__ = shown

    def covers(self, values: FloatArray) -> BoolArray:
        """Which of some values lie within; none where nothing can be said."""
        return np.asarray((self.low <= values) & (values <= self.high))


class Distribution(Protocol):
    """What the numbers of a quantity would be, elsewhere in other rows of the same kind."""

    @property
    def standard_errors(self) -> FloatArray:
        """Of each number: NaN where nothing can be said, 0 of what is fixed."""
        ...

    def deviations(self, scale: Scale, /) -> FloatArray:
        """Standard deviations of each number on another scale."""
        ...

    def interval(self, bounds: Bounds, level: float, /) -> Interval:
        """Of each number that lies between some bounds, at a level."""
        ...


class Spread(Protocol):
    """How far the numbers of a fitted mixture would be elsewhere in other rows of the same kind."""

    def distribution(self, quantity: Quantity, /) -> Distribution:
        """Of the numbers of a quantity."""
        ...


@dataclass(frozen=True, eq=False)
class Normal:
    """Numbers that are spread about some values, each as a Gaussian.

    Attributes
    ----------
    values, standard_errors : ndarray
        Of one shape.
    """

    values: FloatArray
    standard_errors: FloatArray

    def deviations(self, scale: Scale) -> FloatArray:
        nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
        drawn = scale(self.values + np.multiply.outer(nodes, self.standard_errors))
        apart = drawn - np.average(drawn, axis=0, weights=weights)
        variances: FloatArray = np.average(np.square(apart), axis=0, weights=weights)
        return np.sqrt(variances)

    def interval(self, bounds: Bounds, level: float) -> Interval:
        return wald(self.values, self.standard_errors, bounds, level)


def wald(values: FloatArray, errors: FloatArray, bounds: Bounds, level: float) -> Interval:
    """Intervals from standard errors, on a scale that suits the bounds.

    Examples
    --------
    >>> share = wald(np.array([0.02]), np.array([0.02]), (0.0, 1.0), 0.9)
    >>> share.low.round(4), share.high.round(4)
    (array([0.0038]), array([0.0986]))
    """
    from scipy.special import ndtri  # it takes as long to import as a small fit

    reach = float(ndtri(0.5 + 0.5 * level)) * errors
    low, high = (np.broadcast_to(np.asarray(bound, np.float64), values.shape) for bound in bounds)
    left, right = np.isfinite(low), np.isfinite(high)
    with np.errstate(all="ignore"):  # of the scales that are not chosen
        above, below = values - low, high - values
        factor = np.exp(reach / above)
        odds, width = above / below, high - low
        further = np.exp(reach * width / (above * below))
        scales = [left & right, left]
        lower = [low + width / (1.0 + further / odds), low + above / factor]
        upper = [low + width / (1.0 + 1.0 / (further * odds)), low + above * factor]
        ends = (np.select(scales, lower, values - reach), np.select(scales, upper, values + reach))
    return Interval(*(np.where(np.isnan(errors), np.nan, end) for end in ends))


def percentiles(draws: FloatArray, level: float) -> Interval:
    """Intervals that leave as much of the draws (b, ...) on both sides (Efron 1979).

    Examples
    --------
    >>> found = percentiles(np.arange(101.0)[:, None], 0.9)
    >>> found.low.round(9), found.high.round(9)
    (array([5.]), array([95.]))
    """
    tail = 0.5 * (1.0 - level)
    low, high = np.quantile(draws, (tail, 1.0 - tail), axis=0)
    return Interval(low, high)
