"""What one component looks like."""

from mixtura.families.bernoulli import Bernoulli, BernoulliParameters
from mixtura.families.family import Family, Parameters
from mixtura.families.gaussian import Gaussian, GaussianParameters

__all__ = [
    "Bernoulli",
    "BernoulliParameters",
    "Family",
    "Gaussian",
    "GaussianParameters",
    "Parameters",
]
