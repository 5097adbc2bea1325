"""Which components rows belong to, and how far from them they are, as methods of estimators."""

from __future__ import annotations

from math import erfc, sqrt
from numbers import Real
from typing import Any

import numpy as np

from mixtura.errors import MixturaError
from mixtura.estimators.asked import Asked
from mixtura.estimators.parameters import check_magnitude
from mixtura.explain.membership import (
    ComponentTypicality,
    Rule,
    by_coverage,
    by_sigmas,
    distances_of,
)
from mixtura.families.distances import Distances
from mixtura.mixture import Mixture
from mixtura.sources.scan import Names
from mixtura.typing import AnyArray, BoolArray, FloatArray, IntArray

__all__ = ["Memberships"]

_SIGMAS = 2.5


class Memberships(Asked):
    """What is asked of each component by itself, whichever of them explains a row best."""

    def membership(
        self, X: Any, sigmas: float = _SIGMAS, *, coverage: bool | float = False
    ) -> IntArray:
        """Number of the nearest component of each row, or -1 if none is near enough.

        Parameters
        ----------
        X : table of shape (n, d)
            A row with missing cells is measured in the cells that it has.
        sigmas : float, default=2.5
            Largest Mahalanobis distance at which a row belongs to a component: in standard
            deviations of the component in the row's direction. Of a Gaussian component's own rows
            2.5 sigmas hold 98.76 % in one column, 95.6 % in two, 71.7 % in five, 20.6 % in ten.
        coverage : bool or float, default=False
            True for the share that so many sigmas hold in one column, whatever the number of
            columns: 98.76 % for 2.5. A number between 0 and 1 is that share itself. A row belongs
            to a component if it is among this share of the component's rows that are most typical
            of it. This is for all families, `sigmas` for those with distances.

        Returns
        -------
        ndarray of shape (n,)

        Raises
        ------
        ValueError
            If a parameter cannot be used, or if the components have no distances and `coverage` is
            not asked for.

        Examples
        --------
        A row 3 sigmas away, of which most rows in ten columns are no nearer:

        >>> import numpy as np
        >>> import mixtura as mx
        >>> X = np.random.default_rng(0).normal(size=(2000, 10))
        >>> gm = mx.GaussianMixture().fit(X)
        >>> row = np.full((1, 10), 3.0 / np.sqrt(10))
        >>> gm.membership(row), gm.membership(row, coverage=True)
        (array([-1]), array([0]))
        """
        mixture = self._fitted()
        nearest = self._rule(mixture, sigmas, coverage).nearest
        return self._row_by_row(X, mixture, nearest, "membership", np.int64)

    def members(
        self, X: Any, sigmas: float = _SIGMAS, *, coverage: bool | float = False
    ) -> BoolArray:
        """Whether each row belongs to each component: to none, to one or to several.

        Parameters
        ----------
        X, sigmas, coverage
            As of `membership`.

        Returns
        -------
        ndarray of bool, shape (n, k)
            Nothing belongs to a component of weight 0; noise has no column, since it has no rows
            that are typical of it.

        Raises
        ------
        ValueError
            As of `membership`.

        Examples
        --------
        >>> import numpy as np
        >>> import mixtura as mx
        >>> X = np.random.default_rng(0).normal(size=(500, 1)) + [[0.0], [4.0]] * 250
        >>> gm = mx.GaussianMixture(2, random_state=0).fit(X)
        >>> of_how_many = gm.members([[0.0], [2.0], [9.0]]).sum(axis=1)
        >>> of_how_many  # the row between belongs to both, the last one to none
        array([1, 2, 0])
        """
        mixture = self._fitted()
        members = self._rule(mixture, sigmas, coverage).members
        return self._row_by_row(X, mixture, members, _names("member", mixture), np.bool_)

    def component_typicality(self, X: Any) -> AnyArray:
        """How typical each row is of each component by itself, (n, k).

        The share of the component's own rows that are as unlikely, or more so: a p-value of the
        row being one of them, evenly distributed over these. Exact by the chi-squared distribution
        of the distance for Gaussian components and factor analyzers, of the logarithms for
        log-normal ones, by the F distribution for Student t; of all other families by the density
        at 9,999 rows that are drawn from each component, the same every time. A row with gaps is
        compared in the cells that it has. A component of weight 0 has 0; noise has no column.

        Parameters
        ----------
        X : table of shape (n, d)

        Returns
        -------
        ndarray of shape (n, k)
            From 0 to 1; float32 if the table is.

        Examples
        --------
        >>> import numpy as np
        >>> import mixtura as mx
        >>> X = np.random.default_rng(0).normal(size=(500, 1)) + [[0.0], [9.0]] * 250
        >>> gm = mx.GaussianMixture(2, random_state=0).fit(X)
        >>> row = [[4.5]]  # sure to be of one of the two, and like neither
        >>> gm.component_typicality(row).max() < 1e-4
        np.True_
        """
        mixture = self._fitted()
        names = _names("typicality", mixture)
        return self._row_by_row(X, mixture, ComponentTypicality(mixture).of, names)

    def distances(self, X: Any) -> AnyArray:
        """Mahalanobis distance of each row to each component, (n, k), in sigmas of that component.

        sqrt((x - m)^T S^-1 (x - m)) of the cells that a row has. For Gaussian components of any
        structure and factor analyzers; of Student t in units of the scale matrix, of log-normal
        components between logarithms. Noise has no distance.

        Parameters
        ----------
        X : table of shape (n, d)

        Returns
        -------
        ndarray of shape (n, k)
            float32 if the table is.

        Raises
        ------
        ValueError
            If components of the family have no distances.

        Examples
        --------
        >>> import mixtura as mx
        >>> gm = mx.GaussianMixture().fit([[-2.0], [2.0]])
        >>> gm.distances([[3.0]])
        array([[1.5]])
        """
        mixture = self._fitted()
        distances = self._distances(mixture)

        def of(rows: AnyArray) -> FloatArray:
            return np.sqrt(distances.squared(np.asarray(rows, dtype=np.float64)))

        return self._row_by_row(X, mixture, of, _names("distance", mixture))

    def _distances(self, mixture: Mixture[Any, Any]) -> Distances:
        distances = distances_of(mixture)
        if distances is None:
            raise self._without_distances(
                "All families have component_typicality(X) and predict_proba(X)."
            )
        return distances

    def _rule(self, mixture: Mixture[Any, Any], sigmas: float, coverage: bool | float) -> Rule:
        outside = _outside(check_magnitude("sigmas", sigmas), coverage)
        if outside is not None:
            return by_coverage(mixture, outside)
        rule = by_sigmas(mixture, float(sigmas))
        if rule is None:
            raise self._without_distances(
                "Ask for the share of a component's rows that is near enough: coverage=True, or a "
                "number such as coverage=0.95."
            )
        return rule

    def _without_distances(self, remedy: str) -> MixturaError:
        name = type(self._known()).__name__
        return MixturaError(f"The components of {name} have no Mahalanobis distances. {remedy}")


def _names(what: str, mixture: Mixture[Any, Any]) -> Names:
    return tuple(f"{what}{number}" for number in range(mixture.n_clusters))


def _outside(sigmas: float, coverage: object) -> float | None:
    """The share of a component's own rows that do not belong to it; None by sigmas."""
    if isinstance(coverage, bool | np.bool_):
        return erfc(sigmas / sqrt(2.0)) if coverage else None
    if not isinstance(coverage, Real) or not 0.0 < float(coverage) < 1.0:
        raise MixturaError(
            f"Invalid value for 'coverage': {coverage!r}. It should be False, True for the share "
            "that sigmas hold in one column, or a share between 0 and 1."
        )
    if sigmas != _SIGMAS:
        raise MixturaError(
            f"sigmas={sigmas:g} and coverage={coverage} are two answers to one question: give one "
            "of them, or coverage=True for the share that so many sigmas hold in one column."
        )
    return 1.0 - float(coverage)
