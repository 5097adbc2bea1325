"""What the entries of a family's named arrays are: the names they go by, and where they can lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any, Self

import numpy as np

from mixtura.families.schema import Schema
from mixtura.typing import FloatArray

__all__ = ["Entries", "of_pairs"]


@dataclass(frozen=True, eq=False)
class Entries:
    """What one component has in an array (k, ...).

    Attributes
    ----------
    names : tuple of str or None
        Of the entries in a row: the column they are of; '' for a number of the component as a
        whole, None for what another entry says already.
    low, high : float or ndarray of shape (...)
        Between which a number lies.

    Examples
    --------
    >>> Entries.of_columns(Schema.of("ab"), low=0.0)
    Entries(names=('a', 'b'), low=0.0, high=inf)
    """

    names: tuple[str | None, ...]
    low: Any = -np.inf
    high: Any = np.inf

    @classmethod
    def of_columns(cls, schema: Schema, low: float = -np.inf, high: float = np.inf) -> Self:
        """One number for each column."""
        return cls(schema.names, low, high)

    @classmethod
    def of_levels(cls, schema: Schema) -> Self:
        """A share for each level of each column."""
        levels = ((column, number) for column in schema for number in range(column.n_levels))
        told = (f"{column.name} = {column.cell(float(number))}" for column, number in levels)
        return cls(tuple(told), 0.0, 1.0)

    @classmethod
    def of_component(cls, low: float = -np.inf, high: float = np.inf) -> Self:
        """One number."""
        return cls(("",), low, high)

    def of_each(self, parts: Sequence[str]) -> Self:
        """Those of parts of a component, which have such entries each."""
        told = product(parts, self.names)
        names = (None if name is None else ", ".join(filter(None, (name, p))) for p, name in told)
        return replace(self, names=tuple(names))


def of_pairs(shown: FloatArray, schema: Schema) -> Entries:
    """Of numbers (k, d) above 0, or of symmetric matrices with such diagonals, told by half."""
    if shown.ndim == 2:
        return Entries.of_columns(schema, low=0.0)
    d = len(schema)
    names = [
        schema.names[a] if a == b else f"{schema.names[b]}, {schema.names[a]}" if b < a else None
        for a, b in product(range(d), repeat=2)
    ]
    return Entries(tuple(names), np.where(np.eye(d, dtype=np.bool_), 0.0, -np.inf))
