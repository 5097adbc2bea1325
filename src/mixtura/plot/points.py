"""Rows as points in two columns: equal ones are strewn, and those with a gap stand at the edge."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mixtura.families.description import Marginal, Mass, Shares
from mixtura.plot.canvas import said
from mixtura.plot.shapes import span
from mixtura.plot.view import Fitted, Rows
from mixtura.report.palette import COLORS, mixed
from mixtura.typing import BoolArray, FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

__all__ = ["frame", "gaps_told", "name_levels", "places", "point_size", "points"]

_STREWN = 0.28  # of the step from one whole number to the next
_MARGIN = 0.04
_MOST_TICKS, _LETTERS = 12, 14

# Components beyond those that have a hue of their own are told apart by their marks.
_MARKERS = ("o", "s", "D", "^")
_NOISE_MARKER = "x"

# Rows, and the area in square points and the ink of each.
_STYLES = ((600, 22.0, 0.8), (4000, 12.0, 0.6), (20_000, 5.0, 0.45))


def places(rows: Rows, column: int) -> FloatArray:
    """Where rows stand along a column (n,): levels and counts a little beside their place."""
    values = rows.values[:, column]
    if not isinstance(rows.marginal(column), Mass | Shares):
        return values
    strewn = np.random.default_rng(column).uniform(-_STREWN, _STREWN, len(values))
    return values + strewn


def point_size(n: int) -> tuple[float, float]:
    """Area in square points and ink of each of n points: fewer can be larger and denser."""
    return next(((area, ink) for most, area, ink in _STYLES if n <= most), _STYLES[-1][1:])


def frame(ax: Axes, fitted: Fitted, columns: tuple[int, int], at: tuple[FloatArray, ...]) -> None:
    """Limits, names and levels of two columns in which points are drawn."""
    limits = []
    for axis, column, values in zip((ax.xaxis, ax.yaxis), columns, at, strict=True):
        marginal = fitted.marginal(column)
        axis.set_label_text(fitted.label(column))
        if isinstance(marginal, Shares):
            limits.append((-0.6, len(marginal.levels) - 0.4))
            name_levels(axis, marginal)
        else:
            limits.append(span(values, marginal, _MARGIN))
    ax.set_xlim(limits[0])
    ax.set_ylim(limits[1])


def name_levels(axis: Axis, marginal: Marginal) -> None:
    """The levels of a column as ticks; of very many only some."""
    assert isinstance(marginal, Shares)
    step = -(-len(marginal.levels) // _MOST_TICKS)
    shown = range(0, len(marginal.levels), step)
    axis.set_ticks(list(shown), [said(marginal.levels[level][:_LETTERS]) for level in shown])


def points(ax: Axes, rows: Rows, x: FloatArray, y: FloatArray) -> None:
    """Rows in the mixed colors of their components, none of which covers the others."""
    area, ink = point_size(len(x))
    sizes = area * np.clip(rows.relative_weight, 0.1, 12.0)
    colors, likeliest = mixed(rows.colors, rows.shares), rows.likeliest
    order = np.random.default_rng(0).permutation(len(x))
    there = ~(np.isnan(x) | np.isnan(y))
    marks = np.where(
        likeliest < rows.n_clusters, likeliest // len(COLORS) % len(_MARKERS), len(_MARKERS)
    )
    for number, marker in enumerate((*_MARKERS, _NOISE_MARKER)):
        drawn = order[((marks == number) & there)[order]]
        if len(drawn):
            ax.scatter(
                x[drawn],
                y[drawn],
                s=sizes[drawn],
                c=colors[drawn],
                marker=marker,
                alpha=ink,
                linewidths=1.0 if marker == _NOISE_MARKER else 0.0,
                rasterized=len(drawn) > _STYLES[1][0],
            )
    _gaps(ax, x, y, colors)


def _gaps(ax: Axes, x: FloatArray, y: FloatArray, colors: FloatArray) -> None:
    """Rows with one of the two values only: ticks at the edge, at their place along that one."""
    for missing, known, marker in ((y, x, "|"), (x, y, "_")):
        rows: BoolArray = np.isnan(missing) & ~np.isnan(known)
        if rows.any():
            at_edge = np.full(int(rows.sum()), 0.012)
            across = marker == "|"
            ax.scatter(
                known[rows] if across else at_edge,
                at_edge if across else known[rows],
                c=colors[rows],
                s=60.0,
                marker=marker,
                linewidths=1.2,
                transform=ax.get_xaxis_transform() if across else ax.get_yaxis_transform(),
            )


def gaps_told(x: FloatArray, y: FloatArray) -> list[str]:
    """How many rows stand at the edge, and how many are not drawn, in words."""
    missing = np.isnan(x).astype(int) + np.isnan(y)
    one, both = int((missing == 1).sum()), int((missing == 2).sum())
    told = []
    if one:
        told.append(f"{one:,} row{'' if one == 1 else 's'} at the edge: one value missing")
    if both:
        told.append(f"{both:,} not drawn: both missing")
    return told
