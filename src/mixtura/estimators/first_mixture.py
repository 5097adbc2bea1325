"""The parameters `*_init` and `init_params`, translated to the mixture where EM begins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Self, TypeAlias

import numpy as np

from mixtura.covariance import Covariances
from mixtura.em import Start, begin, e_step, gather
from mixtura.errors import MixturaError
from mixtura.estimators.noise_start import noisy_begin
from mixtura.estimators.parameters import check_array, check_weights
from mixtura.estimators.training_rows import SetAside, TrainingRows
from mixtura.families import Box, Gaussian, GaussianParameters, with_noise
from mixtura.initialization import (
    following,
    given_labels,
    given_responsibilities,
    keeping_labels,
    nearest_centre,
    noise_aside,
)
from mixtura.layouts import Layout
from mixtura.mixing import FREE, FixedWeights, Mixing
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
    "reaching_known_rows",
]

GaussianMixtureModel: TypeAlias = Mixture[GaussianParameters, Moments]

#: (number of the start) -> where it begins.
MakeFirst: TypeAlias = Callable[[int], GaussianMixtureModel]


@dataclass(frozen=True)
class Given:
    """What the user says about the start; None where nothing is said.

    Attributes
    ----------
    weights : ndarray of shape (k,), or (k + 1,) with noise, or None
    means : ndarray of shape (k, d) or None
    precisions : ndarray of the layout's shape, or None
    noise : ndarray of shape (n,) or None
        Which rows begin as noise.
    """

    weights: Any
    means: Any
    precisions: Any
    noise: AnyArray | None = None

    @property
    def anything(self) -> bool:
        """Whether the clusters' start is given, so that their numbers mean something."""
        return not all(part is None for part in (self.weights, self.means, self.precisions))


def first_mixtures(
    family: Gaussian,
    layout: Layout,
    source: Source,
    table: TrainingRows,
    *,
    k: int,
    region: Box | None,
    mixing: Mixing,
    given: Given,
    init_params: str | AnyArray,
    seed: int,
) -> MakeFirst:
    """How to make the mixture where each start begins.

    With noise over a region, the components have one weight more than there are clusters.
    """
    whole = with_noise(family, region)
    parts = _Parts.of(given, layout, k, source.n_features, noise=region is not None)
    if parts.weights is not None and parts.params is not None:
        complete = Mixture(whole, family.within_floor(parts.params), parts.weights, mixing)
        return lambda number: complete
    numbered = parts.means is not None or not isinstance(init_params, str)
    # Nothing but its weight says which component is meant, and the weights will not adapt.
    unmatched = mixing == FixedWeights() and not (numbered or source.labelled)
    # With noise or labels each start has its own rows, or is made anew.
    share = gather if region is not None or source.labelled else table.gather

    def begin_at(rows: Source, start: Start) -> GaussianMixtureModel:
        first = begin(whole, rows, start, mixing, share)
        if unmatched and parts.weights is not None:
            first = _ranked_like(parts.weights, first)
        return parts.put_into(first, family)

    def starts(table: TrainingRows) -> Callable[[int], Start]:
        return _starts(table, k, parts.means, init_params, seed, noise=region is not None)

    if region is None or not isinstance(init_params, str):
        make_start = starts(table)
    else:
        rows = given.noise
        guesses = table.noise(seed) if rows is None else [SetAside.of(table, rows)]
        noisy = noisy_begin(begin_at, guesses, starts, k)
        if not source.labelled:
            return noisy
        make_start = _from_mixtures(noisy)
    if source.labelled:
        make_start = _labelled(make_start, source, None if numbered else k)
    return lambda number: begin_at(source, make_start(number))


@dataclass(frozen=True)
class _Parts:
    """What the user gives of the first mixture, of the right shapes; None where nothing is."""

    weights: FloatArray | None
    means: FloatArray | None
    covariances: Covariances | None

    @classmethod
    def of(cls, given: Given, layout: Layout, k: int, d: int, *, noise: bool) -> Self:
        weights = None if given.weights is None else check_weights(given.weights, k, noise=noise)
        means = None if given.means is None else check_array("means", given.means, (k, d))
        covariances = None
        if given.precisions is not None:
            precisions = check_array("precisions", given.precisions, layout.shape(k, d))
            covariances = layout.from_precisions(precisions, k, d)
        return cls(weights, means, covariances)

    @property
    def params(self) -> GaussianParameters | None:
        """The clusters' parameters, if all of them are given."""
        if self.means is None or self.covariances is None:
            return None
        return GaussianParameters(self.means, self.covariances)

    def put_into(self, first: GaussianMixtureModel, family: Gaussian) -> GaussianMixtureModel:
        """The mixture with these parts instead of its own, within the family's floor."""
        params = GaussianParameters(
            first.params.means if self.means is None else self.means,
            first.params.covariances if self.covariances is None else self.covariances,
        )
        return replace(
            first,
            params=family.within_floor(params),
            weights=first.weights if self.weights is None else self.weights,
        )


def reaching_known_rows(first: GaussianMixtureModel, source: Source) -> GaussianMixtureModel:
    """The mixture, its weights after an M-step if some component has known rows and no weight.

    Under any other weights such rows have no density, and a run would end where it begins.
    """
    if not source.labelled or first.weights.all():
        return first
    counts = e_step(first, source).counts
    lacking = (first.weights == 0.0) & (counts > 0.0)
    if not lacking.any():
        return first
    weights = first.mixing.maximize(counts, first.weights)
    if not weights[lacking].all():
        raise MixturaError(
            f"labels has rows of component {lacking.argmax()}, whose weight is fixed at 0: give it "
            "some weight in weights_init, or set those labels to -1."
        )
    return replace(first, weights=weights)


def _ranked_like(weights: FloatArray, first: GaussianMixtureModel) -> GaussianMixtureModel:
    """The mixture with its clusters in the order of size that the weights (k,) have."""
    wanted, order = weights[: first.n_clusters], np.argsort(first.clusters.weights)
    return first.take(order[np.argsort(np.argsort(wanted))])


def go_on(
    fitted: GaussianMixtureModel,
    family: Gaussian,
    region: Box | None,
    mixing: Mixing,
    given: Given,
) -> GaussianMixtureModel:
    """An earlier fit's mixture, moved to where M-steps under other constraints can rise from."""
    if (fitted.noise_region is None) != (region is None):
        raise MixturaError(
            f"warm_start goes on from a fit with{'out' if region else ''} noise, and now there "
            f"should be {'some' if region else 'none'}: set warm_start=False."
        )
    k, d = fitted.params.means.shape
    params = family.within_floor(fitted.params)
    if family.fixed_means:
        params = replace(params, means=check_array("means", given.means, (k, d)))
    weights = fitted.weights
    if mixing != FREE:
        if given.weights is not None:
            weights = check_weights(given.weights, k, noise=region is not None)
        weights = mixing.maximize(weights, weights)
    return Mixture(with_noise(family, region), params, weights, mixing)


def _starts(
    table: TrainingRows,
    k: int,
    means: FloatArray | None,
    init_params: str | AnyArray,
    seed: int,
    *,
    noise: bool,
) -> Callable[[int], Start]:
    """The start with a given number; of the user's own rows with its column for noise.

    Means that are given say more of the clusters than the rows that were given to them.
    """
    if means is not None:
        summary = table.summary
        given = nearest_centre((means - summary.moments.mean[0]) / summary.scales, summary)
        if noise and not isinstance(init_params, str):
            given = noise_aside(given, _given_noise(init_params))
    elif isinstance(init_params, str):
        return partial(table.start, init_params, k, seed)
    else:
        given = _given_start(init_params, k)
    return lambda number: given


def _from_mixtures(make_first: MakeFirst) -> Callable[[int], Start]:
    """Starts from the responsibilities under mixtures."""

    def start(number: int) -> Start:
        first = make_first(number)
        return lambda chunk: first.responsibilities(chunk.X)

    return start


def _labelled(
    make_start: Callable[[int], Start], source: Source, unnumbered: int | None
) -> Callable[[int], Start]:
    """Starts that keep the known rows of a source; the first components may have no numbers yet."""

    def start(number: int) -> Start:
        first = make_start(number)
        return keeping_labels(first if unnumbered is None else following(first, source, unnumbered))

    return start


def _given_start(init: AnyArray, k: int) -> Start:
    if init.ndim == 2:
        return given_responsibilities(init)
    noise = init.min() < 0
    return given_labels(np.where(init < 0, k, init), k + 1 if noise else k)


def _given_noise(init: AnyArray) -> FloatArray:
    """The share of noise in each row (n,), of labels or responsibilities with noise."""
    shares: FloatArray = init[:, -1] if init.ndim == 2 else (init < 0).astype(np.float64)
    return shares


def check_start(init_params: Any, table: TrainingRows, k: int, noise: bool) -> str | AnyArray:
    """A start's name, or labels (n,) or responsibilities (n, k), or (n, k + 1) with noise.

    Those are given for all of the user's rows, and kept for those of positive weight.
    """
    names, n = list(STARTS), table.n_given
    if isinstance(init_params, str):
        if init_params in names:
            return init_params
        raise MixturaError(
            f"init_params={init_params!r} is unknown; choose one of {', '.join(names)}, "
            "or give an array of labels (n,) or responsibilities (n, k)."
        )
    init = np.asarray(init_params)
    if init.shape == (n,):
        return _check_labels(table.kept(init), k, noise)
    if init.shape == (n, k + noise):
        return _check_responsibilities(table.kept(init), noise)
    raise MixturaError(
        f"init_params has shape {init.shape}; it should be the name of a start, labels ({n},) or "
        f"responsibilities ({n}, {k + noise}){', the last column for noise' if noise else ''}."
    )


def _check_labels(labels: AnyArray, k: int, noise: bool) -> AnyArray:
    least = -1 if noise else 0
    if not np.issubdtype(labels.dtype, np.integer) or labels.min() < least or labels.max() >= k:
        raise MixturaError(
            f"init_params holds labels from {labels.min()} to {labels.max()} ({labels.dtype}); "
            f"they should be whole numbers from 0 to {k - 1}{', or -1 for noise' if noise else ''}."
        )
    if noise and not -1 == labels.min() < labels.max():
        raise MixturaError(_NOISE_AND_REST.format("label -1"))
    return labels


def _check_responsibilities(resp: AnyArray, noise: bool) -> AnyArray:
    resp = np.asarray(resp, dtype=np.float64)
    total = resp.sum(axis=1)
    if not (resp >= 0.0).all() or not np.allclose(total, 1.0):
        raise MixturaError(
            f"init_params holds responsibilities that sum to between {total.min():.5g} and "
            f"{total.max():.5g}; each row should be non-negative and sum to 1."
        )
    if noise and not (resp[:, -1].any() and resp[:, :-1].any()):
        raise MixturaError(_NOISE_AND_REST.format("a share in the last column"))
    return resp


_NOISE_AND_REST = (
    "init_params marks all rows or none as noise, and what begins without rows never gets any: "
    "give some rows {}, or leave the start to mixtura."
)
