"""Estimators by the name of the family that they fit."""

from __future__ import annotations

from mixtura.estimators.family_mixtures import (
    BernoulliMixture,
    CategoricalMixture,
    PoissonMixture,
)
from mixtura.estimators.gaussian_mixture import GaussianMixture
from mixtura.estimators.mixture_estimator import MixtureEstimator

__all__ = ["ESTIMATORS"]

ESTIMATORS: dict[str, type[MixtureEstimator]] = {
    "gaussian": GaussianMixture,
    "bernoulli": BernoulliMixture,
    "categorical": CategoricalMixture,
    "poisson": PoissonMixture,
}
