"""How many components, by testing k against k + 1 with a parametric bootstrap.

The likelihood ratio of mixtures with k and k + 1 components has no chi-squared distribution: the
smaller model lies on the edge of the larger one. Its distribution is found by drawing samples
from the fitted mixture of k components and fitting both models to each (McLachlan 1987).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from joblib import Parallel, delayed, effective_n_jobs
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from mixtura.errors import DataError, DataWarning, MixturaError
from mixtura.estimators.gaussian_mixture import GaussianMixture
from mixtura.estimators.larger_mixture import Table, fit_larger, fit_on
from mixtura.estimators.parameters import check_count, seed_of
from mixtura.estimators.purpose import Purpose
from mixtura.estimators.tables import as_rows, as_weights
from mixtura.typing import FloatArray

__all__ = ["BootstrapStep", "BootstrapTest", "bootstrap_test"]

# Rows of a sample that fit into memory.
_MOST_ROWS = 10_000_000

# Ratios this many tolerances below zero are no matter of where a fit stopped: the larger model
# missed an optimum that the smaller one shows to exist.
_BELOW_ZERO = 20.0


#: Told (samples drawn, most samples of a test, number of components tested).
Progress: TypeAlias = Callable[[int, int, int], None]


@dataclass(frozen=True)
class BootstrapStep:
    """The test of k components against k + 1.

    Attributes
    ----------
    n_components : int
        k.
    ratio : float
        2 (log-likelihood of k + 1 components - that of k), in nats.
    bootstrap : ndarray of shape (b,)
        The same for samples drawn from the mixture of k components, in the order drawn; `inf`
        where a sample could not be fitted, so that it counts against rejecting.
    p_value : float
        (1 + samples whose ratio is no smaller) / (1 + samples drawn).
    n_below_zero : int
        Samples in which k + 1 components ended below k, in a poor local optimum. Many of them
        make the p-value too small: raise the estimator's `n_init`.
    """

    n_components: int
    ratio: float
    bootstrap: FloatArray
    p_value: float
    n_below_zero: int

    def __str__(self) -> str:
        below = f", {self.n_below_zero} of them below zero" if self.n_below_zero else ""
        return (
            f"{self.n_components} against {self.n_components + 1} components: ratio "
            f"{self.ratio:.2f}, p = {self.p_value:.3g} ({len(self.bootstrap)} samples{below})"
        )


@dataclass(frozen=True)
class BootstrapTest:
    """The outcome of `bootstrap_test`.

    Attributes
    ----------
    n_components : int
        The smallest number tested that was not rejected against the next.
    steps : tuple of BootstrapStep
        The tests made, from the fewest components on.
    estimator : GaussianMixture
        Fitted with `n_components` to the whole table.
    status : str
        Why it ended there, in words.
    """

    n_components: int
    steps: tuple[BootstrapStep, ...]
    estimator: GaussianMixture
    status: str

    def __str__(self) -> str:
        return "\n".join([*map(str, self.steps), self.status])


def bootstrap_test(
    estimator: GaussianMixture,
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
) -> BootstrapTest:
    """Test 1 component against 2, 2 against 3 and so on, until one is not rejected.

    The larger model is fitted from the estimator's own starts and from the smaller model with one
    component cut in two, to the table and to every sample alike. A test ends early once so many
    samples have reached the table's ratio that it can no longer reject: this changes no decision
    and leaves the p-value valid (Besag and Clifford 1991). Each test has the given level; the
    probability of ending with too many components is about that of the last one.

    Parameters
    ----------
    estimator : GaussianMixture
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
    check_count("min_components", min_components, at_least=1)
    check_count("max_components", max_components, at_least=int(min_components))
    check_count("n_bootstrap", n_bootstrap, at_least=1)
    _check_level(level, n_bootstrap)
    seed = seed_of(random_state)
    model = clone(estimator)
    if model.random_state is None:
        model.set_params(random_state=seed)
    rows = as_rows(model, X, reset=True)
    table = Table(rows, as_weights(sample_weight, len(rows)))
    _check_total(table.total_weight)
    tell = progress if progress is not None else _silently
    test = _Test(model, int(n_bootstrap), float(level), n_jobs, seed, tell)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", DataWarning)
        result = _sequence(test, table, range(int(min_components), int(max_components)))
    result.estimator.warn()
    return result


def _check_level(level: object, n_bootstrap: int) -> None:
    if not isinstance(level, float) or not 0.0 < level < 1.0:
        raise MixturaError(
            f"Invalid value for 'level': {level!r}. It should be a number between 0 and 1."
        )
    if 1.0 / (n_bootstrap + 1) > level:
        raise MixturaError(
            f"n_bootstrap={n_bootstrap} samples can never reject at level={level}: draw at least "
            f"{int(np.ceil(1.0 / level)) - 1}."
        )


def _check_total(weight: float) -> None:
    if not 1.0 <= weight <= _MOST_ROWS:
        raise DataError(
            f"sample_weight sums to {weight:.6g}, and a sample has as many rows: the test needs "
            f"weights that count rows, between 1 and {_MOST_ROWS:,} in all."
        )


def _silently(done: int, most: int, n_components: int) -> None:
    pass


@dataclass(frozen=True)
class _Test:
    """What stays the same for all numbers of components."""

    model: GaussianMixture
    n_bootstrap: int
    level: float
    n_jobs: int | None
    seed: int
    tell: Progress

    def rejects(self, n_reached: int) -> bool:
        """Whether this many samples that reach the ratio, of all of them, are few enough."""
        return 1 + n_reached <= self.level * (self.n_bootstrap + 1)


def _sequence(test: _Test, table: Table, counts: range) -> BootstrapTest:
    """Test after test, until one does not reject or the next cannot be made."""
    smaller = fit_on(table, test.model, counts.start)
    steps: list[BootstrapStep] = []
    for k in counts:
        try:
            larger = fit_larger(table, test.model, smaller, test.seed)
        except MixturaError as failure:
            return _ended(smaller, steps, f"{k + 1} components could not be fitted: {failure}")
        if larger.n_collapsed_ > 0:
            # Its likelihood is that of the variance floor, which samples from k components, having
            # no equal rows, could not reach.
            return _ended(smaller, steps, f"a component of {k + 1} collapsed")
        steps.append(_step(test, smaller, larger, table))
        if steps[-1].p_value > test.level:
            return _ended(smaller, steps, f"not rejected against {k + 1} at level {test.level:g}")
        smaller = larger
    return _ended(smaller, steps, "max_components is reached")


def _ended(estimator: GaussianMixture, steps: list[BootstrapStep], reason: str) -> BootstrapTest:
    k = estimator.n_components
    status = f"{k} {'component' if k == 1 else 'components'}: {reason}"
    return BootstrapTest(k, tuple(steps), estimator, status)


def _step(
    test: _Test, smaller: GaussianMixture, larger: GaussianMixture, table: Table
) -> BootstrapStep:
    ratio = _ratio(smaller, larger)
    drawn: list[float] = []
    n_reached = 0
    with closing(_ratios_of_samples(test, smaller, table)) as ratios:
        for sampled in ratios:
            drawn.append(sampled)
            n_reached += sampled >= ratio
            test.tell(len(drawn), test.n_bootstrap, smaller.n_components)
            if not test.rejects(n_reached):
                break
    bootstrap = np.array(drawn)
    tolerance = _BELOW_ZERO * float(test.model.tol) * table.total_weight
    return BootstrapStep(
        smaller.n_components,
        ratio,
        bootstrap,
        (1 + n_reached) / (1 + len(drawn)),
        int((bootstrap < -tolerance).sum()),
    )


def _ratios_of_samples(
    test: _Test, smaller: GaussianMixture, table: Table
) -> Generator[float, None, None]:
    """The ratios of samples from the smaller model, in order, as many at a time as there are jobs.

    Those that were drawn along with the last one needed are thrown away, so that the result does
    not depend on the number of jobs.
    """
    n, at_a_time = round(table.total_weight), effective_n_jobs(test.n_jobs)
    with Parallel(test.n_jobs, prefer="threads") as parallel:
        for first in range(0, test.n_bootstrap, at_a_time):
            yield from parallel(
                delayed(_ratio_of_sample)(test, smaller, n, table.rows.dtype, number)
                for number in range(first, min(first + at_a_time, test.n_bootstrap))
            )


def _ratio_of_sample(
    test: _Test, null: GaussianMixture, n: int, dtype: np.dtype[Any], number: int
) -> float:
    k = null.n_components
    rng = np.random.default_rng((test.seed, Purpose.BOOTSTRAP, k, number))
    try:
        sample = Table(null.mixture_.sample(n, rng)[0].astype(dtype), None)
        smaller = fit_on(sample, test.model, k)
        return _ratio(smaller, fit_larger(sample, test.model, smaller, test.seed))
    except MixturaError:
        return np.inf


def _ratio(smaller: GaussianMixture, larger: GaussianMixture) -> float:
    return 2.0 * (larger.log_likelihood_ - smaller.log_likelihood_)
