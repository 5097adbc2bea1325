"""Some columns of a source."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from mixtura.patterns import has_gaps
from mixtura.sources.kept_patterns import KeptPatterns
from mixtura.sources.source import Chunk, Source

__all__ = ["ColumnsOf"]


@dataclass(frozen=True)
class ColumnsOf:
    """The rows of a source, in some of their columns.

    Attributes
    ----------
    source : Source
    places : tuple of int
        Of the columns.
    """

    source: Source
    places: tuple[int, ...]

    @property
    def n_features(self) -> int:
        return len(self.places)

    @property
    def labelled(self) -> bool:
        return self.source.labelled

    @cached_property
    def gappy(self) -> bool:
        return self.source.gappy and any(self.source.map(self._misses))

    def _misses(self, chunk: Chunk) -> bool:
        return has_gaps(chunk.rows[:, self.places])

    @cached_property
    def _patterns(self) -> KeptPatterns:
        return KeptPatterns()

    def map(self, function: Callable[[Chunk], Any]) -> Iterator[Any]:
        return self.source.map(lambda chunk: function(self._own(chunk)))

    def map_reduce(self, function: Callable[[Chunk], Any]) -> Any:
        return self.source.map_reduce(lambda chunk: function(self._own(chunk)))

    def _own(self, chunk: Chunk) -> Chunk:
        rows = chunk.rows[:, self.places]
        patterns = self._patterns.of(chunk.index, rows) if self.gappy else None
        return replace(chunk, rows=rows, patterns=patterns)
