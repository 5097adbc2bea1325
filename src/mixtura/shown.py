"""What a record of results looks like in a console: its numbers if they are few, else their shapes.

Results are records of arrays, of which some are long: a console shows what fits on a screen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from textwrap import indent

import numpy as np

__all__ = ["shown"]

# Arrays of more numbers, and sequences of more things, are shown by their size.
_MOST_NUMBERS, _MOST_THINGS = 36, 6


def shown(record: object) -> str:
    """A record's class, and its public attributes: for its class to have as `__repr__`.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> @dataclass(repr=False)
    ... class Places:
    ...     points: np.ndarray
    ...     heights: np.ndarray
    ...     __repr__ = shown
    >>> Places(np.zeros((50, 2)), np.array([1 / 3, 2.0]))
    Places(points: 50 x 2 numbers, heights=[0.3333 2.    ])
    """
    told = [_told(name, getattr(record, name)) for name in _names(record)]
    if any("\n" in each for each in told):
        lines = indent(",\n".join(told), "  ")
        return f"{type(record).__name__}(\n{lines}\n)"
    return f"{type(record).__name__}({', '.join(told)})"


def _names(record: object) -> Sequence[str]:
    if is_dataclass(record):
        names = tuple(field.name for field in fields(record))
    else:
        names = getattr(record, "_fields", ())
    return [name for name in names if not name.startswith("_")]


def _told(name: str, value: object) -> str:
    if isinstance(value, np.ndarray):
        if value.size > _MOST_NUMBERS:
            return f"{name}: {' x '.join(map(str, value.shape))} numbers"
        return f"{name}={np.array2string(value, precision=4, prefix=f'{name}=')}"
    if isinstance(value, Sequence) and not isinstance(value, str) and len(value) > _MOST_THINGS:
        return f"{name}: {len(value)} of them"
    if isinstance(value, float):
        return f"{name}={value:.6g}"
    return f"{name}={value!r}"
