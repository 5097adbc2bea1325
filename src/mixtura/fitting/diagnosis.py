"""What is found out about an optimum, in one pass over the rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from operator import add
from typing import Any, Self

from mixtura.explain import Soundness, Suspects
from mixtura.fitting.missing import MissingCells, doubts, missing_cells
from mixtura.mixture import Expectation, Mixture
from mixtura.selection.scores import Scores, scoring
from mixtura.sources import Chunk, Source, Summary
from mixtura.typing import FloatArray

__all__ = ["Diagnosis", "diagnose"]


@dataclass(frozen=True)
class _Joint:
    """Several statistics of the same rows."""

    parts: tuple[Any, ...]

    def __add__(self, other: Self) -> Self:
        return type(self)(tuple(map(add, self.parts, other.parts)))


@dataclass(frozen=True, eq=False)
class Diagnosis:
    """What is known of an optimum.

    Attributes
    ----------
    scores : Scores
    soundness : Soundness
    missing : MissingCells or None
    """

    scores: Scores
    soundness: Soundness
    missing: MissingCells | None


def diagnose(
    mixture: Mixture[Any, Any],
    source: Source,
    whole: Expectation[Any],
    summary: Summary,
    rounding: FloatArray,
    n_empty: int = 0,
) -> Diagnosis:
    """Scores, soundness and missing cells of a mixture that was fitted to the rows.

    Parameters
    ----------
    mixture : Mixture
    source : Source
        The rows.
    whole : Expectation
        What an E-step under the mixture knows of them.
    summary : Summary
        Of the rows.
    rounding : ndarray of shape (d,)
        As of `judge`.
    n_empty : int, default=0
        Rows that were left out, since they have no cell.
    """
    unit = min(1.0, summary.total_weight / summary.n_rows)
    suspects = Suspects.of(mixture, whole, unit, rounding)
    asked: dict[str, Callable[[Chunk], Any]] = {"scores": scoring(mixture)}
    if suspects.any:
        asked["suspects"] = suspects.rows
    if summary.gaps or n_empty:
        asked["doubts"] = doubts(mixture)

    def of(chunk: Chunk) -> _Joint:
        return _Joint(tuple(ask(chunk) for ask in asked.values()))

    found = dict(zip(asked, source.map_reduce(of).parts, strict=True))
    return Diagnosis(
        found["scores"],
        suspects.judged(found.get("suspects")),
        missing_cells(mixture, summary, n_empty, found.get("doubts")),
    )
