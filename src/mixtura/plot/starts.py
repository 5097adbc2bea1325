"""Where the starts of a fit ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mixtura.errors import MixturaError
from mixtura.plot.canvas import FAINT, INK, PALE, SMALL, axes_for, note, whole_numbers
from mixtura.plot.view import Fitted
from mixtura.report.model import fit_summary
from mixtura.report.palette import COLORS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["starts"]

_MOST = 12  # optima, the others told in a word
_BAR = 0.34  # inches


def starts(estimator: Any, *, ax: Axes | None = None) -> Axes:
    """Where the starts ended: a bar for each optimum, as long as starts that found it are many.

    The best one comes first, in color; of each of the others stands how far its log-likelihood, or
    whatever was maximized, is below the best, and how many of the rows it puts into other
    components.

    Parameters
    ----------
    estimator : fitted mixture estimator or MixtureSearch
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
        If nothing is known of its starts: parameters were set by hand, rows came as a stream, or
        no start ended in a sound optimum. Random walks end in none either.

    Examples
    --------
    >>> import numpy as np
    >>> import mixtura as mx
    >>> X = np.random.default_rng(0).normal(size=(60, 2))
    >>> gm = mx.GaussianMixture(2, n_init=5, random_state=0).fit(X)
    >>> mx.plot.starts(gm).get_xlabel()
    'starts that ended there, of 5'
    """
    told = fit_summary(Fitted.of(estimator, "starts").model).starts
    if told is None or not told.optima:
        raise MixturaError(
            "Nothing is known of starts and where they ended: parameters were set by hand, rows "
            "came as a stream, no start ended in a sound optimum, or it was a random walk."
        )
    shown = told.optima[:_MOST]
    ax = axes_for(ax, height=1.1 + _BAR * max(2, len(shown)))
    times = [optimum.times for optimum in shown]
    ax.barh(range(len(shown)), times, 0.6, color=[COLORS[0], *["#a9a49b"] * (len(shown) - 1)])
    best = shown[0].objective
    for place, optimum in enumerate(shown):
        moved = f"  {optimum.moved:.0%} of rows elsewhere" if place and optimum.moved else ""
        ax.annotate(
            f" {optimum.times}{moved}",
            (optimum.times, place),
            va="center",
            fontsize=SMALL,
            color=INK if place == 0 else FAINT,
        )
    texts = ["best", *(f"{best - each.objective:.3g} below" for each in shown[1:])]
    ax.set_yticks(range(len(shown)), texts)
    ax.tick_params(axis="y", length=0)
    ax.set_ylim(max(2, len(shown)) - 0.5, -0.6)
    ax.set_xlim(0.0, max(times) * 1.35)
    whole_numbers(ax.xaxis)
    ax.grid(axis="x", color=PALE, linewidth=0.6)
    ax.set_axisbelow(True)
    ax.set_xlabel(f"starts that ended there, of {told.made}")
    more = len(told.optima) - len(shown)
    note(
        ax,
        f"{told.failed} not sound" if told.failed else "",
        f"{more} more optima" if more else "",
    )
    return ax
