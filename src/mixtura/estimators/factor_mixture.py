"""`FactorMixture`: mixtures of factor analyzers, for tables of many columns."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import Any

import numpy as np

from mixtura.errors import MixturaError
from mixtura.estimators.mixture_estimator import MixtureEstimator
from mixtura.estimators.parameters import check_count, check_floor, check_not_single
from mixtura.estimators.tables import as_rows, column_names
from mixtura.families.factor_analyzers.density import FactorAnalyzers
from mixtura.families.factor_analyzers.parameters import FactorParameters
from mixtura.families.schema import Schema
from mixtura.families.tie import Tie
from mixtura.fitting.specification import MakeFamily
from mixtura.mixture import Mixture
from mixtura.sources import Source, Summary
from mixtura.starts.training_rows import TrainingRows
from mixtura.typing import AnyArray, FloatArray

__all__ = ["FactorMixture"]

# Factors that a search tries, at most.
_MOST_SEARCHED = 5


class FactorMixture(MixtureEstimator):
    """Mixture of factor analyzers, fitted by EM or one of its kin.

    Within a component the columns vary together through a few factors, and each has a variance of
    its own besides: the covariance matrix is L L^T + Psi with loadings L of shape (d, q) and
    diagonal Psi. This is for tables of some thirty columns and more, where full covariance
    matrices have more entries than the rows can tell: parameters, time and memory are linear in
    the number of columns.

    Parameters
    ----------
    n_components : int, default=1
        Number of components k.
    n_factors : int, default=1
        Number of factors q of each component, from 0 (columns are independent) to the number of
        columns.
    tol : float, default=1e-7
        Stop once the last gain and the projected remaining gain are both below this, in nats
        per row.
    reg_covar : float, default=1e-6
        Least uniqueness, the part of a column's variance that the factors do not explain, as a
        share of the column's variance. It replaces smaller ones and leaves all others alone. 0
        for none; else from 1e-12 to 1e12.
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
        As of `GaussianMixture`. Plain EM is slow for factors.
    half_life : float, default=None
        Of the rows of a stream, as of `GaussianMixture`.
    equal_weights : bool, default=False
        Whether all mixing weights are 1/k.
    fixed : 'weights' or None, default=None
        Whether the weights stay as `weights_init` gives them.
    shared_uniquenesses : bool, default=False
        Whether all components have the same Psi.
    n_jobs : int, default=None
        Threads over blocks of rows; -1 for all cores. The result is the same for any number.

    Attributes
    ----------
    weights_ : ndarray of shape (k,)
        Mixing weights, in falling order unless the start was given.
    means_ : ndarray of shape (k, d)
    loadings_ : ndarray of shape (k, d, q)
        L, known but for a rotation of the factors of each component.
    uniquenesses_ : ndarray of shape (k, d)
        Diagonals of Psi. With as many of them at their floor as there are factors or fewer, those
        columns are factors themselves (a Heywood case).
    covariances_ : ndarray of shape (k, d, d)
        L L^T + Psi, made when it is asked for.
    record_ : FitRecord
        All that there is to know of the fit; `converged_`, `n_iter_`, `scores_`, `starts_`,
        `notes_` and others are read from it, as of `GaussianMixture`.
    schema_ : Schema
        The columns.

    References
    ----------
    Ghahramani, Hinton (1996), "The EM algorithm for mixtures of factor analyzers", CRG-TR-96-1.
    McLachlan, Peel, Bean (2003), "Modelling high-dimensional data by mixtures of factor
    analyzers", Computational Statistics and Data Analysis 41.

    Examples
    --------
    Two groups of rows whose 40 columns vary together, along a direction of their own in each:

    >>> import numpy as np
    >>> import mixtura as mx
    >>> rng = np.random.default_rng(0)
    >>> along, at = rng.normal(size=(2, 40)), rng.normal(size=(2, 40))
    >>> group = np.repeat([0, 1], [60, 40])
    >>> X = at[group] + along[group] * rng.normal(size=(100, 1)) + rng.normal(size=(100, 40))
    >>> fm = mx.FactorMixture(2, n_factors=1, random_state=0).fit(X)
    >>> fm.weights_.round(2)
    array([0.6, 0.4])
    >>> scores = fm.factor_scores(X)
    >>> scores.shape
    (100, 2, 1)
    """

    def __init__(
        self,
        n_components: int = 1,
        *,
        n_factors: int = 1,
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
        shared_uniquenesses: bool = False,
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
        self.n_factors = n_factors
        self.reg_covar = reg_covar
        self.shared_uniquenesses = shared_uniquenesses

    def _read(self, X: Any, *, reset: bool) -> AnyArray:
        rows = as_rows(self, X, reset=reset)
        if reset:
            self.schema_ = Schema.of(column_names(self, rows))
        return rows

    def _check_spread(self, table: TrainingRows) -> None:
        check_not_single(table)

    def _make_family(self) -> MakeFamily:
        def make(source: Source, summary: Summary, k: int) -> FactorAnalyzers:
            q, d = int(self.n_factors), source.n_features
            if q > d:
                raise MixturaError(
                    f"n_factors={q} is more than there are columns, {d}: use fewer factors."
                )
            tie = Tie.SHARED if self.shared_uniquenesses else Tie.OWN
            floor = summary.floor(float(self.reg_covar))
            return FactorAnalyzers(q, floor, summary.scales, tie)

        return make

    def _check_parameters(self) -> None:
        super()._check_parameters()
        check_count("n_factors", self.n_factors, at_least=0)
        check_floor(self.reg_covar)

    @classmethod
    def _told_by(cls, mixture: Mixture[Any, Any]) -> dict[str, Any]:
        family = mixture.family
        assert isinstance(family, FactorAnalyzers)
        shared = family.uniquenesses is Tie.SHARED
        own = {"n_factors": family.n_factors, "shared_uniquenesses": shared}
        return {**super()._told_by(mixture), **own}

    def _default_grid(self, schema: Schema) -> dict[str, Sequence[Any]]:
        """As many factors as a covariance matrix can tell, but not too many.

        More than the bound of Ledermann (1937) have no fewer parameters than the matrix.
        """
        d = len(schema)
        bound = int((2 * d + 1 - sqrt(8 * d + 1)) / 2)
        most = min(bound, _MOST_SEARCHED)
        return {**super()._default_grid(schema), "n_factors": range(min(1, most), most + 1)}

    @property
    def _params(self) -> FactorParameters:
        params: FactorParameters = self.mixture_.params
        return params

    @property
    def means_(self) -> FloatArray:
        """Of the components, (k, d)."""
        return self._params.means

    @property
    def loadings_(self) -> FloatArray:
        """Of the columns on the factors of each component, (k, d, q)."""
        return self._params.loadings

    @property
    def uniquenesses_(self) -> FloatArray:
        """Variances that the factors do not explain, (k, d)."""
        return self._params.uniquenesses

    @property
    def covariances_(self) -> FloatArray:
        """L L^T + Psi, (k, d, d)."""
        return self._params.matrices()

    def factor_scores(self, X: Any) -> AnyArray:
        """Factors that are expected of each row if it is of a component, (n, k, q).

        Parameters
        ----------
        X : table of shape (n, d)
        """
        mixture = self._fitted()
        params: FactorParameters = mixture.params

        def scores(block: AnyArray) -> FloatArray:
            return params.scores(np.asarray(block, dtype=np.float64))

        self._refuse_scanned(X, "factor_scores")
        return self._row_by_row(X, mixture, scores, ())
