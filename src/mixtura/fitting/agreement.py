"""How alike two partitions of the same rows are: the adjusted Rand index.

With p_ij the share of the weight that one mixture gives to i and the other to j,

    (sum p_ij^2 - E) / ((sum p_i.^2 + sum p_.j^2) / 2 - E),   E = sum p_i.^2 sum p_.j^2

is 1 for equal partitions, whatever their numbering, and 0 for unrelated ones. It is the index of
Hubert and Arabie (1985, eq. 5) with pairs of rows drawn with replacement, so that it depends on
shares alone: weights need not be counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mixtura.kernels.estep_dispatch import scorer
from mixtura.mixture import Mixture
from mixtura.sources.source import Chunk, Source
from mixtura.starts.matching import matched
from mixtura.typing import FloatArray

__all__ = ["ALIKE", "Compared", "adjusted_rand", "agreement", "compared", "moved"]


@dataclass(frozen=True)
class Compared:
    """How alike two partitions of the same rows are.

    Attributes
    ----------
    agreement : float
        Adjusted Rand index.
    moved : float
        Share of the weight that is elsewhere in the second, clusters that share the most being
        called the same.
    """

    agreement: float
    moved: float


#: A partition and itself.
ALIKE = Compared(1.0, 0.0)


def compared(a: Mixture[Any, Any], b: Mixture[Any, Any], source: Source) -> Compared:
    """The likeliest components under two mixtures."""
    table = _cross_table(a, b, source)
    return Compared(adjusted_rand(table), moved(table))


def agreement(a: Mixture[Any, Any], b: Mixture[Any, Any], source: Source) -> float:
    """The adjusted Rand index alone."""
    return adjusted_rand(_cross_table(a, b, source))


def _cross_table(a: Mixture[Any, Any], b: Mixture[Any, Any], source: Source) -> FloatArray:
    """The weight of the rows that one mixture gives to i and the other to j."""
    first, second = scorer(a), scorer(b)
    shape = len(a.weights), len(b.weights)

    def of(chunk: Chunk) -> FloatArray:
        rows, columns = first.labels(chunk.rows) % shape[0], second.labels(chunk.rows) % shape[1]
        weight = np.bincount(rows * shape[1] + columns, chunk.weight, shape[0] * shape[1])
        return np.asarray(weight, dtype=np.float64)

    return source.map_reduce(of).reshape(shape)


def moved(table: FloatArray) -> float:
    """Share that is elsewhere, from a cross table of weights.

    One after the other the row and the column that share the most are matched.

    Examples
    --------
    >>> import numpy as np
    >>> moved(np.array([[0.0, 2.0], [1.0, 1.0]]))
    0.25
    """
    kept = sum(float(table[pair]) for pair in matched(table))
    return 1.0 - kept / float(table.sum())


def adjusted_rand(table: FloatArray) -> float:
    """Adjusted Rand index from a cross table of weights.

    Examples
    --------
    >>> import numpy as np
    >>> adjusted_rand(np.array([[0.0, 5.0], [3.0, 0.0]]))
    1.0
    """
    share = table / table.sum()
    rows, columns = np.square(share.sum(axis=1)).sum(), np.square(share.sum(axis=0)).sum()
    expected, largest = rows * columns, 0.5 * (rows + columns)
    # Where both put all rows together, nothing is left to chance.
    if largest == expected:
        return 1.0
    return float((np.square(share).sum() - expected) / (largest - expected))
