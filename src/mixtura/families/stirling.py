"""What Stirling's formula leaves of the log-gamma function, and the derivatives of that.

    log Gamma(a) = (a - 1/2) log a - a + 1/2 log 2 pi + R(a)

Log-densities with large shapes are small differences of large log-gammas; in terms of R, which is
at most 1 / (12 a), the large parts have cancelled before they are computed (Abramowitz and Stegun
1964, 6.1.40, 6.3.18 and 6.4.11).
"""

from __future__ import annotations

import numpy as np

from mixtura.typing import FloatArray

__all__ = ["remainder", "remainder_curvature", "remainder_slope"]

# Series are right to the last digit from here on.
_LARGE = 20.0

# B_2n / (2n (2n - 1)) for n = 1, 2, ...: R(a) is the sum of these times a^(1 - 2n).
_COEFFICIENTS = np.array([1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156])
_POWERS = np.array([1.0 - 2.0 * n for n in range(1, len(_COEFFICIENTS) + 1)])


def remainder(a: FloatArray) -> FloatArray:
    """R(a) for a above 0.

    Examples
    --------
    >>> (12e6 * remainder(np.array([1e6]))).round(12)
    array([1.])
    """
    from scipy.special import gammaln  # it takes as long to import as a small fit

    small = np.minimum(a, _LARGE)
    direct = gammaln(small) - (small - 0.5) * np.log(small) + small - 0.5 * np.log(2.0 * np.pi)
    return np.where(a < _LARGE, direct, _series(_COEFFICIENTS, _POWERS, a))


def remainder_slope(a: FloatArray) -> FloatArray:
    """R'(a) = psi(a) - log a + 1 / (2 a)."""
    from scipy.special import digamma

    small = np.minimum(a, _LARGE)
    direct = digamma(small) - np.log(small) + 0.5 / small
    return np.where(a < _LARGE, direct, _series(_COEFFICIENTS * _POWERS, _POWERS - 1.0, a))


def remainder_curvature(a: FloatArray) -> FloatArray:
    """R''(a) = psi'(a) - 1 / a - 1 / (2 a^2)."""
    from scipy.special import polygamma

    small = np.minimum(a, _LARGE)
    direct = polygamma(1, small) - 1.0 / small - 0.5 / np.square(small)
    coefficients = _COEFFICIENTS * _POWERS * (_POWERS - 1.0)
    return np.where(a < _LARGE, direct, _series(coefficients, _POWERS - 2.0, a))


def _series(coefficients: FloatArray, powers: FloatArray, a: FloatArray) -> FloatArray:
    """The sum of coefficients times powers of each a that is large."""
    terms = coefficients * np.maximum(a, _LARGE)[..., None] ** powers
    return np.asarray(terms.sum(axis=-1))
