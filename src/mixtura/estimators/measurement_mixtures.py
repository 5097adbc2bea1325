"""Estimators for mixtures of measurements that are no bells: exponential, gamma, uniform."""

from __future__ import annotations

from typing import Any

from mixtura.errors import MixturaError
from mixtura.estimators.family_mixtures import NamedFamilyMixture
from mixtura.estimators.parameters import check_magnitude
from mixtura.families.gamma import LARGEST_SHAPES, Gamma
from mixtura.fitting.specification import MakeFamily
from mixtura.mixture import Mixture
from mixtura.typing import FloatArray

__all__ = ["ExponentialMixture", "GammaMixture", "UniformMixture"]


class ExponentialMixture(NamedFamilyMixture):
    """Mixture of independent waiting times, fitted by EM or one of its kin.

    Within a component each column is exponentially distributed with a mean of its own:
    p(x | C_j) = prod_a exp(-x_a / m_ja) / m_ja, for x of 0 or more. A start of which a component
    has nothing but zeros in some column is given up, for the likelihood has no bound there.
    Parameters and methods are those of `BernoulliMixture`.

    Attributes
    ----------
    weights_ : ndarray of shape (k,)
        Mixing weights, in falling order unless the start was given.
    means_ : ndarray of shape (k, d)
        Mean waiting time of each column in each component.
    rates_ : ndarray of shape (k, d)
        1 / means_.
    record_ : FitRecord
    schema_ : Schema

    References
    ----------
    Jewell (1982), "Mixtures of exponential distributions", Annals of Statistics 10.

    Examples
    --------
    >>> import mixtura as mx
    >>> waits = [[0.1], [0.2], [0.1], [0.4], [0.2], [90.0], [150.0], [60.0]]
    >>> mx.ExponentialMixture(2, random_state=0).fit(waits).means_.round(1)
    array([[ 0.2],
           [99.4]])
    """

    _name = "exponential"

    @property
    def means_(self) -> FloatArray:
        """Mean waiting times, (k, d)."""
        means: FloatArray = self.mixture_.params.means
        return means

    @property
    def rates_(self) -> FloatArray:
        """Events per unit of time, (k, d)."""
        return 1.0 / self.means_


class GammaMixture(NamedFamilyMixture):
    """Mixture of independent positive measurements with skewed distributions, fitted by EM.

    Within a component each column is gamma distributed with a mean and a shape of its own; its
    variance is mean^2 / shape. Shape 1 is the exponential distribution, larger ones are nearer to
    a bell, and below 1 the density is infinite at 0.

    Parameters
    ----------
    n_components : int, default=1
        Number of components k. All others but the last are those of `BernoulliMixture`.
    largest_shape : float, default=1e6
        No shape is larger, so that no deviation is less than 1 / sqrt(largest_shape) of its mean:
        rows that are equal have ever more likelihood as the shape grows. From 1 to 1e12; raise it
        for columns that vary by less than that.

    Attributes
    ----------
    weights_ : ndarray of shape (k,)
        Mixing weights, in falling order unless the start was given.
    means_, shapes_ : ndarray of shape (k, d)
    rates_ : ndarray of shape (k, d)
        shapes_ / means_.
    record_ : FitRecord
    schema_ : Schema

    References
    ----------
    Wiper, Rios Insua, Ruggeri (2001), "Mixtures of gamma distributions with applications", Journal
    of Computational and Graphical Statistics 10.

    Examples
    --------
    >>> import numpy as np
    >>> import mixtura as mx
    >>> rng = np.random.default_rng(0)
    >>> X = np.concatenate([rng.gamma(2.0, 1.0, (600, 1)), rng.gamma(50.0, 0.4, (400, 1))])
    >>> gm = mx.GammaMixture(2, random_state=0).fit(X)
    >>> gm.means_.round()
    array([[ 2.],
           [20.]])
    >>> gm.shapes_.round()
    array([[ 2.],
           [43.]])
    """

    _name = "gamma"

    def __init__(
        self,
        n_components: int = 1,
        *,
        tol: float = 1e-7,
        max_iter: int = 1000,
        n_init: int | str = "auto",
        init_params: Any = "auto",
        weights_init: Any = None,
        random_state: Any = None,
        warm_start: bool = False,
        verbose: int = 0,
        verbose_interval: int = 10,
        algorithm: Any = "em",
        acceleration: str | None = "auto",
        half_life: float | None = None,
        equal_weights: bool = False,
        fixed: Any = None,
        n_jobs: int | None = None,
        largest_shape: float = 1e6,
    ) -> None:
        super().__init__(
            n_components,
            tol=tol,
            max_iter=max_iter,
            n_init=n_init,
            init_params=init_params,
            weights_init=weights_init,
            random_state=random_state,
            warm_start=warm_start,
            verbose=verbose,
            verbose_interval=verbose_interval,
            algorithm=algorithm,
            acceleration=acceleration,
            half_life=half_life,
            equal_weights=equal_weights,
            fixed=fixed,
            n_jobs=n_jobs,
        )
        self.largest_shape = largest_shape

    def _check_parameters(self) -> None:
        super()._check_parameters()
        if not 1.0 <= check_magnitude("largest_shape", self.largest_shape) <= LARGEST_SHAPES:
            raise MixturaError(
                f"Invalid value for 'largest_shape': {self.largest_shape!r}. It should be a number "
                f"from 1 to {LARGEST_SHAPES:.0e}, as rounding blurs the rows of larger shapes."
            )

    def _make_family(self) -> MakeFamily:
        family = Gamma(float(self.largest_shape))
        return lambda source, summary, k: family

    @classmethod
    def _told_by(cls, mixture: Mixture[Any, Any]) -> dict[str, Any]:
        family = mixture.clusters.family
        assert isinstance(family, Gamma)
        return {**super()._told_by(mixture), "largest_shape": family.largest_shape}

    @property
    def means_(self) -> FloatArray:
        """Means, (k, d)."""
        means: FloatArray = self.mixture_.params.means
        return means

    @property
    def shapes_(self) -> FloatArray:
        """Shapes, (k, d)."""
        shapes: FloatArray = self.mixture_.params.shapes
        return shapes

    @property
    def rates_(self) -> FloatArray:
        """Shapes in units of the means, (k, d)."""
        return self.shapes_ / self.means_


class UniformMixture(NamedFamilyMixture):
    """Mixture of boxes, in each of which all places are alike, fitted by EM or one of its kin.

    A component is the smallest box along the axes about all rows that can be its own. A row in a
    box stays there, so that EM shrinks no box: it settles how much weight boxes that overlap have,
    and the start says where they are. 'random' starts give all components the same box, and a start
    with a box without width is given up. Rows beyond all boxes have density 0, and are of no
    component (-1).

    A component of five rows for each of its parameters, or less, is taken for one of a few rows
    that happen to lie close together: its box says nothing of other rows. Parameters and methods
    are those of `BernoulliMixture`.

    Attributes
    ----------
    weights_ : ndarray of shape (k,)
        Mixing weights, in falling order unless the start was given.
    low_, high_ : ndarray of shape (k, d)
        The sides of the boxes.
    record_ : FitRecord
    schema_ : Schema

    References
    ----------
    Craigmile, Titterington (1997), "Parameter estimation for finite mixtures of uniform
    distributions", Communications in Statistics 26.

    Examples
    --------
    >>> import mixtura as mx
    >>> X = [[x / 10] for x in range(20)] + [[5 + x / 5] for x in range(20)]
    >>> boxes = mx.UniformMixture(2, random_state=0).fit(X)
    >>> boxes.low_.ravel().tolist(), boxes.high_.ravel().tolist()
    ([0.0, 5.0], [1.9, 8.8])
    """

    _name = "uniform"

    @property
    def low_(self) -> FloatArray:
        """Smallest values, (k, d)."""
        low: FloatArray = self.mixture_.params.low
        return low

    @property
    def high_(self) -> FloatArray:
        """Largest values, (k, d)."""
        high: FloatArray = self.mixture_.params.high
        return high
