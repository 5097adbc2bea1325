"""Rows and components in one column: a histogram of numbers, or the shares of levels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mixtura.families.description import Bell, Curve, Mass, Shares
from mixtura.plot.canvas import DASHES, INK
from mixtura.plot.points import name_levels
from mixtura.plot.shapes import TAILS, densities, numbers, places_of, span
from mixtura.plot.view import Rows
from mixtura.report.palette import mixed
from mixtura.typing import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["histogram", "level_shares"]

_FEWEST, _MOST = 8, 60
_WHOLE = 40  # bars of whole numbers, of which each has one unless there are more
_PALE = 0.5
_TALLER = 1.5  # a curve may be infinite at the end of its range
_QUARTILES = 1.349  # from one to the other, of a bell, in standard deviations


def histogram(ax: Axes, rows: Rows, column: int) -> None:
    """Bars that count rows, what each component contributes to them, and the sum of that."""
    marginal, values = numbers(rows.marginal(column)), rows.values[:, column]
    low, high = span(values, marginal, 0.0, TAILS)
    edges = (
        _whole_edges(low, high)
        if isinstance(marginal, Mass)
        else _edges(values, marginal, rows.summary.weights, low, high)
    )
    there = ~np.isnan(values)
    weight = np.ones(len(values)) if rows.weight is None else rows.weight
    counts = np.histogram(values[there], edges, weights=weight[there])[0]
    ax.bar(
        edges[:-1],
        counts,
        np.diff(edges),
        align="edge",
        color=_colors(rows, values, edges, weight),
        alpha=_PALE,
        edgecolor="white",
        linewidth=0.5,
    )
    area = float(weight[there].sum() * (edges[1] - edges[0]))
    total = _curves(ax, rows, column, (edges[0], edges[-1]), area)
    tallest = float(counts.max())
    if tallest > 0.0:
        highest = np.max(total, initial=0.0, where=np.isfinite(total))
        ax.set_ylim(0.0, 1.05 * max(tallest, min(float(highest), _TALLER * tallest)))
    ax.set_xlim(edges[0], edges[-1])
    ax.set_xlabel(rows.label(column))
    ax.set_ylabel("rows" if rows.weight is None else "weight of the rows")


def _curves(
    ax: Axes, rows: Rows, column: int, limits: tuple[float, float], scale: float
) -> FloatArray:
    """Densities of components times their weights, as high as the bars, and the sum."""
    marginal = numbers(rows.marginal(column))
    at, marker = places_of(marginal, *limits), "." if isinstance(marginal, Mass) else ""
    with np.errstate(all="ignore"):  # of a component without any spread
        heights = scale * rows.summary.weights[:, None] * densities(marginal, at)
    noise = rows.summary.noise
    if noise is not None and len(rows.names) == 1:  # of several columns it is not the same all over
        even = np.full(len(at), scale * noise.weight * noise.density)
        heights = np.vstack([heights, even])
    for height, color in zip(heights, rows.colors, strict=False):
        ax.plot(at, height, color=color, linewidth=1.8, marker=marker)
    total: FloatArray = heights.sum(axis=0)
    if len(heights) > 1:
        ax.plot(at, total, color=INK, linewidth=1.2, linestyle=DASHES, zorder=1.9)
    return total


def _edges(
    values: FloatArray, marginal: Bell | Curve | Mass, weights: FloatArray, low: float, high: float
) -> FloatArray:
    """Equal bins by the rule of Freedman and Diaconis (1981), within reason.

    Its spread is that within the components, lest bars be wider than these.
    """
    n, total = int((~np.isnan(values)).sum()), weights.sum()
    within = float(weights @ marginal.deviation) / total if total > 0.0 else 0.0
    width = _QUARTILES * within * 2.0 / np.cbrt(max(n, 1))
    bins = (high - low) / width if 0.0 < width < np.inf else _FEWEST
    return np.linspace(low, high, int(np.clip(np.ceil(bins), _FEWEST, _MOST)) + 1)


def _whole_edges(low: float, high: float) -> FloatArray:
    """Bins of equally many whole numbers, of one where there is room for it."""
    step = max(1.0, np.ceil((high - low) / _WHOLE))
    return np.arange(np.ceil(low), np.floor(high) + step + 1.0, step) - 0.5


def _colors(rows: Rows, values: FloatArray, edges: FloatArray, weight: FloatArray) -> FloatArray:
    """Of each bin the mixture of the colors of the rows in it."""
    n = len(edges) - 1
    there = (values >= edges[0]) & (values <= edges[-1])
    bins = np.minimum(np.searchsorted(edges, values[there], side="right") - 1, n - 1)
    shares = np.zeros((n, rows.shares.shape[1]))
    np.add.at(shares, bins, weight[there, None] * rows.shares[there])
    return mixed(rows.colors, shares)


def level_shares(ax: Axes, rows: Rows, column: int) -> None:
    """How probable each level is in each component, side by side."""
    marginal = rows.marginal(column)
    assert isinstance(marginal, Shares)
    at, width = np.arange(len(marginal.levels)), 0.8 / rows.n_clusters
    for j, (probabilities, color) in enumerate(
        zip(marginal.probabilities, rows.colors, strict=False)
    ):
        beside = (j - 0.5 * (rows.n_clusters - 1)) * width
        ax.bar(at + beside, probabilities, 0.92 * width, color=color)
    name_levels(ax.xaxis, marginal)
    ax.set_ylim(0.0, 1.0)
    ax.set_xlabel(rows.label(column))
    ax.set_ylabel("probability within the component")
