"""Ways to start, in the order in which starts take them."""

from __future__ import annotations

from dataclasses import dataclass

from mixtura.starts.sample import MakeStart

__all__ = ["Ways"]


@dataclass(frozen=True)
class Ways:
    """Ways to start, by the number of the start.

    Attributes
    ----------
    first : tuple of MakeStart
        Those that each give one start only, so that making it again would tell nothing.
    then : tuple of MakeStart
        Those that take turns after them, with other random numbers every time.
    """

    first: tuple[MakeStart, ...]
    then: tuple[MakeStart, ...]

    def make(self, number: int) -> MakeStart:
        """What makes the start of a number."""
        if number < len(self.first):
            return self.first[number]
        return self.then[(number - len(self.first)) % len(self.then)]
