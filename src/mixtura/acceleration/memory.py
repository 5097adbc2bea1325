"""The last steps and what they did to the gradient: the memory of limited-memory BFGS."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Self

import numpy as np

from mixtura.typing import FloatArray

__all__ = ["Memory"]

# A pair whose curvature is below this share of the product of its lengths says nothing.
_LEAST_COSINE = 1e-3
_LONGEST = 2.0
# Singular values below this share of the largest are those of directions seen twice.
_RESOLVED = 1e-6


@cache
def _upper(m: int) -> FloatArray:
    return np.triu(np.ones((m, m)))


@dataclass(frozen=True)
class Memory:
    """Steps s_i and falls of the gradient y_i, oldest first, in coordinates of unit information.

    Attributes
    ----------
    steps, falls : ndarray of shape (m, p)

    References
    ----------
    Byrd, Nocedal, Schnabel (1994), "Representations of quasi-Newton matrices", eq. 3.1.
    """

    steps: FloatArray
    falls: FloatArray
    size: int = 15

    @classmethod
    def empty(cls, n_coordinates: int) -> Self:
        return cls(np.zeros((0, n_coordinates)), np.zeros((0, n_coordinates)))

    def with_pair(self, step: FloatArray, fall: FloatArray) -> Self:
        """The memory with one more pair, unless the objective is not concave along it."""
        curvature = step @ fall
        if not curvature > _LEAST_COSINE * np.sqrt((step @ step) * (fall @ fall)):
            return self
        kept = slice(1 - self.size, None)
        return type(self)(
            np.concatenate([self.steps[kept], step[None]]),
            np.concatenate([self.falls[kept], fall[None]]),
            self.size,
        )

    def direction(self, gradient: FloatArray) -> FloatArray:
        """The inverse Hessian's estimate times the gradient."""
        if not len(self.steps):
            return gradient
        products = self.steps @ self.falls.T
        squares = self.falls @ self.falls.T
        scale = min(products[-1, -1] / squares[-1, -1], _LONGEST)
        inverse = np.linalg.inv(products * _upper(len(products)))
        along = inverse @ (self.steps @ gradient)
        spread = products.diagonal() * along + scale * (squares @ along)
        across = inverse.T @ (spread - scale * (self.falls @ gradient))
        direction: FloatArray = scale * (gradient - along @ self.falls) + across @ self.steps
        return direction

    @property
    def slowness(self) -> float:
        """Largest inverse curvature along the pairs: 1 where EM needs one iteration.

        EM's error shrinks by 1 - 1 / slowness in each.
        """
        if not len(self.steps):
            return 1.0
        left, values, right = np.linalg.svd(self.falls, full_matrices=False)
        seen = values > _RESOLVED * values[0]
        basis = left[:, seen] / values[seen]
        ritz = basis.T @ (self.steps @ right[seen].T)
        return float(np.linalg.eigvalsh(0.5 * (ritz + ritz.T))[-1])
