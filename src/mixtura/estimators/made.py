"""Estimators that are made, not fitted: from a mixture, and from what is known of its columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from mixtura.families.registry import description_of, is_described
from mixtura.families.schema import Schema
from mixtura.fitting.record import FitRecord
from mixtura.mixture import Mixture
from mixtura.typing import IntArray

if TYPE_CHECKING:  # which has these as methods
    from mixtura.estimators.mixture_estimator import MixtureEstimator

__all__ = ["following", "made", "of_columns", "schema_of"]

E = TypeVar("E", bound="MixtureEstimator")

# What does not depend on the columns.
_OF_ANY_COLUMNS = ("random_state", "n_jobs")


def made(
    kind: type[E],
    mixture: Mixture[Any, Any],
    schema: Schema,
    parameters: Mapping[str, Any],
    *,
    named: bool,
    dtype: np.dtype[Any],
    record: FitRecord | None = None,
    cluster_names: Sequence[str] = (),
) -> E:
    """An estimator of a class that is ready to predict.

    Parameters
    ----------
    kind : type
    mixture : Mixture
    schema : Schema
        The columns.
    parameters : mapping
        Of the estimator, but for those that the mixture tells itself.
    named : bool
        Whether the columns have names.
    dtype : dtype
        Of the table, float32 or float64.
    record : FitRecord, optional
        That of the fit, if there was one.
    cluster_names : sequence of str, optional
    """
    estimator = kind(**{**kind._told_by(mixture), **parameters})
    estimator.n_features_in_ = len(schema)
    if named:
        estimator.feature_names_in_ = np.array(schema.names, dtype=object)
    estimator.schema_ = schema
    if cluster_names:
        estimator.cluster_names_ = tuple(cluster_names)
    if record is None:
        estimator._show(mixture, dtype)
    else:
        estimator._publish(record, dtype)
    return estimator


def of_columns(whole: E, mixture: Mixture[Any, Any], places: IntArray) -> E:
    """An estimator of a mixture of some of the columns of a fitted one, in the order of places."""
    known = schema_of(whole, whole.mixture_)
    kind, own = type(whole), whole.get_params(deep=False)
    before, now = kind._told_by(whole.mixture_), kind._told_by(mixture)
    # What is the same in both is called as it was: 'full' and not 'VVV'.
    alike = [
        name for name, value in now.items() if isinstance(value, str) and before.get(name) == value
    ]
    return following(
        whole,
        kind,
        mixture,
        Schema(tuple(known[place] for place in places.tolist())),
        {name: own[name] for name in alike},
        cluster_names=vars(whole).get("cluster_names_", ()),
    )


def following(
    whole: MixtureEstimator,
    kind: type[E],
    mixture: Mixture[Any, Any],
    schema: Schema,
    parameters: Mapping[str, Any] | None = None,
    cluster_names: Sequence[str] = (),
) -> E:
    """An estimator of a mixture that follows from a fitted one, for tables of the same kind."""
    own = {name: getattr(whole, name) for name in _OF_ANY_COLUMNS}
    return made(
        kind,
        mixture,
        schema,
        {**own, **(parameters or {})},
        named="feature_names_in_" in vars(whole),
        dtype=np.asarray(whole.weights_).dtype,
        cluster_names=cluster_names,
    )


def schema_of(estimator: MixtureEstimator, mixture: Mixture[Any, Any]) -> Schema:
    """The columns; there may be no schema yet, or one from before the family was registered."""
    columns = vars(estimator).get("feature_names_in_", range(mixture.n_features))
    schema: Schema | None = vars(estimator).get("schema_")
    if schema is not None and not is_described(mixture.family):
        return schema
    description = description_of(mixture.family)
    if schema is not None and all(column.kind in description.kinds for column in schema):
        return schema
    made: Schema = description.columns(mixture.clusters.family, list(columns))
    return made
