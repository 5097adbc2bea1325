"""`StudentTMixture`: clusters with heavy tails, which a few far rows do not pull along."""

from __future__ import annotations

from numbers import Real
from typing import Any

from mixtura.errors import MixturaError
from mixtura.estimators.gaussian_shapes import ShapedMixture
from mixtura.families.registry import description_of
from mixtura.families.student_t.degrees_of_freedom import LARGEST, SMALLEST
from mixtura.families.student_t.density import StudentT
from mixtura.families.student_t.description import DOF_TIES, dof_option
from mixtura.families.student_t.parameters import StudentTParameters
from mixtura.families.tie import Tie
from mixtura.fitting.specification import MakeFamily
from mixtura.mixture import Mixture
from mixtura.sources import Source, Summary
from mixtura.typing import AnyArray, FloatArray

__all__ = ["StudentTMixture"]


class StudentTMixture(ShapedMixture):
    """Mixture of multivariate Student t distributions, fitted by EM or one of its kin.

    Like a Gaussian mixture, but with heavy tails: rows weigh less the further out they are, so
    that some that are far from all clusters hardly move them. The fewer degrees of freedom a
    component has, the heavier are its tails. Parameters that are not here are those of
    `GaussianMixture`.

    Parameters
    ----------
    n_components : int, default=1
        Number of components k.
    covariance_type : str, default='full'
        Of the scale matrices: any that `GaussianMixture` has.
    dof : 'each', 'shared' or float, default='each'
        Degrees of freedom: estimated for each component, estimated as one number for all, or a
        number from 0.1 to 9e15 that all have. Estimates are no less than 0.1. A component
        whose likelihood rises without end as they grow becomes Gaussian: it has 2^53 then, about
        9e15.
    tol : float, default=1e-7
        Stop once the last gain and the projected remaining gain are both below this, in nats
        per row.
    reg_covar : float, default=1e-6
        Least squared scale of a component in any direction, as a share of the features' variances.
        Rows far outside raise these: where some are 1,000 deviations of the others away or more,
        give a smaller share, or components are held that are sound (a note tells).
    max_iter : int, default=1000
        Most iterations of a start.
    n_init : int, 'auto' or 'thorough', default='auto'
        Number of starts, as of `GaussianMixture`.
    init_params : str or array, default='auto'
        Ways to start, labels (n,) or responsibilities (n, k), as of `GaussianMixture`.
    weights_init : array of shape (k,), default=None
        Mixing weights to start from.
    random_state : int, RandomState or None, default=None
        Fixes the starts and all random assignments, for any number of threads.
    warm_start : bool, default=False
        Whether `fit` goes on from the last fit instead of starting anew.
    verbose, verbose_interval : int, default=0 and 10
        1 prints each start, 2 also every so many iterations.
    algorithm : str, settings or tuple of these, default='em'
        As of `GaussianMixture`.
    acceleration : {'auto', 'early', None}, default='auto'
        As of `GaussianMixture`. Plain EM takes very many iterations where the degrees of freedom
    half_life : float, default=None
        Of the rows of a stream, as of `GaussianMixture`.
        are many.
    equal_weights : bool, default=False
        Whether all mixing weights are 1/k.
    fixed : 'weights' or None, default=None
        Whether the weights stay as `weights_init` gives them.
    n_jobs : int, default=None
        Threads over blocks of rows; -1 for all cores. The result is the same for any number.

    Attributes
    ----------
    weights_ : ndarray of shape (k,)
        Mixing weights, in falling order unless the start was given.
    locations_ : ndarray of shape (k, d)
        The centres, and means where there are means: of more than 1 degree of freedom.
    scales_ : ndarray
        The scale matrices, in the shape of the `covariances_` of a `GaussianMixture` of the same
        covariance type.
    dof_ : ndarray of shape (k,)
        Degrees of freedom.
    covariances_ : ndarray of shape (k, d, d)
        Those of each component: dof / (dof - 2) times the scale matrix. NaN for a component of 2
        degrees of freedom or fewer, which has none.
    record_ : FitRecord
        All that there is to know of the fit; `converged_`, `n_iter_`, `scores_`, `collapsed_`,
        `starts_`, `notes_` and others are read from it, as of `GaussianMixture`.
    schema_ : Schema
        The columns.

    References
    ----------
    Liu, Rubin (1995), "ML estimation of the t distribution using EM and its extensions, ECM and
    ECME", Statistica Sinica 5. McLachlan, Peel (2000), "Finite Mixture Models", chapter 7.

    Examples
    --------
    One number in ten is far off, and does not count:

    >>> import mixtura as mx
    >>> X = [[0.1], [-0.2], [0.0], [0.3], [-0.1], [0.2], [-0.3], [0.1], [-0.1], [90.0]]
    >>> robust = mx.StudentTMixture(dof=2.0).fit(X)
    >>> robust.locations_.round(1)
    array([[0.]])
    """

    def __init__(
        self,
        n_components: int = 1,
        *,
        covariance_type: str = "full",
        dof: Any = "each",
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
        self.dof = dof
        self.reg_covar = reg_covar

    def _make_family(self) -> MakeFamily:
        structure, dof = self._type.structure, _as_dof(self.dof)

        def make(source: Source, summary: Summary, k: int) -> StudentT:
            return StudentT(structure, self._floor(summary), dof)

        return make

    def _check_parameters(self) -> None:
        super()._check_parameters()
        _as_dof(self.dof)

    @classmethod
    def _told_by(cls, mixture: Mixture[Any, Any]) -> dict[str, Any]:
        family = mixture.clusters.family
        assert isinstance(family, StudentT)
        structure, _ = description_of(family).structure(family)
        told = super()._told_by(mixture)
        return {**told, "covariance_type": structure, "dof": dof_option(family)}

    @property
    def _params(self) -> StudentTParameters:
        params: StudentTParameters = self.mixture_.params
        return params

    @property
    def locations_(self) -> FloatArray:
        """The centres, (k, d)."""
        return self._params.locations

    @property
    def scales_(self) -> AnyArray:
        """The scale matrices, in the shape of the covariance type."""
        return self._type.layout.show(self._params.scales).covariances

    @property
    def dof_(self) -> FloatArray:
        """Degrees of freedom, (k,)."""
        return self._params.dof

    @property
    def covariances_(self) -> FloatArray:
        """Covariances, (k, d, d); NaN for components without."""
        return self._params.covariances


def _as_dof(value: object) -> Tie | float:
    """How degrees of freedom are tied, or those that are given."""
    if isinstance(value, str) and value in DOF_TIES:
        return DOF_TIES[value]
    real = isinstance(value, Real) and not isinstance(value, bool)
    if real and SMALLEST <= float(value) <= LARGEST:  # type: ignore[arg-type]
        return float(value)  # type: ignore[arg-type]
    names = ", ".join(map(repr, DOF_TIES))
    raise MixturaError(
        f"Invalid value for 'dof': {value!r}. It should be {names}, or a number from "
        f"{SMALLEST:g} to {LARGEST:.1g}."
    )
