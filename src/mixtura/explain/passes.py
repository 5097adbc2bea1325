"""Passes between hills: how far down one has to go from one summit to another.

The height of the saddle between two hills is the largest, over all paths between them, of the
lowest density on the path. Paths along the ridgelines between components give a lower bound, and
from the lowest places of these the search goes on to the pass itself: a stationary point where the
density curves up in one direction alone. A step rises in all directions but the last, in which it
falls (Cerjan and Miller 1981), no further than a fraction of a sigma. The two sides of a pass are
climbed, so it is known which hills it joins; the highest passes that join all hills are a maximum
spanning tree, on which the lowest pass between two hills is their saddle.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Any

import numpy as np

from mixtura.explain.climbing import climb, nearest
from mixtura.explain.modes import Modes, find_modes
from mixtura.explain.ridgelines import curve_between, is_top, lowest
from mixtura.explain.slopes import LONGEST, Slopes
from mixtura.mixture import Mixture
from mixtura.shown import shown
from mixtura.typing import BoolArray, FloatArray, IntArray

__all__ = ["Landscape", "find_landscape"]

_STEPS = 100

# The way from a pass to its sides, in sigmas of the likeliest part.
_ASIDE = 0.05

# A search has arrived when the slope is below this, in nats per sigma.
_LEVEL = 1e-9

_LINE = np.linspace(0.0, 1.0, 65)


@dataclass(frozen=True, eq=False)
class Landscape:
    """The hills of a density, and the passes that join them, highest first.

    Attributes
    ----------
    modes : Modes
        The m summits.
    joins : ndarray of shape (m - 1, 2)
        The hills that each pass joins, as numbers of summits: those on which a path over it comes
        to a summit first, from either side.
    passes : ndarray of shape (m - 1, d)
        Where the passes are.
    log_density : ndarray of shape (m - 1,)
        Log-density there.
    """

    modes: Modes
    joins: IntArray
    passes: FloatArray
    log_density: FloatArray

    __repr__ = shown

    @property
    def saddles(self) -> FloatArray:
        """Log-density of the saddle between each two summits, (m, m); of one its own height."""
        heights = np.diag(self.modes.log_density)
        groups = [[hill] for hill in range(len(self.modes))]
        for (a, b), height in zip(self.joins.tolist(), self.log_density, strict=True):
            one, other = (next(g for g in groups if hill in g) for hill in (a, b))
            heights[np.ix_(one, other)] = height
            heights[np.ix_(other, one)] = height
            one.extend(other)
            groups.remove(other)
        return heights

    @property
    def ratios(self) -> FloatArray:
        """Densities of the saddles as shares of that of the lower of the two summits, (m, m)."""
        summits = self.modes.log_density
        ratios: FloatArray = np.exp(self.saddles - np.minimum(summits[:, None], summits))
        return ratios


def find_landscape(mixture: Mixture[Any, Any]) -> Landscape:
    """All hills, and the highest passes between them.

    Examples
    --------
    >>> import numpy as np
    >>> from mixtura.families import Gaussian, GaussianParameters
    >>> from mixtura.families.gaussian.structures import VVI, AxisCovariances
    >>> params = GaussianParameters(np.array([[0.0], [4.0]]), AxisCovariances(np.ones((2, 1))))
    >>> mixture = Mixture(Gaussian(VVI, np.zeros(1)), params, np.array([0.5, 0.5]))
    >>> find_landscape(mixture).ratios.round(3)
    array([[1.   , 0.271],
           [0.271, 1.   ]])
    """
    modes = find_modes(mixture)
    d = mixture.n_features
    if len(modes) < 2:
        return Landscape(modes, np.empty((0, 2), np.intp), np.empty((0, d)), np.empty(0))
    slopes = Slopes(mixture)
    low, sides = _lowest_places(slopes, modes)
    found, sides_found = _beside(slopes, _sought(slopes, low), modes)
    places, joins = np.concatenate([low, found]), np.concatenate([sides, sides_found])
    heights = mixture.log_density(places)
    chosen = _spanning(joins, heights, len(modes))
    return Landscape(modes, joins[chosen], places[chosen], heights[chosen])


def _paths(slopes: Slopes, modes: Modes) -> Iterator[FloatArray]:
    """Ridgelines between all pairs of parts, and lines between all pairs of summits."""
    for i, j in combinations(range(len(slopes.locations)), 2):
        yield curve_between(slopes, i, j)[1]
    for one, other in combinations(modes.points, 2):
        yield one + _LINE[:, None] * (other - one)


def _lowest_places(slopes: Slopes, modes: Modes) -> tuple[FloatArray, IntArray]:
    """The lowest place between tops that follow each other on a path, and the hills these are on.

    Those that are on one hill are left out.
    """
    lows, tops = [], []
    for path in _paths(slopes, modes):
        heights = slopes.log_density(path)
        for start, end in pairwise(np.flatnonzero(is_top(heights)).tolist()):
            lows.append(lowest(slopes.log_density, path[start : end + 1]))
            tops += [path[start], path[end]]
    ends = climb(slopes, np.array(tops), modes.points)
    sides = nearest(slopes, ends, modes.points).reshape(-1, 2)
    apart = sides[:, 0] != sides[:, 1]
    return np.array(lows)[apart], sides[apart]


def _sought(slopes: Slopes, points: FloatArray) -> FloatArray:
    """The passes that the searches from the points (m, d) end on; without those that fail."""
    points = points.copy()
    for _ in range(_STEPS):
        step, level = _towards_pass(slopes, points)
        if level.all():
            break
        points += step
    step, level = _towards_pass(slopes, points)
    return points[level]


def _towards_pass(slopes: Slopes, points: FloatArray) -> tuple[FloatArray, BoolArray]:
    """A step uphill but for the direction that curves up most, and whether a point is a pass."""
    values, directions, along = slopes.seen(points)
    signs = np.where(np.arange(points.shape[1]) == points.shape[1] - 1, -1.0, 1.0)
    lengths = signs * along / np.maximum(np.abs(values), np.abs(along) / LONGEST)
    slope = np.abs(along).max(axis=1)
    # One curvature alone is above 0 on a pass.
    is_pass = (values[:, -1] > 0.0) & (values[:, :-1] < 0.0).all(axis=1)
    return np.einsum("mab,mb->ma", directions, lengths), (slope < _LEVEL) & is_pass


def _beside(slopes: Slopes, points: FloatArray, modes: Modes) -> tuple[FloatArray, IntArray]:
    """The passes that lie between two hills, and these hills."""
    way = _ASIDE * slopes.seen(points)[1][:, :, -1]
    ends = climb(slopes, np.concatenate([points + way, points - way]), modes.points)
    sides = nearest(slopes, ends, modes.points).reshape(2, -1).T
    apart = sides[:, 0] != sides[:, 1]
    return points[apart], sides[apart]


def _spanning(joins: IntArray, heights: FloatArray, m: int) -> IntArray:
    """Numbers of the highest passes that join all m hills: a maximum spanning tree."""
    group, chosen = np.arange(m), []
    for number in np.argsort(-heights, kind="stable").tolist():
        a, b = group[joins[number]]
        if a != b:
            group[group == b] = a
            chosen.append(number)
    return np.array(chosen, dtype=np.intp)
