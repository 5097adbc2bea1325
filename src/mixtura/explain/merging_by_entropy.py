"""Merging components that are hard to tell apart, by entropy (Baudry et al. 2010).

With responsibilities t_ij the entropy of the assignments is - sum_ij t_ij log t_ij. If components a
and b are taken for one cluster it falls by

    sum_i (t_ia + t_ib) log(t_ia + t_ib) - t_ia log t_ia - t_ib log t_ib

and the two are merged of which the fall is largest, until a single cluster is left. The density
stays what it was. Only responsibilities are needed, so it serves every family; rows are looked at
block by block, once for all pairs and then once for each merge.

References
----------
Baudry, Raftery, Celeux, Lo, Gottardo (2010), "Combining mixture components for clustering", JCGS
19.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mixtura.explain.merge_tree import Groups, MergeTree, united
from mixtura.kernels.estep_dispatch import scorer
from mixtura.mixture import Mixture
from mixtura.sources.source import Chunk, Source
from mixtura.statistics import SMALLEST_COUNT, Sums
from mixtura.typing import FloatArray, IntArray

__all__ = ["merge_by_entropy"]

# Assignments of less entropy than this share of the largest possible leave nothing to merge.
_NO_DOUBT = 0.01


@dataclass(frozen=True)
class _Doubt(Sums):
    """What rows say of some groups.

    Attributes
    ----------
    entropy : float
        Of their assignments, those to the noise included.
    weight : ndarray of shape (g,)
        Of each group's rows.
    falls : ndarray of shape (number of firsts, g)
        Of the entropy, if a first and another group were one.
    """

    entropy: float
    weight: FloatArray
    falls: FloatArray


def merge_by_entropy(mixture: Mixture[Any, Any], source: Source) -> MergeTree:
    """The tree of a mixture's components about the rows of a source; noise is never merged.

    Examples
    --------
    >>> import numpy as np
    >>> from mixtura.families import Gaussian, GaussianParameters
    >>> from mixtura.families.gaussian.structures import VVI, AxisCovariances
    >>> from mixtura.sources import ArraySource
    >>> means, ones = np.array([[0.0], [9.0], [1.0]]), np.ones((3, 1))
    >>> params = GaussianParameters(means, AxisCovariances(ones))
    >>> mixture = Mixture(Gaussian(VVI, np.zeros(1)), params, np.full(3, 1 / 3))
    >>> merge_by_entropy(mixture, ArraySource(np.linspace(-2.0, 11.0, 50)[:, None])).groups()
    [[0, 2], [1]]
    """
    groups: Groups = [[j] for j in range(mixture.n_clusters)]
    leaves = tuple(map(tuple, groups))
    doubt = _seen(mixture, source, groups, np.arange(len(groups)))
    falls, entropies, merges, moved = doubt.falls, [doubt.entropy], [], []
    while len(groups) > 1:
        a, b = np.unravel_index(np.triu(falls + 1.0, 1).argmax(), falls.shape)
        merges.append((a, b))
        # Where all rows are noise there is nothing to be moved.
        moved.append(doubt.weight[[a, b]].min() / max(doubt.weight.sum(), SMALLEST_COUNT))
        groups = united(groups, int(a), int(b))
        doubt = _seen(mixture, source, groups, np.array([a]))
        falls = np.delete(np.delete(falls, b, axis=0), b, axis=1)
        falls[a], falls[:, a] = doubt.falls[0], doubt.falls[0]
        entropies.append(doubt.entropy)
    values = np.minimum.accumulate(entropies)
    suggested, reason = _suggested(values, float(doubt.weight.sum()))
    pairs = np.array(merges, dtype=np.intp).reshape(-1, 2)
    return MergeTree("entropy", leaves, pairs, values, np.array(moved), suggested, reason)


def _seen(mixture: Mixture[Any, Any], source: Source, groups: Groups, firsts: IntArray) -> _Doubt:
    """What all rows say of the groups, and of the falls between some of them and all others."""
    responsibilities = scorer(mixture).responsibilities
    member = np.zeros((mixture.n_clusters, len(groups)))
    for number, group in enumerate(groups):
        member[group, number] = 1.0

    def of(chunk: Chunk) -> _Doubt:
        resp = np.asarray(responsibilities(chunk.rows), dtype=np.float64)
        shares, noise = resp[:, : len(member)] @ member, resp[:, len(member) :]
        own = _entropies(shares)
        entropy = chunk.weight @ (own.sum(axis=1) + _entropies(noise).sum(axis=1))
        falls = [
            chunk.weight @ (own[:, [a]] + own - _entropies(shares[:, [a]] + shares)) for a in firsts
        ]
        return _Doubt(float(entropy), chunk.weight @ shares, np.array(falls))

    return source.map_reduce(of)


def _entropies(shares: FloatArray) -> FloatArray:
    """- t log t of each share, 0 where it is 0."""
    logs = np.zeros_like(shares)
    np.log(shares, out=logs, where=shares > 0.0)
    logs *= -shares
    return logs


def _suggested(entropies: FloatArray, weight: float) -> tuple[int, str]:
    """A number of clusters from the entropies (m,) of m, m - 1, ..., 1 of them."""
    m = len(entropies)
    if m < 3 or entropies[0] <= _NO_DOUBT * weight * np.log(m):
        return m, "the components are hardly ever in doubt" if m > 2 else "too few for an elbow"
    number = elbow(entropies[::-1])
    return number, "the elbow of the entropy"


def elbow(heights: FloatArray) -> int:
    """Where one of two lines through the heights of 1, 2, ..., m ends and the other begins.

    The place from 2 to m - 1 with the least squares, as Baudry et al. (2010, section 4) have it.
    """
    m = len(heights)
    places = np.arange(1.0, m + 1.0)

    def misfit(start: int, end: int) -> float:
        x, y = places[start:end], heights[start:end]
        line = np.column_stack([np.ones_like(x), x - x.mean()])
        return float(np.square(y - line @ np.linalg.lstsq(line, y)[0]).sum())

    return min(range(2, m), key=lambda c: misfit(0, c) + misfit(c - 1, m))
