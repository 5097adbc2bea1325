"""Axes to draw on, and how they look. Only here is matplotlib imported, and only when asked for.

Nothing but the axes is changed: no settings, and no figure where axes are given.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mixtura.errors import MixturaError
from mixtura.report.visible import visible

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.lines import Line2D

__all__ = [
    "DASHES",
    "FAINT",
    "INK",
    "PALE",
    "SMALL",
    "axes_for",
    "figures",
    "ink_on",
    "key",
    "legend",
    "note",
    "said",
    "whole_numbers",
]

#: Of text and of what is drawn without a hue, from dark to light.
INK, FAINT, PALE = "#2b2a28", "#6f6b64", "#d8d4cc"

#: Of lines that are no component's.
DASHES = (0, (4, 2))

#: Points of the smallest text.
SMALL = 8.5

_TEXT = 10.0
_LETTERS = 40


def axes_for(ax: Axes | None, width: float = 6.4, height: float = 4.4) -> Axes:
    """The axes given, or those of a new figure of a size in inches; without needless lines."""
    try:
        from matplotlib import pyplot
        from matplotlib.axes import Axes
    except ImportError as error:
        raise MixturaError(
            "Pictures are drawn by matplotlib, which is not installed: pip install 'mixtura[plot]'."
        ) from error
    if ax is None:
        _, ax = pyplot.subplots(figsize=(width, height), layout="constrained")
    if not isinstance(ax, Axes):
        raise MixturaError(
            f"ax is of the type {type(ax).__name__}; expected the Axes to draw on, such as one of "
            "those that matplotlib's subplots gives, or None for new ones."
        )
    if ax.name != "rectilinear":
        raise MixturaError(
            f"ax is {ax.name!r}; expected plain Axes, with one axis across and one up: make them "
            "without a projection."
        )
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        ax.spines[side].set_color(FAINT)
    ax.tick_params(colors=FAINT, labelcolor=INK, labelsize=SMALL)
    for axis in (ax.xaxis, ax.yaxis):
        axis.label.set(color=INK, fontsize=_TEXT)
    return ax


def said(text: str) -> str:
    """A text of the user's as it is: no formula, nothing unseen, and not too long."""
    return visible(text, _LETTERS).replace("$", r"\$")


def note(ax: Axes, *sentences: str) -> None:
    """What there is to know of a picture, in small letters above its right end."""
    told = "; ".join(filter(None, sentences))
    if told:
        ax.set_title(told, loc="right", fontsize=SMALL, color=FAINT)


def whole_numbers(axis: Axis) -> None:
    """Ticks at whole numbers alone."""
    from matplotlib.ticker import MaxNLocator

    axis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))


def key(color: str, *, marker: str = "o", size: float = 6.0, dashed: bool = False) -> Line2D:
    """A mark for a legend; or a dashed line."""
    from matplotlib.lines import Line2D

    if dashed:
        return Line2D([], [], color=color, linestyle=DASHES, linewidth=1.2)
    return Line2D([], [], color=color, marker=marker, linestyle="", markersize=size)


def legend(ax: Axes, marks: Sequence[Line2D], texts: Sequence[str], title: str = "") -> None:
    """A legend beside the picture, where it covers nothing."""
    made = ax.legend(
        marks,
        texts,
        title=title or None,
        loc="upper left",
        bbox_to_anchor=(1.01, 1.0),
        borderaxespad=0.0,
        frameon=False,
        fontsize=SMALL,
        title_fontsize=SMALL,
        labelcolor=INK,
        handlelength=1.4,
        alignment="left",
    )
    made.get_title().set_color(FAINT)


def figures(value: float) -> str:
    """A number in three digits, or in whole ones if it has more, and without a power of ten.

    Examples
    --------
    >>> figures(43.921), figures(4201.75), figures(0.012345)
    ('43.9', '4,202', '0.0123')
    """
    return f"{value:,.0f}" if abs(value) >= 1000.0 else f"{value:.3g}"


def ink_on(color: str) -> str:
    """Black or white, whichever stands out more on a color."""
    channels = [int(color[at : at + 2], 16) / 255.0 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#000000" if luminance > 0.179 else "#ffffff"
