"""A fitted estimator as a model: its mixture, its columns, and how it came about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mixtura.estimators.kept_parameters import kept_parameters
from mixtura.estimators.made import schema_of
from mixtura.families.registry import description_of
from mixtura.mixture import Mixture
from mixtura.persistence.model_file import Model

if TYPE_CHECKING:
    from mixtura.estimators.mixture_estimator import MixtureEstimator

__all__ = ["model_of"]

_PLAIN = (bool, int, float, str, type(None))


def model_of(estimator: MixtureEstimator) -> Model:
    """What a model file, a report and pictures know of a fitted estimator."""
    mixture, fitted = estimator.mixture_, vars(estimator).get("record_")
    by_hand = fitted is None or fitted.mixture is not mixture
    streamed = "stream_" in vars(estimator)  # of which nothing final can be told
    return Model(
        mixture,
        schema_of(estimator, mixture),
        "feature_names_in_" in vars(estimator),
        "float32" if np.asarray(estimator.weights_).dtype == np.float32 else "float64",
        _plain(estimator, mixture),
        None if by_hand or streamed else fitted,
        vars(estimator).get("cluster_names_", ()),
    )


def _plain(estimator: MixtureEstimator, mixture: Mixture[Any, Any]) -> dict[str, Any]:
    """Parameters that a model file keeps, but for arrays, priors and generators."""
    kept = kept_parameters(description_of(mixture.family).name, mixture)
    values = {
        name: value.item() if isinstance(value, np.generic) else value
        for name, value in estimator.get_params(deep=False).items()
        if name in kept
    }
    return {
        name: value
        for name, value in values.items()
        if name == "algorithm" or isinstance(value, _PLAIN)
    }
