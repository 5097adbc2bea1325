"""How close components are to others of the same kind, where there is a formula for it.

    log BC_ij = log integral sqrt(p_i q_j),    KL_ij = integral p_i log(p_i / q_j)

are the Bhattacharyya coefficient (Bhattacharyya 1943), 1 for equal densities and 0 for those that
have nothing in common, and the divergence of Kullback and Leibler (1951), in nats. Of columns that
are independent the logarithm, and the divergence, are sums over the columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, Self, TypeVar, runtime_checkable

import numpy as np

from mixtura.families.family import Family, Parameters
from mixtura.typing import FloatArray

__all__ = ["Closeness", "Comparable", "closeness", "entropies", "pairs", "times_log_ratio"]

P_contra = TypeVar("P_contra", bound=Parameters, contravariant=True)


@dataclass(frozen=True)
class Closeness:
    """Of each of k components to each of k' others.

    Attributes
    ----------
    log_affinities : ndarray of shape (k, k')
        Logarithms of the Bhattacharyya coefficients; 0 or less.
    divergences : ndarray of shape (k, k')
        0 or more; infinite where the other cannot have what the one can.
    """

    log_affinities: FloatArray
    divergences: FloatArray

    def __add__(self, other: Self) -> Self:
        """That in the columns of both, which are independent of each other."""
        return type(self)(
            self.log_affinities + other.log_affinities, self.divergences + other.divergences
        )


@runtime_checkable
class Comparable(Protocol[P_contra]):
    """A family that has formulas for how close its components are, and how uncertain their rows."""

    def closeness(self, params: P_contra, family: Any, other: Any, /) -> Closeness | None:
        """Of k components to k' others, of a family of the same type; None without a formula."""
        ...

    def entropies(self, params: P_contra, /) -> FloatArray | None:
        """Entropy of each component in nats, (k,); None where there is no formula."""
        ...


def closeness(
    family: Family[Any, Any], params: Any, other_family: Family[Any, Any], other: Any
) -> Closeness | None:
    """Of components of a family to those of another one; None where there is no formula.

    Examples
    --------
    >>> from mixtura.families import Poisson, PoissonParameters
    >>> calm, busy = (PoissonParameters(np.array([[rate]])) for rate in (1.0, 4.0))
    >>> found = closeness(Poisson(), calm, Poisson(), busy)
    >>> found.log_affinities, found.divergences.round(3)
    (array([[-0.5]]), array([[1.614]]))
    """
    if type(family) is not type(other_family) or not isinstance(family, Comparable):
        return None
    return family.closeness(params, other_family, other)


def entropies(family: Family[Any, Any], params: Any) -> FloatArray | None:
    """Entropy of each component in nats, (k,); None where there is no formula."""
    return family.entropies(params) if isinstance(family, Comparable) else None


def pairs(first: FloatArray, second: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Arrays (k, d) and (k', d) that broadcast to (k, k', d)."""
    return first[:, None], second[None]


def times_log_ratio(times: FloatArray, first: FloatArray, second: FloatArray) -> FloatArray:
    """times log(first / second), where 0 times anything is 0."""
    ratio = np.zeros(np.broadcast_shapes(times.shape, first.shape, second.shape))
    counts = np.broadcast_to(times > 0.0, ratio.shape)
    with np.errstate(divide="ignore"):
        np.divide(first, second, out=ratio, where=counts)
        np.log(ratio, out=ratio, where=counts)
    return np.where(counts, times * ratio, 0.0)
