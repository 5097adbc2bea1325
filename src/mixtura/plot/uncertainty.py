"""Rows in doubt: how far the likeliest component is from being certain."""

from __future__ import annotations

from collections.abc import Sized
from typing import TYPE_CHECKING, Any

import numpy as np

from mixtura.plot.canvas import DASHES, FAINT, INK, PALE, axes_for, key, legend, note
from mixtura.plot.points import frame, places, point_size
from mixtura.plot.view import Columns, Rows
from mixtura.report.palette import COLORS, mixed

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["uncertainty"]

# Rows less likely than this to be in another component are sure.
_DOUBT = 0.05

# How much larger a row is of which all is in doubt, in area, than other rows.
_LARGER = 5.0


def uncertainty(
    estimator: Any,
    X: Any,
    columns: Columns = None,
    *,
    sample_weight: Any = None,
    ax: Axes | None = None,
) -> Axes:
    """How uncertain rows are: one minus the largest responsibility of each.

    In two columns of numbers rows that are sure (uncertainty below 0.05) are small and pale, and
    the others are as large as their uncertainty, in the mixed color of the components that they
    are between. Where there are no two such columns, or with one that is named, a curve shows the
    uncertainty of all rows, from the least to the largest.

    Parameters
    ----------
    estimator : fitted mixture estimator or MixtureSearch
    X : table of shape (n, d)
    columns : str, int, or two of these, default=None
        As of `clusters`; `()` for the curve.
    sample_weight : array of shape (n,), default=None
        Row weights, which shares of rows count.
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

    References
    ----------
    Fraley, Raftery (2002), "Model-based clustering, discriminant analysis, and density
    estimation", JASA 97, section 2.

    Examples
    --------
    >>> import numpy as np
    >>> import mixtura as mx
    >>> X = np.random.default_rng(0).normal(size=(60, 2)) + [[0, 0], [4, 0], [0, 0]] * 20
    >>> gm = mx.GaussianMixture(2, random_state=0).fit(X)
    >>> mx.plot.uncertainty(gm, X, columns=()).get_ylabel()
    'uncertainty'
    """
    rows = Rows.seen_by(estimator, X, sample_weight, "uncertainty")
    no_columns = isinstance(columns, Sized) and len(columns) == 0
    chosen = () if no_columns else rows.chosen(columns, most=2)
    ax = axes_for(ax)
    doubt = rows.uncertainty
    if len(chosen) == 2:
        _in_two(ax, rows, (chosen[0], chosen[1]), doubt)
    else:
        _sorted(ax, rows, doubt)
    share = float(rows.relative_weight @ (doubt >= _DOUBT)) / len(doubt)
    note(ax, rows.sampled, f"{share:.1%} of the rows in doubt")
    return ax


def _in_two(ax: Axes, rows: Rows, columns: tuple[int, int], doubt: Any) -> None:
    x, y = places(rows, columns[0]), places(rows, columns[1])
    area, ink = point_size(len(x))
    sure, most = doubt < _DOUBT, _LARGER * area
    ax.scatter(x[sure], y[sure], s=0.5 * area, c=PALE, linewidths=0.0, rasterized=True)
    order = np.flatnonzero(~sure)[np.argsort(doubt[~sure], kind="stable")]
    ax.scatter(
        x[order],
        y[order],
        s=most * doubt[order],
        c=mixed(rows.colors, rows.shares[order]),
        alpha=max(ink, 0.7),
        edgecolors=INK,
        linewidths=0.4,
    )
    frame(ax, rows, columns, (x, y))
    shown = (0.05, 0.25, 0.5)
    marks = [key(FAINT, size=float(np.sqrt(most * each))) for each in shown]
    legend(
        ax,
        [key(PALE, size=float(np.sqrt(0.5 * area))), *marks],
        [f"below {_DOUBT:g}", *(f"{each:g}" for each in shown)],
        title="uncertainty",
    )


def _sorted(ax: Axes, rows: Rows, doubt: Any) -> None:
    """The share of rows that are no more uncertain than a height."""
    order = np.argsort(doubt, kind="stable")
    below = np.cumsum(rows.relative_weight[order]) / len(doubt)
    most = 1.0 - 1.0 / rows.shares.shape[1]
    steps = np.concatenate([[0.0], below]), np.concatenate([doubt[order[:1]], doubt[order]])
    ax.fill_between(*steps, color=COLORS[0], alpha=0.12, linewidth=0.0, step="pre")
    ax.step(*steps, color=COLORS[0], linewidth=1.8, where="pre")
    ax.axhline(_DOUBT, color=FAINT, linewidth=1.0, linestyle=DASHES)
    ax.set_xlim(0.0, 1.0)
    ax.set_ylim(0.0, max(most, _DOUBT) * 1.04)
    ax.set_xlabel("share of the rows, the surest first")
    ax.set_ylabel("uncertainty")
