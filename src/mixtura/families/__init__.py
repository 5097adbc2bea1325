"""What one component looks like."""

from mixtura.families.bernoulli import Bernoulli, BernoulliParameters, BernoulliSums
from mixtura.families.categorical import Categorical, CategoricalParameters, CategoricalSums
from mixtura.families.family import Bounded, Family, Parameters
from mixtura.families.gaussian.density import Gaussian
from mixtura.families.gaussian.parameters import GaussianParameters
from mixtura.families.gaussian.prior import FLAT, FlatPrior, NormalInverseWishart, Prior
from mixtura.families.noise import Box, WithNoise, with_noise
from mixtura.families.poisson import Poisson, PoissonParameters
from mixtura.families.registry import register
from mixtura.families.student_t.density import StudentT
from mixtura.families.student_t.parameters import StudentTParameters

__all__ = [
    "FLAT",
    "Bernoulli",
    "BernoulliParameters",
    "BernoulliSums",
    "Bounded",
    "Box",
    "Categorical",
    "CategoricalParameters",
    "CategoricalSums",
    "Family",
    "FlatPrior",
    "Gaussian",
    "GaussianParameters",
    "NormalInverseWishart",
    "Parameters",
    "Poisson",
    "PoissonParameters",
    "Prior",
    "StudentT",
    "StudentTParameters",
    "WithNoise",
    "register",
    "with_noise",
]
