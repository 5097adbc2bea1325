"""Components as the kernel takes them."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Self, TypeAlias

from mixtura.kernels.gaps import COMPLETE, Gaps
from mixtura.typing import AnyArray, FloatArray

with suppress(ImportError):  # without it nothing is ever asked of components
    from mixtura.kernels import _fused

__all__ = ["Components", "LinearComponents", "NoLevelsError", "Scored", "noise_log_determinant"]

_LOG_TWO_PI = math.log(2.0 * math.pi)

#: Log-densities (n,), responsibilities (n, k), the largest of each row (n,), and whose it is (n,).
Scored: TypeAlias = tuple[FloatArray | None, FloatArray | None, FloatArray | None, AnyArray | None]


class NoLevelsError(ValueError):
    """Some cells are none of the levels 0, 1, ... of their columns."""


@dataclass(frozen=True)
class Components:
    """log(w_j p_j(x)) = constant_j - q with q = |W_j^T (x - mean_j)|^2 / 2.

    With tails constant_j - power_j log(1 + y) with y = slope_j (q - d / 2).

    Attributes
    ----------
    means : ndarray of shape (k, d)
    whitening : ndarray of shape (k, d, d) or (k, d)
        W_j, upper triangular, or its diagonal where it is diagonal.
    constants : ndarray of shape (k,)
        -inf for a component of weight 0.
    tails : ndarray of shape (2, k) or None
        The powers, and the slopes.
    gaps : Gaps
        Those of the rows that they are to see.
    """

    means: FloatArray
    whitening: FloatArray
    constants: FloatArray
    tails: FloatArray | None = None
    gaps: Gaps = COMPLETE

    def to_power(self, b: float) -> Self:
        """With (w_j p_j) ** b in place of w_j p_j; of Gaussian ones, without tails."""
        return replace(self, whitening=math.sqrt(b) * self.whitening, constants=b * self.constants)

    @property
    def dense(self) -> bool:
        return self.whitening.ndim == 3

    def score(self, kernel: str, rows: AnyArray, scored: Scored) -> None:
        """Fill what there is to be filled."""
        own = self.means, self.whitening, self.constants, self.tails
        _fused.score(kernel, rows, *own, *self.gaps, *scored)


@dataclass(frozen=True)
class LinearComponents:
    """log(w_j p_j(x)) = constant_j + sum_a weight_ja t_a(x).

    Attributes
    ----------
    weights : ndarray of shape (k, m)
        Their products with 0 are 0, even where they are -inf.
    constants : ndarray of shape (k,)
        -inf for a component of weight 0.
    levels : ndarray of shape (d,), int64, or None
        How many levels the columns have, m in all: t are zeros, but for a one at the level of each
        cell. None where t are the cells.
    """

    weights: FloatArray
    constants: FloatArray
    levels: AnyArray | None

    def to_power(self, b: float) -> Self:
        """With (w_j p_j) ** b in place of w_j p_j."""
        return replace(self, weights=b * self.weights, constants=b * self.constants)

    def raised(self, nats: float) -> Self:
        """With so much added to every log-density."""
        return replace(self, constants=self.constants + nats)

    def score(self, kernel: str, rows: AnyArray, scored: Scored) -> None:
        """Fill what there is to be filled.

        Raises
        ------
        NoLevelsError
        """
        if not _fused.linear_score(
            kernel, rows, self.constants, self.weights, self.levels, *scored
        ):
            raise NoLevelsError


def noise_log_determinant(log_volume: float, d: int) -> float:
    """That of Gaussians in d dimensions which are as high as noise over such a volume."""
    return 2.0 * log_volume - d * _LOG_TWO_PI
