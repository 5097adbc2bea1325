"""Log-densities that are linear in statistics of the row, which one fast pass serves.

    log p_j(x) = offset_j + sum_a weight_ja t_a(x) + b(x)

These are the exponential families, with b the log of their base measure. An E-step is then a
product of the statistics and the weights, and one of the statistics and the responsibilities. A
family says so by giving its form, and a line in `mixtura.kernels.estep_dispatch`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

import numpy as np

from mixtura.statistics import Statistics
from mixtura.typing import AnyArray, FloatArray

__all__ = [
    "Base",
    "Linear",
    "LinearForm",
    "of_columns",
    "of_columns_and_gaps",
    "of_levels",
    "of_levels_and_gaps",
]

#: Makes log-densities (n,) of rows (n, d).
Base: TypeAlias = Callable[[FloatArray], FloatArray]

S = TypeVar("S", bound=Statistics)


@dataclass(frozen=True)
class LinearForm(Generic[S]):
    """The log-densities of k components as linear functions of m statistics.

    Attributes
    ----------
    weights : ndarray of shape (k, m)
        Finite; -inf where the density is 0 unless the statistic is, which is then 0, or 1 or more.
    offsets : ndarray of shape (k,)
    gathered : callable
        Makes the family's statistics of the counts (k,), the sums of the responsibilities, and
        the sums (k, m) of the responsibilities times t.
    levels : tuple of int or None
        Where t are zeros and ones that say which of so many levels each column has: the levels of
        all columns side by side, m in all. None where t are numbers.
    of_rows : callable or None
        Makes t (n, m) of rows (n, d); None where those are t.
    base : callable or None
        b (n,) of rows (n, d); None where it is 0.
    over_columns : callable or None
        Of rows with missing cells: makes of values (d,) the weights (m,) that add up those of the
        observed columns. None for complete rows.
    """

    weights: FloatArray
    offsets: FloatArray
    gathered: Callable[[FloatArray, FloatArray], S]
    levels: tuple[int, ...] | None = None
    of_rows: Callable[[AnyArray], FloatArray] | None = None
    base: Base | None = None
    over_columns: Callable[[FloatArray], FloatArray] | None = None


def of_columns(
    weights: FloatArray,
    constants: FloatArray,
    gathered: Callable[[FloatArray, FloatArray], S],
    base: Base | None = None,
) -> LinearForm[S]:
    """The form of independent columns of numbers: t are the cells.

    Parameters
    ----------
    weights, constants : ndarray of shape (k, d)
        log p_ja(x) = weight_ja x + constant_ja + b_a(x).
    gathered : callable
        Makes the family's statistics of the counts (k, 1), and of the sums (k, d) of the cells.
    base : callable, optional
    """
    return LinearForm(
        weights,
        constants.sum(axis=1),
        lambda counts, sums: gathered(counts[:, None], sums),
        base=base,
    )


def of_columns_and_gaps(
    weights: FloatArray,
    constants: FloatArray,
    gathered: Callable[[FloatArray, FloatArray], S],
    base: Base | None = None,
) -> LinearForm[S]:
    """The same of rows of which some cells are missing; there are counts (k, d) by column.

    t are the cells, 0 where they are missing, and then d zeros and ones that say which are
    observed.
    """
    d = weights.shape[1]
    return LinearForm(
        np.hstack([weights, constants]),
        np.zeros(len(weights)),
        lambda _, sums: gathered(sums[:, d:], sums[:, :d]),
        of_rows=_side_by_side,
        base=base,
        over_columns=lambda values: np.concatenate([np.zeros(d), values]),
    )


def _side_by_side(rows: AnyArray) -> AnyArray:
    """Cells and whether they are observed, (n, 2 d)."""
    n, d = rows.shape
    both = np.empty((n, 2 * d))
    observed = ~np.isnan(rows)
    both[:, :d], both[:, d:] = np.where(observed, rows, 0.0), observed
    return both


def of_levels(
    weights: FloatArray, gathered: Callable[[FloatArray], S], levels: tuple[int, ...]
) -> LinearForm[S]:
    """The form of independent columns of levels.

    Parameters
    ----------
    weights : ndarray of shape (k, m)
        The logarithms of the levels' probabilities.
    gathered : callable
        Makes the family's statistics of the weighted counts (k, m) of the levels.
    levels : tuple of int
    """
    return LinearForm(
        weights, np.zeros(len(weights)), lambda _, sums: gathered(sums), levels=levels
    )


def of_levels_and_gaps(
    weights: FloatArray, gathered: Callable[[FloatArray], S], levels: tuple[int, ...]
) -> LinearForm[S]:
    """The same of rows of which some cells are missing: that is one more level of each column."""
    with_gap = tuple(number + 1 for number in levels)
    known = np.ones(sum(with_gap), dtype=np.bool_)
    known[np.cumsum(with_gap) - 1] = False
    all_weights = np.zeros((len(weights), len(known)))
    all_weights[:, known] = weights
    gap = np.array(levels, dtype=np.float64)
    return LinearForm(
        all_weights,
        np.zeros(len(weights)),
        lambda _, sums: gathered(np.ascontiguousarray(sums[:, known])),
        levels=with_gap,
        over_columns=lambda values: np.where(known, values.repeat(with_gap), 0.0),
        of_rows=lambda rows: _with_gap(rows, gap),
    )


def _with_gap(rows: AnyArray, gap: FloatArray) -> AnyArray:
    """Rows with the level `gap` (d,) for what is missing; cells beyond all levels stay so."""
    beyond = rows >= gap
    filled = np.fmin(rows, gap)  # it takes the number beside NaN, and a tenth of np.where's time
    if beyond.any():
        filled[beyond] += 1.0
    return filled


class Linear(Protocol):
    """A family with such a form."""

    def linear_form(self, params: Any, /, *, gaps: bool = False) -> LinearForm[Any] | None:
        """Its log-density under the parameters; of rows of which some cells are missing, if asked.

        None where that is not linear.
        """
        ...
