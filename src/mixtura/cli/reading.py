"""Reading of tables: which format it is, by the content before the name."""

from __future__ import annotations

from typing import BinaryIO

from mixtura.cli.binary import read_binary
from mixtura.cli.datafile import DataFile
from mixtura.cli.delimited import read_delimited
from mixtura.cli.header import Choose, no_column
from mixtura.cli.progress import Tell, silent
from mixtura.cli.table import FORMATS, Table
from mixtura.errors import DataError

__all__ = ["read_table"]

_FIRST_BYTES = {
    b"PAR1": "parquet",
    b"ARROW1": "arrow",
    b"\xff\xff\xff\xff": "arrow stream",
}


def read_table(
    data: DataFile,
    delimiter: str | None = None,
    decimal: str | None = None,
    keep: Choose = no_column,
    tell: Tell = silent,
) -> Table:
    """Read a table from delimited text, Parquet or Arrow, also compressed with gzip.

    Parameters
    ----------
    data : DataFile
    delimiter : str, optional
        Between the cells of delimited text; found out when left out.
    decimal : {'.', ','}, optional
        The mark before decimals in text; a point when left out, and what is plain from the cells.
    keep : callable, optional
        Gives the places of columns whose cells are kept as they are, too.
    tell : callable, optional
        Told how many rows have been read.

    Raises
    ------
    DataError
        If the file is no table; the message says where and what to do.
    """
    with data.opened() as file:
        kind = _format(data, file)
        if kind == "csv":
            table = read_delimited(data, file, delimiter, decimal, keep, tell)
        else:
            table = read_binary(data, file, kind, decimal, keep)
    if len(table.values) == 0:
        raise DataError(f"{data} has column names but no rows.")
    return table


def _format(data: DataFile, file: BinaryIO) -> str:
    first = file.read(8)
    file.seek(0)
    by_content = [kind for mark, kind in _FIRST_BYTES.items() if first.startswith(mark)]
    return by_content[0] if by_content else FORMATS.get(data.suffix, "csv")
