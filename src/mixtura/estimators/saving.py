"""`save` and `load`: estimators as model files."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from mixtura.errors import MixturaError, ModelFileError
from mixtura.estimators.kept_parameters import KEPT
from mixtura.estimators.mixture_estimator import MixtureEstimator
from mixtura.estimators.mixture_search import MixtureSearch
from mixtura.estimators.registry import ESTIMATORS
from mixtura.persistence.atomic_files import Staging
from mixtura.persistence.entries import record
from mixtura.persistence.model_file import Model, read_model, write_model

__all__ = ["load", "save", "to_model"]


def save(estimator: MixtureEstimator | MixtureSearch, path: str | PathLike[str]) -> None:
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

    Raises
    ------
    ModelFileError
        If the file is damaged, of another format, or of a later version.
    """
    model = read_model(Path(path))
    make = ESTIMATORS[model.description.name]
    known = {name: KEPT[name] for name in make().get_params() if name in KEPT}
    try:
        parameters = record(known, partial=True).read(model.parameters, "parameters")
        estimator = make().set_params(n_components=model.mixture.n_clusters, **parameters)
        return _restored(estimator, model)
    except MixturaError as error:
        raise ModelFileError(f"{path} cannot be used as a model file: {error}") from None


def _restored(estimator: MixtureEstimator, model: Model) -> MixtureEstimator:
    estimator.n_features_in_ = len(model.schema)
    if model.named:
        estimator.feature_names_in_ = np.array(model.schema.names, dtype=object)
    estimator.schema_ = model.schema
    if model.record is None:
        estimator._show(model.mixture, np.dtype(model.dtype))
    else:
        estimator._publish(model.record, np.dtype(model.dtype))
    return estimator


def to_model(estimator: MixtureEstimator | MixtureSearch) -> Model:
    """What a model file holds of a fitted estimator."""
    check_is_fitted(estimator)
    if isinstance(estimator, MixtureSearch):
        return to_model(estimator.best_estimator_)
    if not isinstance(estimator, MixtureEstimator):
        raise MixturaError(
            f"A {type(estimator).__name__} cannot be saved as a model file; "
            "give a mixture estimator or a MixtureSearch."
        )
    mixture, fitted = estimator.mixture_, vars(estimator).get("record_")
    by_hand = fitted is None or fitted.mixture is not mixture
    return Model(
        mixture,
        estimator.schema_,
        "feature_names_in_" in vars(estimator),
        str(estimator.weights_.dtype),
        _plain(estimator),
        None if by_hand else fitted,
    )


def _plain(estimator: MixtureEstimator) -> dict[str, Any]:
    """Parameters that a model file keeps, as far as they are what it can hold."""
    plain = {}
    for name, value in estimator.get_params(deep=False).items():
        value = value.item() if isinstance(value, np.generic) else value
        if name in KEPT and KEPT[name].holds(value):
            plain[name] = list(value) if isinstance(value, tuple) else value
    return plain
