"""Columns whose meaning is known, batch by batch: what makes numbers of a table not in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from mixtura.cli.columns import Column
from mixtura.cli.first_look import column_of
from mixtura.cli.kinds import read_as
from mixtura.errors import CellError, DataError
from mixtura.families.registry import description_named
from mixtura.families.schema import Schema
from mixtura.sources.scan import Batch
from mixtura.typing import AnyArray, FloatArray

__all__ = ["ReadColumns"]


@dataclass(frozen=True)
class ReadColumns:
    """What makes numbers of cells.

    Attributes
    ----------
    schema : Schema
        What the columns are.
    family : str
        Whose check the numbers have to pass.
    """

    schema: Schema
    family: str

    def read(self, cells: AnyArray) -> AnyArray:
        """Cells (n, d) of any kind as numbers.

        Raises
        ------
        CellError
            If they are none of the family; it counts rows from 1, and names columns by number.
        """
        rows = cells if self._plain(cells) else self._coded(cells)
        infinite = np.isinf(rows)
        if infinite.any():
            row, place = np.argwhere(infinite)[0].tolist()
            value, n_more = f"{rows[row, place]}", int(infinite.sum()) - 1
            raise CellError(str(place), value, row + 1, "numbers should be finite", n_more)
        try:
            description_named(self.family).check(rows, self._numbered)
        except CellError as error:
            raise error.in_row(error.row + 1) from None
        return rows

    def rows(self, batch: Batch) -> AnyArray:
        """Those of a batch.

        Raises
        ------
        DataError
            If they are none of the family; it says where.
        """
        cells = batch.cells
        if not isinstance(cells, np.ndarray):
            table = np.empty((len(cells[0]), len(cells)), dtype=object)
            for place, column in enumerate(cells):
                table[:, place] = column
            cells = table
        try:
            return self.read(cells)
        except CellError as error:
            error.column = self.schema.names[int(error.column)]
            raise DataError(f"{batch.place}: {error.in_row(error.row + batch.start)}") from None

    def _plain(self, cells: AnyArray) -> bool:
        """Whether the cells are the numbers that are wanted."""
        return cells.dtype != object and not any(column.levels for column in self.schema)

    @cached_property
    def _numbered(self) -> Schema:
        """The columns, called by their numbers."""
        return Schema(tuple(replace(c, name=str(place)) for place, c in enumerate(self.schema)))

    def _coded(self, cells: AnyArray) -> FloatArray:
        rows = np.empty(cells.shape)
        for place, described in enumerate(self._numbered):
            given = cells[:, place]
            listed = given.tolist() if given.dtype == object else given
            column = column_of(described.name, listed, rows[:, place])
            if not described.levels:
                self._check_numbers(column)
            rows[:, place] = read_as(column, described)
        return rows

    def _check_numbers(self, column: Column) -> None:
        for row, cell in _odd(column):
            expected = "a number was expected, as in the rows that were looked at first"
            raise CellError(column.name, repr(cell), row, expected, column.n_odd - 1)


def _odd(column: Column) -> Iterator[tuple[int, str]]:
    """Cells that are no numbers, with their rows from 1."""
    return iter(column.odd if column.kind != "true or false" else ())
