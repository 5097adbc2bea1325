"""Columns that go along with assignments: the one that names the rows, and what is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import polars as pl

from mixtura.cli.columns import Column
from mixtura.cli.table import Table
from mixtura.cli.telling_names import is_id, is_name

__all__ = ["NO_WISHES", "KeptColumns", "Wishes"]

# A column names rows if it has so many different cells, or a share of the rows has its own.
_NAMES, _SHARE = 20, 0.5


@dataclass(frozen=True)
class Wishes:
    """Which columns are to go along.

    Attributes
    ----------
    keep : tuple of str
        Names and patterns.
    label : str or None
        The column that names the rows; None for one that looks like it, '' for none.
    digits : int, optional
        Decimals of what is written; None for all.
    """

    keep: tuple[str, ...] = ()
    label: str | None = None
    digits: int | None = None

    @property
    def words(self) -> tuple[str, ...]:
        """Names and patterns of the columns that are asked for."""
        return (*self.keep, *filter(None, [self.label]))

    def places(self, header: Table) -> list[int]:
        """Of the columns that are asked for."""
        kept = [place for word in self.keep for place in _matching(header, word)]
        return [header.position(self.label), *kept] if self.label else kept


NO_WISHES = Wishes()


def _matching(header: Table, word: str) -> Sequence[int]:
    """All columns are called 'all', unless one has this name."""
    whole = word == "all" and header.names.position(word) is None
    return range(len(header.columns)) if whole else header.matching(word)


@dataclass(frozen=True, eq=False)
class KeptColumns:
    """Those of a table, or of a part of its rows.

    Attributes
    ----------
    label : int or None
        The place of the column that names the rows.
    places : tuple of int
        Of all columns that are kept, this one first.
    """

    label: int | None
    places: tuple[int, ...]

    @classmethod
    def of(cls, table: Table, wishes: Wishes, used: Sequence[str]) -> Self:
        """Those of a table of which some columns are used."""
        if wishes.label is None:
            label = _label(table, used)
        else:
            label = table.position(wishes.label) if wishes.label else None
        asked = wishes.places(table)
        return cls(label, tuple(dict.fromkeys(asked if label is None else (label, *asked))))

    def cells(self, table: Table) -> list[pl.Series]:
        """Their cells as the file has them, called as in the table."""
        return [_cells(table, place).alias(table.names.listed[place]) for place in self.places]

    def row_names(self, table: Table) -> list[str] | None:
        """What the rows of a table are called; None if nothing names them."""
        if self.label is None:
            return None
        cells = _cells(table, self.label)
        return ["" if cell is None else str(cell) for cell in cells.to_list()]


def _cells(table: Table, place: int) -> pl.Series:
    if place in table.raw:
        return table.raw[place]
    texts = table.columns[place].texts()
    return pl.Series([None] * len(table.values), dtype=pl.String) if texts is None else texts


def _label(table: Table, used: Sequence[str]) -> int | None:
    """The place of a column that names the rows: by its name, or by the most different texts.

    Where there is none, that of an id.
    """
    free = [j for j, column in enumerate(table.columns) if column.name not in used]
    texts = [j for j in free if _names_rows(table.columns[j])]
    if texts:
        return max(texts, key=lambda j: (is_name(table.columns[j].name), _different(table, j)))
    ids = [j for j in free if _is_id(table.columns[j])]
    return ids[0] if ids else None


def _different(table: Table, place: int) -> int:
    column = table.columns[place]
    return len(column.values) if column.words is None else column.n_levels


def _names_rows(column: Column) -> bool:
    if column.kind != "text" or (column.words is None and column.names is None):
        return False
    return column.words is None or column.n_levels > min(_NAMES, _SHARE * column.n_cells)


def _is_id(column: Column) -> bool:
    n = column.numbers.n_distinct
    return column.kind == "numbers" and is_id(column.name) and n == len(column.values)
