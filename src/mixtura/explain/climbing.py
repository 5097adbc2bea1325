"""Climbing from places to the summits above them.

A climb is the fixed-point iteration of Carreira-Perpinan (2000), "Mode-finding for mixtures of
Gaussian distributions", IEEE PAMI 22: EM for the place, which never goes down. Where it becomes
slow, and at the end, there are Newton steps.
"""

from __future__ import annotations

import numpy as np

from mixtura.explain.slopes import Slopes, solved
from mixtura.typing import BoolArray, FloatArray, IntArray

__all__ = ["SAME_HILL", "climb", "nearest"]

#: Two climbs that end closer than this, in sigmas of any part, reached the same hill.
SAME_HILL = 1e-3

# Steps of EM, which are short where the density is nearly level, and longer ones after them.
_CLIMB_STEPS, _BOLD_STEPS = 100, 200
_NEWTON_STEPS = 20

# A climb has arrived when its steps are shorter than this, in the same sigmas.
_STILL = 1e-9


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
        near |= slopes.distances(points - summit) < SAME_HILL
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
