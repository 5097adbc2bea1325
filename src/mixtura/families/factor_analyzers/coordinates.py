"""Coordinates of factor analyzers: means, loadings and uniquenesses.

Where the labels are all that is missing of the data, a component's information about its mean is
that of a Gaussian. Where the factors are missing as well, each column is a regression upon them,
with information that is diagonal. With S = L L^T + Psi = R R^T a small change is described by

    R^-1 dm,   Psi^-1/2 dL,   d log psi

of which the information is w_j, w_j and w_j / 2 for each entry. Uniquenesses that are shared have
the sum over the components. The gradient is, by Fisher's identity, with C, P and F the sums of
squares, products and factors of the E-step about the means, and n the count,

    n R^-1 (mean - m),   Psi^-1/2 (P - L F),   (diag(C - 2 L P^T + L F L^T) / psi - n) / 2
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np

from mixtura.families.factor_analyzers.parameters import FactorParameters
from mixtura.families.factor_analyzers.statistics import FactorMoments
from mixtura.families.gaussian.density import NARROWEST
from mixtura.families.tie import Tie
from mixtura.typing import BoolArray, FloatArray

__all__ = ["FactorCoordinates"]


@dataclass(frozen=True, eq=False)
class FactorCoordinates:
    """The parameters of factor analyzers, and coordinates about them (see the module's text).

    Attributes
    ----------
    params : FactorParameters
    tie : Tie
        Of the uniquenesses.
    floor : ndarray of shape (d,)
    """

    params: FactorParameters
    tie: Tie
    floor: FloatArray

    @cached_property
    def held(self) -> BoolArray:
        """Uniquenesses (k, d) that lie on the floor: EM goes on to estimate them."""
        return self.params.on_floor(self.floor)

    def information(self, weights: FloatArray) -> FloatArray:
        params = self.params
        each = weights[:, None].repeat(params.n_features, axis=1)
        return _flat(
            each,
            each[:, :, None].repeat(params.n_factors, axis=2),
            0.5 * self.tie.pooled(each),
        )

    def gradient(self, statistics: FactorMoments, weight: float) -> FloatArray:
        params = self.params
        share = statistics.rows.count / weight
        seen = (1.0 / weight) * statistics.about(params.means)
        expected = params.loadings @ seen.factors
        rest = (seen.products - expected) / params.deviations[:, :, None]
        twice = np.einsum("kdq,kdq->kd", params.loadings, expected - 2.0 * seen.products)
        excess = (seen.rows.scatter + twice) / params.uniquenesses - share[:, None]
        excess[self.held] = 0.0
        apart = self._white(statistics.rows.mean - params.means)
        return _flat(share[:, None] * apart, rest, 0.5 * self.tie.pooled(excess))

    def moved(self, changes: FloatArray, estimate: Callable[[], FactorParameters]) -> Self | None:
        params = self.params
        (k, d), q = params.means.shape, params.n_factors
        means, loadings, logs = np.split(changes, [k * d, k * d * (1 + q)])
        uniquenesses = params.uniquenesses * np.exp(logs.reshape(-1, d))
        if self.held.any():
            uniquenesses = np.where(self.held, estimate().uniquenesses, uniquenesses)
        uniquenesses = np.maximum(uniquenesses, self.floor)
        if not (uniquenesses > NARROWEST).all():
            return None
        moved = FactorParameters(
            params.means + self._colored(means.reshape(k, d)),
            params.loadings + params.deviations[:, :, None] * loadings.reshape(k, d, q),
            uniquenesses,
        )
        return replace(self, params=moved)

    def towards(self, params: FactorParameters) -> tuple[FloatArray, Self]:
        here = self.params
        logs = np.where(self.held, 0.0, np.log(params.uniquenesses / here.uniquenesses))
        loadings = (params.loadings - here.loadings) / here.deviations[:, :, None]
        changes = _flat(self._white(params.means - here.means), loadings, self.tie.one_of(logs))
        return changes, replace(self, params=params)

    # With W = Psi^-1/2 L = U s V^T the root of S is R = Psi^1/2 (I + U (sqrt(1 + s^2) - 1) U^T).

    @cached_property
    def _squares(self) -> tuple[FloatArray, FloatArray]:
        """s^2 (k, q) and V (k, q, q)."""
        white = self.params.white_loadings
        squares, axes = np.linalg.eigh(white.transpose(0, 2, 1) @ white)
        return squares.clip(min=0.0), axes

    def _turned(self, places: FloatArray, factors: FloatArray) -> FloatArray:
        """Places (k, d) and W V times the factors (k, q) times V^T W^T of them."""
        along = self.params.white_loadings @ self._squares[1]
        shares = factors * np.einsum("kdq,kd->kq", along, places)
        turned: FloatArray = np.einsum("kdq,kq->kd", along, shares)
        return places + turned

    def _white(self, places: FloatArray) -> FloatArray:
        """R^-1 times places (k, d)."""
        longer = np.sqrt(1.0 + self._squares[0])
        return self._turned(places / self.params.deviations, -1.0 / (longer * (1.0 + longer)))

    def _colored(self, places: FloatArray) -> FloatArray:
        """R times places (k, d)."""
        longer = np.sqrt(1.0 + self._squares[0])
        return self.params.deviations * self._turned(places, 1.0 / (1.0 + longer))


def _flat(means: FloatArray, loadings: FloatArray, logs: FloatArray) -> FloatArray:
    return np.concatenate((means, loadings, logs), axis=None)
