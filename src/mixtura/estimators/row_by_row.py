"""Results for each row of a table, computed block by block."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from joblib import effective_n_jobs

from mixtura.estimators.tables import check_reach
from mixtura.sources import ArraySource, block_rows
from mixtura.typing import AnyArray, FloatArray

__all__ = ["in_blocks", "row_by_row"]


def in_blocks(
    rows: AnyArray, weight: FloatArray | None, n_components: int, n_jobs: int | None
) -> ArraySource:
    """Rows in blocks that suit so many components, served by so many threads."""
    size = block_rows(rows.shape[1], n_components)
    return ArraySource(rows, weight, size, effective_n_jobs(n_jobs))


def row_by_row(
    rows: AnyArray,
    names: Sequence[str],
    n_components: int,
    n_jobs: int | None,
    function: Callable[[AnyArray], AnyArray],
    dtype: np.dtype[Any],
) -> AnyArray:
    """The function's results for each row; reals in a dtype if that holds them.

    Parameters
    ----------
    rows : ndarray of shape (n, d)
    names : sequence of str
        Of the columns.
    n_components : int
        How many the function looks at, all together.
    n_jobs : int or None
        Threads.
    function : callable
        Rows of a block -> an array with an entry for each.
    dtype : dtype
        float32 or float64.
    """
    check_reach(rows, names)
    source = in_blocks(rows, None, n_components, n_jobs)
    result: AnyArray | None = None
    for start, block in source.map(lambda chunk: (chunk.start, function(chunk.rows))):
        if result is None:
            suits = dtype if block.dtype == np.float64 else block.dtype
            result = np.empty((len(rows), *block.shape[1:]), suits)
        rest = slice(start, start + len(block))
        try:
            with np.errstate(over="raise"):
                result[rest] = block
        except FloatingPointError:
            result = result.astype(np.float64)
            result[rest] = block
    assert result is not None  # the door lets no empty table through
    return result
