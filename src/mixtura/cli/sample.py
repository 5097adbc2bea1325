"""`mixtura sample`: new rows from a model."""

from __future__ import annotations

from pathlib import Path

import click

from mixtura.cli.options import (
    model_argument,
    output_option,
    seed_option,
)

__all__ = ["sample"]


@click.command(short_help="Draw new rows from a model.")
@model_argument
@click.option(
    "-n",
    "--rows",
    type=click.IntRange(min=1),
    metavar="NUMBER",
    default=1000,
    show_default=True,
    help="Rows to draw.",
)
@seed_option
@output_option
def sample(model: Path, rows: int, seed: int, output: Path | None) -> None:
    """Draw new rows from a fitted model.

    The output has the model's columns and, last, the cluster that each row came from, -1 for
    noise; the rows come cluster by cluster.

    \b
    Example:
      mixtura sample penguins-mixtura/model.json -n 500 -o invented.csv
    """  # noqa: D301  click wants the character, not the letters
    import numpy as np
    import polars as pl

    from mixtura.cli.frames import check_output, put_frame
    from mixtura.cli.names import unique_names
    from mixtura.persistence.model_file import read_model

    fitted = read_model(model)
    check_output(output)
    drawn, components = fitted.mixture.sample(rows, np.random.default_rng(seed))
    names = fitted.feature_names or [""] * drawn.shape[1]
    columns = [*drawn.T, fitted.mixture.as_labels(components)]
    put_frame(
        pl.DataFrame(dict(zip(unique_names([*names, "cluster"]), columns, strict=True))), output
    )
