"""The base measure of a source's rows: every pass over them adds the same number.

In the objective it may all but cancel what is linear in the statistics, as log x! does for large
counts. So its mean goes into the offsets, and no large sums are subtracted from one another.
"""

from __future__ import annotations

from collections.abc import Callable
from weakref import ReferenceType, ref

import numpy as np

from mixtura.sources.source import Chunk, Source
from mixtura.typing import FloatArray

__all__ = ["mean_of"]

#: Makes log-densities (n,) of rows (n, d).
Base = Callable[[FloatArray], FloatArray]

# That of the last source. It is made anew where two fits take turns on two sources.
_last: list[tuple[ReferenceType[Source], Base, float]] = []


def mean_of(base: Base, source: Source) -> float:
    """Weighted mean over the rows of their log base measure; 0 of rows without weight."""
    for known, of, mean in _last:
        if known() is source and of is base:
            return mean

    def sums(chunk: Chunk) -> FloatArray:
        return np.array([(chunk.weight * base(chunk.X)).sum(), chunk.weight.sum()])

    total, weight = source.map_reduce(sums).tolist()
    mean = total / weight if weight > 0.0 else 0.0
    _last[:] = [(ref(source), base, mean)]
    return mean
