"""What is particular of directions: the sphere, its concentrations and where they end."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import numpy as np
import pytest
from scipy import integrate, stats

import mixtura as mx
from mixtura import em
from mixtura.acceleration import Switch
from mixtura.assignments import hard
from mixtura.errors import DataError
from mixtura.explain.soundness import judge
from mixtura.families import VonMisesFisher, VonMisesFisherParameters
from mixtura.families.concentration import concentrated, concentrations, log_area
from mixtura.families.schema import Schema
from mixtura.families.tie import Tie
from mixtura.families.von_mises_fisher import (
    LARGEST_CONCENTRATION,
    VonMisesFisherDescription,
    directions,
)
from mixtura.mixing_weights import EqualWeights
from mixtura.sources import ArraySource
from mixtura.starts.given import given_labels, random_responsibilities
from mixtura.stopping import projected_gain
from mixtura.testing import check_family
from mixtura.typing import FloatArray, IntArray

FAMILY = VonMisesFisher()
SPHERE = json.loads((Path(__file__).parents[1] / "reference" / "sphere.json").read_text())
CONCENTRATIONS = [0.0, 1e-6, 0.3, 2.0, 40.0, 1e4]


def pole(d: int, kappa: float) -> VonMisesFisherParameters:
    """One component about the first axis."""
    return VonMisesFisherParameters(np.eye(d)[:1], np.array([kappa]))


def drawn(
    d: int, kappas: list[float], n: int = 200, seed: int = 0
) -> tuple[FloatArray, IntArray, VonMisesFisherParameters]:
    """Rows of any length about directions of any kind, n of each."""
    rng = np.random.default_rng(seed)
    params = VonMisesFisherParameters(
        directions(rng.normal(size=(len(kappas), d))), np.array(kappas)
    )
    labels = np.arange(len(kappas)).repeat(n)
    rows = FAMILY.sample(params, labels, rng)
    return rows * rng.uniform(0.01, 100.0, (len(rows), 1)), labels, params


# ---------------------------------------------------------------------------------------------
# The sphere


@pytest.mark.parametrize("d", sorted({row[0] for row in SPHERE["values"]}))
def test_constants_and_cosines_in_many_digits(d: int) -> None:
    for kappa, log_constant, cosine, shortfall in (
        row[1:] for row in SPHERE["values"] if row[0] == d
    ):
        there = concentrated(np.array([kappa]), d)
        actual = there.deficit[0] - log_area(d)
        assert actual == pytest.approx(float(log_constant), rel=2e-15, abs=1e-12)
        assert there.cosine[0] == pytest.approx(float(cosine), rel=5e-15)
        assert there.shortfall[0] == pytest.approx(float(shortfall), rel=2e-12)
        assert there.evenness[0] == pytest.approx(d * float(cosine) / kappa, rel=5e-15)
        again = concentrations(there.cosine, there.shortfall, d)
        assert again[0] == pytest.approx(kappa, rel=1e-9)


@pytest.mark.parametrize("d", [2, 3, 300])
def test_cosines_next_to_1_have_their_concentrations(d: int) -> None:
    shortfall = np.array([1e-9, 1e-12, 1e-15, 2e-16])
    kappa = concentrations(1.0 - shortfall, shortfall, d)
    np.testing.assert_allclose(kappa, 0.5 * (d - 1) / shortfall, rtol=1e-6)


@pytest.mark.parametrize("d", [2, 3, 10, 300])
def test_the_variance_of_the_cosine_is_its_slope(d: int) -> None:
    for kappa in (0.5, 7.0, 300.0):
        at, h = np.array([kappa]), 1e-5 * kappa
        slope = (concentrated(at + h, d).cosine - concentrated(at - h, d).cosine) / (2.0 * h)
        assert concentrated(at, d).rise[0] == pytest.approx(slope[0], rel=1e-6)


def test_densities_are_those_of_scipy() -> None:
    X = directions(np.random.default_rng(0).normal(size=(20, 3)))
    mean = directions(np.array([[1.0, -2.0, 0.5]]))
    for kappa in (0.01, 3.0, 90.0):
        actual = FAMILY.log_density(VonMisesFisherParameters(mean, np.array([kappa])), X)
        expected = stats.vonmises_fisher(mean[0], kappa).logpdf(X)
        np.testing.assert_allclose(actual[:, 0], expected, rtol=1e-11)
    assert FAMILY.log_density(pole(3, 0.0), X)[0, 0] == pytest.approx(-np.log(4.0 * np.pi))


@pytest.mark.parametrize("kappa", CONCENTRATIONS)
def test_densities_integrate_to_1(kappa: float) -> None:
    def at(angle: float) -> float:
        row = np.array([[np.cos(angle), np.sin(angle)]])
        return float(np.exp(FAMILY.log_density(pole(2, kappa), row))[0, 0])

    whole = 2.0 * integrate.quad(at, 0.0, np.pi, points=[8.0 / np.sqrt(kappa + 9.0)])[0]
    assert whole == pytest.approx(1.0, rel=1e-9)


@pytest.mark.parametrize("d", [2, 3, 50])
@pytest.mark.parametrize("kappa", [*CONCENTRATIONS, 1e9])
def test_samples_have_the_moments(d: int, kappa: float) -> None:
    n, params = 20_000, pole(d, kappa)
    rows = FAMILY.sample(params, np.zeros(n, dtype=np.intp), np.random.default_rng(0))
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, rtol=1e-14)
    there = params.concentrated
    across = rows[:, 1]
    even = there.evenness[0] / d
    assert np.abs(across.mean()) <= 5.0 * np.sqrt(even / n)
    assert np.square(across).mean() == pytest.approx(even, rel=0.1)
    short = 0.5 * np.square(rows - params.directions).sum(axis=1)
    error = 5.0 * short.std() / np.sqrt(n)
    assert np.abs(short.mean() - there.shortfall[0]) <= error
    covariance = VonMisesFisherDescription().dispersions(params, [0, 1])[0]
    np.testing.assert_allclose(np.cov(rows[:, :2].T), covariance, atol=0.06 * covariance.max())


# ---------------------------------------------------------------------------------------------
# Invariance


def test_lengths_do_not_matter() -> None:
    X, _, _ = drawn(4, [9.0, 30.0])
    fits = [
        mx.VonMisesFisherMixture(2, random_state=0).fit(rows)
        for rows in (X, directions(X), 1e-60 * X, 1e60 * X)
    ]
    for fit in fits[1:]:
        assert fit.log_likelihood_ == pytest.approx(fits[0].log_likelihood_, rel=1e-12)
        np.testing.assert_allclose(fit.concentrations_, fits[0].concentrations_, rtol=1e-9)
    extremes = directions(np.array([[1e-320, 0.0], [1e308, 1e308], [-1e-300, 1e300]]))
    np.testing.assert_allclose(extremes, [[1.0, 0.0], [0.5**0.5, 0.5**0.5], [0.0, 1.0]], rtol=1e-15)
    near = mx.VonMisesFisherMixture(2, random_state=0).fit(X.astype(np.float32))
    np.testing.assert_allclose(near.concentrations_, fits[0].concentrations_, rtol=1e-4)


@pytest.mark.parametrize("tie", [Tie.OWN, Tie.SHARED])
def test_no_direction_is_preferred(tie: Tie) -> None:
    X, _, _ = drawn(5, [3.0, 30.0, 9.0])
    turn = np.linalg.qr(np.random.default_rng(1).normal(size=(5, 5)))[0]
    start, family = random_responsibilities(3, (0,)), VonMisesFisher(tie)
    fits = []
    for rows in (X, X @ turn):
        source = ArraySource(rows)
        fits.append(em.fit(em.begin(family, source, start), source, update_rule=Switch()))
    assert fits[0].objective == pytest.approx(fits[1].objective, rel=1e-11)
    means = [fit.mixture.params.directions for fit in fits]
    np.testing.assert_allclose(means[0] @ turn, means[1], atol=1e-5)


# ---------------------------------------------------------------------------------------------
# The M-step, and fits


def test_one_component_has_the_mean_direction_and_the_mean_cosine() -> None:
    X, _, _ = drawn(6, [12.0])
    unit = directions(X)
    fit = mx.VonMisesFisherMixture(1).fit(X)
    mean = unit.mean(axis=0)
    np.testing.assert_allclose(fit.mean_directions_[0], mean / np.linalg.norm(mean), rtol=1e-12)
    there = concentrated(fit.concentrations_, 6)
    assert there.cosine[0] == pytest.approx(np.linalg.norm(mean), rel=1e-14)


def test_shared_concentrations_are_the_likeliest_ones() -> None:
    X, labels, _ = drawn(3, [4.0, 50.0])
    resp = np.eye(2)[labels]
    family = VonMisesFisher(Tie.SHARED)
    params = family.maximize(family.statistics(None, X, resp), None)
    assert params.concentrations[0] == params.concentrations[1]

    def height(kappa: float) -> float:
        there = VonMisesFisherParameters(params.directions, np.full(2, kappa))
        return float((resp * family.log_density(there, X)).sum())

    best = height(params.concentrations[0])
    assert best > max(height(f * params.concentrations[0]) for f in (0.99, 1.01))
    assert (family.n_parameters(2, 3), FAMILY.n_parameters(2, 3)) == (5, 6)


def test_spherical_k_means_is_the_hard_limit() -> None:
    X, _, _ = drawn(4, [9.0, 9.0, 9.0])
    unit, source = directions(X), ArraySource(X)
    labels = np.random.default_rng(3).integers(0, 3, len(X))
    family = VonMisesFisher(Tie.SHARED)
    first = em.begin(family, source, given_labels(labels, 3), EqualWeights())
    fit = em.fit(first, source, assignment=hard, stopping=projected_gain(0.0, 500))
    for _ in range(500):
        sums = np.stack([unit[labels == j].sum(axis=0) for j in range(3)])
        centers = sums / np.linalg.norm(sums, axis=1, keepdims=True)
        labels = (unit @ centers.T).argmax(axis=1)
    np.testing.assert_array_equal(fit.mixture.responsibilities(X).argmax(axis=1), labels)
    np.testing.assert_allclose(fit.mixture.params.directions, centers, atol=1e-12)


@pytest.mark.parametrize("d", [2, 3, 300])
def test_a_mixture_is_found_again(d: int) -> None:
    kappas = [20.0 * d, 40.0 * d, 10.0 * d]
    X, labels, truth = drawn(d, kappas, n=400, seed=2)
    fit = mx.VonMisesFisherMixture(3, random_state=0).fit(X.astype(np.float32))
    assert fit.converged_
    assert fit.spurious_ == ()
    nearest = (truth.directions @ fit.mean_directions_.T).argmax(axis=1)
    np.testing.assert_array_equal(np.sort(nearest), np.arange(3))
    assert (fit.predict(X.astype(np.float32)) == nearest[labels]).mean() > 0.95
    np.testing.assert_allclose(fit.concentrations_[nearest], kappas, rtol=0.15)


@pytest.mark.parametrize("tie", [Tie.OWN, Tie.SHARED])
def test_slow_fits_need_fewer_passes(tie: Tie) -> None:
    rng = np.random.default_rng(0)
    truth = VonMisesFisherParameters(
        directions(np.array([[1.0, 0, 0], [1.0, 1, 0]])), np.full(2, 4.0)
    )
    X = FAMILY.sample(truth, np.repeat([0, 1], 300), rng)
    source, rule = ArraySource(X), projected_gain(1e-9, 20_000)
    first = em.begin(VonMisesFisher(tie), source, random_responsibilities(2, (5,)))
    plain = em.fit(first, source, stopping=rule)
    fast = em.fit(first, source, update_rule=Switch(), stopping=rule)
    assert plain.n_iter > 100
    assert fast.n_iter < plain.n_iter / 2
    assert fast.objective >= plain.objective - 1e-8
    assert (np.diff(fast.trace) >= -1e-13).all()


@pytest.mark.parametrize(("d", "kappa"), [(2, 5.0), (3, 1000.0), (50, 300.0)])
def test_laws_hold_on_any_sphere(d: int, kappa: float) -> None:
    X, _, _ = drawn(d, [kappa, 2.0 * kappa], n=40)
    for k in (1, 2, 3):
        check_family(FAMILY, X, k, seed=k)


# ---------------------------------------------------------------------------------------------
# Where concentrations end


def test_opposite_rows_have_no_direction() -> None:
    X = np.array([[0.0, 2.0], [0.0, -3.0]])
    params = FAMILY.maximize(FAMILY.statistics(None, X, np.ones((2, 1))), None)
    assert params.concentrations.tolist() == [0.0]
    np.testing.assert_allclose(FAMILY.log_density(params, X), -np.log(2.0 * np.pi), rtol=1e-14)
    assert FAMILY.coordinates(params, 1.0) is None


def test_rows_that_point_the_same_way_are_told() -> None:
    X, _, _ = drawn(3, [5.0], n=60)
    X = np.vstack([X, np.arange(1.0, 21.0)[:, None] * [1.0, 2.0, 3.0]])
    source = ArraySource(X)
    first = em.begin(FAMILY, source, given_labels(np.repeat([0, 1], [60, 20]), 2))
    fit = em.fit(first, source)
    assert fit.status.converged
    assert fit.mixture.params.concentrations[1] == LARGEST_CONCENTRATION
    assert judge(fit.mixture, source, np.zeros(3)).upheld == (1,)
    assert FAMILY.coordinates(fit.mixture.params, 1.0) is None
    start = np.repeat([0, 1], [60, 20])
    with pytest.warns(mx.DataWarning, match="point the same way.*concentration='shared'"):
        mx.VonMisesFisherMixture(2, init_params=start, n_init=1).fit(X)


def test_narrow_components_are_no_accident() -> None:
    X, labels, truth = drawn(3, [1e7, 1e8], n=100)
    fit = mx.VonMisesFisherMixture(2, random_state=0).fit(X)
    np.testing.assert_allclose(np.sort(fit.concentrations_), truth.concentrations, rtol=0.4)
    assert (np.diff(fit.trace_) >= -1e-9).all()
    assert len(np.unique(fit.predict(X)[labels == 0])) == 1


@pytest.mark.parametrize(
    "rows",
    [
        [[1.0, 2.0]],
        [[1.0, 2.0]] * 5,
        [[1.0, 0.0], [0.0, 1.0]],
        [[5.0, 0.0], [7.0, 0.0], [-1.0, 0.0]],
        [[1e-60, 0.0], [1e60, 1e60], [-1e-60, 1e60]],
        [[1.0, 1.0, 0.0], [2.0, 1.0, 0.0], [1.0, 3.0, 0.0]],
    ],
    ids=str,
)
def test_odd_tables(rows: list[list[float]]) -> None:
    for k in range(1, min(3, len(rows)) + 1):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fit = mx.VonMisesFisherMixture(k, random_state=0).fit(np.array(rows))
        assert np.isfinite(fit.log_likelihood_)
        assert np.isfinite(fit.predict_proba(np.array(rows))).all()


def test_what_has_no_direction_is_an_error() -> None:
    X = np.array([[1.0, 2.0], [0.0, 0.0], [3.0, 1.0]])
    with pytest.raises(DataError, match=r"has 0 in row 1: a row of zeros only has no direction"):
        mx.VonMisesFisherMixture(1).fit(X)
    with pytest.raises(DataError, match="1 column, 0; expected 2 or more"):
        mx.VonMisesFisherMixture(1).fit(X[:, :1])
    with pytest.raises(ValueError, match="concentration='none' is unknown"):
        mx.VonMisesFisherMixture(1, concentration="none").fit(X[[0, 2]])


def test_files_know_the_tie() -> None:
    description, schema = VonMisesFisherDescription(), Schema.of("ab")
    family = VonMisesFisher(Tie.SHARED)
    assert description.options(family) == {"concentration": "shared"}
    arrays = {"directions": np.eye(2), "concentrations": np.array([2.0, 3.0])}
    for options, bad, entry in (
        ({"concentration": "both"}, arrays, "options.concentration"),
        ({"concentration": "shared"}, arrays, r"concentrations\[1\]' is 3"),
        ({"concentration": "each"}, {**arrays, "directions": 2.0 * np.eye(2)}, "directions"),
        (
            {"concentration": "each"},
            {**arrays, "directions": np.full((2, 2), 0.5)},
            r"directions\[0\]' has length 0.70",
        ),
        (
            {"concentration": "each"},
            {**arrays, "concentrations": np.array([1.0, -1.0])},
            r"concentrations\[1\]' is -1",
        ),
    ):
        with pytest.raises(mx.ModelFileError, match=entry):
            description.restored(options, bad, schema)
