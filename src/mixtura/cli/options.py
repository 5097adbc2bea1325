"""Arguments and options that several commands take, and how option values are read."""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import Any

import click

from mixtura.cli.datafile import DataFile

__all__ = [
    "algorithm_option",
    "asked_family",
    "checkpoint_option",
    "columns_option",
    "component_counts",
    "data_argument",
    "data_arguments",
    "decimal_option",
    "delimiter_option",
    "digits_of",
    "digits_option",
    "engine_option",
    "equal_weights_option",
    "exclude_option",
    "family_option",
    "file_or_stdout",
    "is_stdout",
    "jobs_option",
    "json_option",
    "keep_option",
    "known_option",
    "label_option",
    "master_option",
    "mixed_option",
    "model_argument",
    "output_option",
    "quiet_option",
    "run_of_counts",
    "sample_option",
    "scheduler_option",
    "seed_option",
    "weights_option",
]


_STDOUT = [Path(name) for name in ("-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1")]

# No table that a fit can take has more; a slip of the finger should not fill the memory.
_MOST_CLUSTERS = 100_000


def component_counts(
    context: click.Context, param: click.Parameter, value: str | None
) -> tuple[int, ...] | None:
    """Numbers of components from '3', '1-9', '2,4,6' or '1-3,6'; None if none are asked for."""
    return None if value is None else _counts(value)


def _counts(value: str) -> tuple[int, ...]:
    counts: set[int] = set()
    for part in value.split(","):
        first, dash, last = part.strip().partition("-")
        if not dash:
            last = first
        if not (first.isdecimal() and last.isdecimal()):
            raise click.BadParameter(f"{part!r} is no number; write 3, 1-9 or 2,4,6.")
        if len(last) > len(str(_MOST_CLUSTERS)) or int(last) > _MOST_CLUSTERS:
            raise click.BadParameter(f"there are at most {_MOST_CLUSTERS:,} components.")
        if len(first) > len(last) or int(first) > int(last):
            raise click.BadParameter(f"{part!r} runs backwards; write {last}-{first}.")
        low, high = int(first), int(last)
        if low < 1:
            raise click.BadParameter("there is at least 1 component.")
        counts.update(range(low, high + 1))
    return tuple(sorted(counts))


def run_of_counts(context: click.Context, param: click.Parameter, value: str) -> tuple[int, ...]:
    """Numbers of components that follow each other, from '3' or '1-8'."""
    counts = _counts(value)
    if len(counts) <= counts[-1] - counts[0]:
        raise click.BadParameter(f"{value!r} has gaps; write 3 or 1-8.")
    return counts


def _words(value: str) -> tuple[str, ...]:
    """From 'a,b'; one with a comma in it goes in quotes."""
    return tuple(word for row in csv.reader([value], skipinitialspace=True) for word in row)


def _families(context: click.Context, param: click.Parameter, value: str) -> str | dict[str, str]:
    """'auto', the name of a family, or names of families by columns."""
    if value == "auto":
        return value
    from mixtura.families.registry import DESCRIPTIONS

    names = [description.name for description in DESCRIPTIONS.values()]
    parts = _words(value) if "=" in value else []
    by_column = dict(map(_assigned, parts))
    for family in by_column.values() if parts else [value]:
        if family not in names:
            raise click.BadParameter(f"{family!r} is unknown; choose auto, {', '.join(names)}.")
    return by_column or value


def _assigned(part: str) -> tuple[str, str]:
    column, equals, family = part.rpartition("=")
    if not (column and equals and family):
        raise click.BadParameter(f"{part!r} is no column with a family; write a=gaussian.")
    return column, family


class _Chain(click.Choice[str]):
    """One of some words, or several with commas between."""

    name = "chain"

    def convert(
        self, value: str | tuple[str, ...], param: click.Parameter | None, ctx: click.Context | None
    ) -> Any:
        """A word, or a tuple of several."""
        parts = value.split(",") if isinstance(value, str) else value
        words = tuple(super(_Chain, self).convert(part.strip(), param, ctx) for part in parts)
        return words[0] if len(words) == 1 else words


def asked_family(family: str | dict[str, str], mixed: bool) -> str | dict[str, str]:
    """What --family and --mixed come to together."""
    if mixed and isinstance(family, str) and family not in ("auto", "mixed"):
        raise click.UsageError(f"--mixed and --family {family} are two wishes: leave one out.")
    return "mixed" if mixed and isinstance(family, str) else family


def _column_names(
    context: click.Context, param: click.Parameter, value: str | None
) -> tuple[str, ...] | None:
    """Names from 'a,b'; a name with a comma in it goes in quotes."""
    if value is None:
        return None
    names = _words(value)
    if not names or not all(name.strip() for name in names):
        raise click.BadParameter("a name is empty; write a,b,c.")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise click.BadParameter(f"{', '.join(twice)} is named twice.")
    return names


def _one_character(context: click.Context, param: click.Parameter, value: str | None) -> str | None:
    text = "\t" if value in ("tab", "\\t") else value
    if text is not None and (len(text) != 1 or text in '"\r\n'):
        raise click.BadParameter(f"{text!r} is not one character such as ; or the word tab.")
    return text


def _as_many_as_cores(context: click.Context, param: click.Parameter, value: int) -> int:
    """More threads are no quicker, and very many fail to start."""
    return min(value, os.cpu_count() or 1)


def digits_of(asked: int | None, kind: str) -> int | None:
    """Decimals that a file of a format gets; None for all."""
    digits = (6 if kind == "csv" else 17) if asked is None else asked
    return None if digits == 17 else digits


def file_or_stdout(
    context: click.Context, param: click.Parameter, value: Path | None
) -> Path | None:
    """None for standard output, by whichever of its names."""
    return None if value is None or is_stdout(value) else value


def is_stdout(path: Path) -> bool:
    """Whether a path is one of the names of standard output."""
    return path in _STDOUT


def _data_file(context: click.Context, param: click.Parameter, value: str) -> DataFile:
    return DataFile.of(value)


def _data_files(context: click.Context, param: click.Parameter, value: tuple[str, ...]) -> DataFile:
    if len(value) > 1 and "-" in value:
        raise click.BadParameter("standard input (-) is one table: give it alone.")
    return DataFile.of(*value)


model_argument = click.argument("model", type=click.Path(path_type=Path))

data_argument = click.argument("data", type=click.Path(), callback=_data_file)

data_arguments = click.argument(
    "data", type=click.Path(), nargs=-1, required=True, callback=_data_files
)

sample_option = click.option(
    "--sample",
    type=click.IntRange(min=1),
    metavar="ROWS",
    help="Rows of a large table that are looked at, on which models are compared, and that the "
    "report shows.  [default: as many as suit the columns]",
)

checkpoint_option = click.option(
    "--checkpoint",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Where a long fit of a large table is kept every few seconds: after an interruption the "
    "same command goes on from there, to the same result.",
)

engine_option = click.option(
    "--engine",
    type=click.Choice(["local", "dask", "spark"]),
    metavar="NAME",
    default="local",
    show_default=True,
    help="What passes over the rows of Parquet files: this machine, or dask or spark, whose "
    "workers have to find the files at the same paths.",
)

scheduler_option = click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="Of Dask, such as tcp://host:8786.  [default: threads of this machine]",
)

master_option = click.option(
    "--master",
    metavar="URL",
    help="Of Spark, such as spark://host:7077 or local[4].  [default: as Spark is set up]",
)

delimiter_option = click.option(
    "--delimiter",
    metavar="CHARACTER",
    callback=_one_character,
    help="Between the cells of a text file, such as ; or tab.  [default: found out]",
)

decimal_option = click.option(
    "--decimal",
    type=click.Choice([".", ","]),
    metavar="MARK",
    help="Before the decimals of numbers in text, . or ,: the other one may stand between "
    "thousands.  [default: ., or what is plain from signs such as $ and %]",
)

output_option = click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, readable=False),
    metavar="FILE",
    callback=file_or_stdout,
    help="Where the rows go: CSV, or tabs (.tsv), Parquet or Arrow by the ending of the name.  "
    "[default: CSV to standard output]",
)

seed_option = click.option(
    "--seed",
    type=click.IntRange(0, 2**32 - 1),
    metavar="NUMBER",
    default=0,
    show_default=True,
    help="Fixes what is random: the same seed gives the same result.",
)

family_option = click.option(
    "--family",
    metavar="NAME",
    callback=_families,
    default="auto",
    show_default=True,
    help="Family of distributions that clusters have in the columns, such as categorical. auto "
    "looks at the columns, and tells what it takes and why. height=gaussian,visits=poisson is "
    "--mixed with families for some columns.",
)

mixed_option = click.option(
    "--mixed",
    is_flag=True,
    help="Use numbers, counts, categories, and yes or no together, each column by a family that "
    "suits it; the result tells which.",
)

columns_option = click.option(
    "--columns",
    metavar="NAMES",
    callback=_column_names,
    help="Columns to use, such as a,b; in quotes also patterns, such as 'A*,item_?': * is "
    "anything, ? one character, [ab] one of these.  [default: all that suit the family]",
)

exclude_option = click.option(
    "--exclude",
    metavar="NAMES",
    callback=_column_names,
    help="Columns not to use, by names or patterns, also of those that --columns names.",
)

weights_option = click.option(
    "--weights",
    metavar="COLUMN",
    help="Column of row weights: 2 counts a row twice.  [default: every row counts once]",
)

known_option = click.option(
    "--known",
    metavar="COLUMN",
    help="Column with the clusters that rows are known to belong to, by any names; empty cells "
    "where that is unknown. Those rows stay there, and teach the rest.",
)

algorithm_option = click.option(
    "--algorithm",
    type=_Chain(["em", "hard", "stochastic", "saem", "annealed", "minibatch"]),
    metavar="NAMES",
    default="em",
    show_default=True,
    help="em maximizes the likelihood; hard gives each row to one cluster in every step; "
    "stochastic draws it by chance, saem does so and settles; annealed is em that begins blurred; "
    "minibatch goes through a large table in few passes. Several run one after the other: "
    "stochastic,em.",
)

keep_option = click.option(
    "--keep",
    metavar="COLUMNS",
    callback=_column_names,
    help="Columns of the table that go along with the assignments: names or patterns with commas "
    "between, or all.",
)

label_option = click.option(
    "--label",
    metavar="COLUMN",
    help="The column that names the rows, in assignments and report; '' for none.  [default: one "
    "that looks like it, such as name or id]",
)

digits_option = click.option(
    "--digits",
    type=click.IntRange(1, 17),
    metavar="NUMBER",
    help="Decimals of the probabilities; 17 for every digit.  [default: 6 in CSV, else all]",
)

equal_weights_option = click.option(
    "--equal-weights", is_flag=True, help="Let all clusters weigh the same."
)

jobs_option = click.option(
    "--jobs",
    type=click.IntRange(min=-1),
    metavar="NUMBER",
    default=1,
    show_default=True,
    callback=_as_many_as_cores,
    help="Models fitted at a time, up to the number of cores; -1 for all of them. The result is "
    "the same.",
)

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object instead of text."
)

quiet_option = click.option("--quiet", is_flag=True, help="Show no progress.")
