"""A mixture of one component more than a fitted one, never far below it.

From its own starts the larger mixture may end in a poor optimum, below the smaller one. So it also
starts from the smaller one with a component cut in two.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import clone

from mixtura import em
from mixtura.errors import DegenerateError
from mixtura.estimators.first_mixture import GaussianMixtureModel
from mixtura.estimators.gaussian_mixture import GaussianMixture, show_mixture
from mixtura.fitting.random_streams import Purpose
from mixtura.selection import score
from mixtura.sources import ArraySource, summarize
from mixtura.starts.initialization import Sample, given_responsibilities, k_means, nearest_center
from mixtura.typing import AnyArray, FloatArray

__all__ = ["Table", "fit_larger", "fit_on"]


@dataclass(frozen=True)
class Table:
    """Rows (n, d) and their weights (n,), None for 1 each."""

    rows: AnyArray
    weight: FloatArray | None

    @property
    def source(self) -> ArraySource:
        """The same as a source of rows."""
        return ArraySource(self.rows, self.weight)

    @property
    def total_weight(self) -> float:
        """Sum of the weights."""
        return float(len(self.rows) if self.weight is None else self.weight.sum())


def fit_on(table: Table, model: GaussianMixture, k: int, **changes: Any) -> GaussianMixture:
    """A copy of the model with k components, fitted to a table."""
    candidate: GaussianMixture = clone(model).set_params(n_components=k, **changes)
    return candidate.fit(table.rows, sample_weight=table.weight)


def fit_larger(
    table: Table, model: GaussianMixture, smaller: GaussianMixture, seed: int
) -> GaussianMixture:
    """A component more: from the model's own starts or from a split, whichever ends higher.

    Parameters
    ----------
    table : Table
    model : GaussianMixture
        What is fitted, whatever its `n_components`.
    smaller : GaussianMixture
        The same with a component less, fitted to the same table.
    seed : int
        Fixes how components are cut in two.
    """
    k = smaller.n_components + 1
    by_starts = fit_on(table, model, k)
    try:
        split = _best_split(smaller, table, seed)
        by_split = fit_on(table, model, k, init_params=split, n_init=1)
    except DegenerateError:
        return by_starts
    _forget_start(by_split, model)
    return max(by_starts, by_split, key=lambda fit: (fit.n_collapsed_ == 0, fit.log_likelihood_))


def _forget_start(fitted: GaussianMixture, model: GaussianMixture) -> None:
    """Give a fit from a split the model's own parameters, and the order of components of others."""
    mixture = fitted.mixture_.take(fitted.mixture_.canonical_order())
    show_mixture(fitted, mixture, fitted.means_.dtype)
    fitted.set_params(init_params=model.init_params, n_init=model.n_init)


def _best_split(smaller: GaussianMixture, table: Table, seed: int) -> FloatArray:
    """Responsibilities after one cluster is cut in two: by the cut of the likeliest M-step."""
    family, source = smaller.mixture_.family, table.source

    def height(split: FloatArray) -> float:
        first = em.begin(family, source, given_responsibilities(split))
        return score(first, source).log_likelihood

    return max(_splits(smaller.mixture_, table, seed), key=height)


def _splits(mixture: GaussianMixtureModel, table: Table, seed: int) -> Iterator[FloatArray]:
    """Each component in turn cut in two by k-means on its share of the rows."""
    source = table.source
    summary = summarize(source)
    X = np.ascontiguousarray(table.rows, dtype=np.float64)
    rows = (X - summary.moments.mean[0]) / summary.scales
    resp = mixture.responsibilities(X)
    weight = resp if table.weight is None else table.weight[:, None] * resp
    for j in np.flatnonzero(mixture.clusters.weights):
        rng = np.random.default_rng((seed, Purpose.SPLIT, int(j)))
        centers = k_means(Sample(rows, np.ascontiguousarray(weight[:, j])), 2, rng)
        halves = np.concatenate(list(source.map(nearest_center(centers, summary))))
        share = resp[:, j, None] * halves
        whole, noise = np.delete(resp, j, axis=1), resp[:, mixture.n_clusters :]
        yield np.column_stack([whole[:, : mixture.n_clusters - 1], share, noise])
