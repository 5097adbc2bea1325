"""Ridgelines: the curves on which the summits and passes between two components lie.

All stationary points of a mixture of elliptical components are on the ridgeline surface

    x(a) = (sum_j a_j P_j)^-1 sum_j a_j P_j m_j,    a_j >= 0, sum a = 1

(Ray and Lindsay 2005, eq. 4; Alexandrovich, Holzmann and Ray 2013 for elliptical ones), and those
of two components on the curve between their locations. With P_i = I and P_j = diag(l) about m_i,
which a change of coordinates makes of any two, and t = log(a_j / a_i), coordinate c of the curve is

    z_c = b_c l_c e^t / (1 + l_c e^t)

a logistic curve in t: steps in t see both ends, however much the widths differ.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from mixtura.assignments import log_sum_exp
from mixtura.explain.slopes import Slopes
from mixtura.mixture import Mixture
from mixtura.shown import shown
from mixtura.typing import BoolArray, FloatArray, IntArray

__all__ = ["Ridgeline", "curve_between", "find_ridgeline", "is_top", "lowest"]

#: Places (m, d) -> log-density there, (m,).
Height: TypeAlias = Callable[[FloatArray], FloatArray]

_STEPS = 160

# How far t goes beyond where the curve leaves one sigma of an end.
_BEYOND = 5.0

# The lowest place of a path is looked for between its points in so many rounds, by tenths.
_CLOSER, _PIECE = 4, np.linspace(0.0, 1.0, 11)[:, None]


@dataclass(frozen=True, eq=False)
class Ridgeline:
    """The ridgeline from one component to another, and how high it is.

    Attributes
    ----------
    places : ndarray of shape (m, d)
        From the location of the first component to that of the second.
    shares : ndarray of shape (m,)
        a of the second component there, from 0 to 1.
    log_density : ndarray of shape (m,)
        Of the whole mixture.
    log_density_of_pair : ndarray of shape (m,)
        Of the two components alone, with their weights in the mixture.
    ratio : float
        The lowest density of the pair between its two highest summits, as a share of the lower one:
        1 if there is a single summit (Hennig 2010, section 4.2).
    """

    places: FloatArray
    shares: FloatArray
    log_density: FloatArray
    log_density_of_pair: FloatArray
    ratio: float

    __repr__ = shown


def find_ridgeline(mixture: Mixture[Any, Any], first: int, second: int) -> Ridgeline:
    """That between two components, in steps that are fine where it bends.

    Examples
    --------
    >>> import numpy as np
    >>> from mixtura.families import Gaussian, GaussianParameters
    >>> from mixtura.families.gaussian.structures import VVI, AxisCovariances
    >>> params = GaussianParameters(np.array([[0.0], [4.0]]), AxisCovariances(np.ones((2, 1))))
    >>> mixture = Mixture(Gaussian(VVI, np.zeros(1)), params, np.array([0.5, 0.5]))
    >>> round(find_ridgeline(mixture, 0, 1).ratio, 3)  # 2 exp(-2), or nearly
    0.271
    """
    slopes = Slopes(mixture)
    t, places = curve_between(slopes, slopes.part(first), slopes.part(second))
    own = mixture.log_joint(places)[:, [first, second]]
    of_pair = log_sum_exp(own)
    shares = 1.0 / (1.0 + np.exp(-t))
    ratio = _ratio(
        lambda points: log_sum_exp(mixture.log_joint(points)[:, [first, second]]), places
    )
    return Ridgeline(places, shares, mixture.log_density(places), of_pair, ratio)


def curve_between(slopes: Slopes, i: int, j: int) -> tuple[FloatArray, FloatArray]:
    """t (m,), from -inf to inf, and the places (m, d) of the ridgeline between two parts."""
    towards, own = slopes.locations[j] - slopes.locations[i], slopes.whitening[i]
    back = np.linalg.inv(own)
    turn, spread, _ = np.linalg.svd(back @ slopes.whitening[j])
    apart = turn.T @ (towards @ own)
    log_precisions = 2.0 * np.log(spread)
    reach = _BEYOND + np.log1p(np.abs(apart).max() * max(1.0, spread.max()))
    ends = -log_precisions.max() - reach, -log_precisions.min() + reach
    t = np.concatenate([[-np.inf], np.linspace(*ends, _STEPS), [np.inf]])
    ways = 1.0 / (1.0 + np.exp(-(t[:, None] + log_precisions)))
    places = slopes.locations[i] + (ways * apart) @ turn.T @ back
    places[-1] = slopes.locations[j]
    return t, places


def is_top(heights: FloatArray) -> BoolArray:
    """Which of the heights (m,) along a path are local maxima, ends among them; one of equals."""
    before = np.concatenate([[-np.inf], heights[:-1]])
    after = np.concatenate([heights[1:], [-np.inf]])
    return np.asarray((heights > before) & (heights >= after))


def lowest(height: Height, path: FloatArray) -> FloatArray:
    """The lowest place (d,) of a path (m, d) that is made of straight pieces, seen ever closer."""
    for _ in range(_CLOSER):
        low = int(height(path).argmin())
        before, after = (
            path[low] + _PIECE * (path[min(max(low + side, 0), len(path) - 1)] - path[low])
            for side in (-1, 1)
        )
        path = np.concatenate([before[::-1], after[1:]])
    place: FloatArray = path[height(path).argmin()]
    return place


def _ratio(height: Height, path: FloatArray) -> float:
    """The lowest density between the two highest tops of a path, as a share of the lower top."""
    heights = height(path)
    tops: IntArray = np.flatnonzero(is_top(heights))
    if len(tops) == 1:
        return 1.0
    start, end = np.sort(tops[np.argsort(-heights[tops], kind="stable")[:2]])
    places = [lowest(height, path[start : end + 1])]
    places += [
        lowest(lambda at: -height(at), path[max(top - 1, 0) : top + 2]) for top in (start, end)
    ]
    low, *high = height(np.array(places))
    return float(np.exp(low - min(high)))
