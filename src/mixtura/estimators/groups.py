"""Components that are merged, as methods of estimators."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from numbers import Real
from operator import index
from typing import TYPE_CHECKING, Any

from mixtura.errors import MixturaError
from mixtura.estimators.asked import Asked
from mixtura.estimators.made import following
from mixtura.estimators.options import choose
from mixtura.estimators.parameters import check_count
from mixtura.explain.grouping import grouped
from mixtura.explain.merge_tree import Groups, MergeTree
from mixtura.explain.merging_by_entropy import merge_by_entropy
from mixtura.explain.merging_by_hills import merge_by_hills
from mixtura.mixture import Mixture
from mixtura.sources import Source

if TYPE_CHECKING:
    from mixtura.estimators.family_mixtures import FamilyMixture

__all__ = ["WithGroups"]

#: What decides which components are merged, by name: a tree from a mixture, and rows if it asks.
_MERGERS: dict[str, Callable[[Mixture[Any, Any], Source | None], MergeTree]] = {
    "hills": lambda mixture, source: merge_by_hills(mixture),
    "entropy": lambda mixture, source: merge_by_entropy(mixture, _needed(source)),
}


class WithGroups(Asked):
    """Groups of components as clusters."""

    def merge_tree(self, by: str, X: Any = None, sample_weight: Any = None) -> MergeTree:
        """How components can be merged, two groups at a time, until one is left.

        Parameters
        ----------
        by : {'hills', 'entropy'}
            'hills': components that share a hill first, then hills with the shallowest valley
            between them. 'entropy': those that are hardest to tell apart about the rows X (Baudry,
            Raftery, Celeux, Lo and Gottardo 2010), of any family.
        X : table of shape (n, d), default=None
            The rows that 'entropy' looks at.
        sample_weight : array of shape (n,), default=None

        Returns
        -------
        MergeTree
            With a `suggested` number of clusters, and `groups(n_clusters)`.

        Raises
        ------
        MixturaError
            By entropy without rows, or by hills if the components have none, as of `modes`.

        Examples
        --------
        >>> import numpy as np
        >>> import mixtura as mx
        >>> rng = np.random.default_rng(0)
        >>> X = np.concatenate([rng.uniform(0, 4, (400, 1)), rng.normal(9, 1, (200, 1))])
        >>> gm = mx.GaussianMixture(3, covariance_type="tied", random_state=0).fit(X)
        >>> tree = gm.merge_tree("entropy", X)
        >>> tree.suggested, tree.groups(2)
        (2, [[0, 2], [1]])
        """
        mixture, merger = self._fitted(), choose(_MERGERS, "by", by)
        return merger(mixture, None if X is None else self._source(X, sample_weight, mixture))

    def merge_components(
        self,
        groups: str | Sequence[Sequence[int]],
        X: Any = None,
        sample_weight: Any = None,
        *,
        n_clusters: int | None = None,
        ratio: float | None = None,
    ) -> FamilyMixture:
        """A fitted estimator whose clusters are groups of components; its density is the same.

        Parameters
        ----------
        groups : {'hills', 'entropy'} or list of list of int
            What decides, as of `merge_tree`; or the numbers of the components of each group. Each
            component is in one; noise stays noise.
        X : table of shape (n, d), default=None
            The rows that 'entropy' looks at.
        sample_weight : array of shape (n,), default=None
        n_clusters : int, default=None
            How many groups there are to be; by default as many as there are hills, or where the
            entropy has its elbow.
        ratio : float, default=None
            Of 'hills': those are merged, too, between which the density is nowhere below this share
            of that on the lower summit. Hennig (2010) proposes 0.2.

        Returns
        -------
        FamilyMixture
            A mixture of mixtures (`Nested`): it predicts, samples, is saved and reported as any.

        Raises
        ------
        MixturaError
            If a component is not there, twice there, or left out, or there are not so many groups.

        Examples
        --------
        >>> import numpy as np
        >>> import mixtura as mx
        >>> rng = np.random.default_rng(0)
        >>> X = np.concatenate([rng.uniform(0, 4, (400, 1)), rng.normal(9, 1, (200, 1))])
        >>> gm = mx.GaussianMixture(3, covariance_type="tied", random_state=0).fit(X)
        >>> two = gm.merge_components("entropy", X)
        >>> two.predict_proba([[1.0], [3.0], [9.0]]).round(2)
        array([[1., 0.],
               [1., 0.],
               [0., 1.]])
        """
        mixture = self._fitted()
        if not isinstance(groups, str):
            _refuse(groups, n_clusters=n_clusters, ratio=ratio)
            return _estimator(self, grouped(mixture, _numbers(groups)))
        choose(_MERGERS, "groups", groups)
        tree = self.merge_tree(groups, X, sample_weight)
        return _estimator(self, grouped(mixture, _chosen(tree, n_clusters, ratio)))


def _needed(source: Source | None) -> Source:
    if source is None:
        raise MixturaError("Merging by entropy looks at rows: give X, such as those of the fit.")
    return source


def _chosen(tree: MergeTree, n_clusters: int | None, ratio: float | None) -> Groups:
    """The groups of a tree that are asked for."""
    if n_clusters is not None:
        _refuse(tree.by, ratio=ratio)
        return tree.groups(check_count("n_clusters", n_clusters, at_least=1))
    if ratio is None:
        return tree.groups()
    if tree.by != "hills":
        _refuse(tree.by, ratio=ratio)
    if not isinstance(ratio, Real) or not 0.0 < ratio <= 1.0:
        raise MixturaError(f"ratio={ratio!r}: give a share above 0, up to 1.")
    return tree.groups(tree.n_clusters_above(ratio))


def _refuse(groups: object, **given: object) -> None:
    """Settings that say nothing beside such groups."""
    for name, value in given.items():
        if value is not None:
            raise MixturaError(
                f"{name}={value!r} says nothing beside groups={groups!r}: leave it out. It is for "
                "'hills'" + (", or 'entropy'." if name == "n_clusters" else " without n_clusters.")
            )


def _numbers(groups: Sequence[Sequence[int]]) -> Groups:
    """The groups as lists of whole numbers."""
    try:
        return [[index(j) for j in group] for group in groups]
    except TypeError:
        raise MixturaError(
            f"groups={groups!r}: give 'hills', 'entropy', or the components of each group, such as "
            "[[0, 2], [1]]."
        ) from None


def _estimator(known: Any, mixture: Mixture[Any, Any]) -> FamilyMixture:
    """One that is fitted, with the columns that another knows."""
    from mixtura.estimators.family_mixtures import FamilyMixture  # which has these methods, too

    return following(known._known(), FamilyMixture, mixture, known._schema())
