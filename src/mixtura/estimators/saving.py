"""`save` and `load`: estimators as model files."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from mixtura.estimators.as_model import model_of
from mixtura.estimators.made import made
from mixtura.estimators.mixture_estimator import MixtureEstimator
from mixtura.estimators.mixture_search import MixtureSearch
from mixtura.estimators.parameters import wrong_kind
from mixtura.estimators.registry import estimator_class
from mixtura.persistence.atomic_files import Staging
from mixtura.persistence.model_file import Model, read_model, write_model

__all__ = ["load", "save", "to_model"]


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
    return model_of(estimator)
