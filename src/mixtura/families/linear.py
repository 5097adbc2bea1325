"""Log-densities that are linear in statistics of the row, which one fast pass serves.

    log p_j(x) = offset_j + sum_a weight_ja t_a(x) + b(x)

These are the exponential families, with b the log of their base measure. An E-step is then a
product of the statistics and the weights, and one of the statistics and the responsibilities. A
family says so by giving its form, and a line in `mixtura.kernels.estep_dispatch`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from mixtura.statistics import Statistics
from mixtura.typing import AnyArray, FloatArray

__all__ = ["Linear", "LinearForm"]

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
    """

    weights: FloatArray
    offsets: FloatArray
    gathered: Callable[[FloatArray, FloatArray], S]
    levels: tuple[int, ...] | None = None
    of_rows: Callable[[AnyArray], FloatArray] | None = None
    base: Callable[[FloatArray], FloatArray] | None = None


class Linear(Protocol):
    """A family with such a form."""

    def linear_form(self, params: Any, /) -> LinearForm[Any]:
        """Its log-density under the parameters."""
        ...
