"""The last steps and what they did to the gradient: the memory of limited-memory BFGS."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from scipy.linalg import lapack

from mixtura.typing import FloatArray

__all__ = ["Memory"]

# A pair whose curvature is below this share of the product of its lengths says nothing.
_LEAST_COSINE = 1e-3
_LONGEST = 2.0
# Eigenvalues below this share of the largest are those of directions seen twice.
_RESOLVED = 1e-12


@dataclass(frozen=True)
class Memory:
    """Steps s_i and falls of the gradient y_i, oldest first, in coordinates of unit information.

    Attributes
    ----------
    pairs : ndarray of shape (2 m, p)
        s_1, y_1, s_2, y_2, ...
    products : ndarray of shape (2 m, 2 m)
        Their inner products.
    concave : tuple of bool
        Along which steps the objective is clearly concave.
    size : int
        How many pairs are kept.

    References
    ----------
    Byrd, Nocedal, Schnabel (1994), "Representations of quasi-Newton matrices", eq. 3.1.
    """

    pairs: FloatArray
    products: FloatArray
    concave: tuple[bool, ...] = ()
    size: int = 10

    @classmethod
    def empty(cls, n_coordinates: int) -> Self:
        return cls(np.empty((0, n_coordinates)), np.empty((0, 0)))

    def with_pair(self, step: FloatArray, fall: FloatArray) -> Self:
        """The memory with one more pair."""
        kept = slice(2 * (1 - self.size), None)
        n = len(self.pairs[kept])
        pairs = np.empty((n + 2, len(step)))
        pairs[:n], pairs[n], pairs[n + 1] = self.pairs[kept], step, fall
        products = np.empty((n + 2, n + 2))
        products[:n, :n] = self.products[kept, kept]
        products[n:] = pairs[n:] @ pairs.T
        products[:n, n:] = products[n:, :n].T
        lengths = products[n, n] * products[n + 1, n + 1]
        concave = bool(products[n, n + 1] > _LEAST_COSINE * math.sqrt(lengths))
        kept = slice(1 - self.size, None)
        return type(self)(pairs, products, (*self.concave[kept], concave), self.size)

    def direction(self, gradient: FloatArray, damping: float) -> FloatArray:
        """(B + damping)^-1 times the gradient, with B the estimate of the negative Hessian.

        B + damping is what the pairs s_i, y_i + damping s_i tell. Those along which it is not
        positive are left out.
        """
        if not all(self.concave):
            return self._sound(damping).direction(gradient, damping)
        if not self.concave:
            return gradient / (1.0 + damping)
        mixed, falls = self._damped(damping)
        curvatures = mixed.diagonal()
        scale = min(curvatures[-1] / falls[-1, -1], _LONGEST)
        along = self.pairs.dot(gradient)
        along_steps, along_falls = along[::2], along[1::2] + damping * along[::2]
        inner = _solved(mixed, along_steps)
        spread = curvatures * inner + scale * (falls.dot(inner) - along_falls)
        outer = _solved(mixed, spread, transposed=True)
        shares = np.empty(len(along))
        shares[::2], shares[1::2] = outer - scale * damping * inner, -scale * inner
        direction: FloatArray = scale * gradient + shares.dot(self.pairs)
        return direction

    @cached_property
    def slowness(self) -> float:
        """Largest inverse curvature along the pairs: 1 where EM needs one iteration.

        EM's error shrinks by 1 - 1 / slowness in each.
        """
        memory = self if all(self.concave) else self._sound(0.0)
        if not memory.concave:
            return 1.0
        mixed, falls = memory._damped(0.0)
        values, vectors = np.linalg.eigh(falls)
        seen = values > _RESOLVED * values[-1]
        basis = vectors[:, seen] / np.sqrt(values[seen])
        ritz = basis.T @ mixed @ basis
        return float(np.linalg.eigvalsh(0.5 * (ritz + ritz.T))[-1])

    def _damped(self, damping: float) -> tuple[FloatArray, FloatArray]:
        """Inner products (m, m) of the damped falls with the steps and with themselves."""
        products = self.products
        mixed, falls = products[::2, 1::2], products[1::2, 1::2]
        if damping:
            shift = damping * products[::2, ::2]
            falls = falls + damping * (mixed + mixed.T + shift)
            mixed = mixed + shift
        return mixed, falls

    def _sound(self, damping: float) -> Self:
        """The pairs along which the objective is concave, or would be with so much damping."""
        mixed, falls = self._damped(damping)
        lengths = self.products[::2, ::2].diagonal() * falls.diagonal()
        sound = mixed.diagonal() > _LEAST_COSINE * np.sqrt(lengths)
        both = sound.repeat(2)
        concave = (True,) * int(sound.sum())
        return type(self)(self.pairs[both], self.products[both][:, both], concave, self.size)


def _solved(matrix: FloatArray, right: FloatArray, *, transposed: bool = False) -> FloatArray:
    """R^-1, or R^-T, times a vector, with R the upper triangle of the matrix."""
    # In Fortran's order it is the lower triangle of the transpose.
    solution: FloatArray = lapack.dtrtrs(matrix.T, right, lower=1, trans=0 if transposed else 1)[0]
    return solution
