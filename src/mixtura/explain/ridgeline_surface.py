"""Where to climb from: places of the ridgeline surface, on which all stationary points lie.

The surface and its formula are in `ridgelines`. Its corners are the locations of the components,
its edges the ridgelines between two of them, its faces lie between three.
"""

from __future__ import annotations

from itertools import combinations, islice

import numpy as np

from mixtura.explain.ridgelines import curve_between, is_top
from mixtura.explain.slopes import Slopes, solved
from mixtura.fitting.random_streams import Purpose
from mixtura.typing import AnyArray, FloatArray, IntArray

__all__ = ["seeds", "surface"]

_MOST_FACES = 500

# Drawn points of the surface, as far as so many multiplications a step let them.
_DRAWN, _MOST_WORK = 200, 2e8


def seeds(slopes: Slopes) -> list[FloatArray]:
    """Places (m, d) that are high on the surface, and some others, to climb from.

    They are the tops of the ridgelines between pairs and of the faces between triples, the centers
    of four and of all, and some that are drawn, the same every time.
    """
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
