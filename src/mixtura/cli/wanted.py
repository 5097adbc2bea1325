"""The columns that a command is to use, or may choose from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

from mixtura.cli.columns import Column
from mixtura.cli.roles import Roles
from mixtura.cli.table import Table
from mixtura.errors import DataError
from mixtura.typing import FloatArray, IntArray

__all__ = ["Wanted"]

# A table of frequencies that stands for more is judged by its rows alone.
_MOST_ROWS = 10_000_000


@dataclass(frozen=True, eq=False)
class Wanted:
    """Columns of a table.

    Attributes
    ----------
    table : Table
    places : tuple of int
        Of the columns, in the order that they are asked for; else in the table's.
    asked : bool
        Whether the user said which columns; else they are those to choose from.
    named : frozenset of int
        Places of the columns that are asked for by their own names, and not by a pattern.
    excluded : tuple of str
        Names of the columns that the user does not want.
    weights : Column or None
        That which says how often each row counts.
    """

    table: Table
    places: tuple[int, ...]
    asked: bool = False
    named: frozenset[int] = frozenset()
    excluded: tuple[str, ...] = ()
    weights: Column | None = None

    @classmethod
    def of(
        cls,
        table: Table,
        columns: Sequence[str] | None = None,
        exclude: Sequence[str] | None = None,
        weights: str | None = None,
        known: str | None = None,
    ) -> Self:
        """From names and patterns, and the names of columns of weights and of known clusters.

        Raises
        ------
        DataError
            If there is no such column, one is named twice, or none is left.
        """
        taken = {table.names.position(name) for name in (weights, known) if name is not None}
        dropped = [j for word in exclude or () for j in table.matching(word)]
        unwanted = set(dropped)
        excluded = tuple(table.names.listed[j] for j in dict.fromkeys(dropped))
        if columns is None:
            free = [j for j in range(len(table.columns)) if j not in taken | unwanted]
            named: frozenset[int] = frozenset()
        else:
            named = _named(table, columns)
            patterns = (table.matching(word) for word in columns)
            every = dict.fromkeys(j for places in patterns for j in places)
            free = [j for j in every if (j in named or j not in taken) and j not in unwanted]
        if not free:
            hint = "--exclude fewer columns" if excluded else "all others mean something else"
            raise DataError(f"No column of {table.name} is left to use: {hint}.")
        often = None if weights is None else table.columns[table.position(weights)]
        return cls(table, tuple(free), columns is not None, named, excluded, often)

    @cached_property
    def columns(self) -> list[Column]:
        """The columns themselves."""
        return [self.table.columns[j] for j in self.places]

    @cached_property
    def roles(self) -> Roles:
        """What they are there for."""
        return Roles.of(self.columns)

    def numbers_of(self, column: Column) -> FloatArray:
        """The finite numbers of a column, each as often as weights say that are frequencies."""
        finite = np.isfinite(column.values)
        often = self._frequencies
        values = column.values[finite]
        return values if often is None else np.repeat(values, often[finite])

    @cached_property
    def _frequencies(self) -> IntArray | None:
        values = np.zeros(0) if self.weights is None else self.weights.values
        counts = np.where((values >= 0.0) & (values <= _MOST_ROWS), values, 0.0)
        whole = len(values) > 0 and bool((counts == np.floor(values)).all())
        return counts.astype(np.intp) if whole and counts.sum() <= _MOST_ROWS else None


def _named(table: Table, words: Sequence[str]) -> frozenset[int]:
    """The places of columns that are named by their own names, each once."""
    named: dict[int, str] = {}
    for word in words:
        place = table.names.position(word)
        if place in named:
            raise DataError(f"{named[place]!r} and {word!r} are one column of {table.name}.")
        if place is not None:
            named[place] = word
    return frozenset(named)
