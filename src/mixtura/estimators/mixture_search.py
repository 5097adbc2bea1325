"""`MixtureSearch`: how many components, and of which shape."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Generic, Self, TypeAlias, TypeVar, overload

import numpy as np
from joblib import Parallel, delayed, effective_n_jobs
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from mixtura.estimators.blas import one_blas_thread
from mixtura.estimators.gaussian_mixture import GaussianMixture as DefaultMixture
from mixtura.estimators.given_estimator import candidates_of, check_estimator
from mixtura.estimators.many_rows import record_of, rows_of
from mixtura.estimators.mixture_estimator import MixtureEstimator
from mixtura.estimators.options import choose
from mixtura.estimators.parameters import check_count, seed_of
from mixtura.estimators.search_summary import search_summary
from mixtura.estimators.selection_frequencies import UncertainChoice
from mixtura.estimators.soft_clusters import SoftClusters
from mixtura.estimators.warned import without_warnings
from mixtura.fitting.record import FitRecord
from mixtura.fitting.run import Fitting
from mixtura.mixture import Mixture
from mixtura.report import SearchSummary
from mixtura.selection.candidate import Candidate
from mixtura.selection.cross_validation import check_folds
from mixtura.selection.named import CRITERIA
from mixtura.selection.search import Found, Progress, Ranked, Search
from mixtura.selection.slope import check_sizes
from mixtura.selection.whole_table import Confirmed, confirm
from mixtura.starts.large_rows import LargeRows
from mixtura.starts.training_rows import TrainingRows
from mixtura.typing import AnyArray

__all__ = ["MixtureSearch", "Passed", "Progress"]

#: Told (parameters of the candidate, its iterations, its objective in nats a row).
Passed: TypeAlias = Callable[[dict[str, Any], int, float], None]

# Rows of a large table on which its candidates are compared.
_SEARCHED = 50_000


E = TypeVar("E", bound=MixtureEstimator)


class MixtureSearch(UncertainChoice, SoftClusters, Generic[E]):
    """Compare mixtures of several sizes and structures, and keep the best by a criterion.

    Structures grow side by side, one component after the other. Each candidate makes a start of
    its own, and one from the best split of the candidate before, which has one component less. A
    structure grows no further where that leads nowhere: more components only raise the criterion,
    the optima are not sound any longer, or it would not catch up with the best even if it went on
    to gain as it does.

    Then the best candidates begin from each other: from splits of those with one component less,
    from merges of those with one more, and from the partitions of other structures. They make
    further starts of their own as well, and that is repeated until the choice is stable; those that
    are close to the best make all the starts that are wanted of them.

    The best is chosen among candidates whose optimum is sound: no component has collapsed, none
    owes its likelihood to a few rows that lie close together or nearly in a plane, and each is of
    use to its rows although it has not seen them (`mixtura.explain.soundness` has the definition).
    A candidate whose best optimum is not sound falls back on its next one that is. Those that have
    none are shown in the results, but are chosen only if there are no others. Where one of them has
    a lower criterion than the best, `notes_` of `best_estimator_` says so.

    Parameters
    ----------
    estimator : mixture estimator, default=None
        What is fitted: any estimator of this package that fits one mixture. By default a
        `GaussianMixture` with `n_init='thorough'` varied starts.
    param_grid : dict or list of dict, default=None
        Parameter names and the values to try. By default 1 to 9 components, and more while the
        criterion falls, see `extend`; and, of a `GaussianMixture`, all 14 structures, or 'E' and
        'V' in one dimension.
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
        Candidates that may be chosen, at most: those that are best once all structures have
        grown, by the criterion (by BIC if that is 'slope' or 'cv'). They begin from each other.
        None for all candidates: then none is paused, left out or left behind, and all make all of
        their starts.
    extend : bool, default=None
        Whether structures grow past the largest number of components of the grid while the
        criterion falls, as far as three times that number, and where an iteration is not too
        dear. By default they do if there is no `param_grid`: whoever gives one means it. The
        results then have more rows than the grid; those come last. With `finalists=None`, 'nec'
        and 'slope' the grid is all that is tried.
    n_jobs : int, default=None
        Candidates fitted at a time, in threads; -1 for all cores.
    random_state : int, RandomState or None, default=None
        Given to every candidate that has none of its own.

    Attributes
    ----------
    best_estimator_ : mixture estimator
    best_params_ : dict
    confirmed_ : Confirmed or None
        How the best candidates on a sample compared on all rows of a large table; None of tables
        that were searched as a whole.
    best_index_ : int
        Its place in `results_`.
    at_limit_ : bool
        Whether no more components were tried than the best candidate has, of its structure. Then
        more may be better still, and `k_probabilities_` knows nothing of these.
    results_ : dict of str to ndarray
        A column for each parameter tried, and `log_likelihood`, `n_parameters`, `bic`, `aic`,
        `icl`, `sabic`, `nec`, `slope`, `cv`, `probability`, `standing`, `status` and `seconds`.
        `cv` is NaN but for finalists when it is the criterion, `slope` if the candidates are too
        few, `nec` if a single component of that structure is singular. `probability` is NaN for
        those that are not sound. `status` says how the best start ended or what became of the
        candidate, and `standing` says it in a word:

        - 'finished': it made all the starts that were wanted.
        - 'left behind': it made fewer, as others were better; it may be better than it looks.
        - 'given up': the same, and its best start was paused and did not go on.
        - 'collapsed': not considered, as a component of its best optimum has collapsed (see
          `GaussianMixture.collapsed_`).
        - 'spurious': not considered, as a component owes its likelihood to a few rows (see
          `GaussianMixture.spurious_`).
        - 'left out': it has not begun, as its structure led nowhere before; its numbers are NaN.
        - 'failed': it could not be fitted; its numbers are NaN.
    k_probabilities_ : dict of int to float
        Approximate posterior probability of each number of components: the column `probability`,
        which comes from BIC and gives all sound models the same prior probability, summed. It is
        among the numbers that were tried: where `at_limit_` is True, the largest stands for
        whatever lies beyond it as well.

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
    >>> search.at_limit_
    False
    """

    best_estimator_: E
    best_params_: dict[str, Any]
    best_index_: int
    confirmed_: Confirmed | None
    at_limit_: bool
    results_: dict[str, AnyArray]
    k_probabilities_: dict[int, float]

    @overload
    def __init__(
        self: MixtureSearch[DefaultMixture],
        estimator: None = None,
        param_grid: Any = None,
        *,
        criterion: str = "bic",
        n_folds: int = 10,
        finalists: int | None = 12,
        extend: bool | None = None,
        n_jobs: int | None = None,
        random_state: Any = None,
    ) -> None: ...

    @overload
    def __init__(
        self,
        estimator: E,
        param_grid: Any = None,
        *,
        criterion: str = "bic",
        n_folds: int = 10,
        finalists: int | None = 12,
        extend: bool | None = None,
        n_jobs: int | None = None,
        random_state: Any = None,
    ) -> None: ...

    def __init__(
        self,
        estimator: E | None = None,
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
        checkpoint: Any = None,
        progress: Progress | None = None,
        passed: Passed | None = None,
    ) -> Self:
        """Fit every candidate.

        A table of more than 200,000 rows, or fewer of many columns, is searched on a seeded sample
        of 50,000, or as many as `mixtura.scan` says. Then the best candidate and its two closest
        rivals are fitted to all rows, the best of them is chosen, and `sampled_` of
        `best_estimator_` says whether the order held. `results_` are those of the sample.

        Parameters
        ----------
        X : table of shape (n, d)
            As of the estimator: what need not fit into memory as well.
        y : ignored
        sample_weight : array of shape (n,), default=None
        labels : integer array of shape (n,), default=None
            Components that rows are known to belong to, from 0, and -1 where that is unknown.
            Candidates with fewer components fail.
        checkpoint : path, default=None
            A folder that keeps the fits to all rows, as of the estimator's `fit`.
        progress : callable, default=None
            Told of each step of a candidate: its first starts, its next ones, or its
            cross-validation. Steps that turn out to be needed add to their number.
        passed : callable, default=None
            Told of each pass over all rows of a large table: the parameters of the candidate, its
            iterations, and what it maximises, in nats a row.

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
        if self.param_grid is not None:
            candidates_of(self.param_grid, base)
        with one_blas_thread():
            rows = rows_of(base, X, sample_weight, labels, _SEARCHED)
        params = candidates_of(self._grid(base), base)
        variants: list[E] = []

        def candidate(each: dict[str, Any]) -> Candidate:
            variants.append(base._variant(each))
            return Candidate.of(each, _preparing(variants[-1], labels))

        n_threads = effective_n_jobs(base._variant(params[0]).n_jobs)
        with without_warnings(), one_blas_thread():
            sample = rows.sample if isinstance(rows, LargeRows) else rows
            table = replace(sample, n_threads=n_threads)
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
            self.confirmed_ = None
            if isinstance(rows, LargeRows):
                self.confirmed_ = self._confirmed(found, variants, rows, checkpoint, passed)
                found = _as_confirmed(found, self.confirmed_)
        best = variants[found.best]
        best._publish(found.record, rows.dtype)
        self.best_index_, self.best_params_ = found.best, found.params
        self.results_, self.k_probabilities_ = found.results, found.k_probabilities
        self.at_limit_ = found.at_limit
        self.best_estimator_ = best
        for name in ("n_features_in_", "feature_names_in_"):
            if name in vars(base):
                setattr(self, name, vars(base)[name])
        best._warn()
        return self

    def _confirmed(
        self,
        found: Found,
        variants: Sequence[E],
        rows: LargeRows,
        checkpoint: Any,
        passed: Passed | None,
    ) -> Confirmed:
        """What becomes of the best candidates on the sample, on all rows."""

        def fit(ranked: Ranked) -> FitRecord:
            folder = None if checkpoint is None else Path(checkpoint) / str(ranked.place)
            told = None if passed is None else partial(passed, ranked.outcome.params)
            return record_of(variants[ranked.place], rows, folder, ranked.mixture, told)

        return confirm(found.ranked, fit, self.criterion, rows.sample.n_rows, rows.n_rows)

    @property
    def mixture_(self) -> Mixture[Any, Any]:
        """The best estimator's mixture, in float64."""
        check_is_fitted(self)
        return self.best_estimator_.mixture_

    def _as_fitted(self, X: Any) -> AnyArray:
        return self.best_estimator_._as_fitted(X)

    def _known(self) -> E:
        return self.best_estimator_

    def _search_summary(self) -> SearchSummary:
        return search_summary(self)

    def _base(self) -> E:
        """What all candidates have in common."""
        asked: MixtureEstimator | None = self.estimator
        if asked is None:
            asked = DefaultMixture(n_init="thorough", init_params="varied")
        check_estimator(asked, MixtureEstimator, "a mixture estimator", type(self).__name__)
        base: E = clone(asked)
        if isinstance(base.random_state, np.random.RandomState):  # each would draw from it
            base.random_state = int(base.random_state.randint(2**31 - 1))
        elif base.random_state is None:
            base.random_state = seed_of(self.random_state)
        return base

    def _grid(self, base: MixtureEstimator) -> Any:
        return base._default_grid(base.schema_) if self.param_grid is None else self.param_grid

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
        if effective_n_jobs(self.n_jobs) == 1:
            return (task() for task in tasks)
        parallel = Parallel(self.n_jobs, prefer="threads", return_as="generator")
        results: Iterator[Candidate] = parallel(delayed(task)() for task in tasks)
        return results


def _as_confirmed(found: Found, after: Confirmed) -> Found:
    """What is found on the sample, with what came of it on all rows."""
    place, params = after.chosen.place, after.chosen.outcome.params
    same = place == found.best
    record = replace(after.record, starts=found.record.starts) if same else after.record
    return replace(found, best=place, params=params, record=record)


def _preparing(variant: MixtureEstimator, labels: Any) -> Callable[[TrainingRows], Fitting]:
    """Keeps what it has made of the last rows."""

    @lru_cache(maxsize=1)
    def prepare(table: TrainingRows) -> Fitting:
        return variant._prepare(table, labels)

    return prepare
