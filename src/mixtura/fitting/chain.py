"""The mixtures that a random walk passed after its burn-in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from mixtura.em import State
from mixtura.families.registry import description_of, is_described
from mixtura.typing import FloatArray, IntArray

__all__ = ["Chain"]


@dataclass(frozen=True, eq=False)
class Chain:
    """Mixtures as arrays, with one entry along the first axis for each of m iterations.

    Attributes
    ----------
    objectives : ndarray of shape (m,)
        In nats per unit of weight.
    weights : ndarray of shape (m, k), or (m, k + 1) with noise
    arrays : dict of str to ndarray
        The parameters as the family's description names them, (m, k, ...); none where nothing
        describes the family.
    """

    objectives: FloatArray
    weights: FloatArray
    arrays: dict[str, FloatArray]

    def __len__(self) -> int:
        return len(self.objectives)

    @classmethod
    def of(cls, states: Sequence[State[Any, Any]], order: IntArray | None = None) -> Self | None:
        """The chain of these states, all with their clusters in an order; None of none."""
        if not states:
            return None
        mixtures = [s.mixture if order is None else s.mixture.take(order) for s in states]
        family, arrays = mixtures[0].family, {}
        if is_described(family):
            found = [description_of(family).arrays(mixture.params) for mixture in mixtures]
            arrays = {name: np.array([each[name] for each in found]) for name in found[0]}
        return cls(
            np.array([state.objective for state in states]),
            np.array([mixture.weights for mixture in mixtures]),
            arrays,
        )
