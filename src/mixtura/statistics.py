"""Sufficient statistics: records that merge.

A statistic of a table is what the M-step needs to know of its rows. It forms a commutative
monoid: for any split of the rows into two halves,

    statistic(whole) == statistic(first half) + statistic(second half)

and scaling by g gives the statistic of the same rows with g times their weights. These two
laws are all that chunks, threads, step sizes and clusters of machines rely on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np

from mixtura.kernels.algebra import compiled_moments
from mixtura.typing import FloatArray, Selection

__all__ = [
    "NEGLIGIBLE",
    "SMALLEST_COUNT",
    "ComponentSums",
    "Extent",
    "Moments",
    "Statistics",
    "Sums",
]

# A count below this is a denormal number: it has lost so many digits that dividing by it
# gives noise, so the component has, to working precision, no rows.
SMALLEST_COUNT = np.finfo(np.float64).tiny

# A weight below this share of the largest is beyond its reach: within 1 / sqrt(eps) standard
# deviations of the others, 7e7, such a row changes no digit of a mean, variance or likelihood.
NEGLIGIBLE = float(np.finfo(np.float64).eps ** 2)

# Error of a mean, in its rows' deviations, that would be seen in the likelihood: in the square.
_ROUGH = 1e-6

# Passes after which a mean is right, whatever numbers are in the rows.
_MOST_PASSES = 10


class Statistics(Protocol):
    """A mergeable record: ``a + b`` for two sets of rows, ``g * a`` for weights times g.

    ``a.take(components)`` is that of some of the components.
    """

    def __add__(self, other: Self, /) -> Self: ...

    def __rmul__(self, factor: float, /) -> Self: ...

    def take(self, components: Selection, /) -> Self: ...


@dataclass(frozen=True)
class Sums:
    """Base of records whose leaves are plain sums over the rows: they add leaf by leaf."""

    def __add__(self, other: Self) -> Self:
        names = self._names()
        return type(self)(*(getattr(self, name) + getattr(other, name) for name in names))

    def __rmul__(self, factor: float) -> Self:
        return type(self)(*(factor * getattr(self, name) for name in self._names()))

    @classmethod
    def _names(cls) -> tuple[str, ...]:
        """Of the leaves, in their order: `dataclasses.fields` takes longer than some sums."""
        return cls.__match_args__


@dataclass(frozen=True)
class ComponentSums(Sums):
    """Base of sufficient statistics that are plain sums, of k components along the first axis."""

    def take(self, components: Selection) -> Self:
        """Those of some of the components."""
        return type(self)(*(getattr(self, name)[components] for name in self._names()))


@dataclass(frozen=True)
class Moments:
    """Weighted count, mean and centred second moments of the rows, per component.

    The second moments are kept about the mean and merged by the pairwise formula, never as raw
    sums of squares, which lose all digits when the mean is large against the spread.

    Attributes
    ----------
    count : ndarray of shape (k,)
        Sum of the rows' weights times responsibilities.
    mean : ndarray of shape (k, d)
    scatter : ndarray of shape (k, d, d) or (k, d)
        Sum of the weighted outer products of the deviations from the mean, or their diagonals.

    References
    ----------
    Chan, Golub, LeVeque (1983), "Algorithms for computing the sample variance", eq. 1.5.
    """

    count: FloatArray
    mean: FloatArray
    scatter: FloatArray

    @classmethod
    def of(cls, X: FloatArray, resp: FloatArray, *, diagonal: bool) -> Self:
        """Moments of rows X (n, d) with weighted responsibilities (n, k), in two passes."""
        compiled = compiled_moments(X, resp, diagonal=diagonal)
        if compiled is not None:
            return cls(*compiled)
        count = resp.sum(axis=0)
        count = np.where(count < SMALLEST_COUNT, 0.0, count)
        center = X.mean(axis=0)
        mean = center + _divide(resp.T @ (X - center), count[:, None])
        k, d = mean.shape
        scatter = np.empty((k, d) if diagonal else (k, d, d))
        for j in range(k):
            scatter[j] = _scatter_about(mean[j], X, resp[:, j], diagonal=diagonal)
        squares = scatter if diagonal else scatter.diagonal(0, 1, 2)
        rounding = np.finfo(np.float64).eps * (np.abs(center) + np.abs(mean - center))
        rough = count[:, None] * np.square(rounding) > _ROUGH**2 * squares
        for j in np.flatnonzero(rough.any(axis=1)).tolist():
            mean[j] = _refined(mean[j], X, resp[:, j])
            scatter[j] = _scatter_about(mean[j], X, resp[:, j], diagonal=diagonal)
        return cls(count, mean, scatter)

    def __add__(self, other: Self) -> Self:
        count = self.count + other.count
        fraction = _divide(other.count, count)
        delta = other.mean - self.mean
        mean = self.mean + fraction[:, None] * delta
        if not self.count.all():
            mean = np.where((self.count == 0.0)[:, None], other.mean, mean)
        # Where one side is empty its mean is a stand-in, and the factor below is exactly 0.
        between = _aligned(self.count * fraction, self.scatter) * self._product(delta)
        return type(self)(count, mean, self.scatter + other.scatter + between)

    def __rmul__(self, factor: float) -> Self:
        return type(self)(factor * self.count, self.mean, factor * self.scatter)

    def about(self, center: FloatArray) -> FloatArray:
        """The second moments about other points (k, d) than the mean, in the scatter's layout."""
        between: FloatArray = _aligned(self.count, self.scatter) * self._product(self.mean - center)
        return self.scatter + between

    def _product(self, delta: FloatArray) -> FloatArray:
        """Deltas times themselves, in the layout of the scatter."""
        if self.scatter.ndim == 2:
            return np.square(delta)
        return delta[:, :, None] * delta[:, None, :]

    def take(self, components: Selection) -> Self:
        """Moments of some of the components."""
        return type(self)(self.count[components], self.mean[components], self.scatter[components])


@dataclass(frozen=True)
class Extent:
    """Smallest and largest value of each column; merging takes the outer hull.

    Attributes
    ----------
    minimum, maximum : ndarray of shape (d,)
    """

    minimum: FloatArray
    maximum: FloatArray

    def __add__(self, other: Self) -> Self:
        return type(self)(
            np.minimum(self.minimum, other.minimum), np.maximum(self.maximum, other.maximum)
        )

    def __rmul__(self, factor: float) -> Self:
        return self


def _scatter_about(
    mean: FloatArray, X: FloatArray, weight: FloatArray, *, diagonal: bool
) -> FloatArray:
    """Second moments (d, d), or their diagonal (d,), of weighted rows about a point."""
    deviation = X - mean
    if diagonal:
        return np.asarray(weight @ np.square(deviation))
    return np.asarray((weight[:, None] * deviation).T @ deviation)


def _refined(mean: FloatArray, X: FloatArray, weight: FloatArray) -> FloatArray:
    """The mean of weighted rows to the last digit, from one that is off by some rounding.

    Each pass takes off what sixteen digits leave of the error before: of a row of next to no
    weight that lies 1e30 deviations away, say.
    """
    total = weight.sum()
    for _ in range(_MOST_PASSES):
        nearer = mean + weight @ (X - mean) / total
        if (nearer == mean).all():
            break
        mean = nearer
    return mean


def _divide(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    """The quotient, 0 where the denominator is 0: what has no rows contributes nothing."""
    quotient = np.zeros(np.broadcast_shapes(numerator.shape, denominator.shape))
    np.divide(numerator, denominator, out=quotient, where=denominator > 0.0)
    return quotient


def _aligned(per_component: FloatArray, scatter: FloatArray) -> FloatArray:
    return per_component.reshape((-1,) + (1,) * (scatter.ndim - 1))
