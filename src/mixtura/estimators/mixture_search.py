"""`MixtureSearch`: how many components, and of which shape."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
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
from mixtura.estimators.first_mixture import GaussianMixtureModel
from mixtura.estimators.gaussian_mixture import GaussianMixture
from mixtura.estimators.soft_clusters import SoftClusters
from mixtura.estimators.tables import as_rows
from mixtura.registry import choose, searched_types
from mixtura.selection import Scores
from mixtura.typing import AnyArray

__all__ = ["MixtureSearch", "Progress"]

#: Told (candidates done, candidates in all, parameters of the last one).
Progress: TypeAlias = Callable[[int, int, dict[str, Any]], None]

_CRITERIA: dict[str, Callable[[Scores, int], float]] = {
    "bic": Scores.bic,
    "aic": Scores.aic,
    "icl": Scores.icl,
}

_N_INIT = 10


@dataclass(frozen=True)
class _Outcome:
    """One candidate, fitted or failed."""

    params: dict[str, Any]
    estimator: GaussianMixture | None
    status: str
    seconds: float

    @property
    def sound(self) -> bool:
        """Whether it may compete: a collapsed component's likelihood is that of the floor."""
        return self.estimator is not None and self.estimator.n_collapsed_ == 0

    def criterion(self, name: str) -> float:
        if self.estimator is None:
            return np.nan
        return _CRITERIA[name](self.estimator.scores_, self.estimator.n_parameters_)


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
    criterion : {'bic', 'aic', 'icl'}, default='bic'
        What to minimise.
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
        `icl`, `status` and `seconds`. Candidates that failed have NaN and say why in `status`.

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
        n_jobs: int | None = None,
        random_state: Any = None,
    ) -> None:
        self.estimator = estimator
        self.param_grid = param_grid
        self.criterion = criterion
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
            Told of each candidate as it ends.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If no candidate could be fitted; the message has the first one's reason.
        """
        choose(_CRITERIA, "criterion", self.criterion)
        rows = as_rows(self, X, reset=True)
        candidates = self._candidates(rows.shape[1])
        outcomes = []
        for outcome in self._fit_all(candidates, X, sample_weight):
            outcomes.append(outcome)
            if progress is not None:
                progress(len(outcomes), len(candidates), outcome.params)
        self._publish(outcomes)
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

    def _fit_all(self, candidates: list[Any], X: Any, sample_weight: Any) -> Iterator[_Outcome]:
        with warnings.catch_warnings():
            # The table of results has each candidate's status; the best one's is told at the end.
            warnings.simplefilter("ignore", ConvergenceWarning)
            warnings.simplefilter("ignore", DataWarning)
            parallel = Parallel(self.n_jobs, prefer="threads", return_as="generator")
            yield from parallel(
                delayed(_fit_candidate)(params, candidate, X, sample_weight)
                for params, candidate in candidates
            )

    def _publish(self, outcomes: list[_Outcome]) -> None:
        criterion = np.array([outcome.criterion(self.criterion) for outcome in outcomes])
        if np.isnan(criterion).all():
            raise MixturaError(
                f"None of the {len(outcomes)} candidates could be fitted. The first: "
                f"{outcomes[0].status}"
            )
        sound = np.array([outcome.sound for outcome in outcomes])
        self.best_index_ = int(np.nanargmin(np.where(sound | ~sound.any(), criterion, np.nan)))
        best = outcomes[self.best_index_]
        assert best.estimator is not None  # its criterion is a number
        self.best_params_, self.best_estimator_ = best.params, best.estimator
        self.results_ = _results(outcomes)
        self.best_estimator_.warn()


def _fit_candidate(
    params: dict[str, Any], candidate: GaussianMixture, X: Any, sample_weight: Any
) -> _Outcome:
    began = perf_counter()
    try:
        candidate.fit(X, sample_weight=sample_weight)
    except MixturaError as failure:
        return _Outcome(params, None, f"failed: {failure}", perf_counter() - began)
    status = candidate.status_
    if candidate.n_collapsed_:
        status += f"; not considered: {candidate.n_collapsed_} components collapsed"
    return _Outcome(params, candidate, status, perf_counter() - began)


def _results(outcomes: list[_Outcome]) -> dict[str, AnyArray]:
    """The table of results, by column."""
    names = sorted({name for outcome in outcomes for name in outcome.params})
    columns = {name: np.array([outcome.params.get(name) for outcome in outcomes]) for name in names}
    fitted = [outcome.estimator for outcome in outcomes]
    columns["log_likelihood"] = np.array([e.log_likelihood_ if e else np.nan for e in fitted])
    columns["n_parameters"] = np.array([e.n_parameters_ if e else np.nan for e in fitted])
    for name in _CRITERIA:
        columns[name] = np.array([outcome.criterion(name) for outcome in outcomes])
    columns["status"] = np.array([outcome.status for outcome in outcomes])
    columns["seconds"] = np.array([outcome.seconds for outcome in outcomes])
    return columns
