"""What becomes of the mixing weights in an M-step: a rule, the same for every family.

The expected log-likelihood depends on the weights through sum_j n_j log w_j alone. Over all
weights its maximum is w_j = n_j / sum_l n_l; where they are given there is nothing to maximise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np

from mixtura.typing import FloatArray

__all__ = ["FREE", "EqualWeights", "FixedWeights", "FreeLast", "FreeWeights", "Mixing"]


class Mixing(Protocol):
    """A rule for the mixing weights of k components, as a frozen type."""

    @property
    def text(self) -> str:
        """The rule in words."""
        ...

    def maximize(self, counts: FloatArray, weights: FloatArray | None, /) -> FloatArray:
        """The next weights (k,), summing to 1.

        Parameters
        ----------
        counts : ndarray of shape (k,)
            Sum of weight times responsibility over the rows.
        weights : ndarray of shape (k,) or None
            The current weights, None in the very first step, which has none.
        """
        ...

    def n_parameters(self, k: int, /) -> int:
        """Number of free weights."""
        ...


@dataclass(frozen=True)
class FreeWeights:
    """The shares of the rows: w_j = n_j / sum_l n_l.

    Examples
    --------
    >>> FreeWeights().maximize(np.array([3.0, 1.0]), None)
    array([0.75, 0.25])
    """

    text: ClassVar[str] = "free weights"

    def maximize(self, counts: FloatArray, weights: FloatArray | None) -> FloatArray:
        shares: FloatArray = counts / counts.sum()
        return shares

    def n_parameters(self, k: int) -> int:
        return k - 1


#: What a mixture has unless told otherwise.
FREE = FreeWeights()


@dataclass(frozen=True)
class EqualWeights:
    """All components weigh the same: w_j = 1 / k (Banfield and Raftery 1993)."""

    text: ClassVar[str] = "equal weights"

    def maximize(self, counts: FloatArray, weights: FloatArray | None) -> FloatArray:
        return np.full(len(counts), 1.0 / len(counts))

    def n_parameters(self, k: int) -> int:
        return 0


@dataclass(frozen=True)
class FixedWeights:
    """The weights stay what they are. A first step, which has none, takes the rows' shares."""

    text: ClassVar[str] = "weights fixed"

    def maximize(self, counts: FloatArray, weights: FloatArray | None) -> FloatArray:
        return FREE.maximize(counts, None) if weights is None else weights

    def n_parameters(self, k: int) -> int:
        return 0


@dataclass(frozen=True)
class FreeLast:
    """The last weight is free; the others share what it leaves as another rule says.

    With all others equal, sum_j n_j log w_j is highest where the last has the rows' share.

    Parameters
    ----------
    others : Mixing
        Gives all but the last weight, as if there were no more.

    Examples
    --------
    >>> FreeLast(EqualWeights()).maximize(np.array([3.0, 1.0, 1.0]), None)
    array([0.4, 0.4, 0.2])
    """

    others: Mixing

    @property
    def text(self) -> str:
        """That of the others."""
        return f"{self.others.text} but for noise"

    def maximize(self, counts: FloatArray, weights: FloatArray | None) -> FloatArray:
        last = counts[-1] / counts.sum()
        before = None if weights is None else weights[:-1]
        return np.append((1.0 - last) * self.others.maximize(counts[:-1], before), last)

    def n_parameters(self, k: int) -> int:
        return 1 + self.others.n_parameters(k - 1)
