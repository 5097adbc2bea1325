"""A point on the surface of all mixtures of one kind, with directions to leave it by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from mixtura.acceleration.weight_coordinates import WeightCoordinates
from mixtura.families.coordinates import Coordinates
from mixtura.mixture import Expectation, Mixture
from mixtura.typing import FloatArray

__all__ = ["MixtureCoordinates"]


@dataclass(frozen=True, eq=False)
class MixtureCoordinates:
    """A mixture, and coordinates about it in which the complete data have unit information.

    They are those of the weights and those of the family's parameters, in units. In them the
    gradient of the objective is, to first order, the step that EM takes, so no further
    preconditioner is needed. The coordinates move along with the mixture: vectors of one place are
    carried to the next one as they are.

    Attributes
    ----------
    mixture : Mixture
        All its weights are positive.
    weights : WeightCoordinates
    own : Coordinates
        Those of the family, about the clusters' parameters.
    units : ndarray of shape (p,)
        Square roots of the complete data's information, one for each coordinate.
    n_weights : int
        How many coordinates, the first ones, are those of the weights.
    """

    mixture: Mixture[Any, Any]
    weights: WeightCoordinates
    own: Coordinates[Any, Any]
    units: FloatArray
    n_weights: int

    @classmethod
    def of(cls, mixture: Mixture[Any, Any], weight: float) -> Self | None:
        """None for a family without coordinates, an unknown rule of weights, an empty component.

        Parameters
        ----------
        mixture : Mixture
        weight : float
            Total weight of the rows, against which a prior's rows are weighed.
        """
        weights = WeightCoordinates.of(mixture.mixing, mixture.n_clusters)
        if weights is None or not (mixture.weights > 0.0).all():
            return None
        own = mixture.clusters.family.coordinates(mixture.params, weight)
        return None if own is None else cls._at(mixture, weights, own)

    @classmethod
    def _at(
        cls, mixture: Mixture[Any, Any], weights: WeightCoordinates, own: Coordinates[Any, Any]
    ) -> Self | None:
        of_clusters = own.information(mixture.weights[: mixture.n_clusters])
        information = np.concatenate((*weights.pooled(mixture.weights), of_clusters))
        if not (information > 0.0).all():  # a coordinate that nothing is known of has no unit
            return None
        n_weights = len(information) - len(of_clusters)
        return cls(mixture, weights, own, np.sqrt(information), n_weights)

    def gradient(self, expectation: Expectation[Any]) -> FloatArray:
        """Gradient of the objective in nats per row, from the E-step at this mixture."""
        per_row = 1.0 / expectation.weight
        of_weights = self.weights.pooled(per_row * expectation.counts - self.mixture.weights)
        own = self.own.gradient(expectation.statistics, expectation.weight)
        return np.concatenate((*of_weights, own)) / self.units

    def greatest(self, step: FloatArray) -> float:
        """The largest change that a step makes to any one parameter, relative to its scale."""
        return float(np.abs(step / self.units).max())

    def moved(self, step: FloatArray, expectation: Expectation[Any]) -> Self | None:
        """Where a step ends; None where no sound mixture is.

        What the coordinates do not describe is taken from the M-step after the expectation.
        """
        mixture, natural = self.mixture, step / self.units
        of_weights, changes = natural[: self.n_weights], natural[self.n_weights :]
        own = self.own.moved(changes, lambda: mixture.maximize(expectation).params)
        if own is None:
            return None
        weights = self.weights.moved(mixture.weights, of_weights)
        there = Mixture(mixture.family, own.params, weights, mixture.mixing)
        return self._at(there, self.weights, own)

    def towards(self, mixture: Mixture[Any, Any]) -> tuple[FloatArray, Self] | None:
        """The step to a mixture and the place there; None where there are no coordinates."""
        way = self.own.towards(mixture.params) if (mixture.weights > 0.0).all() else None
        if way is None:
            return None
        changes, own = way
        of_weights = self.weights.one_of(np.log(mixture.weights / self.mixture.weights))
        there = self._at(mixture, self.weights, own)
        if there is None:
            return None
        return np.concatenate((*of_weights, changes)) * self.units, there
