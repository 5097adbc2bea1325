"""What one component looks like."""

from mixtura.families.bernoulli import Bernoulli, BernoulliParameters
from mixtura.families.family import Family, Parameters
from mixtura.families.gaussian import Gaussian, GaussianParameters
from mixtura.families.prior import FlatPrior, NormalInverseWishart, Prior

__all__ = [
    "Bernoulli",
    "BernoulliParameters",
    "Family",
    "FlatPrior",
    "Gaussian",
    "GaussianParameters",
    "NormalInverseWishart",
    "Parameters",
    "Prior",
]
