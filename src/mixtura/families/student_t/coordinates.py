"""Coordinates of Student t components: those of Gaussian ones, and log nu.

With r u for responsibilities, and the count of the rows as the factor of -1/2 log|S_j|, the
gradient is that of Gaussian components (see `families.gaussian.coordinates`). Along log nu it is

    nu / 2 (n_j (log(nu / 2) - psi(nu / 2)) + sum_i r_ij (E log u_ij - E u_ij + 1))

and the complete data's information w_j a (a psi'(a) - 1), with a = nu / 2. Degrees of freedom that
are given, or lie at an end, have no coordinate: EM leaves them where they are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

from mixtura.families.gaussian.coordinates import GaussianCoordinates
from mixtura.families.gaussian.parameters import GaussianParameters
from mixtura.families.student_t.degrees_of_freedom import FAR, information, inner, slopes
from mixtura.families.student_t.parameters import StudentTParameters, StudentTSums
from mixtura.families.tie import Tie
from mixtura.typing import BoolArray, FloatArray

__all__ = ["StudentTCoordinates"]


@dataclass(frozen=True, eq=False)
class StudentTCoordinates:
    """Parameters of Student t components, and coordinates about them (see the module's text).

    Attributes
    ----------
    normal : GaussianCoordinates
        About the locations and scales.
    dof : ndarray of shape (k,)
        Degrees of freedom.
    tie : Tie
        Of those.
    """

    normal: GaussianCoordinates
    dof: FloatArray
    tie: Tie

    @property
    def params(self) -> StudentTParameters:
        return StudentTParameters.of(self.normal.params, self.dof)

    @cached_property
    def _own(self) -> FloatArray:
        """The degrees of freedom that are estimated, one of each."""
        return self.tie.one_of(self.dof)

    @cached_property
    def inner(self) -> BoolArray:
        """Which of these lie at neither end."""
        return inner(self._own)

    def information(self, weights: FloatArray) -> FloatArray:
        of_dof = self.tie.pooled(weights)[self.inner] * information(self._own[self.inner])
        return np.concatenate((self.normal.information(weights), of_dof))

    def gradient(self, statistics: StudentTSums, weight: float) -> FloatArray:
        rows, tails = (self.tie.pooled(s)[self.inner] for s in (statistics.rows, statistics.tails))
        return np.concatenate(
            (
                self.normal.slopes(statistics.rows, statistics.moments, weight),
                slopes(self._own[self.inner], rows, tails) / weight,
            )
        )

    def moved(self, changes: FloatArray, estimate: Callable[[], StudentTParameters]) -> Self | None:
        if (self._own > FAR).any() and not self._are_inner(self.tie.one_of(estimate().dof)):
            return None  # a component has to become Gaussian first
        n_normal = len(changes) - int(self.inner.sum())
        normal = self.normal.moved(changes[:n_normal], lambda: _normal(estimate()))
        own = self._own.copy()
        with np.errstate(over="ignore"):
            own[self.inner] *= np.exp(changes[n_normal:])
        return None if normal is None else self._alike(normal, own)

    def towards(self, params: StudentTParameters) -> tuple[FloatArray, Self] | None:
        way, own = self.normal.towards(params.normal), self.tie.one_of(params.dof)
        there = None if way is None else self._alike(way[1], own)
        if way is None or there is None:
            return None
        of_dof = np.log(own[self.inner] / self._own[self.inner])
        return np.concatenate((way[0], of_dof)), there

    def _alike(self, normal: GaussianCoordinates, own: FloatArray) -> Self | None:
        """The coordinates about other parameters, if they are the same ones."""
        dof = np.resize(own, len(self.dof)) if len(own) else self.dof
        return type(self)(normal, dof, self.tie) if self._are_inner(own) else None

    def _are_inner(self, own: FloatArray) -> bool:
        """Whether of other degrees of freedom the same ones lie at neither end."""
        return np.array_equal(inner(own), self.inner)


def _normal(params: StudentTParameters) -> GaussianParameters:
    return params.normal
