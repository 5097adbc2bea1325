"""One column by itself, as each component has it: what quantiles and regression are made of.

All arrays are (n, k): of n rows, of which other cells may be known, and k components. Where nothing
else of a row is known all rows are alike, and n is 1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, TypeVar, runtime_checkable

import numpy as np

from mixtura.errors import MixturaError
from mixtura.families.family import Parameters
from mixtura.typing import FloatArray

__all__ = [
    "HasColumns",
    "LevelShares",
    "Numbers",
    "OneColumn",
    "beside",
    "column_of",
    "counts",
    "evenly",
    "mean_over_parts",
    "numbers",
]

P_contra = TypeVar("P_contra", bound=Parameters, contravariant=True)

#: Values, or shares, (n, 1) or (1, 1) -> what components make of them, (n, k).
Of: TypeAlias = Callable[[FloatArray], FloatArray]

# No count that a float can tell from its neighbours is larger.
_LARGEST_COUNT = 2.0**53


@dataclass(frozen=True)
class Numbers:
    """A column of numbers.

    Attributes
    ----------
    mean : ndarray of shape (n, k)
        The place of symmetry where there is no mean, as of some heavy tails.
    below : callable
        Values -> the shares of the mass at or below them.
    between : callable
        Shares from 0 to 1 -> two arrays: the least value with so much of the mass at or below it
        lies between them.
    """

    mean: FloatArray
    below: Of
    between: Callable[[FloatArray], tuple[FloatArray, FloatArray]]


@dataclass(frozen=True)
class LevelShares:
    """A column of levels.

    Attributes
    ----------
    probabilities : ndarray of shape (n, k, number of levels)
    """

    probabilities: FloatArray


OneColumn: TypeAlias = Numbers | LevelShares


@runtime_checkable
class HasColumns(Protocol[P_contra]):
    """A family of which single columns have a distribution of their own."""

    def one_column(self, params: P_contra, X: FloatArray, place: int, /) -> OneColumn:
        """One column of each component, given the observed cells of other columns.

        Parameters
        ----------
        params : Parameters
        X : ndarray of shape (n, d)
            NaN is a missing cell; that of the column itself is.
        place : int
            Of the column.

        Returns
        -------
        Numbers or LevelShares
            Of n rows, or of one that stands for all.
        """
        ...


def column_of(family: Any, params: Any, X: FloatArray, place: int) -> OneColumn:
    """One column of a family that may not have any by itself.

    Raises
    ------
    MixturaError
        If it has none.
    """
    if not isinstance(family, HasColumns):
        raise MixturaError(
            f"{type(family).__name__} does not say how single columns are distributed: give it a "
            "method `one_column` (see mixtura.families.one_column)."
        )
    return family.one_column(params, X, place)


def numbers(mean: FloatArray, below: Of, quantile: Of) -> Numbers:
    """A column with quantiles in closed form.

    Examples
    --------
    >>> of_waits = numbers(  # exponential ones
    ...     np.ones((1, 1)), lambda x: -np.expm1(-x), lambda shares: -np.log1p(-shares)
    ... )
    >>> of_waits.below(np.array([[1.0]])).round(3)
    array([[0.632]])
    """

    def between(shares: FloatArray) -> tuple[FloatArray, FloatArray]:
        with np.errstate(divide="ignore", over="ignore"):  # of shares of 0 and 1
            at = quantile(shares)
        return at, at

    return Numbers(mean, below, between)


def evenly(low: FloatArray, high: FloatArray) -> Numbers:
    """A column that is spread evenly between two ends.

    Parameters
    ----------
    low, high : ndarray of shape (n, k)
    """
    width = high - low
    return numbers(
        low + 0.5 * width,
        lambda values: np.clip((values - low) / width, 0.0, 1.0),
        lambda shares: low + shares * width,
    )


def counts(mean: FloatArray, at_most: Of) -> Numbers:
    """A column of counts, from the shares of whole numbers from 0 on, and of nothing below.

    Examples
    --------
    >>> coins = counts(np.ones((1, 1)), lambda x: -np.expm1((x + 1.0) * np.log(0.5)))
    >>> coins.below(np.array([[-1.0], [0.0], [1.5]])).ravel().tolist()
    [0.0, 0.5, 0.75]
    """

    def below(values: FloatArray) -> FloatArray:
        whole = np.floor(np.clip(values, 0.0, _LARGEST_COUNT))
        return np.where(values < 0.0, 0.0, at_most(whole))

    def between(shares: FloatArray) -> tuple[FloatArray, FloatArray]:
        # All counts together have all of the mass, and none of them is the last.
        some, shape = shares < 1.0, np.broadcast_shapes(shares.shape, mean.shape)
        low, high = np.where(some, 0.0, np.inf), np.where(some, _LARGEST_COUNT, np.inf)
        return np.broadcast_to(low, shape), np.broadcast_to(high, shape)

    return Numbers(mean, below, between)


def beside(column: OneColumn, last: Numbers) -> OneColumn:
    """A column of one component more, which is the last.

    Raises
    ------
    MixturaError
        If the column is of levels.
    """
    if isinstance(column, LevelShares):
        raise MixturaError("Noise has no levels: it is spread over numbers.")

    def joined(own: FloatArray, other: FloatArray) -> FloatArray:
        n = max(len(own), len(other))
        return np.hstack([np.broadcast_to(each, (n, each.shape[1])) for each in (own, other)])

    def between(shares: FloatArray) -> tuple[FloatArray, FloatArray]:
        low, high = zip(column.between(shares), last.between(shares), strict=True)
        return joined(*low), joined(*high)

    return Numbers(
        joined(column.mean, last.mean),
        lambda values: joined(column.below(values), last.below(values)),
        between,
    )


def mean_over_parts(shares: FloatArray, parts: OneColumn) -> OneColumn:
    """What mixtures of parts make of a column, from what their parts make of it.

    Parameters
    ----------
    shares : ndarray of shape (n, k, m)
        Of the parts in their components, for each row, or n is 1.
    parts : OneColumn
        Of k m components, those of the first component first.
    """
    k, m = shares.shape[1:]

    def mean(values: FloatArray) -> FloatArray:
        of_parts = values.reshape(len(values), k, m, *values.shape[2:])
        own = shares.reshape(*shares.shape, *[1] * (values.ndim - 2))
        total = own.sum(axis=2)  # 1 but for rounding, and 0 where there are no parts
        weighted = np.where(own > 0.0, own * of_parts, 0.0).sum(axis=2)
        result: FloatArray = weighted / np.where(total > 0.0, total, 1.0)
        return result

    if isinstance(parts, LevelShares):
        return LevelShares(mean(parts.probabilities))

    def between(at: FloatArray) -> tuple[FloatArray, FloatArray]:
        low, high = (np.asarray(end).reshape(-1, k, m) for end in parts.between(at))
        present = shares > 0.0
        lowest = np.where(present, low, np.inf).min(axis=2)
        return lowest, np.where(present, high, -np.inf).max(axis=2)

    return Numbers(mean(parts.mean), lambda values: mean(parts.below(values)), between)
