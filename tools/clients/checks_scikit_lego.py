"""scikit-learn's checks of scikit-lego's estimators of mixtures, as scikit-lego tests them."""

from __future__ import annotations

from typing import Any

from sklearn.base import BaseEstimator
from sklearn.utils.estimator_checks import parametrize_with_checks
from sklego.mixture import GMMClassifier, GMMOutlierDetector
from sklego.naive_bayes import GaussianMixtureNB


@parametrize_with_checks(
    [
        GMMClassifier(n_components=2, random_state=0),
        GMMOutlierDetector(threshold=0.999, method="quantile", random_state=0),
        GMMOutlierDetector(threshold=2, method="stddev", random_state=0),
        GaussianMixtureNB(n_components=2, random_state=0),
    ]
)
def test_checks(estimator: BaseEstimator, check: Any) -> None:
    """Each of them."""
    check(estimator)
