"""The compiled kernel for one instruction set, behind plain arrays."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from mixtura.errors import MixturaError
from mixtura.kernels.choice import available, chosen_name
from mixtura.kernels.components import Components, LinearComponents
from mixtura.typing import AnyArray, FloatArray, IntArray

with suppress(ImportError):  # without it no Kernel is ever made
    from mixtura.kernels import _fused

__all__ = ["Kernel", "as_labels", "chosen"]

AnyComponents: TypeAlias = Components | LinearComponents


@dataclass(frozen=True)
class Kernel:
    """The compiled kernel for one instruction set.

    Rows are C-contiguous (n, d), float32 or float64; all sums are in float64. Labels (n,) are known
    components, where the rows stay, -1 where unknown; None where all are.
    """

    name: str

    def __reduce__(self) -> tuple[Callable[[str], Kernel], tuple[str]]:
        return _received, (self.name,)

    def expect(
        self,
        rows: AnyArray,
        weight: FloatArray,
        components: Components,
        *,
        hard: bool,
        labels: IntArray | None = None,
    ) -> FloatArray:
        """Sums over the rows: weight, objective, counts (k), first and second moments.

        The moments, (k, d) and (k, d, d) or (k, d), are about the components' means. They
        come in one flat array, so that the sums of two blocks of rows add. Those of components
        with tails are under the weights r u, and after them come sums of r, of
        r (y u - log(1 + y)) and of r (log(1 + y) - y), (3, k); with gaps (3, d + 1, k), over the
        rows with each number of observed cells.
        """
        c, (k, d) = components, components.means.shape
        n_tails = 0 if c.tails is None else 3 * k * (1 if c.gaps.order is None else d + 1)
        sums = np.empty(2 + k + c.means.size + c.whitening.size + n_tails)
        own = c.means, c.whitening, c.constants, c.tails
        _fused.expect(self.name, rows, weight, as_labels(labels), *own, *c.gaps, hard, sums)
        return sums

    def expect_linear(
        self,
        rows: AnyArray,
        weight: FloatArray,
        components: LinearComponents,
        *,
        hard: bool,
        labels: IntArray | None = None,
    ) -> FloatArray:
        """Sums over the rows: weight, objective, counts (k), and of the statistics (k, m).

        They come in one flat array. The objective is NaN if some cells are no levels but should be.
        """
        c = components
        sums = np.empty(2 + len(c.constants) + c.weights.size)
        known = as_labels(labels)
        _fused.linear_expect(
            self.name, rows, weight, known, c.constants, c.weights, c.levels, hard, sums
        )
        return sums

    def constants(self, weights: FloatArray, log_determinants: FloatArray, d: int) -> FloatArray:
        """log w_j - (d log 2 pi + log-determinant_j) / 2, shape (k,); -inf for weight 0."""
        constants = np.empty(len(weights))
        _fused.constants(d, np.ascontiguousarray(weights), log_determinants, constants)
        return constants

    def recenter(
        self, centers: FloatArray, count: FloatArray, first: FloatArray, second: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray] | None:
        """Counts, means and moments about the means, from moments about some centers (k, d).

        None where a mean lies so far from its center that digits cancel.
        """
        moments = np.empty(count.shape), np.empty(first.shape), np.empty(second.shape)
        return moments if _fused.recentre(centers, count, first, second, *moments) else None

    def centers(
        self,
        rows: FloatArray,
        weight: FloatArray,
        uniform: FloatArray,
        *,
        by_distance: bool,
        n_steps: int,
    ) -> FloatArray:
        """The tightest k centers (k, d) of some tries: see `mixtura.starts.centers`.

        Parameters
        ----------
        rows : ndarray of shape (n, d)
        weight : ndarray of shape (n,)
        uniform : ndarray of shape (tries, k, candidates)
            Numbers from 0 to 1 that draw candidates for each center.
        by_distance : bool
            Whether by the squared distance to those before; else by weight, among other rows.
        n_steps : int
            Steps of k-means at most; with none there is no telling which try is the tightest.
        """
        centers = np.empty((uniform.shape[1], rows.shape[1]))
        _fused.centers(self.name, rows, weight, uniform, by_distance, n_steps, centers)
        return centers

    def log_density(self, rows: AnyArray, components: AnyComponents) -> FloatArray:
        """log P(x_i), shape (n,)."""
        density = np.empty(len(rows))
        components.score(self.name, rows, (density, None, None, None))
        return density

    def responsibilities(self, rows: AnyArray, components: AnyComponents) -> FloatArray:
        """P(C_j | x_i), shape (n, k); 0 where no component can reach the row."""
        resp = np.empty((len(rows), len(components.constants)))
        components.score(self.name, rows, (None, resp, None, None))
        return resp

    def labels(self, rows: AnyArray, components: AnyComponents) -> IntArray:
        """Number of the likeliest component of each row, -1 where none can reach it, shape (n,)."""
        labels = np.empty(len(rows), dtype=np.int64)
        components.score(self.name, rows, (None, None, None, labels))
        return labels.astype(np.intp, copy=False)

    def densities_and_certainties(
        self, rows: AnyArray, components: AnyComponents
    ) -> tuple[FloatArray, FloatArray]:
        """log P(x_i) and the largest responsibility, both of shape (n,)."""
        density, largest = np.empty(len(rows)), np.empty(len(rows))
        components.score(self.name, rows, (density, None, largest, None))
        return density, largest


def as_labels(labels: IntArray | None) -> AnyArray | None:
    """Labels (n,) as the kernel takes them."""
    return None if labels is None else np.ascontiguousarray(labels, dtype=np.int64)


_KERNELS = {name: Kernel(name) for name in available()}


def _received(name: str) -> Kernel:
    """A kernel that another process, perhaps on another machine, has in use."""
    if name not in _KERNELS:
        known = ", ".join(_KERNELS) or "none at all"
        best = next(iter(_KERNELS), "numpy")
        raise MixturaError(
            f"This machine's processor has no {name} kernel, which another machine sent it work "
            f"for; it has {known}. All machines of a fit should use the same kernel: set "
            f"MIXTURA_KERNEL={best} on each before Python starts."
        )
    return _KERNELS[name]


def chosen() -> Kernel | None:
    """The kernel in use; None for the NumPy reference."""
    name = chosen_name()
    return None if name is None else _KERNELS[name]
