"""Tables that go to a file or to standard output."""

from __future__ import annotations

from pathlib import Path

import click
import polars as pl

from mixtura.cli.destination import check_file
from mixtura.cli.table import FORMATS
from mixtura.persistence.atomic_files import Staging

__all__ = ["check_output", "put_frame", "write_frame"]


def check_output(output: Path | None) -> None:
    """See that the output can be written, before the work is done in vain."""
    if output is not None:
        check_file(output)


def put_frame(frame: pl.DataFrame, output: Path | None) -> None:
    """Write a table to a file, in the format of its name, or as CSV to standard output."""
    if output is None:
        click.echo(frame.write_csv(), nl=False)
        return
    with Staging() as staging:
        write_frame(frame, staging.place(output), FORMATS.get(output.suffix.lower(), "csv"))


def write_frame(frame: pl.DataFrame, path: Path, kind: str) -> None:
    """Write a table as 'csv', 'parquet' or 'arrow'."""
    if kind == "parquet":
        frame.write_parquet(path)
    elif kind == "arrow":
        frame.write_ipc(path)
    else:
        frame.write_csv(path)
