"""Missing cells as the kernel takes them."""

from __future__ import annotations

from typing import NamedTuple

from mixtura.typing import AnyArray, FloatArray

__all__ = ["COMPLETE", "Gaps"]


class Gaps(NamedTuple):
    """Rows (n, d) by which of their cells are missing, and what marginal densities need.

    The tables have a line for each number of observed cells, from 0 to d. What depends on which
    cells these are is left to the kernel.

    Attributes
    ----------
    order : ndarray of shape (n,), int64
        Numbers of the rows, pattern by pattern; complete ones come first.
    ends : ndarray of shape (p,), int64
        Where each pattern ends in the order.
    masks : ndarray of bool, shape (p, d)
        Which cells each pattern misses.
    constants : ndarray of shape (d + 1, k)
        As those of `Components`: with the log-determinants of all d columns.
    tails : ndarray of shape (2, d + 1, k) or None
        As those of `Components`.
    noise : ndarray of shape (p,) or None
        The log-density of the last component in each pattern, where that is noise.
    """

    order: AnyArray | None
    ends: AnyArray | None
    masks: AnyArray | None
    constants: FloatArray | None
    tails: FloatArray | None
    noise: FloatArray | None


#: Where no cell is missing.
COMPLETE = Gaps(None, None, None, None, None, None)
