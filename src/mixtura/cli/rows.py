"""Rows that come bit by bit, and are one matrix in the end."""

from __future__ import annotations

import numpy as np

from mixtura.typing import FloatArray

__all__ = ["Rows"]

# Larger than what an allocator keeps for itself when it is freed: 32 MiB with the GNU library.
_CHUNK_BYTES = 64 << 20


class Rows:
    """Rows of numbers, which never lie in memory twice.

    Parameters
    ----------
    width : int
        Numbers in a row.
    """

    def __init__(self, width: int) -> None:
        self._width = width
        self._chunks: list[FloatArray] = []
        self._free = 0

    def append(self, rows: FloatArray) -> None:
        """Put rows (n, width) below the others."""
        while len(rows):
            if not self._free:
                self._free = max(1, _CHUNK_BYTES // (8 * self._width))
                self._chunks.append(np.empty((self._free, self._width)))
            start = len(self._chunks[-1]) - self._free
            fitting, rows = rows[: self._free], rows[self._free :]
            self._chunks[-1][start : start + len(fitting)] = fitting
            self._free -= len(fitting)

    def matrix(self) -> FloatArray:
        """All rows, (n, width), which leave here."""
        n = sum(map(len, self._chunks)) - self._free
        if len(self._chunks) == 1:
            return self._chunks.pop()[:n]
        matrix, start = np.empty((n, self._width)), 0
        while self._chunks:
            chunk = self._chunks.pop(0)[: n - start]
            matrix[start : start + len(chunk)] = chunk
            start += len(chunk)
        return matrix
