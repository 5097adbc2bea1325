"""Groups of components as components: the same density, with fewer and richer clusters.

A group is a mixture of its members, so the whole is a mixture of the `Nested` family. Groups of
fewer members than the largest are filled up with copies of weight 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mixtura.errors import MixturaError
from mixtura.families.nested import Nested, NestedParameters
from mixtura.families.noise import with_noise
from mixtura.mixture import Mixture

__all__ = ["check_groups", "grouped"]


def grouped(mixture: Mixture[Any, Any], groups: Sequence[Sequence[int]]) -> Mixture[Any, Any]:
    """The mixture of the groups, in their order; noise stays last. Its weights count as free.

    Raises
    ------
    MixturaError
        If a component is left out, is there twice, or is none.

    Examples
    --------
    >>> import numpy as np
    >>> from mixtura.families import Bernoulli, BernoulliParameters
    >>> params = BernoulliParameters(np.array([[0.5], [1.0], [0.0]]))
    >>> coins = Mixture(Bernoulli(), params, weights=np.array([0.5, 0.2, 0.3]))
    >>> two = grouped(coins, [[0, 2], [1]])
    >>> two.weights, two.params.weights
    (array([0.8, 0.2]), array([[0.625, 0.375],
           [1.   , 0.   ]]))
    """
    clusters = mixture.clusters
    check_groups(groups, clusters.n_clusters)
    m = max(map(len, groups))
    members = np.array([[*group, *[group[0]] * (m - len(group))] for group in groups])
    filled = np.arange(m) < np.array([[len(group)] for group in groups])
    weights = np.where(filled, clusters.weights[members], 0.0)
    totals = weights.sum(axis=1)
    # Of a group without weight no member is more than another.
    own = np.where(totals[:, None] > 0.0, weights, filled)
    params = NestedParameters(
        own / own.sum(axis=1, keepdims=True), clusters.params.take(members.ravel())
    )
    family = Nested[Any, Any](clusters.family, m, padding=int((~filled).sum()))
    noise = mixture.weights[clusters.n_clusters :]
    return Mixture(
        with_noise(family, mixture.noise_region), params, np.concatenate([totals, noise])
    )


def check_groups(groups: Sequence[Sequence[int]], k: int) -> None:
    """See that each of k components is in one group, and none of the groups is empty."""
    given = [component for group in groups for component in group]
    expected = f"expected each of 0 to {k - 1} in one group"
    if not all(map(len, groups)):
        raise MixturaError(f"A group has no component: {expected}.")
    for component in given:
        if not 0 <= component < k:
            raise MixturaError(f"There is no component {component}: {expected}.")
        if given.count(component) > 1:
            raise MixturaError(f"Component {component} is there twice: {expected}.")
    left_out = sorted(set(range(k)).difference(given))
    if left_out:
        some = ", ".join(map(str, left_out))
        raise MixturaError(
            f"Left out: {some}. {expected.capitalize()}; one that stays alone is a group by itself."
        )
