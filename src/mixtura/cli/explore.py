"""`mixtura explore`: EM by hand on the rows of a table, in the browser."""

from __future__ import annotations

from pathlib import Path

import click

from mixtura.cli.datafile import DataFile
from mixtura.cli.options import (
    columns_option,
    data_argument,
    decimal_option,
    delimiter_option,
    exclude_option,
    is_stdout,
    quiet_option,
    seed_option,
)

__all__ = ["explore"]


@click.command(short_help="Run EM by hand in the browser.")
@data_argument
@columns_option
@exclude_option
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    metavar="NUMBER",
    default=0,
    help="Of this machine, where the page is served; 0 for any that is free.  [default: 0]",
)
@click.option("--no-browser", is_flag=True, help="Only tell the address.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, readable=False),
    metavar="FILE",
    help="Write the page to a file instead, which works without this program; - is standard "
    "output.",
)
@seed_option
@delimiter_option
@decimal_option
@quiet_option
def explore(
    data: DataFile,
    columns: tuple[str, ...] | None,
    exclude: tuple[str, ...] | None,
    port: int,
    no_browser: bool,
    output: Path | None,
    seed: int,
    delimiter: str | None,
    decimal: str | None,
    quiet: bool,
) -> None:
    """Run EM by hand on a table, in the browser: E and M, restarts, means that can be dragged.

    DATA is a table as for fit, of which the columns of numbers are taken. The page is served to
    this machine alone until Ctrl-C ends that; it has the whole program in it, and loads and sends
    nothing. Of a large table it shows a random sample of rows, and says so.

    Begin with the buttons E and M. Under "Worksheet" the page has a course of eight steps, from
    two species of animals to the choice of how many, with answers that are checked.

    \b
    Examples:
      mixtura explore penguins.csv
      mixtura explore penguins.csv --columns bill_length_mm,body_mass_g -o penguins.html
    """  # noqa: D301  click wants the character, not the letters
    from mixtura.cli.destination import check_file
    from mixtura.cli.explored import explored_table
    from mixtura.cli.served import serve
    from mixtura.cli.visible import visible
    from mixtura.explorer.page import render
    from mixtura.persistence.atomic_files import Staging

    if output is not None and not is_stdout(output):
        check_file(output, [data.place], (".html", ".htm"))
    page = render(explored_table(data, columns, exclude, seed, delimiter, decimal, quiet))
    if output is None:
        serve(page, port, browser=not no_browser)
    elif is_stdout(output):
        click.echo(page.encode(), nl=False)
    else:
        with Staging() as staging:
            staging.place(output).write_text(page, encoding="utf-8")
        click.echo(visible(str(output)))
