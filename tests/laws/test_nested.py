"""A mixture as a family: laws of its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats
from sklearn.datasets import load_iris

import mixtura as mx
from mixtura import em
from mixtura.errors import ModelFileError
from mixtura.families import (
    Bernoulli,
    Box,
    Categorical,
    Family,
    Gaussian,
    Nested,
    NestedParameters,
    NormalInverseWishart,
    Poisson,
    WithNoise,
)
from mixtura.families.description import Curve, Mass, Shares
from mixtura.families.gaussian.structures import EEE, VII, VVI, VVV
from mixtura.families.registry import description_kept, description_of
from mixtura.families.schema import Column, Kind, Schema
from mixtura.mixture import Mixture
from mixtura.sources import ArraySource
from mixtura.starts.given import given_labels, keeping_labels, random_responsibilities
from mixtura.stopping import fixed_length
from mixtura.testing import assert_alike, check_description, check_family

IRIS, SPECIES = load_iris(return_X_y=True)
TWO = Gaussian(VVV, np.full(4, 1e-6))


def hills(n: int = 600, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Rows of two classes of two hills each."""
    rng = np.random.default_rng(seed)
    hill = rng.choice(4, n, p=[0.4, 0.2, 0.1, 0.3])
    places = np.array([[0.0, 0.0], [0.0, 7.0], [12.0, 0.0], [12.0, 7.0]])
    return places[hill] + rng.normal(size=(n, 2)), hill


def begun(family: Family[Any, Any], X: np.ndarray, labels: np.ndarray) -> Mixture[Any, Any]:
    k = int(labels.max()) + 1
    start = keeping_labels(given_labels(np.maximum(labels, 0), k))
    return em.begin(family, ArraySource(X, labels=labels), start)


def test_samples_come_in_random_order_within_parts_too() -> None:
    X, hill = hills()
    fit = mx.FamilyMixture(Nested(Gaussian(VVV, np.full(2, 1e-6)), 2), 2, random_state=0).fit(
        X, labels=hill // 2
    )
    rows, labels = fit.sample(2000)
    inner = 2 * labels + (rows[:, 1] > 3.5)
    for each in np.split(inner, 5):
        np.testing.assert_allclose(np.bincount(each) / 400, [0.4, 0.2, 0.1, 0.3], atol=0.1)


def part_of(mixture: Mixture[Any, Any], j: int) -> Mixture[Any, Any]:
    """A component as a mixture."""
    family, params = mixture.family, mixture.params.take(np.array([j]))
    assert isinstance(family, Nested)
    return Mixture(family.family, params.parts, params.weights[0])


@pytest.mark.parametrize("family", [TWO, Gaussian(VVI, np.full(4, 1e-6)), Poisson()])
def test_with_known_components_it_is_a_fit_of_each_class(family: Family[Any, Any]) -> None:
    rows = np.round(10.0 * IRIS) if isinstance(family, Poisson) else IRIS
    X, y = rows[:130], SPECIES[:130]  # classes of 50, 50 and 30
    source = ArraySource(X, labels=y)
    first = begun(Nested(family, 2), X, y)
    together = em.fit(first, source, stopping=fixed_length(10))
    counts, heights = np.bincount(y), []
    np.testing.assert_allclose(together.mixture.weights, counts / len(y), rtol=1e-12)
    for j in range(3):
        own = ArraySource(X[y == j])
        alone = em.fit(part_of(first, j), own, stopping=fixed_length(10))
        assert_alike(
            part_of(together.mixture, j).log_density(X), alone.mixture.log_density(X), 1e-9
        )
        heights.append(alone.objective + np.log(counts[j] / len(y)))
    assert together.objective == pytest.approx(np.average(heights, weights=counts), rel=1e-10)


def test_shared_covariances_are_those_of_all_parts() -> None:
    shared = em.fit(
        begun(Nested(Gaussian(EEE, np.full(4, 1e-6)), 2), IRIS, SPECIES),
        ArraySource(IRIS, labels=SPECIES),
    ).mixture
    covariances = shared.params.parts.covariances.matrices()
    assert_alike(covariances, np.broadcast_to(covariances[:1], covariances.shape), 0.0)
    assert shared.n_parameters == 2 + 3 + 6 * 4 + 10


@pytest.mark.parametrize("family", [TWO, Bernoulli(), Poisson()])
def test_one_part_is_the_family_itself(family: Family[Any, Any]) -> None:
    X = IRIS if family is TWO else np.round(IRIS) % 2.0
    source, start = ArraySource(X), random_responsibilities(3, (1,))
    itself, nested = (
        em.fit(em.begin(each, source, start), source, stopping=fixed_length(20))
        for each in (family, Nested(family, 1))
    )
    np.testing.assert_allclose(nested.trace, itself.trace, rtol=1e-11)
    assert nested.mixture.n_parameters == itself.mixture.n_parameters


def test_the_density_is_the_sum_of_the_parts() -> None:
    parts = Poisson().of_means(np.array([[1.0], [4.0], [9.0], [0.5]]))
    weights = np.array([[0.25, 0.75], [1.0, 0.0]])
    values = np.arange(12.0)[:, None]
    mass = stats.poisson.pmf(values, [1.0, 4.0, 9.0, 0.5])
    expected = np.stack([0.25 * mass[:, 0] + 0.75 * mass[:, 1], mass[:, 2]], axis=1)
    params = NestedParameters(weights, parts)
    np.testing.assert_allclose(np.exp(Nested(Poisson(), 2).log_density(params, values)), expected)
    rows = Nested(Poisson(), 2).sample(params, np.ones(500, dtype=int), np.random.default_rng(0))
    assert rows.mean() > 8.0  # none from the part of weight 0


def test_mixtures_of_mixtures_of_mixtures() -> None:
    X, _ = hills()
    check_family(Nested(Nested(Gaussian(VII, np.full(2, 1e-6)), 2), 2), X, 2)
    family: Nested[Any, Any] = Nested(Nested(Bernoulli(), 2), 2)
    answers = (np.random.default_rng(0).random((80, 4)) < 0.4).astype(float)
    check_family(family, answers)
    schema = Schema.of("abcd", Kind.BINARY)
    check_description(description_of(family), family, answers, schema)


def test_noise_beside_components_of_several_parts() -> None:
    X, _ = hills()
    box = Box(np.array([6.0, 3.0]), np.diag([40.0, 40.0]))
    check_family(WithNoise(Nested(Gaussian(VVV, np.full(2, 1e-6)), 2), box), X, 3)


# ---------------------------------------------------------------------------------------------
# The first step


def first_parts(family: Family[Any, Any], X: np.ndarray, m: int = 2) -> NestedParameters[Any]:
    nested: Nested[Any, Any] = Nested(family, m)
    return nested.maximize(nested.statistics(None, X, np.ones((len(X), 1))), None)


def test_rows_are_first_cut_along_their_principal_axis() -> None:
    X, hill = hills()
    X = X[hill < 2]  # one above the other
    params = first_parts(Gaussian(VVV, np.full(2, 1e-6)), X)
    np.testing.assert_allclose(params.weights, [[0.5, 0.5]], atol=0.01)
    units = np.array([1e-3, 1e6])
    in_units = first_parts(Gaussian(VVV, np.full(2, 1e-6) * units**2), X * units)
    assert_alike(in_units.parts.means / units, params.parts.means, 1e-9)
    backwards = first_parts(Gaussian(VVV, np.full(2, 1e-6)), X[::-1])
    assert_alike(backwards.parts.means, params.parts.means, 1e-9)


def test_equal_rows_stay_together_and_weights_are_repetition() -> None:
    rng = np.random.default_rng(0)
    X = rng.integers(0, 3, (60, 2)).astype(float)
    nested: Nested[Any, Any] = Nested(Poisson(), 3)
    times = rng.integers(0, 4, 60)
    weighted = nested.statistics(None, X, times[:, None].astype(float))
    repeated = nested.statistics(None, X.repeat(times, axis=0), np.ones((times.sum(), 1)))
    assert_alike(weighted, repeated)
    shares = nested._cut(X, np.ones((60, 1)))[:, 0]
    for row in np.unique(X, axis=0):
        assert len(np.unique(shares[(row == X).all(axis=1)], axis=0)) == 1


def test_chunks_are_cut_alike() -> None:
    X, hill = hills(2000)
    X = X[hill < 2]
    family = Nested(Gaussian(VVV, np.full(2, 1e-6)), 2)
    everything = np.zeros(len(X), dtype=int)
    fits = [
        em.fit(em.begin(family, source, given_labels(everything, 1)), source)
        for source in (ArraySource(X), ArraySource(X, rows_per_block=100))
    ]
    assert fits[0].objective == pytest.approx(fits[1].objective, abs=1e-6)


# ---------------------------------------------------------------------------------------------
# Parts and components without rows


def test_equal_rows_are_one_part() -> None:
    params = first_parts(Bernoulli(), np.ones((5, 2)), m=3)
    np.testing.assert_array_equal(params.weights, [[1.0, 0.0, 0.0]])
    assert np.isfinite(Nested(Bernoulli(), 3).log_density(params, np.ones((1, 2)))).all()


def test_a_component_without_rows_is_a_copy_of_the_heaviest() -> None:
    X, hill = hills()
    labels = np.where(hill < 2, 2, 0)  # none of component 1
    first = em.begin(
        Nested(Gaussian(VVV, np.full(2, 1e-6)), 2), ArraySource(X), given_labels(labels, 3)
    )
    assert first.weights[1] == 0.0
    heaviest, copy = part_of(first, 2), part_of(first, 1)
    assert_alike(copy.log_density(X), heaviest.log_density(X), 0.0)
    rounds = em.fit(first, ArraySource(X), stopping=fixed_length(5))
    assert np.diff(rounds.trace).min() >= -1e-13


def test_under_a_prior_it_goes_to_the_mode() -> None:
    X, hill = hills()
    prior = NormalInverseWishart(np.zeros(2), 0.1, 6.0, np.eye(2))
    family = Nested(Gaussian(VVV, np.zeros(2), prior), 2)
    labels = np.where(hill < 2, 0, 1)
    first = em.begin(family, ArraySource(X), given_labels(labels, 3))
    at_modes = family.log_prior(first.params.take(np.array([2])))
    others = [family.log_prior(first.params.take(np.array([j]))) for j in (0, 1)]
    assert at_modes > max(others)


def test_a_known_row_that_no_part_can_reach_stays_in_its_component() -> None:
    X = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 0.0], [1.0, 1.0]])
    params = first_parts(Bernoulli(), X[:3])
    family: Nested[Any, Any] = Nested(Bernoulli(), 2)
    assert family.log_density(params, X)[3, 0] == -np.inf
    statistics = family.statistics(params, X, np.ones((4, 1)))
    assert statistics.counts.sum() == pytest.approx(4.0)


# ---------------------------------------------------------------------------------------------
# Estimators, files, descriptions


def test_classes_of_which_some_rows_are_known() -> None:
    X, hill = hills()
    truth = hill // 2
    labels = np.where(np.arange(len(X)) % 20 == 0, truth, -1)
    family = Nested(Gaussian(VVV, np.full(2, 1e-6)), 2)
    fitted = mx.FamilyMixture(family, 2, random_state=0).fit(X, labels=labels)
    assert np.mean(fitted.predict(X) == truth) > 0.99
    one = mx.GaussianMixture(2, random_state=0).fit(X, labels=labels)
    assert fitted.bic(X) < one.bic(X)
    np.testing.assert_allclose(
        np.sort(fitted.params_.weights, axis=1), [[1 / 3, 2 / 3], [1 / 4, 3 / 4]], atol=0.08
    )


@pytest.mark.parametrize(
    ("family", "X", "kind"),
    [
        (Gaussian(VVV, np.full(4, 1e-6)), IRIS, Kind.CONTINUOUS),
        (Poisson(), np.round(IRIS), Kind.COUNT),
        (Bernoulli(), np.round(IRIS) % 2.0, Kind.BINARY),
    ],
)
def test_they_are_saved_and_loaded(
    family: Family[Any, Any], X: np.ndarray, kind: Kind, tmp_path: Path
) -> None:
    fitted = mx.FamilyMixture(Nested(family, 2), 3, n_init=1, random_state=0)
    fitted.fit(X, labels=SPECIES)
    assert fitted.schema_[0].kind is kind
    mx.save(fitted, tmp_path / "nested.json")
    loaded = mx.load(tmp_path / "nested.json")
    assert isinstance(loaded, mx.FamilyMixture)
    np.testing.assert_array_equal(loaded.predict_proba(X), fitted.predict_proba(X))
    mx.save(loaded, tmp_path / "again.json")
    assert (tmp_path / "again.json").read_text() == (tmp_path / "nested.json").read_text()


@pytest.mark.parametrize(
    ("entry", "value", "words"),
    [
        ("options", {}, "'options.family' is missing"),
        ("options", {"family": "gauss", "n_parts": 2, "options": {}}, "no family 'gauss'"),
        ("options", {"family": "poisson", "n_parts": 0, "options": {}}, "options.n_parts"),
        ("options", {"family": "poisson", "n_parts": 2, "options": {"a": 1}}, "options.options.a"),
        ("options", {"family": "poisson", "n_parts": 3, "options": {}}, r"shape \(k, 3\)"),
    ],
)
def test_bad_files_are_refused(entry: str, value: Any, words: str, tmp_path: Path) -> None:
    fitted = mx.FamilyMixture(Nested(Poisson(), 2), 2, n_init=1, random_state=0)
    fitted.fit(np.round(IRIS), labels=np.minimum(SPECIES, 1))
    path = tmp_path / "nested.json"
    mx.save(fitted, path)
    path.write_text(json.dumps({**json.loads(path.read_text()), entry: value}))
    with pytest.raises(ModelFileError, match=words):
        mx.load(path)


def test_weights_that_do_not_sum_to_one_are_refused() -> None:
    arrays = {"weights": np.array([[0.5, 0.6]]), "parts.rates": np.ones((1, 2, 1))}
    options = {"family": "poisson", "n_parts": 2, "options": {}}
    with pytest.raises(ModelFileError, match=r"'arrays.weights\[0\]' sums to 1.1"):
        description_kept("nested", options).restored(options, arrays, Schema.of("a", Kind.COUNT))


def test_marginals_are_mixtures_of_the_parts() -> None:
    weights = np.array([[0.25, 0.75]])
    params = NestedParameters(weights, Poisson().of_means(np.array([[2.0], [6.0]])))
    counts = description_of(Nested(Poisson(), 2)).marginal(params, 0, Schema.of("a", Kind.COUNT))
    assert isinstance(counts, Mass)
    assert counts.mean == pytest.approx([5.0])
    assert np.square(counts.deviation) == pytest.approx([5.0 + 0.25 * 9 + 0.75 * 1])

    X, hill = hills()
    family = Nested(Gaussian(VVV, np.full(2, 1e-6)), 2)
    fitted = em.begin(family, ArraySource(X), given_labels(hill // 2, 2))
    description = description_of(family)
    height = description.marginal(fitted.params, 1, Schema.of("ab"))
    assert isinstance(height, Curve)
    expected = [X[hill // 2 == j, 1] for j in (0, 1)]
    np.testing.assert_allclose(height.mean, [rows.mean() for rows in expected])
    np.testing.assert_allclose(height.deviation, [rows.std() for rows in expected])
    spreads = description.dispersions(fitted.params, [0, 1])
    assert spreads is not None
    np.testing.assert_allclose(
        spreads, [np.cov(X[hill // 2 == j].T, bias=True) for j in (0, 1)], rtol=1e-9
    )

    levels: Nested[Any, Any] = Nested(Categorical((3,)), 2)
    codes = (np.arange(30) % 3)[:, None].astype(float)
    drinks = Schema((Column("drink", Kind.CATEGORICAL, ("coffee", "milk", "tea")),))
    found = description_of(levels).marginal(first_parts(Categorical((3,)), codes), 0, drinks)
    assert isinstance(found, Shares)
    np.testing.assert_allclose(found.probabilities, np.full((1, 3), 1 / 3))
    check_description(description_of(levels), levels, codes, drinks, k=1)
