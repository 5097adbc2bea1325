"""What a sound optimum is: the one definition, for fits and searches."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import mixtura as mx
from mixtura.explain import judge, upheld
from mixtura.families import Gaussian, GaussianParameters
from mixtura.families.gaussian.structures import VVI, AxisCovariances
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


def test_rows_do_not_speak_for_their_copies() -> None:
    X, labels = thin_line(0)
    twice = fitted(np.repeat(X, 2, axis=0), np.repeat(labels, 2), max_iter=0)
    weighted = judge(twice.mixture_, ArraySource(X, np.full(len(X), 2.0)), np.zeros(2))
    assert twice.spurious_ == weighted.spurious == (0,)


def test_a_component_that_has_all_rows_owes_nothing_to_a_few() -> None:
    X, weight = np.zeros((19, 1)), np.linspace(0.1, 0.3, 19)
    params = GaussianParameters(
        np.array([[0.0], [0.4]]), AxisCovariances(np.array([[1e-3], [1.0]]))
    )
    for family in (Gaussian(VVI, np.ones(1)), Gaussian(VVI, np.ones(1), fixed_means=True)):
        noisy = WithNoise(family, Box(np.zeros(1), np.eye(1)))
        for whole, weights in ((family, [0.6, 0.4]), (noisy, [0.6, 0.2, 0.2])):
            mixture = Mixture(whole, params, np.array(weights))
            assert judge(mixture, ArraySource(X, weight), np.zeros(1)).spurious == ()


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
    assert judge(fit.mixture_, ArraySource(X), np.zeros(X.shape[1])).sound


def test_many_components_of_few_rows_are_not_sound_together() -> None:
    # Each is in a plane of its own, as they share their shape: none is narrower than the others.
    X = np.random.default_rng(0).normal(size=(31, 3))
    fit = mx.GaussianMixture(8, covariance_type="EEV", random_state=0, n_init="thorough").fit(X)
    assert fit.spurious_ or fit.collapsed_
    search = mx.MixtureSearch(random_state=0).fit(X)
    assert search.best_params_["n_components"] == 1


@pytest.mark.parametrize("structure", ["VVV", "VVE", "VEV", "EEE", "VVI"])
@pytest.mark.parametrize("reg_covar", [1e-8, 1e-6, 1e-4])
def test_nothing_owes_its_likelihood_to_the_floor_unseen(structure: str, reg_covar: float) -> None:
    # Rows that are equal along one feature, whatever the axes of the components are.
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 2)) @ [[1.0, 0.3], [0.0, 1.0]]
    X[:50, 1] = 2.0
    labels = (np.arange(200) >= 50).astype(int)
    fit = mx.GaussianMixture(
        2, covariance_type=structure, init_params=labels, max_iter=1, reg_covar=reg_covar
    ).fit(X)
    lower = mx.GaussianMixture(
        2, covariance_type=structure, init_params=labels, max_iter=1, reg_covar=reg_covar / 100
    ).fit(X)
    if abs(lower.log_likelihood_ - fit.log_likelihood_) > 0.1:
        assert 0 in fit.collapsed_


def test_what_is_narrower_than_its_rounding_is_held_up_by_it() -> None:
    rng = np.random.default_rng(0)
    answers = np.clip(np.round(rng.normal(3.0, 1.2, size=(300, 2))), 1.0, 5.0)
    X = np.where(rng.random((300, 1)) < 0.3, [5.0, 5.0], answers)
    X = X + 0.0
    labels = (X != 5.0).any(axis=1).astype(int)
    X[0] = [5.0, 4.0]  # so that the component is not on the floor
    labels[0] = 0
    source = ArraySource(X)
    mixture = mx.GaussianMixture(2, init_params=labels, max_iter=0, reg_covar=1e-9).fit(X).mixture_
    third = np.full(2, 1.0 / 12.0)
    assert upheld(mixture, source, third).tolist() == [True, False]
    assert upheld(mixture, source, np.zeros(2)).tolist() == [True, False]  # one column is equal
    wide = mx.GaussianMixture(1).fit(X).mixture_
    assert not upheld(wide, source, third).any()


def test_a_component_that_nobody_needs_is_not_called_spurious() -> None:
    # BIC does not pay for it, seen or unseen: it owes its likelihood to nothing.
    X = np.random.default_rng(1).normal(size=(80, 2))
    fit = mx.GaussianMixture(2, random_state=0).fit(X)
    one = mx.GaussianMixture(1).fit(X)
    assert fit.bic_ > one.bic_ if hasattr(fit, "bic_") else fit.bic(X) > one.bic(X)
    assert fit.spurious_ == ()
