"""Frames of Gaussian mixtures, for all 14 covariance structures.

With S_j = L_j L_j^T a small change of the parameters is described by

    dlog w_j,   L_j^-1 dm_j,   L_j^-1 dS_j L_j^-T = vol_j I + diag(shape_j) + rest_j

where shape_j sums to zero and the rest has a zero diagonal. Volume, shape and rest are each the
component's own, shared by all, or fixed, as the three letters of the structure say. If shape
and orientation are both own or both shared, L_j is the Cholesky factor and the rest its lower
triangle; if not, L_j = D_j diag(lambda_j)^(1/2) and the rest is made by turning the axes D_j:

    rest_ab = t_ab (lambda_b - lambda_a) / (lambda_a lambda_b)^(1/2)

The complete data's information is diagonal in these: w_j for a log weight and for each entry of
a whitened mean, w_j d / 2 for a volume, w_j / 2 for a shape, w_j for an entry of the rest; what
is shared has the sum over the components. By Fisher's identity the gradient follows from the
E-step's moments: with T_j the scatter about m_j and n_j the count, both per row of weight,

    n_j - w_j,   n_j L_j^-1 (mean_j - m_j),   E_j = L_j^-1 T_j L_j^-T - n_j I

for the first two and, with E_j, tr(E_j) / 2 for a volume, diag(E_j) / 2 for a shape, E_jab for
an entry of the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property
from typing import Any, Self

import numpy as np

from mixtura.covariance import (
    EEE,
    EEI,
    EEV,
    EII,
    EVE,
    EVI,
    EVV,
    VEE,
    VEI,
    VEV,
    VII,
    VVE,
    VVI,
    VVV,
    AxisCovariances,
    DenseCovariances,
)
from mixtura.errors import DegenerateError
from mixtura.families import Gaussian, GaussianParameters
from mixtura.mixture import Expectation, Mixture
from mixtura.statistics import Moments
from mixtura.typing import FloatArray

__all__ = ["GaussianFrame"]


class Tie(Enum):
    """Whether the components have a thing each of their own, all the same one, or none."""

    OWN = "own"
    SHARED = "shared"
    NONE = "none"

    def pooled(self, values: FloatArray) -> FloatArray:
        """Sums over the components (k, ...) that the tie binds together."""
        match self:
            case Tie.OWN:
                return values
            case Tie.SHARED:
                return np.add.reduce(values, axis=0, keepdims=True)
            case Tie.NONE:
                return values[:0]

    def one_of(self, values: FloatArray) -> FloatArray:
        """From values (k, ...) that are equal where the tie binds them, one of each."""
        return values[: self.size(len(values))]

    def size(self, k: int) -> int:
        return {Tie.OWN: k, Tie.SHARED: 1, Tie.NONE: 0}[self]


@dataclass(frozen=True)
class Freedom:
    """What a covariance structure leaves free: its three letters."""

    volume: Tie
    shape: Tie
    orientation: Tie

    @property
    def turns(self) -> bool:
        """Whether the axes turn on their own; else shape and orientation are one form."""
        return self.orientation not in (Tie.NONE, self.shape)


_OWN, _SHARED, _NONE = Tie.OWN, Tie.SHARED, Tie.NONE

_FREEDOM: dict[type, Freedom] = {
    EII: Freedom(_SHARED, _NONE, _NONE),
    VII: Freedom(_OWN, _NONE, _NONE),
    EEI: Freedom(_SHARED, _SHARED, _NONE),
    VEI: Freedom(_OWN, _SHARED, _NONE),
    EVI: Freedom(_SHARED, _OWN, _NONE),
    VVI: Freedom(_OWN, _OWN, _NONE),
    EEE: Freedom(_SHARED, _SHARED, _SHARED),
    VEE: Freedom(_OWN, _SHARED, _SHARED),
    EVE: Freedom(_SHARED, _OWN, _SHARED),
    VVE: Freedom(_OWN, _OWN, _SHARED),
    EEV: Freedom(_SHARED, _SHARED, _OWN),
    VEV: Freedom(_OWN, _SHARED, _OWN),
    EVV: Freedom(_SHARED, _OWN, _OWN),
    VVV: Freedom(_OWN, _OWN, _OWN),
}

# Turning a circle changes nothing: below this difference of log variances a turn is measured as
# if the difference were this.
_ROUND = 0.05


@dataclass(frozen=True)
class GaussianFrame:
    """A Gaussian mixture and the coordinates about it (see the module's text).

    Attributes
    ----------
    mixture : Mixture
        All its weights are positive.
    factors : ndarray of shape (k, d, d) or (k, d)
        L_j with S_j = L_j L_j^T, or the diagonals of L_j.
    freedom : Freedom
    """

    mixture: Mixture[GaussianParameters, Moments]
    factors: FloatArray
    freedom: Freedom

    @classmethod
    def of(cls, mixture: Mixture[Any, Any]) -> Self | None:
        """The frame of a Gaussian mixture, None for another one or an empty component."""
        family = mixture.family
        if type(family) is not Gaussian or not (mixture.weights > 0.0).all():
            return None
        freedom = _FREEDOM.get(type(family.structure))
        if freedom is None:
            return None
        return cls(mixture, _factors(mixture.params.covariances, freedom), freedom)

    # ---------------------------------------------------------------------------- the frame

    def gradient(self, expectation: Expectation[Moments]) -> FloatArray:
        moments, freedom = expectation.statistics, self.freedom
        share = expectation.counts / expectation.weight
        white = self._white(moments.mean - self.mixture.params.means)
        excess = self._excess(moments, expectation.weight, share, white)
        dense = excess.ndim == 3
        along = np.diagonal(excess, axis1=1, axis2=2) if dense else excess
        traces = np.add.reduce(along, axis=1)
        shapes = along - traces[:, None] / along.shape[1]
        parts = [
            share - self.mixture.weights,
            share[:, None] * white,
            0.5 * freedom.volume.pooled(traces),
            0.5 * freedom.shape.pooled(shapes),
        ]
        if dense:
            rest = excess[:, *_below(along.shape[1])]
            rest = rest * self._leverage if freedom.turns else rest
            parts.append(freedom.orientation.pooled(rest))
        return _flat(parts) / self._roots

    def greatest(self, step: FloatArray) -> float:
        return float(np.abs(step / self._roots).max())

    def moved(self, step: FloatArray) -> Self | None:
        log_weights, means, growth, rest = self._split(step / self._roots)
        weights = self.mixture.weights * np.exp(log_weights)
        centres = self.mixture.params.means + self._coloured(means)
        factors = self._grown(growth, rest)
        mixture = self._mixture(weights / weights.sum(), centres, factors)
        return None if mixture is None else replace(self, mixture=mixture, factors=factors)

    def towards(self, mixture: Mixture[Any, Any]) -> tuple[FloatArray, Self] | None:
        there = self.of(mixture)
        if there is None:
            return None
        growth, rest, there = self._turned_to(there)
        k, d = growth.shape
        volumes = growth.mean(axis=1)
        shapes = growth - volumes[:, None]
        freedom = self.freedom
        parts = [
            np.log(mixture.weights / self.mixture.weights),
            self._white(mixture.params.means - self.mixture.params.means),
            2.0 * freedom.volume.one_of(volumes),
            2.0 * freedom.shape.one_of(shapes),
            freedom.orientation.one_of(rest),
        ]
        return _flat(parts) * self._roots, there

    # --------------------------------------------------------------------------- its inside

    @cached_property
    def _deviations(self) -> FloatArray:
        """Standard deviations along the axes, (k, d), where these turn."""
        return np.sqrt(np.einsum("jab,jab->jb", self.factors, self.factors))

    @cached_property
    def _inverse(self) -> FloatArray:
        """L_j^-1, or its diagonals."""
        if self.freedom.turns:
            scaled = self.factors / np.square(self._deviations)[:, None, :]
            return scaled.transpose(0, 2, 1)
        whitening = self.mixture.params.covariances.whitening
        return whitening if whitening.ndim == 2 else whitening.transpose(0, 2, 1)

    @cached_property
    def _leverage(self) -> FloatArray:
        """What turning by t in a plane of two axes makes of the rest, in units of t."""
        a, b = _below(self.factors.shape[1])
        ratios = self._deviations[:, b] / self._deviations[:, a]
        return ratios - 1.0 / ratios

    @cached_property
    def _roots(self) -> FloatArray:
        """Square roots of the complete data's information, one for each coordinate."""
        weights, freedom = self.mixture.weights, self.freedom
        k, d = self.mixture.params.means.shape
        columns = np.broadcast_to(weights[:, None], (k, d))
        parts = [
            weights,
            columns,
            0.5 * d * freedom.volume.pooled(weights),
            0.5 * freedom.shape.pooled(columns),
        ]
        if self.factors.ndim == 3:
            pairs = np.broadcast_to(weights[:, None], (k, d * (d - 1) // 2))
            if freedom.turns:
                pairs = pairs * (np.square(self._leverage) + _ROUND**2)
            parts.append(freedom.orientation.pooled(pairs))
        return np.sqrt(_flat(parts))

    def _white(self, deviations: FloatArray) -> FloatArray:
        if self._inverse.ndim == 2:
            return self._inverse * deviations
        return (self._inverse @ deviations[:, :, None])[:, :, 0]

    def _coloured(self, white: FloatArray) -> FloatArray:
        if self.factors.ndim == 2:
            return self.factors * white
        return (self.factors @ white[:, :, None])[:, :, 0]

    def _excess(
        self, moments: Moments, weight: float, share: FloatArray, white: FloatArray
    ) -> FloatArray:
        """E_j, or its diagonal."""
        inverse = self._inverse
        if inverse.ndim == 2:
            spread = np.square(inverse) * moments.scatter / weight
            return spread + share[:, None] * (np.square(white) - 1.0)
        spread = inverse @ (moments.scatter / weight) @ inverse.transpose(0, 2, 1)
        about = white[:, :, None] * white[:, None, :] - np.eye(white.shape[1])
        excess: FloatArray = spread + share[:, None, None] * about
        return excess

    def _split(
        self, natural: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Changes of log weights, white means, log deviations (k or 1, d), and the rest."""
        freedom = self.freedom
        k, d = self.mixture.params.means.shape
        n_volumes, n_shapes = freedom.volume.size(k), freedom.shape.size(k)
        ends = np.cumsum([k, k * d, n_volumes, n_shapes * d])
        log_weights, means, volumes, shapes, rest = np.split(natural, ends)
        growth = 0.5 * volumes[:, None]
        if n_shapes:
            shapes = shapes.reshape(n_shapes, d)
            growth = growth + 0.5 * (shapes - shapes.mean(axis=1, keepdims=True))
        rest = rest.reshape(freedom.orientation.size(k), -1) if len(rest) else rest
        return log_weights, means.reshape(k, d), growth, rest

    def _grown(self, growth: FloatArray, rest: FloatArray) -> FloatArray:
        """The factors after a change of their log deviations and of the rest."""
        factors, grown = self.factors, np.exp(growth)
        if factors.ndim == 2:
            return factors * grown
        d = factors.shape[1]
        if not len(rest):
            return factors * grown[:, None, :]
        a, b = _below(d)
        if self.freedom.turns:
            half = np.zeros((len(rest), d, d))
            half[:, a, b], half[:, b, a] = 0.5 * rest, -0.5 * rest
            turn = np.linalg.solve(np.eye(d) - half, np.eye(d) + half)
            axes = factors / self._deviations[:, None, :]
            return (axes @ turn) * (self._deviations * grown)[:, None, :]
        change = np.zeros((max(len(grown), len(rest)), d, d))
        change[:, a, b] = rest
        change[:, np.arange(d), np.arange(d)] = grown
        return factors @ change

    def _mixture(
        self, weights: FloatArray, means: FloatArray, factors: FloatArray
    ) -> Mixture[GaussianParameters, Moments] | None:
        """The mixture of the given factors; None if a floor or rounding forbids it."""
        family = self.mixture.family
        assert isinstance(family, Gaussian)  # which `of` sees to
        try:
            covariances = (
                AxisCovariances(np.square(factors))
                if factors.ndim == 2
                else DenseCovariances.of(factors @ factors.transpose(0, 2, 1))
            )
        except DegenerateError:
            return None
        params = GaussianParameters(means, covariances)
        if family.within_floor(params) is not params:
            return None
        return replace(self.mixture, params=params, weights=weights)

    def _turned_to(self, there: Self) -> tuple[FloatArray, FloatArray, Self]:
        """Changes of the log deviations (k, d) and of the rest, and the frame at their end."""
        if self.factors.ndim == 2:
            return np.log(there.factors / self.factors), np.zeros((0, 0)), there
        d = self.factors.shape[1]
        a, b = _below(d)
        if not self.freedom.turns:
            change = self._inverse @ there.factors
            return np.log(np.diagonal(change, axis1=1, axis2=2)), change[:, a, b], there
        axes, other = (f.factors / f._deviations[:, None, :] for f in (self, there))
        turn = axes.transpose(0, 2, 1) @ other
        # An axis has no sign of its own: it takes that of the axis it comes from.
        signs = np.where(np.diagonal(turn, axis1=1, axis2=2) < 0.0, -1.0, 1.0)[:, None, :]
        turn = turn * signs
        there = replace(there, factors=there.factors * signs)
        angles = 0.5 * (turn[:, a, b] - turn[:, b, a])
        return np.log(there._deviations / self._deviations), angles, there


def _factors(covariances: Any, freedom: Freedom) -> FloatArray:
    if isinstance(covariances, AxisCovariances):
        return covariances.deviations
    if not freedom.turns:
        return np.asarray(np.linalg.cholesky(covariances.dense), dtype=np.float64)
    source = covariances.dense
    if freedom.orientation is Tie.SHARED:
        # Unequal shares keep axes apart whose variances happen to be equal in the sum.
        shares = 1.0 + 0.1 * np.arange(len(source)) / len(source)
        source = np.tensordot(shares, source, axes=1)[None]
    axes = np.linalg.eigh(source)[1]
    variances = np.einsum("jab,jac,jcb->jb", *np.broadcast_arrays(axes, covariances.dense), axes)
    return np.asarray(axes * np.sqrt(variances)[:, None, :], dtype=np.float64)


def _below(d: int) -> tuple[Any, Any]:
    """Places below the diagonal."""
    return np.tril_indices(d, -1)


def _flat(parts: list[FloatArray]) -> FloatArray:
    return np.concatenate([part.ravel() for part in parts])
