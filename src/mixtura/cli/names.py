"""Names of columns: made unique, and found again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property

__all__ = ["Names", "is_pattern", "unique_names"]


def is_pattern(word: str) -> bool:
    """Whether a word may stand for several names."""
    return any(character in word for character in "*?[")


def unique_names(names: Sequence[str]) -> list[str]:
    """'column_3' for an empty third name, 'a_2' for a second 'a'.

    Examples
    --------
    >>> unique_names(["a", "a", ""])
    ['a', 'a_2', 'column_3']
    """
    given, taken = set(names), set[str]()
    repeats: dict[str, int] = {}
    unique: list[str] = []
    for position, name in enumerate(names, start=1):
        new = base = name if name.strip() else f"column_{position}"
        while new in taken or (new != name and new in given):
            repeats[base] = repeats.get(base, 1) + 1
            new = f"{base}_{repeats[base]}"
        taken.add(new)
        unique.append(new)
    return unique


@dataclass(frozen=True)
class Names:
    """Unique names in their order, found with or without the blanks around them.

    Examples
    --------
    >>> names = Names(("a", " a", " b "))
    >>> [names.position(name) for name in ("a", " a", "a ", "b", "c")]
    [0, 1, None, 2, None]
    """

    listed: tuple[str, ...]

    def position(self, name: str) -> int | None:
        """Of the column called so, or else of the only one that differs just in such blanks."""
        return self._exactly.get(name, self._bare.get(name.strip()))

    def matching(self, word: str) -> list[int]:
        """Of the column called so, or else of all that fit a pattern of the shell; [] if none does.

        In a pattern * is anything, ? one character and [abc] one of these. A name comes first: it
        may have such characters itself.

        Examples
        --------
        >>> Names(("A1", "A2", "B[1]", "B1")).matching("A*")
        [0, 1]
        >>> Names(("A1", "A2", "B[1]", "B1")).matching("B[1]")
        [2]
        """
        position = self.position(word)
        if position is not None:
            return [position]
        if not is_pattern(word):
            return []
        # The blanks around a name are no part of it for people.
        pattern = word.strip()
        return [i for i, name in enumerate(self.listed) if fnmatchcase(name.strip(), pattern)]

    @cached_property
    def _exactly(self) -> dict[str, int]:
        return {name: i for i, name in enumerate(self.listed)}

    @cached_property
    def _bare(self) -> dict[str, int | None]:
        bare: dict[str, int | None] = {}
        for i, name in enumerate(self.listed):
            bare[name.strip()] = None if name.strip() in bare else i
        return bare

    def renamed(self, names: Sequence[str]) -> tuple[str, ...]:
        """Notes on the names that were not unique."""
        return tuple(
            f"The {_ordinal(i)} column {f'is a second {old!r}' if old.strip() else 'has no name'}: "
            f"it is called {new!r} here."
            for i, (old, new) in enumerate(zip(names, self.listed, strict=True), start=1)
            if old != new
        )


def _ordinal(n: int) -> str:
    ending = "th" if n % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{ending}"
