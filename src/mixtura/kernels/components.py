"""Components as the kernel takes them: Gaussian ones, and others with heavy tails."""

from __future__ import annotations

from dataclasses import dataclass

from mixtura.typing import FloatArray

__all__ = ["Components"]


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
    """

    means: FloatArray
    whitening: FloatArray
    constants: FloatArray
    tails: FloatArray | None = None

    @property
    def dense(self) -> bool:
        return self.whitening.ndim == 3
