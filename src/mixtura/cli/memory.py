"""Which tables are read into memory, and which are passed over where they lie."""

from __future__ import annotations

from importlib.util import find_spec

import click

from mixtura.cli.datafile import DataFile
from mixtura.cli.engine import Engine
from mixtura.cli.table import FORMATS
from mixtura.errors import DataError
from mixtura.sources.recognized import shape_of
from mixtura.starts.large_rows import sample_size

__all__ = ["check_text", "is_large", "wants_passes"]


def wants_passes(
    data: DataFile,
    machine: Engine,
    *,
    sample: int | None,
    known: str | None,
    delimiter: str | None,
    decimal: str | None,
) -> bool:
    """Whether a table is to be fitted by passes over its rows, and not in memory.

    Raises
    ------
    click.UsageError
        If options do not go together with that.
    """
    if not (data.several or machine.remote):
        large = known is None and is_large(data, sample)
        if sample is not None and (known is not None or data.suffix not in FORMATS):
            raise click.UsageError(
                "--sample is for tables that are not read into memory: Parquet and Arrow files, "
                "folders and patterns, without --known. Leave it out."
            )
        if large:
            check_text(data, delimiter, decimal)
        return large
    what = "several files" if data.several else f"--engine {machine.name}"
    if data.path is None:
        raise click.UsageError(f"{what} is for files, not for standard input: save the table.")
    if known is not None:
        raise click.UsageError(
            f"--known {known} names clusters row by row, and the rows of {what} are never all in "
            "memory: fit a single file that has the rows whose cluster is known."
        )
    check_text(data, delimiter, decimal)
    return True


def check_text(data: DataFile, delimiter: str | None, decimal: str | None) -> None:
    """Raise UsageError if options say how text is read of a table that is passed over."""
    for option, value in (("--delimiter", delimiter), ("--decimal", decimal)):
        if value is not None:
            what = "several files" if data.several else f"{data}, which is passed over in parts"
            raise click.UsageError(f"{option} is for a single text file, not for {what}.")


def is_large(data: DataFile, n_sample: int | None = None) -> bool:
    """Whether a table is not read into memory.

    Parameters
    ----------
    data : DataFile
    n_sample : int, optional
        Rows that are looked at; by default as many as suit the columns.
    """
    if data.several:
        return True
    if data.path is None or data.suffix not in FORMATS or not data.path.is_file():
        return False
    if data.path.suffix.lower() not in FORMATS or find_spec("pyarrow") is None:
        return False  # packed, or only read as a whole
    try:
        n_rows, n_columns = shape_of(data.path)
    except DataError:
        return False  # whoever reads it as a whole says more
    return n_rows > (n_sample or sample_size(max(n_columns, 1)))
