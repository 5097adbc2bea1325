"""Names of columns, made unique."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["unique_names"]


def unique_names(names: Sequence[str]) -> list[str]:
    """'column_3' for an empty third name, 'a_2' for a second 'a'.

    Examples
    --------
    >>> unique_names(["a", "a", ""])
    ['a', 'a_2', 'column_3']
    """
    taken = set(names)
    unique: list[str] = []
    for position, name in enumerate(names, start=1):
        new = base = name or f"column_{position}"
        repeat = 1
        while new in unique or (new != name and new in taken):
            repeat += 1
            new = f"{base}_{repeat}"
        unique.append(new)
    return unique
