"""The data of a report, as one JSON-ready dictionary (format "mixtura-report", version 5).

Of large tables, models and searches it is an excerpt (see `excerpt.py`), below 2 MB as a page.

Values of points are whole numbers of 16 bits: 0 to 65534 from the minimum of a column to its
maximum, and 65535 for a missing cell; up to version 2 that was the maximum.
"""

import base64
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from mixtura.families.description import Shares
from mixtura.report.beside import MOST, CrossTables
from mixtura.report.best_pair import best_pair
from mixtura.report.characterization import NAME_LETTERS, Own, characterizations
from mixtura.report.excerpt import LISTED, NAMED, Excerpt, first_of, of_fit, of_search
from mixtura.report.gaps import Gaps
from mixtura.report.marginals import document, range_of_means
from mixtura.report.row_moments import RowMoments
from mixtura.report.summaries import (
    BesideColumn,
    FitSummary,
    Floats,
    ModelSummary,
    SearchSummary,
    TableSummary,
)
from mixtura.report.visible import visible

Responsibilities = Callable[[Floats], Floats]

VERSION = 5
UNCERTAINTY_BINS = 20
SURE = 0.95
STEPS, MISSING = 65534, 65535  # of values: from minimum to maximum, and the code of a missing cell
NO_LEVEL = 255  # the code of a missing cell of levels
BLOCK_CELLS = 1 << 20  # responsibilities held at once: 8 MiB
NAME_BYTES = 400_000  # of the names of rows, which are shortened to fit


@dataclass(frozen=True)
class _Assignments:
    """Counts of all rows, by weight, each row assigned to its likeliest component."""

    sizes: Floats  # (k,)
    counts: Floats  # (bins,)
    edges: Floats  # (bins + 1,)
    sure: float
    mean: float
    gaps: Gaps
    crosses: CrossTables
    moments: RowMoments  # of the columns drawn

    def uncertainty(self) -> dict[str, object]:
        return {"counts": self.counts, "edges": self.edges, "sure": self.sure, "mean": self.mean}


def build_payload(
    X: Floats,
    responsibilities: Responsibilities,
    *,
    table: TableSummary,
    model: ModelSummary,
    fit: FitSummary,
    search: SearchSummary | None = None,
    weight: Floats | None = None,
    notes: Sequence[str] = (),
    generator: str = "mixtura",
    seed: int = 0,
    max_points: int = 20_000,
) -> dict[str, object]:
    """Collect everything a report shows.

    Sizes and uncertainties count every row as often as its weight says. At most `max_points` rows
    are drawn, sampled without replacement; with weights, each as often as its weight says.

    Parameters
    ----------
    X : (n, d) array
        The rows the report is about, n >= 1; NaN is a missing cell, all others are finite.
    responsibilities : callable
        Maps a block (b, d) of rows to its (b, k) responsibilities, or (b, k + 1) with noise;
        never called with all of a large table at once.
    table : TableSummary
    model : ModelSummary
    fit : FitSummary
    search : SearchSummary, optional
    weight : (n,) array, optional
        Row weights used in the fit; by default each row counts once.
    notes : sequence of str
        Sentences for the reader: rows left out, warnings.
    generator : str
        Name and version of the program.
    seed : int
        Seed of the sample of rows to draw.
    max_points : int
        Largest number of rows to draw.

    Returns
    -------
    dict
        JSON values only; numbers that are not finite are None.
    """
    n = len(X)
    _check(X, table)
    excerpt = Excerpt.of(model, X.shape, max_points, seed, weight)
    cut = excerpt.notes
    left_out = first_of(table.left_out_columns, LISTED, "columns left out", cut)
    fit = of_fit(fit, cut)
    limit = None if search is None or search.limit is None else asdict(search.limit)
    search = None if search is None else of_search(search, cut)
    assigned = _assignments(X, responsibilities, model.n_columns, weight, table, excerpt)
    ranked = first_of(assigned.crosses.ranked(), MOST, "columns beside the clusters", cut)
    payload = {
        "format": "mixtura-report",
        "version": VERSION,
        "title": table.title,
        "generator": generator,
        "data": {
            "rows": table.rows_total,
            "rows_used": n,
            "rows_left_out": table.rows_total - n,
            "rows_drawn": len(excerpt.rows),
            "sampled_from": table.sampled_from,
            "weighted": weight is not None,
            "total_weight": float(n if weight is None else np.sum(weight)),
            "columns": [table.columns[c] for c in excerpt.columns],
            "other_columns": _others_of(table.columns, excerpt, cut),
            "left_out_columns": [{"name": name, "reason": reason} for name, reason in left_out],
            "named_by": table.named_by,
            "beside": _beside(table, excerpt, assigned.crosses, ranked),
        },
        "model": _model(excerpt, assigned, [table.columns[c] for c in excerpt.columns]),
        "fit": asdict(fit),
        "search": None if search is None else {**asdict(search), "limit": limit},
        "uncertainty": assigned.uncertainty(),
        "missing": assigned.gaps.document(excerpt.columns),
        "notes": [*first_of(notes, LISTED, "notes", cut), *cut],
    }
    points = _points(X, excerpt, responsibilities, table, [table.beside[c] for c in ranked])
    return {**{key: _json_value(value) for key, value in payload.items()}, "points": points}


def _model(excerpt: Excerpt, assigned: _Assignments, names: Sequence[str]) -> dict[str, object]:
    model, drawn = excerpt.whole, slice(excerpt.clusters)
    marginals, spreads, weights = excerpt.marginals, excerpt.spreads, model.weights[drawn]
    return {
        "n_components": excerpt.n_clusters,
        "cluster_names": list(model.names)[drawn],
        "weights": weights,
        "sizes": assigned.sizes[drawn],
        "others": _others(excerpt, assigned),
        "noise": None if model.noise is None else asdict(model.noise),
        "noise_rows": assigned.sizes[excerpt.n_clusters :].sum(),
        "marginals": [document(marginal) for marginal in marginals],
        "rows": {"mean": assigned.moments.mean, "deviation": assigned.moments.deviation},
        "characterizations": [
            [{"name": part.name} if isinstance(part, Own) else part for part in sentence]
            for sentence in characterizations(marginals, names, weights)
        ],
        "ranking": excerpt.ranking,
        "best_pair": best_pair(marginals, spreads, weights, excerpt.ranking.tolist(), names),
        "spreads": spreads,
        "family": model.family,
        "family_text": model.family_text,
        "structure": model.structure,
        "structure_text": model.structure_text,
        "n_parameters": model.n_parameters,
        "held": model.held,
        "prior": model.prior,
        "known": model.known,
        "collapsed": excerpt.drawn(model.collapsed),
        "spurious": excerpt.drawn(model.spurious),
        "hills": None if model.hills is None else asdict(model.hills),
        "entropy": None if model.entropy is None else asdict(model.entropy),
    }


def _others_of(columns: Sequence[str], excerpt: Excerpt, cut: list[str]) -> Sequence[str]:
    """Names of the columns that are used, but not drawn."""
    drawn = set(excerpt.columns.tolist())
    others = [name for c, name in enumerate(columns) if c not in drawn]
    return first_of(others, NAMED, "names of columns that are not drawn", cut)


def _others(excerpt: Excerpt, assigned: _Assignments) -> dict[str, object] | None:
    """Weight and rows of the clusters that are shown together, if there are any."""
    if not excerpt.others:
        return None
    rest = slice(excerpt.clusters, excerpt.n_clusters)
    return {"weight": excerpt.whole.weights[rest].sum(), "rows": assigned.sizes[rest].sum()}


def _beside(
    table: TableSummary, excerpt: Excerpt, crosses: CrossTables, ranked: Sequence[int]
) -> list[dict[str, object]]:
    """Columns that the model does not know, those that the clusters tell most of first."""
    return [
        {
            "name": table.beside[place].name,
            "levels": [visible(level, NAME_LETTERS) for level in table.beside[place].levels],
            "counts": excerpt.shares(crosses.counts[place]),
        }
        for place in ranked
    ]


def _check(X: Floats, table: TableSummary) -> None:
    n, d = X.shape
    expected = {
        "columns": (len(table.columns), d),
        "row_numbers": (np.shape(table.row_numbers), (n,)),
        "row_names": (n if table.row_names is None else len(table.row_names), n),
        **{column.name: (column.codes.shape, (n,)) for column in table.beside},
    }
    for name, (found, wanted) in expected.items():
        if found != wanted:
            raise ValueError(f"{name}: expected {wanted}, found {found}")
    if n == 0:
        raise ValueError("a report needs at least one row")


def _blocks(n: int, k: int) -> Iterator[slice]:
    size = max(1, BLOCK_CELLS // k)
    for start in range(0, n, size):
        yield slice(start, start + size)


def _assignments(
    X: Floats,
    responsibilities: Responsibilities,
    k: int,
    weight: Floats | None,
    table: TableSummary,
    excerpt: Excerpt,
) -> _Assignments:
    weight = np.ones(len(X)) if weight is None else weight
    # The largest of k shares is at least 1/k; a single component leaves no uncertainty to range.
    edges = np.linspace(0.0, 1.0 - 1.0 / k if k > 1 else 1.0, UNCERTAINTY_BINS + 1)
    sizes, counts = np.zeros(k), np.zeros(UNCERTAINTY_BINS)
    sure = total = 0.0
    gaps, crosses = Gaps.none(X.shape[1]), CrossTables.none(table.beside, k)
    moments = RowMoments.none(excerpt.clusters, len(excerpt.columns))
    for block in _blocks(len(X), k):
        shares, own = responsibilities(X[block]), weight[block]
        largest, likeliest = shares.max(axis=1), shares.argmax(axis=1)
        uncertain = np.clip(1.0 - largest, edges[0], edges[-1])
        sizes += np.bincount(likeliest, own, minlength=k)
        counts += np.histogram(uncertain, bins=edges, weights=own)[0]
        sure += float(own[largest > SURE].sum())
        total += float(own @ uncertain)
        gaps += Gaps.of(X[block], uncertain, own)
        crosses = crosses.with_rows(table.beside, block, likeliest, own)
        drawn = own[:, None] * shares[:, : excerpt.clusters]
        moments += RowMoments.of(X[block][:, excerpt.columns], drawn)
    n = float(weight.sum())
    return _Assignments(sizes, counts, edges, sure / n, total / n, gaps, crosses, moments)


def _points(
    X: Floats,
    excerpt: Excerpt,
    responsibilities: Responsibilities,
    table: TableSummary,
    beside: Sequence[BesideColumn],
) -> dict[str, object]:
    rows = X[excerpt.rows]
    # Of levels the places among those that are drawn, so that each of these is a whole step.
    minimum, maximum = (f.reduce(X, axis=0)[excerpt.columns] for f in (np.fmin, np.fmax))
    for c, marginal in enumerate(excerpt.marginals):
        if isinstance(marginal, Shares):
            minimum[c], maximum[c] = 0, len(marginal.levels) - 1
        elif np.isnan(minimum[c]):  # no cell is there; the clusters still are
            minimum[c], maximum[c] = range_of_means(marginal)
    shares = excerpt.shares(responsibilities(rows))
    return {
        "n": len(rows),
        "rows": _base64(np.asarray(table.row_numbers)[excerpt.rows], "<u4"),
        "names": _names(table, excerpt),
        "beside": [
            _base64(np.nan_to_num(column.codes[excerpt.rows], nan=NO_LEVEL), "u1")
            for column in beside
        ],
        "minimum": minimum.tolist(),
        "maximum": maximum.tolist(),
        "values": _base64(_quantised(excerpt.values(rows), minimum, maximum), "<u2"),
        "responsibilities": _base64(np.rint(255.0 * np.clip(shares, 0.0, 1.0)), "u1"),
    }


def _names(table: TableSummary, excerpt: Excerpt) -> list[str] | None:
    """What the rows drawn are called, as far as there is room."""
    if table.row_names is None:
        return None
    letters = min(NAME_LETTERS, max(4, NAME_BYTES // len(excerpt.rows)))
    return [visible(table.row_names[row], letters) for row in excerpt.rows.tolist()]


def _quantised(values: Floats, minimum: Floats, maximum: Floats) -> Floats:
    """Map [minimum, maximum] of each column onto the whole numbers 0 to STEPS, NaN onto MISSING."""
    # Halves, as the range itself may exceed the largest float.
    span = maximum / 2 - minimum / 2
    safe = np.where(span > 0, span, 1.0)
    steps = np.rint(STEPS * np.clip((values / 2 - minimum / 2) / safe, 0.0, 1.0))
    return np.where(np.isnan(values), MISSING, steps)


def _base64(values: NDArray[np.generic], dtype: str) -> str:
    return base64.b64encode(values.astype(dtype).tobytes()).decode("ascii")


def _json_value(value: object) -> object:
    """Plain lists, numbers and visible text; numbers that are not finite become None."""
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, Mapping):
        return {str(key): _json_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_json_value(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return visible(value) if isinstance(value, str) else value
