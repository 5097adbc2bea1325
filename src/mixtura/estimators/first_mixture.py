"""The parameters `*_init` and `init_params`, translated to the mixture where EM begins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeAlias

import numpy as np

from mixtura.em import Start, begin
from mixtura.errors import MixturaError
from mixtura.estimators.parameters import check_array, check_weights
from mixtura.estimators.training_rows import TrainingRows
from mixtura.families import Gaussian, GaussianParameters
from mixtura.initialization import (
    following,
    given_labels,
    given_responsibilities,
    keeping_labels,
    nearest_centre,
)
from mixtura.layouts import Layout
from mixtura.mixing import FixedWeights, Mixing
from mixtura.mixture import Mixture
from mixtura.registry import STARTS
from mixtura.sources import Source
from mixtura.statistics import Moments
from mixtura.typing import AnyArray, FloatArray

__all__ = [
    "GaussianMixtureModel",
    "Given",
    "MakeFirst",
    "check_start",
    "first_mixtures",
    "go_on",
]

GaussianMixtureModel: TypeAlias = Mixture[GaussianParameters, Moments]

#: (number of the start) -> where it begins.
MakeFirst: TypeAlias = Callable[[int], GaussianMixtureModel]


@dataclass(frozen=True)
class Given:
    """What the user says about the start; None where nothing is said.

    Attributes
    ----------
    weights : ndarray of shape (k,) or None
    means : ndarray of shape (k, d) or None
    precisions : ndarray of the layout's shape, or None
    """

    weights: Any
    means: Any
    precisions: Any

    @property
    def anything(self) -> bool:
        return not all(part is None for part in (self.weights, self.means, self.precisions))


def first_mixtures(
    family: Gaussian,
    layout: Layout,
    source: Source,
    table: TrainingRows,
    *,
    k: int,
    mixing: Mixing,
    given: Given,
    init_params: str | AnyArray,
    seed: int,
) -> MakeFirst:
    """How to make the mixture where each start begins."""
    d = source.n_features
    weights = None if given.weights is None else check_weights(given.weights, k)
    means = None if given.means is None else check_array("means", given.means, (k, d))
    covariances = None
    if given.precisions is not None:
        precisions = check_array("precisions", given.precisions, layout.shape(k, d))
        covariances = layout.from_precisions(precisions, k, d)
    if weights is not None and means is not None and covariances is not None:
        params = family.within_floor(GaussianParameters(means, covariances))
        complete = Mixture(family, params, weights, mixing)
        return lambda number: complete
    numbered = means is not None or not isinstance(init_params, str)
    make_start = _starts(table, k, means, init_params, seed)
    if source.labelled:
        make_start = _labelled(make_start, source, numbered)
    # Nothing but its weight says which component is meant, and the weights will not adapt.
    unmatched = mixing == FixedWeights() and not (numbered or source.labelled)

    def make(number: int) -> GaussianMixtureModel:
        first = begin(family, source, make_start(number), mixing)
        if unmatched and weights is not None:
            first = _ranked_like(weights, first)
        params = GaussianParameters(
            first.params.means if means is None else means,
            first.params.covariances if covariances is None else covariances,
        )
        return replace(
            first,
            params=family.within_floor(params),
            weights=first.weights if weights is None else weights,
        )

    return make


def _ranked_like(weights: FloatArray, first: GaussianMixtureModel) -> GaussianMixtureModel:
    """The mixture with its components in the order of size that the weights (k,) have."""
    return first.take(np.argsort(first.weights)[np.argsort(np.argsort(weights))])


def go_on(
    fitted: GaussianMixtureModel, family: Gaussian, mixing: Mixing, given: Given
) -> GaussianMixtureModel:
    """An earlier fit's mixture, moved to where M-steps under other constraints can rise from."""
    k, d = fitted.params.means.shape
    params = family.within_floor(fitted.params)
    if family.fixed_means:
        params = replace(params, means=check_array("means", given.means, (k, d)))
    weights = fitted.weights
    if mixing.n_parameters(k) == 0:
        weights = weights if given.weights is None else check_weights(given.weights, k)
        weights = mixing.maximize(weights, weights)
    return Mixture(family, params, weights, mixing)


def _starts(
    table: TrainingRows,
    k: int,
    means: FloatArray | None,
    init_params: str | AnyArray,
    seed: int,
) -> Callable[[int], Start]:
    """The start with a given number."""
    if means is not None:
        summary = table.summary
        centres = (means - summary.moments.mean[0]) / summary.scales
        return lambda number: nearest_centre(centres, summary)
    if not isinstance(init_params, str):
        own = _given_start(init_params, k)
        return lambda number: own
    return partial(table.start, init_params, k, seed)


def _labelled(
    make_start: Callable[[int], Start], source: Source, numbered: bool
) -> Callable[[int], Start]:
    """Starts that keep the known rows of a source, whether or not their components have numbers."""

    def start(number: int) -> Start:
        first = make_start(number)
        return keeping_labels(first if numbered else following(first, source))

    return start


def _given_start(init: AnyArray, k: int) -> Start:
    return given_labels(init, k) if init.ndim == 1 else given_responsibilities(init)


def check_start(init_params: Any, n: int, k: int) -> str | AnyArray:
    """A start's name, or labels (n,) or responsibilities (n, k)."""
    names = list(STARTS)
    if isinstance(init_params, str):
        if init_params in names:
            return init_params
        raise MixturaError(
            f"init_params={init_params!r} is unknown; choose one of {', '.join(names)}, "
            "or give an array of labels (n,) or responsibilities (n, k)."
        )
    init = np.asarray(init_params)
    if init.shape == (n,):
        return _check_labels(init, k)
    if init.shape == (n, k):
        return _check_responsibilities(init)
    raise MixturaError(
        f"init_params has shape {init.shape}; it should be the name of a start, labels ({n},) or "
        f"responsibilities ({n}, {k})."
    )


def _check_labels(labels: AnyArray, k: int) -> AnyArray:
    if not np.issubdtype(labels.dtype, np.integer) or labels.min() < 0 or labels.max() >= k:
        raise MixturaError(
            f"init_params holds labels from {labels.min()} to {labels.max()} "
            f"({labels.dtype}); they should be whole numbers from 0 to {k - 1}."
        )
    return labels


def _check_responsibilities(resp: AnyArray) -> AnyArray:
    resp = np.asarray(resp, dtype=np.float64)
    total = resp.sum(axis=1)
    if not (resp >= 0.0).all() or not np.allclose(total, 1.0):
        raise MixturaError(
            f"init_params holds responsibilities that sum to between {total.min():.5g} and "
            f"{total.max():.5g}; each row should be non-negative and sum to 1."
        )
    return resp
