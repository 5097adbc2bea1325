"""Conjugate priors of Gaussian components (Fraley and Raftery 2007).

    m_j | S_j ~ N(mean, S_j / shrinkage)
    S_j ~ inverse Wishart(dof, scale)               ellipsoidal structures
    s_ja ~ inverse gamma(dof / 2, scale_aa / 2)     diagonal structures, each variance
    s_j ~ inverse gamma(dof / 2, mean scale_aa / 2) spherical structures

The log-density of all three is, but for a constant, that of some rows under the component:
-1/2 (c log|S| + tr(S^-1 T)). So the M-step with a prior is the one without, from a larger count
and a larger scatter, and no covariance structure needs to know of priors. Where all components
share one covariance matrix it has one prior; else each component's has its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import lgamma, log, pi
from typing import Any, Protocol, Self

import numpy as np

from mixtura.errors import MixturaError
from mixtura.families.gaussian.structures import (
    VII,
    VVV,
    Covariances,
    CovarianceStructure,
    is_positive_definite,
)
from mixtura.statistics import Moments
from mixtura.typing import FloatArray

__all__ = ["FLAT", "FlatPrior", "NormalInverseWishart", "Prior", "Worth"]

# The rows that a prior may be worth, at most.
_MOST_ROWS = 1e12

# Values up to the first have squares up to the second, whose products do not overflow.
_FARTHEST, _WIDEST = 1e75, 1e152


@dataclass(frozen=True)
class Worth:
    """A conjugate prior of k components as rows.

    Its log-density is constant - 1/2 sum_j (count_j log|S_j| + tr(S_j^-1 T_j)) with T_j the rows'
    moments about m_j. The normal density of m_j adds 1 to the factor of -1/2 log|S_j|, whatever its
    shrinkage: so that factor is no count of the rows about the mean, and comes apart from them.

    Attributes
    ----------
    constant : float
    count : ndarray of shape (k,)
    rows : Moments
    """

    constant: float
    count: FloatArray
    rows: Moments


class Prior(Protocol):
    """What is known of Gaussian components before the rows are seen."""

    def update(
        self, moments: Moments, structure: CovarianceStructure, /
    ) -> tuple[FloatArray, Moments]:
        """What the M-step needs to know of rows and prior together.

        Returns
        -------
        count : ndarray of shape (k,)
            Factor of -1/2 log|S_j| in the penalised log-likelihood.
        moments : Moments
            Those of the rows and of the rows that the prior is worth.
        """
        ...

    def log_density(
        self, means: FloatArray, covariances: Covariances, structure: CovarianceStructure, /
    ) -> float:
        """Log-density of the prior, in nats."""
        ...


@dataclass(frozen=True)
class FlatPrior:
    """Nothing is known: maximum likelihood."""

    def update(
        self, moments: Moments, structure: CovarianceStructure
    ) -> tuple[FloatArray, Moments]:
        return moments.count, moments

    def log_density(
        self, means: FloatArray, covariances: Covariances, structure: CovarianceStructure
    ) -> float:
        return 0.0


# Parts of smaller numbers would be 0, which has no logarithm.
_SMALLEST = 1e-300

#: What a family has unless told otherwise.
FLAT = FlatPrior()


@dataclass(frozen=True)
class NormalInverseWishart:
    """The conjugate prior of Gaussian components.

    Parameters
    ----------
    mean : ndarray of shape (d,)
        Expected mean of a component.
    shrinkage : float
        How many rows that expectation is worth. Positive, and 1e12 at most.
    dof : float
        Degrees of freedom, above d - 1: how many rows the scale is worth, 1e12 at most.
    scale : ndarray of shape (d, d)
        Positive definite; a scatter matrix of that many rows. Diagonal structures use its
        diagonal, spherical ones the mean of that.

    References
    ----------
    Fraley, Raftery (2007), "Bayesian regularization for normal mixture estimation and
    model-based clustering", Journal of Classification 24.

    Examples
    --------
    >>> prior = NormalInverseWishart(np.zeros(1), shrinkage=1.0, dof=3.0, scale=np.eye(1))
    >>> row = Moments(np.ones(1), np.array([[2.0]]), np.zeros((1, 1, 1)))
    >>> count, moments = prior.update(row, VVV)
    >>> moments.mean, moments.scatter[0] / count
    (array([[1.]]), array([[0.42857143]]))
    """

    mean: FloatArray
    shrinkage: float
    dof: float
    scale: FloatArray

    def __post_init__(self) -> None:
        d = len(self.mean)
        if not _SMALLEST <= self.shrinkage <= _MOST_ROWS:
            raise MixturaError(
                f"The prior's shrinkage is {self.shrinkage}; it should be from {_SMALLEST:g} to "
                f"{_MOST_ROWS:.0e} rows, beside which the table's own would be rounding."
            )
        if not (self.dof - (d - 1) >= _SMALLEST and self.dof <= _MOST_ROWS):
            raise MixturaError(
                f"The prior's dof is {self.dof}; of {d} features it should be above {d - 1} and no "
                f"more than {_MOST_ROWS:.0e} rows, beside which the table's own would be rounding."
            )
        if not (np.abs(self.mean) <= _FARTHEST).all():
            raise MixturaError(
                f"The prior's mean reaches {np.abs(self.mean).max():.3g}; it should be no farther "
                f"out than {_FARTHEST:.0e}, lest squares overflow."
            )
        if self.scale.shape != (d, d) or not _in_range(self.scale):
            raise MixturaError(
                f"The prior's scale, of shape {self.scale.shape}, should be a symmetric, "
                f"positive-definite matrix of shape {(d, d)}, with {_SMALLEST:g} to {_WIDEST:.0e} "
                "on its diagonal."
            )

    @classmethod
    def default(
        cls,
        mean: FloatArray,
        covariance: FloatArray,
        k: int,
        floor: FloatArray,
        /,
        **given: Any,
    ) -> Self:
        """The prior that Fraley and Raftery (2007, section 3.2) advise for k components.

        Shrinkage 0.01, d + 2 degrees of freedom, and as scale the covariance of the data divided
        by k^(2/d), so that the k components together fill the volume of the data. Structures
        that see variances only get the mean variance in all directions.

        Parameters
        ----------
        mean : ndarray of shape (d,)
            Of the data.
        covariance : ndarray of shape (d, d), or (d,) for diagonal structures
            Of the data, with divisor n - 1.
        k : int
        floor : ndarray of shape (d,)
            Least variance of each feature: a smaller scale is raised to it.
        **given
            Fields that are not left to the default.
        """
        d = len(mean)
        form = VII if covariance.ndim == 1 else VVV
        share = covariance[None] / k ** (2.0 / d)
        fields: dict[str, Any] = {"mean": mean, "shrinkage": 0.01, "dof": d + 2.0} | given
        if "scale" not in fields:
            fields["scale"] = form.estimate(np.ones(1), share, floor).matrices()[0]
        return cls(**fields)

    def update(
        self, moments: Moments, structure: CovarianceStructure
    ) -> tuple[FloatArray, Moments]:
        worth = self.worth(structure, len(moments.count))
        return moments.count + worth.count, moments + worth.rows

    def log_density(
        self, means: FloatArray, covariances: Covariances, structure: CovarianceStructure
    ) -> float:
        worth = self.worth(structure, len(means))
        scatter = worth.rows.about(means)
        return worth.constant + covariances.expected_log_likelihood(worth.count, scatter)

    def worth(self, structure: CovarianceStructure, k: int) -> Worth:
        """The rows that the prior is worth to k components."""
        d, share = len(self.mean), self._share(structure)
        n_matrices = _n_matrices(structure, k, d)
        part = n_matrices / k
        constant: float = 0.5 * k * d * log(self.shrinkage / (2.0 * pi))
        constant += n_matrices * share.constant
        count = np.full(k, 1.0 + part * share.count)
        scatter = np.repeat(part * share.scatter[None], k, axis=0)
        mean = np.repeat(self.mean[None], k, axis=0)
        return Worth(constant, count, Moments(np.full(k, self.shrinkage), mean, scatter))

    def _share(self, structure: CovarianceStructure) -> _Share:
        if not structure.diagonal:
            return self._of_matrices
        one_variance = structure.n_parameters(1, len(self.mean)) == 1
        return self._of_spheres if one_variance else self._of_axes

    # Asked for in every iteration.
    @cached_property
    def _of_matrices(self) -> _Share:
        return _ellipsoid(self.dof, self.scale)

    @cached_property
    def _of_axes(self) -> _Share:
        return _axes(self.dof, np.diagonal(self.scale))

    @cached_property
    def _of_spheres(self) -> _Share:
        return _sphere(self.dof, np.diagonal(self.scale))


@dataclass(frozen=True)
class _Share:
    """Log-density of one covariance matrix: constant - 1/2 (count log|S| + tr(S^-1 scatter))."""

    constant: float
    count: float
    scatter: FloatArray


def _ellipsoid(dof: float, scale: FloatArray) -> _Share:
    """Inverse Wishart."""
    d = len(scale)
    half = 0.5 * dof
    log_gamma = 0.25 * d * (d - 1) * log(pi) + sum(lgamma(half - 0.5 * a) for a in range(d))
    log_determinant = float(np.linalg.slogdet(0.5 * scale)[1])
    return _Share(half * log_determinant - log_gamma, dof + d + 1.0, scale)


def _axes(dof: float, variances: FloatArray) -> _Share:
    """Inverse gamma for each variance."""
    constant = sum(_inverse_gamma(dof, scale) for scale in variances.tolist())
    return _Share(constant, dof + 2.0, variances)


def _sphere(dof: float, variances: FloatArray) -> _Share:
    """Inverse gamma for the variance s of all d directions, of which log|S| has d."""
    d = len(variances)
    return _Share(_inverse_gamma(dof, float(variances.mean())), (dof + 2.0) / d, variances / d)


def _inverse_gamma(dof: float, scale: float) -> float:
    half = 0.5 * dof
    return half * log(0.5 * scale) - lgamma(half)


def _n_matrices(structure: CovarianceStructure, k: int, d: int) -> int:
    """How many covariance matrices k components have: one if two need no more numbers than one.

    In one dimension that is so for every structure of equal volumes.
    """
    return 1 if structure.n_parameters(2, d) == structure.n_parameters(1, d) else k


def _in_range(scale: FloatArray) -> bool:
    variances = scale.diagonal()
    within = bool(((variances >= _SMALLEST) & (variances <= _WIDEST)).all())
    return bool(np.isfinite(scale).all()) and within and is_positive_definite(scale)
