"""Axes that components have in common, found by turns.

With T_j = axes^T scatter_j axes the likeliest covariances along given axes make -2 log-likelihood

    sum_j n_j sum_a log T_jaa,   or   n d log sum_j (prod_a T_jaa)^(1/d)

but for constants, for free and for equal volumes. Turns in one plane after the other, each the best
for the present covariances (Flury and Gautschi 1986), come near the minimum, but where scatters
are nearly singular hundreds of sweeps do not reach it. A quasi-Newton method of limited memory
(Nocedal 1980), with steps in all planes at once, does in some tens. With w_j the components'
weights (n_j, or their shares of the volume) and m_ja = 1 / T_jaa the slope in the plane of p and q
is

    sum_j w_j s_jpq   with   s_jpq = 2 T_jpq (m_jp - m_jq)

and the curvature that it begins with is that of the best turns for the present covariances,

    2 sum_j w_j (T_jqq - T_jpp) (m_jp - m_jq)

which is never negative. A step costs k d^3, as a sweep does, and no more than some are made: from
axes that are better than before, the next M-step of EM goes on.
"""

from __future__ import annotations

from collections import deque
from functools import cache
from itertools import combinations
from typing import Any

import numpy as np

from mixtura.kernels.singular import check_positive
from mixtura.typing import FloatArray

__all__ = ["common_axes", "diagonals", "geometric_means"]

# Sweeps before the quasi-Newton steps. After these one more, in case that they ended where a turn
# helps, and if so they begin again.
_SWEEPS, _ROUNDS = 2, 3

# Quasi-Newton steps, how many of them are remembered, and the largest turn of one in radians.
_STEPS, _MEMORY, _FARTHEST = 150, 10, 0.2

# A step has to gain a share of what the slope promises, and is halved until it does.
_ARMIJO, _TRIALS = 1e-4, 12

# Curvature in all planes, as a share of the weights: in some no component has any.
_FLAT = 1e-6

# Gains per row that rounding hides: steps that promise no more are taken on trust, as long as they
# promise less than those before, until the axes are known to the root of the second.
_LEVEL, _SETTLED = 1e-13, 1e-20


def common_axes(
    count: FloatArray, scatter: FloatArray, axes: FloatArray, *, equal_volumes: bool
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The reference of `Algebra.common_axes`."""
    turned = axes.T @ scatter @ axes
    best, n_sweeps, settled = float("inf"), _SWEEPS, True
    for _ in range(_ROUNDS):
        for _ in range(n_sweeps):
            axes, turned = _sweep(count, turned, axes, equal_volumes=equal_volumes)
        now = _unlikeliness(count, turned, equal_volumes=equal_volumes)
        if not settled or not now < best - _level(count, now, equal_volumes=equal_volumes):
            break
        axes, turned, best, settled = _descend(count, turned, axes, equal_volumes=equal_volumes)
        n_sweeps = 1
    spread = diagonals(turned)
    check_positive(spread)
    return axes, spread, _shares(count, spread, equal_volumes=equal_volumes)


def diagonals(matrices: FloatArray) -> FloatArray:
    """Diagonals (k, d) of matrices (k, d, d)."""
    return matrices.diagonal(0, 1, 2)


def geometric_means(values: FloatArray) -> FloatArray:
    """Geometric mean along the last axis, for instance |diag(v)| ** (1/d)."""
    means: FloatArray = np.exp(np.log(values).sum(axis=-1) / values.shape[-1])
    return means


def _shares(count: FloatArray, spread: FloatArray, *, equal_volumes: bool) -> FloatArray:
    return geometric_means(spread) if equal_volumes else count


# ---------------------------------------------------------------------------------------------
# One plane after the other


def _sweep(
    count: FloatArray, turned: FloatArray, axes: FloatArray, *, equal_volumes: bool
) -> tuple[FloatArray, FloatArray]:
    """The axes and the scatters along them after a turn in each plane."""
    for p, q in combinations(range(len(axes)), 2):
        check_positive(diagonals(turned))
        shares = _shares(count, diagonals(turned), equal_volumes=equal_volumes)
        tangent = _best_tangent(shares, turned, p, q)
        axes, turned = _turn(axes, turned, p, q, tangent)
    return axes, turned


def _best_tangent(shares: FloatArray, turned: FloatArray, p: int, q: int) -> float:
    """Of the turn of axes p and q that makes the covariances likeliest, as they are now.

    A turn by the angle t changes sum_j tr(scatter_j S_j^-1) to const + x cos 2t + y sin 2t.
    """
    along_p, along_q = turned[:, p, p], turned[:, q, q]
    difference = shares / along_p - shares / along_q
    x = 0.5 * float(difference @ (along_p - along_q))
    y = float(difference @ turned[:, p, q])
    return float(np.tan(0.5 * np.arctan2(-y, -x))) if x or y else 0.0


def _turn(
    axes: FloatArray, turned: FloatArray, p: int, q: int, tangent: float
) -> tuple[FloatArray, FloatArray]:
    cosine = 1.0 / np.hypot(1.0, tangent)
    turn = np.eye(len(axes))
    turn[[p, q], [p, q]] = cosine
    turn[q, p], turn[p, q] = tangent * cosine, -tangent * cosine
    return axes @ turn, turn.T @ turned @ turn


# ---------------------------------------------------------------------------------------------
# All planes at once


@np.errstate(over="ignore", invalid="ignore")  # a step that is no number is not taken
def _descend(
    count: FloatArray, turned: FloatArray, axes: FloatArray, *, equal_volumes: bool
) -> tuple[FloatArray, FloatArray, float, bool]:
    """Quasi-Newton steps: as `_sweep`, with the unlikeliness, and whether it is a minimum."""
    best = _unlikeliness(count, turned, equal_volumes=equal_volumes)
    level = _level(count, 0.0, equal_volumes=equal_volumes)
    slope, curvature = _slope_and_curvature(count, turned, equal_volumes=equal_volumes)
    steps: deque[tuple[FloatArray, FloatArray]] = deque(maxlen=_MEMORY)
    last = float("inf")
    for _ in range(_STEPS):
        angles = -_newton_step(steps, curvature, slope)
        promised = -float(slope @ angles)
        trusted = promised <= level
        if not level * _SETTLED / _LEVEL < promised < last:
            return axes, turned, best, True
        last = promised if trusted else float("inf")
        angles *= min(1.0, _FARTHEST / float(np.abs(angles).max()))
        for _ in range(_TRIALS):
            turn = _cayley(angles, len(axes))
            new = turn.T @ turned @ turn
            now = _unlikeliness(count, new, equal_volumes=equal_volumes)
            if trusted or now <= best + _ARMIJO * float(slope @ angles):
                break
            angles *= 0.5
        else:
            return axes, turned, best, True
        axes, turned, best, before = axes @ turn, new, now, slope
        slope, curvature = _slope_and_curvature(count, turned, equal_volumes=equal_volumes)
        if (slope - before) @ angles > 0.0:
            steps.append((angles, slope - before))
    return axes, turned, best, False


def _unlikeliness(count: FloatArray, turned: FloatArray, *, equal_volumes: bool) -> float:
    """What the best axes make least."""
    spread = diagonals(turned)
    if not (spread > 0.0).all():
        return float("inf")
    if equal_volumes:
        return len(spread[0]) * float(np.log(geometric_means(spread).sum()))
    return float(count @ np.log(spread).sum(axis=1))


def _level(count: FloatArray, unlikeliness: float, *, equal_volumes: bool) -> float:
    """Differences of the unlikeliness that mean nothing."""
    return _LEVEL * ((1.0 if equal_volumes else float(count.sum())) + abs(unlikeliness))


def _slope_and_curvature(
    count: FloatArray, turned: FloatArray, *, equal_volumes: bool
) -> tuple[FloatArray, FloatArray]:
    """Slope (planes,) along turns, and about the curvature in each plane."""
    spread = diagonals(turned)
    m, weight = 1.0 / spread, _shares(count, spread, equal_volumes=equal_volumes)
    if equal_volumes:
        weight = weight / float(weight.sum())
    p, q = _planes(turned.shape[1])
    difference = 2.0 * weight[:, None] * (m[:, p] - m[:, q])
    slope: FloatArray = (difference * turned[:, p, q]).sum(axis=0)
    curvature: FloatArray = (difference * (spread[:, q] - spread[:, p])).sum(axis=0)
    return slope, curvature + _FLAT * float(weight.sum())


def _newton_step(
    steps: deque[tuple[FloatArray, FloatArray]], curvature: FloatArray, slope: FloatArray
) -> FloatArray:
    """The slope by the inverse of the curvature that the last steps told (Nocedal 1980)."""
    shares = []
    for step, change in reversed(steps):
        shares.append(float(step @ slope) / float(step @ change))
        slope = slope - shares[-1] * change
    slope = slope / curvature
    if steps:
        step, change = steps[-1]
        slope *= float(step @ change) / float(change @ (change / curvature))
    for (step, change), share in zip(steps, reversed(shares), strict=True):
        slope += (share - float(change @ slope) / float(step @ change)) * step
    return slope


def _cayley(angles: FloatArray, d: int) -> FloatArray:
    """Orthogonal matrix (d, d) that turns by about these angles in all planes."""
    half = np.zeros((d, d))
    half[_planes(d)] = -0.5 * angles
    half -= half.T
    turn: FloatArray = np.linalg.solve(np.eye(d) - half, np.eye(d) + half).astype(np.float64)
    return turn


@cache
def _planes(d: int) -> Any:
    """Numbers of the two axes of each plane."""
    return np.triu_indices(d, 1)
