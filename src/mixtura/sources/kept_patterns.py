"""Patterns of missing cells, kept from one pass to the next."""

from __future__ import annotations

from dataclasses import dataclass, field

from mixtura.patterns import Patterns
from mixtura.typing import AnyArray

__all__ = ["KeptPatterns"]


@dataclass(frozen=True, eq=False)
class KeptPatterns:
    """Those of a source's chunks, each found once.

    Two threads that find the same at once do no harm.
    """

    _known: dict[int, Patterns] = field(default_factory=dict)

    def of(self, index: int, rows: AnyArray) -> Patterns:
        """Those of a chunk's rows (n, d)."""
        found = self._known.get(index)
        if found is None:
            found = self._known[index] = Patterns.of(rows)
        return found
