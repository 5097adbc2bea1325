"""Delimited text: cells between commas or the like, first line the names.

Read with Python's csv module, not with a faster parser: those pad short rows in silence or
guess a column's type from its first cells, and cannot name the row that is wrong.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from io import StringIO, TextIOWrapper
from itertools import chain, islice
from typing import BinaryIO, TextIO

import polars as pl

from mixtura.cli.cells import is_missing, is_number, read_cells
from mixtura.cli.columns import Tally
from mixtura.cli.datafile import DataFile
from mixtura.cli.header import Choose, header
from mixtura.cli.names import Names, unique_names
from mixtura.cli.rows import Rows
from mixtura.cli.table import Table
from mixtura.cli.wording import count
from mixtura.errors import DataError
from mixtura.typing import FloatArray

__all__ = ["read_delimited"]

_DELIMITERS = (",", ";", "\t", "|")
_NAMES = {"\t": "tabs", ";": "semicolons", "|": "vertical bars", ",": "commas"}
_LINES_TRIED = 20
_CHARACTERS_TRIED = 1 << 20
_CELLS_AT_ONCE = 50_000

#: Characters in a line, and in a cell: millions of columns fit, but not the memory of a machine.
LONGEST = 1 << 26


def read_delimited(data: DataFile, file: BinaryIO, delimiter: str | None, keep: Choose) -> Table:
    """Read text, and keep the cells of some columns as they are.

    Raises
    ------
    DataError
        If the file is no such text; the message says where and what to do.
    """
    csv.field_size_limit(LONGEST)  # of the whole process, which is the command's own
    try:
        return _read(data, file, delimiter or _detect(data, file), keep)
    except UnicodeDecodeError as error:
        raise DataError(
            f"{data} is not UTF-8 text: {_undecodable(file)} has the byte "
            f"0x{error.object[error.start]:02X}. Save it as UTF-8 (an editor's 'save with "
            "encoding', or iconv -f latin1 -t utf-8)."
        ) from None


@contextmanager
def _text(file: BinaryIO) -> Iterator[TextIO]:
    """The file from its beginning; it stays open."""
    file.seek(0)
    text = TextIOWrapper(file, encoding="utf-8-sig", newline="")
    try:
        yield text
    finally:
        text.detach()


def _detect(data: DataFile, file: BinaryIO) -> str:
    """The delimiter that cuts the first lines into equally many cells, and into the most."""
    with _text(file) as text:
        sample = StringIO(text.read(_CHARACTERS_TRIED), newline="")
    lines = list(islice(sample, _LINES_TRIED))
    cut = len(lines) == _LINES_TRIED or sample.tell() == _CHARACTERS_TRIED

    def regularity(delimiter: str) -> tuple[bool, int]:
        rows = [cells for cells in csv.reader(lines, delimiter=delimiter) if cells]
        widths = [len(cells) for cells in (rows[:-1] if cut and len(rows) > 1 else rows)]
        return len(set(widths)) == 1 and widths[0] > 1, widths[0] if widths else 0

    if data.suffix == ".tsv":
        return "\t"
    return max(_DELIMITERS, key=regularity)


def _read(data: DataFile, file: BinaryIO, delimiter: str, keep: Choose) -> Table:
    notes = []
    if _has_byte_order_mark(file):
        notes.append("The file begins with a byte-order mark, which is skipped.")
    if delimiter != ",":
        notes.append(f"The cells are separated by {_NAMES.get(delimiter, repr(delimiter))}.")
    with _text(file) as text:
        reader = csv.reader(_lines(data, text), delimiter=delimiter, strict=True)
        try:
            first = next((cells for cells in reader if cells), None)
            if first is None:
                raise DataError(f"{data} is empty.")
            if any("\0" in cell for cell in first):
                raise DataError(
                    f"{data} has NUL bytes in its first line: it is no text, or UTF-16. "
                    "Save the table as CSV in UTF-8."
                )
            given, rows = _header(first, reader, notes)
            names = Names(tuple(unique_names(given)))
            rows = _rows(data, rows, len(first), notes)
            kept = sorted(set(keep(header(data.name, names.listed))))
            tally, values, raw = _content(rows, len(first), kept)
        except csv.Error as error:
            raise DataError(
                f"{data} is no regular table at line {reader.line_num}: {error}. "
                "Look there for a quotation mark that is not closed."
            ) from None
    columns = tally.columns(names.listed, values)
    notes.extend(names.renamed(given))
    return Table(data.name, "csv", columns, values, tuple(notes), raw=raw)


def _has_byte_order_mark(file: BinaryIO) -> bool:
    file.seek(0)
    return file.read(3) == codecs.BOM_UTF8


def _lines(data: DataFile, text: TextIO) -> Iterator[str]:
    """The lines, none of them so long that it would fill the memory."""
    while line := text.readline(LONGEST):
        if len(line) == LONGEST:
            raise DataError(
                f"{data} has a line of more than {LONGEST:,} characters: give each row its line."
            )
        yield line


def _header(
    first: list[str], others: Iterator[list[str]], notes: list[str]
) -> tuple[Sequence[str], Iterator[list[str]]]:
    """Names and rows: the first line is of names, unless it is all numbers itself."""
    numbers = [is_number(cell) for cell in first]
    if not any(numbers) or not all(
        number or is_missing(cell) for number, cell in zip(numbers, first, strict=True)
    ):
        return first, others
    names = [f"column_{i}" for i in range(1, len(first) + 1)]
    called = names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}"
    notes.append(f"The first line is all numbers, so it is data: the columns are called {called}.")
    return names, chain([first], others)


def _rows(
    data: DataFile, lines: Iterator[list[str]], width: int, notes: list[str]
) -> Iterator[list[str]]:
    """The rows after the names, each checked for its number of cells."""
    number = blank = 0
    for cells in lines:
        if not cells:
            blank += 1
            continue
        if width == 1 and blank:
            # In a table of one column an empty line is a missing cell, unless it is the last.
            yield from [[""]] * blank
            number += blank
        blank = 0
        number += 1
        if len(cells) != width:
            raise DataError(
                f"{data}: data row {number} has {count(len(cells), 'cell')} where the first line "
                f"has {width}. Mend that row, or name the --delimiter."
            )
        yield cells
    if width == 1 and blank:
        notes.append(f"{count(blank, 'empty line')} at the end of the file: not taken for rows.")


def _content(
    rows: Iterator[list[str]], width: int, kept: Sequence[int]
) -> tuple[Tally, FloatArray, dict[int, pl.Series]]:
    """What is in the rows, the numbers, and some columns as they are."""
    tally, numbers = Tally(width), Rows(width)
    raw = {j: pl.Series(dtype=pl.String) for j in kept}
    while batch := list(islice(rows, max(1, _CELLS_AT_ONCE // width))):
        texts = pl.Series(list(chain.from_iterable(batch)), dtype=pl.String)
        cells = read_cells(texts).reshape(len(batch), width)
        tally.add(cells, texts)
        numbers.append(cells.values)
        for j, column in raw.items():
            column.append(texts.gather_every(width, j).replace("", None))
    return tally, numbers.matrix(), raw


def _undecodable(file: BinaryIO) -> str:
    """The first line that is not UTF-8: the text layer decodes ahead of the line it is at."""
    file.seek(0)
    decoder, number = codecs.getincrementaldecoder("utf-8")(), 1
    for block in iter(partial(file.read, 1 << 20), b""):
        try:
            decoder.decode(block)
        except UnicodeDecodeError as error:
            return f"line {number + bytes(error.object[: error.start]).count(10)}"
        number += block.count(b"\n")
    return "its end"
