"""graspologic's clustering by mixtures: sweeps over many fits, each from a start of its own."""

from __future__ import annotations

import numpy as np
import pytest
from graspologic.cluster import AutoGMMCluster, DivisiveCluster, GaussianCluster
from sklearn.metrics import adjusted_rand_score

CENTERS = np.array([[0.0, 0.0, 0.0], [6.0, 0.0, 0.0], [0.0, 6.0, 6.0]])


@pytest.fixture
def groups() -> tuple[np.ndarray, np.ndarray]:
    """Rows of three groups, and which is whose."""
    labels = np.repeat([0, 1, 2], 40)
    noise = np.random.default_rng(0).normal(size=(120, 3))
    return CENTERS[labels] + noise, labels


@pytest.mark.parametrize("criterion", ["bic", "aic"])
def test_auto_gmm_finds_the_groups(groups: tuple[np.ndarray, ...], criterion: str) -> None:
    """By starts of agglomerative clustering, in all affinities and linkages."""
    X, labels = groups
    found = AutoGMMCluster(
        2, 5, selection_criteria=criterion, random_state=1, covariance_type="all"
    ).fit(X)
    if criterion == "bic":  # the other one finds more than there are
        assert found.n_components_ == 3
    assert adjusted_rand_score(labels, found.predict(X)) > 0.7


def test_auto_gmm_goes_on_from_labels(groups: tuple[np.ndarray, ...]) -> None:
    """Its start is then made of given weights, means and precisions."""
    X, labels = groups
    found = AutoGMMCluster(3, 3, label_init=labels, random_state=1).fit(X)
    assert adjusted_rand_score(labels, found.predict(X)) > 0.95


def test_gaussian_cluster_finds_the_groups(groups: tuple[np.ndarray, ...]) -> None:
    """The number by BIC."""
    X, labels = groups
    found = GaussianCluster(2, 6, covariance_type="all", random_state=2).fit(X, labels)
    assert found.n_components_ == 3
    assert adjusted_rand_score(labels, found.predict(X)) > 0.9


def test_divisive_clusters_fit_the_groups(groups: tuple[np.ndarray, ...]) -> None:
    """Its first level has no cluster of several groups that are far apart from others."""
    X, labels = groups
    np.random.seed(0)  # noqa: NPY002 - it takes no seed
    found = DivisiveCluster(max_components=2, max_level=3).fit_predict(X, fcluster=True)
    assert adjusted_rand_score(labels, found[:, -1]) > 0.3
