"""Logarithms of rising factorials x by x, and how they change with the dispersion.

    L(x, a) = sum_{m < x} log(1 + a m) = log(Gamma(x + 1/a) / Gamma(1/a)) + x log a

It is 0 at a = 0, where gamma functions are of no use. The first terms are added as they are; the
rest is what Euler and Maclaurin's formula makes of it, which is Stirling's series for L.
"""

from __future__ import annotations

import numpy as np

from mixtura.typing import FloatArray, IntArray

__all__ = ["curved_share", "logarithmic_share", "rising_factorials"]

# Terms that are added one by one: beyond, the series are exact with so few of theirs.
_FIRST = 16

# Below this, quotients that end in cancellation are power series.
_SMALL = 0.2
_POWERS = np.arange(24.0)


def _quotient(u: FloatArray, large: FloatArray, coefficients: FloatArray) -> FloatArray:
    """A function of u >= 0: as given where u is large, else sum_n coefficient_n (-u)^n."""
    small = u < _SMALL
    if small.any():
        powers = np.power.outer(-u[small], np.arange(float(len(coefficients))))
        large[small] = powers @ coefficients
    return large


def _safe(u: FloatArray) -> FloatArray:
    return np.maximum(u, _SMALL)


def logarithmic_share(u: FloatArray) -> FloatArray:
    """(u - log(1 + u)) / u^2, which is 1/2 at u = 0."""
    v = _safe(u)
    return _quotient(u, (1.0 - np.log1p(v) / v) / v, 1.0 / (_POWERS + 2.0))


def curved_share(u: FloatArray) -> FloatArray:
    """(u - 2 log(1 + u) + u / (1 + u)) / u^3: `logarithmic_share` falls by so much; 1/3 at 0."""
    v = _safe(u)
    large = (1.0 - 2.0 * np.log1p(v) / v + 1.0 / (1.0 + v)) / v / v
    return _quotient(u, large, (_POWERS + 1.0) / (_POWERS + 3.0))


def _entropic_share(u: FloatArray) -> FloatArray:
    """((1 + u) log(1 + u) - u) / u, which is 0 at u = 0."""
    v = _safe(u)
    coefficients = 1.0 / ((_POWERS + 1.0) * (_POWERS + 2.0))
    return _quotient(u, (1.0 + 1.0 / v) * np.log1p(v) - 1.0, np.append(0.0, -coefficients))


def rising_factorials(
    counts: FloatArray, columns: IntArray, dispersions: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """L of some counts, and its derivatives by the dispersion, (k, m) each.

    Parameters
    ----------
    counts : ndarray of shape (m,)
        0 or more.
    columns : ndarray of shape (m,)
        Where each of them stands.
    dispersions : ndarray of shape (k, d)
        0 or more.

    Returns
    -------
    log : ndarray of shape (k, m)
        L.
    slope : ndarray of shape (k, m)
        Its first derivative, sum_{m < x} m / (1 + a m).
    curvature : ndarray of shape (k, m)
        Its second one with the other sign, sum_{m < x} (m / (1 + a m))^2.

    Examples
    --------
    >>> log, slope, curvature = rising_factorials(np.array([3.0]), np.array([0]), np.array([[2.0]]))
    >>> np.exp(log)  # 1 * 3 * 5
    array([[15.]])
    """
    first = np.arange(float(_FIRST))
    u = dispersions[:, :, None] * first
    change = first / (1.0 + u)
    terms = np.stack([np.log1p(u), change, np.square(change)])
    sums = np.zeros((*terms.shape[:3], _FIRST + 1))
    np.cumsum(terms, axis=3, out=sums[..., 1:])
    found = sums[:, :, columns, np.minimum(counts, _FIRST).astype(np.intp)]
    far = counts > _FIRST
    if far.any():
        a = dispersions[:, columns[far]]
        found[:, :, far] += _series(counts[far], a) - _series(np.full(1, float(_FIRST)), a)
    log, slope, curvature = found
    return log, slope, curvature


def _series(x: FloatArray, a: FloatArray) -> FloatArray:
    """What the sums are up to a constant, (3, k, m): integral, end and corrections."""
    u = a * x
    y = 1.0 / (1.0 + u)
    z = a * y
    w, change = z * z, x * y
    stirling = z * (1 / 12 - w * (1 / 360 - w * (1 / 1260 - w / 1680)))
    slope = 1 / 12 - w * (1 / 120 - w * (1 / 252 - w / 240))
    falls = z * (1 / 60 - w * (1 / 63 - w / 40))
    return np.stack(
        [
            x * _entropic_share(u) - 0.5 * np.log1p(u) + stirling,
            x * x * logarithmic_share(u) - 0.5 * change + y * y * slope,
            x**3 * curved_share(u)
            - 0.5 * np.square(change)
            + 2.0 * change * y * y * slope
            + y**4 * falls,
        ]
    )
