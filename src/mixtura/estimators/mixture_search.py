"""`MixtureSearch`: how many components, and of which shape."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from time import perf_counter
from typing import Any, Self, TypeAlias

import numpy as np
from joblib import Parallel, delayed
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import ParameterGrid
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from mixtura.errors import DataWarning, MixturaError
from mixtura.estimators.comparison import Comparison, Outcome
from mixtura.estimators.cross_validation import check_folds, held_out_log_likelihood
from mixtura.estimators.first_mixture import GaussianMixtureModel
from mixtura.estimators.gaussian_mixture import GaussianMixture
from mixtura.estimators.parameters import check_count
from mixtura.estimators.soft_clusters import SoftClusters
from mixtura.estimators.tables import as_rows, as_weights
from mixtura.registry import CRITERIA, choose, searched_types
from mixtura.selection import check_sizes, estimate_slope
from mixtura.typing import AnyArray, FloatArray

__all__ = ["MixtureSearch", "Progress"]

#: Told (candidates done, candidates in all, parameters of the last one); with cross-validation
#: each counts twice.
Progress: TypeAlias = Callable[[int, int, dict[str, Any]], None]

_N_INIT = 10


class MixtureSearch(SoftClusters):
    """Fit every candidate of a grid and keep the best by a penalised likelihood.

    Candidates with a collapsed component (see `GaussianMixture.n_collapsed_`) are shown in the
    results, but are chosen only if all have one.

    Parameters
    ----------
    estimator : GaussianMixture, default=None
        What is fitted. By default a `GaussianMixture` with 10 varied starts.
    param_grid : dict or list of dict, default=None
        Parameter names and the values to try. By default 1 to 9 components of every covariance
        structure: 'spherical', 'diag', 'tied' and 'full', or 'E' and 'V' in one dimension.
    criterion : str, default='bic'
        What to minimise.

        - 'bic': fit against size; finds the true model as rows become many.
        - 'aic': a lighter penalty; finds the model that predicts best, often with more components.
        - 'icl': BIC plus the cost of doubt; components that lie well apart.
        - 'sabic': BIC with a lighter penalty for tables of few rows.
        - 'nec': doubt per nat gained over one component; how many components, given a structure.
        - 'slope': a penalty that the largest candidates calibrate; needs candidates of at least
          ten sizes, some of them too large.
        - 'cv': cross-validated log-likelihood; fits each candidate `n_folds` more times.
    n_folds : int, default=10
        Folds for `criterion='cv'`.
    n_jobs : int, default=None
        Candidates fitted at a time, in threads; -1 for all cores.
    random_state : int, RandomState or None, default=None
        Given to every candidate that has none of its own.

    Attributes
    ----------
    best_estimator_ : GaussianMixture
    best_params_ : dict
    best_index_ : int
        Its place in `results_`.
    results_ : dict of str to ndarray
        A column for each parameter tried, and `log_likelihood`, `n_parameters`, `bic`, `aic`,
        `icl`, `sabic`, `nec`, `slope`, `cv`, `probability`, `status` and `seconds`. `cv` is NaN
        unless it is the criterion, `slope` if the candidates are too few. Candidates that failed
        have NaN and say why in `status`.
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
        estimator: GaussianMixture | None = None,
        param_grid: Any = None,
        *,
        criterion: str = "bic",
        n_folds: int = 10,
        n_jobs: int | None = None,
        random_state: Any = None,
    ) -> None:
        self.estimator = estimator
        self.param_grid = param_grid
        self.criterion = criterion
        self.n_folds = n_folds
        self.n_jobs = n_jobs
        self.random_state = random_state

    def fit(
        self, X: Any, y: Any = None, sample_weight: Any = None, *, progress: Progress | None = None
    ) -> Self:
        """Fit every candidate.

        Parameters
        ----------
        X : table of shape (n, d)
        y : ignored
        sample_weight : array of shape (n,), default=None
        progress : callable, default=None
            Told of each candidate as it ends, and again as it has been cross-validated.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If no candidate could be fitted; the message has the first one's reason.
        """
        choose(CRITERIA, "criterion", self.criterion)
        rows = as_rows(self, X, reset=True)
        weight = as_weights(sample_weight, len(rows))
        candidates = self._candidates(rows.shape[1])
        self._check_criterion(len(candidates), np.ones(len(rows)) if weight is None else weight)
        n_tasks = len(candidates) * (2 if self.criterion == "cv" else 1)
        outcomes = list(_told(self._fit_all(candidates, X, sample_weight), 0, n_tasks, progress))
        if self.criterion == "cv":
            validated = self._cross_validated(outcomes, rows, weight)
            outcomes = list(_told(validated, len(outcomes), n_tasks, progress))
        self._publish(Comparison(outcomes, self._source(rows, weight, 1)))
        return self

    @property
    def mixture_(self) -> GaussianMixtureModel:
        """The best estimator's mixture, in float64."""
        check_is_fitted(self)
        mixture: GaussianMixtureModel = self.best_estimator_.mixture_
        return mixture

    def _candidates(self, d: int) -> list[tuple[dict[str, Any], GaussianMixture]]:
        base = self.estimator
        if base is None:
            base = GaussianMixture(n_init=_N_INIT, init_params="varied")
        grid = self.param_grid
        if grid is None:
            grid = {"n_components": range(1, 10), "covariance_type": searched_types(d)}
        seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        candidates = []
        for params in ParameterGrid(grid):
            candidate = clone(base).set_params(**params)
            if candidate.random_state is None:
                candidate.set_params(random_state=seed)
            candidates.append((params, candidate))
        return candidates

    def _fit_all(self, candidates: list[Any], X: Any, sample_weight: Any) -> Iterator[Outcome]:
        with _told_in_the_table():
            parallel = Parallel(self.n_jobs, prefer="threads", return_as="generator")
            yield from parallel(
                delayed(_fit_candidate)(params, candidate, X, sample_weight)
                for params, candidate in candidates
            )

    def _check_criterion(self, n_candidates: int, weight: FloatArray) -> None:
        """See that the criterion can be had, before the work is done in vain."""
        if self.criterion == "cv":
            check_folds(check_count("n_folds", self.n_folds, at_least=2), weight)
        if self.criterion == "slope":
            check_sizes(n_candidates)

    def _cross_validated(
        self, outcomes: list[Outcome], rows: AnyArray, weight: FloatArray | None
    ) -> Iterator[Outcome]:
        """The outcomes with their cross-validated log-likelihoods, on the same folds for all."""
        seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        weight = np.ones(len(rows)) if weight is None else weight
        with _told_in_the_table():
            parallel = Parallel(self.n_jobs, prefer="threads", return_as="generator")
            yield from parallel(
                delayed(_cross_validate)(outcome, rows, weight, self.n_folds, seed)
                for outcome in outcomes
            )

    def _publish(self, comparison: Comparison) -> None:
        results = comparison.results()
        outcomes, values = comparison.outcomes, results[self.criterion]
        if self.criterion == "slope" and comparison.entries:
            estimate_slope(comparison.table)  # it says why there is none
        if np.isnan(values).all():
            raise MixturaError(
                f"None of the {len(outcomes)} candidates could be fitted. The first: "
                f"{outcomes[0].status}"
            )
        sound = np.array([outcome.sound for outcome in outcomes]) & ~np.isnan(values)
        self.best_index_ = int(np.nanargmin(np.where(sound | ~sound.any(), values, np.nan)))
        best = outcomes[self.best_index_]
        assert best.estimator is not None  # its criterion is a number
        self.best_params_, self.best_estimator_ = best.params, best.estimator
        self.results_ = results
        self.k_probabilities_ = comparison.k_probabilities()
        self.best_estimator_.warn()


def _fit_candidate(
    params: dict[str, Any], candidate: GaussianMixture, X: Any, sample_weight: Any
) -> Outcome:
    began = perf_counter()
    try:
        candidate.fit(X, sample_weight=sample_weight)
    except MixturaError as failure:
        return Outcome(params, None, f"failed: {failure}", perf_counter() - began)
    status = candidate.status_
    if candidate.n_collapsed_:
        status += f"; not considered: {candidate.n_collapsed_} components collapsed"
    return Outcome(params, candidate, status, perf_counter() - began)


def _cross_validate(
    outcome: Outcome, rows: AnyArray, weight: FloatArray, n_folds: int, seed: int
) -> Outcome:
    if outcome.estimator is None:
        return outcome
    began = perf_counter()
    held_out, status = np.nan, outcome.status
    try:
        held_out = held_out_log_likelihood(outcome.estimator, rows, weight, n_folds, seed)
    except MixturaError as failure:
        status += f"; not cross-validated: {failure}"
    seconds = outcome.seconds + perf_counter() - began
    return replace(outcome, held_out=held_out, status=status, seconds=seconds)


def _told(
    outcomes: Iterator[Outcome], n_done: int, n_tasks: int, progress: Progress | None
) -> Iterator[Outcome]:
    """The outcomes, each told of as it comes."""
    for number, outcome in enumerate(outcomes, n_done + 1):
        if progress is not None:
            progress(number, n_tasks, outcome.params)
        yield outcome


@contextmanager
def _told_in_the_table() -> Iterator[None]:
    """No warnings: the table has each candidate's status, and the best one warns at the end."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", DataWarning)
        yield
