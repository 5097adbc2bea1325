"""`MixtureSearch`: how many components, and of which shape."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from functools import partial
from operator import methodcaller
from typing import Any, Self, TypeAlias

import numpy as np
from joblib import Parallel, delayed, effective_n_jobs
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import ParameterGrid
from sklearn.utils.validation import check_is_fitted

from mixtura.errors import DataWarning, MixturaError
from mixtura.estimators.blas import one_blas_thread
from mixtura.estimators.comparison import Comparison, Outcome
from mixtura.estimators.contender import Contender
from mixtura.estimators.cross_validation import check_folds
from mixtura.estimators.first_mixture import GaussianMixtureModel
from mixtura.estimators.gaussian_mixture import GaussianMixture
from mixtura.estimators.parameters import check_count, seed_of
from mixtura.estimators.race import Race, Stage
from mixtura.estimators.soft_clusters import SoftClusters
from mixtura.estimators.tables import as_rows, as_weights, column_names
from mixtura.estimators.training_rows import TrainingRows
from mixtura.registry import CRITERIA, FIT_CRITERIA, choose, searched_types
from mixtura.selection import check_sizes, estimate_slope
from mixtura.typing import FloatArray, IntArray

__all__ = ["MixtureSearch", "Progress"]

#: The parameters in which candidates differ, and what is to be fitted.
Candidate: TypeAlias = tuple[dict[str, Any], GaussianMixture]

#: Puts outcomes side by side.
Compare: TypeAlias = Callable[[list[Outcome]], Comparison]

#: Told (steps done, steps in all, parameters of the candidate). A step is a candidate's first
#: iterations, its next ones, a finalist's further starts, or its cross-validation.
Progress: TypeAlias = Callable[[int, int, dict[str, Any]], None]


class MixtureSearch(SoftClusters):
    """Fit every candidate of a grid and keep the best by a penalised likelihood.

    The candidates race. All make the first iterations of two starts; the better ones go on, fewer
    and fewer, until two dozen have reached the ends of these starts; the most promising dozen
    make five, and a quarter of them all of theirs. The starts are the same for all covariance
    structures, and made once.

    Candidates with a collapsed component (see `GaussianMixture.n_collapsed_`) are shown in the
    results, but are chosen only if all have one.

    Parameters
    ----------
    estimator : GaussianMixture, default=None
        What is fitted. By default a `GaussianMixture` with `n_init='thorough'` varied
        starts.
    param_grid : dict or list of dict, default=None
        Parameter names and the values to try. By default 1 to 9 components of all 14 covariance
        structures, or of 'E' and 'V' in one dimension.
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
        where they were left behind. None for all candidates: then nobody races.
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
        estimator: GaussianMixture | None = None,
        param_grid: Any = None,
        *,
        criterion: str = "bic",
        n_folds: int = 10,
        finalists: int | None = 12,
        n_jobs: int | None = None,
        random_state: Any = None,
    ) -> None:
        self.estimator = estimator
        self.param_grid = param_grid
        self.criterion = criterion
        self.n_folds = n_folds
        self.finalists = finalists
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
        choose(CRITERIA, "criterion", self.criterion)
        rows = as_rows(self, X, reset=True)
        weight = as_weights(sample_weight, len(rows))
        candidates = self._candidates(rows.shape[1])
        self._check_criterion(len(candidates), np.ones(len(rows)) if weight is None else weight)
        n_threads = effective_n_jobs(candidates[0][1].n_jobs)
        table = TrainingRows.of(rows, weight, column_names(self, rows), n_threads)
        race = self._race(len(candidates))
        stages = [*race.stages, *self._validation(table, labels, len(candidates))]
        n_tasks = len(candidates) + sum(stage.n_left for stage in stages)
        tell = _Teller(progress, n_tasks)
        compare = partial(Comparison, source=table.source(1), of_one={})
        with _told_in_the_table(), one_blas_thread():
            field = self._in_parallel(
                [delayed(Contender.enter)(*each, table, labels, race.pause) for each in candidates],
                tell,
            )
            for stage in stages:
                field = self._after(stage, field, compare, tell)
            if len(field) == 1:  # with nothing to compare it with, it is a fit, and ends like one
                field = [field[0].passing_over_spurious()]
            best = self._choose(field, compare)
        self.best_params_ = best.params
        self.best_estimator_ = best.estimator
        self.best_estimator_.warn()
        return self

    @property
    def mixture_(self) -> GaussianMixtureModel:
        """The best estimator's mixture, in float64."""
        check_is_fitted(self)
        mixture: GaussianMixtureModel = self.best_estimator_.mixture_
        return mixture

    def _candidates(self, d: int) -> list[Candidate]:
        base = self.estimator
        if base is None:
            base = GaussianMixture(n_init="thorough", init_params="varied")
        grid = self.param_grid
        if grid is None:
            grid = {"n_components": range(1, 10), "covariance_type": searched_types(d)}
        seed = seed_of(self.random_state)
        base = clone(base)
        if isinstance(base.random_state, np.random.RandomState):  # each would draw from it
            base.random_state = int(base.random_state.randint(2**31 - 1))
        candidates = []
        known = base.get_params(deep=False)
        for params in ParameterGrid(grid):
            candidate = copy(base)
            if params.keys() <= known.keys():
                vars(candidate).update(params)
            else:
                candidate.set_params(**params)  # which says what is wrong with them
            if candidate.random_state is None:
                candidate.random_state = seed
            self._name_features_of(candidate)
            candidates.append((params, candidate))
        return candidates

    def _name_features_of(self, candidate: GaussianMixture) -> None:
        """Let a candidate know the columns that it is going to see."""
        for name in ("n_features_in_", "feature_names_in_"):
            if name in vars(self):
                setattr(candidate, name, vars(self)[name])

    def _n_finalists(self, n_candidates: int) -> int:
        if self.finalists is None:
            return n_candidates
        return min(n_candidates, check_count("finalists", self.finalists, at_least=1))

    def _race(self, n_candidates: int) -> Race:
        early = self.criterion in (*FIT_CRITERIA, "cv")
        return Race.of(n_candidates, self._n_finalists(n_candidates), early=early)

    def _after(
        self, stage: Stage, field: list[Contender], compare: Compare, tell: _Teller
    ) -> list[Contender]:
        """The field in which the best have taken a step.

        All are judged together, so that the result does not depend on which one ends first.
        """
        values = self._judged(field, compare)
        best = np.argsort(values, kind="stable")[: stage.n_left]
        numbers = sorted({*best.tolist(), *_late_bloomers(field, values, best, stage)})
        tell.expect(len(numbers) - stage.n_left)
        steps = (stage.step_at(float(values[i]), float(values.min())) for i in numbers)
        tasks = [delayed(step)(field[i]) for i, step in zip(numbers, steps, strict=True)]
        stepped = self._in_parallel(tasks, tell)
        fresh = dict(zip(numbers, stepped, strict=True))
        return [fresh.get(i, contender) for i, contender in enumerate(field)]

    def _choose(self, field: list[Contender], compare: Compare) -> Contender:
        """Set the attributes that compare the candidates; the best that can be shown."""
        self._publish(compare(self._told_apart(field, compare)))
        best = field[self.best_index_].published()
        if best.outcome.best is not None:
            return best
        rest = [best if i == self.best_index_ else other for i, other in enumerate(field)]
        return self._choose(rest, compare)

    def _told_apart(self, field: list[Contender], compare: Compare) -> list[Outcome]:
        """The outcomes, in which those that were left behind say so."""
        values, name = self._judged(field, compare), self._heat_criterion.upper()
        return [
            contender.outcome
            if contender.finished or np.isinf(value)
            else contender.left_behind(f"{name} {value - values.min():.1f} above the best")
            for contender, value in zip(field, values.tolist(), strict=True)
        ]

    def _judged(self, field: list[Contender], compare: Compare) -> FloatArray:
        """The criterion of each, infinite for those that may not compete."""
        comparison = compare([contender.outcome for contender in field])
        values = comparison.column(CRITERIA[self._heat_criterion])
        sound = np.array([contender.outcome.sound for contender in field])
        judged: FloatArray = np.where(sound & ~np.isnan(values), values, np.inf)
        return judged

    @property
    def _heat_criterion(self) -> str:
        """What ranks the candidates before all is known that 'cv' and 'slope' need."""
        return "bic" if self.criterion in ("cv", "slope") else self.criterion

    def _in_parallel(self, tasks: list[Any], tell: _Teller) -> list[Contender]:
        parallel = Parallel(self.n_jobs, prefer="threads", return_as="generator")
        return list(map(tell, parallel(tasks)))

    def _check_criterion(self, n_candidates: int, weight: FloatArray) -> None:
        """See that the criterion can be had, before the work is done in vain."""
        if self.criterion == "cv":
            check_folds(check_count("n_folds", self.n_folds, at_least=2), weight)
        if self.criterion == "slope":
            check_sizes(n_candidates)

    def _validation(self, table: TrainingRows, labels: Any, n_candidates: int) -> list[Stage]:
        """Adds the cross-validated log-likelihood, on the same folds for all."""
        if self.criterion != "cv":
            return []
        seed = seed_of(self.random_state)
        weight = np.ones(len(table.rows)) if table.weight is None else table.weight
        known = None if labels is None else table.kept(np.asarray(labels))
        validate = methodcaller("cross_validated", table.rows, weight, known, self.n_folds, seed)
        return [Stage(self._n_finalists(n_candidates), validate)]

    def _publish(self, comparison: Comparison) -> None:
        results = comparison.results()
        outcomes, values = comparison.outcomes, results[self.criterion]
        if self.criterion == "slope" and comparison.entries:
            estimate_slope(comparison.table)  # it says why there is none
        if np.isnan(values).all():
            what = f"judged by {self.criterion!r}" if comparison.entries else "fitted"
            raise MixturaError(
                f"None of the {len(outcomes)} candidates could be {what}. {comparison.reasons()}"
            )
        known = ~np.isnan(values)
        sound = known & [outcome.sound for outcome in outcomes]
        eligible = np.flatnonzero(sound if sound.any() else known)
        self.best_index_ = int(eligible[np.argmin(values[eligible])])
        self.results_ = results
        self.k_probabilities_ = comparison.k_probabilities()


def _late_bloomers(
    field: list[Contender], values: FloatArray, best: IntArray, stage: Stage
) -> Iterator[int]:
    """Those that are not among the best, but might be within the iterations that count."""
    mark = values[best].max()
    for i, contender in enumerate(field):
        if values[i] - 2.0 * contender.prospect(stage.prospect) < mark:
            yield i


class _Teller:
    """Tells of each contender as it comes."""

    def __init__(self, progress: Progress | None, n_tasks: int) -> None:
        self._progress = progress
        self._n_tasks = n_tasks
        self._n_done = 0

    def expect(self, n_more: int) -> None:
        """More tasks than were known of, or fewer."""
        self._n_tasks += n_more

    def __call__(self, contender: Contender) -> Contender:
        self._n_done += 1
        if self._progress is not None:
            self._progress(self._n_done, self._n_tasks, contender.params)
        return contender


@contextmanager
def _told_in_the_table() -> Iterator[None]:
    """No warnings: the table has each candidate's status, and the best one warns at the end."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", DataWarning)
        yield
