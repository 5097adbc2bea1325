"""Columns that a model does not use, for comparison with its clusters."""

from __future__ import annotations

from collections.abc import Iterator

from mixtura.cli.columns import Column
from mixtura.cli.features import Features
from mixtura.cli.kinds import KINDS, read_as
from mixtura.cli.roles import is_code
from mixtura.cli.table import Table
from mixtura.families.schema import Kind
from mixtura.report import BesideColumn

__all__ = ["beside_columns"]

_MOST_LEVELS = 50


def beside_columns(table: Table, features: Features, label: int | None) -> Iterator[BesideColumn]:
    """Those of few levels that are no features, and do not name the rows."""
    categories = KINDS[Kind.CATEGORICAL]
    for place, column in enumerate(table.columns):
        if place == label or column.name in features.names or not _has_few_levels(column):
            continue
        described = categories.describe(column)
        codes = read_as(column, described)
        levels = tuple(described.cell(float(code)) for code in range(len(described.levels)))
        yield BesideColumn(column.name, levels, codes)


def _has_few_levels(column: Column) -> bool:
    if KINDS[Kind.CATEGORICAL].cannot(column) or not 1 < column.n_levels <= _MOST_LEVELS:
        return False
    return column.kind != "numbers" or column.numbers.zero_or_one or is_code(column)
