"""What columns of numbers are likely to be, by their values. Importing it imports nothing large."""

from __future__ import annotations

import numpy as np

from mixtura.families.schema import Kind
from mixtura.typing import FloatArray

__all__ = ["FEW", "are_codes", "are_counts", "are_surely_counts", "likely_family"]

#: Fewer different whole numbers than this, each so often, are codes and not measurements.
FEW = 10
_OFTEN = 10

# Whole numbers that are surely counts: from 0 to more than a code would have, with a variance of
# about the mean's size, and skewed as counts are.
_LARGER_THAN_CODES = 3
_VARIANCE_TO_MEAN = 0.5, 3.0
_SHARE_OF_SKEWNESS = 0.5
_ROWS_TO_BE_SURE = 30

# Counts whose mean is above this are as well taken for measurements.
_LARGE_MEAN = 30.0


def are_codes(n: int, n_distinct: int, *, whole: bool) -> bool:
    """Whether n numbers are few whole ones, each of them often."""
    return whole and n >= _OFTEN * n_distinct and 1 < n_distinct < FEW


def are_surely_counts(values: FloatArray) -> bool:
    """Whether finite numbers are whole ones that vary as much, and as unevenly, as counts do."""
    low, high = _VARIANCE_TO_MEAN
    return are_counts(values) and low <= values.var() / values.mean() <= high


def are_counts(values: FloatArray) -> bool:
    """Whether they are whole numbers from 0 on, more of them small than large.

    They may vary more than the counts of one kind of rows do.
    """
    if len(values) < _ROWS_TO_BE_SURE or values.min() != 0.0 or values.max() <= _LARGER_THAN_CODES:
        return False
    if not (values == np.floor(values)).all():
        return False
    mean, deviation = float(values.mean()), float(values.std())
    skewness = float(np.mean(((values - mean) / deviation) ** 3))
    enough = deviation**2 >= _VARIANCE_TO_MEAN[0] * mean
    return enough and skewness >= _SHARE_OF_SKEWNESS / np.sqrt(mean)


def likely_family(values: FloatArray) -> tuple[str, Kind, str]:
    """The family that a column of finite numbers is likely to have, its kind, and why.

    Examples
    --------
    >>> likely_family(np.array([0.0, 1.0, 1.0, 0.0]))[0]
    'bernoulli'
    >>> likely_family(np.array([5.1, 4.9, 6.3]))
    ('gaussian', <Kind.CONTINUOUS: 'continuous'>, 'numbers')
    """
    distinct = np.unique(values)
    if distinct.tolist() == [0.0, 1.0]:
        return "bernoulli", Kind.BINARY, "0 and 1"
    whole = bool((distinct == np.round(distinct)).all())
    if are_codes(len(values), len(distinct), whole=whole) and not are_surely_counts(values):
        return "categorical", Kind.CATEGORICAL, f"{len(distinct)} different whole numbers"
    small = are_counts(values) and values.mean() <= _LARGE_MEAN
    if small and are_surely_counts(values):
        return "poisson", Kind.COUNT, "whole numbers from 0 on that vary as counts do"
    if small:
        return "negative_binomial", Kind.COUNT, "counts that vary more than those of one kind do"
    return "gaussian", Kind.CONTINUOUS, "numbers"
