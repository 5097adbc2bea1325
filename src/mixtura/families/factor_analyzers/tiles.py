"""Rows in tiles so small that what is made of them on the way stays near the processor."""

from __future__ import annotations

from collections.abc import Iterator

from mixtura.typing import FloatArray

__all__ = ["tiles"]

# Cells of a tile: half a megabyte.
_CELLS = 65_536


def tiles(X: FloatArray) -> Iterator[slice]:
    """Slices of the rows of X (n, d), in their order.

    Examples
    --------
    >>> import numpy as np
    >>> list(tiles(np.zeros((3, 40_000))))
    [slice(0, 1, None), slice(1, 2, None), slice(2, 3, None)]
    """
    n, d = X.shape
    size = max(1, _CELLS // d)
    return (slice(start, min(start + size, n)) for start in range(0, n, size))
