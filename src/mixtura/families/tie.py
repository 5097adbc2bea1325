"""Whether components have a thing each of their own, all the same one, or none."""

from __future__ import annotations

from enum import Enum

import numpy as np

from mixtura.typing import FloatArray

__all__ = ["Tie"]


class Tie(Enum):
    """How a thing is tied over the components."""

    NONE = 0  # the numbers are those of the compiled loop
    SHARED = 1
    OWN = 2

    def pooled(self, values: FloatArray) -> FloatArray:
        """Sums over the components (k, ...) that the tie binds together."""
        if self is Tie.SHARED:
            return np.asarray(np.add.reduce(values, axis=0, keepdims=True))
        return values if self is Tie.OWN else values[:0]

    def one_of(self, values: FloatArray) -> FloatArray:
        """From values (k, ...) that are equal where the tie binds them, one of each."""
        return values[: self.size(len(values))]

    def size(self, k: int) -> int:
        """How many there are of k components."""
        return k if self is Tie.OWN else 1 if self is Tie.SHARED else 0
