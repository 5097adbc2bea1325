"""`LogNormalMixture`: a Gaussian mixture of logarithms."""

from __future__ import annotations

from typing import Any

import numpy as np

from mixtura.estimators.family_mixtures import NamedFamilyMixture
from mixtura.estimators.gaussian_shapes import ShapedMixture
from mixtura.families.gaussian.density import Gaussian
from mixtura.families.log_normal import LogNormal, logarithms
from mixtura.families.registry import description_of
from mixtura.fitting.specification import MakeFamily
from mixtura.mixture import Mixture
from mixtura.sources import Source, Summary
from mixtura.sources.summary import summarize
from mixtura.typing import FloatArray

__all__ = ["LogNormalMixture"]


class LogNormalMixture(NamedFamilyMixture, ShapedMixture):
    """Mixture of positive measurements whose logarithms are Gaussian, fitted by EM.

    The fit is that of `GaussianMixture` to the logarithms; the log-likelihood, and all that
    follows from it, are those of the measurements themselves.

    Parameters
    ----------
    n_components : int, default=1
        Number of components k.
    covariance_type : str, default='full'
        Of the logarithms, as of `GaussianMixture`.
    reg_covar : float, default=1e-6
        Least variance of the logarithms in any direction, as a share of the columns', as of
        `GaussianMixture`. All other parameters are those of `BernoulliMixture`.

    Attributes
    ----------
    weights_ : ndarray of shape (k,)
        Mixing weights, in falling order unless the start was given.
    means_ : ndarray of shape (k, d)
        Of the logarithms.
    medians_ : ndarray of shape (k, d)
        Of the measurements: exp(means_).
    covariances_ : ndarray
        Of the logarithms, in the shape that `GaussianMixture` has for the covariance type.
    record_ : FitRecord
    schema_ : Schema

    References
    ----------
    Johnson, Kotz, Balakrishnan (1994), "Continuous Univariate Distributions", volume 1, chapter 14.

    Examples
    --------
    >>> import numpy as np
    >>> import mixtura as mx
    >>> rng = np.random.default_rng(0)
    >>> X = np.exp(np.concatenate([rng.normal(0, 1, (60, 2)), rng.normal(5, 1, (40, 2))]))
    >>> mx.LogNormalMixture(2, random_state=0).fit(X).medians_.round()
    array([[  1.,   1.],
           [125., 149.]])
    """

    _name = "log_normal"

    def __init__(
        self,
        n_components: int = 1,
        *,
        covariance_type: str = "full",
        tol: float = 1e-7,
        reg_covar: float = 1e-6,
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
        self.covariance_type = covariance_type
        self.reg_covar = reg_covar

    def _make_family(self) -> MakeFamily:
        structure = self._type.structure

        def make(source: Source, summary: Summary, k: int) -> LogNormal:
            floor = self._floor(summarize(source, logarithms))
            return LogNormal(Gaussian(structure, floor))

        return make

    @property
    def _reads_rows(self) -> bool:
        return True

    @classmethod
    def _told_by(cls, mixture: Mixture[Any, Any]) -> dict[str, Any]:
        structure, _ = description_of(mixture.family).structure(mixture.clusters.family)
        return {**super()._told_by(mixture), "covariance_type": structure}

    @property
    def means_(self) -> FloatArray:
        """Of the logarithms, (k, d)."""
        means: FloatArray = self.mixture_.params.means
        return means

    @property
    def medians_(self) -> FloatArray:
        """Of the measurements, (k, d)."""
        return np.asarray(np.exp(self.means_))

    @property
    def covariances_(self) -> FloatArray:
        """Of the logarithms, in the layout of the covariance type."""
        shown: FloatArray = self._type.layout.show(self.mixture_.params.covariances).covariances
        return shown
