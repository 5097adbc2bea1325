"""The objective, iteration by iteration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mixtura.errors import MixturaError
from mixtura.fitting.record import FitRecord
from mixtura.plot.canvas import DASHES, FAINT, PALE, axes_for, key, legend, note, whole_numbers
from mixtura.plot.view import Fitted
from mixtura.report.palette import color_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["trace"]

_MARKED = 40  # iterations up to which each one has a mark


def trace(estimator: Any, *, ax: Axes | None = None) -> Axes:
    """The objective of the best start after each iteration, stage by stage.

    It is a total over the rows, in nats: of EM the log-likelihood, with the log-density of a prior
    if there is one. Stages of an algorithm have lines of their own, as their objectives may
    differ; the dot at the end is where the fit stopped.

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
        If nothing is known of the fit: parameters were set by hand, or rows came as a stream.

    Examples
    --------
    >>> import numpy as np
    >>> import mixtura as mx
    >>> X = np.random.default_rng(0).normal(size=(60, 2))
    >>> mx.plot.trace(mx.GaussianMixture(2, random_state=0).fit(X)).get_xlabel()
    'iteration'
    """
    record = Fitted.of(estimator, "trace").model.record
    if record is None or not any(stage.trace for stage in record.stages):
        raise MixturaError(
            "Nothing is known of how the fit went: parameters were set by hand, or rows came as a "
            "stream. Draw the trace of an estimator after fit."
        )
    ax = axes_for(ax, height=3.6)
    ends = _stages(ax, record)
    ax.set_xlim(-0.02 * max(1, ends[-1]), 1.02 * max(1, ends[-1]))
    whole_numbers(ax.xaxis)
    ax.grid(axis="y", color=PALE, linewidth=0.6)
    ax.set_axisbelow(True)
    ax.ticklabel_format(axis="y", useOffset=False, style="plain")
    ax.set_xlabel("iteration")
    ax.set_ylabel(record.objective_text)
    note(ax, record.status.text.rstrip("."))
    return ax


def _stages(ax: Axes, record: FitRecord) -> list[int]:
    """Draw the stages one after the other; the iterations at which they end."""
    ends, begin = [], 0
    for number, stage in enumerate(record.stages):
        values = record.scores.weight * np.asarray(stage.trace)
        at, color = begin + np.arange(len(values)), color_of(number)
        marker = "o" if len(values) <= _MARKED else ""
        ax.plot(at, values, color=color, linewidth=1.8, marker=marker, markersize=3.5)
        if len(values):
            begin = int(at[-1])
            ax.plot(at[-1], values[-1], "o", color=color, markersize=6.5)
        if number < len(record.stages) - 1:
            ax.axvline(begin, color=FAINT, linewidth=0.8, linestyle=DASHES)
        ends.append(begin)
    if len(ends) > 1:
        marks = [key(color_of(number)) for number in range(len(ends))]
        legend(ax, marks, [stage.name for stage in record.stages], title="stage")
    return ends
