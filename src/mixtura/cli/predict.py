"""`mixtura predict`: soft assignments of the rows of a table by a model."""

from __future__ import annotations

from pathlib import Path

import click

from mixtura.cli.datafile import DataFile
from mixtura.cli.options import (
    data_arguments,
    decimal_option,
    delimiter_option,
    digits_of,
    digits_option,
    keep_option,
    label_option,
    model_argument,
    output_option,
    quiet_option,
)

__all__ = ["predict"]


@click.command(short_help="Assign rows to the clusters of a model.")
@model_argument
@data_arguments
@output_option
@keep_option
@label_option
@click.option(
    "--value",
    metavar="COLUMN",
    help="Predict this column of the model from the others, in place of the cluster.",
)
@click.option(
    "--interval",
    type=click.FloatRange(0.0, 1.0, min_open=True, max_open=True),
    metavar="SHARE",
    help="With --value, also the ends of the interval that has this share of its distribution.",
)
@digits_option
@delimiter_option
@decimal_option
@quiet_option
def predict(
    model: Path,
    data: DataFile,
    output: Path | None,
    keep: tuple[str, ...] | None,
    label: str | None,
    value: str | None,
    interval: float | None,
    digits: int | None,
    delimiter: str | None,
    decimal: str | None,
    quiet: bool,
) -> None:
    """Assign the rows of a table to the clusters of a fitted model.

    DATA, where - is standard input, needs the columns that MODEL was fitted to, by name; others do
    not matter. A category is the same however it is written, such as 1, 01 and 1.0; one that MODEL
    does not know is an error. For each row the output has its number, what names it if a column
    does, its likeliest cluster, the uncertainty (the probability of any other cluster), and p0, p1,
    ...: the probability of each cluster. A model with noise adds a column for it, and its rows have
    cluster -1. A row that misses values is assigned by those that it has.

    Probabilities only say which cluster explains a row best, and none may explain it well. So there
    is also its log_density under the model, and its typicality: the share of the model's own rows
    that are as unlikely, or more so. A row is "unlike" the model where that is below 0.001.

    With --value COLUMN the output has that column of the model in place of clusters: its mean given
    the row's other cells, and with --interval 0.9 the ends of the central 90 %; or its likeliest
    level, and p_LEVEL, the probability of each. DATA may lack it, and others.

    A pattern in quotes, a folder, or several files are one table. It is read, and the output
    written, part by part: neither has to fit into memory.

    \b
    Examples:
      mixtura predict penguins-mixtura/model.json more.csv
      mixtura predict penguins-mixtura/model.json more.csv -o more-clusters.parquet
      mixtura predict penguins-mixtura/model.json more.csv --value body_mass_g --interval 0.9
      mixtura predict trips-mixtura/model.json 'trips/*.parquet' -o clusters.parquet
    """  # noqa: D301  click wants the character, not the letters
    from mixtura.cli.destination import check_file, check_outside
    from mixtura.cli.features import features_of_model
    from mixtura.cli.frames import ENDINGS, format_of, put_blocks, put_parts
    from mixtura.cli.kept import Wishes
    from mixtura.cli.large_table import assigned_by
    from mixtura.cli.memory import check_text, is_large
    from mixtura.cli.predicted import predicted
    from mixtura.cli.progress import lines, telling
    from mixtura.cli.reading import read_table
    from mixtura.cli.whole_table import assigned_whole
    from mixtura.errors import MixturaError
    from mixtura.persistence.model_file import read_model

    if interval is not None and value is None:
        raise click.UsageError("--interval is for --value: name the column that is predicted.")
    wishes = Wishes(keep or (), label, digits_of(digits, format_of(output)))
    fitted = read_model(model)
    if output is not None:
        check_file(output, [model, *data.places], ENDINGS)
        check_outside(output, data.paths)
    with lines(quiet, f"Reading {data.name}") as tell:
        if is_large(data) and value is not None:
            raise MixturaError(
                f"{data.name} is read part by part, and --value takes a table as a whole: give one "
                "file, or the rows of a large one in several calls."
            )
        if is_large(data):
            check_text(data, delimiter, decimal)
            put_parts(assigned_by(fitted, data, wishes, tell), output)
            return
        table = read_table(data, delimiter, decimal, wishes.places, tell)
        if value is not None:
            put_blocks(predicted(fitted, table, value, interval, wishes), output)
            return
        n_rows = table.n_rows
        tell(0, n_rows, "rows", f"Assigning the rows of {data.name}")
        assignments = assigned_whole(fitted, table, features_of_model(table, fitted), wishes)
        del table  # a large one is not kept while the result is made
        told = f"Writing the assignments of {data.name}"
        put_blocks(telling(assignments.blocks(), len, n_rows, tell, told), output)
