"""What to know about the data and the result of a fit, in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mixtura.families.registry import description_of
from mixtura.mixture import Mixture
from mixtura.sources import Summary

__all__ = ["notes_on_data", "notes_on_result"]


def notes_on_data(summary: Summary, names: Sequence[object]) -> list[str]:
    """Of columns, whose names are given."""
    constant = [str(name) for name, v in zip(names, summary.variances, strict=True) if v == 0.0]
    if not constant:
        return []
    subject = f"Column {constant[0]} is"
    if len(constant) > 1:
        subject = f"Columns {', '.join(constant)} are"
    return [f"{subject} constant and cannot tell components apart: leave out what is constant."]


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
    described = description_of(clusters.family)
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
