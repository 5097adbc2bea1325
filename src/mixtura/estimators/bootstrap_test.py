"""`bootstrap_test`: how many components, by testing k against k + 1."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
from joblib import Parallel, delayed, effective_n_jobs
from sklearn.base import clone

from mixtura.errors import MixturaError
from mixtura.estimators.blas import one_blas_thread
from mixtura.estimators.given_estimator import check_estimator
from mixtura.estimators.mixture_estimator import MixtureEstimator
from mixtura.estimators.parameters import check_count, check_level, check_total, seed_of
from mixtura.estimators.tables import as_weights
from mixtura.selection.likelihood_ratio import BootstrapStep, LikelihoodRatioTest, Progress
from mixtura.starts.training_rows import TrainingRows

__all__ = ["BootstrapStep", "BootstrapTest", "bootstrap_test"]

E = TypeVar("E", bound=MixtureEstimator)


@dataclass(frozen=True)
class BootstrapTest(Generic[E]):
    """The outcome of `bootstrap_test`.

    Attributes
    ----------
    n_components : int
        The smallest number tested that was not rejected against the next.
    steps : tuple of BootstrapStep
        The tests made, from the fewest components on.
    estimator : mixture estimator
        Fitted with `n_components` to the whole table.
    reason : str
        Why it ended there, in words.
    """

    n_components: int
    steps: tuple[BootstrapStep, ...]
    estimator: E
    reason: str

    @property
    def status(self) -> str:
        """The outcome in words."""
        k = self.n_components
        return f"{k} {'component' if k == 1 else 'components'}: {self.reason}"

    def __str__(self) -> str:
        return "\n".join([*map(str, self.steps), self.status])


def bootstrap_test(
    estimator: E,
    X: Any,
    sample_weight: Any = None,
    *,
    min_components: int = 1,
    max_components: int = 9,
    n_bootstrap: int = 199,
    level: float = 0.05,
    n_jobs: int | None = None,
    random_state: Any = None,
    progress: Progress | None = None,
) -> BootstrapTest[E]:
    """Test 1 component against 2, 2 against 3 and so on, until one is not rejected.

    The larger model is fitted to the table from the estimator's own starts and from the smaller
    model with each component in turn cut in two; in samples it starts from these cuts and from the
    table's larger mixture, and the smaller model from what they were drawn from. A test ends early
    once so many samples have reached the table's ratio that it can no longer reject: this changes
    no decision and leaves the p-value valid (Besag and Clifford 1991). Each test has the given
    level; the probability of ending with too many components is about that of the last one.

    Parameters
    ----------
    estimator : mixture estimator
        What is fitted, whatever its `n_components`.
    X : table of shape (n, d)
    sample_weight : array of shape (n,), default=None
        Row weights: 2 is the row twice. Samples have as many rows as the total weight, rounded.
    min_components, max_components : int, default=1 and 9
        Where to begin, and where to end at the latest.
    n_bootstrap : int, default=199
        Most samples of a test; at least 1 / level - 1.
    level : float, default=0.05
        A number of components is rejected if its p-value is no larger.
    n_jobs : int, default=None
        Samples fitted at a time, in threads unless `joblib.parallel_config` says otherwise; -1
        for all cores. The result is the same for any number.
    random_state : int, RandomState or None, default=None
        Fixes the samples, and the starts if the estimator has no `random_state` of its own.
    progress : callable, default=None
        Told (samples drawn, most samples, k) after each sample.

    Returns
    -------
    BootstrapTest

    Raises
    ------
    MixturaError
        If a parameter cannot be used, or not even `min_components` can be fitted.

    References
    ----------
    McLachlan (1987), "On bootstrapping the likelihood ratio test statistic for the number of
    components in a normal mixture".

    Besag, Clifford (1991), "Sequential Monte Carlo p-values".

    Examples
    --------
    >>> import numpy as np
    >>> import mixtura as mx
    >>> rng = np.random.default_rng(0)
    >>> X = np.concatenate([rng.normal(0, 1, (40, 1)), rng.normal(8, 1, (40, 1))])
    >>> test = mx.bootstrap_test(
    ...     mx.GaussianMixture(covariance_type="E"), X, n_bootstrap=19, random_state=0
    ... )
    >>> test.n_components
    2
    """
    check_estimator(estimator, MixtureEstimator, "a mixture estimator", "bootstrap_test")
    check_count("min_components", min_components, at_least=1)
    check_count("max_components", max_components, at_least=int(min_components))
    check_count("n_bootstrap", n_bootstrap, at_least=1)
    _check_reach(check_level(level), n_bootstrap)
    seed = seed_of(random_state)
    model: E = clone(estimator)
    if model.random_state is None:
        model.set_params(random_state=seed)
    rows = model._door(X, reset=True)
    weight = as_weights(sample_weight, len(rows))
    check_total(float(len(rows) if weight is None else weight.sum()), "a sample")
    at_a_time = effective_n_jobs(n_jobs)

    def in_parallel(tasks: Sequence[Callable[[], float]]) -> Iterable[float]:
        if at_a_time == 1:
            return (task() for task in tasks)
        drawn: list[float] = parallel(delayed(task)() for task in tasks)
        return drawn

    with one_blas_thread(), Parallel(n_jobs, prefer="threads") as parallel:
        names, n_threads = model.schema_.names, effective_n_jobs(model.n_jobs)
        table = TrainingRows.of(rows, weight, names, n_threads)
        test = LikelihoodRatioTest(
            lambda table, k: model._variant({"n_components": k})._specification(table),
            int(n_bootstrap),
            float(level),
            seed,
            at_a_time,
            in_parallel,
            progress,
        )
        tested = test.run(table, range(int(min_components), int(max_components)))
    fitted = model._variant({"n_components": tested.n_components})
    fitted._publish(tested.record, rows.dtype)
    fitted._warn()
    return BootstrapTest(tested.n_components, tested.steps, fitted, tested.reason)


def _check_reach(level: float, n_bootstrap: int) -> None:
    if 1.0 / (n_bootstrap + 1) > level:
        raise MixturaError(
            f"n_bootstrap={n_bootstrap} samples can never reject at level={level}: draw at least "
            f"{int(np.ceil(1.0 / level)) - 1}."
        )
