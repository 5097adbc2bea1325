"""The degrees of freedom: their likeliest values, and where they end.

With E the expectation of a row's weight u given the row, the M-step solves

    log(nu / 2) - psi(nu / 2) = -sum_i r_ij (E log u_ij - E u_ij + 1) / sum_i r_ij

(McLachlan and Peel 2000, eq. 7.30). Where rows have no heavy tails the likelihood goes on to rise
for ever, ever more slowly, and EM would follow it step by step. There

- a component with more than `FAR` degrees of freedom becomes Gaussian once that is more likely than
  what it is, and the slope in 1 / nu, which is nearly straight so far out, still rises there;
- it then has `LARGEST` degrees of freedom, which no density tells from infinity, and keeps them.

With few degrees of freedom the density has a peak that rises without end in three dimensions or
more, whatever floor the scales have. So there are no fewer than `SMALLEST`.
"""

from __future__ import annotations

import numpy as np

from mixtura.families.student_t.binet import binet, digamma_gap, trigamma_gap
from mixtura.typing import BoolArray, FloatArray

__all__ = [
    "FAR",
    "FIRST",
    "LARGEST",
    "SMALLEST",
    "ends",
    "information",
    "inner",
    "likeliest",
    "missed",
    "slopes",
]

#: Fewer are no family of densities that rows are found in: one row in a hundred is then further
#: than 1e19 deviations away.
SMALLEST = 0.1

#: With these every digit of a density is that of a Gaussian one.
LARGEST = 2.0**53

#: From here on a component may become Gaussian.
FAR = 100.0

#: Where the first E-step is made, which has to have some.
FIRST = 10.0

# After a step as small as this all digits are right.
_MOST_STEPS, _ENOUGH = 30, 1e-8


def inner(dof: FloatArray) -> BoolArray:
    """Which of them lie at neither end, so that EM moves them."""
    return np.asarray((dof > SMALLEST) & (dof < LARGEST))


def slopes(dof: FloatArray, rows: FloatArray, tails: FloatArray) -> FloatArray:
    """Slope of the log-likelihood along log nu, from the sums of an E-step there."""
    return np.asarray(0.5 * dof * (rows * digamma_gap(0.5 * dof) + tails))


def information(dof: FloatArray) -> FloatArray:
    """The complete data's about log nu, for each row: from 1 where nu is small to 1/2."""
    return trigamma_gap(0.5 * dof)


def likeliest(dof: FloatArray, rows: FloatArray, tails: FloatArray) -> FloatArray:
    """The M-step, from the present ones and the sums of an E-step, (m,) each.

    Parameters
    ----------
    dof : ndarray of shape (m,)
    rows : ndarray of shape (m,)
        Sums of the responsibilities.
    tails : ndarray of shape (m,)
        Sums of r (E log u - E u + 1), below 0.
    """
    found = 2.0 * _root(-tails / rows, 0.5 * dof)
    return np.where(dof >= LARGEST, LARGEST, np.clip(found, SMALLEST, LARGEST))


def ends(dof: FloatArray, rows: FloatArray, tails: FloatArray, gains: FloatArray) -> BoolArray:
    """Which of the components (m,) become Gaussian.

    Parameters
    ----------
    dof, rows, tails
        As of `likeliest`.
    gains : ndarray of shape (m,)
        Nats that the rows gain with Gaussian components.
    """
    slope = slopes(dof, rows, tails)
    return np.asarray((dof > FAR) & (dof < LARGEST) & (slope > 0.0) & (gains > 0.5 * slope))


def _root(gap: FloatArray, near: FloatArray) -> FloatArray:
    """x with log x - psi(x) = gap, by Newton's method from nearby, between 1 / 2 gap and 1 / gap.

    As logarithms the two have a line between them, nearly: each step doubles the digits.
    """
    low, high = 0.5 / gap, 1.0 / gap
    x = np.minimum(np.maximum(near, low), high)
    for _ in range(_MOST_STEPS):
        here = digamma_gap(x)
        step = np.log(here / gap) * x * here / trigamma_gap(x)
        x = np.minimum(np.maximum(x * np.exp(step), low), high)
        if np.abs(step).max() <= _ENOUGH:
            break
    return np.asarray(x)


def missed(rows: FloatArray, tails: FloatArray) -> FloatArray:
    """Nats that components with the fewest degrees of freedom would gain with fewer still, (k,).

    What the expected log-likelihood of the complete data says of it.
    """
    gains = np.zeros_like(rows)
    live = rows > 0.0
    gap = -tails[live] / rows[live]
    least = np.full_like(gap, 0.5 * SMALLEST)
    best = np.minimum(_root(gap, least), least)

    def reached(a: FloatArray) -> FloatArray:
        return rows[live] * (_log_weight(a) - a * gap)

    gains[live] = reached(best) - reached(least)
    return np.maximum(gains, 0.0)


def _log_weight(a: FloatArray) -> FloatArray:
    """a log a - a - log Gamma(a), but for a constant."""
    return np.asarray(0.5 * np.log(a) - binet(a))
