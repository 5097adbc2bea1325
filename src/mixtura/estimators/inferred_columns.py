"""Which family each column of a table of several kinds has: as chosen, or by its cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from mixtura.errors import DataError, MixturaError
from mixtura.estimators.levels import Cells, as_numbers, learnt, present
from mixtura.estimators.likely_kinds import likely_family
from mixtura.estimators.not_numbers import NotNumbersError, times_of
from mixtura.families.description import number_kind
from mixtura.families.registry import description_of_block
from mixtura.families.schema import Column, Kind, Schema

__all__ = ["InferredColumns"]

_CHOSEN = "as chosen"


@dataclass(frozen=True)
class InferredColumns:
    """The columns of a table, and the family of each.

    Attributes
    ----------
    schema : Schema
    families : dict of str to str
        The name of each column's family.
    reasons : dict of str to str
        Why it is that one.
    """

    schema: Schema
    families: dict[str, str]
    reasons: dict[str, str]

    @classmethod
    def of(cls, table: Sequence[tuple[str, Cells]], chosen: Mapping[str, str] | None) -> Self:
        """From names and cells, and from the families that are chosen by the names of columns.

        Raises
        ------
        MixturaError
            If there is no such column or family.
        """
        names = [name for name, _ in table]
        families = _checked(chosen, names)
        times: dict[str, str] = {}
        for name, cells in table:
            times |= {} if name in families else times_of(name, cells)
        if times:
            raise NotNumbersError(times, "MixedMixture takes numbers, text, true and false")
        known = {name: _column(name, cells, families.get(name)) for name, cells in table}
        return cls(
            Schema(tuple(column for column, _, _ in known.values())),
            {name: family for name, (_, family, _) in known.items()},
            {name: reason for name, (_, _, reason) in known.items()},
        )


def _checked(chosen: Mapping[str, str] | None, names: Sequence[str]) -> dict[str, str]:
    families = {str(name): family for name, family in (chosen or {}).items()}
    for name, family in families.items():
        if name not in names:
            raise MixturaError(
                f"families names the column {name!r}, which is none of the table: it has "
                f"{', '.join(names)}."
            )
        description_of_block(family)
    return families


def _column(name: str, cells: Cells, family: str | None) -> tuple[Column, str, str]:
    """A column, the name of its family, and why it is that one."""
    if family is not None:
        return _as_chosen(name, cells, family), family, _CHOSEN
    if isinstance(cells, np.ndarray):
        if cells.dtype.kind == "b":
            return Column(name, Kind.BINARY, (False, True)), "bernoulli", "true or false"
        return _of_numbers(name, cells)
    seen = present(cells)
    if not len(seen):
        raise DataError(f"All cells of column {name} are missing: leave it out.")
    if all(isinstance(cell, bool | np.bool_) for cell in seen):
        return Column(name, Kind.BINARY, (False, True)), "bernoulli", "true or false"
    if not any(isinstance(cell, str) for cell in seen):
        return _of_numbers(name, cells)
    column = learnt(name, cells)
    return column, "categorical", f"text, {column.n_levels:,} different"


def _of_numbers(name: str, cells: Cells) -> tuple[Column, str, str]:
    values = as_numbers(name, cells)
    if np.isnan(values).all():
        raise DataError(f"All cells of column {name} are missing: leave it out.")
    if np.isinf(values).any():
        row = int(np.flatnonzero(np.isinf(values))[0])
        raise DataError(
            f"Column {name} is {values[row]} in row {row}: numbers should be finite. Mend the "
            "value, or leave the row out."
        )
    family, kind, reason = likely_family(values[~np.isnan(values)])
    return (learnt(name, cells) if kind is Kind.CATEGORICAL else Column(name, kind)), family, reason


def _as_chosen(name: str, cells: Cells, family: str) -> Column:
    kinds = description_of_block(family).kinds
    if Kind.CATEGORICAL in kinds:
        return learnt(name, cells)
    kind = number_kind(kinds)
    if kind is not Kind.BINARY:
        return Column(name, kind)
    column = learnt(name, cells)
    if column.n_levels != 2:
        raise DataError(
            f"Column {name} has {column.n_levels} different cells ({column.levels_text}), but "
            f"family {family!r} is for two: choose 'categorical', or leave the column out."
        )
    return Column(name, kind, () if column.levels == (0, 1) else column.levels)
