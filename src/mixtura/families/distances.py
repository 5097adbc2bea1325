"""Mahalanobis distances, for families whose components have a center and an ellipse about it.

    delta_ij^2 = (x_i - m_j)^T S_j^-1 (x_i - m_j)

of the observed cells of a row. A component's own rows in d columns have

    delta^2 ~ chi-squared with d degrees of freedom       Gaussian
    delta^2 / d ~ F with d and nu_j degrees of freedom    Student t, S_j its scale matrix

(Johnson and Wichern 2007, "Applied Multivariate Statistical Analysis", result 4.7; Kotz and
Nadarajah 2004, "Multivariate t Distributions and Their Applications", section 1.11).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np

from mixtura.families.observed_cells import HasMarginals, of_observed_cells
from mixtura.typing import AnyArray, FloatArray

__all__ = ["Distances", "HasDistances"]


class HasEllipses(HasMarginals, Protocol):
    """Parameters of k components that have a center and an ellipse about it."""

    def squared_distances(self, X: FloatArray, /) -> FloatArray:
        """Squared Mahalanobis distance of each complete row to each component, (n, k)."""
        ...


@dataclass(frozen=True, eq=False)
class Distances:
    """How far rows are from each of k components, in sigmas of that component.

    Attributes
    ----------
    params : HasEllipses
    dof : ndarray of shape (k,)
        Degrees of freedom of the components' tails; infinite for Gaussian ones.
    places : callable, optional
        What of a cell is measured, if not the cell itself, such as its logarithm.

    Examples
    --------
    >>> import numpy as np
    >>> from mixtura.families import GaussianParameters
    >>> from mixtura.families.gaussian.structures import AxisCovariances
    >>> wide = GaussianParameters(np.zeros((1, 2)), AxisCovariances(np.array([[1.0, 100.0]])))
    >>> distances = Distances(wide, dof=np.array([np.inf]))
    >>> squared = distances.squared(np.array([[2.0, 0.0], [0.0, 20.0], [2.0, np.nan]]))
    >>> squared.ravel()
    array([4., 4., 4.])
    >>> distances.beyond(squared, n_cells=np.array([2, 2, 1])).ravel().round(4)
    array([0.1353, 0.1353, 0.0455])
    """

    params: HasEllipses
    dof: FloatArray
    places: Callable[[AnyArray], AnyArray] | None = None

    @np.errstate(over="ignore")  # a squared distance beyond all numbers is infinite
    def squared(self, X: FloatArray) -> FloatArray:
        """That of the observed cells of each row to each component, (n, k); 0 without any."""
        rows = X if self.places is None else self.places(X)
        return of_observed_cells(_of_complete, self.params, rows)

    def beyond(self, squared: FloatArray, n_cells: AnyArray) -> FloatArray:
        """The share of each component's own rows that are as far away or farther, (n, k).

        Parameters
        ----------
        squared : ndarray of shape (n, k)
        n_cells : ndarray of shape (n,)
            In how many columns each row was measured; with none it is as near as all others.
        """
        from scipy.special import chdtrc, fdtrc

        d = np.maximum(n_cells, 1)[:, None]
        dof = np.where(np.isinf(self.dof), 1.0, self.dof)
        gaussian, tailed = chdtrc(d, squared), fdtrc(d, dof, squared / d)
        share = np.where(np.isinf(self.dof), gaussian, tailed)
        return np.asarray(np.where(n_cells[:, None] > 0, share, 1.0))


@runtime_checkable
class HasDistances(Protocol):
    """A family that measures how far rows are from its components."""

    def distances(self, params: Any, /) -> Distances:
        """To components of these parameters."""
        ...


def _of_complete(params: HasEllipses, X: FloatArray) -> FloatArray:
    return params.squared_distances(X)
