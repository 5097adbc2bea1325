"""A table as it comes from a file: every row, every column, names that are unique."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import polars as pl

from mixtura.cli.columns import Column
from mixtura.cli.names import Names, is_pattern
from mixtura.cli.wording import listing, suggestion
from mixtura.errors import DataError
from mixtura.typing import FloatArray, IntArray

__all__ = ["FORMATS", "Table"]

#: Kinds of files, by the ending of their names; all others are taken for delimited text.
FORMATS = {
    ".parquet": "parquet",
    ".pq": "parquet",
    ".arrow": "arrow",
    ".feather": "arrow",
    ".ipc": "arrow",
}


@dataclass(frozen=True, eq=False)
class Table:
    """A file's rows and columns.

    Attributes
    ----------
    name : str
        Name of the file, without its folder.
    format : {'csv', 'parquet', 'arrow'}
        'csv' for all delimited text.
    columns : tuple of Column
    values : ndarray of shape (n, width)
        The numbers of all columns, which those look into.
    notes : tuple of str
        What was guessed or changed on the way.
    row_numbers : ndarray of shape (n,), optional
        Of a sample, the numbers of its rows, counted from 1.
    n_total : int, optional
        Rows of the table that these are a sample of.
    raw : mapping of int to Series
        The cells of some columns as the file has them, by their places.
    """

    name: str
    format: str
    columns: tuple[Column, ...]
    values: FloatArray
    notes: tuple[str, ...] = ()
    row_numbers: IntArray | None = None
    n_total: int | None = None
    raw: Mapping[int, pl.Series] = field(default_factory=dict)

    @property
    def n_rows(self) -> int:
        """Of the whole table."""
        return len(self.values) if self.n_total is None else self.n_total

    @property
    def sampled(self) -> bool:
        """Whether these are some of its rows only."""
        return len(self.values) < self.n_rows

    @cached_property
    def names(self) -> Names:
        """Of the columns."""
        return Names(tuple(column.name for column in self.columns))

    def position(self, name: str) -> int:
        """Of a column, or DataError."""
        position = self.names.position(name)
        if position is None:
            raise self._unknown(f"column {name!r}", name)
        return position

    def matching(self, word: str) -> list[int]:
        """Of the column called so, or of all whose names fit a pattern, or DataError."""
        places = self.names.matching(word)
        if not places:
            pattern = is_pattern(word)
            noun = f"column that fits {word!r}" if pattern else f"column {word!r}"
            raise self._unknown(noun, "".join(c for c in word if c not in "*?[]"))
        return places

    def _unknown(self, noun: str, name: str) -> DataError:
        known = self.names.listed
        return DataError(
            f"{self.name} has no {noun}.{suggestion(name, known)} Its columns are {listing(known)}."
        )
