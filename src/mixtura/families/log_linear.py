"""What families share whose log-density is linear in the logarithms of their parameters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, Protocol, Self, TypeVar

import numpy as np

from mixtura.typing import BoolArray, FloatArray

__all__ = ["LogCoordinates", "LogLinear", "logs", "weighted", "weighted_logs"]


def logs(values: FloatArray) -> FloatArray:
    """log values, -inf where they are 0."""
    result = np.full_like(values, -np.inf)
    np.log(values, out=result, where=values > 0.0)
    return result


def weighted_logs(times: FloatArray, values: FloatArray) -> FloatArray:
    """sum_a times_ia log values_ja, shape (n, k), where 0 times log 0 is 0.

    Parameters
    ----------
    times : ndarray of shape (n, m)
        0 or more.
    values : ndarray of shape (k, m)
        0 or more.

    Examples
    --------
    >>> weighted_logs(np.array([[0.0, 1.0], [1.0, 1.0]]), np.array([[0.0, 1.0]]))
    array([[  0.],
           [-inf]])
    """
    return weighted(times, logs(values))


def weighted(times: FloatArray, logs: FloatArray) -> FloatArray:
    """sum_a times_ia logs_ja, shape (n, k), where 0 times -inf is 0.

    Parameters
    ----------
    times : ndarray of shape (n, m)
        0 or more.
    logs : ndarray of shape (k, m)
    """
    never = np.isneginf(logs)
    sums: FloatArray = times @ np.where(never, 0.0, logs).T
    if never.any():
        sums[times @ never.T.astype(np.float64) > 0.0] = -np.inf
    return sums


S_contra = TypeVar("S_contra", contravariant=True)


class LogLinear(Protocol[S_contra]):
    """Parameters whose logarithms are natural parameters."""

    @property
    def values(self) -> FloatArray:
        """All of them, (k, m): 0 or more."""
        ...

    def excess(self, statistics: S_contra, /) -> FloatArray:
        """The sums that go with each of them (k, m), less what the parameters expect."""
        ...

    def scaled(self, factors: FloatArray, /) -> Self:
        """The parameters times positive factors (k, m), normalised where they have to be."""
        ...


P = TypeVar("P", bound=LogLinear[Any])


@dataclass(frozen=True, eq=False)
class LogCoordinates(Generic[P]):
    """Logarithms: the complete data's information about that of a value is w_j value_j.

    By Fisher's identity the gradient is the excess of the statistics, per row of weight. A value
    of 0 has no logarithm. EM leaves it where it is, and so do the steps here.

    Attributes
    ----------
    params : LogLinear
    """

    params: P

    @cached_property
    def inner(self) -> BoolArray:
        """Which values (k, m) are not 0."""
        return self.params.values > 0.0

    def information(self, weights: FloatArray) -> FloatArray:
        information: FloatArray = (weights[:, None] * self.params.values)[self.inner]
        return information

    def gradient(self, statistics: Any, weight: float) -> FloatArray:
        excess: FloatArray = self.params.excess(statistics)[self.inner]
        return excess / weight

    def moved(self, changes: FloatArray, estimate: Callable[[], P]) -> Self | None:
        factors = np.ones_like(self.params.values)
        factors[self.inner] = np.exp(changes)
        return self._alike(self.params.scaled(factors))

    def towards(self, params: P) -> tuple[FloatArray, Self] | None:
        there = self._alike(params)
        if there is None:
            return None
        changes: FloatArray = np.log(params.values[self.inner] / self.params.values[self.inner])
        return changes, there

    def _alike(self, params: P) -> Self | None:
        """The coordinates about other parameters, if they are the same ones."""
        there = type(self)(params)
        return there if np.array_equal(there.inner, self.inner) else None
