"""`mixtura report`: the HTML report of a model about a table."""

from __future__ import annotations

from pathlib import Path

import click

from mixtura.cli.datafile import DataFile
from mixtura.cli.options import (
    data_argument,
    decimal_option,
    delimiter_option,
    file_or_stdout,
    label_option,
    model_argument,
    quiet_option,
)

__all__ = ["report"]


@click.command(short_help="Write an HTML report of a model.")
@model_argument
@data_argument
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, readable=False),
    metavar="FILE",
    callback=file_or_stdout,
    default=Path("report.html"),
    show_default=True,
    help="Where the page goes; - is standard output.",
)
@label_option
@delimiter_option
@decimal_option
@quiet_option
def report(
    model: Path,
    data: DataFile,
    output: Path | None,
    label: str | None,
    delimiter: str | None,
    decimal: str | None,
    quiet: bool,
) -> None:
    """Write an HTML report of a fitted model about the rows of a table.

    DATA needs the columns that MODEL was fitted to, by name; cells may be missing. The page is
    one file that works without a network.

    \b
    Example:
      mixtura report penguins-mixtura/model.json more.csv -o more.html
    """  # noqa: D301  click wants the character, not the letters
    from mixtura.cli.destination import check_file
    from mixtura.cli.features import features_of_model
    from mixtura.cli.kept import Wishes
    from mixtura.cli.page import report_page
    from mixtura.cli.progress import lines
    from mixtura.cli.reading import read_table
    from mixtura.cli.visible import visible
    from mixtura.persistence.atomic_files import Staging
    from mixtura.persistence.model_file import read_model

    fitted = read_model(model)
    if output is not None:
        check_file(output, [model, data.place], (".html", ".htm"))
    wishes = Wishes(label=label)
    with lines(quiet, f"Reading {data.name}") as tell:
        table = read_table(data, delimiter, decimal, wishes.places, tell)
    features = features_of_model(table, fitted)
    told = () if fitted.record is None else fitted.record.notes
    notes = (*table.notes, *features.notes, *told)
    page = report_page(fitted, table, features, notes=notes, wishes=wishes)
    if output is None:
        click.echo(page.encode(), nl=False)
        return
    with Staging() as staging:
        staging.place(output).write_text(page, encoding="utf-8")
    click.echo(visible(str(output)))
