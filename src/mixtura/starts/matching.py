"""Which components of one partition are those of another."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mixtura.typing import FloatArray

__all__ = ["matched"]


def matched(shares: FloatArray) -> Iterator[tuple[int, int]]:
    """Rows and columns of a table (k, m) that belong together, as many as there are of the fewer.

    One after another those are paired that share the most, among what has no partner yet.

    Examples
    --------
    >>> list(matched(np.array([[0.0, 2.0], [1.0, 3.0]])))
    [(1, 1), (0, 0)]
    """
    rest = shares.astype(np.float64)
    for _ in range(min(rest.shape)):
        row, column = divmod(int(rest.argmax()), rest.shape[1])
        yield row, column
        rest[row], rest[:, column] = -np.inf, -np.inf
