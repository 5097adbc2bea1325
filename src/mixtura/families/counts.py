"""What families of counts share: which cells are counts, and how many of them can be shown."""

from __future__ import annotations

import numpy as np

from mixtura.families.description import refuse
from mixtura.families.schema import Schema
from mixtura.typing import FloatArray

__all__ = ["LARGEST_COUNT", "check_counts", "whole_numbers"]

#: Whole numbers above this one are no longer all floats.
LARGEST_COUNT = 2.0**53

# A mass function is shown for at most so many values.
_MOST_VALUES = 400


def check_counts(X: FloatArray, schema: Schema) -> None:
    """See that all cells (n, d) are counts.

    Raises
    ------
    CellError
    """
    counts = (X >= 0.0) & (X <= LARGEST_COUNT) & (np.floor(X) == X)
    refuse(~counts, X, schema, f"a count is a whole number from 0 to {LARGEST_COUNT:.10g}")


def whole_numbers(first: float, last: float) -> FloatArray | None:
    """The values of a mass function; None where they are too many to be told apart.

    Examples
    --------
    >>> whole_numbers(2.0, 5.0)
    array([2., 3., 4., 5.])
    """
    return None if last - first >= _MOST_VALUES else np.arange(first, last + 1.0)
