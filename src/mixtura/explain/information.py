"""Standard errors from the observed information.

About the maximum of the log-likelihood l of n rows the parameters are spread, in many tables of
the same kind, as a Gaussian with the inverse of the observed information

    I = -d^2 l / dt^2

for its covariance (Fisher 1925; Efron and Hinkley 1978). The coordinates t are those of
acceleration, in which complete data would have the information n on each: what I lacks of that is
what is lost since nobody knows the components (Louis 1982). An E-step gives the gradient of l
exactly, by Fisher's identity, and I is had by differences of it,

    I_j = -(8 (g(h) - g(-h)) - (g(2 h) - g(-2 h))) / 12 h + O(h^4)    along coordinate j

which takes four passes over the rows for each coordinate. Where the gradient is 0 that is the
Hessian although the coordinates move along. With a prior l is the log-posterior.

Directions in which l is level are those that change nothing, since weights sum to 1, say, or of
which the rows do not tell. What does not change along them has a standard error all the same:
that of a quantity q follows from its derivatives along the others (the delta method). Numbers on
the edge of what they can be, such as a probability of 0, have no coordinate and do not change.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from mixtura import em
from mixtura.acceleration.coordinates import MixtureCoordinates
from mixtura.errors import MixturaError
from mixtura.explain.intervals import Normal, Quantity
from mixtura.mixture import Expectation, Mixture
from mixtura.sources import Source
from mixtura.typing import BoolArray, FloatArray

__all__ = ["ObservedInformation"]

# Steps of differences: in units of one row's information, and of each parameter's own scale.
_STEP, _GREATEST = 1e-3, 3e-3
# Share of the complete data's information that is no more than the rounding of differences; where
# the gradient is not 0, no more than that is known of it either.
_LEVEL = 1e-6
# Share of a quantity's slope along level directions that is no more than that.
_LITTLE = 1e-4
# Of coordinates of which even complete data would tell less than so much nothing else is asked:
# they are on the edge of their range, a probability that is nearly 0, say.
_EDGE = 0.01


@dataclass(frozen=True, eq=False)
class ObservedInformation:
    """What the rows tell of a mixture that was fitted to them.

    Attributes
    ----------
    at : MixtureCoordinates
        The mixture.
    expectation : Expectation
        The E-step's, there.
    known : ndarray of shape (p, r)
        Directions that are independent of each other, each as long as one standard error.
    unknown : ndarray of shape (p, s)
        Directions, of length 1, of which the rows do not tell.
    apart : float
        How far from the maximum the mixture is, in standard errors.
    curved_up : int
        Directions in which it is no maximum.
    """

    at: MixtureCoordinates
    expectation: Expectation[Any]
    known: FloatArray
    unknown: FloatArray
    apart: float
    curved_up: int

    @classmethod
    def of(
        cls,
        mixture: Mixture[Any, Any],
        source: Source,
        passed: Callable[[int, int], None] | None = None,
    ) -> Self:
        """What some rows tell; `passed` is told (coordinates done, all of them).

        Raises
        ------
        MixturaError
            Where the family has no coordinates, or none here.
        """
        expectation = em.e_step(mixture, source)
        at = MixtureCoordinates.of(mixture, expectation.weight)
        if at is None:
            raise _without_coordinates(mixture)

        def gradient(step: FloatArray) -> FloatArray:
            there = _moved(at, step, expectation)
            return there.gradient(em.e_step(there.mixture, source))

        information = np.eye(len(at.units))
        inner = expectation.weight * np.square(at.units) >= _EDGE
        for j, step in enumerate(_steps(at)):
            if inner[j]:
                information[j] = np.where(inner, -_slope(gradient, step), 0.0)
            if passed is not None:
                passed(j + 1, len(information))
        return cls._from(at, expectation, 0.5 * (information + information.T))

    @classmethod
    def _from(
        cls, at: MixtureCoordinates, expectation: Expectation[Any], information: FloatArray
    ) -> Self:
        values, directions = np.linalg.eigh(information)
        gradient = at.gradient(expectation) @ directions
        rises = values > _LEVEL
        squares = expectation.weight * np.square(gradient[rises]) / values[rises]
        level = max(_LEVEL, float(np.linalg.norm(gradient)))
        told = values > level
        return cls(
            at,
            expectation,
            directions[:, told] / np.sqrt(expectation.weight * values[told]),
            directions[:, ~told],
            float(np.sqrt(squares.sum())),
            int((values < -level).sum()),
        )

    @property
    def mixture(self) -> Mixture[Any, Any]:
        """The one that was fitted."""
        return self.at.mixture

    @property
    def empty(self) -> BoolArray:
        """Which of the clusters (k,) have next to no rows."""
        rows = self.expectation.weight * self.mixture.clusters.weights
        return np.asarray(rows < _EDGE)

    def distribution(self, quantity: Quantity) -> Normal:
        """Of the numbers of a quantity: errors are NaN where the rows do not tell, 0 if fixed."""
        slopes = self._slopes(quantity)
        seen, unseen = slopes @ self.known, slopes @ self.unknown
        untold = np.square(unseen).sum(axis=-1) > _LITTLE**2 * np.square(slopes).sum(axis=-1)
        errors = np.where(untold, np.nan, np.sqrt(np.square(seen).sum(axis=-1)))
        return Normal(quantity(self.mixture), errors)

    def _slopes(self, quantity: Quantity) -> FloatArray:
        """Derivatives of a quantity along each coordinate, (..., p)."""

        def there(step: FloatArray) -> FloatArray:
            return quantity(_moved(self.at, step, self.expectation).mixture)

        return np.stack([_slope(there, step) for step in _steps(self.at)], axis=-1)


def _steps(at: MixtureCoordinates) -> FloatArray:
    """One along each coordinate, (p, p)."""
    return np.diag(np.minimum(_STEP, _GREATEST * at.units))


def _moved(
    at: MixtureCoordinates, step: FloatArray, expectation: Expectation[Any]
) -> MixtureCoordinates:
    there = at.moved(step, expectation)
    if there is None:
        raise _without_coordinates(at.mixture)
    return there


def _slope(function: Callable[[FloatArray], FloatArray], step: FloatArray) -> FloatArray:
    """Derivative along a step, per unit of its length: central differences (Richardson 1911)."""
    near = function(step) - function(-step)
    far = function(2.0 * step) - function(-2.0 * step)
    return (8.0 * near - far) / (12.0 * float(np.linalg.norm(step)))


def _without_coordinates(mixture: Mixture[Any, Any]) -> MixturaError:
    empty = np.flatnonzero(mixture.weights == 0.0)
    if len(empty):
        why, remedy = f"component {empty[0]} has no rows", "Fit fewer components."
    else:
        family = type(mixture.clusters.family).__name__
        why = f"the likelihood of {family} components is not smooth about these"
        remedy = "Use method='bootstrap' or 'weighted'."
    return MixturaError(
        f"Standard errors from the observed information are not known here: {why}. {remedy}"
    )
