"""The file that a table comes in: opened once, whatever it is, and read from there."""

from __future__ import annotations

import gzip
import os
import re
import signal
import stat
import sys
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO, Self, cast

import click

from mixtura.errors import DataError

__all__ = ["DataFile"]

_GZIP = b"\x1f\x8b"
_BLOCK = 1 << 20

# Files that are no table, by their first bytes; what they are, and what to do.
_FOREIGN = {
    b"PK\x03\x04": "a spreadsheet (Excel, OpenDocument) or zip file: save the sheet as CSV",
    b"\xd0\xcf\x11\xe0": "an old Excel file: save the sheet as CSV",
    b"\0" * 12 + b"\xc2\xea\x81\x60": "a SAS table: save it as CSV, in Python with "
    "pandas.read_sas(...).to_csv(...)",
    b"$FL": "an SPSS table: save it as CSV, in Python with pandas.read_spss(...).to_csv(...)",
    b"<stata_dta>": "a Stata table: save it as CSV, there with export delimited",
    **dict.fromkeys(
        (b"X\n\0\0", b"RDX2\n", b"RDX3\n"),
        "an R object: save the table as CSV, there with write.csv(..., row.names = FALSE)",
    ),
    **dict.fromkeys(
        (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05"),
        "a pickle of Python: save the table as CSV or Parquet, with to_csv or to_parquet",
    ),
    b"\x93NUMPY": "an array of NumPy: save it as CSV, with numpy.savetxt(..., delimiter=',')",
    b"\x89HDF": "an HDF5 file: save the table as CSV or Parquet",
    b"SQLite format 3": "a database: save the table as CSV",
    b"%PDF": "a PDF document: save the table as CSV",
    b"\xff\xfe": "UTF-16 text, not UTF-8: save it as UTF-8 (or iconv -f utf-16 -t utf-8)",
    b"\xfe\xff": "UTF-16 text, not UTF-8: save it as UTF-8 (or iconv -f utf-16 -t utf-8)",
    b"BZh91AY&SY": "packed with bzip2: unpack it first, or pack it with gzip",
    b"\xfd7zXZ": "packed with xz: unpack it first, or pack it with gzip",
    b"\x28\xb5\x2f\xfd": "packed with zstd: unpack it first, or pack it with gzip",
    b"\x00": "no text: it begins with a NUL byte. Save the table as CSV in UTF-8",
}


# Text that is no table, by the ending of the name and how it begins.
_JSON = "a JSON file: save the table as CSV, in Python with pandas.read_json(...).to_csv(...)"
_MARKUP = "a page or XML: save the table as CSV"
_NO_TABLES = {
    **dict.fromkeys((".json", ".jsonl", ".ndjson", ".geojson"), ((b"{", b"["), _JSON)),
    **dict.fromkeys((".html", ".htm", ".xml", ".xls"), ((b"<",), _MARKUP)),
}


@dataclass(frozen=True)
class DataFile:
    """Where a table is read from.

    Attributes
    ----------
    path : Path or None
        None is standard input.
    more : tuple of Path
        Further files of the same columns, whose rows follow.
    """

    path: Path | None
    more: tuple[Path, ...] = ()

    @classmethod
    def of(cls, argument: str, *more: str) -> Self:
        """What words of the command line mean: '-' is standard input."""
        return cls(None if argument == "-" else Path(argument), tuple(map(Path, more)))

    @property
    def several(self) -> bool:
        """Whether these are files of one table: a list, a folder or a pattern."""
        if self.path is None:
            return False
        return bool(self.more) or self.path.is_dir() or self._is_pattern

    @property
    def _is_pattern(self) -> bool:
        path = str(self.path)
        return any(sign in path for sign in "*?[") and not Path(path).exists()

    @property
    def paths(self) -> list[Path]:
        """Of all files, as they were given."""
        return [*([] if self.path is None else [self.path]), *self.more]

    def __str__(self) -> str:
        """The path in words; bytes that are no UTF-8 are escaped."""
        if self.path is None:
            return "standard input"
        return _printable(str(self.path)) + self._and_more

    @property
    def _and_more(self) -> str:
        return f" and {len(self.more)} more" if self.more else ""

    @property
    def place(self) -> Path:
        """The path, '-' being standard input, to be told from those of outputs."""
        return Path("-") if self.path is None else self.path

    @property
    def places(self) -> list[Path]:
        """Of all files that may be read."""
        return [self.place, *self.more]

    @property
    def name(self) -> str:
        """Of the file alone, without its folder."""
        if self.path is None:
            return str(self)
        inside = self.path.parent.name if self._is_pattern else ""
        own = self.path.name or self.path.resolve().name
        return _printable(f"{inside}/{own}" if inside else own) + self._and_more

    @property
    def stem(self) -> str:
        """What results are named after: 'penguins' for penguins.csv.gz. Bytes are not escaped.

        Of a pattern it is what comes before its first sign, or else the folder: 'big' for
        big/*.parquet.
        """
        if self.path is None:
            return "stdin"
        if self._is_pattern:
            before = re.split(r"[*?\[]", str(self.path))[0]
            return Path(before.rstrip("-_. ")).name or "tables"
        return Path(self.path.name.removesuffix(".gz")).stem or self.path.resolve().name

    @property
    def suffix(self) -> str:
        """Ending of the name in small letters, before that of compression."""
        if self.path is None:
            return ""
        return Path(self.path.name.lower().removesuffix(".gz")).suffix

    @contextmanager
    def opened(self) -> Iterator[BinaryIO]:
        """The content, unpacked, which can be read several times.

        Raises
        ------
        DataError
            If there is none, or it goes wrong while it is read in the block.
        """
        try:
            with ExitStack() as stack:
                file = self._seekable(stack)
                first = _first_bytes(file)
                if first.startswith(_GZIP) or self._called_gzip:
                    # The file below it is closed by its own.
                    file = cast(BinaryIO, stack.enter_context(gzip.GzipFile(fileobj=file)))
                    first = _first_bytes(file)
                self._check(first)
                yield file
        except (gzip.BadGzipFile, zlib.error, EOFError) as error:
            raise DataError(
                f"{self} cannot be unpacked with gzip ({error}). Was it cut short? Pack it anew."
            ) from None
        except FileNotFoundError:
            raise DataError(f"{self}: no such file.") from None
        except OSError as error:
            raise DataError(f"{self} cannot be read: {error.strerror or error}.") from None
        except MemoryError:
            raise DataError(
                f"{self} does not fit into memory: read fewer rows, or fewer columns."
            ) from None

    @property
    def _called_gzip(self) -> bool:
        return self.path is not None and self.path.suffix.lower() == ".gz"

    def _check(self, first: bytes) -> None:
        if not first:
            raise DataError(f"{self} is empty.")
        for mark, what in _FOREIGN.items():
            if first.startswith(mark):
                raise DataError(f"{self} is {what}.")
        marks, no_table = _NO_TABLES.get(self.suffix, ((), ""))
        if first.lstrip().startswith(marks):
            raise DataError(f"{self} is {no_table}.")

    def _seekable(self, stack: ExitStack) -> BinaryIO:
        """The file itself, or a copy of what can be read only once."""
        if os.name == "posix":
            # Polars has the system go on after Ctrl-C, with waiting for a pipe's writer as well.
            signal.siginterrupt(signal.SIGINT, True)
        if self.path is None:
            if sys.stdin is None:  # closed by who started the program
                raise DataError("Standard input is closed: give a file, or pipe a table in.")
            return self._copy(sys.stdin.buffer, stack)
        mode = self.path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise DataError(f"{self} is a folder: give a file in it.")
        if stat.S_ISSOCK(mode) or stat.S_ISBLK(mode):
            raise DataError(f"{self} is no file but a socket or a disk: give a file.")
        file = stack.enter_context(self.path.open("rb"))
        return file if stat.S_ISREG(mode) else self._copy(file, stack)

    def _copy(self, stream: BinaryIO, stack: ExitStack) -> BinaryIO:
        """All that comes, in a file without a name, which is gone however the program ends."""
        self._make_ready(stream)
        try:
            spool = cast(BinaryIO, stack.enter_context(tempfile.TemporaryFile()))  # noqa: SIM115
            for block in iter(partial(stream.read, _BLOCK), b""):
                if spool.tell() == 0:
                    self._check(block)  # before a large file is copied in vain
                spool.write(block)
                if len(block) < _BLOCK:  # the end; a terminal would want to be told so again
                    break
        except OSError as error:
            raise DataError(
                f"{self} cannot be copied to a temporary file ({error.strerror or error}). "
                "Save the table to a file, or set TMPDIR to a folder with more room."
            ) from None
        return spool

    def _make_ready(self, stream: BinaryIO) -> None:
        """See that it ends, and that reading waits for what is still to come."""
        try:
            descriptor = stream.fileno()
        except OSError:  # no file of the system
            return
        status = os.fstat(descriptor)
        if stream.isatty():
            click.echo(f"Reading {self} from the terminal; Ctrl-D ends the table.", err=True)
        elif stat.S_ISCHR(status.st_mode) and status.st_rdev != os.stat(os.devnull).st_rdev:
            raise DataError(
                f"{self} is a device, which may never end: give a file, or pipe a table in."
            )
        if os.name == "posix":
            os.set_blocking(descriptor, True)


def _first_bytes(file: BinaryIO) -> bytes:
    file.seek(0)
    first = file.read(16)
    file.seek(0)
    return first


def _printable(path: str) -> str:
    return os.fsencode(path).decode(errors="backslashreplace")
