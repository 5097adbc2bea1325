"""Why a column that was asked for cannot be used: its cells, their rows, and what to do."""

from __future__ import annotations

import numpy as np

from mixtura.cli.columns import Column
from mixtura.cli.wording import count
from mixtura.errors import CellError, DataError

__all__ = ["not_numeric", "not_two", "not_usable"]


def not_numeric(column: Column) -> DataError:
    """That cells of it are no numbers."""
    if column.n_odd == 0:
        return _missing(column)
    shown = [f"row {row}: {cell!r}" for row, cell in column.odd]
    more = ", ..." if column.n_odd > len(shown) else ""
    return DataError(
        f"Column {column.name!r} is not numeric: {count(column.n_odd, 'cell')} of "
        f"{len(column.values):,} cannot be read as a number ({', '.join(shown)}{more}). Mend them, "
        f"write NA where the value is missing, or, in a fit, --exclude the column."
        f"{_like_amounts(column)}"
    )


def _like_amounts(column: Column) -> str:
    """What its texts may be for numbers."""
    return f" It looks like {column.amounts}." if column.amounts else ""


def not_usable(column: Column, reason: str) -> DataError:
    """That it is of a kind that no category is of."""
    if column.n_cells == 0:
        return _missing(column)
    return DataError(f"Column {column.name!r} {reason}: it has no levels. Choose other --columns.")


def not_two(column: Column, reason: str) -> DataError:
    """That its texts are more than two, or fewer."""
    words = column.words
    if words is None or column.n_levels < 3:
        return not_usable(column, reason)
    cells = _firsts(column)
    one, other, third = sorted(cells)[:3]
    expected = (
        f"a column for yes and no has two different cells, and {cells[one]} and {cells[other]} "
        "came before"
    )
    return CellError(column.name, cells[third], third, expected)


def _firsts(column: Column) -> dict[int, str]:
    """Different cells of a column of text, by the first row that each stands in, from 1."""
    assert column.words is not None
    codes, texts = column.words.codes, column.words.texts
    values = np.where(codes < 0, column.values, np.nan)
    numbers, number_rows = np.unique(values, return_index=True)
    places, text_rows = np.unique(codes, return_index=True)
    found = {
        row + 1: f"{number:.10g}"
        for number, row in zip(numbers.tolist(), number_rows.tolist(), strict=True)
        if not np.isnan(number)
    }
    found |= {
        row + 1: repr(texts[place])
        for place, row in zip(places.tolist(), text_rows.tolist(), strict=True)
        if place >= 0
    }
    return found


def _missing(column: Column) -> DataError:
    return DataError(f"All cells of column {column.name!r} are missing: leave it out.")
