"""The table that `mixtura explore` shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mixtura.cli.datafile import DataFile
from mixtura.cli.features import EXCLUDED, Features, choose_features
from mixtura.cli.large_table import LargeTable
from mixtura.cli.memory import check_text, is_large
from mixtura.cli.progress import Tell, lines
from mixtura.cli.reading import read_table
from mixtura.cli.table import Table
from mixtura.cli.wanted import Wanted
from mixtura.cli.wording import listing
from mixtura.errors import DataError
from mixtura.explorer import MOST_ROWS
from mixtura.explorer import Table as Explored
from mixtura.families.registry import description_named

__all__ = ["explored_table"]


def explored_table(
    data: DataFile,
    columns: Sequence[str] | None = None,
    exclude: Sequence[str] | None = None,
    seed: int = 0,
    delimiter: str | None = None,
    decimal: str | None = None,
    quiet: bool = True,
) -> Explored:
    """The columns of numbers, chosen as for a fit of measurements.

    Raises
    ------
    DataError
        If there are none; the message says why.
    """
    with lines(quiet, f"Reading {data.name}") as tell:
        table = _read(data, seed, delimiter, decimal, tell)
    wanted = Wanted.of(table, columns, exclude)
    _check_numbers(wanted)
    features = choose_features(description_named("gaussian"), wanted)
    return Explored.of(
        table.name,
        features.names,
        features.values,
        n_rows=table.n_rows,
        notes=[*table.notes, *_left_out(features)],
        seed=seed,
    )


def _check_numbers(wanted: Wanted) -> None:
    """Raise DataError if no column has any."""
    if not any(column.n_numbers for column in wanted.columns):
        names = listing([column.name for column in wanted.columns])
        raise DataError(
            f"{wanted.table.name} has no numbers in {names}: the explorer shows columns of numbers."
        )


def _left_out(features: Features) -> Iterator[str]:
    for reason, names in features.left_out_by_reason.items():
        each = "each " if len(names) > 1 and reason != EXCLUDED else ""
        yield f"Left out: {listing(names)} ({each}{reason})."


def _read(
    data: DataFile, seed: int, delimiter: str | None, decimal: str | None, tell: Tell
) -> Table:
    """All rows of a table that fits into memory, or a sample."""
    if not is_large(data, MOST_ROWS):
        return read_table(data, delimiter, decimal, tell=tell)
    check_text(data, delimiter, decimal)
    return LargeTable.looked_at(data, MOST_ROWS, seed, tell).table
