"""Laws of fits with a prior, fixed means and other rules for the weights, for every structure."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixtura import em
from mixtura.assignments import Assignment, hard, soft
from mixtura.errors import MixturaError
from mixtura.families import FLAT, Gaussian, GaussianParameters, NormalInverseWishart, Prior
from mixtura.families.gaussian.structures import EEE, EII, VVV, Structure
from mixtura.mixing_weights import FREE, EqualWeights, FixedWeights, FreeLast, Mixing
from mixtura.mixture import Mixture
from mixtura.sources import ArraySource
from mixtura.starts.given import given_labels, random_responsibilities
from mixtura.statistics import Moments
from mixtura.stopping import fixed_length, projected_gain
from mixtura.testing import assert_alike, check_family
from records import STRUCTURE_IDS, STRUCTURES, two_groups

each_structure = pytest.mark.parametrize("structure", STRUCTURES, ids=STRUCTURE_IDS)


def some_prior(d: int, seed: int = 0) -> NormalInverseWishart:
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(d, d))
    return NormalInverseWishart(rng.normal(size=d), 0.5, d + 1.5, root @ root.T + np.eye(d))


def penalised(family: Gaussian, params: GaussianParameters, moments: Moments) -> float:
    """What an M-step maximises."""
    scatter = moments.about(params.means)
    expected = params.covariances.expected_log_likelihood(moments.count, scatter)
    return expected + family.log_prior(params)


# ----------------------------------------------------------------------------------- priors


@pytest.mark.parametrize("assignment", [soft, hard])
@pytest.mark.parametrize("fixed_means", [False, True])
@each_structure
@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    n=st.integers(1, 30),
    d=st.integers(1, 4),
    k=st.integers(1, 5),
    share=st.sampled_from([0.0, 0.5]),
    mixing=st.sampled_from([FREE, EqualWeights(), FixedWeights()]),
)
def test_the_penalised_objective_never_falls_and_nothing_collapses(
    structure: Structure,
    fixed_means: bool,
    assignment: Assignment,
    seed: int,
    n: int,
    d: int,
    k: int,
    share: float,
    mixing: Mixing,
) -> None:
    X = np.random.default_rng(seed).normal(size=(n, d)).round(1)  # with ties
    family = Gaussian(structure, np.full(d, share), some_prior(d, seed), fixed_means)
    source = ArraySource(X)
    first = em.begin(family, source, random_responsibilities(k, (seed,)), mixing)
    fit = em.fit(first, source, assignment=assignment, stopping=projected_gain(1e-9, 25))
    assert not fit.status.collapsed
    falls = -np.diff(fit.trace) / (1.0 + np.abs(fit.trace[1:]))
    assert falls.max(initial=0.0) <= 1e-13
    if assignment is soft:
        total = fit.mixture.log_density(X).sum() + fit.mixture.log_prior
        np.testing.assert_allclose(n * fit.objective, total, rtol=1e-11, atol=1e-10)


@pytest.mark.parametrize("d", [1, 3])
@each_structure
def test_the_m_step_is_the_mode_of_the_posterior(structure: Structure, d: int) -> None:
    rng = np.random.default_rng(d)
    X = rng.normal(size=(40, d))
    family = Gaussian(structure, np.zeros(d), some_prior(d))
    moments = family.statistics(None, X, rng.dirichlet(np.ones(3), 40))
    best = family.maximize(moments, None)
    highest = penalised(family, best, moments)
    for _ in range(20):
        other = family.statistics(None, X, rng.dirichlet(np.ones(3), 40))
        candidate = family.maximize(other, None)
        for means in (best.means, candidate.means, best.means + 1e-3 * rng.normal(size=(3, d))):
            for covariances in (best.covariances, candidate.covariances):
                params = GaussianParameters(means, covariances)
                assert penalised(family, params, moments) <= highest + 1e-9


@each_structure
def test_families_with_a_prior_keep_the_laws(structure: Structure) -> None:
    check_family(Gaussian(structure, np.zeros(3), some_prior(3)), two_groups(), k=3)


@each_structure
def test_in_one_dimension_there_are_two_priors(structure: Structure) -> None:
    prior = some_prior(1)
    params = GaussianParameters(np.array([[0.3], [-1.0]]), EEE.estimate(*_unit_scatter(1)))
    own = EEE if structure.name[0] == "E" else VVV
    expected = prior.log_density(params.means, params.covariances, own)
    covariances = structure.estimate(*_unit_scatter(1 if not structure.diagonal else 0))
    actual = prior.log_density(params.means, covariances, structure)
    np.testing.assert_allclose(actual, expected, rtol=1e-13)


def _unit_scatter(n_axes: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return np.ones(2), np.full((2, 1) + (1,) * n_axes, 1.7), np.zeros(1)


@each_structure
def test_the_more_rows_the_less_the_prior_says(structure: Structure) -> None:
    X = two_groups()
    fits = []
    for prior in (FLAT, some_prior(3)):
        source = ArraySource(X, np.full(len(X), 1e9))
        family = Gaussian(structure, np.zeros(3), prior)
        first = em.begin(family, source, random_responsibilities(2, (1,)))
        fits.append(em.fit(first, source, stopping=fixed_length(5)))
    np.testing.assert_allclose(fits[1].trace, fits[0].trace, rtol=1e-7)
    assert_alike(fits[1].mixture.params.means, fits[0].mixture.params.means, rtol=1e-6)


@each_structure
def test_the_stronger_the_prior_the_less_the_rows_say(structure: Structure) -> None:
    X = two_groups()
    family = Gaussian(structure, np.zeros(3), replace(some_prior(3), shrinkage=1e9))
    mixture = em.begin(family, ArraySource(X), random_responsibilities(2, (1,)))
    np.testing.assert_allclose(mixture.params.means - some_prior(3).mean, 0.0, atol=1e-6)


@each_structure
def test_a_component_without_rows_goes_to_the_mode_of_the_prior(structure: Structure) -> None:
    X, prior = two_groups(), some_prior(3)
    family = Gaussian(structure, np.zeros(3), prior)
    labels = np.zeros(len(X), dtype=np.intp)
    mixture = em.begin(family, ArraySource(X), given_labels(labels, 2))
    assert mixture.weights.tolist() == [1.0, 0.0]
    np.testing.assert_allclose(mixture.params.means[1], prior.mean, rtol=1e-13)
    again = mixture.maximize(em.e_step(mixture, ArraySource(X)))
    assert again.log_prior >= mixture.log_prior - 1e-9


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"shrinkage": 0.0}, "shrinkage is 0.0.*from 1e-300"),
        ({"shrinkage": 5e-324}, "shrinkage is 5e-324.*from 1e-300"),
        ({"mean": np.zeros(1), "scale": np.eye(1), "dof": 5e-324}, "dof is 5e-324.*above 0"),
        ({"dof": 1.0}, "dof is 1.0; of 2 features it should be above 1"),
        ({"scale": np.ones((2, 2))}, "positive-definite"),
        ({"scale": np.array([[1.0, 0.5], [0.0, 1.0]])}, "symmetric"),
        ({"scale": np.eye(3)}, r"shape \(3, 3\)"),
        ({"scale": np.full((2, 2), np.nan)}, "positive-definite"),
    ],
)
def test_improper_priors_are_refused(change: dict[str, object], words: str) -> None:
    with pytest.raises(MixturaError, match=words):
        replace(some_prior(2), **change)


# -------------------------------------------------------------------- fixed means, weights


@pytest.mark.parametrize("prior", [FLAT, some_prior(3)], ids=["flat", "prior"])
@each_structure
def test_fixed_means_stay_and_the_covariances_are_about_them(
    structure: Structure, prior: Prior
) -> None:
    rng = np.random.default_rng(1)
    X, means = two_groups(), rng.normal(size=(3, 3))
    family = Gaussian(structure, np.zeros(3), prior, fixed_means=True)
    first = em.begin(family, ArraySource(X), random_responsibilities(3, (1,)))
    current = replace(first.params, means=means)
    moments = family.statistics(current, X, rng.dirichlet(np.ones(3), len(X)))
    best = family.maximize(moments, current)
    np.testing.assert_array_equal(best.means, means)
    highest = penalised(family, best, moments)
    for _ in range(10):
        other = family.statistics(current, X, rng.dirichlet(np.ones(3), len(X)))
        assert penalised(family, family.maximize(other, current), moments) <= highest + 1e-9


@pytest.mark.parametrize("assignment", [soft, hard])
@each_structure
def test_fixed_means_never_lower_the_likelihood(
    structure: Structure, assignment: Assignment
) -> None:
    X = two_groups()
    family = Gaussian(structure, np.zeros(3), fixed_means=True)
    labels = np.arange(len(X)) % 3
    labels[labels == 1] = 0  # component 1 has no rows
    first = em.begin(family, ArraySource(X), given_labels(labels, 3))
    means = np.array([[0.0, 0.0, 0.0], [9.0, 9.0, 9.0], [2.0, 2.0, 2.0]])
    first = replace(first, params=replace(first.params, means=means))
    fit = em.fit(first, ArraySource(X), assignment=assignment, stopping=fixed_length(20))
    np.testing.assert_array_equal(fit.mixture.params.means, means)
    assert np.diff(fit.trace).min() >= -1e-13
    free = Gaussian(structure, np.zeros(3))
    assert free.n_parameters(3, 3) - family.n_parameters(3, 3) == 9


def test_rules_for_the_weights() -> None:
    counts, weights = np.array([6.0, 2.0]), np.array([0.1, 0.9])
    for rule, expected, n_parameters in (
        (FREE, [0.75, 0.25], 1),
        (EqualWeights(), [0.5, 0.5], 0),
        (FixedWeights(), [0.1, 0.9], 0),
        (FreeLast(EqualWeights()), [0.75, 0.25], 1),
    ):
        assert rule.maximize(counts, weights).tolist() == expected
        assert rule.n_parameters(2) == n_parameters


def test_hard_em_of_equal_spheres_and_weights_is_k_means() -> None:
    X = two_groups(200)
    source = ArraySource(X)
    family = Gaussian(EII, np.zeros(3))
    first = em.begin(family, source, random_responsibilities(3, (3,)), EqualWeights())
    mixture: Mixture = em.fit(first, source, assignment=hard).mixture
    distances = np.square(X[:, None] - mixture.params.means).sum(axis=2)
    nearest = distances.argmin(axis=1)
    for j in range(3):
        np.testing.assert_allclose(mixture.params.means[j], X[nearest == j].mean(axis=0))
    within = distances.min(axis=1).sum() / (3 * len(X))
    np.testing.assert_allclose(mixture.params.covariances.variances, within)
