"""What of a large table, model or search a page shows: it stays small, whatever it is about.

Figures are of the whole; an excerpt is what is drawn and listed, and its notes say so.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import inf, isqrt
from typing import Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from mixtura.families.description import Marginal, Shares
from mixtura.report.marginals import of_clusters, of_levels, of_values
from mixtura.report.ranking import ranked_columns
from mixtura.report.summaries import UNCOMPARED, FitSummary, Floats, ModelSummary, SearchSummary

T = TypeVar("T")
Numbers = NDArray[np.intp]

CLUSTERS = 100
COLUMNS = 60
SPREADS = 20_000  # numbers, of all clusters and pairs of columns together: 400 kB
MASSES = 40_000  # probabilities, of all clusters and columns together: 400 kB
LEVELS = 12
POINT_BYTES = 600_000  # 800 kB in base64
TRACE = 2000
OPTIMA = 500
CANDIDATES = 300
LISTED = 50
NAMED = 1000


@dataclass(frozen=True, eq=False)
class Excerpt:
    """The rows, columns and clusters of a model that are drawn.

    Attributes
    ----------
    whole : ModelSummary
    rows : (m,) array
        Numbers of the rows, ascending; where they have weights, as often as these say.
    columns : (c,) array
        Numbers of the columns: of all in their order, or of those that separate the clusters
        best, the best first.
    ranking : (c,) array
        Places of these columns, that which separates the clusters best first.
    n_columns : int
        How many there are.
    clusters : int
        How many are drawn, counted from the first; the others are shown as one.
    n_clusters : int
        How many there are.
    """

    whole: ModelSummary
    rows: Numbers
    columns: Numbers
    ranking: Numbers
    n_columns: int
    clusters: int
    n_clusters: int

    @classmethod
    def of(
        cls,
        model: ModelSummary,
        shape: tuple[int, int],
        max_points: int,
        seed: int,
        weight: Floats | None = None,
    ) -> Self:
        """As much of a model and n rows of d columns, with weights (n,), as a page has room for."""
        (n, d), k = shape, len(model.weights)
        clusters = min(k, CLUSTERS)
        ranked, most = ranked_columns(model, d), min(COLUMNS, isqrt(SPREADS // clusters))
        columns = np.arange(d) if d <= most else ranked[:most]
        ranking = ranked if d <= most else np.arange(most)
        row_bytes = 4 + 2 * len(columns) + clusters + (k > clusters) + (model.noise is not None)
        points = min(max_points, max(1, POINT_BYTES // row_bytes))
        rows = some_rows(n, points, seed) if weight is None else _weighted_rows(weight, points)
        return cls(model, rows, columns, ranking, d, clusters, k)

    @property
    def others(self) -> bool:
        """Whether there are clusters that are not drawn."""
        return self.clusters < self.n_clusters

    @cached_property
    def marginals(self) -> list[Marginal]:
        """What the clusters drawn make of the columns drawn, as far as there is room."""
        return [marginal for marginal, _ in self._levelled]

    @property
    def spreads(self) -> Floats | None:
        """How the columns drawn vary together within the clusters drawn, (k, c, c)."""
        whole = self.whole.spreads(self.columns.tolist())
        return None if whole is None else whole[: self.clusters]

    def values(self, X: Floats) -> Floats:
        """Rows (n, d) in the columns drawn, with the places of levels that are drawn."""
        cells = X[:, self.columns]
        for c, (_, places) in enumerate(self._levelled):
            if places is not None:
                observed = ~np.isnan(cells[:, c])
                cells[observed, c] = places[cells[observed, c].astype(np.intp)]
        return cells

    def drawn(self, components: Sequence[int]) -> list[int]:
        """Those of the clusters that are drawn."""
        return [j for j in components if j < self.clusters]

    def shares(self, whole: Floats) -> Floats:
        """Responsibilities with one column for all the clusters that are not drawn."""
        if not self.others:
            return whole
        rest = whole[:, self.clusters : self.n_clusters].sum(axis=1, keepdims=True)
        return np.hstack([whole[:, : self.clusters], rest, whole[:, self.n_clusters :]])

    @cached_property
    def _levelled(self) -> list[tuple[Marginal, Numbers | None]]:
        """Marginals, and the place of every level where not all of them are drawn."""
        most = MASSES // (self.clusters * len(self.columns))
        return [self._marginal(c, most) for c in self.columns.tolist()]

    def _marginal(self, column: int, most: int) -> tuple[Marginal, Numbers | None]:
        places, marginal = None, self.whole.marginal(column)
        if isinstance(marginal, Shares):
            marginal, places = of_levels(marginal, self.whole.weights, LEVELS)
        return of_clusters(of_values(marginal, most), self.clusters), places

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
    """The best candidates by the criterion, the chosen one among them, then those that were out."""

    def rank(i: int) -> tuple[bool, bool, float]:
        candidate = search.candidates[i]
        value = candidate.criteria[search.criterion]
        out = candidate.standing in UNCOMPARED
        return i != search.best, out, inf if value is None else value

    ranked = sorted(range(len(search.candidates)), key=rank)
    kept = sorted(first_of(ranked, CANDIDATES, "candidates of the search", cut))
    candidates = [search.candidates[i] for i in kept]
    return replace(search, candidates=candidates, best=kept.index(search.best))


def first_of(items: Sequence[T], most: int, what: str, cut: list[str]) -> Sequence[T]:
    """The first of very many items; a sentence on the others is added to `cut`."""
    if len(items) > most:
        cut.append(f"Only {most:,} of {len(items):,} {what} are shown.")
    return items[:most]


def some_rows(n: int, most: int, seed: int) -> Numbers:
    """Numbers of `most` of n rows, ascending, or of all if there is room for them."""
    if n <= most:
        return np.arange(n)
    chosen = np.random.default_rng(seed).choice(n, size=most, replace=False, shuffle=False)
    return np.sort(chosen)


def _weighted_rows(weight: Floats, most: int) -> Numbers:
    """Each row as often as its weight says: exactly where weights are counts and there is room."""
    rows, total = np.count_nonzero(weight), weight.sum()
    n = int(min(most, max(rows, np.rint(total))))
    chosen: Numbers = np.searchsorted(np.cumsum(weight), (np.arange(n) + 0.5) * (total / n))
    return chosen
