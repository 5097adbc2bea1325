"""Models that were fitted apart, made one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from sklearn.utils.validation import check_is_fitted

from mixtura.errors import MixturaError
from mixtura.estimators.mixture_estimator import MixtureEstimator
from mixtura.estimators.parameters import wrong_kind
from mixtura.fitting.merged import merged

__all__ = ["merge"]

E = TypeVar("E", bound=MixtureEstimator)


def merge(models: Iterable[E]) -> E:
    """One model of several that were fitted to different rows, from their statistics.

    No row is looked at. If all models have the same parameters, as models that begin from given
    ones with `max_iter=0`, the result is that of one iteration of EM on all rows together. Models
    that were fitted on their own give a good place to begin from: their clusters are matched by the
    rows that they share. `partial_fit` goes on from the result.

    Parameters
    ----------
    models : iterable of fitted estimators
        Of one class, of the same columns and as many components.

    Returns
    -------
    estimator
        A new one, with the parameters of the first.

    Raises
    ------
    MixturaError
        If the models differ, or the statistics of one are not known, as after `mixtura.load`.

    Examples
    --------
    >>> import numpy as np
    >>> import mixtura as mx
    >>> rng = np.random.default_rng(0)
    >>> X = np.concatenate([rng.normal(0, 1, (60, 1)), rng.normal(9, 1, (40, 1))])
    >>> given = dict(weights_init=[0.5, 0.5], means_init=[[0.0], [8.0]],
    ...              precisions_init=[[[1.0]], [[1.0]]], max_iter=0)
    >>> apart = [mx.GaussianMixture(2, **given).fit(part) for part in (X[::2], X[1::2])]
    >>> mx.merge(apart).weights_.round(2)
    array([0.6, 0.4])
    """
    if isinstance(models, MixtureEstimator):
        raise wrong_kind("models", models, "several of these", "Write merge([one, another]).")
    models = list(models)
    if not models:
        raise MixturaError("There is no model to merge: give one at least.")
    first = models[0]
    for number, model in enumerate(models):
        _check_alike(number, model, first)
    return first._merged(merged([model.record_ for model in models]))


def _check_alike(number: int, model: MixtureEstimator, first: MixtureEstimator) -> None:
    """A model of the same class and columns as the first."""
    if not isinstance(model, MixtureEstimator):
        raise MixturaError(f"Model {number} is {model!r}: expected a fitted mixture estimator.")
    check_is_fitted(model)
    if type(model) is not type(first):
        raise MixturaError(
            f"Model {number} is a {type(model).__name__}, and the first a {type(first).__name__}: "
            "expected models of one class."
        )
    if "record_" not in vars(model):
        raise MixturaError(
            f"Model {number} was not fitted to rows, as its parameters were set by hand or follow "
            "from another model's: expected fits, whose statistics are added up."
        )
    if model.schema_ != first.schema_:
        raise MixturaError(
            f"Model {number} has the columns {', '.join(model.schema_.names)}, and the first "
            f"{', '.join(first.schema_.names)}: expected the same, of the same kinds and levels."
        )
