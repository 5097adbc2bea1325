"""What the columns of a table mean: their names, kinds and levels.

Below the doors there are floats alone, and categories are the numbers 0, 1, ... of their levels. A
schema says what these floats stand for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Self, TypeAlias

__all__ = ["Column", "Kind", "Level", "Schema", "in_order"]

_SHOWN = 8

#: What a cell of a categorical column may say.
Level: TypeAlias = str | int | float | bool


class Kind(Enum):
    """What the numbers of a column are."""

    CONTINUOUS = "continuous"
    COUNT = "count"
    BINARY = "binary"
    CATEGORICAL = "categorical"


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes
    ----------
    name : str
    kind : Kind
    levels : tuple
        Of a categorical column, in the order of their numbers; of a binary one what 0 and 1 stand
        for. Empty for numbers.
    """

    name: str
    kind: Kind = Kind.CONTINUOUS
    levels: tuple[Level, ...] = ()

    @property
    def has_levels(self) -> bool:
        """Whether its numbers are those of levels."""
        return self.kind in (Kind.BINARY, Kind.CATEGORICAL)

    @property
    def n_levels(self) -> int:
        """Of a categorical or binary column; that one's need no names."""
        return len(self.values)

    @property
    def values(self) -> tuple[Level, ...]:
        """The levels; 0 and 1 where they have no names."""
        return self.levels or (0, 1)

    @property
    def levels_text(self) -> str:
        """The first levels in words."""
        known = ", ".join(map(repr, self.values[:_SHOWN]))
        more = self.n_levels - _SHOWN
        return f"{known} and {more:,} more" if more > 0 else known

    def cell(self, value: float) -> str:
        """What a cell with a value says, as people write it."""
        if self.levels and value in range(len(self.levels)):
            return str(self.levels[int(value)])
        return f"{value:.10g}"


def in_order(levels: Iterable[Level]) -> tuple[Level, ...]:
    """Levels of one kind beside each other, each kind in its own order; numbers come first.

    Examples
    --------
    >>> in_order(["b", 10, "a", 9.5])
    (9.5, 10, 'a', 'b')
    """
    return tuple(sorted(levels, key=_place))


def _place(level: Level) -> tuple[str, Level]:
    number = isinstance(level, int | float) and not isinstance(level, bool)
    return ("" if number else type(level).__name__, level)


@dataclass(frozen=True)
class Schema:
    """The columns of a table, in order.

    Attributes
    ----------
    columns : tuple of Column

    Examples
    --------
    >>> schema = Schema((Column("height"), Column("eyes", Kind.CATEGORICAL, ("blue", "brown"))))
    >>> schema.names
    ('height', 'eyes')
    >>> schema[1].cell(1.0)
    'brown'
    """

    columns: tuple[Column, ...]

    @classmethod
    def of(cls, names: Sequence[object], kind: Kind = Kind.CONTINUOUS) -> Self:
        """Columns that are all of one kind."""
        return cls(tuple([Column(str(name), kind) for name in names]))

    def __len__(self) -> int:
        return len(self.columns)

    def __iter__(self) -> Iterator[Column]:
        return iter(self.columns)

    def __getitem__(self, place: int) -> Column:
        return self.columns[place]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple([column.name for column in self.columns])
