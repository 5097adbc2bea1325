"""How the columns of a table of several kinds are read: as asked for, or as they look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from mixtura.cli.columns import Column
from mixtura.cli.kinds import KINDS, Reading, Readings, kind_of
from mixtura.cli.wanted import Wanted
from mixtura.cli.wording import listing, suggestion
from mixtura.errors import DataError
from mixtura.estimators.likely_kinds import likely_family
from mixtura.families.registry import MIXED, description_of_block
from mixtura.families.schema import Column as Described
from mixtura.families.schema import Kind, Schema

__all__ = ["mixed_note", "mixed_readings", "unusual_families"]


def unusual_families(wanted: Wanted) -> dict[str, str]:
    """The likely family of each column for which it is not the first one of its kind."""
    found = {}
    for column in wanted.columns:
        if column.kind != "numbers" or wanted.roles[column].doubt or wanted.roles[column].item:
            continue
        values = wanted.numbers_of(column)
        family, kind, _ = likely_family(values) if len(values) else ("", Kind.CONTINUOUS, "")
        if family and family != MIXED.of_column(Described(column.name, kind)).name:
            found[column.name] = family
    return found


def mixed_readings(wanted: Wanted, by_column: Mapping[str, str]) -> Readings:
    """Each column as its family reads it.

    Parameters
    ----------
    wanted : Wanted
    by_column : mapping of str to str
        Names of families that are asked for, by names of columns.

    Raises
    ------
    DataError
        If there is no such column, or a family cannot read it.
    """
    chosen = {name: _chosen(wanted, name, family) for name, family in by_column.items()}

    def reading(column: Column) -> Reading:
        return chosen.get(column.name) or KINDS[_likely_kind(column, wanted)]

    return Readings(reading, "column of numbers or categories", numeric=True)


def _chosen(wanted: Wanted, name: str, family: str) -> Reading:
    """That of a family that is asked for, so that nothing is doubted."""
    known = {column.name: column for column in wanted.columns}
    if name not in known:
        hint = suggestion(name, list(known))
        raise DataError(
            f"--family names the column {name!r}, which is none of those to use.{hint} They are "
            f"{listing(list(known))}."
        )
    reading = replace(KINDS[kind_of(description_of_block(family))], doubt=lambda column, role: None)
    if reason := reading.cannot(known[name]):
        raise reading.refusal(known[name], reason)
    return reading


def _likely_kind(column: Column, wanted: Wanted) -> Kind:
    if column.kind == "true or false":
        return Kind.BINARY
    if column.kind != "numbers":
        return Kind.CATEGORICAL
    if wanted.roles[column].item:
        return Kind.CONTINUOUS
    values = wanted.numbers_of(column)
    return likely_family(values)[1] if len(values) else Kind.CONTINUOUS


def mixed_note(schema: Schema, by_column: Mapping[str, str]) -> str:
    """Which column has which family, in a sentence."""
    blocks = MIXED.laid_out(schema, by_column).blocks
    told = [f"{b.description.name} {', '.join(b.schema(schema).names)}" for b in blocks]
    example = schema.names[blocks[-1].places[0]]
    return (
        f"Families by column: {'; '.join(told)}. --family {example}=NAME takes another for one of "
        "them."
    )
