"""Assignments of rows that come batch by batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from mixtura.cli.assignments import Assignments, assign
from mixtura.cli.known_columns import ReadColumns
from mixtura.persistence.model_file import Model
from mixtura.sources.scan import Batch

__all__ = ["assigned"]


def assigned(model: Model, columns: ReadColumns, batches: Iterable[Batch]) -> Iterator[Assignments]:
    """Those of each batch, whose rows go on from those of the one before."""
    start = 0
    for batch in batches:
        rows = np.ascontiguousarray(columns.rows(batch))
        if not len(rows):
            continue
        weight = None if batch.weight is None else np.asarray(batch.weight, dtype=np.float64)
        yield assign(model.mixture, rows, weight, start)
        start += len(rows)
