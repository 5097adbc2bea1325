"""The levels of a column, and its cells as their numbers.

Cells are compared by value, however a file writes them: 1 in a Parquet file, 1.0 and 01 in text are
one level, and so are true, True and a Boolean. Levels that all look like numbers are numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np

from mixtura.cli.cells import is_number
from mixtura.cli.columns import Column
from mixtura.errors import CellError
from mixtura.families.schema import Column as Described
from mixtura.families.schema import Level, in_order
from mixtura.typing import FloatArray

__all__ = ["as_codes", "levels_of", "said"]

_TRUTHS = {"false": 0.0, "true": 1.0}


def said(column: Column, row: int) -> str:
    """What the cell of a row says, for people."""
    if column.words is not None and (code := column.words.codes[row]) >= 0:
        return repr(column.words.texts[code])
    return f"{column.values[row]:.10g}"


def levels_of(column: Column) -> tuple[Level, ...]:
    """The different cells, in their natural order."""
    if column.kind == "true or false":
        return tuple(np.unique(column.values[column.present]).astype(bool).tolist())
    numbers, texts = ~np.isnan(column.values), []
    if column.words is not None:
        worded = column.words.codes >= 0
        texts = [column.words.texts[code] for code in np.unique(column.words.codes[worded])]
        numbers &= ~worded
    return in_order([*map(_plain, np.unique(column.values[numbers]).tolist()), *texts])


def _plain(number: float) -> Level:
    return int(number) if number.is_integer() else number


def as_codes(column: Column, described: Described) -> FloatArray:
    """The number of each cell's level, (n,); NaN where it is missing.

    Raises
    ------
    CellError
        If a cell is no level; it counts rows from 1.
    """
    meanings = _Meanings.of(described.levels)
    codes = meanings.of_numbers(column.values)
    if column.words is not None:
        worded = column.words.codes >= 0
        of_texts = np.array([meanings.of_text(text) for text in column.words.texts])
        codes[worded] = of_texts[column.words.codes[worded]]
    unseen = np.flatnonzero(column.present & np.isnan(codes))
    if len(unseen):
        first = int(unseen[0])
        expected = f"its levels in the model are {described.levels_text}"
        raise CellError(described.name, said(column, first), first + 1, expected, len(unseen) - 1)
    return codes


@dataclass(frozen=True)
class _Meanings:
    """The numbers of levels by what cells may say for them."""

    numbers: dict[float, float] = field(default_factory=dict)
    texts: dict[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, levels: Sequence[Level]) -> Self:
        """Each level by its own kind of cell first; then by cells that say the same."""
        made = cls()
        for code, level in enumerate(levels):
            if isinstance(level, str):
                made.texts.setdefault(level.strip(), float(code))
            else:
                made.numbers.setdefault(float(level), float(code))
        for code, level in enumerate(levels):
            text = str(level).strip()
            if is_number(text):
                made.numbers.setdefault(float(text), float(code))
            elif text.lower() in _TRUTHS:
                made.texts.setdefault(text.lower(), float(code))
                made.numbers.setdefault(_TRUTHS[text.lower()], float(code))
        return made

    def of_text(self, text: str) -> float:
        if text in self.texts or text not in _TRUTHS:
            return self.texts.get(text, np.nan)
        return self.numbers.get(_TRUTHS[text], np.nan)

    def of_numbers(self, values: FloatArray) -> FloatArray:
        known = np.array(sorted(self.numbers))
        codes = np.full(len(values), np.nan)
        if not len(known):
            return codes
        places = np.minimum(np.searchsorted(known, values), len(known) - 1)
        found = known[places] == values
        numbers = np.array([self.numbers[value] for value in known.tolist()])
        codes[found] = numbers[places[found]]
        return codes
