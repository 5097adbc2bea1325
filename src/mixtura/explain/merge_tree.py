"""A merge tree: groups of components that become fewer, two at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from mixtura.errors import MixturaError
from mixtura.shown import shown
from mixtura.typing import FloatArray, IntArray

__all__ = ["Groups", "MergeTree", "united"]

#: Numbers of components, group by group.
Groups: TypeAlias = list[list[int]]


def united(groups: Sequence[Sequence[int]], a: int, b: int) -> Groups:
    """The groups with two of them made one, in the place of the first of these."""
    low, high = sorted((a, b))
    made = [
        sorted([*groups[low], *groups[high]]) if g == low else list(groups[g])
        for g in range(len(groups))
    ]
    del made[high]
    return made


@dataclass(frozen=True, eq=False)
class MergeTree:
    """How m groups of components are merged, until one is left.

    Attributes
    ----------
    by : str
        What decides which two are merged: 'hills' or 'entropy'.
    leaves : tuple of tuple of int
        The components of each group before any merge: one each by entropy; by hills those that
        share a hill.
    merges : ndarray of shape (m - 1, 2)
        The two groups that are made one in each merge, by their numbers at that time: the new group
        has the lower number, and those after the higher one move up by one.
    values : ndarray of shape (m,)
        Before any merge and after each, never rising. By entropy: the entropy of the assignments of
        all rows to m, m - 1, ..., 1 clusters, in nats. By hills: the density on the saddle that was
        passed as a share of that on the lower of the two summits, 1 before any merge.
    moved : ndarray of shape (m - 1,)
        Share of all weight that is in the lighter of the two groups: what changes its name.
    suggested : int
        A number of clusters.
    reason : str
        How it was chosen.
    """

    by: str
    leaves: tuple[tuple[int, ...], ...]
    merges: IntArray
    values: FloatArray
    moved: FloatArray
    suggested: int
    reason: str

    __repr__ = shown

    def __len__(self) -> int:
        """m."""
        return len(self.leaves)

    def groups(self, n_clusters: int | None = None) -> Groups:
        """The components of each cluster, of so many clusters; of as many as are suggested.

        Raises
        ------
        MixturaError
            If there are not so many clusters.

        Examples
        --------
        >>> import numpy as np
        >>> tree = MergeTree("entropy", ((0,), (1,), (2,)), np.array([[0, 2], [0, 1]]),
        ...                  np.array([9.0, 0.5, 0.0]), np.array([0.2, 0.4]), 2, "the elbow")
        >>> tree.groups()
        [[0, 2], [1]]
        """
        wanted = self.suggested if n_clusters is None else n_clusters
        if not 1 <= wanted <= len(self):
            raise MixturaError(
                f"n_clusters={wanted}: merging by {self.by} begins with {len(self)} "
                f"group{'s' if len(self) > 1 else ''}. Give a number from 1 to {len(self)}."
            )
        groups = [list(leaf) for leaf in self.leaves]
        for a, b in self.merges[: len(self) - wanted].tolist():
            groups = united(groups, a, b)
        return groups

    def n_clusters_above(self, value: float) -> int:
        """Clusters once all merges are made after which the value is no less than this one."""
        return len(self) - int((self.values[1:] >= value).sum())
