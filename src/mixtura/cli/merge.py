"""`mixtura merge`: a model whose clusters are groups of another model's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mixtura.cli.datafile import DataFile
from mixtura.cli.options import (
    decimal_option,
    delimiter_option,
    json_option,
    model_argument,
    quiet_option,
)

if TYPE_CHECKING:
    from mixtura.explain.merge_tree import Groups, MergeTree
    from mixtura.persistence.model_file import Model

__all__ = ["merge"]

_TREES = ("hills", "entropy")


def _data(context: click.Context, param: click.Parameter, value: str | None) -> DataFile | None:
    return None if value is None else DataFile.of(value)


def _by(context: click.Context, param: click.Parameter, value: str) -> str | Groups:
    """One of the names, or the groups that are written out."""
    if value in _TREES:
        return value
    try:
        return [[int(number) for number in group.split("+")] for group in value.split(",")]
    except ValueError:
        raise click.BadParameter(
            f"{value!r}: give hills, entropy, or the clusters of each group, such as 0+2,1."
        ) from None


@click.command(short_help="Merge clusters of a model that belong together.")
@model_argument
@click.argument("data", type=click.Path(), callback=_data, required=False)
@click.option(
    "--by",
    metavar="WAY",
    callback=_by,
    default="hills",
    show_default=True,
    help="hills, entropy, or the clusters of each group: 0+2,1 is clusters 0 and 2 together, and 1 "
    "as it is.",
)
@click.option(
    "--clusters",
    type=click.IntRange(min=1),
    metavar="NUMBER",
    help="How many there are to be.  [default: one for each hill, or where the entropy has its "
    "elbow]",
)
@click.option(
    "--ratio",
    type=click.FloatRange(0.0, 1.0, min_open=True),
    metavar="SHARE",
    help="Merge hills, too, between which the density is nowhere below this share of that on the "
    "lower summit; 0.2 is common.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False, readable=False),
    metavar="FILE",
    default=Path("merged.json"),
    show_default=True,
    help="Where the model goes.",
)
@delimiter_option
@decimal_option
@json_option
@quiet_option
def merge(
    model: Path,
    data: DataFile | None,
    by: str | Groups,
    clusters: int | None,
    ratio: float | None,
    output: Path,
    delimiter: str | None,
    decimal: str | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Merge clusters of a model that belong together, into a model of fewer and richer ones.

    A group that is not shaped as one cluster can be, bent or skewed, is fitted by several. By hills
    those are merged that share a hill of the density, for measurements. By entropy those are merged
    that are hardest to tell apart about the rows of DATA, for any family; --clusters says how far.
    A report of MODEL shows both.

    The density stays what it was, and so do the rows' log-densities: each new cluster is a mixture
    of old ones. It predicts, samples and is reported as any model.

    \b
    Examples:
      mixtura merge penguins-mixtura/model.json
      mixtura merge penguins-mixtura/model.json penguins.csv --by entropy -o merged.json
      mixtura merge penguins-mixtura/model.json --by 0+2,1
    """  # noqa: D301  click wants the character, not the letters
    from mixtura.cli.destination import check_file
    from mixtura.persistence.atomic_files import Staging
    from mixtura.persistence.model_file import read_model, write_model

    _check(by, data, clusters, ratio)
    fitted = read_model(model)
    check_file(output, [model] if data is None else [model, data.place], (".json",))
    if isinstance(by, str):
        tree = _tree(fitted, by, data, delimiter, decimal, quiet)
        above = None if ratio is None else tree.n_clusters_above(ratio)
        groups = tree.groups(above if clusters is None else clusters)
    else:
        groups = by
    merged = _merged(fitted, groups)
    with Staging() as staging:
        write_model(merged, staging.place(output))
    _tell(merged, groups, output, as_json)


def _check(
    by: str | Groups, data: DataFile | None, clusters: int | None, ratio: float | None
) -> None:
    """See that all that is given has a meaning beside the rest."""
    if (by == "entropy") != (data is not None):
        raise click.UsageError(
            "--by entropy looks at rows: give DATA, such as the table of the fit."
            if by == "entropy"
            else "DATA is for --by entropy: leave it out."
        )
    if ratio is not None and (by != "hills" or clusters is not None):
        raise click.UsageError("--ratio is for --by hills without --clusters.")
    if clusters is not None and not isinstance(by, str):
        raise click.UsageError("--clusters is for --by hills or entropy: the groups are given.")


def _tree(
    fitted: Model,
    by: str,
    data: DataFile | None,
    delimiter: str | None,
    decimal: str | None,
    quiet: bool,
) -> MergeTree:
    from mixtura.cli.features import features_of_model
    from mixtura.cli.progress import lines
    from mixtura.cli.reading import read_table
    from mixtura.explain.merging_by_entropy import merge_by_entropy
    from mixtura.sources import ArraySource

    if data is None:
        return _hills(fitted)
    with lines(quiet, f"Reading {data.name}") as tell:
        table = read_table(data, delimiter, decimal, tell=tell)
        rows = features_of_model(table, fitted).values
        tell(0, len(rows), "rows", f"Merging by entropy about the rows of {data.name}")
        return merge_by_entropy(fitted.mixture, ArraySource(rows))


def _hills(fitted: Model) -> MergeTree:
    from mixtura.errors import MixturaError
    from mixtura.explain.merging_by_hills import merge_by_hills
    from mixtura.explain.slopes import has_slopes

    if not has_slopes(fitted.mixture):
        raise MixturaError(
            "This model has no hills: measurements that its clusters take for bells have them, but "
            "not counts or categories. Give the table, too, and merge by entropy: "
            "mixtura merge MODEL DATA --by entropy."
        )
    return merge_by_hills(fitted.mixture)


def _merged(fitted: Model, groups: Groups) -> Model:
    """The model of the groups; what is known of the fit is known of the old one."""
    from dataclasses import replace

    from mixtura.explain.grouping import grouped

    mixture = grouped(fitted.mixture, groups)
    return replace(fitted, mixture=mixture, parameters={}, record=None, cluster_names=())


def _tell(merged: Model, groups: Groups, output: Path, as_json: bool) -> None:
    from mixtura.cli.document import print_document
    from mixtura.cli.visible import visible

    weights = merged.mixture.weights.tolist()
    if as_json:
        clusters = [
            {"merged": group, "weight": weight}
            for group, weight in zip(groups, weights, strict=False)  # noise is none
        ]
        print_document({"model": str(output), "clusters": clusters})
        return
    for number, (group, weight) in enumerate(zip(groups, weights, strict=False)):
        click.echo(f"cluster {number}: {' + '.join(map(str, group))}, weight {weight:.3f}")
    click.echo(visible(str(output)))
