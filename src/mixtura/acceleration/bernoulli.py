"""Frames of Bernoulli mixtures: coordinates are the log weights and the log odds.

The complete data's information is w_j about a log weight and w_j p_ja (1 - p_ja) about a log odds.
By Fisher's identity the gradient is, per row of weight,

    n_j - w_j,   ones_ja - n_j p_ja

A probability of 0 or 1 has no log odds. EM leaves it where it is, and so do the steps here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from mixtura.acceleration.weight_coordinates import WeightCoordinates
from mixtura.families import Bernoulli, BernoulliParameters, BernoulliSums
from mixtura.mixture import Expectation, Mixture
from mixtura.typing import BoolArray, FloatArray

__all__ = ["BernoulliFrame"]


@dataclass(frozen=True, eq=False)
class BernoulliFrame:
    """A Bernoulli mixture and the coordinates about it.

    Attributes
    ----------
    mixture : Mixture
        All its weights are positive.
    weights : WeightCoordinates
    inner : ndarray of bool, shape (k, d)
        Which probabilities are neither 0 nor 1.
    units : ndarray of shape (p,)
        Square roots of the complete data's information, one for each coordinate.
    """

    mixture: Mixture[BernoulliParameters, BernoulliSums]
    weights: WeightCoordinates
    inner: BoolArray
    units: FloatArray

    @classmethod
    def of(cls, mixture: Mixture[Any, Any], weight: float) -> Self | None:
        """The frame of a mixture in which every component has some weight, or None."""
        weights = WeightCoordinates.of(mixture.mixing, mixture.n_clusters)
        if weights is None or type(mixture.family) is not Bernoulli:
            return None
        return cls._at(mixture, weights) if (mixture.weights > 0.0).all() else None

    @classmethod
    def _at(
        cls, mixture: Mixture[BernoulliParameters, BernoulliSums], weights: WeightCoordinates
    ) -> Self:
        p = mixture.params.probabilities
        inner = (p > 0.0) & (p < 1.0)
        information = (mixture.weights[:, None] * p * (1.0 - p))[inner]
        units = np.sqrt(np.concatenate((*weights.pooled(mixture.weights), information), axis=None))
        return cls(mixture, weights, inner, units)

    def gradient(self, expectation: Expectation[BernoulliSums]) -> FloatArray:
        mixture, sums = self.mixture, expectation.statistics
        p = mixture.params.probabilities
        excess = (sums.ones * (1.0 - p) - sums.zeros * p)[self.inner]
        of_weights = expectation.counts - expectation.weight * mixture.weights
        gradient = np.concatenate((*self.weights.pooled(of_weights), excess), axis=None)
        return gradient / (expectation.weight * self.units)

    def greatest(self, step: FloatArray) -> float:
        return float(np.abs(step / self.units).max())

    def moved(self, step: FloatArray, expectation: Expectation[BernoulliSums]) -> Self | None:
        mixture, natural = self.mixture, step / self.units
        n_weights = len(natural) - np.count_nonzero(self.inner)
        p = mixture.params.probabilities.copy()
        odds = np.exp(natural[n_weights:])
        p[self.inner] = p[self.inner] * odds / (1.0 + p[self.inner] * (odds - 1.0))
        weights = self.weights.moved(mixture.weights, natural[:n_weights])
        there = Mixture(mixture.family, BernoulliParameters(p), weights, mixture.mixing)
        frame = self._at(there, self.weights)
        return frame if np.array_equal(frame.inner, self.inner) else None

    def towards(self, mixture: Mixture[Any, Any]) -> tuple[FloatArray, Self] | None:
        frame = self.of(mixture, 1.0)
        if frame is None or not np.array_equal(frame.inner, self.inner):
            return None
        changes = self.weights.one_of(np.log(mixture.weights / self.mixture.weights))
        odds = _log_odds(frame) - _log_odds(self)
        return np.concatenate((*changes, odds), axis=None) * self.units, frame


def _log_odds(frame: BernoulliFrame) -> FloatArray:
    p = frame.mixture.params.probabilities[frame.inner]
    log_odds: FloatArray = np.log(p) - np.log1p(-p)
    return log_odds
