"""`mixtura sample`: new rows from a model."""

from __future__ import annotations

from pathlib import Path

import click

from mixtura.cli.options import (
    model_argument,
    output_option,
    quiet_option,
    seed_option,
)

__all__ = ["sample"]

_BLOCK_CELLS = 4_000_000

# Of a table that has to be whole before it is written: 1 GiB, and thrice that while it is made.
_MOST_CELLS = 2**27


@click.command(short_help="Draw new rows from a model.")
@model_argument
@click.option(
    "-n",
    "--rows",
    type=click.IntRange(min=1, max=10**12),
    metavar="NUMBER",
    default=1000,
    show_default=True,
    help="Rows to draw.",
)
@seed_option
@output_option
@quiet_option
def sample(model: Path, rows: int, seed: int, output: Path | None, quiet: bool) -> None:
    """Draw new rows from a fitted model.

    The output has the model's columns and, last, the cluster that each row came from, -1 for
    noise; the rows come in random order.

    \b
    Example:
      mixtura sample penguins-mixtura/model.json -n 500 -o invented.csv
    """  # noqa: D301  click wants the character, not the letters
    import numpy as np

    from mixtura.cli.destination import check_file
    from mixtura.cli.drawn import drawn_frame
    from mixtura.cli.frames import ENDINGS, format_of, is_text, put_blocks
    from mixtura.cli.names import unique_names
    from mixtura.cli.progress import lines, telling
    from mixtura.errors import MixturaError
    from mixtura.persistence.model_file import read_model

    mixture = (fitted := read_model(model)).mixture
    if output is not None:
        check_file(output, [model], ENDINGS)
    names = unique_names([*(fitted.feature_names or [""] * len(fitted.schema)), "cluster"])
    most = _MOST_CELLS // len(names)
    if rows > most and not is_text(format_of(output)):
        raise MixturaError(
            f"{rows:,} rows are too many for a {format_of(output)} file, which is made in memory: "
            f"draw {most:,} at most, or write CSV."
        )
    block, rng = max(1, _BLOCK_CELLS // len(names)), np.random.default_rng(seed)
    blocks = (mixture.sample(min(block, rows - start), rng) for start in range(0, rows, block))
    frames = (
        drawn_frame(fitted.schema, names, drawn, mixture.as_labels(components))
        for drawn, components in blocks
    )
    with lines(quiet, told := "Drawing rows") as tell:
        put_blocks(telling(frames, len, rows, tell, told), output)
