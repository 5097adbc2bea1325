"""The names of a table's columns before its rows are read, and which of them are wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

import numpy as np

from mixtura.cli.columns import Column
from mixtura.cli.names import unique_names
from mixtura.cli.table import Table

__all__ = ["Choose", "called", "header", "no_column"]

#: Places of the columns that are wanted of a table, of which a part without rows is given.
Choose: TypeAlias = Callable[[Table], Iterable[int]]


def header(name: str, given: Sequence[str]) -> Table:
    """A table without rows, of columns that a file calls so."""
    names, values = unique_names(given), np.empty((0, len(given)))
    columns = tuple(Column(each, values[:, j], "numbers", 0) for j, each in enumerate(names))
    return Table(name, "parquet", columns, values)


def called(*words: str) -> Choose:
    """All columns with such names, or that fit such patterns."""
    return lambda header: [place for word in words for place in header.matching(word)]


def no_column(header: Table) -> Iterable[int]:
    """None of them."""
    return ()
