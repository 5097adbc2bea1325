"""What of a large table, model or search a page shows: it stays small, whatever it is about.

Figures are of the whole; an excerpt is what is drawn and listed, and its notes say so.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf, isqrt
from typing import Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from mixtura.report.summaries import FitSummary, Floats, ModelSummary, SearchSummary

T = TypeVar("T")
Numbers = NDArray[np.intp]

CLUSTERS = 100
COLUMNS = 60
COVARIANCES = 20_000  # numbers, of all clusters together: 400 kB
POINT_BYTES = 600_000  # 800 kB in base64
TRACE = 2000
OPTIMA = 500
CANDIDATES = 300
LISTED = 50


@dataclass(frozen=True)
class Excerpt:
    """The rows, columns and clusters of a model that are drawn.

    Attributes
    ----------
    rows : (m,) array
        Numbers of the rows, ascending.
    columns : (c,) array
        Numbers of the columns: of all in their order, or of those that separate the clusters
        best, the best first.
    n_columns : int
        How many there are.
    clusters : int
        How many are drawn, counted from the first; the others are shown as one.
    n_clusters : int
        How many there are.
    """

    rows: Numbers
    columns: Numbers
    n_columns: int
    clusters: int
    n_clusters: int

    @classmethod
    def of(cls, model: ModelSummary, n: int, max_points: int, seed: int) -> Self:
        """As much of a model and n rows as a page has room for."""
        k, d = model.means.shape
        clusters = min(k, CLUSTERS)
        columns = _columns(model, min(COLUMNS, isqrt(COVARIANCES // clusters)))
        row_bytes = 4 + 2 * len(columns) + clusters + (k > clusters) + (model.noise is not None)
        most = min(max_points, max(1, POINT_BYTES // row_bytes))
        return cls(_rows(n, most, seed), columns, d, clusters, k)

    @property
    def others(self) -> bool:
        """Whether there are clusters that are not drawn."""
        return self.clusters < self.n_clusters

    def model(self, whole: ModelSummary) -> ModelSummary:
        """The clusters drawn, as they are in the columns drawn."""
        own = slice(self.clusters)
        return replace(
            whole,
            weights=whole.weights[own],
            means=whole.means[own][:, self.columns],
            covariances=_matrices(whole.covariances[own], self.columns),
            collapsed=[j for j in whole.collapsed if j < self.clusters],
            spurious=[j for j in whole.spurious if j < self.clusters],
        )

    def shares(self, whole: Floats) -> Floats:
        """Responsibilities with one column for all the clusters that are not drawn."""
        if not self.others:
            return whole
        rest = whole[:, self.clusters : self.n_clusters].sum(axis=1, keepdims=True)
        return np.hstack([whole[:, : self.clusters], rest, whole[:, self.n_clusters :]])

    @property
    def notes(self) -> list[str]:
        """What is left out, in sentences."""
        notes = []
        if len(self.columns) < self.n_columns:
            which = (
                "those that separate the clusters best (by their variance between clusters, as a "
                "multiple of that within), the best first"
                if self.n_clusters > 1
                else "the first of the table, as one cluster has no others to be separated from"
            )
            notes.append(
                f"{len(self.columns)} of the {self.n_columns:,} columns are drawn and listed: "
                f"{which}. The clusters and all figures are of all columns."
            )
        if self.others:
            notes.append(
                f"The clusters 0 to {self.clusters - 1:,} are drawn and listed, the other "
                f"{self.n_clusters - self.clusters:,} only shown together."
            )
        return notes


def of_fit(fit: FitSummary, cut: list[str]) -> FitSummary:
    """The fit with values of its trace that draw its course, and the best of its optima."""
    if fit.starts is not None:
        optima = first_of(fit.starts.optima, OPTIMA, "optima that starts ended in", cut)
        fit = replace(fit, starts=replace(fit.starts, optima=optima))
    if fit.trace is None or len(fit.trace) <= TRACE:
        return fit
    at = np.linspace(0, len(fit.trace) - 1, TRACE).round().astype(np.intp).tolist()
    return replace(fit, trace=[fit.trace[i] for i in at], trace_at=at)


def of_search(search: SearchSummary, cut: list[str]) -> SearchSummary:
    """The best candidates by the criterion, the chosen one among them."""

    def rank(i: int) -> tuple[bool, float]:
        value = search.candidates[i].criteria[search.criterion]
        return i != search.best, inf if value is None else value

    ranked = sorted(range(len(search.candidates)), key=rank)
    kept = sorted(first_of(ranked, CANDIDATES, "candidates of the search", cut))
    candidates = [search.candidates[i] for i in kept]
    return replace(search, candidates=candidates, best=kept.index(search.best))


def first_of(items: Sequence[T], most: int, what: str, cut: list[str]) -> Sequence[T]:
    """The first of very many items; a sentence on the others is added to `cut`."""
    if len(items) > most:
        cut.append(f"Only {most:,} of {len(items):,} {what} are shown.")
    return items[:most]


def _columns(model: ModelSummary, most: int) -> Numbers:
    d = model.means.shape[1]
    if d <= most:
        return np.arange(d)
    return np.argsort(-_separation(model), kind="stable")[:most]


def _separation(model: ModelSummary) -> Floats:
    """Variance of each column between clusters, as a multiple of that within, (d,)."""
    weights, covariances = model.weights, model.covariances
    share = weights / weights.sum() if weights.any() else np.full(len(weights), 1 / len(weights))
    variances = covariances if covariances.ndim == 2 else np.diagonal(covariances, 0, 1, 2)
    between, within = share @ np.square(model.means - share @ model.means), share @ variances
    apart: Floats = np.where(between > 0.0, inf, 0.0)
    np.divide(between, within, out=apart, where=within > 0.0)
    return apart


def _matrices(covariances: Floats, columns: Numbers) -> Floats:
    """Covariance matrices (k, c, c) of some columns."""
    if covariances.ndim == 3:
        return covariances[:, columns[:, None], columns]
    return covariances[:, columns, None] * np.eye(len(columns))


def _rows(n: int, most: int, seed: int) -> Numbers:
    if n <= most:
        return np.arange(n)
    chosen = np.random.default_rng(seed).choice(n, size=most, replace=False, shuffle=False)
    return np.sort(chosen)
