"""`MixtureSearch`: how many components, and of which shape."""

from __future__ import annotations

import warnings
from collections import ChainMap
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Self

import numpy as np
from joblib import Parallel, delayed, effective_n_jobs
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import ParameterGrid
from sklearn.utils.validation import check_is_fitted

from mixtura.errors import DataWarning
from mixtura.estimators.blas import one_blas_thread
from mixtura.estimators.mixture_estimator import MixtureEstimator
from mixtura.estimators.options import choose
from mixtura.estimators.parameters import check_count, seed_of
from mixtura.estimators.registry import ESTIMATORS
from mixtura.estimators.soft_clusters import SoftClusters
from mixtura.estimators.tables import as_weights
from mixtura.fitting.run import Fitting
from mixtura.mixture import Mixture
from mixtura.selection.candidate import Candidate
from mixtura.selection.cross_validation import check_folds
from mixtura.selection.named import CRITERIA
from mixtura.selection.search import Progress, Search
from mixtura.selection.slope import check_sizes
from mixtura.starts.training_rows import TrainingRows
from mixtura.typing import AnyArray

__all__ = ["MixtureSearch", "Progress"]


class MixtureSearch(SoftClusters):
    """Fit every candidate of a grid and keep the best by a penalised likelihood.

    All candidates make the first iterations of two starts; the better ones go on, fewer and fewer
    (successive halving), until two dozen have reached the ends of these starts; the most promising
    dozen make five, and a quarter of them all of theirs. The starts are the same for all structures
    of a family, and made once.

    Candidates with a collapsed component (see `GaussianMixture.n_collapsed_`) are shown in the
    results, but are chosen only if all have one.

    Parameters
    ----------
    estimator : mixture estimator, default=None
        What is fitted: any estimator of this package that fits one mixture. By default a
        `GaussianMixture` with `n_init='thorough'` varied starts.
    param_grid : dict or list of dict, default=None
        Parameter names and the values to try. By default 1 to 9 components and, of a
        `GaussianMixture`, all 14 structures, or 'E' and 'V' in one dimension.
    criterion : str, default='bic'
        What to minimise.

        - 'bic': fit against size; finds the true model as rows become many.
        - 'aic': a lighter penalty; finds the model that predicts best, often with more components.
        - 'icl': BIC plus the cost of doubt; components that lie well apart.
        - 'sabic': BIC with a lighter penalty for tables of few rows.
        - 'nec': doubt per nat gained over one component; how many components, given a structure.
        - 'slope': a penalty that the largest candidates calibrate; needs candidates of at least
          ten sizes, some of them too large.
        - 'cv': cross-validated log-likelihood; fits each finalist `n_folds` more times.
    n_folds : int, default=10
        Folds for `criterion='cv'`.
    finalists : int, default=12
        Candidates that make more than two starts: those that are best then, by the criterion
        (by BIC if that is 'slope' or 'cv'). A quarter of them makes all. The others' status says
        where they were left behind. None for all candidates: then none is left behind.
    n_jobs : int, default=None
        Candidates fitted at a time, in threads; -1 for all cores.
    random_state : int, RandomState or None, default=None
        Given to every candidate that has none of its own.

    Attributes
    ----------
    best_estimator_ : mixture estimator
    best_params_ : dict
    best_index_ : int
        Its place in `results_`.
    results_ : dict of str to ndarray
        A column for each parameter tried, and `log_likelihood`, `n_parameters`, `bic`, `aic`,
        `icl`, `sabic`, `nec`, `slope`, `cv`, `probability`, `standing`, `status` and `seconds`.
        `cv` is NaN but for finalists when it is the criterion, `slope` if the candidates are too
        few, `nec` if a single component of that structure is singular. `standing` is 'finished' for
        candidates that made all their starts, 'left behind' for those that made fewer, 'given up'
        for those whose best start was paused and did not go on, 'collapsed' for those with a
        collapsed component, and 'failed' for those that could not be fitted, which have NaN and say
        why in `status`.
    k_probabilities_ : dict of int to float
        Approximate posterior probability of each number of components: the column `probability`,
        which comes from BIC and gives all models the same prior probability, summed.

    All methods of the fitted mixture are those of the best estimator.

    Examples
    --------
    >>> import numpy as np
    >>> import mixtura as mx
    >>> rng = np.random.default_rng(1)
    >>> X = np.concatenate([rng.normal(0, 1, (200, 1)), rng.normal(9, 2, (100, 1))])
    >>> search = mx.MixtureSearch(random_state=0).fit(X)
    >>> search.best_params_
    {'covariance_type': 'V', 'n_components': 2}
    """

    def __init__(
        self,
        estimator: MixtureEstimator | None = None,
        param_grid: Any = None,
        *,
        criterion: str = "bic",
        n_folds: int = 10,
        finalists: int | None = 12,
        extend: bool | None = None,
        n_jobs: int | None = None,
        random_state: Any = None,
    ) -> None:
        self.estimator = estimator
        self.param_grid = param_grid
        self.criterion = criterion
        self.n_folds = n_folds
        self.finalists = finalists
        self.extend = extend
        self.n_jobs = n_jobs
        self.random_state = random_state

    def fit(
        self,
        X: Any,
        y: Any = None,
        sample_weight: Any = None,
        *,
        labels: Any = None,
        progress: Progress | None = None,
    ) -> Self:
        """Fit every candidate.

        Parameters
        ----------
        X : table of shape (n, d)
        y : ignored
        sample_weight : array of shape (n,), default=None
        labels : integer array of shape (n,), default=None
            Components that rows are known to belong to, from 0, and -1 where that is unknown.
            Candidates with fewer components fail.
        progress : callable, default=None
            Told of each candidate as it ends, and again if it is a finalist.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If no candidate could be fitted; the message has each reason once.
        """
        criterion = choose(CRITERIA, "criterion", self.criterion)
        base = self._base()
        rows = base._door(X, reset=True)
        weight = as_weights(sample_weight, len(rows))
        params = list(ParameterGrid(self._grid(base, rows.shape[1])))
        clone(base).set_params(**ChainMap(*params))  # says which parameters there are none of
        variants: list[MixtureEstimator] = []

        def candidate(each: dict[str, Any]) -> Candidate:
            variants.append(base._variant(each))
            return Candidate.of(each, _preparing(variants[-1], labels))

        n_threads = effective_n_jobs(base._variant(params[0]).n_jobs)
        with _told_in_the_table(), one_blas_thread():
            table = TrainingRows.of(rows, weight, base.schema_.names, n_threads)
            n_folds = self._n_folds(len(params), table)
            search = Search(
                criterion,
                None
                if self.finalists is None
                else check_count("finalists", self.finalists, at_least=1),
                n_folds,
                seed_of(self.random_state),
                self._in_parallel,
                progress,
                candidate if self._extends else None,
            )
            found = search.run(list(map(candidate, params)), table)
        best = variants[found.best]
        best._publish(found.record, rows.dtype)
        self.best_index_, self.best_params_ = found.best, found.params
        self.results_, self.k_probabilities_ = found.results, found.k_probabilities
        self.at_limit_ = found.at_limit
        self.best_estimator_ = best
        for name in ("n_features_in_", "feature_names_in_"):
            if name in vars(base):
                setattr(self, name, vars(base)[name])
        best.warn()
        return self

    @property
    def mixture_(self) -> Mixture[Any, Any]:
        """The best estimator's mixture, in float64."""
        check_is_fitted(self)
        mixture: Mixture[Any, Any] = self.best_estimator_.mixture_
        return mixture

    def _as_fitted(self, X: Any) -> AnyArray:
        return self.best_estimator_._as_fitted(X)

    def _base(self) -> MixtureEstimator:
        """What all candidates have in common."""
        asked = self.estimator
        if asked is None:
            asked = ESTIMATORS["gaussian"](n_init="thorough", init_params="varied")
        base: MixtureEstimator = clone(asked)
        if isinstance(base.random_state, np.random.RandomState):  # each would draw from it
            base.random_state = int(base.random_state.randint(2**31 - 1))
        elif base.random_state is None:
            base.random_state = seed_of(self.random_state)
        return base

    def _grid(self, base: MixtureEstimator, d: int) -> Any:
        return base._default_grid(d) if self.param_grid is None else self.param_grid

    @property
    def _extends(self) -> bool:
        return self.param_grid is None if self.extend is None else bool(self.extend)

    def _n_folds(self, n_candidates: int, table: TrainingRows) -> int | None:
        """Folds, if the criterion has any; sees that it can be had before the work is done."""
        if self.criterion == "slope":
            check_sizes(n_candidates)
        if self.criterion != "cv":
            return None
        n_folds = check_count("n_folds", self.n_folds, at_least=2)
        check_folds(n_folds, table.row_weights)
        return n_folds

    def _in_parallel(self, tasks: Sequence[Callable[[], Candidate]]) -> Iterator[Candidate]:
        parallel = Parallel(self.n_jobs, prefer="threads", return_as="generator")
        results: Iterator[Candidate] = parallel(delayed(task)() for task in tasks)
        return results

    # ------------------------------------------------- what the best estimator can tell, too

    def normalized_density(self, X: Any) -> Any:
        """That of the best estimator, if it has one: see `GaussianMixture`."""
        return self._best().normalized_density(X)

    def membership(self, X: Any, sigmas: float = 2.5) -> Any:
        """That of the best estimator, if it has one: see `GaussianMixture`."""
        return self._best().membership(X, sigmas)

    def modes(self) -> Any:
        """Those of the best estimator, if it has any: see `GaussianMixture`."""
        return self._best().modes()

    def _best(self) -> Any:
        check_is_fitted(self)
        return self.best_estimator_


def _preparing(variant: MixtureEstimator, labels: Any) -> Callable[[TrainingRows], Fitting]:
    return lambda table: variant._prepare(table, labels)


@contextmanager
def _told_in_the_table() -> Iterator[None]:
    """No warnings: the table has each candidate's status, and the best one warns at the end."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", DataWarning)
        yield
