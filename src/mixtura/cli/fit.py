"""`mixtura fit`: from a table to a model, soft assignments and a report."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mixtura.cli.datafile import DataFile
from mixtura.cli.document import print_document
from mixtura.cli.options import (
    algorithm_option,
    asked_family,
    checkpoint_option,
    columns_option,
    component_counts,
    data_arguments,
    decimal_option,
    delimiter_option,
    digits_of,
    digits_option,
    engine_option,
    equal_weights_option,
    exclude_option,
    family_option,
    jobs_option,
    json_option,
    keep_option,
    known_option,
    label_option,
    master_option,
    mixed_option,
    quiet_option,
    sample_option,
    scheduler_option,
    seed_option,
    weights_option,
)
from mixtura.cli.own_options import OwnOptions, own_options

if TYPE_CHECKING:
    from mixtura.cli.engine import Engine
    from mixtura.cli.kept import Wishes
    from mixtura.cli.large_table import LargeTable

__all__ = ["fit"]

_NOT_CONVERGED = 3


@click.command(short_help="Find the clusters in a table.")
@data_arguments
@click.option(
    "-k",
    "--components",
    metavar="COUNTS",
    callback=component_counts,
    help="Numbers of clusters to try: 3, 1-9 or 2,4,6.  [default: 1-9, and further while the "
    "criterion falls]",
)
@family_option
@mixed_option
@columns_option
@exclude_option
@weights_option
@known_option
@click.option(
    "--out",
    type=click.Path(path_type=Path, readable=False),
    metavar="FOLDER",
    help="Where the results go.  [default: penguins-mixtura for penguins.csv, in the current "
    "folder]",
)
@click.option(
    "--criterion",
    type=click.Choice(["bic", "aic", "icl", "sabic", "nec", "slope", "cv"]),
    metavar="NAME",
    default="bic",
    show_default=True,
    help="What chooses among the models; see above.",
)
@click.option(
    "--starts",
    type=click.IntRange(min=1),
    metavar="NUMBER",
    help="Starts of each model on its own, besides those from other models; the best is kept.  "
    "[default: until four kinds of starts have found the best, two where EM is quick, 20 at most; "
    "models far behind make one]",
)
@algorithm_option
@equal_weights_option
@own_options(several=True)
@seed_option
@jobs_option
@sample_option
@keep_option
@label_option
@digits_option
@checkpoint_option
@engine_option
@scheduler_option
@master_option
@delimiter_option
@decimal_option
@click.option("--strict", is_flag=True, help="Exit with 3 if the chosen fit did not converge.")
@json_option
@quiet_option
@click.pass_context
def fit(
    context: click.Context,
    /,
    data: DataFile,
    components: tuple[int, ...] | None,
    family: str | dict[str, str],
    mixed: bool,
    columns: tuple[str, ...] | None,
    exclude: tuple[str, ...] | None,
    weights: str | None,
    known: str | None,
    out: Path | None,
    criterion: str,
    starts: int | None,
    algorithm: str | tuple[str, ...],
    equal_weights: bool,
    seed: int,
    jobs: int,
    sample: int | None,
    keep: tuple[str, ...] | None,
    label: str | None,
    digits: int | None,
    checkpoint: Path | None,
    engine: str,
    scheduler: str | None,
    master: str | None,
    delimiter: str | None,
    decimal: str | None,
    strict: bool,
    as_json: bool,
    quiet: bool,
    **own: Any,
) -> None:
    """Find the clusters in a table, how many there are, and how surely each row belongs.

    DATA is a CSV file (also with other delimiters or compressed as .gz), a Parquet or an Arrow
    file; - is standard input. It may also be larger than the memory, see below. Columns of amounts
    such as $1,234.50 and 12% are numbers, and those such as 3,5 with --decimal ,. Empty cells and
    NA, NaN, null, none, ? and - count as missing, at random: rows count by what they have, and one
    without anything belongs to the clusters by their weights.

    Three files go to the output folder, all at once when all is done:

    \b
      model.json        the model, for predict, sample, report, and mixtura.load in Python
      assignments.csv   for each row of the table its number, its likeliest cluster, the
                        uncertainty (probability of any other), and p0, p1, ...: the
                        probability of each cluster; with noise one more for it, and
                        cluster -1; whether the row is unlike the whole model, as by predict.
                        A column that names the rows goes along, and what --keep says.
                        Parquet or Arrow if the table is, and Parquet if it is large.
      report.html       pictures and figures, to be opened in a browser

    \b
    What --family is for, and which columns it takes if none are named:
      gaussian     measurements: numbers, but not codes, nor numbers of the rows
      poisson      counts: whole numbers of 0 or more
      categorical  categories: text, codes, true and false
      bernoulli    yes or no: 0 and 1, true and false, text with two different cells
      mixed        all of these together, each column by its own family (also --mixed)
      exponential  measurements of 0 or more, most of them small: waiting times
      gamma        measurements above 0, skewed: sizes, durations, rainfall
      log_normal   measurements above 0 whose logarithms are bells: incomes, concentrations
      uniform      measurements that lie evenly in boxes
      geometric    counts that fall off from 0 on: failures before a success
      negative_binomial  counts that vary more widely than poisson's
      multinomial  counts of which the shares in a row's total matter: words, species
      von_mises_fisher  directions: rows of numbers whose length does not matter
      factors      measurements in many columns, some thirty or more, of which a few --factors
                   tell what they have in common
      student_t    measurements with heavy tails, or a few far out
    auto takes one of the first four: measurements if there are any.

    \b
    What is left out by every family, unless --columns names it:
      ids          row numbers, other whole numbers that rise in equal steps or are all different
                   and close, and what is called id, PatientID, rownames and the like
      copies       columns that repeat an earlier one, also in another unit
      constants    columns that are the same in every row
    Measurements are also no codes (few whole numbers, each often) and no classes (few whole
    numbers, called class, target, species, ...). But where three or more columns share a range of
    few whole numbers, such as 1 to 6, they are answers to questions, and used. The result names
    every column used, and every one left out with the reason.

    \b
    What --criterion prefers:
      bic     a good fit with few clusters: enough to describe the rows, no more
      aic     the model that predicts new rows best, often with more clusters
      icl     clusters that are well apart, so that few rows are in doubt
      sabic   as bic, but easier on more clusters; for tables of few rows
      nec     the least doubt for what clusters gain; best with one shape
      slope   the size at which the largest models begin to fit noise
      cv      the best prediction of rows left out; ten times the work

    Models of all shapes grow side by side, one cluster after the other: each splits a cluster of
    the one before, and a shape that leads nowhere grows no further. The best models then begin from
    each other until the choice is stable. Models that owe their likelihood to a few rows, or to
    equal ones, are told of, but not chosen.

    \b
    Tables that are larger than the memory:
      'big/*.parquet'  a pattern in quotes, a folder, or several files are one table, whose rows
                       are never all in memory; nor are those of a single Parquet or Arrow file
                       of more than 200,000 rows, or fewer of many columns.
      --sample         So many rows, drawn at random in a first pass, tell what the columns are;
                       models are compared on a sample, too. Then the three best are fitted to
                       all rows, and the result says whether their order held.
      --checkpoint     keeps these fits: the same command goes on from there if it was ended.
      --engine dask    leaves the rows where a cluster of Dask (--scheduler) or Spark (--master)
                       reads them, Parquet files alone. The first pass and the assignments are
                       made here.

    Whether one more cluster is more than chance, mixtura test can tell.

    \b
    Examples:
      mixtura fit penguins.csv
      mixtura fit penguins.csv --columns bill_length_mm,bill_depth_mm --components 2-5
      mixtura fit survey.csv --columns 'A*,E?,age' --exclude A3
      mixtura fit survey.csv --mixed --components 2-6
      mixtura fit survey.csv --family visits=poisson,age=gaussian
      mixtura fit survey.csv.gz --weights weight --family categorical --out survey
      mixtura fit penguins.csv --known species    (names in some rows, the rest empty)
      mixtura fit penguins.csv --algorithm annealed
      grep -v Torgersen penguins.csv | mixtura fit - --out others
      mixtura fit 'trips/*.parquet' --components 2-6 --checkpoint kept
      mixtura fit trips --engine dask --scheduler tcp://host:8786
    """  # noqa: D301  click wants the character, not the letters
    from mixtura.cli.destination import check_outside
    from mixtura.cli.engine import Engine
    from mixtura.cli.family import choose_family
    from mixtura.cli.features import choose_features, read_weights
    from mixtura.cli.going_on import going_on
    from mixtura.cli.kept import Wishes
    from mixtura.cli.known import read_known
    from mixtura.cli.memory import wants_passes
    from mixtura.cli.progress import lines
    from mixtura.cli.reading import read_table
    from mixtura.cli.results import check_places, places, written
    from mixtura.cli.search import Plan
    from mixtura.cli.wanted import Wanted
    from mixtura.cli.whole_table import WholeTable

    options = OwnOptions.of(own)
    machine = Engine.of(engine, scheduler, master)
    rows: WholeTable | LargeTable
    if wants_passes(
        data, machine, sample=sample, known=known, delimiter=delimiter, decimal=decimal
    ):
        wishes = Wishes(keep or (), label, digits_of(digits, "parquet"))
        others = (*(exclude or ()), *filter(None, [weights]), *wishes.words)
        words = None if columns is None else (*columns, *others)
        rows = _looked_at(data, machine, words, wishes, sample=sample, seed=seed, quiet=quiet)
    else:
        wishes = Wishes(keep or (), label)
        with lines(quiet, f"Reading {data.name}") as tell:
            whole = read_table(data, delimiter, decimal, wishes.places, tell)
        wishes = replace(wishes, digits=digits_of(digits, whole.format))
        rows = WholeTable(data.places, whole, wishes)
    table = rows.table
    with rows.counted():
        wanted = Wanted.of(table, columns, exclude, weights, known)
        choice = choose_family(asked_family(family, mixed), options, wanted)
        features = choose_features(choice.description, wanted, choice.by_column)
        weight = None if weights is None else read_weights(table, weights, features)
    features = rows.with_all_levels(features)
    plan = Plan.of(
        features,
        weight,
        components,
        family=choice.description.name,
        parameters=choice.parameters,
        own=options,
        criterion=criterion,
        algorithm=algorithm,
        equal_weights=equal_weights,
        known=None if known is None else read_known(table, known, features),
        starts=starts,
        seed=seed,
        jobs=jobs or 1,
        sample=sample,
        checkpoint=checkpoint,
    )
    files = places(out or Path(f"{data.stem}-mixtura"), table)
    check_places(files, rows.files)
    check_outside(files["assignments"], data.paths)

    # rich and scikit-learn: not before all that can be wrong has been looked at.
    from mixtura.cli.console import print_fit, watch

    with going_on(checkpoint), watch(quiet) as progress:
        found, parts = rows.fitted(plan, features, weight, weights, progress)
        result = written(found, parts, table, choice, features, files, weight, wishes)
    if as_json:
        print_document(result.document())
    else:
        print_fit(result)
    if strict and not result.record.converged:
        click.echo(f"mixtura: {result.record.status.text} (--strict).", err=True)
        context.exit(_NOT_CONVERGED)


def _looked_at(
    data: DataFile,
    machine: Engine,
    words: tuple[str, ...] | None,
    wishes: Wishes,
    *,
    sample: int | None,
    seed: int,
    quiet: bool,
) -> LargeTable:
    """A large table after a first look at the columns that words name, or at all."""
    from mixtura.cli.console import watch
    from mixtura.cli.header import called
    from mixtura.cli.large_table import LargeTable

    choose = None if words is None else called(*words)
    with watch(quiet) as progress:
        return LargeTable.looked_at(data, sample, seed, progress, machine, choose, wishes=wishes)
