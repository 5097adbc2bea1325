"""A table as it comes from a file: every row, every column, names that are unique."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from mixtura.cli.columns import Column
from mixtura.cli.names import Names, is_pattern
from mixtura.cli.wording import listing, suggestion
from mixtura.errors import DataError
from mixtura.typing import FloatArray

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
    """

    name: str
    format: str
    columns: tuple[Column, ...]
    values: FloatArray
    notes: tuple[str, ...] = ()

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
