"""The slopes of a mixture of elliptical components: gradients, Hessians and steps uphill.

With responsibilities r_j, precisions P_j and pulls u_j (see `families.elliptical`) the gradient of
the log-density is g = sum_j r_j u_j P_j (m_j - x), and with the stiffness M = sum_j r_j u_j P_j the
step M^-1 g is that of EM for the place x, which never goes down (Carreira-Perpinan 2000; for heavy
tails it is the same EM that fits them).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mixtura.errors import MixturaError
from mixtura.families.elliptical import Elliptical
from mixtura.families.nested import Nested
from mixtura.mixture import Mixture
from mixtura.typing import BoolArray, FloatArray, IntArray

__all__ = ["LONGEST", "Slopes", "has_slopes", "parts_of", "solved"]

#: A step along a direction, in sigmas of the likeliest part.
LONGEST = 0.3

# A curvature that is hardly more than rounding, in nats per squared sigma: what is so level is no
# summit by itself.
_LEVEL_CURVE = 1e-9

# Differences of the log-density, as a share of it, that are rounding errors.
_LEVEL = 1e-14


def parts_of(mixture: Mixture[Any, Any]) -> tuple[Mixture[Any, Any], IntArray]:
    """The mixture without noise and without groups, and the component that each part is of.

    A component that is itself a mixture (`Nested`) has several.
    """
    flat = mixture.clusters
    owners = np.arange(flat.n_clusters)
    while isinstance(flat.family, Nested):
        shares = flat.params.weights
        owners = owners.repeat(shares.shape[1])
        weights = (flat.weights[:, None] * shares).ravel()
        flat = Mixture(flat.family.family, flat.params.parts, weights)
    return flat, owners


def has_slopes(mixture: Mixture[Any, Any]) -> bool:
    """Whether the components are elliptical, so that the density has hills to climb."""
    return isinstance(parts_of(mixture)[0].family, Elliptical)


class Slopes:
    """Derivatives of the log-density of the parts of positive weight, at many points (m, d).

    Noise lifts all places alike, so it has no part in them.

    Attributes
    ----------
    mixture : Mixture
        Of the parts of positive weight.
    locations : ndarray of shape (k, d)
        Where these are.
    live : ndarray of shape (k,)
        Their numbers among all parts.
    all_locations, weights, owners : ndarray
        Where all parts are, their weights, and the component of the whole mixture that each is of.
    """

    def __init__(self, whole: Mixture[Any, Any]) -> None:
        flat, self.owners = parts_of(whole)
        self.live = np.flatnonzero(flat.weights > 0.0)
        self.weights, self.mixture = flat.weights, flat.take(self.live)
        family = flat.family
        if not isinstance(family, Elliptical):
            raise MixturaError(
                f"A mixture of {type(family).__name__} components has no hills to climb: a density "
                "over categories or counts has no slopes, and of others only elliptical families "
                "tell theirs (mixtura.families.elliptical). Components of any family are merged by "
                "entropy: merge_components('entropy', X)."
            )
        self.all_locations = family.ellipses(flat.params).locations
        ellipses = family.ellipses(self.mixture.params)
        self.locations, self.whitening = ellipses.locations, ellipses.whitening
        self.precisions = self.whitening @ self.whitening.transpose(0, 2, 1)
        self._roots = np.linalg.inv(self.whitening)
        self._pull = ellipses.pull

    def part(self, component: int) -> int:
        """The number of a component's heaviest part among those of positive weight.

        Raises
        ------
        MixturaError
            If the component has no weight.
        """
        own = self.owners[self.live] == component
        if not own.any():
            raise MixturaError(
                f"Component {component} has weight 0, so it has no place in the density: choose "
                "another one."
            )
        return int(np.where(own, self.mixture.weights, -1.0).argmax())

    def log_density(self, points: FloatArray) -> FloatArray:
        """Of the parts alone, (m,)."""
        return self.mixture.log_density(points)

    def distances(self, deltas: FloatArray) -> FloatArray:
        """Lengths (m,) of differences (m, d) in sigmas of the part that is narrowest along each."""
        squared = np.square(deltas @ self.whitening).sum(axis=2)
        lengths: FloatArray = np.sqrt(squared.max(axis=0))
        return lengths

    def step(self, points: FloatArray) -> FloatArray:
        """The step of EM for the place, (m, d)."""
        resp, pull, _, towards = self._pulls(points)
        return solved(*self._sums(resp, pull, towards))

    def bold_step(self, points: FloatArray) -> FloatArray:
        """A step of Newton's, uphill in every direction and a third of a sigma at most, (m, d).

        Where that would go down, as over the edge of a bent ridge, it is a quarter as long, or a
        sixteenth, or the step of EM.
        """
        values, directions, along = self.seen(points)
        lengths = along / np.maximum(np.abs(values), np.abs(along) / LONGEST)
        step: FloatArray = np.einsum("mab,mb->ma", directions, lengths)
        down = ~self._no_lower(points + step, points)
        for _ in range(2):
            step[down] *= 0.25
            down[down] = ~self._no_lower((points + step)[down], points[down])
        step[down] = self.step(points[down])
        return step

    def seen(self, points: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Curvatures and directions as of `axes`, and the slopes (m, d) along these."""
        hessian, gradient = self.curvature(points)
        values, directions = self.axes(points, hessian)
        return values, directions, np.einsum("mab,ma->mb", directions, gradient)

    def curvature(self, points: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Hessian (m, d, d) and gradient (m, d) of the log-density."""
        resp, pull, falls, towards = self._pulls(points)
        stiffness, gradient = self._sums(resp, pull, towards)
        hessian = _outer(resp, pull[:, :, None] * towards) - stiffness
        if falls.any():
            hessian += _outer(resp * falls, towards)
        return hessian - gradient[:, :, None] * gradient[:, None, :], gradient

    def axes(self, points: FloatArray, hessian: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Curvatures (m, d), ascending, and their directions (m, d, d) in columns.

        Both are in sigmas of the likeliest part. There Hessians are about -1; in the units of the
        features one direction may be lost in the rounding of another.
        """
        roots = self._roots[self.mixture.log_joint(points).argmax(axis=1)]
        values, vectors = np.linalg.eigh(roots @ hessian @ roots.transpose(0, 2, 1))
        return values, roots.transpose(0, 2, 1) @ vectors

    def concave(self, points: FloatArray) -> BoolArray:
        """Whether the log-density curves down in every direction, beyond rounding, (m,)."""
        return np.asarray(self.axes(points, self.curvature(points)[0])[0][:, -1] < -_LEVEL_CURVE)

    def flatter(self, new: FloatArray, old: FloatArray) -> BoolArray:
        """Whether the slope at each new point is smaller than at the old, and no lower, (m,).

        Near a summit the density is level to its last digit long before the slope is.
        """
        slope_new, slope_old = (np.abs(self.curvature(at)[1]).max(axis=1) for at in (new, old))
        return np.asarray((slope_new < slope_old) & self._no_lower(new, old))

    def _no_lower(self, new: FloatArray, old: FloatArray) -> BoolArray:
        """Whether the density at each new point is that at the old one or more, (m,)."""
        before = self.log_density(old)
        fall = before - self.log_density(new)
        return np.asarray(fall <= _LEVEL * (1.0 + np.abs(before)))

    def _pulls(self, points: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Responsibilities, pulls and their falls (m, k), and P_j (m_j - x), (m, k, d)."""
        white = (self.locations[:, None] - points) @ self.whitening
        pull, falls = self._pull(np.square(white).sum(axis=2).T)
        towards = (white @ self.whitening.transpose(0, 2, 1)).transpose(1, 0, 2)
        return self.mixture.responsibilities(points), pull, falls, towards

    def _sums(
        self, resp: FloatArray, pull: FloatArray, towards: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Stiffness (m, d, d) and gradient (m, d)."""
        shares = resp * pull
        return np.tensordot(shares, self.precisions, axes=1), (shares[:, None] @ towards)[:, 0]


def _outer(shares: FloatArray, vectors: FloatArray) -> FloatArray:
    """Sums over j of shares (m, k) times the outer products of vectors (m, k, d), (m, d, d)."""
    return np.asarray((shares[:, :, None] * vectors).transpose(0, 2, 1) @ vectors)


def solved(matrices: FloatArray, vectors: FloatArray) -> FloatArray:
    """Vectors (m, d) that positive-definite matrices (m, d, d) make these of, in any units."""
    unit = 1.0 / np.sqrt(matrices.diagonal(0, 1, 2))
    scaled = unit[:, :, None] * matrices * unit[:, None, :]
    solution: FloatArray = unit * np.linalg.solve(scaled, (unit * vectors)[..., None])[..., 0]
    return solution
