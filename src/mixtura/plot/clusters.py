"""The clusters: rows in the colors of their components, and how far these reach."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mixtura.plot.bars import histogram, level_shares
from mixtura.plot.canvas import INK, SMALL, axes_for, ink_on, key, legend, note
from mixtura.plot.points import frame, gaps_told, places, points
from mixtura.plot.shapes import Pair, outline, pair_of
from mixtura.plot.view import Columns, Rows
from mixtura.report.palette import NOISE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["clusters"]

# Standard deviations at which ellipses are drawn, and how strong their lines are.
_RADII = ((1.0, 1.8), (2.5, 1.1))


def clusters(
    estimator: Any,
    X: Any,
    columns: Columns = None,
    *,
    sample_weight: Any = None,
    ax: Axes | None = None,
) -> Axes:
    """Rows and components in two columns, or in one.

    In two columns of numbers each point is a row, in the mixture of its components' colors in the
    proportions of its responsibilities (mixed in OKLab), and as large as its weight. Ellipses
    stand 1 and 2.5 standard deviations about the components; families without covariances, such
    as those of counts, have a cross of one deviation along each column. Rows that miss one of the
    two values are ticks at the edge; noise is gray and marked x. Levels and counts are strewn a
    little about their place.

    In one column of numbers bars count the rows, and lines show what each component contributes
    and their sum. In one of levels bars show how probable each level is in each component.

    Parameters
    ----------
    estimator : fitted mixture estimator or MixtureSearch
    X : table of shape (n, d)
        Of more than 20,000 rows a seeded sample is drawn.
    columns : str, int, or two of these, default=None
        Names or numbers of the columns. By default the two of numbers in which the components lie
        apart best, as in the report; of a table with fewer the one that separates them best.
    sample_weight : array of shape (n,), default=None
        Row weights.
    ax : Axes, default=None
        Where to draw; by default on new ones.

    Returns
    -------
    Axes

    Raises
    ------
    NotFittedError
        If the estimator is not fitted.
    MixturaError
        If the table cannot be used, or there is no such column.

    Examples
    --------
    >>> import numpy as np
    >>> import mixtura as mx
    >>> X = np.random.default_rng(0).normal(size=(60, 2))
    >>> gm = mx.GaussianMixture(random_state=0).fit(X)
    >>> ax = mx.plot.clusters(gm, X)
    >>> ax.get_xlabel(), ax.get_ylabel()
    ('column 0', 'column 1')
    """
    rows = Rows.seen_by(estimator, X, sample_weight, "clusters")
    chosen = rows.chosen(columns, most=2)
    ax = axes_for(ax)
    gaps: list[str] = []
    if len(chosen) == 1:
        draw = level_shares if rows.has_levels(chosen[0]) else histogram
        draw(ax, rows, chosen[0])
    else:
        gaps = _in_two(ax, rows, (chosen[0], chosen[1]))
    marks, texts = _told(rows)
    if len(chosen) == 1 and len(marks) > 1 and not rows.has_levels(chosen[0]):
        marks, texts = [*marks, key(INK, dashed=True)], [*texts, "sum"]
    legend(ax, marks, texts, title="component")
    note(ax, rows.sampled, *gaps)
    return ax


def _in_two(ax: Axes, rows: Rows, columns: tuple[int, int]) -> list[str]:
    """Rows as points, and how far components reach where both columns are of numbers.

    What there is to say of rows with gaps comes back.
    """
    at = places(rows, columns[0]), places(rows, columns[1])
    points(ax, rows, *at)
    if not any(rows.has_levels(c) for c in columns):
        pair = pair_of(rows, columns)
        _components(ax, rows, pair)
    frame(ax, rows, columns, at)
    return gaps_told(*at)


def _components(ax: Axes, rows: Rows, pair: Pair) -> None:
    """Ellipses or crosses, and the numbers of the components at their centers."""
    for j, (center, spread) in enumerate(zip(pair.centers, pair.spreads, strict=True)):
        color = rows.colors[j]
        if pair.elliptic:
            _ellipses(ax, center, spread, color)
        else:
            reach = np.sqrt(np.diag(spread))
            reach = np.where(np.isfinite(reach), reach, 0.0)
            ax.errorbar(center[0], center[1], reach[1], reach[0], color=color, linewidth=1.8)
        ax.annotate(
            str(j),
            center,
            color=ink_on(color),
            fontsize=SMALL,
            ha="center",
            va="center",
            zorder=5,
            annotation_clip=True,
            bbox={"boxstyle": "circle,pad=0.25", "facecolor": color, "edgecolor": "white"},
        )


def _ellipses(ax: Axes, center: Any, spread: Any, color: str) -> None:
    """At the radii, each with a light line below it that parts it from the points."""
    if not np.isfinite(spread).all():
        return
    for radius, width in _RADII:
        x, y = outline(center, spread, radius).T
        ax.plot(x, y, color="white", linewidth=width + 1.6, alpha=0.7, zorder=3)
        ax.plot(x, y, color=color, linewidth=width, zorder=4, gid=f"{radius:g} sigma")


def _told(rows: Rows) -> tuple[list[Any], list[str]]:
    """Marks and texts of the legend: the components and their weights."""
    weights = rows.model.mixture.weights
    names = [*rows.cluster_names, *(["noise"] if rows.has_noise else [])]
    marks = [key(color, marker="x" if color == NOISE else "o") for color in rows.colors]
    return marks, [f"{name}  {w:.0%}" for name, w in zip(names, weights, strict=True)]
