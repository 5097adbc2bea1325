"""Axes that components have in common, found by turns.

With T_j = axes^T scatter_j axes the likeliest covariances along given axes make -2 log-likelihood

    sum_j n_j sum_a log T_jaa,   or   n d log sum_j (prod_a T_jaa)^(1/d)

but for constants, for free and for equal volumes. Turns in one plane after the other, each the best
for the present covariances (Flury and Gautschi 1986), come near the minimum, but where scatters are
nearly singular hundreds of sweeps do not reach it. Newton's method, damped where the function is
not convex, does in a few steps. Along axes exp(O) with O skew-symmetric, the diagonals are

    T_aa + 2 sum_b T_ab O_ba + sum_bc (T_ab O_bc O_ca + O_ba T_bc O_ca) + ...

so that with w_j the components' weights (n_j, or their shares of the volume) and m_ja = 1 / T_jaa
the slope in the plane of p and q is sum_j w_j s_jpq with s_jpq = 2 T_jpq (m_jp - m_jq), and the
curvature of the vector O_ba, for each a, is 2 sum_j w_j times

    T_jbc (m_ja - (m_jb + m_jc) / 2) - 2 m_ja^2 T_jab T_jac

Equal volumes add the weighted covariances of s_j, divided by d.

The curvature is a matrix of d^2 / 2 rows: Newton's step costs d^6. In many dimensions a quasi-Newton
method of limited memory (Nocedal 1980) takes its place, whose steps cost k d^3. In place of the
curvature it begins with

    2 sum_j w_j (T_jqq - T_jpp) (m_jp - m_jq)

in each plane, which is that of the turns in one plane, and never negative. Where scatters are singular
it would take hundreds of steps; it makes no more than some, since the next M-step goes on from there.
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

# Sweeps, and Newton steps after them. Where planes are not too many, sweeps again to see that these
# ended where no turn helps.
_NEAR, _ROUNDS, _NEWTON_STEPS, _NEWTON_DIMENSIONS = 3, 3, 200, 12

# The search ends when no axis turns by more than this, in radians.
_TURNED = 1e-7

# A Newton step has no turns as large as this (radians). Its damping adds to each curvature a share
# of itself, since they differ by powers of ten, and of the largest as far as its rounding goes. A
# rise within this share is rounding. After so many trials nothing is to be gained.
_FARTHEST, _LEAST_DAMPING, _DAMPING_STEP, _LEVEL, _TRIALS = 0.5, 1e-3, 4.0, 1e-13, 40
_OF_THE_LARGEST = 1e-8

# Of the quasi-Newton method: steps, and how many of them it remembers; the largest turn; the share
# of what the slope promises that a step has to gain; curvature in all planes, as a share of the
# weights, for those in which no component has any.
_STEPS, _MEMORY, _FAR, _ARMIJO, _FLAT = 100, 5, 0.2, 1e-4, 1e-6


def common_axes(
    count: FloatArray, scatter: FloatArray, axes: FloatArray, *, equal_volumes: bool
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The reference of `Algebra.common_axes`."""
    turned = axes.T @ scatter @ axes
    few = len(axes) <= _NEWTON_DIMENSIONS
    settle = _newton if few else _quasi_newton
    for n_sweeps in range(1, (_ROUNDS if few else 1) * _NEAR + 1):
        axes, turned, largest = _sweep(count, turned, axes, equal_volumes=equal_volumes)
        if largest < _TURNED:
            break
        if n_sweeps % _NEAR == 0:
            axes, turned = settle(count, turned, axes, equal_volumes=equal_volumes)
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
) -> tuple[FloatArray, FloatArray, float]:
    """The axes and the scatters along them after a turn in each plane, and the largest sine."""
    largest = 0.0
    for p, q in combinations(range(len(axes)), 2):
        check_positive(diagonals(turned))
        shares = _shares(count, diagonals(turned), equal_volumes=equal_volumes)
        tangent = _best_tangent(shares, turned, p, q)
        axes, turned = _turn(axes, turned, p, q, tangent)
        largest = max(largest, abs(tangent) / float(np.hypot(1.0, tangent)))
    return axes, turned, largest


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
def _newton(
    count: FloatArray, turned: FloatArray, axes: FloatArray, *, equal_volumes: bool
) -> tuple[FloatArray, FloatArray]:
    """The best axes, from near them."""
    best, damping = _unlikeliness(count, turned, equal_volumes=equal_volumes), 0.0
    rounding = 1.0 if equal_volumes else float(count.sum())
    for _ in range(_NEWTON_STEPS):
        slope, curvature = _slopes(count, turned, equal_volumes=equal_volumes)
        same = best + _LEVEL * (abs(best) + rounding)
        for _ in range(_TRIALS):
            tangents = _newton_turns(slope, curvature, damping)
            if tangents is not None:
                new_axes, new_turned = _turn_all(axes, turned, tangents)
                now = _unlikeliness(count, new_turned, equal_volumes=equal_volumes)
                if now <= same:
                    break
            damping = max(_DAMPING_STEP * damping, _LEAST_DAMPING)
        else:
            return axes, turned
        axes, turned, best = new_axes, new_turned, now
        if np.abs(tangents).max() < _TURNED and damping <= _LEAST_DAMPING:
            break
        damping = damping / _DAMPING_STEP if damping > _LEAST_DAMPING else 0.0
    return axes, turned


def _unlikeliness(count: FloatArray, turned: FloatArray, *, equal_volumes: bool) -> float:
    """What the best axes make least."""
    spread = diagonals(turned)
    if not (spread > 0.0).all():
        return float("inf")
    if equal_volumes:
        return len(spread[0]) * float(np.log(geometric_means(spread).sum()))
    return float(count @ np.log(spread).sum(axis=1))


def _slope(
    count: FloatArray, turned: FloatArray, *, equal_volumes: bool
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Slope (planes,) along turns, and of what it is made: s (k, planes), w (k,) and m (k, d)."""
    spread = diagonals(turned)
    m, weight = 1.0 / spread, _shares(count, spread, equal_volumes=equal_volumes)
    if equal_volumes:
        weight = weight / weight.sum()
    p, q = _planes(turned.shape[1])
    own = 2.0 * turned[:, p, q] * (m[:, p] - m[:, q])
    return weight @ own, own, weight, m


def _slopes(
    count: FloatArray, turned: FloatArray, *, equal_volumes: bool
) -> tuple[FloatArray, FloatArray]:
    """Slope (planes,) and curvature (planes, planes) of the unlikeliness along turns."""
    d = turned.shape[1]
    slope, own, weight, m = _slope(count, turned, equal_volumes=equal_volumes)
    p, q = _planes(d)
    pairs = m[:, :, None, None] - 0.5 * (m[:, None, :, None] + m[:, None, None, :])
    each = turned[:, None] * pairs
    ratios = m[:, :, None] * turned
    each -= 2.0 * ratios[:, :, :, None] * ratios[:, :, None, :]
    sign = np.sign(np.arange(d) - np.arange(d)[:, None])
    number = np.zeros((d, d), dtype=np.intp)
    number[p, q] = number[q, p] = np.arange(len(p))
    curvature = np.zeros((len(p), len(p)))
    both = 2.0 * sign[:, :, None] * sign[:, None, :] * np.einsum("j,jabc->abc", weight, each)
    np.add.at(curvature, (number[:, :, None], number[:, None, :]), both)
    if equal_volumes:
        curvature += ((own.T * weight) @ own - np.outer(slope, slope)) / d
    return slope, curvature


def _newton_turns(slope: FloatArray, curvature: FloatArray, damping: float) -> FloatArray | None:
    """Newton's tangents (planes,), damped; None where they are too large, or not downhill."""
    own = np.abs(curvature.diagonal())
    shifted = curvature + np.diag(damping * (own + _OF_THE_LARGEST * own.max()))
    try:
        factor = np.linalg.cholesky(shifted)
    except np.linalg.LinAlgError:
        return None
    tangents = -np.linalg.solve(factor.T, np.linalg.solve(factor, slope))
    return tangents if np.abs(tangents).max() < _FARTHEST else None


def _turn_all(
    axes: FloatArray, turned: FloatArray, tangents: FloatArray
) -> tuple[FloatArray, FloatArray]:
    for (p, q), tangent in zip(combinations(range(len(axes)), 2), tangents.tolist(), strict=True):
        axes, turned = _turn(axes, turned, p, q, tangent)
    return axes, turned


# ---------------------------------------------------------------------------------------------
# Many planes at once


@np.errstate(over="ignore", invalid="ignore")  # as above
def _quasi_newton(
    count: FloatArray, turned: FloatArray, axes: FloatArray, *, equal_volumes: bool
) -> tuple[FloatArray, FloatArray]:
    """Better axes, from near the best; they are the best if those are not many steps away."""
    best = _unlikeliness(count, turned, equal_volumes=equal_volumes)
    slope, curvature = _slope_and_curvature(count, turned, equal_volumes=equal_volumes)
    level = _LEVEL * (1.0 if equal_volumes else float(count.sum()))
    steps: deque[tuple[FloatArray, FloatArray]] = deque(maxlen=_MEMORY)
    for _ in range(_STEPS):
        angles = -_inverse_curvature(steps, curvature, slope)
        promised = float(slope @ angles)
        if not promised < -level:
            break
        share = min(1.0, _FAR / float(np.abs(angles).max()))
        for _ in range(_TRIALS):
            turn = _cayley(share * angles, len(axes))
            new_turned = turn.T @ turned @ turn
            now = _unlikeliness(count, new_turned, equal_volumes=equal_volumes)
            if now <= best + _ARMIJO * share * promised:
                break
            share *= 0.5
        else:
            break
        axes, turned, best, before = axes @ turn, new_turned, now, slope
        slope, curvature = _slope_and_curvature(count, turned, equal_volumes=equal_volumes)
        if (slope - before) @ angles > 0.0:
            steps.append((share * angles, slope - before))
    return axes, turned


def _slope_and_curvature(
    count: FloatArray, turned: FloatArray, *, equal_volumes: bool
) -> tuple[FloatArray, FloatArray]:
    """Slope (planes,), and about the curvature in each plane."""
    slope, _, weight, m = _slope(count, turned, equal_volumes=equal_volumes)
    p, q = _planes(turned.shape[1])
    spread = diagonals(turned)
    bends = (spread[:, q] - spread[:, p]) * (m[:, p] - m[:, q])
    return slope, 2.0 * weight @ bends + _FLAT * weight.sum()


def _inverse_curvature(
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
    turn: FloatArray = np.linalg.solve(np.eye(d) - half, np.eye(d) + half)
    return turn


@cache
def _planes(d: int) -> Any:
    """Numbers of the two axes of each plane."""
    return np.triu_indices(d, 1)
