"""The report of a model, from what the command line knows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mixtura.cli.beside import beside_columns
from mixtura.cli.features import Features
from mixtura.cli.kept import NO_WISHES, KeptColumns, Wishes
from mixtura.cli.table import Table
from mixtura.persistence.model_file import Model
from mixtura.report import SearchSummary, TableSummary
from mixtura.report.model import page_of
from mixtura.typing import FloatArray

__all__ = ["report_page"]


def report_page(
    model: Model,
    table: Table,
    features: Features,
    *,
    weight: FloatArray | None = None,
    search: SearchSummary | None = None,
    notes: Sequence[str] = (),
    wishes: Wishes = NO_WISHES,
) -> str:
    """The HTML page about a model and the rows of a table."""
    told = _table(table, features, wishes)
    return page_of(model, features.values, told, weight=weight, search=search, notes=notes)


def _table(table: Table, features: Features, wishes: Wishes) -> TableSummary:
    kept = KeptColumns.of(table, wishes, features.names)
    return TableSummary(
        title=table.name,
        columns=features.names,
        row_numbers=np.arange(1, features.n_rows + 1)
        if table.row_numbers is None
        else table.row_numbers,
        rows_total=features.n_rows,
        left_out_columns=features.left_out,
        sampled_from=table.n_rows if table.sampled else None,
        row_names=kept.row_names(table),
        named_by="" if kept.label is None else table.names.listed[kept.label],
        beside=tuple(beside_columns(table, features, kept.label)),
    )
