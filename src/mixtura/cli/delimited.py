"""Delimited text: cells between commas or the like, first line the names.

Read with Python's csv module, not with a faster parser: those pad short rows in silence or
guess a column's type from its first cells, and cannot name the row that is wrong.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from io import StringIO, TextIOWrapper
from itertools import chain, islice
from typing import BinaryIO, TextIO

import polars as pl

from mixtura.cli.amounts import may_be_amounts, with_amounts
from mixtura.cli.cells import is_missing, is_number, read_cells
from mixtura.cli.columns import Tally
from mixtura.cli.datafile import DataFile
from mixtura.cli.header import Choose, header
from mixtura.cli.names import Names, unique_names
from mixtura.cli.progress import Tell
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


def read_delimited(
    data: DataFile,
    file: BinaryIO,
    delimiter: str | None,
    decimal: str | None,
    keep: Choose,
    tell: Tell,
) -> Table:
    """Read text, with a delimiter and a mark before decimals, each found out if it is not given.

    Some columns are kept as they are.

    Raises
    ------
    DataError
        If the file is no such text; the message says where and what to do.
    """
    csv.field_size_limit(LONGEST)  # of the whole process, which is the command's own
    try:
        text = _Text(data, file, delimiter or _detect(data, file), decimal)
        return text.read(keep, lambda n: tell(n, None, "rows", f"Reading {data.name}"))
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


@dataclass(frozen=True)
class _Text:
    """A file of text, whose cells are read in one way."""

    data: DataFile
    file: BinaryIO
    delimiter: str
    decimal: str | None

    def read(self, keep: Choose, seen: Callable[[int], None]) -> Table:
        """The table; told is how many rows have been seen."""
        notes: list[str] = []
        with self._rows(notes) as (given, rows):
            tally, values = _content(rows, len(given), self.decimal or ".", seen)
        names = Names(tuple(unique_names(given)))
        columns = list(tally.columns(names.listed, values))
        amounts = [j for j, column in enumerate(columns) if may_be_amounts(column)]
        kept = set(keep(header(self.data.name, names.listed)))
        texts = self._texts(sorted({*amounts, *kept}), seen)
        for j in amounts:
            columns[j] = with_amounts(columns[j], texts[j], self.decimal)
        raw = {j: texts[j].replace("", None) for j in kept}
        renamed = names.renamed(given)
        return Table(self.data.name, "csv", tuple(columns), values, (*notes, *renamed), raw=raw)

    def _texts(self, places: Sequence[int], seen: Callable[[int], None]) -> dict[int, pl.Series]:
        """All cells of some columns, as they are written: the file is read once more."""
        if not places:
            return {}
        parts = {j: [pl.Series(dtype=pl.String)] for j in places}
        n = 0
        with self._rows([]) as (given, rows):
            while batch := list(islice(rows, max(1, _CELLS_AT_ONCE // len(given)))):
                for j, part in parts.items():
                    part.append(pl.Series([cells[j] for cells in batch], dtype=pl.String))
                n += len(batch)
                seen(n)
        return {j: pl.concat(part) for j, part in parts.items()}

    @contextmanager
    def _rows(self, notes: list[str]) -> Iterator[tuple[Sequence[str], Iterator[list[str]]]]:
        """The names and all rows after them; notes are taken on what is unusual."""
        if _has_byte_order_mark(self.file):
            notes.append("The file begins with a byte-order mark, which is skipped.")
        if self.delimiter != ",":
            called = _NAMES.get(self.delimiter, repr(self.delimiter))
            notes.append(f"The cells are separated by {called}.")
        with _text(self.file) as text:
            reader = csv.reader(_lines(self.data, text), delimiter=self.delimiter, strict=True)
            try:
                first = next((cells for cells in reader if cells), None)
                if first is None:
                    raise DataError(f"{self.data} is empty.")
                if any("\0" in cell for cell in first):
                    raise DataError(
                        f"{self.data} has NUL bytes in its first line: it is no text, or UTF-16. "
                        "Save the table as CSV in UTF-8."
                    )
                given, rows = _header(first, reader, self.decimal or ".", notes)
                yield given, _rows(self.data, rows, len(first), notes)
            except csv.Error as error:
                raise DataError(
                    f"{self.data} is no regular table at line {reader.line_num}: {error}. "
                    "Look there for a quotation mark that is not closed."
                ) from None


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
    first: list[str], others: Iterator[list[str]], decimal: str, notes: list[str]
) -> tuple[Sequence[str], Iterator[list[str]]]:
    """Names and rows: the first line is of names, unless it is all numbers itself."""
    numbers = [is_number(cell, decimal) for cell in first]
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
    rows: Iterator[list[str]], width: int, decimal: str, seen: Callable[[int], None]
) -> tuple[Tally, FloatArray]:
    """What is in the rows, and the numbers."""
    tally, numbers = Tally(width), Rows(width)
    while batch := list(islice(rows, max(1, _CELLS_AT_ONCE // width))):
        texts = pl.Series(list(chain.from_iterable(batch)), dtype=pl.String)
        cells = read_cells(texts, decimal).reshape(len(batch), width)
        tally.add(cells, texts)
        numbers.append(cells.values)
        seen(tally.n_rows)
    return tally, numbers.matrix()


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
