"""Clusters that some rows are known to belong to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mixtura.cli.features import Features
from mixtura.cli.kinds import KINDS, read_as
from mixtura.cli.table import Table
from mixtura.cli.wording import count, listing
from mixtura.errors import DataError
from mixtura.families.schema import Kind
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
        Of the rows; -1 where unknown.
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
    """The known clusters: the levels of a column, missing where unknown.

    Raises
    ------
    DataError
        If it is one of the features, or no row has a name.
    """
    column = table.columns[table.position(name)]
    features.check_without(column.name, "the known clusters")
    categories = KINDS[Kind.CATEGORICAL]
    if column.n_cells and (reason := categories.cannot(column)):
        raise DataError(f"Column {column.name!r} {reason}: clusters have names.")
    known = categories.describe(column)
    if not known.levels:
        raise DataError(
            f"Column {column.name!r} names no cluster in any row: leave --known out, or "
            "fill in the cells of the rows that you know."
        )
    codes = read_as(column, known)
    labels = np.where(np.isnan(codes), -1.0, codes).astype(np.intp)
    names = tuple(known.cell(float(j)) for j in range(len(known.levels)))
    return Known(column.name, names, labels)
