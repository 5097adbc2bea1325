"""scikit-learn's checks for estimators of third parties, in full."""

from __future__ import annotations

from typing import Any

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

import mixtura as mx

SMALL_SEARCH = mx.MixtureSearch(
    mx.GaussianMixture(),
    {"n_components": [1, 2], "covariance_type": ["diag", "full"]},
    random_state=0,
)


SMALL_GRID = {"n_components": [1, 2], "covariance_type": ["EII", "full"]}


@pytest.mark.filterwarnings("default")
@parametrize_with_checks(
    [
        mx.GaussianMixture(),
        mx.GaussianMixture(2),
        mx.GaussianMixture(2, noise=True),
        mx.FactorMixture(),
        SMALL_SEARCH,
        mx.MixtureClassifier(mx.GaussianMixture(), param_grid=SMALL_GRID, random_state=0),
        mx.MixtureClassifier(method="edda", random_state=0),
        mx.Embedding(mx.GaussianMixture(2, random_state=0), kind="log_ratios"),
        mx.Embedding(mx.GaussianMixture(2, random_state=0), top=2),
    ]
)
def test_estimator_keeps_scikit_learns_contract(estimator: Any, check: Any) -> None:
    check(estimator)
