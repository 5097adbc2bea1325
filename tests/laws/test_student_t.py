"""What is the Student t family's own: densities, degrees of freedom, tails and edges."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import special, stats

import mixtura as mx
from mixtura import em
from mixtura.acceleration import Switch
from mixtura.assignments import hard
from mixtura.errors import MixturaError, ModelFileError
from mixtura.estimators.registry import search_grid
from mixtura.families import Gaussian, GaussianParameters, StudentT, StudentTParameters
from mixtura.families.description import Curve
from mixtura.families.gaussian.structures import (
    EEE,
    EEI,
    STRUCTURES,
    VEV,
    VII,
    VVV,
    AxisCovariances,
    DenseCovariances,
)
from mixtura.families.registry import description_named
from mixtura.families.schema import Schema
from mixtura.families.student_t.binet import binet, digamma_gap, trigamma_gap
from mixtura.families.student_t.degrees_of_freedom import FAR, LARGEST, SMALLEST, likeliest
from mixtura.families.tie import Tie
from mixtura.mixture import Mixture
from mixtura.sources import ArraySource
from mixtura.starts.given import given_labels
from mixtura.stopping import fixed_length, projected_gain
from mixtura.testing import assert_alike

DOF = [SMALLEST, 0.7, 1.0, 2.5, 4.0, 30.0, 1e4]


def random_scales(rng: np.random.Generator, k: int, d: int) -> DenseCovariances:
    root = rng.normal(size=(k, d, d))
    return DenseCovariances.of(root @ root.transpose(0, 2, 1) + np.eye(d))


def heavy(rng: np.random.Generator, n: int, d: int, dof: float) -> np.ndarray:
    return rng.normal(size=(n, d)) / np.sqrt(rng.chisquare(dof, size=(n, 1)) / dof)


# ---------------------------------------------------------------------------------------------
# Densities


def test_binet_and_its_derivatives() -> None:
    x = np.array([0.05, 0.3, 1.0, 2.5, 9.0, 11.0, 40.0])
    stirling = (x - 0.5) * np.log(x) - x + 0.5 * np.log(2.0 * np.pi)
    np.testing.assert_allclose(binet(x), special.gammaln(x) - stirling, atol=2e-14)
    np.testing.assert_allclose(digamma_gap(x), np.log(x) - special.digamma(x), rtol=1e-13)
    trigamma = x * (x * special.polygamma(1, x) - 1.0)
    np.testing.assert_allclose(trigamma_gap(x), trigamma, rtol=1e-12)
    far = np.array([1e6, 1e12])
    np.testing.assert_allclose(digamma_gap(far), 0.5 / far + 1.0 / (12.0 * far**2), rtol=1e-15)
    np.testing.assert_allclose(binet(far), 1.0 / (12.0 * far), atol=1e-15)
    np.testing.assert_allclose(trigamma_gap(far), 0.5 + 1.0 / (6.0 * far), rtol=1e-15)


@pytest.mark.parametrize("d", [1, 2, 5, 20])
def test_densities_are_those_of_scipy(d: int) -> None:
    rng = np.random.default_rng(d)
    k = len(DOF)
    params = StudentTParameters(rng.normal(size=(k, d)), random_scales(rng, k, d), np.array(DOF))
    X = 5.0 * heavy(rng, 50, d, 1.0)
    actual = StudentT(VVV, np.zeros(d)).log_density(params, X)
    for j, dof in enumerate(DOF):
        theirs = stats.multivariate_t(params.locations[j], params.scales.dense[j], dof)
        np.testing.assert_allclose(actual[:, j], theirs.logpdf(X), rtol=1e-10)


@pytest.mark.parametrize("d", [1, 3, 12])
def test_the_most_degrees_of_freedom_are_gaussian(d: int) -> None:
    rng = np.random.default_rng(d)
    normal = GaussianParameters(rng.normal(size=(2, d)), random_scales(rng, 2, d))
    params = StudentTParameters.of(normal, np.full(2, LARGEST))
    X = 3.0 * rng.normal(size=(100, d))
    family, gaussian = StudentT(VVV, np.zeros(d)), Gaussian(VVV, np.zeros(d))
    expected = gaussian.log_density(normal, X)
    np.testing.assert_allclose(family.log_density(params, X), expected, rtol=1e-13)
    resp = rng.random((100, 2))
    sums = family.statistics(params, X, resp)
    moments = gaussian.statistics(normal, X, resp)
    assert_alike(sums.moments, moments, 1e-13)
    np.testing.assert_allclose(sums.normal, 0.0, atol=1e-11)


def test_densities_nearly_gaussian_lose_no_digits() -> None:
    """The difference to a Gaussian density is ((delta - d)^2 - 2 d) / 4 nu, and keeps its sign."""
    normal = GaussianParameters(np.zeros((1, 2)), DenseCovariances.of(np.eye(2)[None]))
    family, X = StudentT(VVV, np.zeros(2)), np.array([[0.0, 0.0], [1.0, 1.0], [3.0, 4.0]])
    for dof in (1e6, 1e8):
        params = StudentTParameters.of(normal, np.array([dof]))
        sums = [family.statistics(params, row[None], np.ones((1, 1))).normal[0] for row in X]
        delta = np.square(X).sum(axis=1)
        first = (4.0 - np.square(delta - 2.0)) / (4.0 * dof)
        np.testing.assert_allclose(sums, first, rtol=1e3 / dof, atol=3e-16 / dof * 1e8)


def test_no_row_is_out_of_reach() -> None:
    params = StudentTParameters(
        np.zeros((2, 2)), AxisCovariances(np.ones((2, 2))), np.array([1.0, LARGEST])
    )
    mixture = Mixture(StudentT(VII, np.zeros(2)), params, np.array([0.5, 0.5]))
    X = np.array([[1e200, 0.0], [0.0, -1e160], [1e5, 0.0]])
    assert np.isfinite(mixture.log_density(X)).all()
    np.testing.assert_allclose(mixture.responsibilities(X), [[1.0, 0.0]] * 3)
    resp = np.ones((3, 2))
    sums = mixture.family.statistics(params, X[2:], resp[2:])
    assert np.isfinite(sums.tails).all()


# ---------------------------------------------------------------------------------------------
# Degrees of freedom


def test_the_step_solves_its_equation() -> None:
    rows = np.full(40, 7.0)
    tails = -7.0 * np.geomspace(1e-14, 30.0, 40)
    dof = likeliest(np.full(40, 3.0), rows, tails)
    inner = (dof > SMALLEST) & (dof < LARGEST)
    gap = digamma_gap(0.5 * dof)
    np.testing.assert_allclose(gap[inner], -tails[inner] / rows[inner], rtol=1e-12)
    assert (np.diff(dof) <= 0.0).all()
    assert dof[-1] == SMALLEST
    assert inner.sum() > 30


@pytest.mark.parametrize("structure", STRUCTURES, ids=str)
@pytest.mark.parametrize("tie", [Tie.OWN, Tie.SHARED])
def test_every_structure_rises_to_a_maximum(structure: Any, tie: Tie) -> None:
    rng = np.random.default_rng(1)
    X = heavy(rng, 300, 3, 4.0) * [1.0, 2.0, 3.0]
    X[100:] += 4.0
    source, family = ArraySource(X), StudentT(structure, np.zeros(3), tie)
    first = em.begin(family, source, given_labels((np.arange(300) >= 100).astype(np.intp), 2))
    accelerated = em.fit(first, source, update_rule=Switch(20), stopping=projected_gain(1e-9, 500))
    plain = em.fit(first, source, stopping=fixed_length(200))
    assert accelerated.status.converged
    assert accelerated.objective >= plain.objective - 1e-8
    for fit in (accelerated, plain):
        assert (np.diff(fit.trace) >= -1e-13 * np.abs(fit.trace[0])).all()


@pytest.mark.parametrize("rule", [Switch(20), Switch(10**6)], ids=["accelerated", "plain"])
@pytest.mark.parametrize("tie", [Tie.OWN, Tie.SHARED])
def test_without_tails_a_component_becomes_gaussian(rule: Any, tie: Tie) -> None:
    rng = np.random.default_rng(2)
    X = rng.uniform(-1.0, 1.0, size=(200, 2))  # tails lighter than any
    X[:80] += 6.0
    source, labels = ArraySource(X), (np.arange(200) < 80).astype(np.intp)
    first = em.begin(StudentT(VVV, np.zeros(2), tie), source, given_labels(labels, 2))
    fit = em.fit(first, source, update_rule=rule)
    assert fit.status.converged
    assert fit.n_iter < 300
    assert fit.mixture.params.dof.tolist() == [LARGEST, LARGEST]
    assert (np.diff(fit.trace) >= -1e-13).all()
    gaussian = em.begin(Gaussian(VVV, np.zeros(2)), source, given_labels(labels, 2))
    limit = em.fit(gaussian, source)
    np.testing.assert_allclose(fit.objective, limit.objective, rtol=1e-7)
    # It stays there.
    again = fit.mixture.maximize(em.e_step(fit.mixture, source))
    assert again.params.dof.tolist() == [LARGEST, LARGEST]


def test_a_component_with_tails_does_not() -> None:
    """However many degrees of freedom: here the likeliest are some hundred."""
    rng = np.random.default_rng(7)
    X = heavy(rng, 40_000, 2, 150.0)
    source = ArraySource(X)
    first = em.begin(StudentT(VVV, np.zeros(2)), source, given_labels(np.zeros(40_000, int), 1))
    fit = em.fit(first, source, update_rule=Switch(20), stopping=projected_gain(1e-11, 1000))
    dof = fit.mixture.params.dof[0]
    assert FAR < dof < 1000.0
    others = [
        em.e_step(Mixture(fit.mixture.family, other, np.ones(1)), source).objective
        for other in (
            StudentTParameters.of(fit.mixture.params.normal, np.array([nu]))
            for nu in (0.8 * dof, dof, 1.25 * dof, LARGEST)
        )
    ]
    assert np.argmax(others) == 1


def test_given_ones_stay() -> None:
    rng = np.random.default_rng(3)
    X = heavy(rng, 100, 2, 3.0)
    family = StudentT(EEI, np.zeros(2), 5.0)
    first = em.begin(family, ArraySource(X), given_labels(np.arange(100) % 2, 2))
    assert em.fit(first, ArraySource(X)).mixture.params.dof.tolist() == [5.0, 5.0]
    assert family.n_parameters(2, 2) == Gaussian(EEI, np.zeros(2)).n_parameters(2, 2)
    assert StudentT(EEI, np.zeros(2)).n_parameters(2, 2) == family.n_parameters(2, 2) + 2
    shared = StudentT(EEI, np.zeros(2), Tie.SHARED)
    assert shared.n_parameters(2, 2) == family.n_parameters(2, 2) + 1


@pytest.mark.parametrize("structure", [VVV, EEE, EEI, VEV], ids=str)
def test_very_many_given_ones_are_a_gaussian_mixture(structure: Any) -> None:
    rng = np.random.default_rng(4)
    X, labels = rng.normal(size=(150, 3)), np.arange(150) % 3
    X += 2.5 * labels[:, None]
    source, start = ArraySource(X), given_labels(labels, 3)
    traces = [
        em.fit(em.begin(family, source, start), source, stopping=fixed_length(30)).trace
        for family in (StudentT(structure, np.zeros(3), LARGEST), Gaussian(structure, np.zeros(3)))
    ]
    np.testing.assert_allclose(*traces, rtol=1e-12)


def test_hard_assignments_never_fall() -> None:
    rng = np.random.default_rng(5)
    X = heavy(rng, 200, 2, 2.0)
    X[:90] += 5.0
    first = em.begin(
        StudentT(VVV, np.zeros(2)), ArraySource(X), given_labels(np.arange(200) % 2, 2)
    )
    fit = em.fit(first, ArraySource(X), assignment=hard)
    assert (np.diff(fit.trace) >= -1e-13 * np.abs(fit.trace[0])).all()


# ---------------------------------------------------------------------------------------------
# What people want of it


def test_what_was_sampled_is_recovered() -> None:
    rng = np.random.default_rng(6)
    params = StudentTParameters(
        np.array([[0.0, 0.0], [8.0, 3.0]]),
        DenseCovariances.of(np.array([[[1.0, 0.5], [0.5, 2.0]], [[2.0, -0.8], [-0.8, 1.0]]])),
        np.array([3.0, 8.0]),
    )
    truth = Mixture(StudentT(VVV, np.zeros(2)), params, np.array([0.6, 0.4]))
    X, _ = truth.sample(20_000, rng)
    fit = mx.StudentTMixture(2, random_state=0).fit(X)
    assert fit.converged_
    np.testing.assert_allclose(fit.weights_, [0.6, 0.4], atol=0.02)
    np.testing.assert_allclose(fit.locations_, params.locations, atol=0.08)
    np.testing.assert_allclose(fit.scales_, params.scales.dense, atol=0.12)
    np.testing.assert_allclose(fit.dof_, [3.0, 8.0], rtol=0.2)
    ratio = fit.dof_ / (fit.dof_ - 2.0)
    np.testing.assert_allclose(fit.covariances_, ratio[:, None, None] * fit.scales_, rtol=1e-14)
    gaussian = mx.GaussianMixture(2, random_state=0).fit(X)
    assert fit.bic(X) < gaussian.bic(X) - 1000.0


def test_rows_far_out_do_not_pull_it_along() -> None:
    rng = np.random.default_rng(8)
    clean = np.concatenate(
        [rng.normal(size=(150, 2)), np.array([8.0, 0.0]) + rng.normal(size=(100, 2))]
    )
    strewn = rng.uniform(-60.0, 60.0, size=(12, 2))
    X = np.concatenate([clean, strewn])
    robust = mx.StudentTMixture(2, random_state=0).fit(X)
    centers = np.array([clean[:150].mean(axis=0), clean[150:].mean(axis=0)])
    np.testing.assert_allclose(robust.locations_, centers, atol=0.2)
    agrees = robust.predict(clean) == (np.arange(250) >= 150)
    assert agrees.mean() > 0.99
    gaussian = mx.GaussianMixture(2, random_state=0).fit(X)
    assert np.abs(np.sort(gaussian.means_[:, 0]) - np.sort(centers[:, 0])).max() > 1.0


def test_units_do_not_matter() -> None:
    rng = np.random.default_rng(9)
    X = heavy(rng, 120, 2, 3.0)
    X[:50] += 6.0
    labels = (np.arange(120) < 50).astype(int)

    def fitted(unit: float, offset: float) -> mx.StudentTMixture:
        rows = unit * (X + offset)
        return mx.StudentTMixture(2, init_params=labels, acceleration=None, tol=1e-12).fit(rows)

    plain = fitted(1.0, 0.0)
    for unit in (1e-60, 1e-3, 1e60):
        other = fitted(unit, 0.0)
        np.testing.assert_allclose(other.locations_ / unit, plain.locations_, atol=1e-5)
        np.testing.assert_allclose(other.dof_, plain.dof_, rtol=1e-4)
    np.testing.assert_allclose(fitted(1.0, 1e6).dof_, plain.dof_, rtol=1e-4)


# ---------------------------------------------------------------------------------------------
# Edges


@pytest.mark.filterwarnings("ignore::mixtura.DataWarning")
def test_equal_rows_are_held_and_told() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(100, 3))
    X[:40] = 1.0
    fit = mx.StudentTMixture(2, random_state=0).fit(X)
    assert fit.converged_
    assert fit.collapsed_ == (1,)
    assert fit.dof_[1] == SMALLEST
    assert np.isfinite(fit.log_likelihood_)


def test_the_fewest_degrees_of_freedom_are_owed() -> None:
    """Rows in one place, and some far away, with a floor that is below both."""
    rng = np.random.default_rng(1)
    X = np.concatenate([1e-3 * rng.normal(size=(60, 3)), 1e12 * rng.normal(size=(30, 3))])
    family, source = StudentT(VVV, np.full(3, 1e-12)), ArraySource(X)
    fit = em.fit(em.begin(family, source, given_labels(np.zeros(90, int), 1)), source)
    assert fit.mixture.params.dof.tolist() == [SMALLEST]
    sums = em.e_step(fit.mixture, source).statistics
    owed = family.upheld(fit.mixture.params, np.zeros(3), lambda: sums)
    assert owed[0] > 1.0
    given = StudentT(VVV, np.full(3, 1e-12), SMALLEST)
    assert not given.upheld(fit.mixture.params, np.zeros(3), lambda: sums).any()


@pytest.mark.filterwarnings("ignore::mixtura.DataWarning")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag", "spherical", "VEE", "EVE"])
@pytest.mark.parametrize(
    "table",
    ["a constant column", "copies", "all equal", "two rows", "few values"],
)
def test_degenerate_tables_give_a_model(covariance_type: str, table: str) -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 3))
    if table == "a constant column":
        X[:, 1] = 5.0
    if table == "copies":
        X[:, 2] = X[:, 1]
    if table == "all equal":
        X[:] = 3.0
    if table == "two rows":
        X = X[:2]
    if table == "few values":
        X = np.round(X)
    fit = mx.StudentTMixture(
        2, covariance_type=covariance_type, random_state=0, n_init=2, max_iter=60
    ).fit(X)
    np.testing.assert_allclose(fit.predict_proba(X).sum(axis=1), 1.0, rtol=1e-12)
    assert np.isfinite([fit.log_likelihood_, *fit.trace_, *fit.dof_]).all()
    assert np.isfinite(fit.locations_).all()


@pytest.mark.filterwarnings("ignore::mixtura.DataWarning")
def test_names_of_one_column_and_of_more() -> None:
    X = heavy(np.random.default_rng(3), 200, 1, 4.0)
    X[:80] += 15.0
    estimator = mx.StudentTMixture(n_init=1)
    grid = {"n_components": [1, 2], "covariance_type": ["E", "V"]}
    search = mx.MixtureSearch(estimator, grid, random_state=0).fit(X)
    assert search.best_params_["n_components"] == 2
    assert search_grid(estimator, Schema.of("a"), {})["covariance_type"] == ("E", "V")
    assert len(search_grid(estimator, Schema.of("ab"), {})["covariance_type"]) == 14
    with pytest.raises(MixturaError, match="covariance_type='E' is for one column"):
        mx.StudentTMixture(covariance_type="E").fit(np.ones((5, 2)))


@pytest.mark.parametrize("dof", ["both", 0.01, np.inf, True, None])
def test_degrees_of_freedom_that_there_are_not(dof: Any) -> None:
    with pytest.raises(MixturaError, match="Invalid value for 'dof'"):
        mx.StudentTMixture(dof=dof).fit(np.zeros((5, 2)))


# ---------------------------------------------------------------------------------------------
# Descriptions


def test_what_is_told_of_heavy_tails() -> None:
    description, schema = description_named("student_t"), Schema.of("ab")
    params = StudentTParameters(
        np.zeros((3, 2)), AxisCovariances(np.full((3, 2), 4.0)), np.array([0.5, 2.0, 4.0])
    )
    marginal = description.marginal(params, 1, schema)
    assert isinstance(marginal, Curve)
    assert marginal.deviation.tolist() == [np.inf, np.inf, pytest.approx(np.sqrt(8.0))]
    theirs = stats.t([[0.5], [2.0], [4.0]], scale=2.0).pdf(marginal.values)
    np.testing.assert_allclose(marginal.densities, theirs, rtol=1e-10)
    drawn = description.dispersions(params, [0, 1])
    assert drawn is not None
    np.testing.assert_allclose(drawn[:, 0, 0], [4.0, 4.0, 8.0])
    assert np.isnan(params.covariances[:2]).all()
    told = description.restraints(StudentT(VVV, np.zeros(2), Tie.SHARED))
    assert told == (("Degrees of freedom", "the same for all components"),)
    assert description.restraints(StudentT(VVV, np.zeros(2))) == ()


@pytest.mark.parametrize(
    ("dof", "array", "words"),
    [
        ("each", [3.0, 0.01], r"arrays.dof\[1\]"),
        ("each", [1e17, 3.0], r"arrays.dof\[0\]"),
        ("shared", [3.0, 4.0], r"arrays.dof\[1\].*as that of all components"),
        (5.0, [5.0, 4.0], r"arrays.dof\[1\]"),
        ("none", [3.0, 3.0], "options.dof"),
        (0.0, [3.0, 3.0], "options.dof"),
    ],
)
def test_files_that_say_other_things(dof: Any, array: list[float], words: str) -> None:
    options = {"structure": "VII", "floor": [0.0, 0.0], "dof": dof}
    arrays = {"locations": np.zeros((2, 2)), "scales": np.ones((2, 2)), "dof": np.array(array)}
    with pytest.raises(ModelFileError, match=words):
        description_named("student_t").restored(options, arrays, Schema.of("ab"))
