"""The hills of the density: local maxima of a Gaussian mixture.

A mixture of k Gaussians can have fewer hills than components, or more. All its stationary
points lie on the ridgeline surface (Ray and Lindsay 2005, eq. 4),

    x(a) = (sum_j a_j S_j^-1)^-1 sum_j a_j S_j^-1 m_j,   a_j >= 0, sum a = 1,

so we climb from points of that surface: the means, the ridgelines between pairs, and the
centers of triples and of all. Each climb is the fixed-point iteration of Carreira-Perpinan
(2000), which is EM for the place x and never goes down, and ends with Newton steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, islice

import numpy as np

from mixtura.families.gaussian.parameters import GaussianParameters
from mixtura.mixture import Mixture
from mixtura.statistics import Moments
from mixtura.typing import AnyArray, FloatArray, IntArray

__all__ = ["Modes", "find_modes"]

_CLIMB_STEPS = 2_000
_NEWTON_STEPS = 20
_PAIR_POINTS = np.linspace(0.1, 0.9, 9)
_MOST_TRIPLES = 500

# Two climbs that end closer than this, in sigmas of any component, reached the same hill.
_SAME_HILL = 1e-3

# Differences of the log-density, as a share of it, that are rounding errors.
_LEVEL = 1e-14

# A climb has arrived when its steps are shorter than this, in the same sigmas.
_STILL = 1e-9


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
        Number of the hill that is reached by climbing from each component's mean; -1 where there
        are none, since all weight is noise.
    """

    points: FloatArray
    log_density: FloatArray
    of_component: IntArray

    def __len__(self) -> int:
        return len(self.points)


def find_modes(mixture: Mixture[GaussianParameters, Moments]) -> Modes:
    """All hills that can be climbed from the ridgeline surface of a Gaussian mixture.

    Examples
    --------
    >>> import numpy as np
    >>> from mixtura.families.gaussian.structures import VVI, AxisCovariances
    >>> from mixtura.families import Gaussian
    >>> params = GaussianParameters(np.array([[0.0], [1.0]]), AxisCovariances(np.ones((2, 1))))
    >>> mixture = Mixture(Gaussian(VVI, np.zeros(1)), params, np.array([0.5, 0.5]))
    >>> find_modes(mixture).points  # two components one sigma apart make a single hill
    array([[0.5]])
    """
    means = mixture.params.means
    if not mixture.clusters.weights.any():
        return Modes(means[:0], np.empty(0), np.full(len(means), -1))
    slopes = _Slopes(mixture.clusters)  # noise lifts all places alike: the hills are the same
    climbed = _climb(slopes, np.concatenate([means, _ridge(slopes)]))
    heights = mixture.log_density(climbed)
    summits: list[int] = []
    # The highest end is one, even where rounding hides how it curves.
    for candidate in [*np.flatnonzero(slopes.concave(climbed)).tolist(), int(heights.argmax())]:
        if not (slopes.distances(climbed[candidate] - climbed[summits]) < _SAME_HILL).any():
            summits.append(candidate)
    summits.sort(key=lambda s: -heights[s])
    points = climbed[summits]
    nearest = [slopes.distances(end - points).argmin() for end in climbed[: len(means)]]
    return Modes(points, heights[summits], np.array(nearest, dtype=np.intp))


class _Slopes:
    """Derivatives of the log-density, at many points (m, d) at once."""

    def __init__(self, mixture: Mixture[GaussianParameters, Moments]) -> None:
        live = np.flatnonzero(mixture.weights > 0.0)
        self.mixture = mixture.take(live)
        self.means = self.mixture.params.means
        self.covariances = self.mixture.params.covariances
        self.precisions = self.covariances.precisions()

    def pull(self, points: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Responsibilities (m, k), each component's pull (m, k, d), and its stiffness (m, d, d)."""
        resp = self.mixture.responsibilities(points)
        towards = self.means - points[:, None, :]
        pull = np.einsum("jab,mjb->mja", self.precisions, towards)
        return resp, pull, np.tensordot(resp, self.precisions, axes=1)

    def fixed_point_step(self, points: FloatArray) -> FloatArray:
        """The step of EM for the place; it never lowers the density."""
        resp, pull, stiffness = self.pull(points)
        gradient = np.einsum("mj,mja->ma", resp, pull)
        return _solved(stiffness, gradient)

    def newton_step(self, points: FloatArray) -> FloatArray:
        """The step to the top of the local parabola; 0 where there is none."""
        hessian, gradient = self.curvature(points)
        step = np.zeros_like(points)
        concave = self._curves_down(points, hessian)
        step[concave] = _solved(-hessian[concave], gradient[concave])
        return step

    def curvature(self, points: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Hessian (m, d, d) and gradient (m, d) of the log-density."""
        resp, pull, stiffness = self.pull(points)
        gradient = np.einsum("mj,mja->ma", resp, pull)
        outer = np.einsum("mj,mja,mjb->mab", resp, pull, pull, optimize=True)
        return outer - stiffness - gradient[:, :, None] * gradient[:, None, :], gradient

    def concave(self, points: FloatArray) -> AnyArray:
        """Whether the log-density curves down in every direction, (m,)."""
        return self._curves_down(points, self.curvature(points)[0])

    def _curves_down(self, points: FloatArray, hessian: FloatArray) -> AnyArray:
        """Whether Hessians are negative definite, (m,), seen in sigmas of the likeliest component.

        There they are about -1; in the units of the features one direction may be lost in the
        rounding of another.
        """
        k, d = self.means.shape
        roots = self.covariances.color(np.tile(np.eye(d), (k, 1)), np.repeat(np.arange(k), d))
        root = roots.reshape(k, d, d)[self.mixture.log_joint(points).argmax(axis=1)]
        curves: AnyArray = np.linalg.eigvalsh(root @ hessian @ root.transpose(0, 2, 1))[:, -1] < 0.0
        return curves

    def flatter(self, new: FloatArray, old: FloatArray) -> AnyArray:
        """Whether the slope at each new point is smaller than at the old, and no lower, (m,).

        Near a summit the density is level to its last digit long before the slope is.
        """
        slope_new = np.abs(self.curvature(new)[1]).max(axis=1)
        slope_old = np.abs(self.curvature(old)[1]).max(axis=1)
        before = self.mixture.log_density(old)
        fall = before - self.mixture.log_density(new)
        better: AnyArray = (slope_new < slope_old) & (fall <= _LEVEL * (1.0 + np.abs(before)))
        return better

    def distances(self, deltas: FloatArray) -> FloatArray:
        """Lengths (m,) of differences in sigmas of the component that is narrowest along each."""
        squared = self.covariances.squared_distances(deltas, np.zeros_like(self.means))
        lengths: FloatArray = np.sqrt(squared.max(axis=1))
        return lengths


def _climb(slopes: _Slopes, points: FloatArray) -> FloatArray:
    """Where the ascent from each of the points ends."""
    points = points.copy()
    climbing = np.arange(len(points))
    for _ in range(_CLIMB_STEPS):
        step = slopes.fixed_point_step(points[climbing])
        points[climbing] += step
        climbing = climbing[slopes.distances(step) > _STILL]
        if len(climbing) == 0:
            break
    for _ in range(_NEWTON_STEPS):
        nearer = points + slopes.newton_step(points)
        better = slopes.flatter(nearer, points)
        if not better.any():
            break
        points[better] = nearer[better]
    return points


def _ridge(slopes: _Slopes) -> FloatArray:
    """Points of the ridgeline surface: between pairs, and at the center of triples and of all."""
    k = len(slopes.means)
    mixes = [
        a * np.eye(k)[i] + (1.0 - a) * np.eye(k)[j]
        for i, j in combinations(range(k), 2)
        for a in _PAIR_POINTS
    ]
    triples = islice(combinations(range(k), 3), _MOST_TRIPLES)
    mixes += [np.eye(k)[list(triple)].mean(axis=0) for triple in triples]
    mixes.append(np.full(k, 1.0 / k))
    mix = np.array(mixes)
    center = slopes.means.mean(axis=0)
    pull = np.einsum("mj,jab,jb->ma", mix, slopes.precisions, slopes.means - center, optimize=True)
    stiffness = np.tensordot(mix, slopes.precisions, axes=1)
    ridge: FloatArray = center + _solved(stiffness, pull)
    return ridge


def _solved(matrices: FloatArray, vectors: FloatArray) -> FloatArray:
    """Vectors (m, d) that positive-definite matrices (m, d, d) make these of, in any units."""
    unit = 1.0 / np.sqrt(matrices.diagonal(0, 1, 2))
    scaled = unit[:, :, None] * matrices * unit[:, None, :]
    solution: FloatArray = unit * np.linalg.solve(scaled, (unit * vectors)[..., None])[..., 0]
    return solution
