"""`uncertainty`: how far the numbers of a fitted mixture may be off."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias

import numpy as np
from joblib import Parallel, delayed, effective_n_jobs

from mixtura.errors import DataWarning, MixturaError
from mixtura.estimators.asked import Asked
from mixtura.estimators.blas import one_blas_thread
from mixtura.estimators.options import choose
from mixtura.estimators.parameters import (
    check_count,
    check_known,
    check_level,
    check_total,
    seed_of,
)
from mixtura.estimators.tables import as_weights
from mixtura.estimators.uncertainty_record import Uncertainty
from mixtura.explain.draws import Draws
from mixtura.explain.estimates import WEIGHTS, Estimates
from mixtura.explain.information import ObservedInformation
from mixtura.explain.intervals import Spread
from mixtura.families.registry import description_of
from mixtura.fitting.resampling import (
    Refit,
    Refits,
    Resample,
    drawn_rows,
    sampled_rows,
    weighted_rows,
)
from mixtura.mixture import Mixture
from mixtura.starts.training_rows import TrainingRows
from mixtura.typing import AnyArray

__all__ = ["RESAMPLED", "Progress", "Uncertain", "in_threads"]

#: Told (steps done, all of them).
Progress: TypeAlias = Callable[[int, int], None]

#: Ways of drawing rows anew, by name.
RESAMPLED: Mapping[str, Resample] = {
    "bootstrap": drawn_rows,
    "weighted": weighted_rows,
    "parametric": sampled_rows,
}
_INFORMATION = "information"

# Standard errors that a fit may be from the maximum of what it is said to maximise.
_NEAR = 0.25
# Share of a weight beyond which its standard error is that of no parabola.
_SHAKY = 0.25
# Tasks that a thread does before progress is told.
_ROUNDS = 4


class Uncertain(Asked):
    """What has a mixture, and can say how far its numbers may be off."""

    def uncertainty(
        self,
        X: Any,
        sample_weight: Any = None,
        *,
        method: str = "information",
        n_draws: int = 200,
        level: float = 0.9,
        labels: Any = None,
        random_state: Any = None,
        n_jobs: int | None = None,
        progress: Progress | None = None,
    ) -> Uncertainty:
        """How far the numbers of the mixture may be off: standard errors and intervals.

        Parameters
        ----------
        X : table of shape (n, d)
            The rows that were fitted.
        sample_weight, labels : arrays of shape (n,), default=None
            As they were given to `fit`.
        method : str, default='information'
            - 'information': from the curvature of the log-likelihood about its maximum, with four
              passes over the rows for each parameter. For rows enough in every component.
            - 'bootstrap': fits to rows that are drawn from the table with replacement.
            - 'weighted': fits to all rows with random weights, in which small components do not
              lose all of their rows.
            - 'parametric': fits to rows that are drawn from the mixture.
        n_draws : int, default=200
            Fits. Intervals of a high level need more of them: 1,000 for 0.95.
        level : float, default=0.9
            Of intervals, unless another is asked for there.
        random_state : int, RandomState or None, default=None
            Fixes the draws; None for that of the estimator.
        n_jobs : int, default=None
            Fits at a time, in threads; -1 for all cores. The result is the same for any number.
        progress : callable, default=None
            Told (steps done, all of them) after each fit, or parameter.

        Returns
        -------
        Uncertainty

        Raises
        ------
        MixturaError
            If a parameter cannot be used, the family has no smooth likelihood ('information'), or
            not two fits came to an end.

        Notes
        -----
        The mixture is taken to be the maximum that is meant, with as many components as it has:
        `MixtureSearch.selection_frequencies` asks how sure that number is. Fits begin where the
        mixture is, so that they follow that one maximum, and their components are matched with its.

        References
        ----------
        Louis (1982), "Finding the observed information matrix when using the EM algorithm"; Efron
        (1979), "Bootstrap methods: another look at the jackknife"; Newton and Raftery (1994),
        "Approximate Bayesian inference with the weighted likelihood bootstrap"; O'Hagan, Murphy,
        Scrucca and Gormley (2019), "Investigation of parameter uncertainty in clustering using a
        Gaussian mixture model via jackknife, bootstrap and weighted likelihood bootstrap".

        Examples
        --------
        >>> import numpy as np
        >>> import mixtura as mx
        >>> rng = np.random.default_rng(0)
        >>> X = np.concatenate([rng.normal(0, 1, (200, 1)), rng.normal(8, 2, (100, 1))])
        >>> gm = mx.GaussianMixture(2, random_state=0).fit(X)
        >>> uncertainty = gm.uncertainty(X)
        >>> uncertainty.standard_errors["means"].round(2)
        array([[0.07],
               [0.22]])
        >>> weights = uncertainty.intervals(0.95)["weights"]
        >>> weights.low.round(2), weights.high.round(2)
        (array([0.62, 0.28]), array([0.72, 0.38]))
        """
        mixture = self._fitted()
        level = check_level(level)
        choose({_INFORMATION: None, **RESAMPLED}, "method", method)
        with one_blas_thread():
            if method == _INFORMATION:
                spread, notes = self._by_information(mixture, X, sample_weight, labels, progress)
            else:
                refits = self._refits(method, mixture, X, sample_weight, labels, random_state)
                n = check_count("n_draws", n_draws, at_least=2)
                spread, notes = _by_draws(refits, n, n_jobs, progress)
        return self._told(method, level, spread, notes)

    def _by_information(
        self,
        mixture: Mixture[Any, Any],
        X: Any,
        sample_weight: Any,
        labels: Any,
        progress: Progress | None,
    ) -> tuple[Spread, list[str]]:
        if labels is None:
            source = self._source(X, sample_weight, mixture)
        else:
            table, known = self._table(mixture, X, sample_weight, labels)
            known = None if known is None else table.kept(known)
            source = table.source(mixture.n_components, known)
        found = ObservedInformation.of(mixture, source, progress)
        notes = list(_cautions(found))
        for note in notes:
            warnings.warn(note, DataWarning, stacklevel=3)
        return found, notes

    def _refits(
        self,
        method: str,
        mixture: Mixture[Any, Any],
        X: Any,
        sample_weight: Any,
        labels: Any,
        random_state: Any,
    ) -> Refits:
        estimator = self._known()
        if labels is not None and method == "parametric":
            raise MixturaError(
                "method='parametric' draws rows from the mixture, and labels are those of the "
                "table's rows: use method='bootstrap' or 'weighted'."
            )
        table, known = self._table(mixture, X, sample_weight, labels)
        check_total(table.summary.total_weight, "a draw")
        specification = estimator._specification(table)
        state = estimator.random_state if random_state is None else random_state
        resample, seed = RESAMPLED[method], seed_of(state)
        return Refits(specification, mixture, table, resample, seed, known)

    def _table(
        self, mixture: Mixture[Any, Any], X: Any, sample_weight: Any, labels: Any
    ) -> tuple[TrainingRows, AnyArray | None]:
        """The rows, and the known components of all that were given."""
        self._refuse_scanned(X, "this kind of uncertainty")
        estimator, rows = self._known(), self._as_fitted(X)
        table = estimator._training_rows(X, rows, as_weights(sample_weight, len(rows)))
        noise = mixture.noise_region is not None
        known = check_known(labels, table.n_given, mixture.n_clusters, noise=noise)
        return table, known

    def _told(self, method: str, level: float, spread: Spread, notes: list[str]) -> Uncertainty:
        mixture, estimator = self._fitted(), self._known()
        collapsed = np.zeros(mixture.n_clusters, dtype=np.bool_)
        record = vars(estimator).get("record_")
        if record is not None and record.mixture is mixture:  # and no parameters are set by hand
            collapsed[list(record.collapsed)] = True
        if isinstance(spread, ObservedInformation):
            collapsed |= spread.empty
        description = description_of(mixture.family)
        estimates = Estimates(mixture, spread, description, self._schema(), collapsed)
        n_draws = len(spread.mixtures) if isinstance(spread, Draws) else 0
        notes = [*notes, *_missing(estimates)]
        if n_draws == 0:
            notes += _too_short(estimates)
        names = _component_names(mixture, estimator)
        return Uncertainty(method, level, tuple(notes), n_draws, estimates, names, self._as_fitted)


def _component_names(mixture: Mixture[Any, Any], estimator: Any) -> tuple[str, ...]:
    numbers = tuple(map(str, range(mixture.n_clusters)))
    names = tuple(vars(estimator).get("cluster_names_", ())) or numbers
    return names if mixture.noise_region is None else (*names[: mixture.n_clusters], "noise")


def _cautions(found: ObservedInformation) -> Iterator[str]:
    """Where the observed information is not what standard errors come from."""
    if found.apart > _NEAR:
        yield (
            f"The mixture is {found.apart:.2g} standard errors from the maximum of the likelihood "
            "of these rows: give those it was fitted to, with their weights and labels, and fit "
            "with algorithm='em' and a smaller tol."
        )
    if found.curved_up:
        yield (
            f"The likelihood rises in {found.curved_up} direction"
            f"{'s' if found.curved_up > 1 else ''} from here: the mixture is no maximum, and what "
            "changes along it has no standard error. Fit again with a smaller tol."
        )


def _missing(estimates: Estimates) -> Iterator[str]:
    """Which numbers have no standard error."""
    lacking = {
        name: int(np.isnan(errors).sum()) for name, errors in estimates.standard_errors.items()
    }
    told = [f"{n} of {name}" for name, n in lacking.items() if n]
    if told:
        yield (
            f"Without a standard error: {', '.join(told)}. These are fixed, on the edge of their "
            "range (a probability of 0, a variance on the floor), of a collapsed component, or "
            "cannot be told from the rows."
        )


def _too_short(estimates: Estimates) -> Iterator[str]:
    """Whether the likelihood is far from a parabola."""
    weights, errors = estimates.values[WEIGHTS], estimates.standard_errors[WEIGHTS]
    shakiest = int(np.nan_to_num(errors / weights).argmax())
    share = errors[shakiest] / weights[shakiest]
    if share > _SHAKY:
        yield (
            f"The weight of component {shakiest} has a standard error of {100.0 * share:.0f} % of "
            "itself: components overlap, or have few rows, and these intervals are too short. "
            "Compare method='bootstrap'."
        )


def _by_draws(
    refits: Refits, n: int, n_jobs: int | None, progress: Progress | None
) -> tuple[Spread, list[str]]:
    refits = refits.prepared()
    made: list[Refit] = in_threads([partial(refits.refit, i) for i in range(n)], n_jobs, progress)
    mixtures = [refit.mixture for refit in made if refit.mixture is not None]
    if len(mixtures) < 2:
        raise MixturaError(
            f"Only {len(mixtures)} of {n} draws could be fitted, with no component collapsed: "
            "use fewer components, or method='weighted', which leaves no row out."
        )
    notes = []
    if len(mixtures) < n:
        notes.append(
            f"{n - len(mixtures)} of {n} draws are left out: a component collapsed there, or they "
            "could not be fitted."
        )
    unfinished = sum(not refit.converged for refit in made if refit.mixture is not None)
    if unfinished:
        notes.append(f"{unfinished} of {n} fits did not converge: raise max_iter.")
    return Draws(refits.mixture, mixtures), notes


def in_threads(
    tasks: Sequence[Callable[[], Any]], n_jobs: int | None, progress: Progress | None
) -> list[Any]:
    """What tasks give, in their order, so many at a time."""
    given: list[Any] = []
    for each in _one_by_one(tasks, n_jobs):
        given.append(each)
        if progress is not None:
            progress(len(given), len(tasks))
    return given


def _one_by_one(tasks: Sequence[Callable[[], Any]], n_jobs: int | None) -> Iterator[Any]:
    at_a_time = effective_n_jobs(n_jobs)
    if at_a_time == 1:
        yield from (task() for task in tasks)
        return
    with Parallel(n_jobs, prefer="threads") as parallel:
        for first in range(0, len(tasks), _ROUNDS * at_a_time):
            some = tasks[first : first + _ROUNDS * at_a_time]
            yield from parallel(delayed(task)() for task in some)
