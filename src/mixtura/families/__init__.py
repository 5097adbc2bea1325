"""What one component looks like."""

from mixtura.families.bernoulli import Bernoulli, BernoulliParameters, BernoulliSums
from mixtura.families.categorical import Categorical, CategoricalParameters, CategoricalSums
from mixtura.families.exponential import Exponential, ExponentialParameters
from mixtura.families.factor_analyzers.density import FactorAnalyzers
from mixtura.families.factor_analyzers.parameters import FactorParameters
from mixtura.families.family import Bounded, Family, Parameters
from mixtura.families.gamma import Gamma, GammaMoments, GammaParameters
from mixtura.families.gaussian.density import Gaussian
from mixtura.families.gaussian.parameters import GaussianParameters
from mixtura.families.gaussian.prior import FLAT, FlatPrior, NormalInverseWishart, Prior
from mixtura.families.geometric import Geometric, GeometricParameters
from mixtura.families.log_normal import LogNormal
from mixtura.families.multinomial import Multinomial, MultinomialParameters
from mixtura.families.negative_binomial import NegativeBinomial, NegativeBinomialParameters
from mixtura.families.nested import Nested, NestedParameters
from mixtura.families.noise import Box, WithNoise, with_noise
from mixtura.families.poisson import Poisson, PoissonParameters
from mixtura.families.product.family import (
    Block,
    Product,
    ProductParameters,
    ProductStatistics,
)
from mixtura.families.registry import register
from mixtura.families.student_t.density import StudentT
from mixtura.families.student_t.parameters import StudentTParameters
from mixtura.families.uniform import Uniform, UniformExtents, UniformParameters
from mixtura.families.von_mises_fisher import VonMisesFisher, VonMisesFisherParameters

__all__ = [
    "FLAT",
    "Bernoulli",
    "BernoulliParameters",
    "BernoulliSums",
    "Block",
    "Bounded",
    "Box",
    "Categorical",
    "CategoricalParameters",
    "CategoricalSums",
    "Exponential",
    "ExponentialParameters",
    "FactorAnalyzers",
    "FactorParameters",
    "Family",
    "FlatPrior",
    "Gamma",
    "GammaMoments",
    "GammaParameters",
    "Gaussian",
    "GaussianParameters",
    "Geometric",
    "GeometricParameters",
    "LogNormal",
    "Multinomial",
    "MultinomialParameters",
    "NegativeBinomial",
    "NegativeBinomialParameters",
    "Nested",
    "NestedParameters",
    "NormalInverseWishart",
    "Parameters",
    "Poisson",
    "PoissonParameters",
    "Prior",
    "Product",
    "ProductParameters",
    "ProductStatistics",
    "StudentT",
    "StudentTParameters",
    "Uniform",
    "UniformExtents",
    "UniformParameters",
    "VonMisesFisher",
    "VonMisesFisherParameters",
    "WithNoise",
    "register",
    "with_noise",
]
