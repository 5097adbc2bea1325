"""`mixtura test`: how many clusters, by testing each number against one more."""

from __future__ import annotations

from pathlib import Path

import click

from mixtura.cli.document import print_document
from mixtura.cli.options import (
    columns_option,
    data_argument,
    delimiter_option,
    equal_weights_option,
    jobs_option,
    json_option,
    noise_option,
    one_covariance,
    prior_option,
    quiet_option,
    run_of_counts,
    seed_option,
    weights_option,
)

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
@click.option(
    "--covariance",
    metavar="NAME",
    callback=one_covariance,
    default="full",
    show_default=True,
    help="Shape of the clusters, one of those of fit.",
)
@columns_option
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
    help="Starts of each model, besides one from the smaller model with a cluster cut in two.",
)
@equal_weights_option
@prior_option
@noise_option
@seed_option
@jobs_option
@delimiter_option
@json_option
@quiet_option
def test(
    data: Path,
    components: tuple[int, ...],
    covariance: str,
    columns: tuple[str, ...] | None,
    weights: str | None,
    replicates: int,
    level: float,
    starts: int,
    equal_weights: bool,
    prior: str,
    noise: bool,
    seed: int,
    jobs: int,
    delimiter: str | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Test how many clusters there are: 1 against 2, 2 against 3, until one more gains nothing.

    One more cluster always fits better. How much better it would fit by chance, if there were no
    such cluster, is found by drawing samples from the smaller model and fitting both to each
    (McLachlan 1987). The p-value is the share of the samples, the table counted as one, in which
    the larger model gained as much as in the table. A test ends early once it can no longer
    reject. No file is written.

    fit compares all numbers and shapes at once, and says which describes the rows best; test
    asks of one shape whether a further cluster is more than chance. Two cautions: clusters of
    another shape than --covariance count as several, and samples have no equal values, so a
    table of rounded ones may get too many clusters.

    \b
    Examples:
      mixtura test penguins.csv --columns body_mass_g
      mixtura test penguins.csv --covariance VEE -k 1-4 --jobs -1
      mixtura test penguins.csv -k 3 --replicates 999
    """  # noqa: D301  click wants the character, not the letters
    from mixtura.cli.features import choose_features, read_weights
    from mixtura.cli.table import read_table
    from mixtura.cli.trial import Trial

    table = read_table(data, delimiter)
    features = choose_features(table, columns, weights)
    weight = None if weights is None else read_weights(table, weights, features)
    trial = Trial(
        components,
        covariance,
        replicates=replicates,
        level=level,
        starts=starts,
        seed=seed,
        jobs=jobs or 1,
        noise=noise,
        equal_weights=equal_weights,
        prior=None if prior == "none" else prior,
    )

    # rich and scikit-learn: not before all that can be wrong has been looked at.
    from mixtura.cli.console import print_verdict, watch

    with watch(quiet) as progress:
        verdict = trial.run(table, features, weight, progress)
    if as_json:
        print_document(verdict.document())
    else:
        print_verdict(verdict)
