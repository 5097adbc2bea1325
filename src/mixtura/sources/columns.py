"""Some columns of a source."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

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

    @property
    def gappy(self) -> bool:
        """Whether any cell is missing, perhaps of the other columns."""
        return self.source.gappy

    def handles(self) -> Sequence[Any]:
        return self.source.handles()

    def load(self, handle: Any) -> Chunk:
        return self._own(self.source.load(handle))

    def map(self, function: Callable[[Chunk], Any]) -> Iterator[Any]:
        return self.source.map(lambda chunk: function(self._own(chunk)))

    def map_reduce(self, function: Callable[[Chunk], Any]) -> Any:
        return self.source.map_reduce(lambda chunk: function(self._own(chunk)))

    def _own(self, chunk: Chunk) -> Chunk:
        return replace(chunk, rows=chunk.rows[:, self.places])
