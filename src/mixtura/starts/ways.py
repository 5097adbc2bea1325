"""Ways to start, in the order in which starts take them."""

from __future__ import annotations

from dataclasses import dataclass

from mixtura.starts.sample import MakeStart

__all__ = ["MERGES", "RELATIVES", "SPLITS", "Way", "Ways"]

#: The name of starts from mixtures of fewer components, one of which is cut in two.
SPLITS = "splits"

#: Of starts from mixtures of more components, two of which are made one.
MERGES = "merges"

#: Of starts from mixtures of other structures. They are no kind of their own: they begin where
#: other kinds have ended.
RELATIVES = "other structures"


@dataclass(frozen=True)
class Way:
    """A kind of start.

    Starts of one kind resemble each other: that they agree says less than that kinds agree.

    Attributes
    ----------
    name : str
        As people read it.
    make : MakeStart or None
        None for splits, which are not of rows but of a mixture.
    rank : int
        Of splits: which of them, the most promising first.
    """

    name: str
    make: MakeStart | None
    rank: int = 0

    @classmethod
    def of_split(cls, rank: int) -> Way:
        return cls(SPLITS, None, rank)


@dataclass(frozen=True)
class Ways:
    """Ways to start, by the number of the start.

    Attributes
    ----------
    first : tuple of Way
        Those that each give one start only, so that making it again would tell nothing.
    then : tuple of Way
        Those that take turns after them, with other random numbers every time.
    """

    first: tuple[Way, ...]
    then: tuple[Way, ...]

    def way(self, number: int) -> Way:
        """That of the start of a number."""
        if number < len(self.first):
            return self.first[number]
        return self.then[(number - len(self.first)) % len(self.then)]

    @property
    def n_kinds(self) -> int:
        """How many of them are of different kinds."""
        return len({way.name for way in (*self.first, *self.then)})

    @property
    def of_rows(self) -> Ways:
        """Without splits."""
        return Ways(
            tuple(way for way in self.first if way.make is not None),
            tuple(way for way in self.then if way.make is not None),
        )
