"""Any search: a best candidate of which all laws hold, or an error of our own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mixtura as mx
from fuzz.effort import examples
from fuzz.estimators import Case, Start, cases
from fuzz.laws import abides, helps, never_falls, numbers, probabilities
from mixtura.estimators.gaussian_vocabulary import searched_types
from mixtura.kernels.choice import use
from mixtura.selection.named import CRITERIA

pytestmark = [
    pytest.mark.filterwarnings("ignore::mixtura.DataWarning"),
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
]

STANDINGS = {
    "finished",
    "left behind",
    "given up",
    "collapsed",
    "spurious",
    "left out",
    "failed",
}


def search(case: Case, criterion: str, finalists: int | None, n_jobs: int) -> mx.MixtureSearch:
    """A search over some structures and numbers of components."""
    d = case.table.d
    grid = {"n_components": [1, 2, 3], "covariance_type": searched_types(d)[:: 1 if d == 1 else 4]}
    estimator = case.estimator(covariance_type="full")
    searched = mx.MixtureSearch(
        estimator,
        grid,
        criterion=criterion,
        n_folds=2,
        finalists=finalists,
        n_jobs=n_jobs,
        random_state=0,
    )
    with use(case.kernel):
        return searched.fit(
            case.table.given, sample_weight=case.weights.of(case.table.n), labels=case.labels
        )


def tells(results: dict[str, Any]) -> None:
    """Every candidate has a line, and says what became of it."""
    assert {len(column) for column in results.values()} == {len(results["status"])}
    assert set(results["standing"]) <= STANDINGS
    failed, left_out = (results["standing"] == name for name in ("failed", "left out"))
    for name in ("log_likelihood", "bic", "aic", "icl", "sabic", "n_parameters"):
        np.testing.assert_array_equal(np.isnan(results[name]), failed | left_out, name)
    assert all(text.startswith("failed: ") for text in results["status"][failed])
    assert all(text.startswith("left out: ") for text in results["status"][left_out])
    assert (results["seconds"] >= 0.0).all()


@given(cases(), st.sampled_from(list(CRITERIA)), st.sampled_from([1, 3, None]))
@examples(25)
def test_any_search(case: Case, criterion: str, finalists: int | None) -> None:
    # What is given of the start fits one number of components.
    case = replace(case, start=Start(case.start.init_params), covariance_type="full")
    if case.start.init_params == "responsibilities":
        case = replace(case, start=Start("labels", seed=case.start.seed))
    try:
        found = search(case, criterion, finalists, 1)
    except mx.MixturaError as error:
        helps(error)
        return
    tells(found.results_)
    best = replace(
        case,
        k=found.best_estimator_.n_components,
        covariance_type=found.best_estimator_.covariance_type,
    )
    abides(best, found.best_estimator_, numbers, probabilities, never_falls)
    # A kernel is forced upon one thread.
    again = search(case, criterion, finalists, 2 if case.kernel == "auto" else 1)
    for name, column in found.results_.items():
        if name != "seconds":
            np.testing.assert_array_equal(column, again.results_[name], name)
    np.testing.assert_array_equal(found.mixture_.params.means, again.mixture_.params.means)
    assert found.best_index_ == again.best_index_
    assert found.k_probabilities_.keys() == again.k_probabilities_.keys()
