"""`save` and `load`: estimators as model files."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from mixtura.errors import MixturaError
from mixtura.estimators.gaussian_mixture import GaussianMixture, show_mixture
from mixtura.estimators.gaussian_vocabulary import COVARIANCE_TYPES
from mixtura.estimators.mixture_search import MixtureSearch
from mixtura.persistence.atomic_files import Staging
from mixtura.persistence.model_file import Model, read_model, write_model
from mixtura.persistence.training import Training

__all__ = ["load", "save", "to_model"]

_PLAIN = (bool, int, float, str)
_NOT_KEPT = ("n_components", "covariance_type", "n_jobs", "verbose", "verbose_interval")


def save(estimator: GaussianMixture | MixtureSearch, path: str | PathLike[str]) -> None:
    """Write a fitted estimator to a model file.

    Parameters
    ----------
    estimator : GaussianMixture or MixtureSearch
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


def load(path: str | PathLike[str]) -> GaussianMixture:
    """The estimator that a model file holds, ready to predict. No code in the file is run.

    Raises
    ------
    ModelFileError
        If the file is damaged, of another format, or of a later version.
    """
    model = read_model(Path(path))
    estimator = GaussianMixture(
        len(model.means),
        covariance_type=model.covariance_type,
        **_known(model.parameters),
    )
    estimator.n_features_in_ = model.means.shape[1]
    if model.feature_names is not None:
        estimator.feature_names_in_ = np.array(model.feature_names, dtype=object)
    show_mixture(estimator, model.mixture, np.dtype(model.dtype))
    if model.training is not None:
        _restore(estimator, model.training)
    return estimator


def to_model(estimator: GaussianMixture | MixtureSearch) -> Model:
    """What a model file holds of a fitted estimator."""
    if isinstance(estimator, MixtureSearch):
        check_is_fitted(estimator)
        return to_model(estimator.best_estimator_)
    if not isinstance(estimator, GaussianMixture):
        raise MixturaError(
            f"A {type(estimator).__name__} cannot be saved as a model file; "
            "give a GaussianMixture or a MixtureSearch."
        )
    mixture = estimator.mixture_
    names = getattr(estimator, "feature_names_in_", None)
    return Model(
        estimator.covariance_type,
        mixture.weights,
        mixture.params.means,
        COVARIANCE_TYPES[estimator.covariance_type]
        .layout.show(mixture.params.covariances)
        .covariances,
        None if names is None else [str(name) for name in names],
        str(estimator.means_.dtype),
        _plain(estimator),
        _training(estimator),
        mixture.noise_region,
    )


def _plain(estimator: GaussianMixture) -> dict[str, Any]:
    """Parameters that JSON can hold; arrays, priors and random generators are left out."""
    values = {
        name: value.item() if isinstance(value, np.generic) else value
        for name, value in estimator.get_params().items()
        if name not in _NOT_KEPT
    }
    return {name: value for name, value in values.items() if _is_plain(value)}


def _is_plain(value: Any) -> bool:
    if isinstance(value, tuple | list):
        return all(isinstance(part, str) for part in value)
    return value is None or isinstance(value, _PLAIN)


def _known(parameters: dict[str, Any]) -> dict[str, Any]:
    names = set(GaussianMixture().get_params()) - set(_NOT_KEPT)
    return {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in parameters.items()
        if name in names
    }


def _training(estimator: GaussianMixture) -> Training | None:
    """None for an estimator whose attributes were set by hand."""
    if not hasattr(estimator, "scores_"):
        return None
    return Training(
        scores=estimator.scores_,
        n_parameters=estimator.n_parameters_,
        collapsed=estimator.collapsed_,
        spurious=estimator.spurious_,
        converged=estimator.converged_,
        status=estimator.status_,
        outlook=estimator.outlook_,
        n_iter=estimator.n_iter_,
        objective=estimator.lower_bound_,
        trace=tuple(estimator.trace_),
        starts=estimator.starts_,
        notes=estimator.notes_,
        n_known=estimator.n_known_,
        prior=estimator.prior_,
    )


def _restore(estimator: GaussianMixture, training: Training) -> None:
    estimator.scores_ = training.scores
    estimator.log_likelihood_ = training.scores.log_likelihood
    estimator.n_parameters_ = training.n_parameters
    estimator.collapsed_ = training.collapsed
    estimator.spurious_ = training.spurious
    estimator.converged_ = training.converged
    estimator.status_ = training.status
    estimator.outlook_ = training.outlook
    estimator.n_iter_ = training.n_iter
    estimator.lower_bound_ = training.objective
    estimator.trace_ = list(training.trace)
    estimator.lower_bounds_ = estimator.trace_[len(estimator.trace_) - training.n_iter :]
    estimator.starts_ = training.starts
    estimator.notes_ = training.notes
    estimator.n_known_ = training.n_known
    estimator.prior_ = training.prior
