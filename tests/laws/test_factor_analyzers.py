"""Factor analyzers: densities, rotations, edges, and what other programs find."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from scipy.stats import multivariate_normal, ortho_group
from sklearn.datasets import load_breast_cancer, load_wine
from sklearn.decomposition import FactorAnalysis
from sklearn.metrics import adjusted_rand_score

import mixtura as mx
from mixtura import em
from mixtura.acceleration import Switch
from mixtura.errors import DegenerateError
from mixtura.families import FactorAnalyzers, FactorParameters, Gaussian
from mixtura.families.factor_analyzers.description import FactorDescription
from mixtura.families.factor_analyzers.sketch import directions, principal_factors
from mixtura.families.factor_analyzers.statistics import FactorMoments
from mixtura.families.gaussian.structures import EEI, VVI, Structure
from mixtura.families.schema import Schema
from mixtura.families.tie import Tie
from mixtura.sources import ArraySource
from mixtura.starts.given import given_labels, random_responsibilities
from mixtura.stopping import fixed_length, projected_gain
from mixtura.testing import assert_alike
from mixtura.typing import FloatArray, IntArray
from records import along_factors

pytestmark = pytest.mark.filterwarnings(
    "ignore::mixtura.DataWarning", "ignore::sklearn.exceptions.ConvergenceWarning"
)


def planted(
    n: int, d: int, q: int, k: int, apart: float = 1.0, seed: int = 0
) -> tuple[FloatArray, IntArray]:
    """Rows of k factor analyzers, and the component of each."""
    rng = np.random.default_rng(seed)
    group, loadings = np.arange(n) % k, rng.normal(size=(k, d, q))
    means, deviations = apart * rng.normal(size=(k, d)), rng.uniform(0.5, 1.5, (k, d))
    X = means[group] + deviations[group] * rng.normal(size=(n, d))
    X += np.einsum("ndq,nq->nd", loadings[group], rng.normal(size=(n, q)))
    return X, group


def family_of(X: FloatArray, q: int, share: float = 1e-6, tie: Tie = Tie.OWN) -> FactorAnalyzers:
    return FactorAnalyzers(q, share * X.var(axis=0), X.std(axis=0), tie)


def some_parameters(k: int, d: int, q: int, seed: int = 0) -> FactorParameters:
    rng = np.random.default_rng(seed)
    return FactorParameters(
        rng.normal(size=(k, d)), rng.normal(size=(k, d, q)), rng.uniform(0.1, 2.0, (k, d))
    )


# ---------------------------------------------------------------------------------------------
# Densities


@pytest.mark.parametrize(("d", "q"), [(1, 0), (1, 1), (4, 0), (5, 2), (30, 4), (3, 3)])
def test_densities_are_those_of_the_matrices_written_out(d: int, q: int) -> None:
    params = some_parameters(3, d, q)
    X = 3.0 * np.random.default_rng(1).normal(size=(20, d))
    dense = [
        multivariate_normal(mean, matrix, allow_singular=False).logpdf(X)
        for mean, matrix in zip(params.means, params.matrices(), strict=True)
    ]
    family = FactorAnalyzers(q, np.zeros(d), np.ones(d))
    np.testing.assert_allclose(family.log_density(params, X), np.transpose(dense), rtol=1e-12)


def test_densities_keep_their_digits_far_out_and_where_uniquenesses_nearly_vanish() -> None:
    params = some_parameters(2, 6, 2)
    own = params.uniquenesses.copy()
    own[:, :2] = 1e-9  # two columns are the factors
    narrow = FactorParameters(params.means, params.loadings, own)
    family = FactorAnalyzers(2, np.zeros(6), np.ones(6))
    rows = family.sample(narrow, np.repeat([0, 1], 50), np.random.default_rng(0))
    near = family.log_density(narrow, rows)
    far = FactorParameters(narrow.means + 2.0**20, narrow.loadings, own)
    np.testing.assert_allclose(family.log_density(far, rows + 2.0**20), near, rtol=1e-6)
    precise = np.linalg.inv(narrow.matrices())  # of condition 1e10
    apart = rows[:50] - narrow.means[0]
    squared = np.einsum("na,ab,nb->n", apart, precise[0], apart)
    np.testing.assert_allclose(narrow.squared_distances(rows[:50])[:, 0], squared, rtol=1e-4)
    with np.errstate(all="raise"):
        assert np.isneginf(family.log_density(narrow, np.full((1, 6), 1e200))).all()


def test_rotating_the_factors_changes_nothing_that_is_seen() -> None:
    params, X = some_parameters(2, 6, 3), along_factors(d=6)
    turn = ortho_group(3, seed=0).rvs(2)
    turned = FactorParameters(params.means, params.loadings @ turn, params.uniquenesses)
    family = family_of(X, 3)
    assert_alike(family.log_density(turned, X), family.log_density(params, X), 1e-12)
    resp = np.random.default_rng(0).dirichlet(np.ones(2), len(X))
    one, other = (family.maximize(family.statistics(p, X, resp), p) for p in (params, turned))
    assert_alike(other.loadings, one.loadings @ turn, 1e-10, "the M-step turns along")
    assert_alike(other.uniquenesses, one.uniquenesses, 1e-10)
    description, schema = FactorDescription(), Schema.of("abcdef")
    for place in range(6):
        assert_alike(
            description.marginal(turned, place, schema),
            description.marginal(params, place, schema),
        )
    assert_alike(
        description.dispersions(turned, [4, 1]), params.matrices()[:, [4, 1]][:, :, [4, 1]]
    )


@pytest.mark.parametrize(("tie", "structure"), [(Tie.OWN, VVI), (Tie.SHARED, EEI)])
def test_without_factors_they_are_gaussians_along_the_columns(
    tie: Tie, structure: Structure
) -> None:
    X = along_factors()
    source, start = ArraySource(X), random_responsibilities(3, (1,))
    floor = 1e-6 * X.var(axis=0)
    family, gaussian = FactorAnalyzers(0, floor, X.std(axis=0), tie), Gaussian(structure, floor)
    fits = [
        em.fit(em.begin(each, source, start), source, stopping=fixed_length(40))
        for each in (family, gaussian)
    ]
    np.testing.assert_allclose(fits[0].trace, fits[1].trace, rtol=1e-12)
    own, others = (fit.mixture.params for fit in fits)
    assert_alike(own.means, others.means, 1e-9)
    assert_alike(own.uniquenesses, others.covariances.variances, 1e-9)
    assert family.n_parameters(3, 7) == gaussian.n_parameters(3, 7)


def test_parameters_are_counted_up_to_rotations_and_no_more_than_the_matrix_has() -> None:
    own, shared = (
        FactorAnalyzers(2, np.zeros(6), np.ones(6), tie) for tie in (Tie.OWN, Tie.SHARED)
    )
    assert own.n_parameters(3, 6) == 3 * (6 + 6 + 6 * 2 - 1)
    assert shared.n_parameters(3, 6) == 3 * (6 + 6 * 2 - 1) + 6
    full = FactorAnalyzers(4, np.zeros(5), np.ones(5))
    assert full.n_parameters(1, 5) == 5 + 15
    assert FactorAnalyzers(1, np.zeros(1), np.ones(1)).n_parameters(2, 1) == 4


# ---------------------------------------------------------------------------------------------
# Where it begins, and how it gets on


def test_of_a_scatter_of_low_rank_the_sketch_loses_nothing() -> None:
    rng = np.random.default_rng(0)
    X = 100.0 * rng.normal(size=(200, 2)) @ rng.normal(size=(2, 40))
    X *= 10.0 ** rng.uniform(-3.0, 3.0, 40)
    family = family_of(X, 2)
    first = family.statistics(None, X, np.full((200, 2), 0.5))
    loadings, _ = principal_factors(first, 2, family.units)
    scaled = loadings[0] / family.units[:, None]
    truth = np.cov(X, rowvar=False, bias=True) / np.outer(family.units, family.units)
    np.testing.assert_allclose(scaled @ scaled.T, truth, atol=1e-9)


def test_directions_are_shared_by_nearly_as_many_factors() -> None:
    X = along_factors()
    assert family_of(X, 1).gathers == family_of(X, 3).gathers
    assert family_of(X, 1).gathers != family_of(X, 4).gathers
    assert family_of(X, 1).gathers != family_of(2.0 * X, 1).gathers
    assert not directions(2, 5, 2).flags.writeable


def test_statistics_are_the_products_of_the_scatter() -> None:
    X = along_factors()
    rng = np.random.default_rng(0)
    resp, along = rng.random((150, 2)), rng.normal(size=(2, 7, 3))
    resp[rng.random((150, 2)) < 0.5] = 0.0
    seen = FactorMoments.of(X, resp, along, np.broadcast_to(np.eye(3), (2, 3, 3)))
    for j, weight in enumerate(resp.T):
        scatter = weight.sum() * np.cov(X, rowvar=False, bias=True, aweights=weight)
        np.testing.assert_allclose(seen.products[j], scatter @ along[j], rtol=1e-12, atol=1e-12)
        expected = along[j].T @ scatter @ along[j] + weight.sum() * np.eye(3)
        np.testing.assert_allclose(seen.factors[j], expected, rtol=1e-12)
        np.testing.assert_allclose(seen.rows.scatter[j], scatter.diagonal(), rtol=1e-12)


def test_acceleration_finds_the_same_maximum_in_far_fewer_passes() -> None:
    X, group = planted(400, 30, 3, 2)
    source = ArraySource(X)
    first = em.begin(family_of(X, 3), source, given_labels(group, 2))
    plain = em.fit(first, source, stopping=projected_gain(1e-9, 3000))
    quick = em.fit(first, source, update_rule=Switch(), stopping=projected_gain(1e-9, 3000))
    assert plain.status.converged
    assert quick.status.converged
    assert quick.objective == pytest.approx(plain.objective, abs=1e-8)
    assert 3 * quick.n_iter < plain.n_iter


def scores_of_one_component(X: FloatArray, q: int) -> tuple[float, float]:
    """Ours and scikit-learn's."""
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    known = FactorAnalysis(q, svd_method="lapack", tol=1e-7, max_iter=2000).fit(X)
    fitted = mx.FactorMixture(1, n_factors=q, tol=1e-10, max_iter=5000).fit(X)
    return fitted.score(X), known.score(X)


@pytest.mark.parametrize("q", [1, 2, 3])
def test_one_component_is_a_factor_analysis(q: int) -> None:
    ours, theirs = scores_of_one_component(load_wine().data, q)
    assert ours == pytest.approx(theirs, abs=1e-7)


@pytest.mark.parametrize("q", [1, 2, 3, 4, 6])
def test_of_several_maxima_one_component_finds_one_that_is_no_lower(q: int) -> None:
    """Columns that nearly tell one another give the likelihood several maxima."""
    ours, theirs = scores_of_one_component(load_breast_cancer().data, q)
    assert ours > theirs - 1e-7


def test_one_component_with_fewer_rows_than_columns_begins_with_principal_factors() -> None:
    X, _ = planted(12, 30, 1, 1)
    fitted = mx.FactorMixture(1, n_factors=1, reg_covar=1e-3, max_iter=500).fit(X)
    assert np.isfinite(fitted.log_likelihood_)
    assert fitted.converged_


def test_clusters_of_many_columns_are_found() -> None:
    X, group = planted(300, 100, 2, 3)
    fitted = mx.FactorMixture(3, n_factors=2, random_state=0).fit(X)
    assert adjusted_rand_score(group, fitted.predict(X)) == 1.0
    assert fitted.collapsed_ == fitted.spurious_ == ()
    assert fitted.factor_scores(X).shape == (300, 3, 2)
    own = fitted.predict(X)
    scores = fitted.factor_scores(X)[np.arange(300), own]
    np.testing.assert_allclose(scores.var(axis=0), 1.0, atol=0.3)


def test_the_number_of_clusters_and_of_factors_is_found() -> None:
    X, group = planted(400, 20, 2, 3)
    grid = {"n_components": range(1, 6), "n_factors": range(1, 5)}
    search = mx.MixtureSearch(mx.FactorMixture(), grid, random_state=0).fit(X)
    assert search.best_params_ == {"n_components": 3, "n_factors": 2}
    assert adjusted_rand_score(group, search.predict(X)) > 0.95
    assert mx.FactorMixture()._default_grid(Schema.of("a"))["n_factors"] == range(0, 1)
    assert mx.FactorMixture()._default_grid(Schema.of("abc"))["n_factors"] == range(1, 2)
    assert mx.FactorMixture()._default_grid(Schema.of(range(90)))["n_factors"] == range(1, 6)


def test_no_matrix_of_all_columns_is_made() -> None:
    X = np.random.default_rng(0).normal(size=(60, 4000))
    family = family_of(X, 2)
    tracemalloc.start()
    mixture = em.begin(family, ArraySource(X), random_responsibilities(2, (0,)))
    fitted = em.fit(mixture, ArraySource(X), stopping=fixed_length(3))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert np.isfinite(fitted.objective)
    assert peak < 8 * 4000 * 4000 / 8


# ---------------------------------------------------------------------------------------------
# Units, weights and edges


@pytest.mark.parametrize("scale", [1e-6, 1e6])
@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_units_and_origin_do_not_matter(scale: float, offset: float) -> None:
    X, _ = planted(200, 12, 2, 2)
    scales = scale * 2.0 ** np.arange(-6.0, 6.0)
    plain = mx.FactorMixture(2, n_factors=2, random_state=0, n_init=1).fit(X)
    moved = mx.FactorMixture(2, n_factors=2, random_state=0, n_init=1)
    moved.fit(scales * (X + offset))
    assert adjusted_rand_score(plain.predict(X), moved.predict(scales * (X + offset))) == 1.0
    expected = plain.log_likelihood_ - 200.0 * np.log(scales).sum()
    assert moved.log_likelihood_ == pytest.approx(expected, abs=2e-3)


def test_a_row_of_weight_two_is_two_rows() -> None:
    X, _ = planted(150, 8, 1, 2)
    times = np.random.default_rng(0).integers(0, 3, 150)
    weighted = mx.FactorMixture(2, n_factors=1, random_state=0, n_init=1)
    weighted.fit(X, sample_weight=times.astype(float))
    repeated = mx.FactorMixture(2, n_factors=1, random_state=0, n_init=1)
    repeated.fit(np.repeat(X, times, axis=0))
    assert weighted.log_likelihood_ == pytest.approx(repeated.log_likelihood_, abs=1e-4)


def test_one_column_and_fewer_rows_than_columns() -> None:
    rng = np.random.default_rng(0)
    one = rng.normal(size=(50, 1))
    fitted = [mx.FactorMixture(1, n_factors=q).fit(one) for q in (0, 1)]
    assert fitted[1].log_likelihood_ == pytest.approx(fitted[0].log_likelihood_, abs=1e-5)
    assert fitted[1].n_parameters_ == fitted[0].n_parameters_ == 2
    with pytest.raises(mx.MixturaError, match="n_factors=2 is more than there are columns, 1"):
        mx.FactorMixture(1, n_factors=2).fit(one)
    wide = mx.FactorMixture(1, n_factors=2).fit(rng.normal(size=(12, 40)))
    assert np.isfinite(wide.log_likelihood_)
    assert wide.covariances_.shape == (1, 40, 40)


def test_a_constant_column_is_no_collapse_and_a_repeated_one_is() -> None:
    X, _ = planted(80, 6, 1, 1)
    constant = mx.FactorMixture(1, n_factors=1).fit(np.column_stack([X, np.ones(80)]))
    assert constant.collapsed_ == ()
    repeated = mx.FactorMixture(1, n_factors=1).fit(np.column_stack([X, X[:, 0]]))
    assert repeated.collapsed_ == (0,)
    assert any("held at the variance floor" in note for note in repeated.notes_)


def test_a_column_that_is_a_factor_is_no_collapse() -> None:
    """A Heywood case: its uniqueness is on the floor, and would gain nothing below it."""
    X, _ = planted(80, 6, 1, 1)
    source, share = ArraySource(X), 1e-3
    family = family_of(X, 1, share)
    start = em.begin(family, source, given_labels(np.zeros(80, dtype=np.intp), 1)).params
    loadings = np.zeros((1, 6, 1))
    loadings[0, 0] = X[:, 0].std()
    fixed = FactorParameters(start.means, loadings, np.maximum(X.var(axis=0), 0.0)[None].copy())
    fixed.uniquenesses[0, 0] = family.floor[0]
    statistics = family.statistics(fixed, X, np.ones((80, 1)))
    owed = family.upheld(fixed, np.zeros(6), lambda: statistics)
    assert owed[0] < 0.05
    likelihood = family.log_density(fixed, X).sum()
    lower = family_of(X, 1, share / 4.0)
    below = FactorParameters(fixed.means, loadings, fixed.uniquenesses.copy())
    below.uniquenesses[0, 0] = lower.floor[0]
    assert family.log_density(below, X).sum() - likelihood < 0.05


def test_what_a_floor_owes_is_no_more_than_what_lower_ones_gain() -> None:
    X, _ = planted(80, 6, 1, 1)
    X = np.column_stack([X, X[:, 0]])
    family = family_of(X, 1)
    source = ArraySource(X)
    first = em.begin(family, source, given_labels(np.zeros(80, dtype=np.intp), 1))
    held = em.fit(first, source, update_rule=Switch()).mixture
    statistics = em.e_step(held, source).statistics
    [owed] = family.upheld(held.params, np.zeros(7), lambda: statistics)
    lower = em.begin(family_of(X, 1, 0.25e-6), source, given_labels(np.zeros(80, np.intp), 1))
    gained = em.fit(lower, source, update_rule=Switch()).objective - em.e_step(
        held, source
    ).objective / len(X)
    assert 5.0 < owed <= 80.0 * gained + 1e-6


def test_values_that_are_rounded_alike_hold_a_component_up() -> None:
    """Of rows narrower than rounding a likelihood says nothing, floor or not."""
    params = some_parameters(1, 4, 1)
    own = np.full((1, 4), 1e-4)
    narrow = FactorParameters(params.means, np.full((1, 4, 1), 1e-3), own)
    family = FactorAnalyzers(1, np.full(4, 1e-12), np.ones(4))
    X = family.sample(narrow, np.zeros(50, dtype=np.intp), np.random.default_rng(0))
    statistics = family.statistics(narrow, X, np.ones((50, 1)))

    def owed(rounding: float) -> float:
        return float(family.upheld(narrow, np.full(4, rounding), lambda: statistics)[0])

    assert owed(1e-5) == 0.0
    share = 1.01e-4 / 1e-2
    assert owed(1e-2) >= 50.0 * 3 * 0.5 * (share - 1.0 - np.log(share))
    assert owed(np.inf) == 0.0


def test_what_is_singular_without_a_floor_is_refused() -> None:
    X, _ = planted(80, 6, 1, 1)
    with pytest.raises(DegenerateError, match="singular"):
        mx.FactorMixture(1, n_factors=1, reg_covar=0.0).fit(np.column_stack([X, np.ones(80)]))


def test_shared_uniquenesses_are_shared() -> None:
    X, _ = planted(200, 8, 2, 2)
    fitted = mx.FactorMixture(2, n_factors=2, shared_uniquenesses=True, random_state=0).fit(X)
    np.testing.assert_array_equal(fitted.uniquenesses_[0], fitted.uniquenesses_[1])
    own = mx.FactorMixture(2, n_factors=2, random_state=0).fit(X)
    assert own.n_parameters_ - fitted.n_parameters_ == 8
    assert own.log_likelihood_ > fitted.log_likelihood_
