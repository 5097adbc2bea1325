"""What a concentration means on the sphere of d dimensions, for all d and all concentrations.

With nu = d / 2 - 1, the density exp(kappa cos) on the sphere has the mean cosine

    A(kappa) = I_{nu + 1}(kappa) / I_nu(kappa)

and, as a share of the sphere's area, the integral Gamma(nu + 1) (2 / kappa)^nu I_nu(kappa). Debye's
uniform expansion gives both for large nu and any kappa (Abramowitz, Stegun 1965, 9.7.7 and 9.7.9);
for small nu the recurrence of Bessel functions leads there from a larger one, downwards and in
terms that are all positive. Nothing over- or underflows on the way, and 1 - A has digits of its
own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.polynomial import Polynomial
from numpy.polynomial.polynomial import polyval

from mixtura.typing import FloatArray

__all__ = ["Concentrated", "concentrated", "concentrations", "log_area"]

# Order from which on so many terms of the expansion have all digits.
_LARGE_ORDER = 20.0
_TERMS = 12

_MOST_STEPS = 50
_ROUNDING = 4.0 * np.finfo(np.float64).eps


@dataclass(frozen=True)
class Concentrated:
    """What follows from k concentrations.

    Attributes
    ----------
    deficit : ndarray of shape (k,)
        kappa less the logarithm of the mean of exp(kappa cos) over the sphere: the log-density in
        the mean direction, but for the sphere's area.
    cosine : ndarray of shape (k,)
        A, the mean cosine.
    shortfall : ndarray of shape (k,)
        1 - A.
    evenness : ndarray of shape (k,)
        d A / kappa, which is 1 at kappa = 0: the variance in any direction across is 1 / d of it.
    n_features : int
        d.
    """

    deficit: FloatArray
    cosine: FloatArray
    shortfall: FloatArray
    evenness: FloatArray
    n_features: int

    @property
    def rise(self) -> FloatArray:
        """A' (k,), the variance of the cosine."""
        across = (1.0 - 1.0 / self.n_features) * self.evenness
        return self.shortfall * (1.0 + self.cosine) - across


def log_area(d: int) -> float:
    """Of the unit sphere in d dimensions.

    Examples
    --------
    >>> round(math.exp(log_area(3)) / math.pi, 12)
    4.0
    """
    return math.log(2.0) + 0.5 * d * math.log(math.pi) - math.lgamma(0.5 * d)


def concentrated(kappa: FloatArray, d: int) -> Concentrated:
    """What follows from concentrations (k,) of 0 or more on the sphere in d >= 2 dimensions.

    Examples
    --------
    In three dimensions A is coth(kappa) - 1 / kappa:

    >>> concentrated(np.array([2.0]), 3).cosine - (1.0 / np.tanh(2.0) - 0.5) < 1e-15
    array([ True])
    """
    order = 0.5 * d - 1.0
    n_below = max(0, math.ceil(_LARGE_ORDER - order))
    deficit, cosine, shortfall, evenness = _expansion(kappa, order + n_below)
    for below in range(n_below - 1, -1, -1):
        twice = 2.0 * (order + below + 1.0)
        pull = kappa * cosine
        deficit = deficit - np.log1p(pull / twice)
        cosine, shortfall = kappa / (twice + pull), (twice - kappa * shortfall) / (twice + pull)
        evenness = twice / (twice + pull)
    return Concentrated(deficit, cosine, shortfall, evenness, d)


def _expansion(kappa: FloatArray, order: float) -> tuple[FloatArray, ...]:
    """Deficit, cosine, shortfall and evenness for a large order."""
    even, odd = _debye(order)
    z = kappa / order
    s = np.sqrt(1.0 + z * z)
    u, w = polyval(1.0 / s, even), polyval(1.0 / s, odd)
    share = 1.0 / (1.0 + s) + w / (s * u)  # of z
    half = np.log1p(0.5 * z * z / (1.0 + s))  # log((1 + s) / 2)
    deficit = order * (1.0 - 1.0 / (s + z) + half) + 0.5 * np.log(s) - np.log(u / even.sum())
    shortfall = (1.0 + 1.0 / (s + z)) / (1.0 + s) - z * w / (s * u)
    return deficit, z * share, shortfall, 2.0 * (1.0 + 1.0 / order) * share


@lru_cache(maxsize=64)
def _debye(order: float) -> tuple[FloatArray, FloatArray]:
    """Coefficients of the sums over k of u_k / order^k and of w_k / order^k.

    With u_k of 9.3.9, and w_k = (v_k - u_k) / (1 - t^2) from k = 1 with v_k of 9.3.13.
    """
    t, u = Polynomial([0.0, 1.0]), Polynomial([1.0])
    even, odd = u, Polynomial([0.0])
    for k in range(1, _TERMS + 1):
        odd -= t * (0.5 * u + t * u.deriv()) / order**k
        u = 0.5 * t**2 * (1 - t**2) * u.deriv() + ((1 - 5 * t**2) * u).integ() / 8
        even += u / order**k
    return np.asarray(even.coef, np.float64), np.asarray(odd.coef, np.float64)


def concentrations(cosine: FloatArray, shortfall: FloatArray, d: int) -> FloatArray:
    """The concentrations (k,) with such mean cosines, which are given with 1 less each.

    From 0 for a cosine of 0 to infinity for a shortfall of 0. Newton's steps in log kappa on
    log(A / (1 - A)), which is nearly a straight line, from the start of Banerjee et al. (2005),
    eq. 4.4.

    Examples
    --------
    >>> concentrations(np.array([0.0, 0.5, 1.0]), np.array([1.0, 0.5, 0.0]), 2).round(6)
    array([0.     , 1.15932,     inf])
    """
    kappa = np.where(shortfall > 0.0, 0.0, np.inf)
    inner = (cosine > 0.0) & (shortfall > 0.0)
    if not inner.any():
        return kappa
    target = np.log(cosine[inner]) - np.log(shortfall[inner])
    squared = np.square(cosine[inner])
    at = cosine[inner] * (d - squared) / (shortfall[inner] * (1.0 + cosine[inner]))
    for _ in range(_MOST_STEPS):
        there = concentrated(at, d)
        # Between 1 and 1.6; beyond 1e14 the variance has no digits left to say so.
        slope = (at * there.rise / (there.cosine * there.shortfall)).clip(0.5, 2.0)
        step = (target - np.log(there.cosine) + np.log(there.shortfall)) / slope
        at = at * np.exp(step)
        if (np.abs(step) <= _ROUNDING).all():
            break
    kappa[inner] = at
    return kappa
