"""Choosing k and structure by a penalised likelihood."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import mixtura as mx
from mixtura.estimators.mixture_search import Progress


def groups(n: int = 300) -> np.ndarray:
    rng = np.random.default_rng(0)
    centres = np.array([[0.0, 0.0], [8.0, 1.0], [1.0, 9.0]])
    return centres[rng.choice(3, n)] + rng.normal(size=(n, 2)) * [1.0, 2.0]


GRID = {"n_components": [1, 2, 3, 4], "covariance_type": ["diag", "full"]}


def test_it_finds_k_and_structure() -> None:
    X = groups()
    search = mx.MixtureSearch(param_grid=GRID, random_state=0).fit(X)
    assert search.best_params_ == {"covariance_type": "diag", "n_components": 3}
    assert search.best_estimator_.n_components == 3
    best = search.results_["bic"][search.best_index_]
    assert best == np.nanmin(search.results_["bic"])
    np.testing.assert_allclose(search.bic(X), best, rtol=1e-12)
    np.testing.assert_array_equal(search.predict(X), search.best_estimator_.predict(X))
    np.testing.assert_array_equal(search.transform(X), search.best_estimator_.predict_proba(X))
    assert len(search.modes()) == 3
    assert search.get_feature_names_out().tolist() == [f"mixturesearch{j}" for j in range(3)]


def test_results_are_columns_of_one_length() -> None:
    search = mx.MixtureSearch(param_grid=GRID, random_state=0).fit(groups())
    expected = {
        "covariance_type", "n_components", "log_likelihood", "n_parameters",
        "bic", "aic", "icl", "status", "seconds",
    }  # fmt: skip
    assert set(search.results_) == expected
    assert {len(column) for column in search.results_.values()} == {8}
    r = search.results_
    np.testing.assert_allclose(r["aic"], -2 * r["log_likelihood"] + 2 * r["n_parameters"])
    np.testing.assert_allclose(r["bic"], -2 * r["log_likelihood"] + r["n_parameters"] * np.log(300))
    assert (r["icl"] >= r["bic"]).all()


@pytest.mark.parametrize("criterion", ["bic", "aic", "icl"])
def test_every_criterion_is_minimised(criterion: str) -> None:
    search = mx.MixtureSearch(param_grid=GRID, criterion=criterion, random_state=0).fit(groups())
    assert search.best_index_ == np.argmin(search.results_[criterion])


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_the_default_grid_depends_on_the_dimension() -> None:
    X = groups(60)
    options: dict[str, Any] = {"max_iter": 3}
    flat = mx.MixtureSearch(mx.GaussianMixture(**options), random_state=0).fit(X)
    line = mx.MixtureSearch(mx.GaussianMixture(**options), random_state=0).fit(X[:, :1])
    assert set(flat.results_["covariance_type"]) == {"full", "tied", "diag", "spherical"}
    assert set(line.results_["covariance_type"]) == {"E", "V"}
    assert set(line.results_["n_components"]) == set(range(1, 10))


def test_jobs_give_the_same_bits_and_progress_is_told() -> None:
    told: list[tuple[int, int]] = []
    progress: Progress = lambda done, total, params: told.append((done, total))  # noqa: E731
    serial = mx.MixtureSearch(param_grid=GRID, random_state=0).fit(groups(), progress=progress)
    parallel = mx.MixtureSearch(param_grid=GRID, random_state=0, n_jobs=2).fit(groups())
    assert told == [(i, 8) for i in range(1, 9)]
    for name in ("log_likelihood", "bic", "status"):
        np.testing.assert_array_equal(serial.results_[name], parallel.results_[name])


def test_weights_equal_repetition() -> None:
    X = groups(90)
    weight = np.random.default_rng(0).integers(0, 3, 90)
    weighted = mx.MixtureSearch(param_grid=GRID, random_state=0).fit(X, sample_weight=weight)
    repeated = mx.MixtureSearch(param_grid=GRID, random_state=0).fit(np.repeat(X, weight, axis=0))
    assert weighted.best_params_ == repeated.best_params_
    np.testing.assert_allclose(weighted.results_["bic"], repeated.results_["bic"], rtol=1e-6)


def test_candidates_that_fail_say_why() -> None:
    search = mx.MixtureSearch(param_grid={"n_components": [1, 2, 40]}, random_state=0).fit(
        groups(30)
    )
    assert "30 rows for 40 components" in search.results_["status"][2]
    assert np.isnan(search.results_["bic"][2])
    with pytest.raises(mx.MixturaError, match=r"None of the 1 candidates.*40"):
        mx.MixtureSearch(param_grid={"n_components": [40]}).fit(groups(30))


def test_unknown_criteria_and_parameters() -> None:
    with pytest.raises(mx.MixturaError, match=r"magic.*bic, aic, icl"):
        mx.MixtureSearch(criterion="magic").fit(groups())
    with pytest.raises(ValueError, match="magic"):
        mx.MixtureSearch(param_grid={"magic": [1]}).fit(groups())


def test_notes_of_the_best_are_told_once() -> None:
    X = np.column_stack([groups(), np.zeros(300)])
    with pytest.warns(mx.DataWarning, match="constant") as told:
        mx.MixtureSearch(param_grid=GRID, random_state=0).fit(X)
    assert len(told) == 1
