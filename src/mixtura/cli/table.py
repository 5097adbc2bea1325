"""A table as it comes from a file: every row, every column, names that are unique."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import polars as pl

from mixtura.cli.delimited import read_delimited
from mixtura.cli.names import unique_names
from mixtura.cli.wording import listing, suggestion
from mixtura.errors import DataError

__all__ = ["FORMATS", "Table", "read_table"]

#: Kinds of files, by the ending of their names; all others are taken for delimited text.
FORMATS = {
    ".parquet": "parquet",
    ".pq": "parquet",
    ".arrow": "arrow",
    ".feather": "arrow",
    ".ipc": "arrow",
}

_FIRST_BYTES = {
    b"PAR1": "parquet",
    b"ARROW1": "arrow",
    b"\xff\xff\xff\xff": "arrow stream",
}
_ZIP = b"PK\x03\x04"

_READERS: dict[str, Callable[[BinaryIO], pl.DataFrame]] = {
    "parquet": pl.read_parquet,
    "arrow": pl.read_ipc,
    "arrow stream": pl.read_ipc_stream,
}


@dataclass(frozen=True)
class Table:
    """A file's rows and columns.

    Attributes
    ----------
    name : str
        Name of the file, without its folder.
    format : {'csv', 'parquet', 'arrow'}
        'csv' for all delimited text.
    frame : polars.DataFrame
        Delimited text has only columns of strings.
    notes : tuple of str
        What was guessed or changed on the way.
    """

    name: str
    format: str
    frame: pl.DataFrame
    notes: tuple[str, ...]

    def column(self, name: str) -> pl.Series:
        """The cells of a column, or DataError."""
        known = self.frame.columns
        if name not in known:
            raise DataError(
                f"{self.name} has no column {name!r}.{suggestion(name, known)} "
                f"Its columns are {listing(known)}."
            )
        return self.frame[name]


def read_table(path: Path, delimiter: str | None = None) -> Table:
    """Read a table from delimited text (also compressed with gzip), Parquet or Arrow.

    Parameters
    ----------
    path : Path
    delimiter : str, optional
        Between the cells of delimited text; found out when left out.

    Raises
    ------
    DataError
        If the file is no table; the message says where and what to do.
    """
    kind = _format(path)
    if kind == "csv":
        names, frame, notes = read_delimited(path, delimiter)
    else:
        frame, notes = _read_binary(path, kind), ()
        names = frame.columns
    if frame.height == 0:
        raise DataError(f"{path} has column names but no rows.")
    unique = unique_names(names)
    renamed = [
        f"The {_ordinal(i)} column {f'is a second {old!r}' if old else 'has no name'}: "
        f"it is called {new!r} here."
        for i, (old, new) in enumerate(zip(names, unique, strict=True), start=1)
        if old != new
    ]
    frame.columns = unique
    return Table(path.name, kind.split()[0], frame, (*notes, *renamed))


def _format(path: Path) -> str:
    if not path.exists():
        raise DataError(f"{path}: no such file.")
    if path.is_dir():
        raise DataError(f"{path} is a folder: give a file in it.")
    with path.open("rb") as file:
        first = file.read(8)
    if not first:
        raise DataError(f"{path} is empty.")
    if first.startswith(_ZIP):
        raise DataError(f"{path} is an Excel or zip file: save the table as CSV.")
    by_content = [kind for mark, kind in _FIRST_BYTES.items() if first.startswith(mark)]
    return by_content[0] if by_content else FORMATS.get(path.suffix.lower(), "csv")


def _read_binary(path: Path, kind: str) -> pl.DataFrame:
    try:
        # An open file, since polars takes a path with brackets in it for a pattern.
        with path.open("rb") as file:
            return _READERS[kind](file)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        reason = " ".join(str(error).split())[:200]
        raise DataError(
            f"{path} cannot be read as {kind.capitalize()} ({reason}). Was it cut short? "
            "Write it anew, or save the table as CSV."
        ) from None


def _ordinal(n: int) -> str:
    ending = "th" if n % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{ending}"
