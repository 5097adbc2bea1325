"""What exponential, gamma, log-normal and uniform components share: units, odd tables, recovery."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import mixtura as mx
from mixtura.errors import DegenerateError
from mixtura.estimators.mixture_estimator import MixtureEstimator
from mixtura.families.registry import description_of
from mixtura.typing import FloatArray

pytestmark = pytest.mark.filterwarnings("ignore::mixtura.DataWarning")


@dataclass(frozen=True)
class Case:
    """An estimator of two components, and a sample of two that overlap.

    Attributes
    ----------
    estimator : callable
    draw : callable
        From a generator and how many rows of each component.
    truth : ndarray of shape (2, 2)
        Means, or middles, of the components that are drawn.
    """

    estimator: Callable[..., MixtureEstimator]
    draw: Callable[[np.random.Generator, int], FloatArray]
    truth: FloatArray

    def rows(self, n: int = 200, seed: int = 0) -> FloatArray:
        return self.draw(np.random.default_rng(seed), n)

    def fitted(self, X: FloatArray, k: int = 2, **options: Any) -> Any:
        return self.estimator(k, random_state=0).fit(X, **options)


def both(first: FloatArray, second: FloatArray) -> FloatArray:
    return np.concatenate([first, second])


CASES = {
    "exponential": Case(
        mx.ExponentialMixture,
        lambda rng, n: both(rng.exponential([1.0, 30.0], (n, 2)), rng.exponential(6.0, (n, 2))),
        np.array([[1.0, 30.0], [6.0, 6.0]]),
    ),
    "gamma": Case(
        mx.GammaMixture,
        lambda rng, n: both(
            rng.gamma([0.6, 9.0], [2.0, 1.0], (n, 2)), rng.gamma([9.0, 3.0], [1.0, 8.0], (n, 2))
        ),
        np.array([[1.2, 9.0], [9.0, 24.0]]),
    ),
    "log_normal": Case(
        mx.LogNormalMixture,
        lambda rng, n: both(
            rng.lognormal([0.0, 1.0], 0.5, (n, 2)), rng.lognormal([2.0, 1.5], 0.5, (n, 2))
        ),
        np.exp([[0.125, 1.125], [2.125, 1.625]]),
    ),
    "uniform": Case(
        mx.UniformMixture,
        lambda rng, n: both(rng.uniform(1.0, 3.0, (n, 2)), rng.uniform(4.0, [5.0, 9.0], (n, 2))),
        np.array([[2.0, 2.0], [4.5, 6.5]]),
    ),
}
cases = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


def middles(fit: Any) -> FloatArray:
    """Means of the components, as people see them, in order of the first column's."""
    description = description_of(fit.mixture_.family)
    params, schema = fit.mixture_.params, fit.schema_
    means = np.stack(
        [description.marginal(params, a, schema).mean for a in range(len(schema))], axis=1
    )
    return means[np.argsort(means[:, 0])]


@cases
@pytest.mark.parametrize("seed", range(3))
def test_what_was_drawn_is_recovered(case: Case, seed: int) -> None:
    X = case.rows(n=3000, seed=seed)
    fit = case.fitted(X)
    np.testing.assert_allclose(middles(fit), case.truth, rtol=0.1)
    np.testing.assert_allclose(fit.weights_, 0.5, atol=0.05)
    assert fit.converged_
    assert (fit.collapsed_, fit.spurious_) == ((), ())


@cases
@pytest.mark.parametrize("units", [(1e-6, 1e-6), (1e6, 1e6), (2.0**-40, 2.0**30), (1e-60, 1e60)])
def test_units_mean_nothing(case: Case, units: tuple[float, float]) -> None:
    X = case.rows()
    fit, other = case.fitted(X), case.fitted(X * units)
    log_units = len(X) * np.log(units).sum()
    assert other.log_likelihood_ + log_units == pytest.approx(fit.log_likelihood_, rel=1e-9)
    np.testing.assert_allclose(other.predict_proba(X * units), fit.predict_proba(X), atol=1e-5)
    np.testing.assert_allclose(middles(other) / units, middles(fit), rtol=1e-5)


@cases
def test_weights_are_repetition(case: Case) -> None:
    X, times = case.rows(n=60), np.arange(120) % 3
    labels = (np.arange(120) < 60).astype(int)

    def fitted(rows: FloatArray, own: Any, **options: Any) -> Any:
        return case.estimator(2, init_params=own).fit(rows, **options)

    weighted = fitted(X, labels, sample_weight=times.astype(float))
    repeated = fitted(X.repeat(times, axis=0), labels.repeat(times))
    assert weighted.log_likelihood_ == pytest.approx(repeated.log_likelihood_, rel=1e-10)


@cases
@pytest.mark.parametrize("k", [1, 2, 7])
@pytest.mark.parametrize("weighted", [False, True])
def test_odd_tables_give_a_result_or_say_why_not(case: Case, k: int, weighted: bool) -> None:
    X = case.rows(n=20)
    constant, twice = X.copy(), np.repeat(X[:2], 9, axis=0)
    constant[:, 1] = 3.0
    strewn = 10.0 ** np.random.default_rng(0).uniform(-60, 60, (30, 2))
    for rows in (X, constant, twice, np.full((9, 2), 3.0), strewn, X + 1e6, X[:, :1]):
        weight = np.linspace(0.1, 3.0, len(rows)) if weighted else None
        if case.estimator is mx.UniformMixture and (np.ptp(rows, axis=0) == 0.0).any():
            with pytest.raises(DegenerateError, match=r"boxes without width.*Use fewer comp"):
                case.fitted(rows, k, sample_weight=weight)
            continue
        with suppress(DegenerateError) if case.estimator is mx.UniformMixture else nullcontext():
            fit = case.fitted(rows, k, sample_weight=weight)
            assert np.isfinite(fit.log_likelihood_)
            assert np.isfinite(fit.predict_proba(rows)).all()


@cases
def test_more_components_than_distinct_rows(case: Case) -> None:
    X = np.concatenate([np.tile([[1.0, 2.0], [1.5, 9.0]], (9, 1)), [[30.0, 40.0], [31.0, 70.0]]])
    labels = np.repeat([0, 1], [18, 2])
    fit = case.estimator(5, init_params=labels).fit(X)
    assert np.isfinite(fit.log_likelihood_)
    assert (fit.weights_[2:] == 0.0).all()
