"""What elliptical components tell of their slopes: the contract by which hills are climbed.

The log-density of an elliptical component falls with one squared distance from its location,
delta = (x - m)^T P (x - m), so that its gradient and Hessian are

    u(delta) P (m - x),    -u(delta) P + s(delta) P (x - m) (x - m)^T P

with the pull u, twice the rate at which it falls, and s = -2 u'(delta). A Gaussian component pulls
with u = 1 from everywhere; one with heavy tails less from far away.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, Self, TypeAlias, TypeVar, runtime_checkable

import numpy as np

from mixtura.families.family import Parameters
from mixtura.typing import FloatArray

__all__ = ["Ellipses", "Elliptical", "Pull", "even_pull"]

P = TypeVar("P", bound=Parameters, contravariant=True)

#: Squared distances (n, k) -> the pull u and its fall s there, (n, k) each.
Pull: TypeAlias = Callable[[FloatArray], tuple[FloatArray, FloatArray]]


def even_pull(squared: FloatArray) -> tuple[FloatArray, FloatArray]:
    """That of Gaussian components: 1, wherever a place is."""
    return np.ones_like(squared), np.zeros_like(squared)


@dataclass(frozen=True, eq=False)
class Ellipses:
    """Where k components are, how their distances are measured, and how these pull.

    Attributes
    ----------
    locations : ndarray of shape (k, d)
        Where the density of each component is highest.
    whitening : ndarray of shape (k, d, d)
        W with P = W W^T: the length of (x - m) W is the distance.
    pull : callable
        As of `Pull`.
    """

    locations: FloatArray
    whitening: FloatArray
    pull: Pull = even_pull

    @classmethod
    def of(cls, locations: FloatArray, whitening: FloatArray, pull: Pull = even_pull) -> Self:
        """From whitening matrices (k, d, d), or their diagonals (k, d)."""
        if whitening.ndim == 2:
            whitening = whitening[:, :, None] * np.eye(whitening.shape[1])
        return cls(locations, whitening, pull)


@runtime_checkable
class Elliptical(Protocol[P]):
    """A family of elliptical components, beside what `Family` says of it."""

    def ellipses(self, params: P, /) -> Ellipses:
        """Where the components are and how they pull."""
        ...
