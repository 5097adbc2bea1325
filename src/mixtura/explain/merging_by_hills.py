"""Merging components that share a hill, and hills between which there is hardly a valley.

Components on one hill are one cluster. Of two hills the saddle says how deep the valley between
them is: its density as a share of that on the lower summit, 1 where there is no valley (Hennig
2010, section 4.2, looks so at two components at a time; here it is the whole density, and the
highest of all paths). The two groups of hills with the largest share are merged, and so on.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mixtura.errors import MixturaError
from mixtura.explain.merge_tree import Groups, MergeTree, united
from mixtura.explain.passes import Landscape, find_landscape
from mixtura.mixture import Mixture
from mixtura.typing import FloatArray

__all__ = ["merge_by_hills"]


def merge_by_hills(mixture: Mixture[Any, Any], landscape: Landscape | None = None) -> MergeTree:
    """The tree of a mixture's hills; those that no component is on are passed over.

    Raises
    ------
    MixturaError
        If the components are not elliptical, or all is noise.
    """
    landscape = find_landscape(mixture) if landscape is None else landscape
    of_component = landscape.modes.of_component
    hills = sorted(set(of_component.tolist()), key=of_component.tolist().index)
    if hills == [-1]:
        raise MixturaError("All weight is noise: there are no hills, and nothing to merge.")
    groups: Groups = [np.flatnonzero(of_component == hill).tolist() for hill in hills]
    leaves, weights = tuple(map(tuple, groups)), mixture.weights
    saddles = landscape.saddles[np.ix_(hills, hills)]
    values, merges, moved = [1.0], [], []
    while len(groups) > 1:
        ratios = _ratios(saddles)
        a, b = np.unravel_index(ratios.argmax(), ratios.shape)
        merges.append((a, b))
        values.append(ratios[a, b])
        moved.append(min(weights[groups[a]].sum(), weights[groups[b]].sum()))
        groups = united(groups, int(a), int(b))
        saddles = _joined(saddles, int(a), int(b))
    suggested = len(leaves)
    pairs = np.array(merges, dtype=np.intp).reshape(-1, 2)
    shares = np.array(moved) / weights[: len(of_component)].sum()
    return MergeTree(
        "hills", leaves, pairs, np.array(values), shares, suggested, "one cluster for each hill"
    )


def _ratios(saddles: FloatArray) -> FloatArray:
    """Those of each two groups (g, g), once for each; -1 elsewhere."""
    summits = saddles.diagonal()
    ratios = np.exp(saddles - np.minimum(summits[:, None], summits))
    return np.where(np.triu(np.ones_like(ratios, dtype=np.bool_), 1), ratios, -1.0)


def _joined(saddles: FloatArray, a: int, b: int) -> FloatArray:
    """The saddles with groups a < b made one: it has the higher of each two."""
    joined = saddles.copy()
    joined[a] = joined[:, a] = np.maximum(saddles[a], saddles[b])
    joined[a, a] = max(saddles[a, a], saddles[b, b])
    return np.delete(np.delete(joined, b, axis=0), b, axis=1)
