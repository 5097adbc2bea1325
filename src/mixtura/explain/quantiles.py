"""How much of a mixture lies below a value of one column, and below which value a share lies.

    F(x) = sum_j r_j F_j(x),    quantile(u) = the least x with F(x) >= u

The quantile of a mixture lies between those of its components. Secants come close to it where F is
smooth (regula falsi with the Illinois rule; Dowell and Jarratt 1971); then the interval is halved,
in steps that count floating-point numbers, until its ends are neighbors: no unit, no tail and no
gap between components makes a difference, and of counts the same finds whole numbers.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mixtura.families.one_column import Numbers
from mixtura.typing import FloatArray, IntArray

__all__ = ["cdf", "quantile"]

# What has no share is no end of the interval.
_BEYOND = np.inf, -np.inf

# Secants that are tried, shares that are equal but for rounding, and how many floats to both sides
# of the last secant are looked at.
_SECANTS, _ROUNDING, _FLOATS = 15, 4.0 * np.finfo(np.float64).eps, 32


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
    # Shares sum to 1 but for rounding, and so does what lies below everything.
    of_all = np.where(shares > 0.0, shares * below, 0.0).sum(axis=1)
    return np.asarray(of_all / shares.sum(axis=1))


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

    def short(values: FloatArray) -> FloatArray:
        return cdf(column, shares, values) - at

    high = np.where(short(low) >= 0.0, low, high)
    low, high = _near(short, low, high)
    below, above = _number(low), _number(high)
    while True:
        middle = _middle(below, above)
        if (middle == below).all():
            return _float(above)
        enough = short(_float(middle)) >= 0.0
        below, above = np.where(enough, below, middle), np.where(enough, middle, above)


def _near(
    short: Callable[[FloatArray], FloatArray], low: FloatArray, high: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Ends between which a function still rises above 0, nearer to where it does."""
    at_low, at_high = short(low), short(high)
    before = np.zeros(low.shape)
    for _ in range(_SECANTS):
        with np.errstate(all="ignore"):
            guess = high - at_high * (high - low) / (at_high - at_low)
        inside = (guess > low) & (guess < high)
        guess = np.where(inside, guess, _float(_middle(_number(low), _number(high))))
        here = short(guess)
        enough = here >= 0.0
        side = np.where(enough, 1.0, -1.0)
        again = side == before  # the other end has stayed twice, and counts half
        at_low = np.where(enough, np.where(again, 0.5 * at_low, at_low), here)
        at_high = np.where(enough, here, np.where(again, 0.5 * at_high, at_high))
        low, high, before = np.where(enough, low, guess), np.where(enough, guess, high), side
        if (np.abs(here) <= _ROUNDING).all():
            break
    # Secants come from one side: some floats further, on both sides of the nearer end, is enough.
    near = _number(np.where(-at_low < at_high, low, high))
    for step in (-_FLOATS, _FLOATS):
        probe = _float(np.clip(near + step, _number(low), _number(high)))
        enough = short(probe) >= 0.0
        low, high = np.where(enough, low, probe), np.where(enough, probe, high)
    return low, high


def _middle(below: IntArray, above: IntArray) -> IntArray:
    """The whole number halfway, or the one below it."""
    return below // 2 + above // 2 + (below & above & 1)


def _number(values: FloatArray) -> IntArray:
    """Which float it is, counted from 0 on."""
    bits = (values + 0.0).view(np.int64)  # of two zeros the one above
    return np.where(bits < 0, np.iinfo(np.int64).min - bits, bits)


def _float(numbers: IntArray) -> FloatArray:
    """The float of that number."""
    bits = np.where(numbers < 0, np.iinfo(np.int64).min - numbers, numbers)
    return bits.view(np.float64)
