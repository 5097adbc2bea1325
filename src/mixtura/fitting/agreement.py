"""How alike two partitions of the same rows are: the adjusted Rand index.

With p_ij the share of the weight that one mixture gives to i and the other to j,

    (sum p_ij^2 - E) / ((sum p_i.^2 + sum p_.j^2) / 2 - E),   E = sum p_i.^2 sum p_.j^2

is 1 for equal partitions, whatever their numbering, and 0 for unrelated ones. It is the index of
Hubert and Arabie (1985, eq. 5) with pairs of rows drawn with replacement, so that it depends on
shares alone: weights need not be counts.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mixtura.kernels.estep_dispatch import scorer
from mixtura.mixture import Mixture
from mixtura.sources.source import Chunk, Source
from mixtura.typing import FloatArray

__all__ = ["adjusted_rand", "agreement"]


def agreement(a: Mixture[Any, Any], b: Mixture[Any, Any], source: Source) -> float:
    """Adjusted Rand index of the likeliest components under two mixtures."""
    first, second = scorer(a), scorer(b)

    def cross_table(chunk: Chunk) -> FloatArray:
        table = np.zeros((len(a.weights), len(b.weights)))
        pairs = first.labels(chunk.rows), second.labels(chunk.rows)
        np.add.at(table, pairs, chunk.weight)
        return table

    return adjusted_rand(source.map_reduce(cross_table))


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
