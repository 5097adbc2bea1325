"""Clusters that some rows are known to belong to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from mixtura.cli.cells import is_missing, is_number
from mixtura.cli.features import Features
from mixtura.cli.table import Table
from mixtura.cli.wording import count, listing
from mixtura.errors import DataError
from mixtura.typing import IntArray

__all__ = ["Known", "read_known"]


@dataclass(frozen=True)
class Known:
    """Clusters by the names that a column has for them.

    Attributes
    ----------
    column : str
    names : tuple of str
        What the column calls cluster 0, 1, ...
    labels : ndarray of shape (n,)
        Of the complete rows; -1 where unknown.
    """

    column: str
    names: tuple[str, ...]
    labels: IntArray

    @property
    def note(self) -> str:
        """What the numbers stand for."""
        n = int(np.count_nonzero(self.labels >= 0))
        meaning = listing([f"{j} is {name}" for j, name in enumerate(self.names)])
        return f"Column {self.column!r} gives the cluster of {count(n, 'row')}: {meaning}."

    def enough(self, counts: tuple[int, ...]) -> tuple[int, ...]:
        """The numbers of clusters that have one for each name.

        Raises
        ------
        DataError
            If there are none.
        """
        m = len(self.names)
        enough = tuple(k for k in counts if k >= m)
        if not enough:
            raise DataError(
                f"Column {self.column!r} names {count(m, 'cluster')} ({listing(self.names)}), but "
                f"--components asks for {max(counts)} at most: ask for {m} or more."
            )
        return enough


def read_known(table: Table, name: str, features: Features) -> Known:
    """The known clusters in the column kept as it stands: any names, missing where unknown.

    Raises
    ------
    DataError
        If it is one of the features, or no complete row has a name.
    """
    column = table.columns[table.position(name)].name
    features.check_without(column, "the known clusters")
    cells = _texts(table, column)
    called = [None if cell is None or is_missing(cell) else cell for cell in cells]
    complete = [cell for cell, kept in zip(called, features.complete, strict=True) if kept]
    names = sorted({cell for cell in complete if cell is not None}, key=_natural)
    if not names:
        raise DataError(
            f"Column {column!r} names no cluster in any complete row: leave --known out, or fill "
            "in the cells of the rows that you know."
        )
    number = {cell: j for j, cell in enumerate(names)}
    labels = np.array([-1 if cell is None else number[cell] for cell in complete], dtype=np.intp)
    return Known(column, tuple(names), labels)


def _texts(table: Table, column: str) -> pl.Series:
    assert table.texts is not None  # it was read for the known clusters
    if table.texts.dtype.is_nested():
        raise DataError(f"Column {column!r} is of type {table.texts.dtype}: clusters have names.")
    return table.texts.cast(pl.String, strict=False).str.strip_chars()


def _natural(name: str) -> tuple[float, str]:
    """Numbers first, by size; then all else."""
    return (float(name), name) if is_number(name) else (np.inf, name)
