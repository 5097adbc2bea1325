"""Any fit of any table: a model of which all laws hold, or an error of our own."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given

import mixtura as mx
from fuzz.effort import examples
from fuzz.estimators import Case, cases, tame_cases
from fuzz.laws import abides, condition, helps
from fuzz.tables import Weights
from mixtura.kernels.choice import use

pytestmark = [
    pytest.mark.filterwarnings("ignore::mixtura.DataWarning"),
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
]


@given(cases())
@examples(60)
def test_anything(case: Case) -> None:
    try:
        fit = case.fit()
    except mx.MixturaError as error:
        helps(error)
        return
    abides(case, fit)


@given(tame_cases())
@examples(20)
def test_what_nothing_speaks_against(case: Case) -> None:
    fit = case.fit()
    abides(case, fit)


@given(tame_cases())
@examples(20)
def test_weights_are_repetition(case: Case) -> None:
    """From the same start: those that are drawn depend on how rows are numbered."""
    assume(case.algorithm not in ("stochastic", "saem"))
    times = Weights("counts", case.weights.seed).of(case.table.n)
    start = np.arange(case.table.n) % (case.k + case.noise) - case.noise
    weighted, repeated = (
        case.estimator(init_params=start),
        case.estimator(init_params=np.repeat(start, times)),
    )
    X = case.table.rows
    with use(case.kernel):
        weighted.fit(X, sample_weight=times)
        repeated.fit(np.repeat(X, times, axis=0))
    assume(condition(weighted) < 1e6)  # else rounding decides
    # Where the last gains are rounding, one may make an iteration more.
    n_common = min(len(weighted.trace_), len(repeated.trace_))
    np.testing.assert_allclose(
        weighted.trace_[:n_common], repeated.trace_[:n_common], rtol=1e-6, atol=1e-6
    )
    np.testing.assert_allclose(weighted.means_, repeated.means_, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(weighted.weights_, repeated.weights_, rtol=1e-4, atol=1e-4)
    assert weighted.log_likelihood_ == pytest.approx(repeated.log_likelihood_, rel=1e-6)
    assert weighted.n_parameters_ == repeated.n_parameters_
