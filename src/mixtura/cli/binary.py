"""Tables in Parquet and Arrow, whose columns have types."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from gzip import GzipFile
from io import SEEK_END, BytesIO
from typing import BinaryIO

import numpy as np
import polars as pl

from mixtura.cli.amounts import may_be_amounts, with_amounts
from mixtura.cli.columns import Column, read_series
from mixtura.cli.datafile import DataFile
from mixtura.cli.header import Choose, header
from mixtura.cli.names import Names, unique_names
from mixtura.cli.table import Table
from mixtura.errors import DataError
from mixtura.typing import FloatArray

__all__ = ["read_binary"]

_READERS: dict[str, Callable[[BinaryIO], pl.DataFrame]] = {
    "parquet": pl.read_parquet,
    "arrow": pl.read_ipc,
    "arrow stream": pl.read_ipc_stream,
}


def read_binary(
    data: DataFile, file: BinaryIO, kind: str, decimal: str | None, keep: Choose
) -> Table:
    """Read 'parquet', 'arrow' or 'arrow stream', with a mark before decimals in texts.

    Some columns are kept as they are.

    Raises
    ------
    DataError
        If the file is not of this kind.
    """
    frame = _read(data, file, kind)
    given = frame.columns
    names = Names(tuple(unique_names(given)))
    values = np.empty(frame.shape)
    series = frame.get_columns()
    raw = {j: series[j] for j in sorted(set(keep(header(data.name, names.listed))))}
    # One after the other, so that no column stays behind when its numbers have been taken.
    del frame
    columns = [
        _column(series.pop(0).alias(name), values[:, j], decimal)
        for j, name in enumerate(names.listed)
    ]
    return Table(data.name, kind.split()[0], tuple(columns), values, names.renamed(given), raw=raw)


def _column(series: pl.Series, values: FloatArray, decimal: str | None) -> Column:
    column = read_series(series, values, decimal or ".")
    if not may_be_amounts(column):
        return column
    return with_amounts(column, series.cast(pl.String), decimal)


def _read(data: DataFile, file: BinaryIO, kind: str) -> pl.DataFrame:
    try:
        with _silence():
            return _READERS[kind](_for_polars(file))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        reason = " ".join(str(error).split())[:200]
        raise DataError(
            f"{data} cannot be read as {kind.capitalize()} ({reason}). Was it cut short? "
            "Write it anew, or save the table as CSV."
        ) from None


@contextmanager
def _silence() -> Iterator[None]:
    """Nothing on stderr from polars, which prints a page about some damaged files itself."""
    try:
        stderr = os.dup(2)
    except OSError:  # closed
        yield
        return
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)


def _for_polars(file: BinaryIO) -> BinaryIO:
    """An open file, since polars takes a path with brackets in it for a pattern."""
    # It reads from the descriptor: where a packed file is still packed, and from wherever that
    # stands, which a seek from the end makes sure of.
    if isinstance(file, GzipFile):
        return BytesIO(file.read())
    file.seek(0, SEEK_END)
    file.seek(0)
    return file
