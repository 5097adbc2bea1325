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

from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from mixtura.acceleration.freedom import FREEDOMS, Freedom, Tie
from mixtura.covariance import AxisCovariances, DenseCovariances
from mixtura.errors import DegenerateError
from mixtura.families import FLAT, Gaussian, GaussianParameters
from mixtura.mixing import FREE
from mixtura.mixture import Expectation, Mixture
from mixtura.statistics import Moments
from mixtura.typing import FloatArray

__all__ = ["GaussianFrame"]


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
    held : ndarray of shape (k,)
        Components whose covariances EM goes on to estimate, since they lie on the variance
        floor, where the likelihood has no gradient to follow.
    """

    mixture: Mixture[GaussianParameters, Moments]
    factors: FloatArray
    freedom: Freedom
    held: NDArray[np.bool_]

    @classmethod
    def of(cls, mixture: Mixture[Any, Any]) -> Self | None:
        """The frame of a Gaussian mixture of which all is free and every component has rows.

        None for any other one: with a prior or parts that are fixed the gradient is another.
        """
        family = mixture.family
        if type(family) is not Gaussian or not (mixture.weights > 0.0).all():
            return None
        if mixture.mixing != FREE or family.fixed_means or family.prior != FLAT:
            return None
        freedom = FREEDOMS.get(type(family.structure))
        if freedom is None:
            return None
        factors = _factors(mixture.params.covariances, freedom)
        return cls(mixture, factors, freedom, _held(family, mixture.params, freedom))

    # ---------------------------------------------------------------------------- the frame

    def gradient(self, expectation: Expectation[Moments]) -> FloatArray:
        moments, freedom = expectation.statistics, self.freedom
        share = moments.count / expectation.weight
        white = self._white(moments.mean - self.mixture.params.means)
        excess = self._excess(moments.scatter / expectation.weight, share, white)
        dense = excess.ndim == 3
        along = excess.diagonal(0, 1, 2) if dense else excess
        volumes = np.add.reduce(along, axis=1)
        parts = [
            expectation.counts / expectation.weight - self.mixture.weights,
            share[:, None] * white,
            0.5 * freedom.volume.pooled(volumes),
            0.5 * freedom.shape.pooled(along - volumes[:, None] / along.shape[1]),
        ]
        if dense:
            rest = excess[:, *_below(along.shape[1])]
            rest = rest * self._leverage if freedom.turns else rest
            parts.append(freedom.orientation.pooled(rest))
        return _flat(parts) / self._roots

    def greatest(self, step: FloatArray) -> float:
        return float(np.abs(step / self._roots).max())

    def moved(self, step: FloatArray, expectation: Expectation[Moments]) -> Self | None:
        log_weights, means, growth, rest = self._split(step / self._roots)
        weights = self.mixture.weights * np.exp(log_weights)
        centres = self.mixture.params.means + _times(self.factors, means)
        factors = self._grown(growth, rest)
        if self.held.any():
            estimated = self.mixture.maximize(expectation).params.covariances
            held = self.held.reshape((-1,) + (1,) * (factors.ndim - 1))
            factors = np.where(held, _factors(estimated, self.freedom), factors)
        return self._at(weights / weights.sum(), centres, factors)

    def towards(self, mixture: Mixture[Any, Any]) -> tuple[FloatArray, Self] | None:
        there = self.of(mixture)
        if there is None:
            return None
        growth, rest, there = self._change_to(there)
        growth[self.held], rest[self.held] = 0.0, 0.0
        volumes = growth.mean(axis=1)
        freedom = self.freedom
        parts = [
            np.log(mixture.weights / self.mixture.weights),
            self._white(mixture.params.means - self.mixture.params.means),
            2.0 * freedom.volume.one_of(volumes),
            2.0 * freedom.shape.one_of(growth - volumes[:, None]),
            freedom.orientation.one_of(rest),
        ]
        return _flat(parts) * self._roots, there

    # ---------------------------------------------------------------- between frame and vector

    @cached_property
    def _roots(self) -> FloatArray:
        """Square roots of the complete data's information, one for each coordinate."""
        freedom, (k, d) = self.freedom, self.mixture.params.means.shape
        weights = self.mixture.weights[:k]
        columns = weights.repeat(d).reshape(k, d)
        parts = [
            self.mixture.weights,
            columns,
            0.5 * d * freedom.volume.pooled(weights),
            0.5 * freedom.shape.pooled(columns),
        ]
        if self.factors.ndim == 3:
            pairs = weights.repeat(d * (d - 1) // 2).reshape(k, d * (d - 1) // 2)
            if freedom.turns:
                pairs = pairs * (np.square(self._leverage) + _ROUND**2)
            parts.append(freedom.orientation.pooled(pairs))
        return np.sqrt(_flat(parts))

    def _split(self, natural: FloatArray) -> tuple[FloatArray, ...]:
        """Changes of log weights, white means, log deviations (k or 1, d), and the rest."""
        freedom, (k, d) = self.freedom, self.mixture.params.means.shape
        n_volumes, n_shapes = freedom.volume.size(k), freedom.shape.size(k)
        means = len(self.mixture.weights)
        volumes = means + k * d
        shapes = volumes + n_volumes
        rest = shapes + n_shapes * d
        growth = 0.5 * natural[volumes:shapes, None]
        if n_shapes:
            shape = natural[shapes:rest].reshape(n_shapes, d)
            growth = growth + 0.5 * (shape - np.add.reduce(shape, axis=1, keepdims=True) / d)
        return (
            natural[:means],
            natural[means:volumes].reshape(k, d),
            growth,
            natural[rest:].reshape(freedom.orientation.size(k), d * (d - 1) // 2),
        )

    def _grown(self, growth: FloatArray, rest: FloatArray) -> FloatArray:
        """The factors after a change of their log deviations and of the rest."""
        factors, grown = self.factors, np.exp(growth)
        if factors.ndim == 2:
            return factors * grown
        if not rest.size:
            return factors * grown[:, None, :]
        d = factors.shape[1]
        a, b = _below(d)
        if self.freedom.turns:
            half = np.zeros((len(rest), d, d))
            half[:, a, b], half[:, b, a] = 0.5 * rest, -0.5 * rest
            turn = np.linalg.solve(_identity(d) - half, _identity(d) + half)
            return (self._axes @ turn) * (self._deviations * grown)[:, None, :]
        # The rest grows with the volume, so that forms stay the same where they are shared.
        change = np.zeros((max(len(grown), len(rest)), d, d))
        change[:, a, b] = rest * np.exp(growth.mean(axis=1, keepdims=True))
        change.reshape(len(change), -1)[:, :: d + 1] = grown
        return factors @ change

    def _change_to(self, there: Self) -> tuple[FloatArray, FloatArray, Self]:
        """Changes of log deviations (k, d) and of the rest, and the frame at their end."""
        if self.factors.ndim == 2:
            return np.log(there.factors / self.factors), np.zeros((len(self.held), 0)), there
        a, b = _below(self.factors.shape[1])
        if not self.freedom.turns:
            change = self._inverse @ there.factors
            growth = np.log(change.diagonal(0, 1, 2))
            return growth, change[:, a, b] / np.exp(growth.mean(axis=1, keepdims=True)), there
        turn = self._axes.transpose(0, 2, 1) @ there._axes
        # An axis has no sign of its own: it takes that of the axis it comes from.
        signs = np.where(turn.diagonal(0, 1, 2) < 0.0, -1.0, 1.0)[:, None, :]
        turn = turn * signs
        there = replace(there, factors=there.factors * signs)
        angles = 0.5 * (turn[:, a, b] - turn[:, b, a])
        return np.log(there._deviations / self._deviations), angles, there

    # --------------------------------------------------------------------------- its inside

    @cached_property
    def _deviations(self) -> FloatArray:
        """Standard deviations along the axes, (k, d), where these turn."""
        deviations: FloatArray = np.sqrt(np.add.reduce(np.square(self.factors), axis=1))
        return deviations

    @property
    def _axes(self) -> FloatArray:
        axes: FloatArray = self.factors / self._deviations[:, None, :]
        return axes

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
        leverage: FloatArray = ratios - 1.0 / ratios
        return leverage

    def _white(self, deviations: FloatArray) -> FloatArray:
        return _times(self._inverse, deviations)

    def _excess(self, scatter: FloatArray, share: FloatArray, white: FloatArray) -> FloatArray:
        """E_j, or its diagonal."""
        inverse = self._inverse
        if inverse.ndim == 2:
            excess = np.square(inverse) * scatter + share[:, None] * (np.square(white) - 1.0)
        else:
            about = white[:, :, None] * white[:, None, :] - _identity(white.shape[1])
            excess = inverse @ scatter @ inverse.transpose(0, 2, 1) + share[:, None, None] * about
        excess[self.held] = 0.0
        return excess

    def _at(self, weights: FloatArray, means: FloatArray, factors: FloatArray) -> Self | None:
        """The frame elsewhere; None if a floor or rounding forbids the place."""
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
        if (_held(family, params, self.freedom) != self.held).any():
            return None
        mixture = replace(self.mixture, params=params, weights=weights)
        return type(self)(mixture, factors, self.freedom, self.held)


def _held(family: Gaussian, params: GaussianParameters, freedom: Freedom) -> NDArray[np.bool_]:
    """The components on or below the floor; one holds all if they are tied together."""
    held = family.held(params, np.zeros(params.means.shape[1], dtype=np.bool_))
    return np.full(len(held), held.any()) if freedom.tied else held


def _factors(covariances: Any, freedom: Freedom) -> FloatArray:
    if isinstance(covariances, AxisCovariances):
        return covariances.deviations
    if not freedom.turns:
        return np.asarray(np.linalg.cholesky(covariances.dense), dtype=np.float64)
    dense = covariances.dense
    source = dense
    if freedom.orientation is Tie.SHARED:
        # Unequal shares keep axes apart whose variances happen to be equal in the sum.
        shares = 1.0 + 0.1 * np.arange(len(dense)) / len(dense)
        source = np.tensordot(shares, dense, axes=1)[None]
    axes = np.linalg.eigh(source)[1]
    variances = np.add.reduce(axes * (dense @ axes), axis=1)
    return np.asarray(axes * np.sqrt(variances)[:, None, :], dtype=np.float64)


@cache
def _below(d: int) -> tuple[Any, Any]:
    """Places below the diagonal."""
    return np.tril_indices(d, -1)


@cache
def _identity(d: int) -> FloatArray:
    return np.eye(d)


def _times(factors: FloatArray, vectors: FloatArray) -> FloatArray:
    """Each component's factor (d, d) or (d,) times its vector (d,)."""
    if factors.ndim == 2:
        return factors * vectors
    product: FloatArray = (factors @ vectors[:, :, None])[:, :, 0]
    return product


def _flat(parts: list[FloatArray]) -> FloatArray:
    return np.concatenate([part.ravel() for part in parts])
