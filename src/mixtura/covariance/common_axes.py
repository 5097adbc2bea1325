"""Ellipsoidal structures with one orientation for all components: EVE and VVE.

S_j = D B_j D^T with D orthogonal and B_j diagonal. Given D, the best B_j follow from the
diagonals of D^T scatter_j D; given the B_j, turning D in the plane of two axes changes

    sum_j tr(scatter_j D B_j^-1 D^T) = const + X cos 2t + Y sin 2t

whose minimum over the angle t is known. Taking all planes in turn, the B_j renewed after each
turn, never lowers the likelihood and ends where no turn helps. (Flury and Gautschi 1986 have the
turns; Browne and McNicholas 2014 another way to the same maximum.)

The maximum over D may not be the only one. Starting from the current D keeps EM monotone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from mixtura.covariance.alternation import geometric_means
from mixtura.covariance.ellipsoidal import DenseCovariances, raised_scatter
from mixtura.covariance.structure import likelier
from mixtura.errors import DegenerateError
from mixtura.typing import FloatArray

__all__ = ["EVE", "VVE"]

_SWEEPS = 2_000

# Sweeps end when no axis turned by more than this, in radians. The likelihood is level to the
# square of it.
_TURNED = 1e-9

#: (count (k,), diagonals (k, d) of the turned scatters) -> variances along the axes (k, d).
AlongAxes = Callable[[FloatArray, FloatArray], FloatArray]


@dataclass(frozen=True)
class EVE:
    """Equal volume and orientation, varying shape."""

    diagonal = False

    def estimate(
        self,
        count: FloatArray,
        scatter: FloatArray,
        floor: FloatArray,
        previous: DenseCovariances | None = None,
    ) -> DenseCovariances:
        return _with_common_axes(count, scatter, floor, previous, _equal_volumes)

    def n_parameters(self, k: int, d: int) -> int:
        return 1 + k * (d - 1) + d * (d - 1) // 2


@dataclass(frozen=True)
class VVE:
    """Varying volume and shape, equal orientation."""

    diagonal = False

    def estimate(
        self,
        count: FloatArray,
        scatter: FloatArray,
        floor: FloatArray,
        previous: DenseCovariances | None = None,
    ) -> DenseCovariances:
        return _with_common_axes(count, scatter, floor, previous, _own_variances)

    def n_parameters(self, k: int, d: int) -> int:
        return k * d + d * (d - 1) // 2


def _own_variances(count: FloatArray, spread: FloatArray) -> FloatArray:
    variances: FloatArray = spread / count[:, None]
    return variances


def _equal_volumes(count: FloatArray, spread: FloatArray) -> FloatArray:
    products = geometric_means(spread)
    variances: FloatArray = products.sum() / count.sum() * spread / products[:, None]
    return variances


def _with_common_axes(
    count: FloatArray,
    scatter: FloatArray,
    floor: FloatArray,
    previous: DenseCovariances | None,
    along_axes: AlongAxes,
) -> DenseCovariances:
    raised = raised_scatter(count, scatter, floor)
    axes = _first_axes(count, raised, previous)
    turned = axes.T @ raised @ axes
    for _ in range(_SWEEPS):
        if _sweep(count, turned, axes, along_axes) < _TURNED:
            break
    variances = along_axes(count, _checked(_diagonals(turned)))
    new = DenseCovariances.of((axes * variances[:, None, :]) @ axes.T)
    return likelier(new, previous, count, scatter)


def _first_axes(
    count: FloatArray, scatter: FloatArray, previous: DenseCovariances | None
) -> FloatArray:
    """Those of the current covariances, or of the pooled scatter."""
    source = scatter if previous is None else previous.dense
    # Unequal shares keep axes apart whose variances happen to be equal in the sum.
    shares = 1.0 + 0.1 * np.arange(len(count)) / len(count)
    return np.asarray(np.linalg.eigh(np.tensordot(shares, source, axes=1))[1], dtype=np.float64)


def _sweep(count: FloatArray, turned: FloatArray, axes: FloatArray, along_axes: AlongAxes) -> float:
    """Turn the axes in each plane once, in place; the largest angle."""
    largest = 0.0
    for p, q in combinations(range(len(axes)), 2):
        precisions = 1.0 / along_axes(count, _checked(_diagonals(turned)))
        difference = precisions[:, p] - precisions[:, q]
        x = 0.5 * float(difference @ (turned[:, p, p] - turned[:, q, q]))
        y = float(difference @ turned[:, p, q])
        if x == 0.0 and y == 0.0:
            continue
        angle = 0.5 * float(np.arctan2(-y, -x))
        _turn(turned, axes, p, q, angle)
        largest = max(largest, abs(angle))
    return largest


def _turn(turned: FloatArray, axes: FloatArray, p: int, q: int, angle: float) -> None:
    """Turn axes p and q by an angle, and the scatters with them, in place."""
    cosine, sine = np.cos(angle), np.sin(angle)
    turn = np.array([[cosine, -sine], [sine, cosine]])
    pair = [p, q]
    axes[:, pair] = axes[:, pair] @ turn
    turned[:, :, pair] = turned[:, :, pair] @ turn
    turned[:, pair, :] = turn.T @ turned[:, pair, :]


def _diagonals(matrices: FloatArray) -> FloatArray:
    return np.diagonal(matrices, axis1=1, axis2=2)


def _checked(spread: FloatArray) -> FloatArray:
    collapsed = np.any(spread <= 0.0, axis=1)
    if collapsed.any():
        raise DegenerateError.of(collapsed)
    return spread
