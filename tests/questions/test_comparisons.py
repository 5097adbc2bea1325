"""Entropy, overlap and divergence: formulas, bounds and drawn rows agree."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import ndtr

import mixtura as mx
from mixtura.explain.divergence import divergence
from mixtura.explain.entropy import entropy
from mixtura.explain.overlap import overlap
from mixtura.families.closeness import Comparable, closeness, entropies
from mixtura.families.gaussian.closeness import normal_closeness
from mixtura.mixture import Mixture
from mixtura.testing import assert_alike
from question_records import fitted, ids
from records import FAMILIES, FamilyRecord

COMPARABLE = [r for r in FAMILIES if isinstance(r.family, Comparable)]
N = 4_000


def rng() -> np.random.Generator:
    return np.random.default_rng(7)


@pytest.mark.parametrize("record", COMPARABLE, ids=ids(COMPARABLE))
def test_formulas_agree_with_drawn_rows(record: FamilyRecord) -> None:
    mixture = fitted(record)
    family, params = mixture.family, mixture.params
    close, own = closeness(family, params, family, params), entropies(family, params)
    assert close is not None
    assert_alike(close.log_affinities, close.log_affinities.T, 1e-9, law="affinities are symmetric")
    assert np.abs(np.diagonal(close.log_affinities)).max() <= 1e-9
    assert np.abs(np.diagonal(close.divergences)).max() <= 1e-9
    # KL >= -2 log BC, by Jensen's inequality.
    assert (close.divergences >= -2.0 * close.log_affinities - 1e-9).all()
    for j in range(mixture.n_components):
        rows = family.sample(params, np.full(N, j), rng())
        log_density = family.log_density(params, rows)
        ratios = log_density[:, [j]] - log_density
        halves = np.exp(-0.5 * ratios)
        error = halves.std(axis=0) / np.sqrt(N)
        away = np.abs(halves.mean(axis=0) - np.exp(close.log_affinities[j]))
        assert (away <= 4.5 * error + 1e-9).all()
        finite = np.isfinite(close.divergences[j]) & np.isfinite(ratios).all(axis=0)
        error = ratios[:, finite].std(axis=0) / np.sqrt(N)
        away = np.abs(ratios[:, finite].mean(axis=0) - close.divergences[j, finite])
        assert (away <= 4.5 * error + 1e-9).all()
        if own is not None:
            told = -log_density[:, j]
            assert abs(told.mean() - own[j]) <= 4.5 * told.std() / np.sqrt(N) + 1e-9


@pytest.mark.parametrize("record", FAMILIES, ids=ids(FAMILIES))
def test_divergence_is_0_against_itself_and_above_against_others(record: FamilyRecord) -> None:
    mixture, other = fitted(record), fitted(record, k=2)
    itself = divergence(mixture, mixture, N, rng())
    assert itself.value <= 1e-9
    assert itself.low <= 1e-9
    found = divergence(mixture, other, N, rng())
    assert found.low <= found.value <= found.high
    assert found.low >= 0.0


@pytest.mark.parametrize("record", COMPARABLE, ids=ids(COMPARABLE))
def test_drawn_rows_lie_within_the_bounds(record: FamilyRecord) -> None:
    """Before they are moved there: the bounds hold for what is drawn, but for its error."""
    mixture, other = fitted(record), fitted(record, k=2)
    rows, _ = mixture.sample(N, rng())
    own = -mixture.log_density(rows)
    told = entropy(mixture, N, rng())
    error = 4.5 * own.std() / np.sqrt(N) + 1e-9
    assert told.low - error <= own.mean() <= told.high + error
    ratios = mixture.log_density(rows) - other.log_density(rows)
    found = divergence(mixture, other, N, rng())
    if np.isfinite(ratios).all():
        error = 4.5 * ratios.std() / np.sqrt(N) + 1e-9
        assert found.low - error <= ratios.mean() <= found.high + error


@pytest.mark.parametrize("name", ["factors-1-own-0", "factors-2-shared-1e-06"])
def test_factor_analyzers_are_as_close_as_their_covariances(name: str) -> None:
    mixture = fitted(next(r for r in FAMILIES if r.name == name))
    params = mixture.params
    close = mixture.family.closeness(params, mixture.family, params)
    matrices = params.matrices()
    expected = normal_closeness(params.means, matrices, params.means, matrices)
    assert_alike(close, expected, 1e-9)


def gaussian(means: Any, deviations: Any, weights: Any) -> mx.GaussianMixture:
    made = mx.GaussianMixture(
        len(means),
        weights_init=weights,
        means_init=np.reshape(means, (-1, 1)),
        precisions_init=np.reshape(1.0 / np.square(deviations), (-1, 1, 1)),
        max_iter=0,
        random_state=0,
    )
    return made.fit(np.random.default_rng(0).normal(size=(50, 1)) * 5.0)


def test_single_gaussians_are_exact() -> None:
    one, other = gaussian([0.0], [1.0], [1.0]), gaussian([1.0], [2.0], [1.0])
    expected = np.log(2.0) + (1.0 + 1.0) / 8.0 - 0.5
    found = one.divergence(other)
    assert_alike(np.array([found.value]), np.array([expected]), 1e-12)
    assert (found.standard_error, found.low, found.high) == (0.0, found.value, found.value)
    assert abs(one.entropy().value - 0.5 * np.log(2.0 * np.pi * np.e)) <= 1e-12
    far = gaussian([40.0], [1.0], [1.0]).entropy()
    assert abs(far.value - one.entropy().value) <= 1e-12


def test_mixtures_are_as_integrals_have_them() -> None:
    one = gaussian([-2.0, 1.0], [1.0, 0.5], [0.4, 0.6])
    other = gaussian([-1.0, 1.5], [1.5, 1.0], [0.5, 0.5])

    def log_density(of: mx.GaussianMixture, x: float) -> float:
        return float(of.mixture_.log_density(np.array([[x]]))[0])

    def integral(f: Any) -> float:
        return float(quad(lambda x: np.exp(log_density(one, x)) * f(x), -12.0, 12.0, limit=400)[0])

    found = one.entropy()
    assert abs(found.value + integral(lambda x: log_density(one, x))) <= 4.0 * found.standard_error
    expected = integral(lambda x: log_density(one, x) - log_density(other, x))
    found = one.divergence(other)
    assert abs(found.value - expected) <= 4.0 * found.standard_error
    assert found.low <= expected <= found.high
    far = one.divergence(gaussian([9.0, 20.0], [1.0, 1.0], [0.5, 0.5]))
    assert 1.0 < far.low <= far.value <= far.high


def test_overlap_of_two_gaussians_of_one_spread() -> None:
    """Of distance D: omega_ij = Phi(-D / 2 + log(w_j / w_i) / D)."""
    made = gaussian([0.0, 2.0], [1.0, 1.0], [0.3, 0.7])
    found = made.overlap(n_samples=40_000)
    expected = ndtr(-1.0 + np.array([1.0, -1.0]) * np.log(7.0 / 3.0) / 2.0)
    away = np.abs(found.misclassified[[0, 1], [1, 0]] - expected)
    assert (away <= 4.0 * found.standard_errors[[0, 1], [1, 0]]).all()
    assert_alike(found.affinities[0, 1:], np.exp(np.array([-0.5])), 1e-12)
    assert_alike(found.pairwise[0, 1:], found.misclassified.sum(keepdims=True)[0], 1e-12)
    assert (np.diagonal(found.misclassified) == 0.0).all()


def test_affinities_without_a_formula_are_drawn() -> None:
    record = next(r for r in FAMILIES if r.name == "gaussian-VVV-noise")
    with_noise: Mixture[Any, Any] = fitted(record)
    found = overlap(with_noise, 20_000, rng())
    family, params = with_noise.clusters.family, with_noise.params
    known = closeness(family, params, family, params)
    assert known is not None
    k = with_noise.n_clusters
    away = np.abs(found.affinities[:k, :k] - np.exp(known.log_affinities))
    assert away.max() <= 0.03
    assert found.misclassified.shape == (with_noise.n_components,) * 2


def test_what_the_other_cannot_have_is_infinitely_far() -> None:
    X = np.abs(np.random.default_rng(0).normal(2.0, 1.0, (200, 1)))
    bell, waits = mx.GaussianMixture().fit(X), mx.ExponentialMixture().fit(X)
    assert bell.divergence(waits).value == np.inf
    assert 0.0 < waits.divergence(bell).value < 2.0
    narrow, wide = mx.UniformMixture().fit([[0.0], [1.0]]), mx.UniformMixture().fit([[0.0], [4.0]])
    assert wide.divergence(narrow).value == np.inf
    assert abs(narrow.divergence(wide).value - np.log(4.0)) <= 1e-12


def test_numbers_are_the_same_every_time_for_a_seed() -> None:
    X = np.random.default_rng(0).normal(size=(100, 2))
    made = mx.StudentTMixture(random_state=3).fit(X)
    assert made.entropy(1000) == made.entropy(1000)
    assert (made.overlap(500).misclassified == made.overlap(500).misclassified).all()
