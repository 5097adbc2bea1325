"""Estimators by the name of the family that they fit."""

from __future__ import annotations

from mixtura.estimators.family_mixtures import (
    BernoulliMixture,
    CategoricalMixture,
    FamilyMixture,
    PoissonMixture,
)
from mixtura.estimators.gaussian_mixture import GaussianMixture
from mixtura.estimators.mixture_estimator import MixtureEstimator

__all__ = ["ESTIMATORS", "estimator_of"]

ESTIMATORS: dict[str, type[MixtureEstimator]] = {
    "gaussian": GaussianMixture,
    "bernoulli": BernoulliMixture,
    "categorical": CategoricalMixture,
    "poisson": PoissonMixture,
}


def estimator_of(name: str) -> type[MixtureEstimator]:
    """That of the family of a name: `FamilyMixture` for one of the user's own."""
    return ESTIMATORS.get(name, FamilyMixture)
