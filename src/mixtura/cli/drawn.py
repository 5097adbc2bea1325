"""Rows drawn from a model, as tables have them: levels by name, counts as whole numbers."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from mixtura.families.schema import Column, Kind, Schema
from mixtura.typing import FloatArray, IntArray

__all__ = ["drawn_frame"]


def drawn_frame(
    schema: Schema, names: Sequence[str], rows: FloatArray, clusters: IntArray
) -> pl.DataFrame:
    """Rows (n, d), and the cluster that each comes from, in columns of given names."""
    columns = [_series(column, rows[:, a]) for a, column in enumerate(schema)]
    columns.append(pl.Series(clusters))
    return pl.DataFrame([s.alias(name) for s, name in zip(columns, names, strict=True)])


def _series(column: Column, numbers: FloatArray) -> pl.Series:
    if column.levels:
        return _levels(column).gather(pl.Series(numbers).cast(pl.UInt32))
    series = pl.Series(numbers)
    return series if column.kind is Kind.CONTINUOUS else series.cast(pl.Int64)


def _levels(column: Column) -> pl.Series:
    """The levels in a type that has them all."""
    types = {type(level) for level in column.levels}
    if types == {int, float}:
        return pl.Series([float(level) for level in column.levels])
    if len(types) == 1:
        return pl.Series(column.levels)
    return pl.Series([str(level) for level in column.levels])
