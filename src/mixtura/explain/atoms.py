"""Atoms: single values of a column that come far more often than those beside them.

No rain on most days, tests that end at full marks, durations that were only noted as 'long': a
column of many different values can have one that holds a share of the rows all by itself. A density
has no such value. A component that narrows onto it is ever more likely, and what it describes is no
group, but how the column came about. So an atom is worth knowing of before any fit.

A value is an atom if

1. its column has more than twenty different values: with fewer it is discrete, as the number of
   cylinders or an answer from 1 to 6 is, and all of its values come often;
2. it holds at least 3 % of the weight, and no less than ten rows' worth;
3. that is at least five times what the values beside it hold, of which two on each side are asked.
   Where a column is rounded, a bell gives values beside each other nearly the same; counts, which
   fall off by half or more at each step, have to differ by more. The largest of the four is left
   out, for atoms can lie beside each other, as 0 and 1 do;
4. that is twice what the sixth most common value holds: where many values are heaps, people have
   rounded, and none of them is of a kind of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from mixtura.typing import AnyArray, BoolArray, FloatArray

__all__ = ["Atom", "find_atoms", "note_on_atoms"]

_DIFFERENT = 20
_SHARE, _WEIGHT = 0.03, 10.0
_TIMES, _COMMON = 5.0, 6

# Atoms hold so many rows that some rows will do to find them.
_MOST_ROWS, _FEWEST_ROWS, _MOST_CELLS = 100_000, 2_000, 20_000_000

# In a note.
_NAMED = 10


@dataclass(frozen=True)
class Atom:
    """A value that comes far more often than those beside it.

    Attributes
    ----------
    column : int
    value : float
    weight, total : float
        That of the rows that have it, and of all: numbers of rows, if these have no weights.
    """

    column: int
    value: float
    weight: float
    total: float


def find_atoms(rows: AnyArray, weight: FloatArray | None = None) -> tuple[Atom, ...]:
    """Of all columns in their order, the heaviest first in each.

    Parameters
    ----------
    rows : ndarray of shape (n, d)
    weight : ndarray of shape (n,), optional
        Each row counts once without.

    Notes
    -----
    Each column is sorted once. Of more than 100,000 rows, or of fewer if there are many columns,
    rows in equal steps are looked at; the weights are those of all rows.

    Examples
    --------
    >>> rain = np.round(np.random.default_rng(0).gamma(1.0, 5.0, size=(300, 1)), 1)
    >>> rain[::2] = 0.0
    >>> find_atoms(rain)
    (Atom(column=0, value=0.0, weight=152.0, total=300.0),)
    """
    n, d = rows.shape
    most = min(_MOST_ROWS, max(_FEWEST_ROWS, _MOST_CELLS // d))
    some = slice(None, None, -(-n // most))
    total = float(n) if weight is None else float(weight.sum())
    enough = max(_SHARE * total, _WEIGHT)
    looked_at = rows[some]
    if weight is None and not _ties(looked_at, enough / n).any():
        return ()
    atoms = []
    for a in range(d):
        heavy = _heavy(looked_at[:, a], None if weight is None else weight[some])
        counted = [Atom(a, value, _held(rows[:, a], value, weight), total) for value in heavy]
        atoms += sorted((c for c in counted if c.weight >= enough), key=lambda c: -c.weight)
    return tuple(atoms)


def _ties(rows: AnyArray, share: float) -> BoolArray:
    """Whether each column has as many equal values as one atom alone, (d,)."""
    ascending = np.sort(rows, axis=0)
    n_equal = np.count_nonzero(ascending[1:] == ascending[:-1], axis=0)
    return np.asarray(n_equal + 1 >= share * len(rows) / 2.0)  # half, for they are some rows


def _heavy(x: AnyArray, weight: FloatArray | None) -> list[float]:
    """The values that hold a large share by themselves, and far more than those beside them."""
    values, places = np.unique(x[~np.isnan(x)], return_inverse=True)
    if len(values) <= _DIFFERENT:
        return []
    held = np.bincount(places, None if weight is None else weight[~np.isnan(x)])
    beside = np.zeros((4, len(values)))
    for row, step in enumerate((-2, -1, 1, 2)):
        shifted = held[max(0, step) : len(held) + min(0, step)]
        beside[row, max(0, -step) : len(held) - max(0, step)] = shifted
    expected = np.sort(beside, axis=0)[-2]
    common = np.partition(held, -_COMMON)[-_COMMON]
    large = (held >= 0.5 * _SHARE * held.sum()) & (held >= _TIMES * expected)
    large &= held >= 2.0 * common
    return [float(value) for value in values[large]]


def _held(x: AnyArray, value: float, weight: FloatArray | None) -> float:
    at = x == value
    return float(np.count_nonzero(at) if weight is None else weight[at].sum())


# ---------------------------------------------------------------------------------------------
# In words


def note_on_atoms(atoms: Sequence[Atom], names: Sequence[object]) -> Iterator[str]:
    """A sentence on all atoms of a table, whose columns have these names, and on what to do.

    Examples
    --------
    >>> [note] = note_on_atoms([Atom(0, 4.0, 53.0, 299.0), Atom(0, 2.0, 23.0, 299.0)], ["duration"])
    >>> print(note[:83])
    53 of 299 rows have duration = 4, 23 have duration = 2: atoms, not parts of a bell;
    """
    if not atoms:
        return
    total = atoms[0].total
    rows = "rows have" if total.is_integer() else "of the weight have"
    told = [
        f"{atom.weight:,.10g} {f'of {total:,.10g} {rows}' if i == 0 else 'have'} "
        f"{_called(names[atom.column])} = {atom.value:.7g}"
        for i, atom in enumerate(atoms[:_NAMED])
    ]
    if len(atoms) > _NAMED:
        told.append(f"and {len(atoms) - _NAMED:,} more such values")
    one = len(atoms) == 1
    yield (
        f"{', '.join(told)}: {'an atom, not part' if one else 'atoms, not parts'} of a bell; a "
        f"component of hardly any spread may sit {'on it' if one else 'on one'}. Leave the column "
        "out, fit the rows at the value apart, put a column in its place that tells them from the "
        "others, or take a family for counts if they are counts."
    )


def _called(name: object) -> str:
    return f"column {name}" if str(name).isdecimal() else str(name)
