"""Whole iterations in compiled C: the equal of plain EM in `mixtura.em`, on a table in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from mixtura.kernels.gaps import Gaps
from mixtura.typing import AnyArray, FloatArray

with suppress(ImportError):  # without it nothing here is called
    from mixtura.kernels import _fused

__all__ = ["LoopBinding", "LoopState", "Weights"]

# In a circle: the next one, the one before, and one to be written.
_MIXTURES = 3
# Objectives that tell the rate at which gains shrink.
_TELLING = 4


@dataclass(frozen=True)
class LoopState:
    """Where Gaussian components are, and noise with a whitening of 0.

    Attributes
    ----------
    weights : ndarray of shape (k,)
    means : ndarray of shape (k, d)
    covariances, whitening : ndarray of shape (k, d, d), or (k, d) along the features
    log_determinants : ndarray of shape (k,)
    """

    weights: FloatArray
    means: FloatArray
    covariances: FloatArray
    whitening: FloatArray
    log_determinants: FloatArray


class Weights(IntEnum):
    """What an M-step makes of the weights, by the numbers in em_loop.h."""

    STAY = 0
    FREE = 1
    FREE_LAST = 2


@dataclass(frozen=True, eq=False)
class LoopBinding:
    """Makes plain iterations on rows (n, d) with weights (n,), many in one call.

    Attributes
    ----------
    kernel : str
    rows : ndarray of shape (n, d), float32 or float64
    weight : ndarray of shape (n,)
    labels : ndarray of shape (n,), int64, or None
        Known components of the rows, -1 where unknown.
    gaps : Gaps
        Which cells are missing, and noise in each pattern; the rest follows from the components.
    hard : bool
        Whether all of a row goes to its likeliest component.
    noise : bool
        Whether the last component is noise.
    fixed_means : bool
    ties : tuple of int
        Volume, shape and orientation, by the numbers in em_loop.h.
    floor : ndarray of shape (d,)
        Least variances; zeros for none.
    prior : ndarray or None
        Its constant, count, rows, mean (d) and scatter, as em_loop.h has them.
    """

    kernel: str
    rows: AnyArray
    weight: FloatArray
    labels: AnyArray | None
    gaps: Gaps
    hard: bool
    noise: bool
    fixed_means: bool
    ties: tuple[int, int, int]
    floor: FloatArray
    prior: FloatArray | None

    def __call__(
        self, start: LoopState, trace: Sequence[float], tol: float, most: int, weights: Weights
    ) -> tuple[list[float], LoopState, Callable[[], LoopState]] | None:
        """At most so many iterations; None if the first one is not regular.

        They end where a rule with the tolerance `tol` might stop, and before what is not regular.
        Given are the objectives of the states that were left, the last of these, and what gives the
        end.
        """
        parts = start.weights, start.means, start.covariances, start.whitening
        sizes = [part.size for part in (*parts, start.log_determinants)]
        state = np.empty((_MIXTURES, sum(sizes)))
        np.concatenate([*(part.ravel() for part in parts), start.log_determinants], out=state[0])
        known = list(trace[-_TELLING:])
        objectives = np.empty(len(known) + most)
        objectives[: len(known)] = known
        n_made, place = _fused.climb(
            self.kernel,
            self.rows,
            self.weight,
            self.labels,
            self.gaps.order,
            self.gaps.ends,
            self.gaps.masks,
            self.gaps.noise,
            self.hard,
            self.noise,
            weights,
            self.fixed_means,
            self.ties,
            self.floor,
            self.prior,
            tol,
            len(start.weights),
            state,
            objectives,
            len(known),
            most,
        )
        if n_made == 0:
            return None
        return (
            objectives[len(known) : len(known) + n_made].tolist(),
            _unpacked(state[place - 1], start),
            lambda: _unpacked(state[place], start),
        )


def _unpacked(state: FloatArray, like: LoopState) -> LoopState:
    k, d = like.means.shape
    means, each = k * (1 + d), like.covariances.size
    return LoopState(
        state[:k],
        state[k:means].reshape(k, d),
        state[means : means + each].reshape(like.covariances.shape),
        state[means + each : means + 2 * each].reshape(like.covariances.shape),
        state[means + 2 * each :],
    )
