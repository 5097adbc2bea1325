"""What a mixture expects of one column of each row, given the others.

    E[y | x_o] = sum_j r_j E_j[y | x_o],    P(y <= t | x_o) = sum_j r_j P_j(y <= t | x_o)

with the responsibilities r_j of the observed cells. Of Gaussian components this is Gaussian mixture
regression: as many straight lines as components, and which of them holds where.

References
----------
Ghahramani, Jordan (1994), "Supervised learning from incomplete data via an EM approach", NIPS 6.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mixtura.errors import MixturaError
from mixtura.explain.quantiles import quantile
from mixtura.families.one_column import LevelShares, Numbers, OneColumn, column_of
from mixtura.mixture import Mixture
from mixtura.typing import AnyArray, FloatArray

__all__ = ["expected_values", "interval_of_values", "level_probabilities", "one_column"]


def one_column(
    mixture: Mixture[Any, Any], rows: AnyArray, place: int
) -> tuple[OneColumn, FloatArray]:
    """One column given the other cells of rows (n, d), and the components' shares (n, k).

    The shares are the mixing weights where no component can reach a row, as of rows without cells.
    The cells of the column itself do not count.
    """
    known = np.array(rows, dtype=np.float64)
    known[:, place] = np.nan
    resp = mixture.responsibilities(known)
    reached = resp.sum(axis=1, keepdims=True) > 0.0
    column = column_of(mixture.family, mixture.params, known, place)
    return column, np.where(reached, resp, mixture.weights)


def expected_values(mixture: Mixture[Any, Any], place: int, rows: AnyArray) -> FloatArray:
    """Means of a column of numbers for each row, (n,)."""
    column, shares = one_column(mixture, rows, place)
    return _mean(_numbers(column), shares)


def interval_of_values(
    mixture: Mixture[Any, Any], place: int, share: float, rows: AnyArray
) -> FloatArray:
    """Means of a column of numbers, and the ends of the central interval, (n, 3).

    Parameters
    ----------
    mixture : Mixture
    place : int
        Of the column.
    share : float
        Of the distribution that is to lie between the ends.
    rows : ndarray of shape (n, d)
    """
    column, shares = one_column(mixture, rows, place)
    numbers = _numbers(column)
    ends = [quantile(numbers, shares, np.array([0.5 + 0.5 * side * share])) for side in (-1.0, 1.0)]
    return np.column_stack([_mean(numbers, shares), *ends])


def level_probabilities(mixture: Mixture[Any, Any], place: int, rows: AnyArray) -> FloatArray:
    """Probabilities of the levels of a column for each row, (n, number of levels)."""
    column, shares = one_column(mixture, rows, place)
    if not isinstance(column, LevelShares):
        raise MixturaError("The column has numbers, of which no level has a probability.")
    probabilities: FloatArray = (shares[:, :, None] * column.probabilities).sum(axis=1)
    return probabilities


def _numbers(column: OneColumn) -> Numbers:
    if isinstance(column, LevelShares):
        raise MixturaError("The column has levels, which have no mean and no order.")
    return column


def _mean(column: Numbers, shares: FloatArray) -> FloatArray:
    return np.asarray(np.where(shares > 0.0, shares * column.mean, 0.0).sum(axis=1))
