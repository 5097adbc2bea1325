"""The error of covariances that have no inverse."""

import numpy as np

from mixtura.errors import DegenerateError
from mixtura.typing import BoolArray, FloatArray

__all__ = ["check_positive", "singular"]


def singular(collapsed: BoolArray) -> DegenerateError:
    """The error for components (k,) of which some are marked as collapsed."""
    return DegenerateError(
        f"The covariance of {np.count_nonzero(collapsed)} of {len(collapsed)} components is "
        "singular: too few distinct rows, or columns of very different units. Use fewer "
        "components, a larger reg_covar, a simpler covariance structure, or columns of like units."
    )


def check_positive(spread: FloatArray) -> None:
    """Raise DegenerateError for the components whose spreads (k, d) are not all above 0."""
    positive = spread > 0.0
    if not positive.all():
        raise singular(positive.sum(axis=1) < spread.shape[1])
