"""Estimators of mixtures of one family, by the name of that."""

from __future__ import annotations

from mixtura.estimators.factor_mixture import FactorMixture
from mixtura.estimators.family_mixtures import (
    BernoulliMixture,
    CategoricalMixture,
    GeometricMixture,
    MultinomialMixture,
    NegativeBinomialMixture,
    PoissonMixture,
)
from mixtura.estimators.gaussian_mixture import GaussianMixture
from mixtura.estimators.log_normal_mixture import LogNormalMixture
from mixtura.estimators.measurement_mixtures import (
    ExponentialMixture,
    GammaMixture,
    UniformMixture,
)
from mixtura.estimators.mixture_estimator import MixtureEstimator
from mixtura.estimators.student_t_mixture import StudentTMixture
from mixtura.estimators.von_mises_fisher_mixture import VonMisesFisherMixture

__all__ = ["SINGLE_FAMILIES"]

SINGLE_FAMILIES: dict[str, type[MixtureEstimator]] = {
    "gaussian": GaussianMixture,
    "bernoulli": BernoulliMixture,
    "categorical": CategoricalMixture,
    "poisson": PoissonMixture,
    "exponential": ExponentialMixture,
    "gamma": GammaMixture,
    "geometric": GeometricMixture,
    "log_normal": LogNormalMixture,
    "uniform": UniformMixture,
    "negative_binomial": NegativeBinomialMixture,
    "multinomial": MultinomialMixture,
    "von_mises_fisher": VonMisesFisherMixture,
    "factors": FactorMixture,
    "student_t": StudentTMixture,
}
