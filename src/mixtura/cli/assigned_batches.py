"""Assignments of rows that come batch by batch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

import numpy as np
import polars as pl

from mixtura.cli.assignments import Assigner, Assignments
from mixtura.cli.known_columns import ReadColumns
from mixtura.sources.scan import Batch

__all__ = ["assigned", "in_step"]

#: Gives the cells of so many further rows of the columns that are kept.
NextRows: TypeAlias = Callable[[int], list[pl.Series]]


def assigned(
    assigner: Assigner,
    columns: ReadColumns,
    batches: Iterable[Batch],
    kept: NextRows,
) -> Iterator[Assignments]:
    """Those of each batch, whose rows go on from those of the one before."""
    start = 0
    for batch in batches:
        rows = np.ascontiguousarray(columns.rows(batch))
        if not len(rows):
            continue
        weight = None if batch.weight is None else np.asarray(batch.weight, dtype=np.float64)
        yield assigner.assign(rows, weight, start, kept(len(rows)))
        start += len(rows)


def in_step(frames: Iterator[pl.DataFrame]) -> NextRows:
    """What gives as many rows as are asked for, of frames that are cut in other places."""
    waiting: list[pl.DataFrame] = []

    def rows(n: int) -> list[pl.Series]:
        while sum(map(len, waiting)) < n:
            waiting.append(next(frames))
        whole = pl.concat(waiting)
        waiting[:] = [whole[n:]]
        return whole[:n].get_columns()

    return rows
