"""Lazy frames of polars, batch by batch. Whoever brings one has polars: it is not imported."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from mixtura.sources.local import LocalScan
from mixtura.sources.scan import ROWS_PER_BATCH, Batch, Cells, wanted_columns

__all__ = ["scan_lazyframe"]


def scan_lazyframe(
    frame: Any,
    columns: Sequence[str] | None = None,
    weight: str | None = None,
    *,
    raw_copy: bool = True,
) -> LocalScan:
    """A scan of a lazy frame of polars; other arguments are as of `scan_files`."""
    schema = frame.collect_schema()
    names, wanted = wanted_columns(list(schema), columns, weight, "The frame")
    kinds = {name: schema[name] for name in names}
    small = all(str(kind) == "Float32" for kind in kinds.values())
    numbers = all(map(_is_number, kinds.values()))
    dtype = np.dtype(np.float32 if small else np.float64) if numbers else None

    def read() -> Iterator[Batch]:
        start = 0
        for batch in frame.select(wanted).collect_batches(chunk_size=ROWS_PER_BATCH):
            weights = None if weight is None else batch[weight].to_numpy().astype(np.float64)
            cells = [_cells(batch[name], kinds[name]) for name in names]
            rows = cells if dtype is None else np.column_stack(cells).astype(dtype, copy=False)
            yield Batch(rows, weights, "the frame", start)
            start += len(batch)

    return LocalScan(names, weight is not None, read, raw_copy)


def _is_number(kind: Any) -> bool:
    return bool(kind.is_numeric()) or str(kind) == "Boolean"


def _cells(column: Any, kind: Any) -> Cells:
    if _is_number(kind):
        cells: Cells = column.to_numpy().astype(
            np.float64 if str(kind) != "Float32" else np.float32
        )
        return cells
    listed: list[Any] = column.to_list()
    return listed
