"""The density of one or two columns: contours, hills, and where the likeliest component changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mixtura.errors import DataError
from mixtura.families.description import Mass
from mixtura.plot.canvas import DASHES, FAINT, INK, PALE, SMALL, axes_for, note
from mixtura.plot.density_grid import DensityGrid
from mixtura.plot.points import places, point_size
from mixtura.plot.view import Columns, Fitted, Rows
from mixtura.report.palette import COLORS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["density"]

# Families whose density is that of rows given something of them.
_GIVEN = {"multinomial": "totals", "von_mises_fisher": "lengths"}

# Shares of the highest density at which contours are drawn.
_LEVELS = (0.01, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 0.95)

# Rows are in the background, and many would hide what is before it.
_MOST = 2_000


def density(
    estimator: Any,
    X: Any = None,
    columns: Columns = None,
    *,
    sample_weight: Any = None,
    ax: Axes | None = None,
) -> Axes:
    """The normalized density of two columns of numbers, or of one, with its hills.

    Heights are shares of the highest one. In two columns shades and contours show 1, 5, 10, 20,
    40, 60, 80 and 95 %; triangles mark hills, each with its height, and dark lines where the
    likeliest component changes. In one column it is a curve. Of a mixture over more columns it is
    the density of these, whatever the others are: its hills are those that these columns show,
    each climbed from a peak of a grid.

    Parameters
    ----------
    estimator : fitted mixture estimator or MixtureSearch
    X : table of shape (n, d), default=None
        Rows to be shown as small points, if any.
    columns : str, int, or two of these, default=None
        As of `clusters`.
    sample_weight : array of shape (n,), default=None
        Rows of weight 0 are not shown.
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
        If there is no such column, or it has no density by itself: it is of levels, or of a family
        of whole rows.

    Examples
    --------
    >>> import numpy as np
    >>> import mixtura as mx
    >>> X = np.random.default_rng(0).normal(size=(60, 1))
    >>> ax = mx.plot.density(mx.GaussianMixture(random_state=0).fit(X))
    >>> ax.get_ylabel()
    'density, as a share of the highest'
    """
    rows = None
    if X is not None:
        rows = Rows.seen_by(estimator, X, sample_weight, "density", most=_MOST)
    fitted = Fitted.of(estimator, "density") if rows is None else rows
    chosen = fitted.chosen(columns, most=2)
    _check(fitted, chosen)
    ax = axes_for(ax)
    land = DensityGrid.of(fitted, chosen, None if rows is None else rows.values)
    if len(chosen) == 1:
        _in_one(ax, fitted, chosen[0], land, rows)
    else:
        _in_two(ax, fitted, (chosen[0], chosen[1]), land, rows)
    n_hills = len(land.hills[0])
    told = f"{n_hills} hill{'' if n_hills == 1 else 's'}"
    told += f", {fitted.n_clusters} component{'' if fitted.n_clusters == 1 else 's'}"
    note(ax, "" if rows is None else rows.sampled, told)
    return ax


def _check(fitted: Fitted, columns: Sequence[int]) -> None:
    """See that the columns have a density by themselves."""
    family = fitted.model.description.name
    if family in _GIVEN:
        raise DataError(
            f"Columns of the family {family!r} have no density by themselves, as it is that of "
            f"rows given their {_GIVEN[family]}: draw plot.clusters or plot.profiles."
        )
    for column in columns:
        if fitted.has_levels(column):
            raise DataError(
                f"Column {fitted.names[column]!r} is of levels, which have no density: choose "
                "columns of numbers, or draw plot.profiles or plot.clusters."
            )


def _in_two(
    ax: Axes, fitted: Fitted, columns: tuple[int, int], land: DensityGrid, rows: Rows | None
) -> None:
    x, y = land.axes
    heights = land.heights.T
    levels = [level for level in _LEVELS if heights.min() < level]
    if len(levels) and min(heights.shape) > 1:
        ax.contourf(x, y, heights, levels=[*levels, 1.0 + 1e-9], cmap="Blues", alpha=0.75)
        ax.contour(x, y, heights, levels=levels, colors=COLORS[0], linewidths=0.6, alpha=0.7)
        _boundaries(ax, land)
    if rows is not None:
        across, up = places(rows, columns[0]), places(rows, columns[1])
        area, ink = point_size(len(across))
        ax.scatter(
            across, up, s=0.35 * area, c=INK, alpha=0.7 * ink, linewidths=0.0, rasterized=True
        )
    hills, tops = land.hills
    ax.plot(
        *hills.T, "^", color="white", markeredgecolor=INK, markersize=8, clip_on=False, zorder=5
    )
    for hill, top in zip(hills, tops, strict=True):
        ax.annotate(_share(top), hill, xytext=(7, 3), **_BESIDE)
    for name, column, grid in zip("xy", columns, land.axes, strict=True):
        room = 0.5 if isinstance(fitted.marginal(column), Mass) else 0.0
        limits = grid[0] - room, grid[-1] + room
        ax.set(**{f"{name}lim": limits, f"{name}label": fitted.label(column)})


#: Text beside a hill, in points from it, with a light edge that parts it from what is below.
_BESIDE: Any = {
    "textcoords": "offset points",
    "fontsize": SMALL,
    "color": INK,
    "zorder": 6,
    "bbox": {"boxstyle": "round,pad=0.15", "facecolor": "white", "alpha": 0.7, "linewidth": 0.0},
}


def _boundaries(ax: Axes, land: DensityGrid) -> None:
    """Where the likeliest component changes."""
    if land.n_components == 1:
        return
    x, y = land.axes
    for component in range(land.n_components):
        leads = land.leads(component).T
        if leads.min() < 0.0 < leads.max():
            ax.contour(x, y, leads, levels=[0.0], colors=INK, linewidths=1.0)


def _in_one(ax: Axes, fitted: Fitted, column: int, land: DensityGrid, rows: Rows | None) -> None:
    (x,) = land.axes
    marker = "." if isinstance(fitted.marginal(column), Mass) else ""
    ax.fill_between(x, land.heights, color=COLORS[0], alpha=0.12, linewidth=0.0)
    ax.plot(x, land.heights, color=COLORS[0], linewidth=1.8, marker=marker)
    leader = land.shares.argmax(axis=-1)
    for edge in np.flatnonzero(np.diff(leader)):
        ax.axvline(0.5 * (x[edge] + x[edge + 1]), color=FAINT, linewidth=1.0, linestyle=DASHES)
    hills, tops = land.hills
    ax.plot(hills[:, 0], tops, "^", color="white", markeredgecolor=INK, markersize=8, clip_on=False)
    for (place,), top in zip(hills.tolist(), tops, strict=True):
        ax.annotate(_share(top), (place, top), xytext=(0, 8), ha="center", **_BESIDE)
    if rows is not None:
        seen = places(rows, column)
        ax.plot(
            seen,
            np.full(len(seen), 0.015),
            "|",
            color=INK,
            markersize=7,
            alpha=0.25,
            transform=ax.get_xaxis_transform(),
        )
    ax.set_xlim(x[0], x[-1])
    ax.set_ylim(0.0, 1.12)
    ax.grid(axis="y", color=PALE, linewidth=0.6)
    ax.set_axisbelow(True)
    ax.set_xlabel(fitted.label(column))
    ax.set_ylabel("density, as a share of the highest")


def _share(top: float) -> str:
    return f"{top:.2g}"
