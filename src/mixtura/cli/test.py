"""`mixtura test`: how many clusters, by testing each number against one more."""

from __future__ import annotations

from typing import Any

import click

from mixtura.cli.datafile import DataFile
from mixtura.cli.document import print_document
from mixtura.cli.options import (
    asked_family,
    columns_option,
    data_argument,
    decimal_option,
    delimiter_option,
    equal_weights_option,
    exclude_option,
    family_option,
    jobs_option,
    json_option,
    mixed_option,
    quiet_option,
    run_of_counts,
    seed_option,
    weights_option,
)
from mixtura.cli.own_options import OwnOptions, own_options

__all__ = ["test"]


@click.command(short_help="Test how many clusters there are.")
@data_argument
@click.option(
    "-k",
    "--components",
    metavar="COUNTS",
    callback=run_of_counts,
    default="1-8",
    show_default=True,
    help="Numbers of clusters, each to be tested against one more: 3 or 1-8.",
)
@family_option
@mixed_option
@columns_option
@exclude_option
@weights_option
@click.option(
    "--replicates",
    type=click.IntRange(min=1),
    metavar="NUMBER",
    default=199,
    show_default=True,
    help="Most samples drawn for a test. 999 tell p-values to the third decimal.",
)
@click.option(
    "--level",
    type=click.FloatRange(0.0, 1.0, min_open=True, max_open=True),
    metavar="SHARE",
    default=0.05,
    show_default=True,
    help="A number is rejected if its p-value is no larger.",
)
@click.option(
    "--starts",
    type=click.IntRange(min=1),
    metavar="NUMBER",
    default=1,
    show_default=True,
    help="Starts of each model for the table, besides those from the smaller model with a cluster "
    "cut in two.",
)
@equal_weights_option
@own_options(several=False)
@seed_option
@jobs_option
@delimiter_option
@decimal_option
@json_option
@quiet_option
def test(
    data: DataFile,
    components: tuple[int, ...],
    family: str | dict[str, str],
    mixed: bool,
    columns: tuple[str, ...] | None,
    exclude: tuple[str, ...] | None,
    weights: str | None,
    replicates: int,
    level: float,
    starts: int,
    equal_weights: bool,
    seed: int,
    jobs: int,
    delimiter: str | None,
    decimal: str | None,
    as_json: bool,
    quiet: bool,
    **own: Any,
) -> None:
    """Test how many clusters there are: 1 against 2, 2 against 3, until one more gains nothing.

    One more cluster always fits better. How much better it would fit by chance, if there were no
    such cluster, is found by drawing samples from the smaller model and fitting both to each
    (McLachlan 1987). The p-value is the share of the samples, the table counted as one, in which
    the larger model gained as much as in the table. A test ends early once it can no longer
    reject. No file is written.

    fit compares all numbers and shapes at once, and says which describes the rows best; test
    asks of one shape whether a further cluster is more than chance. Two cautions: clusters of
    another shape than the one fitted count as several, and samples of measurements have no equal
    values, so a table of rounded ones may get too many clusters.

    What the families are for, and which columns they take, mixtura fit --help tells.

    \b
    Examples:
      mixtura test penguins.csv --columns body_mass_g
      mixtura test survey.csv --family categorical -k 1-4 --jobs -1
      mixtura test penguins.csv -k 3 --replicates 999
    """  # noqa: D301  click wants the character, not the letters
    from mixtura.cli.family import choose_family
    from mixtura.cli.features import choose_features, read_weights
    from mixtura.cli.progress import lines
    from mixtura.cli.reading import read_table
    from mixtura.cli.trial import Trial
    from mixtura.cli.wanted import Wanted

    options = OwnOptions.of(own)
    with lines(quiet, f"Reading {data.name}") as tell:
        table = read_table(data, delimiter, decimal, tell=tell)
    wanted = Wanted.of(table, columns, exclude, weights)
    choice = choose_family(asked_family(family, mixed), options, wanted)
    features = choose_features(choice.description, wanted, choice.by_column)
    options.check_columns(len(features.names))
    weight = None if weights is None else read_weights(table, weights, features)
    trial = Trial(
        components,
        choice,
        options,
        replicates=replicates,
        level=level,
        starts=starts,
        seed=seed,
        jobs=jobs or 1,
        equal_weights=equal_weights,
    )

    # rich and scikit-learn: not before all that can be wrong has been looked at.
    from mixtura.cli.console import print_verdict, watch

    with watch(quiet) as progress:
        verdict = trial.run(table, features, weight, progress)
    if as_json:
        print_document(verdict.document())
    else:
        print_verdict(verdict)
