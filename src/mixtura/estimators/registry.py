"""Estimators by the name of the family that they fit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mixtura.estimators.family_mixtures import (
    BernoulliMixture,
    CategoricalMixture,
    FamilyMixture,
    PoissonMixture,
)
from mixtura.estimators.gaussian_mixture import GaussianMixture
from mixtura.estimators.mixture_estimator import MixtureEstimator
from mixtura.estimators.student_t_mixture import StudentTMixture
from mixtura.families.registry import description_named
from mixtura.families.schema import Schema

__all__ = ["ESTIMATORS", "estimator_class", "estimator_of", "search_grid"]

ESTIMATORS: dict[str, type[MixtureEstimator]] = {
    "gaussian": GaussianMixture,
    "bernoulli": BernoulliMixture,
    "categorical": CategoricalMixture,
    "poisson": PoissonMixture,
    "student_t": StudentTMixture,
}


def estimator_class(family: str) -> type[MixtureEstimator]:
    """That of the family of a name: `FamilyMixture` for one of the user's own."""
    return ESTIMATORS.get(family, FamilyMixture)


def estimator_of(family: str, schema: Schema, **parameters: Any) -> MixtureEstimator:
    """An estimator of the family of a name, for such columns."""
    if family in ESTIMATORS:
        return ESTIMATORS[family](**parameters)
    return FamilyMixture(description_named(family).family(schema), **parameters)


def search_grid(estimator: MixtureEstimator, d: int, given: Mapping[str, Any]) -> dict[str, Any]:
    """What a search tries for tables of d columns: the given values, or else the estimator's."""
    return {**estimator._default_grid(d), **given}
