"""Never a crash: whatever the table, a usable model with a status, or an error that helps.

pytest turns warnings into errors, so no division by zero, overflow or invalid value passes; only
the package's own warnings are let through.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import mixtura as mx
from degenerate_tables import TABLES, DegenerateTable
from mixtura.estimators.gaussian_vocabulary import COVARIANCE_TYPES
from mixtura.estimators.options import ALGORITHMS

pytestmark = [
    pytest.mark.filterwarnings("ignore::mixtura.DataWarning"),
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
]

STRUCTURES = [name for name in COVARIANCE_TYPES if len(name) == 3]
IN_ONE_DIMENSION = [name for name, kind in COVARIANCE_TYPES.items() if kind.one_dimensional]
TABLE_IDS = [table.name for table in TABLES]

#: Structures whose M-step is found by iteration; on 200 columns each step needs seconds.
ITERATED = ["VEE", "EVE", "VVE"]

#: Tables that no fit can use: too large, too small, or of weights that are.
REFUSED = {
    "values of 1e-300": "varies by",
    "values of 1e-160": "varies by",
    "values of 1e-150": "varies by",
    "denormal values": "varies by",
    "a column of 1e-200 beside one of 1e100": "reach",
    "values of 1e150": "reach",
    "values of 1e154": "reach",
    "values of 1e200": "reach",
    "values of 1e308": "reach",
    "weights over 300 decades": "sample_weight",
    "tiny weights": "sample_weight",
    "huge weights": "sample_weight",
    "denormal weights": "sample_weight",
    "a single row": "n_samples=1",
    "a single number": "n_samples=1",
    "all weight on one row": "n_samples=1",
}


def structures_for(table: DegenerateTable) -> list[str]:
    """The names that a table is fitted with."""
    d = table.X.shape[1]
    if d == 1:
        return STRUCTURES + IN_ONE_DIMENSION
    return [name for name in STRUCTURES if d < 100 or name not in ITERATED]


def assert_usable(fit: mx.GaussianMixture, table: DegenerateTable) -> None:
    """All that one does with a fitted model works, and gives numbers."""
    X, weight = table.X, table.weight
    assert (fit.weights_ >= 0.0).all()
    assert abs(fit.weights_.sum() - 1.0) < 1e-6
    shown = [fit.means_, fit.covariances_, fit.precisions_, fit.precisions_cholesky_]
    assert all(np.isfinite(array).all() for array in shown)
    covariances = fit.mixture_.params.covariances.matrices()
    deviations = np.sqrt(np.diagonal(covariances, axis1=1, axis2=2))
    assert (deviations > 0.0).all()
    correlations = covariances / (deviations[:, :, None] * deviations[:, None, :])
    np.linalg.cholesky(correlations)  # raises unless positive definite to working precision
    resp = fit.predict_proba(X)
    np.testing.assert_allclose(resp.sum(axis=1), 1.0, atol=1e-6)
    assert (resp >= 0.0).all()
    figures = [fit.score(X, sample_weight=weight), fit.log_likelihood_, fit.lower_bound_]
    figures += [fit.bic(X), fit.aic(X), fit.icl(X), *fit.trace_]
    assert np.isfinite(figures).all()
    assert np.isfinite(fit.sample(7)[0]).all()
    assert fit.status_
    assert set(fit.spurious_) <= set(range(table.k))


def outcome(table: DegenerateTable, **parameters: Any) -> str:
    """Fit, and check what comes; '' for a model, else the error's message."""
    options = {"max_iter": 3 if table.large else 15, "random_state": 0, **parameters}
    try:
        fit = mx.GaussianMixture(table.k, **options).fit(table.X, sample_weight=table.weight)
    except mx.MixturaError as error:
        return str(error)
    assert_usable(fit, table)
    return ""


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("table", TABLES, ids=TABLE_IDS)
def test_a_usable_model_or_an_error_that_helps(table: DegenerateTable, algorithm: str) -> None:
    for name in structures_for(table):
        message = outcome(table, covariance_type=name, algorithm=algorithm)
        words = REFUSED.get(table.name)
        if words is not None:
            assert words in message
        elif message:
            # The floor is in units of each column; these structures turn columns into each other.
            assert "singular" in message, name
            assert table.name == "columns of very different units", name


@pytest.mark.parametrize("table", TABLES, ids=TABLE_IDS)
def test_without_a_floor_too(table: DegenerateTable) -> None:
    for name in structures_for(table):
        message = outcome(table, covariance_type=name, reg_covar=0.0)
        words = REFUSED.get(table.name, "singular")
        assert not message or words in message, name


@pytest.mark.parametrize("name", ["EII", "VVI", "EEE", "VEE", "VVV"])
@pytest.mark.parametrize(
    "options",
    [
        {"prior": "default"},
        {"equal_weights": True},
        {"noise": True},
        {"noise": True, "prior": "default", "equal_weights": True},
    ],
    ids=["prior", "equal weights", "noise", "all of them"],
)
def test_with_a_prior_equal_weights_or_noise(options: dict[str, Any], name: str) -> None:
    for table in TABLES:
        if not table.large:
            message = outcome(table, covariance_type=name, n_init=2, **options)
            refused = REFUSED.get(table.name, "")
            if "prior" in options and refused == "n_samples=1":
                refused = "prior needs more than 1"
            assert refused in message, table.name


@pytest.mark.parametrize("table", TABLES[::7], ids=TABLE_IDS[::7])
def test_a_search_too(table: DegenerateTable) -> None:
    grid = {"n_components": [1, 2, 3], "covariance_type": ["spherical", "tied", "full"]}
    estimator = mx.GaussianMixture(n_init=2, init_params="varied", max_iter=10)
    search = mx.MixtureSearch(estimator, grid, random_state=0)
    words = REFUSED.get(table.name)
    if words is not None:
        with pytest.raises(mx.MixturaError, match=words):
            search.fit(table.X, sample_weight=table.weight)
        return
    best = search.fit(table.X, sample_weight=table.weight).best_estimator_
    assert_usable(best, table)
    assert all(search.results_["status"])
