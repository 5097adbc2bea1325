"""Estimators of mixtures of one family, by the name of that."""

from __future__ import annotations

from mixtura.estimators.family_mixtures import (
    BernoulliMixture,
    CategoricalMixture,
    PoissonMixture,
)
from mixtura.estimators.gaussian_mixture import GaussianMixture
from mixtura.estimators.mixture_estimator import MixtureEstimator

__all__ = ["SINGLE_FAMILIES"]

SINGLE_FAMILIES: dict[str, type[MixtureEstimator]] = {
    "gaussian": GaussianMixture,
    "bernoulli": BernoulliMixture,
    "categorical": CategoricalMixture,
    "poisson": PoissonMixture,
}
