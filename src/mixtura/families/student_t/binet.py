"""Binet's function: what Stirling's formula leaves of the logarithm of the gamma function.

    log Gamma(x) = (x - 1/2) log x - x + 1/2 log 2 pi + mu(x)

All that a t density has of gamma functions can be said with mu, whose digits do not cancel where
the degrees of freedom are many. mu and its derivatives come from their asymptotic series, which
have all digits from 10 on, and for smaller numbers from the recurrence

    mu(x) = mu(x + 1) + (x + 1/2) log(1 + 1/x) - 1

(Abramowitz and Stegun 1964, 6.1.15 and 6.1.41).
"""

from __future__ import annotations

import numpy as np

from mixtura.typing import FloatArray

__all__ = ["binet", "digamma_gap", "trigamma_gap"]

_STEPS = np.arange(10.0)

# Of x^-1, x^-3, ...: the Bernoulli numbers B_2m over 2m (2m - 1).
_SERIES = np.array([1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360])
_POWERS = np.arange(1.0, 2.0 * len(_SERIES), 2.0)
_SLOPES = _POWERS * _SERIES
_CURVATURES = (_POWERS + 1.0) * _SLOPES


def binet(x: FloatArray) -> FloatArray:
    """mu(x), for x (k,) above 0."""
    near, far = x[:, None] + _STEPS, x[:, None] + len(_STEPS)
    steps = np.add.reduce((near + 0.5) * np.log1p(1.0 / near) - 1.0, axis=1)
    return np.asarray(steps + far**-_POWERS @ _SERIES)


def digamma_gap(x: FloatArray) -> FloatArray:
    """log x - psi(x), which falls from infinity to 0: between 1 / 2x and 1 / x.

    Examples
    --------
    >>> digamma_gap(np.array([1.0, 1e12])).round(15).tolist()  # Euler's constant; 1 / 2x
    [0.577215664901533, 5e-13]
    """
    near, far = x[:, None] + _STEPS, x[:, None] + len(_STEPS)
    inverse = 1.0 / near
    steps = np.add.reduce(0.5 * (inverse + 1.0 / (near + 1.0)) - np.log1p(inverse), axis=1)
    return np.asarray(0.5 / x + steps + far ** (-_POWERS - 1.0) @ _SLOPES)


def trigamma_gap(x: FloatArray) -> FloatArray:
    """x (x psi'(x) - 1), which falls from 1 at 0 to 1/2."""
    near, far = x[:, None] + _STEPS, x[:, None] + len(_STEPS)
    steps = np.add.reduce(np.square(1.0 / (near * (near + 1.0))), axis=1)
    return np.asarray(0.5 + x * x * (0.5 * steps + far ** (-_POWERS - 2.0) @ _CURVATURES))
