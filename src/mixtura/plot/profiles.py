"""What is typical of each component, column by column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mixtura.families.description import Bell, Curve, Marginal, Mass, Shares
from mixtura.plot.canvas import FAINT, PALE, axes_for, figures, key, legend, note, said
from mixtura.plot.view import Columns, Fitted
from mixtura.report.excerpt import LEVELS
from mixtura.report.marginals import of_levels
from mixtura.report.ranking import ranked_columns
from mixtura.typing import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["profiles"]

_MOST = 12  # columns, unless they are named
_ROW, _COMPONENT = 0.26, 0.105  # inches of a line, and of each component in it


@dataclass(frozen=True, eq=False)
class _Line:
    """A line of the picture: a column of numbers, or a level.

    Attributes
    ----------
    text : str
    centers, spreads : ndarray of shape (k,)
        Where the components are and how far they spread; nothing to tell of the spread of a level.
    """

    text: str
    centers: FloatArray
    spreads: FloatArray


def profiles(estimator: Any, columns: Columns = None, *, ax: Axes | None = None) -> Axes:
    """What is typical of each component, a line for each column, or for each level of one.

    Where all columns are of levels, as in latent class analysis, dots show how probable each level
    is in each component. Of columns of two levels the second one has a line.

    Else all lines have one scale: how far a component's mean is from that of the whole mixture, in
    standard deviations of the whole mixture. Bars are one standard deviation within the component;
    the mean and the standard deviation of the whole stand below a column's name. Of a level it is
    its share that is compared in this way.

    Parameters
    ----------
    estimator : fitted mixture estimator or MixtureSearch
    columns : str, int or sequence of these, default=None
        Names or numbers of the columns, in the order in which they are drawn. By default the 12
        that separate the components best, the best first.
    ax : Axes, default=None
        Where to draw; by default on new ones, as high as the lines are many.

    Returns
    -------
    Axes

    Raises
    ------
    NotFittedError
        If the estimator is not fitted.
    MixturaError
        If there is no such column.

    Examples
    --------
    >>> import mixtura as mx
    >>> answers = [["tea", "no"], ["tea", "no"], ["coffee", "yes"], ["coffee", "yes"]]
    >>> ax = mx.plot.profiles(mx.CategoricalMixture(2, random_state=0).fit(answers))
    >>> ax.get_xlabel()
    'probability within the component'
    """
    fitted = Fitted.of(estimator, "profiles")
    chosen = _chosen(fitted, columns)
    only_levels = all(fitted.has_levels(c) for c in chosen)
    lines = [line for c in chosen for line in _lines(fitted, c, only_levels)]
    k = fitted.n_clusters
    ax = axes_for(ax, height=1.0 + len(lines) * (_ROW + _COMPONENT * k))
    for number, line in enumerate(lines):
        _draw(ax, fitted, number, line, only_levels)
    ax.set_yticks(range(len(lines)), [line.text for line in lines])
    ax.tick_params(axis="y", length=0)
    ax.set_ylim(len(lines) - 0.4, -0.6)
    ax.grid(axis="x", color=PALE, linewidth=0.6)
    ax.set_axisbelow(True)
    if only_levels:
        ax.set_xlim(-0.02, 1.02)
        ax.set_xlabel("probability within the component")
    else:
        ax.axvline(0.0, color=FAINT, linewidth=1.0, zorder=1)
        ax.set_xlabel("difference from the whole, in its standard deviations")
    weights = fitted.summary.weights
    texts = [f"{name}  {w:.0%}" for name, w in zip(fitted.cluster_names, weights, strict=True)]
    legend(ax, [key(color) for color in fitted.colors[:k]], texts, title="component")
    more = len(fitted.names) - len(chosen)
    note(ax, f"{len(chosen)} of {len(fitted.names)} columns" if columns is None and more else "")
    return ax


def _chosen(fitted: Fitted, columns: Columns) -> list[int]:
    if columns is None:
        ranked: list[int] = ranked_columns(fitted.summary, len(fitted.names)).tolist()
        return ranked[:_MOST]
    return list(fitted.chosen(columns, most=max(1, len(fitted.names))))


def _lines(fitted: Fitted, column: int, as_probabilities: bool) -> list[_Line]:
    """One of a column of numbers or of two levels; else one of each level."""
    marginal, name, weights = fitted.marginal(column), fitted.label(column), fitted.summary.weights
    if not isinstance(marginal, Shares):
        return [_numbers_line(name, marginal, weights)]
    marginal, _ = of_levels(marginal, weights, LEVELS)
    p = marginal.probabilities
    two = len(marginal.levels) == 2
    lines = []
    for level in range(1 if two else 0, len(marginal.levels)):
        unnamed = two and marginal.levels == ("0", "1")
        text = name if unnamed else f"{name}: {said(marginal.levels[level])}"
        centers = p[:, level] if as_probabilities else _standardized(p[:, level], weights)
        lines.append(_Line(text, centers, np.full(len(p), np.nan)))
    return lines


def _standardized(p: FloatArray, weights: FloatArray) -> FloatArray:
    """Shares as those of an indicator, in standard deviations from its mean."""
    whole = float(_shares_of(weights) @ p)
    deviation = np.sqrt(whole * (1.0 - whole))
    return (p - whole) / deviation if deviation > 0.0 else np.zeros(len(p))


def _numbers_line(name: str, marginal: Marginal, weights: FloatArray) -> _Line:
    assert isinstance(marginal, Bell | Curve | Mass)
    share = _shares_of(weights)
    within = np.where(np.isfinite(marginal.deviation), marginal.deviation, np.nan)
    mean = float(share @ marginal.mean)
    between = np.square(marginal.mean - mean)
    deviation = float(np.sqrt(share @ (np.square(np.nan_to_num(within)) + between)))
    scale = deviation if deviation > 0.0 else 1.0
    return _Line(
        f"{name}\n{figures(mean)} ± {figures(deviation)}",
        (marginal.mean - mean) / scale,
        within / scale,
    )


def _shares_of(weights: FloatArray) -> FloatArray:
    """Weights of the clusters alone, which sum to less where there is noise."""
    total = weights.sum()
    return weights / total if total > 0.0 else np.full(len(weights), 1.0 / len(weights))


def _draw(ax: Axes, fitted: Fitted, number: int, line: _Line, from_zero: bool) -> None:
    """Dots of all components, one below the other within the line."""
    k = fitted.n_clusters
    room = 0.7 if k > 1 else 0.0
    for j, (center, spread) in enumerate(zip(line.centers, line.spreads, strict=True)):
        at, color = number + room * ((j + 0.5) / k - 0.5), fitted.colors[j]
        if from_zero or np.isnan(spread):
            ax.plot([0.0, center], [at, at], color=color, linewidth=1.6, alpha=0.45)
        else:
            ax.plot([center - spread, center + spread], [at, at], color=color, linewidth=1.8)
        ax.plot(center, at, "o", color=color, markersize=6 if k <= 6 else 4.5)
