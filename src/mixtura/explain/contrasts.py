"""What sets each component apart from the others, column by column.

Of a column of numbers it is the distance of the component's mean from that of all others, in
standard deviations of the column; of a column of levels the effect size h of Cohen (1988,
"Statistical Power Analysis for the Behavioral Sciences", section 6.2), 2 arcsin(sqrt p) - 2
arcsin(sqrt q), of the level whose probability p differs most from its probability q in the others.
By both, 0.2 is called small, 0.5 medium and 0.8 large.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mixtura.families.description import Marginal, Shares
from mixtura.typing import FloatArray

__all__ = ["Contrast", "contrasts"]


@dataclass(frozen=True)
class Contrast:
    """How a component differs from the others in one column.

    Attributes
    ----------
    column : int
    size : float
        Above 0 where the component's mean, or its probability of the level, is larger.
    level : int, optional
        Of a column of levels, the one that differs most.
    """

    column: int
    size: float
    level: int | None = None


def contrasts(marginals: Sequence[Marginal], weights: FloatArray) -> list[list[Contrast]]:
    """Those of each component, the largest first; none of a single one.

    Parameters
    ----------
    marginals : sequence of Marginal
        What the k components make of each column.
    weights : ndarray of shape (k,)
        Mixing weights of the components.

    Examples
    --------
    >>> import numpy as np
    >>> from mixtura.families.description import Bell
    >>> light, heavy = contrasts([Bell(np.array([1.0, 5.0]), np.ones(2))], np.array([0.5, 0.5]))
    >>> [round(contrast.size, 2) for contrast in (*light, *heavy)]
    [-1.79, 1.79]
    """
    k, others = len(weights), weights.sum() - weights
    if k == 1 or not (others > 0.0).all():
        return [[] for _ in range(k)]
    columns = [_contrasts(place, marginal, weights) for place, marginal in enumerate(marginals)]
    return [sorted(each, key=lambda c: -abs(c.size)) for each in zip(*columns, strict=True)]


def _contrasts(place: int, marginal: Marginal, weights: FloatArray) -> list[Contrast]:
    if isinstance(marginal, Shares):
        p, q = marginal.probabilities, _of_others(marginal.probabilities, weights)
        h = 2.0 * np.arcsin(np.sqrt(p)) - 2.0 * np.arcsin(np.sqrt(np.clip(q, 0.0, 1.0)))
        # Of two levels that differ equally the second tells, as it does elsewhere.
        levels = h.shape[1] - 1 - np.abs(h[:, ::-1]).round(9).argmax(axis=1)
        return [Contrast(place, float(h[j, at]), int(at)) for j, at in enumerate(levels)]
    share, mean = weights / weights.sum(), marginal.mean
    variance = np.square(np.where(np.isfinite(marginal.deviation), marginal.deviation, 0.0))
    spread = np.sqrt(share @ (variance + np.square(mean - share @ mean)))
    apart = mean - _of_others(mean[:, None], weights)[:, 0]
    sizes = apart / spread if spread > 0.0 else np.zeros(len(mean))
    return [Contrast(place, size) for size in sizes.tolist()]


def _of_others(values: FloatArray, weights: FloatArray) -> FloatArray:
    """Means (k, m) of values over all other components, which no cancelled sum is part of."""
    share = np.where(np.eye(len(weights), dtype=bool), 0.0, weights)
    means: FloatArray = (share / share.sum(axis=1, keepdims=True)) @ values
    return means
