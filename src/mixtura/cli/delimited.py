"""Delimited text: cells between commas or the like, first line the names.

Read with Python's csv module, not with a faster parser: those pad short rows in silence or
guess a column's type from its first cells, and cannot name the row that is wrong.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import zlib
from collections.abc import Iterable, Iterator, Sequence
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import BinaryIO, TextIO, cast

import polars as pl

from mixtura.cli.cells import is_missing, is_number
from mixtura.cli.wording import count
from mixtura.errors import DataError

__all__ = ["read_delimited"]

_DELIMITERS = (",", ";", "\t", "|")
_NAMES = {"\t": "tabs", ";": "semicolons", "|": "vertical bars", ",": "commas"}
_LINES_TRIED = 20
_ROWS_AT_ONCE = 20_000


def read_delimited(
    path: Path, delimiter: str | None
) -> tuple[Sequence[str], pl.DataFrame, tuple[str, ...]]:
    """Names as they stand, cells as strings, and notes on what was guessed.

    Raises
    ------
    DataError
        If the file is no such text; the message says where and what to do.
    """
    try:
        return _read(path, delimiter or _detect(path))
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path} is not UTF-8 text: {_undecodable(path)} has the byte "
            f"0x{error.object[error.start]:02X}. Save it as UTF-8 (an editor's 'save with "
            "encoding', or iconv -f latin1 -t utf-8)."
        ) from None
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise DataError(
            f"{path} cannot be unpacked with gzip ({error}). Was it cut short? Pack it anew."
        ) from None


def _open(path: Path) -> TextIO:
    return TextIOWrapper(_open_binary(path), encoding="utf-8-sig", newline="")


def _open_binary(path: Path) -> BinaryIO:
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b" or path.suffix.lower() == ".gz"
    # The caller closes it.
    return cast(BinaryIO, gzip.open(path)) if packed else path.open("rb")


def _has_byte_order_mark(path: Path) -> bool:
    with _open_binary(path) as file:
        return file.read(3) == codecs.BOM_UTF8


def _detect(path: Path) -> str:
    """The delimiter that cuts the first lines into equally many cells, and into the most."""
    with _open(path) as text:
        lines = list(islice(text, _LINES_TRIED))

    def regularity(delimiter: str) -> tuple[bool, int]:
        widths = [len(cells) for cells in csv.reader(lines, delimiter=delimiter) if cells]
        return len(set(widths)) == 1 and widths[0] > 1, widths[0] if widths else 0

    if ".tsv" in path.suffixes:
        return "\t"
    return max(_DELIMITERS, key=regularity)


def _read(path: Path, delimiter: str) -> tuple[Sequence[str], pl.DataFrame, tuple[str, ...]]:
    with _open(path) as text:
        reader = csv.reader(text, delimiter=delimiter, strict=True)
        try:
            first = next((cells for cells in reader if cells), None)
            if first is None:
                raise DataError(f"{path} is empty.")
            names, rows, notes = _header(first, _rows(reader, len(first), path))
            frame = _frame(rows, len(first))
        except csv.Error as error:
            raise DataError(
                f"{path} is no regular table at line {reader.line_num}: {error}. "
                "Look there for a quotation mark that is not closed."
            ) from None
    if _has_byte_order_mark(path):
        notes = ("The file begins with a byte-order mark, which is skipped.", *notes)
    if delimiter != ",":
        notes = (f"The cells are separated by {_NAMES.get(delimiter, repr(delimiter))}.", *notes)
    return names, frame, notes


def _header(
    first: list[str], rows: Iterator[list[str]]
) -> tuple[Sequence[str], Iterator[list[str]], tuple[str, ...]]:
    """Names, unless the first line is a row of numbers itself."""
    numbers = [is_number(cell) for cell in first]
    if not any(numbers) or not all(
        number or is_missing(cell) for number, cell in zip(numbers, first, strict=True)
    ):
        return [name.strip() for name in first], rows, ()
    names = [f"column_{i}" for i in range(1, len(first) + 1)]
    note = f"The first line is all numbers, so it is data: the columns are called {names[0]}"
    if len(names) > 1:
        note += f" to {names[-1]}"
    return names, _after(first, rows), (f"{note}.",)


def _after(first: list[str], rows: Iterator[list[str]]) -> Iterator[list[str]]:
    yield first
    yield from rows


def _rows(reader: Iterator[list[str]], width: int, path: Path) -> Iterator[list[str]]:
    """The rows after the first line, each checked for its number of cells."""
    number = blank = 0
    for cells in reader:
        if not cells:
            blank += 1
            continue
        if width == 1:
            # In a table of one column an empty line is a missing cell, unless it is the last.
            yield from [[""]] * blank
            number, blank = number + blank, 0
        number += 1
        if len(cells) != width:
            raise DataError(
                f"{path}: data row {number} has {count(len(cells), 'cell')} where the first line "
                f"has {width}. Mend that row, or name the --delimiter."
            )
        yield cells


def _frame(rows: Iterator[list[str]], width: int) -> pl.DataFrame:
    frames = [_strings([()] * width)]
    while batch := list(islice(rows, _ROWS_AT_ONCE)):
        frames.append(_strings(zip(*batch, strict=True)))
    return pl.concat(frames)


def _strings(columns: Iterable[Sequence[str]]) -> pl.DataFrame:
    return pl.DataFrame(
        [pl.Series(str(i), cells, dtype=pl.String) for i, cells in enumerate(columns)]
    )


def _undecodable(path: Path) -> str:
    """The first line that is not UTF-8: the text layer decodes ahead of the line it is at."""
    with _open(path) as text:
        for number, line in enumerate(text.buffer, start=1):
            try:
                line.decode("utf-8-sig")
            except UnicodeDecodeError:
                return f"line {number}"
    return "its end"
