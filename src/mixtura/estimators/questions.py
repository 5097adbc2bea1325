"""All that a fitted mixture can be asked of its columns, its components and of other mixtures."""

from __future__ import annotations

from mixtura.estimators.comparisons import Comparisons
from mixtura.estimators.distribution_functions import DistributionFunctions
from mixtura.estimators.parts import Parts
from mixtura.estimators.predicted_values import Predictions

__all__ = ["Questions"]


class Questions(Parts, Predictions, DistributionFunctions, Comparisons):
    """Some columns, given others; predicted values; distribution functions; comparisons."""
