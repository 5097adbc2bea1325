"""Roots of covariance matrices, S_j = L_j L_j^T, and how they change.

A small change is described by L_j^-1 dS_j L_j^-T = 2 diag(growth_j) + rest_j, where the growth
is that of the log deviations along the axes of L_j and the rest has a zero diagonal. There are
three kinds: variances have no rest; if shape and orientation are tied alike, L_j is the Cholesky
factor and the rest its lower triangle; if not, L_j = D_j diag(lambda_j)^(1/2) and the rest is made
by turning the axes D_j:

    rest_ab = t_ab (lambda_b - lambda_a) / (lambda_a lambda_b)^(1/2)

By Fisher's identity the gradient follows from the E-step's moments: with T_j the scatter about
m_j and c_j the factor of -1/2 log|S_j|, both per row of weight, E_j = L_j^-1 T_j L_j^-T - c_j I
gives E_jaa / 2 for twice a growth and E_jab for an entry of the rest. The complete data's
information is c_j / 2 and c_j.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Any, Protocol, Self

import numpy as np

from mixtura.families.gaussian.structures import (
    AxisCovariances,
    Covariances,
    DenseCovariances,
    shared_axes,
)
from mixtura.typing import BoolArray, FloatArray

__all__ = ["AxisRoots", "Roots", "TriangularRoots", "TurningRoots"]

# Turning a circle changes nothing: below this difference of log variances a turn is measured as
# if the difference were this.
_ROUND = 0.05

# Variances along axes with a smaller share of the largest one are lost in its rounding; and what
# is left of those that are not above 0.
_LEAST_SHARE, _VANISHED = 1e-13, np.finfo(np.float64).tiny


class Roots(Protocol):
    """Roots of k covariance matrices, with r entries of the rest each."""

    @property
    def covariances(self) -> Covariances:
        """What they are roots of."""
        ...

    @property
    def resolved(self) -> bool:
        """Whether all directions survive the rounding of one another."""
        ...

    def white(self, vectors: FloatArray, /) -> FloatArray:
        """L_j^-1 times a vector of each component, (k, d)."""
        ...

    def colored(self, vectors: FloatArray, /) -> FloatArray:
        """L_j times a vector of each component, (k, d)."""
        ...

    def slopes(
        self, count: FloatArray, scatter: FloatArray, share: FloatArray, white: FloatArray, /
    ) -> tuple[FloatArray, FloatArray]:
        """Gradient along twice the growth (k, d) and the rest (k, r).

        Parameters
        ----------
        count : ndarray of shape (k,)
            The factor c_j.
        scatter : ndarray of shape (k, d, d) or (k, d)
            About the rows' own means.
        share : ndarray of shape (k,)
            Rows that these means are of.
        white : ndarray of shape (k, d)
            How far they are from m_j, whitened.
        """
        ...

    def information(self, information: FloatArray, /) -> FloatArray:
        """That of the complete data on the rest (k, r), from what each component has (k,)."""
        ...

    def changed(self, growth: FloatArray, rest: FloatArray, /) -> Self:
        """After changes, (k or 1, d) and (k or 1, r). May raise DegenerateError."""
        ...

    def change_to(self, covariances: Any, /) -> tuple[FloatArray, FloatArray, Self]:
        """Growth (k, d) and rest (k, r) on the way to other covariances, and the roots there."""
        ...

    def except_for(self, which: BoolArray, covariances: Any, /) -> Self:
        """With the roots of other covariances for some of the components."""
        ...


@dataclass(frozen=True)
class AxisRoots:
    """Roots of diagonal matrices: the deviations.

    Attributes
    ----------
    covariances : AxisCovariances
    """

    covariances: AxisCovariances
    resolved = True

    def white(self, vectors: FloatArray) -> FloatArray:
        return vectors * self.covariances.whitening

    def colored(self, vectors: FloatArray) -> FloatArray:
        return vectors * self.covariances.deviations

    def slopes(
        self, count: FloatArray, scatter: FloatArray, share: FloatArray, white: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        excess = scatter / self.covariances.variances + share[:, None] * (white * white)
        return 0.5 * (excess - count[:, None]), white[:, :0]

    def information(self, information: FloatArray) -> FloatArray:
        return information[:, None][:, :0]

    def changed(self, growth: FloatArray, rest: FloatArray) -> Self:
        return type(self)(AxisCovariances(self.covariances.variances * np.exp(2.0 * growth)))

    def change_to(self, covariances: AxisCovariances) -> tuple[FloatArray, FloatArray, Self]:
        growth = 0.5 * np.log(covariances.variances / self.covariances.variances)
        return growth, growth[:, :0], type(self)(covariances)

    def except_for(self, which: BoolArray, covariances: AxisCovariances) -> Self:
        variances = np.where(which[:, None], covariances.variances, self.covariances.variances)
        return type(self)(AxisCovariances(variances))


@dataclass(frozen=True)
class _DenseRoots(ABC):
    """What roots of matrices have in common that are not diagonal.

    Attributes
    ----------
    covariances : DenseCovariances
    factors : ndarray of shape (k, d, d)
    """

    covariances: DenseCovariances
    factors: FloatArray

    @property
    def resolved(self) -> bool:
        return True

    @property
    @abstractmethod
    def _inverse(self) -> FloatArray:
        """The inverse of each factor, (k, d, d)."""

    @abstractmethod
    def _of_others(self, covariances: DenseCovariances) -> Self:
        """Roots of the same kind, of other covariances."""

    def _with(self, factors: FloatArray) -> Self:
        """Roots of the same kind, with other factors."""
        covariances = DenseCovariances.of(factors @ factors.transpose(0, 2, 1))
        return replace(self, covariances=covariances, factors=factors)

    def white(self, vectors: FloatArray) -> FloatArray:
        return _times(self._inverse, vectors)

    def colored(self, vectors: FloatArray) -> FloatArray:
        return _times(self.factors, vectors)

    def slopes(
        self, count: FloatArray, scatter: FloatArray, share: FloatArray, white: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        excess = self._inverse @ scatter @ self._inverse.transpose(0, 2, 1)
        excess += (share[:, None] * white)[:, :, None] * white[:, None, :]
        return 0.5 * (excess.diagonal(0, 1, 2) - count[:, None]), _lower(excess)

    def except_for(self, which: BoolArray, covariances: DenseCovariances) -> Self:
        others = self._of_others(covariances).factors
        return self._with(np.where(which[:, None, None], others, self.factors))


@dataclass(frozen=True)
class TriangularRoots(_DenseRoots):
    """Cholesky factors."""

    @classmethod
    def of(cls, covariances: DenseCovariances) -> Self:
        return cls(covariances, np.asarray(np.linalg.cholesky(covariances.dense)))

    def information(self, information: FloatArray) -> FloatArray:
        n_entries = len(_below(self.factors.shape[1]))
        return information[:, None].repeat(n_entries, axis=1)

    def changed(self, growth: FloatArray, rest: FloatArray) -> Self:
        d = self.factors.shape[1]
        # The rest grows with the volume, so that forms stay the same where they are shared.
        volumes = np.add.reduce(growth, axis=1, keepdims=True) / d
        change = np.zeros((max(len(growth), len(rest)), d * d))
        change[:, _below(d)] = rest * np.exp(volumes)
        change[:, :: d + 1] = np.exp(growth)
        return self._with(self.factors @ change.reshape(-1, d, d))

    def change_to(self, covariances: DenseCovariances) -> tuple[FloatArray, FloatArray, Self]:
        there = self.of(covariances)
        change = self._inverse @ there.factors
        growth = np.log(change.diagonal(0, 1, 2))
        volumes = np.add.reduce(growth, axis=1, keepdims=True) / growth.shape[1]
        return growth, _lower(change) / np.exp(volumes), there

    def _of_others(self, covariances: DenseCovariances) -> Self:
        return self.of(covariances)

    @property
    def _inverse(self) -> FloatArray:
        return self.covariances.whitening.transpose(0, 2, 1)


@dataclass(frozen=True)
class TurningRoots(_DenseRoots):
    """Axes times the deviations along them.

    Attributes
    ----------
    shared : bool
        Whether all components have the same axes.
    """

    shared: bool

    @classmethod
    def of(cls, covariances: DenseCovariances, shared: bool) -> Self:
        dense = covariances.dense
        axes = shared_axes(dense)[None] if shared else np.linalg.eigh(dense)[1]
        variances = np.maximum(np.add.reduce(axes * (dense @ axes), axis=1), _VANISHED)
        return cls(covariances, axes * np.sqrt(variances)[:, None, :], shared)

    @property
    def resolved(self) -> bool:
        """Turns keep to orthogonal axes no better than to the rounding of the longest one."""
        variances = np.square(self._deviations)
        least = _LEAST_SHARE * variances.max(axis=1, keepdims=True)
        return bool((variances > least).all())

    def slopes(
        self, count: FloatArray, scatter: FloatArray, share: FloatArray, white: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        along, rest = super().slopes(count, scatter, share, white)
        return along, rest * self._leverage

    def information(self, information: FloatArray) -> FloatArray:
        return information[:, None] * (self._leverage * self._leverage + _ROUND**2)

    def changed(self, growth: FloatArray, rest: FloatArray) -> Self:
        d = self.factors.shape[1]
        half = np.zeros((len(rest), d * d))
        half[:, _below(d)] = 0.5 * rest
        half = half.reshape(-1, d, d)
        half = half - half.transpose(0, 2, 1)
        turn = np.linalg.solve(_identity(d) - half, _identity(d) + half)
        return self._with((self._axes @ turn) * (self._deviations * np.exp(growth))[:, None, :])

    def change_to(self, covariances: DenseCovariances) -> tuple[FloatArray, FloatArray, Self]:
        there = self._of_others(covariances)
        turn = self._axes.transpose(0, 2, 1) @ there._axes
        # An axis has no sign of its own: it takes that of the axis it comes from.
        signs = np.where(turn.diagonal(0, 1, 2) < 0.0, -1.0, 1.0)[:, None, :]
        turn = turn * signs
        angles = 0.5 * (_lower(turn) - _lower(turn.transpose(0, 2, 1)))
        growth = np.log(there._deviations / self._deviations)
        return growth, angles, replace(there, factors=there.factors * signs)

    def _of_others(self, covariances: DenseCovariances) -> Self:
        return self.of(covariances, self.shared)

    @cached_property
    def _deviations(self) -> FloatArray:
        """Standard deviations along the axes, (k, d)."""
        deviations: FloatArray = np.sqrt(np.add.reduce(self.factors * self.factors, axis=1))
        return deviations

    @property
    def _axes(self) -> FloatArray:
        return self.factors / self._deviations[:, None, :]

    @cached_property
    def _inverse(self) -> FloatArray:
        scaled = self.factors / np.square(self._deviations)[:, None, :]
        return scaled.transpose(0, 2, 1)

    @cached_property
    def _leverage(self) -> FloatArray:
        """What turning by t in a plane of two axes makes of the rest, in units of t."""
        a, b = _planes(self.factors.shape[1])
        ratios = self._deviations[:, b] / self._deviations[:, a]
        leverage: FloatArray = ratios - 1.0 / ratios
        return leverage


def _times(factors: FloatArray, vectors: FloatArray) -> FloatArray:
    """Each component's factor (d, d) times its vector (d,)."""
    product: FloatArray = (factors @ vectors[:, :, None])[:, :, 0]
    return product


def _lower(matrices: FloatArray) -> FloatArray:
    """The entries below the diagonals, (k, d (d - 1) / 2)."""
    return matrices.reshape(len(matrices), -1)[:, _below(matrices.shape[1])]


@cache
def _below(d: int) -> Any:
    """Places below the diagonal in a matrix (d, d) that is written in a row."""
    a, b = _planes(d)
    return a * d + b


@cache
def _planes(d: int) -> Any:
    """Numbers of the two axes of each plane, in the same order."""
    return np.tril_indices(d, -1)


@cache
def _identity(d: int) -> FloatArray:
    return np.eye(d)
