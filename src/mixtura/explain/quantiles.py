"""How much of a mixture lies below a value of one column, and below which value a share lies.

    F(x) = sum_j r_j F_j(x),    quantile(u) = the least x with F(x) >= u

The quantile of a mixture lies between those of its components. From there the interval is halved,
in steps that count floating-point numbers, until its ends are neighbors: no unit, no tail and no
gap between components makes a difference, and of counts the same finds whole numbers.
"""

from __future__ import annotations

import numpy as np

from mixtura.families.one_column import Numbers
from mixtura.typing import FloatArray, IntArray

__all__ = ["cdf", "quantile"]


def cdf(column: Numbers, shares: FloatArray, values: FloatArray) -> FloatArray:
    """The share of the mixture at or below some values, (n,).

    Parameters
    ----------
    column : Numbers
        Of n rows and k components, or of one row that stands for all.
    shares : ndarray of shape (n, k), or (1, k)
        Of the components.
    values : ndarray of shape (n,), or (1,)
        NaN stays NaN.
    """
    below = column.below(values[:, None])
    return np.asarray(np.where(shares > 0.0, shares * below, 0.0).sum(axis=1))


def quantile(column: Numbers, shares: FloatArray, at: FloatArray) -> FloatArray:
    """The least value with so much of the mixture at or below it, (n,).

    Parameters
    ----------
    column : Numbers
        Of n rows and k components, or of one row that stands for all.
    shares : ndarray of shape (n, k), or (1, k)
        Of the components.
    at : ndarray of shape (n,), or (1,)
        From 0 to 1.

    Examples
    --------
    >>> from mixtura.families.one_column import evenly
    >>> apart = evenly(np.array([[0.0, 10.0]]), np.array([[1.0, 12.0]]))
    >>> quantile(apart, np.array([[0.5, 0.5]]), np.array([0.25, 0.5, 0.75]))
    array([ 0.5,  1. , 11. ])
    """
    ends = column.between(at[:, None])
    lows, highs = (
        np.where(shares > 0.0, end, beyond) for end, beyond in zip(ends, _BEYOND, strict=True)
    )
    high = highs.max(axis=1)
    low = np.where(at < 1.0, lows.min(axis=1), high)
    below, above = _number(low), _number(high)
    above = np.where(cdf(column, shares, low) >= at, below, above)
    while True:
        middle = below // 2 + above // 2 + (below & above & 1)
        if (middle == below).all():
            return _float(above)
        enough = cdf(column, shares, _float(middle)) >= at
        below, above = np.where(enough, below, middle), np.where(enough, middle, above)


# What has no share is no end of the interval.
_BEYOND = np.inf, -np.inf


def _number(values: FloatArray) -> IntArray:
    """Which float it is, counted from 0 on."""
    bits = (values + 0.0).view(np.int64)  # of two zeros the one above
    return np.where(bits < 0, np.iinfo(np.int64).min - bits, bits)


def _float(numbers: IntArray) -> FloatArray:
    """The float of that number."""
    bits = np.where(numbers < 0, np.iinfo(np.int64).min - numbers, numbers)
    return bits.view(np.float64)
