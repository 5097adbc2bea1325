"""Tables that go to a file or to standard output."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import polars as pl

from mixtura.cli.assignments import Assignments
from mixtura.cli.table import FORMATS
from mixtura.cli.tally import Tally
from mixtura.persistence.atomic_files import Staging
from mixtura.sources.recognized import writing
from mixtura.typing import AnyArray

__all__ = [
    "ENDINGS",
    "format_of",
    "is_text",
    "put_blocks",
    "put_parts",
    "write_blocks",
    "write_parts",
]


_TEXTS = {".csv": "csv", ".tsv": "tsv", ".txt": "csv"}

#: Of names of files that a table can be written to.
ENDINGS = (*_TEXTS, *FORMATS)


def format_of(output: Path | None) -> str:
    """The format that goes with the name of an output: 'csv', 'tsv', 'parquet' or 'arrow'."""
    return "csv" if output is None else (_TEXTS | FORMATS).get(output.suffix.lower(), "csv")


def is_text(kind: str) -> bool:
    """Whether a format is written part by part, and never held as a whole."""
    return kind in _TEXTS.values()


def put_blocks(blocks: Iterable[pl.DataFrame], output: Path | None) -> None:
    """Write a table that comes in blocks of rows; as CSV it is never held as a whole."""
    if output is None:
        _write_csv(blocks, sys.stdout.buffer)
        return
    with Staging() as staging, staging.place(output).open("wb") as file:
        _WRITERS[format_of(output)](blocks, file)


def write_blocks(blocks: Iterable[pl.DataFrame], path: Path, kind: str) -> None:
    """Write a table in blocks of rows as 'csv', 'parquet' or 'arrow'."""
    with path.open("wb") as file:
        _WRITERS[kind](blocks, file)


def put_parts(parts: Iterator[Assignments], output: Path | None) -> None:
    """Write assignments of a large table that come part by part, of which none is kept."""
    if output is None or is_text(format_of(output)):
        put_blocks((block for part in parts for block in part.blocks()), output)
        return
    with Staging() as staging:
        write_parts(parts, staging.place(output), format_of(output))


def write_parts(parts: Iterator[Assignments], path: Path, kind: str) -> Tally:
    """Write assignments that come part by part as 'parquet' or 'arrow', and count their rows."""
    tally: Tally | None = None
    with path.open("wb") as file, writing(file, kind) as write:
        for part in parts:
            columns = part.columns(slice(0, len(part.clusters)))
            write({name: _of_arrow(cells) for name, cells in columns.items()})
            tally = part.tally if tally is None else tally + part.tally
    assert tally is not None  # no table is without rows
    return tally


def _of_arrow(cells: AnyArray | pl.Series) -> Any:
    return cells if isinstance(cells, np.ndarray) else cells.to_arrow()


# Polars makes the bytes and Python writes them: of a full disk Polars tells without its number,
# and it knows no file names that are not UTF-8.


def _write_csv(blocks: Iterable[pl.DataFrame], file: BinaryIO, separator: str = ",") -> None:
    for i, block in enumerate(blocks):
        file.write(block.write_csv(include_header=i == 0, separator=separator).encode())


def _write_parquet(blocks: Iterable[pl.DataFrame], file: BinaryIO) -> None:
    made = BytesIO()
    pl.concat(blocks).write_parquet(made)
    file.write(made.getbuffer())


def _write_arrow(blocks: Iterable[pl.DataFrame], file: BinaryIO) -> None:
    made = BytesIO()
    pl.concat(blocks).write_ipc(made)
    file.write(made.getbuffer())


_WRITERS: dict[str, Callable[[Iterable[pl.DataFrame], BinaryIO], None]] = {
    "csv": _write_csv,
    "tsv": partial(_write_csv, separator="\t"),
    "parquet": _write_parquet,
    "arrow": _write_arrow,
}
