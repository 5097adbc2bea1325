"""The hills of the density: local maxima of a mixture of elliptical components.

A mixture of k components can have fewer hills than components, or more. All its stationary points
lie on the ridgeline surface (see `ridgelines`), so we climb from points of that surface: the
locations, the tops of the ridgelines between pairs and of the faces between triples, the centers of
four and of all, and some drawn ones. Each climb is the fixed-point iteration of Carreira-Perpinan
(2000), which never goes down; where it becomes slow, and at the end, there are Newton steps. One
that ends on a pass goes on to both of its sides.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, islice
from typing import Any

import numpy as np

from mixtura.explain.ridgelines import curve_between, is_top
from mixtura.explain.slopes import Slopes, solved
from mixtura.fitting.random_streams import Purpose
from mixtura.mixture import Mixture
from mixtura.shown import shown
from mixtura.typing import AnyArray, BoolArray, FloatArray, IntArray

__all__ = ["Modes", "climb", "find_modes"]

# Steps of EM, which are short where the density is nearly level, and longer ones after them.
_CLIMB_STEPS, _BOLD_STEPS = 100, 200
_NEWTON_STEPS = 20
_MOST_FACES = 500

# Drawn points of the surface, as far as so many multiplications a step let them.
_DRAWN, _MOST_WORK = 200, 2e8

# Two climbs that end closer than this, in sigmas of any part, reached the same hill.
_SAME_HILL = 1e-3

# A climb has arrived when its steps are shorter than this, in the same sigmas.
_STILL = 1e-9

# From a pass one goes so far to its sides, in sigmas of the likeliest part.
_ASIDE = 0.05


@dataclass(frozen=True)
class Modes:
    """The local maxima of a density, highest first.

    Attributes
    ----------
    points : ndarray of shape (m, d)
        Where they are.
    log_density : ndarray of shape (m,)
        Log-density there.
    of_component : ndarray of shape (k,)
        Number of the hill that is reached by climbing from each component's location (of a
        component that is a mixture itself, from that of its heaviest part); -1 where there are
        none, since all weight is noise.
    """

    points: FloatArray
    log_density: FloatArray
    of_component: IntArray

    __repr__ = shown

    def __len__(self) -> int:
        return len(self.points)


def find_modes(mixture: Mixture[Any, Any]) -> Modes:
    """All hills that can be climbed from the ridgeline surface of a mixture.

    Raises
    ------
    MixturaError
        If the components are not elliptical.

    Examples
    --------
    >>> import numpy as np
    >>> from mixtura.families import Gaussian, GaussianParameters
    >>> from mixtura.families.gaussian.structures import VVI, AxisCovariances
    >>> params = GaussianParameters(np.array([[0.0], [1.0]]), AxisCovariances(np.ones((2, 1))))
    >>> mixture = Mixture(Gaussian(VVI, np.zeros(1)), params, np.array([0.5, 0.5]))
    >>> find_modes(mixture).points  # two components one sigma apart make a single hill
    array([[0.5]])
    """
    if not mixture.clusters.weights.any():
        none = np.full(mixture.n_clusters, -1)
        return Modes(np.empty((0, mixture.n_features)), np.empty(0), none)
    slopes = Slopes(mixture)
    climbed = climb(slopes, np.concatenate([slopes.all_locations, *_seeds(slopes)]))
    climbed = np.concatenate([climbed, climb(slopes, _beside_passes(slopes, climbed))])
    heights = mixture.log_density(climbed)
    summits = _different(slopes, climbed, heights)
    of_parts = nearest(slopes, climbed[: len(slopes.owners)], climbed[summits])
    of_component = _of_components(mixture, slopes, of_parts)
    return Modes(climbed[summits], heights[summits], of_component)


def climb(slopes: Slopes, points: FloatArray, done: FloatArray | None = None) -> FloatArray:
    """Where the ascent from each of the points (m, d) ends.

    A climb that comes near one of the places `done` is over there, if there are any.
    """
    points = points.copy()
    climbing = np.arange(len(points))
    for number in range(_CLIMB_STEPS + _BOLD_STEPS):
        if not len(climbing):
            break
        step_of = slopes.step if number < _CLIMB_STEPS else slopes.bold_step
        step = step_of(points[climbing])
        points[climbing] += step
        moving = slopes.distances(step) > _STILL
        if done is not None:
            moving &= ~_arrived(slopes, points[climbing], done)
        climbing = climbing[moving]
    return points if done is not None else _finished(slopes, points)


def nearest(slopes: Slopes, points: FloatArray, summits: FloatArray) -> IntArray:
    """The number of the summit that each of the points is nearest to, (m,)."""
    apart = [slopes.distances(points - summit) for summit in summits]
    numbers: IntArray = np.argmin(apart, axis=0)
    return numbers


def _arrived(slopes: Slopes, points: FloatArray, summits: FloatArray) -> BoolArray:
    near = np.zeros(len(points), dtype=np.bool_)
    for summit in summits:
        near |= slopes.distances(points - summit) < _SAME_HILL
    return near


def _finished(slopes: Slopes, points: FloatArray) -> FloatArray:
    """The points after Newton steps to the top of the local parabola, while these help."""
    for _ in range(_NEWTON_STEPS if len(points) else 0):
        hessian, gradient = slopes.curvature(points)
        step = np.zeros_like(points)
        concave = slopes.axes(points, hessian)[0][:, -1] < 0.0
        step[concave] = solved(-hessian[concave], gradient[concave])
        better = slopes.flatter(points + step, points)
        if not better.any():
            break
        points[better] += step[better]
    return points


def _different(slopes: Slopes, climbed: FloatArray, heights: FloatArray) -> list[int]:
    """Numbers of the ends that are different summits, the highest first.

    An end from which Newton's step would go further has not arrived. The highest end is a summit,
    even where rounding hides how it curves.
    """
    summits: list[int] = []
    values, _, along = slopes.seen(climbed)
    arrived = (np.abs(along) <= -_SAME_HILL * values).all(axis=1) & slopes.concave(climbed)
    for candidate in [*np.flatnonzero(arrived).tolist(), int(heights.argmax())]:
        if not (slopes.distances(climbed[candidate] - climbed[summits]) < _SAME_HILL).any():
            summits.append(candidate)
    return sorted(summits, key=lambda s: -heights[s])


def _of_components(mixture: Mixture[Any, Any], slopes: Slopes, of_parts: IntArray) -> IntArray:
    """The hill of each component, (k,), from those of all parts."""
    of_component = np.zeros(mixture.n_clusters, dtype=np.intp)
    rising = np.argsort(slopes.weights, kind="stable")
    of_component[slopes.owners[rising]] = of_parts[rising]  # the heaviest part comes last
    return of_component


def _beside_passes(slopes: Slopes, ends: FloatArray) -> FloatArray:
    """Places on both sides of ends from where the density still rises in some direction."""
    values, directions, _ = slopes.seen(ends)
    passes = values[:, -1] >= 0.0
    ends, up = ends[passes], _ASIDE * directions[passes, :, -1]
    return np.concatenate([ends + up, ends - up])


def _seeds(slopes: Slopes) -> list[FloatArray]:
    """Points of the ridgeline surface that are high there, and some others."""
    k, d = slopes.locations.shape
    pairs = [_tops_between(slopes, i, j) for i, j in combinations(range(k), 2)]
    n_faces = min(_MOST_FACES, int(_MOST_WORK / (len(_FACE) * d**3)))
    faces = [_tops_of_face(slopes, abc) for abc in islice(combinations(range(k), 3), n_faces)]
    centers = [
        np.eye(k)[list(some)].mean(axis=0) for some in islice(combinations(range(k), 4), n_faces)
    ]
    centers.append(np.full(k, 1.0 / k))
    rng = np.random.default_rng([0, Purpose.HILLS])
    drawn = rng.dirichlet(np.ones(k), min(_DRAWN, int(_MOST_WORK / (10 * d**3))) if k > 3 else 0)
    return [*pairs, *faces, surface(slopes, np.concatenate([centers, drawn]))]


def surface(slopes: Slopes, mixes: FloatArray) -> FloatArray:
    """Points (m, d) of the ridgeline surface for some mixes (m, k) of the parts."""
    center = slopes.locations.mean(axis=0)
    pulls = np.einsum("jab,jb->ja", slopes.precisions, slopes.locations - center)
    shares = mixes * _breadths(slopes)
    return np.asarray(
        center + solved(np.tensordot(shares, slopes.precisions, axes=1), shares @ pulls)
    )


def _breadths(slopes: Slopes) -> FloatArray:
    """Mean variances (k,), which make precisions alike in size, so that no part rules the mixes."""
    diagonals = np.abs(slopes.whitening.diagonal(0, 1, 2))
    breadths: FloatArray = np.exp(-2.0 * np.log(diagonals).mean(axis=1))
    return np.asarray(breadths / breadths.max())


def _tops_between(slopes: Slopes, i: int, j: int) -> FloatArray:
    """The local maxima of a ridgeline, but for its ends."""
    _, places = curve_between(slopes, i, j)
    top = is_top(slopes.log_density(places))
    return places[1:-1][top[1:-1]]


def _tops_of_face(slopes: Slopes, parts: tuple[int, int, int]) -> FloatArray:
    """Places between three parts that are higher than those beside them on the surface."""
    mixes = np.zeros((len(_FACE), len(slopes.locations)))
    mixes[:, parts] = _FACE
    places = surface(slopes, mixes)
    heights = slopes.log_density(places)
    return places[_INSIDE[(heights[_INSIDE, None] >= heights[_BESIDE]).all(axis=1)]]


def _face(size: int) -> tuple[FloatArray, IntArray, AnyArray]:
    """A lattice of mixes (m, 3) of three, which of these are inside, and their six neighbors."""
    steps = [(a, b, size - a - b) for a in range(size + 1) for b in range(size + 1 - a)]
    number = {step: place for place, step in enumerate(steps)}
    inside = [place for place, step in enumerate(steps) if min(step) > 0]
    ways = [(1, -1, 0), (-1, 1, 0), (1, 0, -1), (-1, 0, 1), (0, 1, -1), (0, -1, 1)]
    beside = [
        [number[tuple(np.add(steps[place], way).tolist())] for way in ways] for place in inside
    ]
    return np.array(steps) / size, np.array(inside), np.array(beside)


_FACE, _INSIDE, _BESIDE = _face(9)
