"""Columns by name or number, and cells that people write for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from numbers import Integral
from typing import Any

import numpy as np

from mixtura.errors import CellError, MixturaError
from mixtura.estimators.levels import as_cells, as_codes
from mixtura.families.registry import description_of, is_described
from mixtura.families.schema import Column, Schema
from mixtura.mixture import Mixture
from mixtura.typing import FloatArray, IntArray

__all__ = ["cells_of", "place_of", "places_of"]

_SHOWN = 20


def place_of(schema: Schema, column: Any) -> int:
    """Where a column is, from its name or its number.

    Raises
    ------
    MixturaError
        If there is none; it names those that there are.
    """
    names = schema.names
    if isinstance(column, str) and column in names:
        return names.index(column)
    if isinstance(column, Integral) and not isinstance(column, bool):
        if 0 <= int(column) < len(names):
            return int(column)
        raise MixturaError(
            f"There is no column number {column}: the mixture has {len(names)}, which are numbered "
            f"from 0 to {len(names) - 1}."
        )
    close = get_close_matches(str(column), names, n=1)
    meant = f" Did you mean {close[0]!r}?" if close else ""
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    raise MixturaError(
        f"There is no column {column!r}.{meant} The mixture has {', '.join(names[:_SHOWN])}{more}."
    )


def places_of(schema: Schema, columns: Any) -> IntArray:
    """Where some columns are, in the order given; one may be given by itself.

    Raises
    ------
    MixturaError
        If there are none, or one of them is unknown or comes twice.
    """
    if isinstance(columns, str | Integral):
        columns = [columns]
    if not isinstance(columns, Iterable) or isinstance(columns, set | frozenset):
        raise MixturaError(
            f"columns={columns!r}; expected names or numbers of columns in an order, such as "
            f"[{schema.names[0]!r}]."
        )
    places = [place_of(schema, column) for column in columns]
    if not places:
        raise MixturaError("No columns are given: name one at least.")
    for number, place in enumerate(places):
        if place in places[:number]:
            raise MixturaError(f"Column {schema[place].name} is given twice: once is enough.")
    return np.array(places, dtype=np.intp)


def cells_of(mixture: Mixture[Any, Any], schema: Schema, given: Any) -> tuple[IntArray, FloatArray]:
    """Where some columns are, and the numbers that stand for what is given of them, ascending.

    Raises
    ------
    MixturaError
        If there is none, or a column is unknown or cannot have its value.
    """
    if not isinstance(given, Mapping):
        raise MixturaError(
            f"given={given!r}; expected a dict from columns to values, such as "
            f"{{{schema.names[0]!r}: ...}}."
        )
    places = places_of(schema, list(given))
    pairs = zip(places.tolist(), given.values(), strict=True)
    cells = np.array([_cell(schema[place], value) for place, value in pairs])
    order = places.argsort()
    _check(mixture, schema, places, cells)
    return places[order], cells[order]


def _cell(column: Column, value: Any) -> float:
    """The number that stands for a value in a column."""
    wrong = f"The value {value!r} is given for column {column.name}: "
    try:
        if column.levels:
            cells = as_cells(np.array([value], dtype=object))
            code = float(as_codes([(column.name, cells)], Schema((column,)))[0, 0])
        else:
            code = _number(value)
    except CellError as error:
        raise MixturaError(f"{wrong}{error.expected}.") from None
    except (TypeError, ValueError, OverflowError):
        raise MixturaError(f"{wrong}expected one number.") from None
    if not np.isfinite(code):
        raise MixturaError(f"{wrong}expected one that is known. Leave a column out that is not.")
    return code


def _number(value: Any) -> float:
    """A number as such; NaN for none."""
    if isinstance(value, str) or np.ndim(value):
        raise TypeError
    return float("nan" if value is None else value)


def _check(mixture: Mixture[Any, Any], schema: Schema, places: IntArray, cells: FloatArray) -> None:
    """See that the family can have such cells."""
    if not is_described(mixture.family):
        return
    row = np.full((1, len(schema)), np.nan)
    row[0, places] = cells
    try:
        description_of(mixture.family).check(row, schema)
    except CellError as error:
        raise MixturaError(
            f"The value {error.cell} is given for column {error.column}: {error.expected}."
        ) from None
