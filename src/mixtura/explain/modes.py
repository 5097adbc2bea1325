"""The hills of the density: local maxima of a mixture of elliptical components.

A mixture of k components can have fewer hills than components, or more. All its stationary points
lie on the ridgeline surface, so we climb from points of that surface (see `ridgeline_surface` and
`climbing`). A climb that ends on a pass goes on to both of its sides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mixtura.explain.climbing import SAME_HILL, climb, nearest
from mixtura.explain.ridgeline_surface import seeds
from mixtura.explain.slopes import Slopes
from mixtura.mixture import Mixture
from mixtura.shown import shown
from mixtura.typing import FloatArray, IntArray

__all__ = ["Modes", "find_modes"]

# From a pass one goes so far to its sides, in sigmas of the likeliest part.
_ASIDE = 0.05


@dataclass(frozen=True)
class Modes:
    """The local maxima of a density, highest first.

    Attributes
    ----------
    points : ndarray of shape (m, d)
        Where they are.
    log_density : ndarray of shape (m,)
        Log-density there.
    of_component : ndarray of shape (k,)
        Number of the hill that is reached by climbing from each component's location (of a
        component that is a mixture itself, from that of its heaviest part); -1 where there are
        none, since all weight is noise.
    """

    points: FloatArray
    log_density: FloatArray
    of_component: IntArray

    __repr__ = shown

    def __len__(self) -> int:
        return len(self.points)


def find_modes(mixture: Mixture[Any, Any]) -> Modes:
    """All hills that can be climbed from the ridgeline surface of a mixture.

    Raises
    ------
    MixturaError
        If the components are not elliptical.

    Examples
    --------
    >>> import numpy as np
    >>> from mixtura.families import Gaussian, GaussianParameters
    >>> from mixtura.families.gaussian.structures import VVI, AxisCovariances
    >>> params = GaussianParameters(np.array([[0.0], [1.0]]), AxisCovariances(np.ones((2, 1))))
    >>> mixture = Mixture(Gaussian(VVI, np.zeros(1)), params, np.array([0.5, 0.5]))
    >>> find_modes(mixture).points  # two components one sigma apart make a single hill
    array([[0.5]])
    """
    if not mixture.clusters.weights.any():
        none = np.full(mixture.n_clusters, -1)
        return Modes(np.empty((0, mixture.n_features)), np.empty(0), none)
    slopes = Slopes(mixture)
    climbed = climb(slopes, np.concatenate([slopes.all_locations, *seeds(slopes)]))
    climbed = np.concatenate([climbed, climb(slopes, _beside_passes(slopes, climbed))])
    heights = mixture.log_density(climbed)
    summits = _different(slopes, climbed, heights)
    of_parts = nearest(slopes, climbed[: len(slopes.owners)], climbed[summits])
    of_component = _of_components(mixture, slopes, of_parts)
    return Modes(climbed[summits], heights[summits], of_component)


def _different(slopes: Slopes, climbed: FloatArray, heights: FloatArray) -> list[int]:
    """Numbers of the ends that are different summits, the highest first.

    An end from which Newton's step would go further has not arrived. The highest end is a summit,
    even where rounding hides how it curves.
    """
    summits: list[int] = []
    values, _, along = slopes.seen(climbed)
    arrived = (np.abs(along) <= -SAME_HILL * values).all(axis=1) & slopes.concave(climbed)
    for candidate in [*np.flatnonzero(arrived).tolist(), int(heights.argmax())]:
        if not (slopes.distances(climbed[candidate] - climbed[summits]) < SAME_HILL).any():
            summits.append(candidate)
    return sorted(summits, key=lambda s: -heights[s])


def _of_components(mixture: Mixture[Any, Any], slopes: Slopes, of_parts: IntArray) -> IntArray:
    """The hill of each component, (k,), from those of all parts."""
    of_component = np.zeros(mixture.n_clusters, dtype=np.intp)
    rising = np.argsort(slopes.weights, kind="stable")
    of_component[slopes.owners[rising]] = of_parts[rising]  # the heaviest part comes last
    return of_component


def _beside_passes(slopes: Slopes, ends: FloatArray) -> FloatArray:
    """Places on both sides of ends from where the density still rises in some direction."""
    values, directions, _ = slopes.seen(ends)
    passes = values[:, -1] >= 0.0
    ends, up = ends[passes], _ASIDE * directions[passes, :, -1]
    return np.concatenate([ends + up, ends - up])
