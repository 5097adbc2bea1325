"""What to know about the chosen columns before trusting a fit of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl

from mixtura.cli.features import Features
from mixtura.cli.wording import count, listing
from mixtura.families.schema import Kind
from mixtura.typing import FloatArray

__all__ = ["remarks"]

_MANY_REPEATS = 1_000
_ROWS_AT_ONCE = 100_000
_FEW_DIFFERENT = 0.15
_HUGE, _TINY = 1e8, 1e-6


def remarks(features: Features) -> tuple[str, ...]:
    """Sentences on one column, repeated rows, ties, and values of unusual size.

    Measurements alone have the last three: others repeat, and say so by their kind.
    """
    return tuple(_remarks(features))


def _remarks(features: Features) -> Iterator[str]:
    rows, names = features.values, features.names
    n = len(rows)
    if len(names) == 1:
        yield f"Only one column: clusters can differ in {names[0]} alone."
    if any(column.kind is not Kind.CONTINUOUS for column in features.schema):
        return
    n_different = _n_different(rows)
    if n - n_different >= _MANY_REPEATS:
        yield (
            f"{n - n_different:,} of {count(n, 'row')} repeat another one: there are "
            f"{n_different:,} different rows. If they are a tally, --weights counts them faster."
        )
    else:
        tied = [name for name, x in zip(names, rows.T, strict=True) if _has_ties(x)]
        if tied:
            yield (
                f"Rounded values, many of them equal, in {listing(tied)}: a cluster of equal "
                "values would seem likelier than it is, and is not chosen."
            )
    largest = np.fmax.reduce(np.abs(rows), axis=0)
    huge = [name for name, size in zip(names, largest, strict=True) if size >= _HUGE]
    tiny = [name for name, size in zip(names, largest, strict=True) if 0.0 < size <= _TINY]
    if huge:
        yield f"Very large values (timestamps?) in {listing(huge)}: fitted as they are."
    if tiny:
        yield f"Very small values in {listing(tiny)}: fitted as they are, in their own unit."


def _n_different(rows: FloatArray) -> int:
    """Number of different rows.

    Counted by hashes of 64 bits, for comparing rows takes many times their memory. That two rows
    share a hash has a chance of some millionths with ten million rows.
    """
    hashes = np.empty(len(rows), dtype=np.uint64)
    for i in range(0, len(rows), _ROWS_AT_ONCE):
        block = pl.DataFrame(rows[i : i + _ROWS_AT_ONCE])
        hashes[i : i + _ROWS_AT_ONCE] = block.hash_rows(seed=0).to_numpy()
    hashes.sort()
    return _n_steps(hashes)


def _n_steps(ascending: np.ndarray[tuple[int], np.dtype[Any]]) -> int:
    """Number of different values."""
    return 1 + int(np.count_nonzero(ascending[1:] != ascending[:-1]))


def _has_ties(x: np.ndarray[tuple[int], np.dtype[np.float64]]) -> bool:
    cells = np.sort(x[~np.isnan(x)])
    return 1 < _n_steps(cells) < _FEW_DIFFERENT * len(cells)
