"""What families of counts share: which numbers are counts, their factorials, their marginals."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mixtura.families.description import Bell, Mass, refuse
from mixtura.families.schema import Schema
from mixtura.typing import FloatArray

__all__ = ["LARGEST_COUNT", "check_counts", "count_marginal", "log_factorials", "whole_numbers"]

#: Whole numbers above this one are no longer all floats.
LARGEST_COUNT = 2.0**53

# A mass function is shown for at most so many values.
_MOST_VALUES = 400

# Variance of the numbers that are rounded to one whole number.
_ROUNDING = 1.0 / 12.0


def check_counts(X: FloatArray, schema: Schema) -> None:
    """See that all cells (n, d) are counts.

    Raises
    ------
    CellError
        It names the first one that is not.
    """
    counts = (X >= 0.0) & (X <= LARGEST_COUNT) & (np.floor(X) == X)
    refuse(~counts, X, schema, f"a count is a whole number from 0 to {LARGEST_COUNT:.10g}")


def log_factorials(X: FloatArray) -> FloatArray:
    """log x_ia!, (n, d): looked up where there are fewer counts than cells."""
    from scipy.special import gammaln  # it takes as long to import as a small fit

    largest = X.max(initial=0.0)
    if largest >= X.size:
        return np.asarray(gammaln(X + 1.0))
    table: FloatArray = gammaln(np.arange(1.0, largest + 2.0))
    return table[X.astype(np.intp)]


def whole_numbers(first: float, last: float) -> FloatArray | None:
    """The values of a mass function; None where they are too many to be told apart.

    Examples
    --------
    >>> whole_numbers(2.0, 5.0)
    array([2., 3., 4., 5.])
    """
    return None if last - first >= _MOST_VALUES else np.arange(first, last + 1.0)


def count_marginal(
    mean: FloatArray,
    deviation: FloatArray,
    ends: tuple[FloatArray, FloatArray],
    mass: Callable[[FloatArray], FloatArray],
) -> Mass | Bell:
    """What k components make of a column of counts.

    Bells where the counts that matter are too many to be told apart.

    Parameters
    ----------
    mean, deviation : ndarray of shape (k,)
    ends : pair of ndarray of shape (k,)
        Counts, or numbers between them, beyond which hardly any count of a component lies.
    mass : callable
        Counts (m,) -> the probability (k, m) of each.
    """
    first, last = np.floor(max(ends[0].min(), 0.0)), np.ceil(ends[1].max())
    values = whole_numbers(first, last)
    if values is None:
        # Among them a mean of 0 is as wide as the numbers that are rounded to it.
        return Bell(mean, np.sqrt(np.square(deviation) + _ROUNDING))
    return Mass(mean, deviation, values, mass(values))
