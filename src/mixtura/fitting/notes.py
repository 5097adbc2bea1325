"""What to know about the data and the result of a fit, in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mixtura.em import Fit
from mixtura.explain.atoms import note_on_atoms
from mixtura.explain.missing_codes import note_on_missing_codes
from mixtura.families.description import Independent
from mixtura.families.registry import description_of, is_described
from mixtura.families.schema import Kind
from mixtura.mixture import Mixture
from mixtura.sources import Summary
from mixtura.starts.training_rows import TrainingRows
from mixtura.stopping import rounding
from mixtura.typing import BoolArray

__all__ = ["notes_on_chain", "notes_on_data", "notes_on_result", "notes_on_values"]

# Share of a deviation that rounding may have before it is seen in the result.
_BLURRED = 1e-3


def notes_on_data(summary: Summary, names: Sequence[object]) -> list[str]:
    """Of columns, whose names are given."""
    constant = summary.variances == 0.0
    blurred = ~constant & (summary.resolution > _BLURRED * summary.scales)
    notes = []
    if constant.any():
        notes.append(
            f"{_columns(constant, names, 'is', 'are')} constant and cannot tell components apart: "
            "leave out what is constant."
        )
    if blurred.any():
        notes.append(
            f"{_columns(blurred, names, 'varies', 'vary')} by less than 1e-12 of the mean, so that "
            "rounding blurs the differences between rows: subtract a number near the mean before "
            "the digits are lost."
        )
    return notes


def notes_on_values(table: TrainingRows, family: Any) -> list[str]:
    """Of values that may stand for missing cells, or that no density gives so often."""
    codes = list(note_on_missing_codes(table.missing_codes, table.column_names))
    if not is_described(family) or Kind.CONTINUOUS not in description_of(family).kinds:
        return codes
    known = {(code.column, code.value) for code in table.missing_codes}
    atoms = [atom for atom in table.atoms if (atom.column, atom.value) not in known]
    return [*codes, *note_on_atoms(atoms, table.column_names)]


def _columns(which: BoolArray, names: Sequence[object], one: str, more: str) -> str:
    """Some columns as the subject of a sentence."""
    named = [str(name) for name, wanted in zip(names, which, strict=True) if wanted]
    return f"Column {named[0]} {one}" if len(named) == 1 else f"Columns {', '.join(named)} {more}"


def notes_on_result(
    mixture: Mixture[Any, Any], n_collapsed: int, spurious: tuple[int, ...]
) -> list[str]:
    """Of components: empty, collapsed (how many) and spurious ones (their numbers)."""
    notes = []
    clusters = mixture.clusters
    empty = int((clusters.weights == 0.0).sum())
    if empty:
        notes.append(
            f"{empty} of {mixture.n_clusters} components have no rows: there may be fewer "
            "distinct rows than components. Use fewer components."
        )
    family = clusters.family
    described = description_of(family) if is_described(family) else Independent()
    remedies = ["fewer components", *([described.simpler] if described.simpler else [])]
    if n_collapsed:
        notes.append(
            f"{n_collapsed} of {mixture.n_clusters} components collapsed onto {described.held_by}: "
            f"the likelihood is not comparable. Use {' or '.join(remedies)}."
        )
    if spurious:
        noun, owe = ("Component", "owes its") if len(spurious) == 1 else ("Components", "owe their")
        notes.append(
            f"{noun} {', '.join(map(str, spurious))} {owe} likelihood to a few rows that lie close "
            f"together or nearly in a plane, perhaps by chance. Use {', '.join(remedies)}, or more "
            "rows."
        )
    return notes


def notes_on_chain(run: Fit[Any, Any], *, mean: bool) -> list[str]:
    """Of the mean of a chain, if the run came to one."""
    if not mean or not run.chain:
        return []
    passed = float(np.mean([state.objective for state in run.chain]))
    if run.objective >= passed - rounding(passed):
        return []
    return [
        f"The mean of the chain has {run.objective:.5g} nats per row, less than its mixtures have "
        f"on average ({passed:.5g}): the chain left its place, or components changed places in it. "
        'Look at chain_, take more iterations, or returns="best".'
    ]
