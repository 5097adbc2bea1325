"""`labels` of `GaussianMixture.fit`."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import mixtura as mx

COVARIANCE_TYPES = ["full", "tied", "diag", "spherical", "VEV", "EVE"]


def overlapping(n: int = 400) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    truth = rng.choice(3, n, p=[0.2, 0.3, 0.5])
    centers = np.array([[0.0, 0.0], [2.5, 0.0], [0.0, 2.5]])
    return centers[truth] + rng.normal(size=(n, 2)), truth


@pytest.mark.parametrize("algorithm", ["em", "hard", "stochastic"])
@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_known_labels_number_the_components(covariance_type: str, algorithm: str) -> None:
    X, truth = overlapping()
    labels = np.where(np.arange(len(X)) % 4 == 0, truth, -1)
    fit = mx.GaussianMixture(
        3,
        covariance_type=covariance_type,
        algorithm=algorithm,
        n_init=2,
        init_params="varied",
        max_iter=50 if algorithm == "stochastic" else 1000,
        random_state=0,
    ).fit(X, labels=labels)
    assert np.mean(fit.predict(X) == truth) > 0.85
    if algorithm != "stochastic":
        assert np.diff(fit.trace_).min(initial=0.0) >= -1e-14


def test_the_objective_is_that_of_the_known_rows() -> None:
    X, truth = overlapping()
    labels = np.where(np.arange(len(X)) % 2 == 0, truth, -1)
    fit = mx.GaussianMixture(3, random_state=0).fit(X, labels=labels)
    log_joint, known = fit.mixture_.log_joint(X), labels >= 0
    own = log_joint[known, labels[known]].sum() + fit.score_samples(X[~known]).sum()
    np.testing.assert_allclose(len(X) * fit.lower_bound_, own, rtol=1e-12)
    np.testing.assert_allclose(fit.log_likelihood_, fit.score_samples(X).sum(), rtol=1e-12)


def test_rows_of_weight_zero_take_their_labels_with_them() -> None:
    X, truth = overlapping()
    labels = np.where(np.arange(len(X)) % 3 == 0, truth, -1)
    weight = (np.arange(len(X)) % 5 > 0).astype(float)
    kept = weight > 0
    fit = mx.GaussianMixture(3, random_state=0)
    weighted = fit.fit(X, sample_weight=weight, labels=labels).lower_bound_
    present = fit.fit(X[kept], labels=labels[kept]).lower_bound_
    np.testing.assert_allclose(weighted, present, rtol=1e-14)


@pytest.mark.filterwarnings("ignore:1 of 3 components have no rows")
@pytest.mark.parametrize("algorithm", ["em", "hard", "stochastic"])
def test_known_rows_give_their_component_a_weight_that_it_does_not_begin_with(
    algorithm: str,
) -> None:
    X, truth = overlapping()
    labels = np.where(np.arange(len(X)) % 4 == 0, truth, -1)
    options: dict[str, Any] = {"algorithm": algorithm, "max_iter": 30, "random_state": 0}
    weights = [0.0, 0.4, 0.6]
    fit = mx.GaussianMixture(3, weights_init=weights, **options).fit(X, labels=labels)
    assert np.isfinite(fit.trace_).all()
    assert fit.weights_[0] == pytest.approx(np.mean(truth == 0), abs=0.1)
    fixed = mx.GaussianMixture(3, weights_init=weights, fixed="weights", **options)
    with pytest.raises(mx.MixturaError, match="component 0, whose weight is fixed at 0"):
        fixed.fit(X, labels=labels)
    labels[labels == 0] = -1
    assert fixed.fit(X, labels=labels).weights_[0] == 0.0  # nothing speaks for component 0


def test_y_stays_ignored() -> None:
    X, truth = overlapping()
    fits = [mx.GaussianMixture(3, random_state=0).fit(X, y) for y in (None, truth)]
    np.testing.assert_array_equal(fits[0].means_, fits[1].means_)
    steps = make_pipeline(StandardScaler(), mx.GaussianMixture(3, random_state=0))
    pipeline = steps.fit(X, truth, gaussianmixture__labels=truth)
    assert np.mean(pipeline.predict(X) == truth) > 0.85


def test_unknown_throughout_is_no_labels() -> None:
    X, _ = overlapping()
    fits = [
        mx.GaussianMixture(3, random_state=0).fit(X, labels=labels)
        for labels in (None, np.full(len(X), -1))
    ]
    np.testing.assert_array_equal(fits[0].means_, fits[1].means_)


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (np.zeros(5, dtype=int), r"shape \(5,\).*\(400,\)"),
        (np.zeros(400), "float64"),
        (np.full(400, 3), "from 3 to 3.*from 0 to 2"),
        (np.full(400, -2), "from -2 to -2"),
        (["a"] * 400, "whole numbers"),
    ],
)
def test_bad_labels(labels: Any, words: str) -> None:
    with pytest.raises(mx.MixturaError, match=words):
        mx.GaussianMixture(3).fit(overlapping()[0], labels=labels)


@pytest.mark.filterwarnings("ignore:2 of 3 components have no rows")
@pytest.mark.filterwarnings("ignore:.*the most that were tried")
@pytest.mark.parametrize("algorithm", ["em", "hard", "stochastic"])
def test_rows_that_are_all_known_to_be_noise_leave_none_for_the_components(algorithm: str) -> None:
    X, labels = overlapping()[0], np.full(400, 2)
    estimator = mx.GaussianMixture(2, noise=True, algorithm=algorithm, random_state=0)
    with pytest.raises(mx.DegenerateError, match=r"No component has any rows"):
        estimator.fit(X, labels=labels)
    search = mx.MixtureSearch(
        estimator, {"n_components": [1, 2, 3], "covariance_type": ["full"]}, random_state=0
    ).fit(X, labels=labels)  # with 3 they are the last component's
    assert search.results_["standing"].tolist() == ["failed", "failed", "finished"]
    assert "No component has any rows" in search.results_["status"][1]
