"""What a report tells of hills, and of clusters that are hard to tell apart."""

from __future__ import annotations

from typing import Any

from mixtura.explain.merge_tree import MergeTree
from mixtura.explain.merging_by_entropy import merge_by_entropy
from mixtura.explain.merging_by_hills import merge_by_hills
from mixtura.explain.passes import find_landscape
from mixtura.explain.slopes import has_slopes
from mixtura.mixture import Mixture
from mixtura.report.summaries import EntropySummary, HillsSummary, Merge
from mixtura.sources import ArraySource
from mixtura.typing import FloatArray

__all__ = ["entropy_summary", "hills_summary"]

# More clusters than these are too many for a reader, and more columns for the time of a report.
_MOST_CLUSTERS, _MOST_COLUMNS = 20, 20

# Entropies that are looked at, of rows times pairs of clusters: of larger tables rows in equal
# steps will do.
_MOST_ENTROPIES = 50_000_000


def hills_summary(mixture: Mixture[Any, Any]) -> HillsSummary | None:
    """Of a mixture of a few clusters that has hills."""
    few = 1 < mixture.n_clusters <= _MOST_CLUSTERS and mixture.n_features <= _MOST_COLUMNS
    if not few or not has_slopes(mixture) or not mixture.clusters.weights.any():
        return None
    landscape = find_landscape(mixture)
    tree = merge_by_hills(mixture, landscape)
    return HillsSummary(count=len(landscape.modes), shared=tree.leaves, merges=_merges(tree))


def entropy_summary(
    mixture: Mixture[Any, Any], rows: FloatArray, weight: FloatArray | None
) -> EntropySummary | None:
    """Of a mixture of a few clusters about some rows."""
    k = mixture.n_clusters
    if not 2 < k <= _MOST_CLUSTERS:
        return None
    some = slice(None, None, -(-len(rows) * k * k // _MOST_ENTROPIES))
    source = ArraySource(rows[some], None if weight is None else weight[some])
    tree = merge_by_entropy(mixture, source)
    if tree.values[0] == 0.0:  # nothing is in doubt
        return None
    return EntropySummary(
        start=float(tree.values[0]), merges=_merges(tree), suggested=tree.suggested
    )


def _merges(tree: MergeTree) -> list[Merge]:
    merges = []
    for number, (a, b) in enumerate(tree.merges.tolist()):
        groups = tree.groups(len(tree) - number)
        merges.append(Merge(one=groups[a], other=groups[b], value=float(tree.values[number + 1])))
    return merges
