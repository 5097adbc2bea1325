"""The estimator for mixtures of directions."""

from __future__ import annotations

from typing import Any

from mixtura.estimators.family_mixtures import NamedFamilyMixture
from mixtura.estimators.options import choose
from mixtura.families.registry import description_of
from mixtura.families.von_mises_fisher import CONCENTRATIONS, VonMisesFisher
from mixtura.fitting.specification import MakeFamily
from mixtura.mixture import Mixture
from mixtura.typing import FloatArray

__all__ = ["VonMisesFisherMixture"]


class VonMisesFisherMixture(NamedFamilyMixture):
    """Mixture of directions, fitted by EM or one of its kin.

    Within a component rows lie about a mean direction, and evenly in all directions across: the
    log-density on the sphere is kappa_j m_j . x + log C_d(kappa_j). Rows are taken by their
    directions, whatever their lengths: for embeddings of texts and images, profiles, places on
    the earth. A row of zeros has no direction and is an error.

    Parameters
    ----------
    n_components : int, default=1
        Number of components k. All others but `concentration` are those of `BernoulliMixture`.
    concentration : {'each', 'shared'}, default='each'
        Whether each component has a concentration of its own, or all share one. With
        `equal_weights` and `algorithm='hard'` shared ones make spherical k-means.

    Attributes
    ----------
    weights_ : ndarray of shape (k,)
        Mixing weights, in falling order unless the start was given.
    mean_directions_ : ndarray of shape (k, d)
        Of length 1.
    concentrations_ : ndarray of shape (k,)
        kappa, from 0 for rows that are spread evenly to 1e10 for rows that point the same way.
    record_ : FitRecord
    schema_ : Schema

    References
    ----------
    Banerjee, Dhillon, Ghosh, Sra (2005), "Clustering on the unit hypersphere using von
    Mises-Fisher distributions", Journal of Machine Learning Research 6.
    Hornik, Gruen (2014), "movMF: an R package for fitting mixtures of von Mises-Fisher
    distributions", Journal of Statistical Software 58.

    Examples
    --------
    >>> import numpy as np
    >>> import mixtura as mx
    >>> angles = np.concatenate([np.linspace(-0.2, 0.4, 30), np.linspace(0.8, 2.0, 20)])
    >>> rows = np.linspace(1.0, 9.0, 50)[:, None] * np.stack([np.cos(angles), np.sin(angles)], 1)
    >>> fitted = mx.VonMisesFisherMixture(2, random_state=0).fit(rows)
    >>> fitted.mean_directions_.round(2)
    array([[1.  , 0.1 ],
           [0.18, 0.98]])
    >>> fitted.predict([[0.1, 0.0], [0.0, 70.0]])
    array([0, 1])
    """

    _name = "von_mises_fisher"

    def __init__(
        self,
        n_components: int = 1,
        *,
        concentration: str = "each",
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
        self.concentration = concentration

    def _check_parameters(self) -> None:
        super()._check_parameters()
        choose(CONCENTRATIONS, "concentration", self.concentration)

    def _make_family(self) -> MakeFamily:
        tie = choose(CONCENTRATIONS, "concentration", self.concentration)
        return lambda source, summary, k: VonMisesFisher(tie)

    @classmethod
    def _told_by(cls, mixture: Mixture[Any, Any]) -> dict[str, Any]:
        family = mixture.clusters.family
        return {**super()._told_by(mixture), **description_of(family).options(family)}

    @property
    def mean_directions_(self) -> FloatArray:
        """Of length 1, (k, d)."""
        directions: FloatArray = self.mixture_.params.directions
        return directions

    @property
    def concentrations_(self) -> FloatArray:
        """How near rows are to their mean direction, (k,)."""
        concentrations: FloatArray = self.mixture_.params.concentrations
        return concentrations
