"""A table as one Gaussian: what its observed cells say of the missing ones before any mixture."""

from __future__ import annotations

import numpy as np

from mixtura.families.gaussian.density import Gaussian
from mixtura.families.gaussian.structures import VVI, VVV

__all__ = ["as_one_group"]

# Least share of a column's variance that the others leave, so that copies of columns do no harm.
_LEFT = 1e-4


def as_one_group(d: int, *, regress: bool) -> Gaussian:
    """The family of one component for d standardized columns.

    Missing cells are then expected as linear regression on the others says, or where there is
    none, as the column's mean.
    """
    return Gaussian(VVV if regress else VVI, np.full(d, _LEFT))
