"""The detector of components that owe their likelihood to a few rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mixtura as mx
from mixtura.explain import find_spurious
from mixtura.families import Gaussian, GaussianParameters
from mixtura.families.gaussian.structures import VVI, AxisCovariances, DenseCovariances
from mixtura.families.noise import Box, WithNoise
from mixtura.mixture import Mixture
from mixtura.sources import ArraySource

REFERENCE = Path(__file__).parents[1] / "reference"

pytestmark = [
    pytest.mark.filterwarnings("ignore::mixtura.DataWarning"),
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
]


def fitted(X: np.ndarray, labels: np.ndarray, **options: object) -> mx.GaussianMixture:
    k = int(labels.max()) + 1
    return mx.GaussianMixture(k, init_params=labels, **options).fit(X)


def thin_line(seed: int, n: int = 60) -> tuple[np.ndarray, np.ndarray]:
    """One group, and labels that single out five of its rows that lie almost on a line."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 2))
    X[:5, 1] = 0.5 * X[:5, 0] + 0.02 * rng.normal(size=5)
    return X, (np.arange(n) >= 5).astype(int)


def small_group(seed: int, spread: float, n: int = 120) -> tuple[np.ndarray, np.ndarray]:
    """Ten rows of a group of their own, five deviations from the others."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 2))
    X[:10] = spread * X[:10] + [5.0, 0.0]
    return X, (np.arange(n) >= 10).astype(int)


@pytest.mark.parametrize("seed", range(6))
def test_few_rows_on_a_line_are_flagged_where_covariances_are_free(seed: int) -> None:
    X, labels = thin_line(seed)
    with pytest.warns(mx.DataWarning, match="Component 0 owes its likelihood to a few rows"):
        fit = fitted(X, labels, covariance_type="full", max_iter=0)
    assert fit.spurious_ == (0,)
    assert fit.n_collapsed_ == 0  # it is above the floor
    assert any("owes its likelihood" in note for note in fit.notes_)
    assert fitted(X, labels, covariance_type="tied", max_iter=0).spurious_ == ()


@pytest.mark.parametrize("kind", [AxisCovariances, DenseCovariances.of])
def test_how_much_wider_the_others_are_together(kind: Any) -> None:
    rng = np.random.default_rng(0)
    roots = rng.normal(size=(3, 4, 4))
    matrices = roots @ roots.transpose(0, 2, 1)
    if kind is AxisCovariances:
        matrices = matrices * np.eye(4)
        covariances = kind(matrices.diagonal(0, 1, 2))
    else:
        covariances = kind(matrices)
    shares = np.array([0.3, 0.0, 0.7])
    pooled = np.einsum("j,jab->ab", shares, matrices)
    expected = np.linalg.eigvals(np.linalg.solve(matrices[1], pooled)).real.max()
    assert covariances.greatest_ratio(shares, 1) == pytest.approx(expected, rel=1e-9)


def test_rows_do_not_speak_for_their_copies() -> None:
    X, labels = thin_line(0)
    twice = fitted(np.repeat(X, 2, axis=0), np.repeat(labels, 2), max_iter=0)
    weighted = find_spurious(twice.mixture_, ArraySource(X, np.full(len(X), 2.0)))
    assert twice.spurious_ == tuple(weighted) == (0,)


def test_a_component_that_has_all_rows_owes_nothing_to_a_few() -> None:
    X, weight = np.zeros((19, 1)), np.linspace(0.1, 0.3, 19)
    params = GaussianParameters(
        np.array([[0.0], [0.4]]), AxisCovariances(np.array([[1e-3], [1.0]]))
    )
    for family in (Gaussian(VVI, np.ones(1)), Gaussian(VVI, np.ones(1), fixed_means=True)):
        noisy = WithNoise(family, Box(np.zeros(1), np.eye(1)))
        for whole, weights in ((family, [0.6, 0.4]), (noisy, [0.6, 0.2, 0.2])):
            mixture = Mixture(whole, params, np.array(weights))
            assert find_spurious(mixture, ArraySource(X, weight)).tolist() == []


@pytest.mark.parametrize("spread", [0.02, 0.3, 1.0])
@pytest.mark.parametrize("seed", range(5))
def test_a_small_group_of_its_own_is_not_flagged(seed: int, spread: float) -> None:
    X, labels = small_group(seed, spread)
    assert fitted(X, labels).spurious_ == ()


def test_two_rows_on_the_line_are_flagged() -> None:
    X = np.random.default_rng(0).normal(size=(50, 1))
    X[1] = X[0] + 0.01
    assert fitted(X, (np.arange(50) >= 2).astype(int), max_iter=0).spurious_ == (0,)


@pytest.mark.parametrize("scale", [1e-9, 1e9])
@pytest.mark.parametrize("make", [thin_line, lambda seed: small_group(seed, 0.3)])
def test_neither_units_nor_the_order_of_rows_matter(make: object, scale: float) -> None:
    for seed in range(4):
        X, labels = make(seed)
        here = fitted(X, labels, max_iter=5)
        order = np.random.default_rng(seed).permutation(len(X))
        units = scale * np.array([1.0, 1e3])
        there = fitted((X * units)[order], labels[order], max_iter=5)
        assert there.spurious_ == here.spurious_


@pytest.mark.parametrize(
    ("name", "k"), [("faithful", 2), ("faithful", 3), ("iris", 2), ("iris", 3)]
)
def test_no_false_alarm_on_real_groups(name: str, k: int) -> None:
    columns = range({"faithful": 2, "iris": 4}[name])
    X = np.loadtxt(REFERENCE / f"{name}.csv", delimiter=",", skiprows=1, usecols=columns)
    fit = mx.GaussianMixture(k, n_init=5, init_params="varied", random_state=0).fit(X)
    assert find_spurious(fit.mixture_, ArraySource(X)).size == 0
