"""pyod's detector of outliers by a mixture: its attributes, and what it finds."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from pyod.models.gmm import GMM
from pyod.utils.data import generate_data
from sklearn.base import clone
from sklearn.metrics import roc_auc_score


@pytest.fixture
def tables() -> tuple[np.ndarray, ...]:
    """Rows to fit and to judge, and which of these are outliers."""
    train, test, _, outlying = generate_data(
        n_train=200, n_test=100, n_features=3, contamination=0.1, random_state=42
    )
    return train, test, outlying


@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag", "spherical"])
def test_outliers_are_found(tables: tuple[np.ndarray, ...], covariance_type: str) -> None:
    """All of them have lower densities than others."""
    train, test, outlying = tables
    found = GMM(n_components=4, covariance_type=covariance_type, random_state=42).fit(train)
    assert roc_auc_score(outlying, found.decision_function(test)) >= 0.95
    assert found.predict_proba(test).shape == (100, 2)


def test_attributes(tables: tuple[np.ndarray, ...]) -> None:
    """Those of the mixture."""
    found = GMM(n_components=4, random_state=42).fit(tables[0])
    for name in ("weights_", "means_", "covariances_", "precisions_", "precisions_cholesky_"):
        assert len(getattr(found, name)) == 4
    assert np.isfinite(found.lower_bound_)
    assert isinstance(found.converged_, bool)
    assert found.n_iter_ > 0


def test_copies(tables: tuple[np.ndarray, ...]) -> None:
    """Clones and pickles are the same."""
    train, test, _ = tables
    found = GMM(n_components=2, random_state=0).fit(train)
    again = clone(found).fit(train)
    kept = pickle.loads(pickle.dumps(found))
    np.testing.assert_allclose(again.decision_function(test), found.decision_function(test))
    np.testing.assert_allclose(kept.decision_function(test), found.decision_function(test))
