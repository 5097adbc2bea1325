"""Ellipsoidal structures: axes in any direction.

With W_j = volume'_j L_j A_j L_j^T component j's scatter, the estimates are those of Celeux and
Govaert (1995), section 4.3. EVE and VVE, which share their axes, are in `common_axes`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from mixtura.covariance.algebra import algebra
from mixtura.covariance.eigen import principal
from mixtura.covariance.structure import first_scales, likelier
from mixtura.covariance.turns import diagonals
from mixtura.typing import EVERYONE, FloatArray, IntArray, Selection

__all__ = ["EEE", "EEV", "EVV", "VEE", "VEV", "VVV", "DenseCovariances", "raised_scatter"]


@dataclass(frozen=True)
class DenseCovariances:
    """Covariance matrices with axes in any direction.

    Attributes
    ----------
    dense : ndarray of shape (k, d, d)
        The covariance matrices.
    whitening : ndarray of shape (k, d, d)
        Upper triangular W with W W^T = inverse of the covariance: (x - mean) W is white.
    log_determinants : ndarray of shape (k,)
    """

    dense: FloatArray
    whitening: FloatArray
    log_determinants: FloatArray

    @classmethod
    def of(cls, dense: FloatArray) -> Self:
        """From positive-definite matrices (k, d, d).

        Raises
        ------
        DegenerateError
            If one is singular to working precision.
        """
        # Products round differently on the two sides of the diagonal.
        dense = 0.5 * (dense + dense.transpose(0, 2, 1))
        return cls(dense, *algebra(dense.shape[1]).factorize(dense))

    @property
    def variances(self) -> FloatArray:
        """Variance of each feature, (k, d)."""
        return diagonals(self.dense)

    def expected_log_likelihood(self, count: FloatArray, scatter: FloatArray) -> float:
        traces = np.vdot(self.precisions(), scatter)
        return -0.5 * float(count @ self.log_determinants + traces)

    def squared_distances(self, X: FloatArray, means: FloatArray) -> FloatArray:
        distances = np.empty((len(X), len(means)))
        for j, (mean, whitening) in enumerate(zip(means, self.whitening, strict=True)):
            # Subtracting before whitening keeps the digits when the means are far from 0.
            white = (X - mean) @ whitening
            np.einsum("nd,nd->n", white, white, out=distances[:, j])
        return distances

    def colour(self, noise: FloatArray, labels: IntArray) -> FloatArray:
        coloured = np.empty_like(noise)
        for j, factor in enumerate(np.linalg.cholesky(self.dense)):
            rows = labels == j
            coloured[rows] = noise[rows] @ factor.T
        return coloured

    def least_ratios(self, floor: FloatArray) -> FloatArray:
        unit = np.sqrt(floor)
        ratios: FloatArray = np.linalg.eigvalsh(self.dense / np.outer(unit, unit))[:, 0]
        return ratios

    def greatest_ratio(self, shares: FloatArray, j: int) -> float:
        pooled = np.tensordot(shares, self.dense, axes=1)
        return float(np.linalg.eigvalsh(self.whitening[j].T @ pooled @ self.whitening[j])[-1])

    def exceed(self, floor: FloatArray) -> bool:
        return algebra(len(floor)).exceeds(self.dense, floor)

    def matrices(self) -> FloatArray:
        return self.dense

    def precisions(self) -> FloatArray:
        return self.whitening @ self.whitening.transpose(0, 2, 1)

    def take(self, order: Selection) -> Self:
        if order is EVERYONE:
            return self
        return type(self)(self.dense[order], self.whitening[order], self.log_determinants[order])


@dataclass(frozen=True)
class EEE:
    """Equal volume, shape and orientation: one covariance matrix shared by all components."""

    diagonal = False

    def estimate(
        self,
        count: FloatArray,
        scatter: FloatArray,
        floor: FloatArray,
        previous: DenseCovariances | None = None,
    ) -> DenseCovariances:
        pooled = scatter.sum(axis=0, keepdims=True) / count.sum()
        shared = DenseCovariances.of(_raised(pooled, floor))
        return shared.take(np.zeros(len(count), dtype=np.intp))

    def n_parameters(self, k: int, d: int) -> int:
        return d * (d + 1) // 2


@dataclass(frozen=True)
class VEE:
    """Varying volume, equal shape and orientation: covariances are proportional."""

    diagonal = False

    def estimate(
        self,
        count: FloatArray,
        scatter: FloatArray,
        floor: FloatArray,
        previous: DenseCovariances | None = None,
    ) -> DenseCovariances:
        raised = raised_scatter(count, scatter, floor)
        first = first_scales(count, previous)
        scales, form = algebra(len(floor)).common_form(count, raised, first)
        new = DenseCovariances.of(scales[:, None, None] * form)
        return new if raised is scatter else likelier(new, previous, count, scatter)

    def n_parameters(self, k: int, d: int) -> int:
        return k - 1 + d * (d + 1) // 2


@dataclass(frozen=True)
class EEV:
    """Equal volume and shape, varying orientation: one ellipsoid, turned."""

    diagonal = False

    def estimate(
        self,
        count: FloatArray,
        scatter: FloatArray,
        floor: FloatArray,
        previous: DenseCovariances | None = None,
    ) -> DenseCovariances:
        raised = raised_scatter(count, scatter, floor)
        spread, axes = principal(raised)
        variances = spread.sum(axis=0) / count.sum()
        new = DenseCovariances.of(_along(axes, variances[None]))
        return new if raised is scatter else likelier(new, previous, count, scatter)

    def n_parameters(self, k: int, d: int) -> int:
        return d + k * d * (d - 1) // 2


@dataclass(frozen=True)
class VEV:
    """Varying volume and orientation, equal shape."""

    diagonal = False

    def estimate(
        self,
        count: FloatArray,
        scatter: FloatArray,
        floor: FloatArray,
        previous: DenseCovariances | None = None,
    ) -> DenseCovariances:
        raised = raised_scatter(count, scatter, floor)
        spread, axes = principal(raised)
        first = first_scales(count, previous)
        scales, form = algebra(len(floor)).common_form(count, spread, first)
        new = DenseCovariances.of(_along(axes, scales[:, None] * form))
        return new if raised is scatter else likelier(new, previous, count, scatter)

    def n_parameters(self, k: int, d: int) -> int:
        return k + d - 1 + k * d * (d - 1) // 2


@dataclass(frozen=True)
class EVV:
    """Equal volume, varying shape and orientation: the determinants are equal."""

    diagonal = False

    def estimate(
        self,
        count: FloatArray,
        scatter: FloatArray,
        floor: FloatArray,
        previous: DenseCovariances | None = None,
    ) -> DenseCovariances:
        raised = raised_scatter(count, scatter, floor)
        roots = _root_determinants(raised)
        volume = roots.sum() / count.sum()
        new = DenseCovariances.of(volume * raised / roots[:, None, None])
        return new if raised is scatter else likelier(new, previous, count, scatter)

    def n_parameters(self, k: int, d: int) -> int:
        return 1 + k * (d * (d + 1) // 2 - 1)


@dataclass(frozen=True)
class VVV:
    """Varying volume, shape and orientation: each component has its own covariance matrix."""

    diagonal = False

    def estimate(
        self,
        count: FloatArray,
        scatter: FloatArray,
        floor: FloatArray,
        previous: DenseCovariances | None = None,
    ) -> DenseCovariances:
        return DenseCovariances.of(_raised(scatter / count[:, None, None], floor))

    def n_parameters(self, k: int, d: int) -> int:
        return k * d * (d + 1) // 2


def raised_scatter(count: FloatArray, scatter: FloatArray, floor: FloatArray) -> FloatArray:
    """Scatters (k, d, d) of components that lie on the floor where they were below it."""
    if not floor.any():
        return scatter
    covariances = scatter / count[:, None, None]
    raised = _raised(covariances, floor)
    return scatter if raised is covariances else raised * count[:, None, None]


def _along(axes: FloatArray, variances: FloatArray) -> FloatArray:
    """Covariance matrices (k, d, d) from axes (k, d, d) and variances (k or 1, d) along them."""
    matrices: FloatArray = (axes * variances[:, None, :]) @ axes.transpose(0, 2, 1)
    return matrices


def _root_determinants(matrices: FloatArray) -> FloatArray:
    """|matrix| ** (1 / d), (k,), or DegenerateError."""
    d = matrices.shape[1]
    roots: FloatArray = np.exp(algebra(d).factorize(matrices)[1] / d)
    return roots


def _raised(matrices: FloatArray, floor: FloatArray) -> FloatArray:
    """The likeliest covariances S with S - diag(floor) positive semi-definite.

    In units of the floor the constraint says that no eigenvalue is below 1, and the maximum of
    the likelihood keeps the eigenvectors and lifts the smaller eigenvalues to 1.
    """
    if not floor.any() or algebra(len(floor)).exceeds(matrices, floor):
        return matrices
    unit = np.sqrt(floor)
    values, vectors = np.linalg.eigh(matrices / np.outer(unit, unit))
    lifted = (vectors * np.maximum(values, 1.0)[:, None, :]) @ vectors.transpose(0, 2, 1)
    # Free components stay exactly as they were: lifting costs them their last digits.
    free = np.all(values >= 1.0, axis=1, keepdims=True)[..., None]
    return np.where(free, matrices, lifted * np.outer(unit, unit))
