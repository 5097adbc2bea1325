"""The slope heuristic: a penalty whose size is read off the data.

Once models are large enough, a further parameter fits noise, and the log-likelihood l grows in
proportion to their number p. The slope of that line is the least penalty that keeps the largest
model from winning, and twice it is the one to use (Birge and Massart 2007):

    SLOPE = -2 l + 2 (2 slope) p

The slope is estimated on the largest models by a robust line, and on how many of them is chosen
so that the model selected does not depend on it (Baudry, Maugis and Michel 2012, section 4.2,
"data-driven slope estimation").
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

import numpy as np

from mixtura.errors import MixturaError
from mixtura.selection.criteria import Table
from mixtura.typing import FloatArray

__all__ = ["LEAST_SIZES", "Slope", "check_sizes", "estimate_slope", "slope_heuristic"]

#: Different numbers of parameters that the candidates must have.
LEAST_SIZES = 10

# Models below which a line says nothing.
_LEAST_POINTS = 3

# Share of the possible lines that must select the same model (Baudry and others 2012).
_PLATEAU = 0.15


@dataclass(frozen=True)
class Slope:
    """What a further parameter gains once it only fits noise.

    Attributes
    ----------
    value : float
        In nats per parameter.
    n_models : int
        The largest models that the line rests on.
    """

    value: float
    n_models: int


def slope_heuristic(table: Table) -> FloatArray:
    """-2 l + 4 slope p for each entry; NaN for all if no slope can be estimated."""
    try:
        slope = estimate_slope(table).value
    except MixturaError:
        slope = np.nan
    return np.array([-2.0 * e.scores.log_likelihood + 4.0 * slope * e.n_parameters for e in table])


def estimate_slope(table: Table) -> Slope:
    """The slope of the log-likelihood on the number of parameters, among the largest models.

    Raises
    ------
    MixturaError
        If the candidates are too few, or larger ones do not fit better.
    """
    sizes, fits = _best_of_each_size(table)
    check_sizes(len(sizes))
    lines = [_line(sizes[-m:], fits[-m:]) for m in range(_LEAST_POINTS, len(sizes) + 1)]
    chosen = [int((fits - 2.0 * line * sizes).argmax()) for line in lines]
    last = _end_of_plateau(chosen)
    slope = Slope(lines[last], _LEAST_POINTS + last)
    if slope.value <= 0.0:
        raise MixturaError(
            f"The slope heuristic found no gain from more parameters among the {slope.n_models} "
            f"largest candidates ({slope.value:.3g} nats per parameter): use another criterion."
        )
    return slope


def check_sizes(n_sizes: int) -> None:
    """Raise MixturaError if candidates of so many numbers of parameters are too few."""
    if n_sizes < LEAST_SIZES:
        raise MixturaError(
            f"The slope heuristic needs sound candidates of at least {LEAST_SIZES} different "
            f"numbers of parameters, but there are {n_sizes}: let n_components go further, or use "
            "another criterion."
        )


def _best_of_each_size(table: Table) -> tuple[FloatArray, FloatArray]:
    """Numbers of parameters, ascending, and the highest log-likelihood of each."""
    best: dict[int, float] = {}
    for entry in table:
        if entry.sound:
            fit = entry.scores.log_likelihood
            best[entry.n_parameters] = max(fit, best.get(entry.n_parameters, -np.inf))
    sizes = sorted(best)
    return np.array(sizes, dtype=np.float64), np.array([best[size] for size in sizes])


def _line(x: FloatArray, y: FloatArray) -> float:
    """The median slope over all pairs of points (Theil 1950; Sen 1968)."""
    i, j = np.triu_indices(len(x), 1)
    return float(np.median((y[j] - y[i]) / (x[j] - x[i])))


def _end_of_plateau(chosen: list[int]) -> int:
    """Last of the first run of equal choices that is long enough, or else of the longest run."""
    runs = [list(run) for _, run in groupby(range(len(chosen)), key=lambda line: chosen[line])]
    long_enough = (run for run in runs if len(run) >= _PLATEAU * len(chosen))
    return next(long_enough, max(runs, key=len))[-1]
