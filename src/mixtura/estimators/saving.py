"""`save` and `load`: estimators as model files."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from mixtura.estimators.kept_parameters import kept_parameters
from mixtura.estimators.made import made, schema_of
from mixtura.estimators.mixture_estimator import MixtureEstimator
from mixtura.estimators.mixture_search import MixtureSearch
from mixtura.estimators.parameters import wrong_kind
from mixtura.estimators.registry import estimator_class
from mixtura.families.registry import description_of
from mixtura.mixture import Mixture
from mixtura.persistence.atomic_files import Staging
from mixtura.persistence.model_file import Model, read_model, write_model

__all__ = ["load", "save", "to_model"]

_PLAIN = (bool, int, float, str, type(None))


def save(estimator: MixtureEstimator | MixtureSearch[Any], path: str | PathLike[str]) -> None:
    """Write a fitted estimator to a model file.

    Parameters
    ----------
    estimator : mixture estimator or MixtureSearch
        Of a search the best estimator is saved.
    path : path-like
        An existing file is replaced, once the new one is complete.

    Raises
    ------
    NotFittedError
        If the estimator is not fitted.
    MixturaError
        If nothing describes its family (see `mixtura.families.register`), or if it has a value
        that no model file may hold, so that `load` would refuse the file.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> import mixtura as mx
    >>> path = tempfile.mkdtemp() + "/model.json"
    >>> mx.save(mx.GaussianMixture().fit(np.eye(3)[:, :1]), path)
    >>> mx.load(path).means_
    array([[0.33333333]])
    """
    model = to_model(estimator)
    with Staging() as staging:
        write_model(model, staging.place(Path(path)))


def load(path: str | PathLike[str]) -> MixtureEstimator:
    """The estimator that a model file holds, ready to predict. No code in the file is run.

    Of a family that was registered (`mixtura.families.register`) it is a `FamilyMixture`.

    Raises
    ------
    ModelFileError
        If the file is damaged, of another format, or of a later version.
    """
    model = read_model(Path(path))
    return made(
        estimator_class(model.description.name),
        model.mixture,
        model.schema,
        model.parameters,
        named=model.named,
        dtype=np.dtype(model.dtype),
        record=model.record,
        cluster_names=model.cluster_names,
    )


def to_model(estimator: MixtureEstimator | MixtureSearch[Any]) -> Model:
    """What a model file holds of a fitted estimator."""
    if isinstance(estimator, MixtureSearch):
        check_is_fitted(estimator)
        return to_model(estimator.best_estimator_)
    if not isinstance(estimator, MixtureEstimator):
        raise wrong_kind(
            "estimator",
            estimator,
            "a mixture estimator or a MixtureSearch, since a model file holds one mixture",
            "Of a MixtureClassifier save each of its estimators_, or pickle it.",
        )
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
