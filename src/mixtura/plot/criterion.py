"""The candidates of a search: a criterion over the number of components."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np

from mixtura.errors import MixturaError
from mixtura.estimators.mixture_search import MixtureSearch
from mixtura.estimators.parameters import wrong_kind
from mixtura.estimators.search_summary import search_summary
from mixtura.plot.canvas import FAINT, INK, PALE, SMALL, axes_for, note, said, whole_numbers
from mixtura.report.palette import COLORS
from mixtura.report.summaries import UNCOMPARED, Candidate, SearchSummary

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["criterion"]

_NAMES = {"cv": "cross-validated log-likelihood", "slope": "slope heuristic"}

# Candidates that could be better than they look, as they made fewer starts.
_SHORT = ("left behind", "given up")

# The better half of all candidates fills about two thirds of the picture.
_ROOM, _FAR = 1.5, 4.0
_LINE_HEIGHT = 0.045  # of a text, as a share of the picture's height


def criterion(search: Any, name: str | None = None, *, ax: Axes | None = None) -> Axes:
    """A criterion of all candidates of a search, over the number of components.

    Each structure has a line, and its name at the end of it; that of the best candidate is
    colored, and a ring marks the candidate that was chosen. Open circles are candidates that made
    only some of their starts, and could be lower. Those that could not be compared (failed,
    collapsed or spurious) are counted above. Candidates that are far off leave the picture at the
    top.

    Parameters
    ----------
    search : fitted MixtureSearch
    name : str, default=None
        One of the criteria in `results_`, such as 'icl'; by default the one that chose.
    ax : Axes, default=None
        Where to draw; by default on new ones.

    Returns
    -------
    Axes

    Raises
    ------
    NotFittedError
        If the search has not been run.
    MixturaError
        If there is no such criterion, or no candidate has it.

    Examples
    --------
    >>> import numpy as np
    >>> import mixtura as mx
    >>> X = np.random.default_rng(0).normal(size=(80, 1))
    >>> search = mx.MixtureSearch(param_grid={"n_components": [1, 2]}, random_state=0).fit(X)
    >>> mx.plot.criterion(search).get_ylabel()
    'BIC (lower is better)'
    """
    if not isinstance(search, MixtureSearch):
        raise wrong_kind(
            "The first argument", search, "a MixtureSearch", "One fit has no others beside it."
        )
    search._fitted()
    told = search_summary(search)
    name = _known(told, name)
    ax = axes_for(ax)
    lines = _lines(told, name)
    limits = _limits(told, name)
    _draw(ax, told, name, lines, limits)
    ks = [candidate.n_components for candidate in told.candidates]
    ax.set_xlim(min(ks) - 0.3, max(ks) + 0.3)
    ax.set_ylim(*limits)
    whole_numbers(ax.xaxis)
    ax.set_xlabel("number of components")
    ax.set_ylabel(f"{_NAMES.get(name, name.upper())} (lower is better)")
    note(ax, _uncompared(told), *_shown_short(told))
    return ax


def _known(told: SearchSummary, name: str | None) -> str:
    """The name of a criterion that some candidates have."""
    name = told.criterion if name is None else name
    known = [
        each
        for each in told.candidates[0].criteria
        if any(c.criteria[each] is not None for c in told.compared)
    ]
    if name not in known:
        raise MixturaError(f"name is {name!r}; this search has {', '.join(known)}.")
    return name


def _lines(told: SearchSummary, name: str) -> dict[str, list[Candidate]]:
    """Of each structure the candidates that compare, by the number of components."""
    lines: dict[str, list[Candidate]] = {}
    for candidate in sorted(told.compared, key=lambda c: c.n_components):
        if candidate.criteria[name] is not None:
            lines.setdefault(candidate.structure, []).append(candidate)
    return lines


def _value(candidate: Candidate, name: str) -> float:
    value = candidate.criteria[name]
    assert value is not None  # as only those are drawn that have it
    return value


def _limits(told: SearchSummary, name: str) -> tuple[float, float]:
    """Room for all, or, where some are far off, for the better ones."""
    values = np.sort([_value(c, name) for line in _lines(told, name).values() for c in line])
    low, median, high = values[0], values[(len(values) - 1) // 2], values[-1]
    chosen = told.candidates[told.best].criteria[name]
    near = max(low if chosen is None else chosen, low + _ROOM * (median - low))
    if near > low and high - low > _FAR * (near - low):
        high = near
    margin = 0.06 * (high - low) or 1.0
    return float(low - margin), float(high + margin)


def _draw(
    ax: Axes,
    told: SearchSummary,
    name: str,
    lines: dict[str, list[Candidate]],
    limits: tuple[float, float],
) -> None:
    chosen = told.candidates[told.best]
    ends: list[_End] = []
    for structure, line in lines.items():
        best = structure == chosen.structure
        color = COLORS[0] if best else "#a9a49b"
        ks, values = [c.n_components for c in line], [_value(c, name) for c in line]
        ax.plot(ks, values, color=color, linewidth=1.9 if best else 1.0, zorder=3 if best else 2)
        full = [color if c.standing not in _SHORT else "white" for c in line]
        ax.scatter(ks, values, s=22, c=full, edgecolors=color, zorder=4 if best else 2.5)
        ends.append(_End.of(ks, values, limits[1], structure, best))
    if chosen.criteria[name] is not None:
        ax.plot(
            chosen.n_components,
            _value(chosen, name),
            "o",
            markersize=12,
            markerfacecolor="none",
            markeredgecolor=INK,
            markeredgewidth=1.4,
            zorder=5,
            label="chosen",
        )
    if len(ends) > 1:
        _name_lines(ax, ends, limits)


class _End(NamedTuple):
    """Where a line ends in the picture, and what it is called."""

    value: float
    k: float
    structure: str
    best: bool

    @classmethod
    def of(
        cls, ks: Sequence[int], values: Sequence[float], top: float, structure: str, best: bool
    ) -> Self:
        """The last point, or where the line leaves the picture for good."""
        if values[-1] <= top:
            return cls(values[-1], ks[-1], structure, best)
        inside = [i for i, value in enumerate(values) if value <= top]
        if not inside:
            return cls(top, ks[-1], structure, best)
        i = inside[-1]
        share = (top - values[i]) / (values[i + 1] - values[i])
        return cls(top, ks[i] + share * (ks[i + 1] - ks[i]), structure, best)


def _name_lines(ax: Axes, ends: list[_End], limits: tuple[float, float]) -> None:
    """Names of the structures at the right, one above the other, and whose end is which."""
    low, high = limits
    ends = sorted(ends)
    at = np.array([(end.value - low) / (high - low) for end in ends])
    for i in range(1, len(at)):
        at[i] = max(at[i], at[i - 1] + _LINE_HEIGHT)
    at[-1] = min(at[-1], 1.0)
    for i in range(len(at) - 2, -1, -1):
        at[i] = min(at[i], at[i + 1] - _LINE_HEIGHT)
    for height, end in zip(at, ends, strict=True):
        ax.annotate(
            said(end.structure),
            (end.k, end.value),
            xytext=(1.03, height),
            textcoords="axes fraction",
            va="center",
            fontsize=SMALL,
            color=COLORS[0] if end.best else FAINT,
            weight="bold" if end.best else "normal",
            annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": PALE, "linewidth": 0.7, "shrinkB": 4.0},
        )


def _uncompared(told: SearchSummary) -> str:
    """How many candidates could not be compared, and why not."""
    counts = told.standings
    return ", ".join(f"{counts[each]} {each}" for each in UNCOMPARED if each in counts)


def _shown_short(told: SearchSummary) -> list[str]:
    """What open circles are, if there are any."""
    short = any(candidate.standing in _SHORT for candidate in told.compared)
    return ["open: not all starts made"] if short else []
