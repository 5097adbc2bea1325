"""Components of levels and of counts: impossible cells and odd tables."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from mixtura import em
from mixtura.families import (
    Bernoulli,
    BernoulliParameters,
    Categorical,
    CategoricalParameters,
    Family,
    Geometric,
    GeometricParameters,
    Poisson,
    PoissonParameters,
)
from mixtura.families.categorical import Levels
from mixtura.families.schema import Kind
from mixtura.mixture import Mixture
from mixtura.sources import ArraySource
from mixtura.starts.given import given_labels, random_responsibilities
from mixtura.stopping import fixed_length
from mixtura.testing import assert_alike, leaves
from records import FAMILIES, FamilyRecord

DISCRETE = [
    record
    for record in FAMILIES
    if all(column.kind is not Kind.CONTINUOUS for column in record.schema)
]
discrete = pytest.mark.parametrize("record", DISCRETE, ids=lambda record: record.name)


# ---------------------------------------------------------------------------------------------
# Densities


def test_log_densities_are_those_of_scipy() -> None:
    counts = np.array([[0.0, 3.0], [1.0, 0.0], [250.0, 1e6]])
    rates = np.array([[0.5, 2.0], [240.0, 1e6]])
    expected = stats.poisson.logpmf(counts[:, None], rates).sum(axis=2)
    actual = Poisson().log_density(PoissonParameters(rates), counts)
    np.testing.assert_allclose(actual, expected, rtol=1e-13, atol=1e-8)
    few = counts[:2]  # more cells than counts: factorials come from a table
    table = Poisson().log_density(PoissonParameters(rates), np.tile(few, (9, 1)))
    np.testing.assert_array_equal(table[:2], Poisson().log_density(PoissonParameters(rates), few))
    means = np.array([[0.5, 2.0], [240.0, 1e6]])
    expected = stats.geom.logpmf(counts[:, None] + 1.0, 1.0 / (1.0 + means)).sum(axis=2)
    actual = Geometric().log_density(GeometricParameters(means), counts)
    np.testing.assert_allclose(actual, expected, rtol=1e-9)  # theirs has lost digits of 1 - p
    coins, p = np.array([[0.0, 1.0], [1.0, 1.0]]), np.array([[0.2, 0.9], [1.0, 0.3]])
    expected = stats.bernoulli.logpmf(coins[:, None], p).sum(axis=2)
    actual = Bernoulli().log_density(BernoulliParameters(p), coins)
    np.testing.assert_allclose(actual, expected, rtol=1e-14)


@pytest.mark.parametrize(
    ("family", "params", "possible", "impossible"),
    [
        (Bernoulli(), BernoulliParameters(np.array([[0.0, 0.5], [0.5, 0.5]])), [0, 1], [1, 1]),
        (Poisson(), PoissonParameters(np.array([[0.0, 3.0], [2.0, 3.0]])), [0, 3], [1, 3]),
        (Geometric(), GeometricParameters(np.array([[0.0, 3.0], [2.0, 3.0]])), [0, 3], [1, 3]),
        (
            Categorical((3, 2)),
            CategoricalParameters(
                np.array([[0.5, 0.5, 0.0, 0.5, 0.5], [0.2, 0.2, 0.6, 0.5, 0.5]]), Levels((3, 2))
            ),
            [1, 0],
            [2, 0],
        ),
    ],
    ids=["bernoulli", "poisson", "geometric", "categorical"],
)
def test_what_cannot_be_has_no_density_there_and_no_share(
    family: Family[Any, Any], params: Any, possible: list[float], impossible: list[float]
) -> None:
    X = np.array([possible, impossible], dtype=np.float64)
    log_density = family.log_density(params, X)
    assert np.isfinite(log_density[0]).all()
    assert log_density[1, 0] == -np.inf
    assert np.isfinite(log_density[1, 1])
    mixture = Mixture(family, params, np.array([0.5, 0.5]))
    assert mixture.responsibilities(X)[1].tolist() == [0.0, 1.0]
    rows = family.sample(params, np.zeros(2000, dtype=np.intp), np.random.default_rng(0))
    assert np.isfinite(family.log_density(params, rows)[:, 0]).all()


def test_a_row_of_categories_is_what_its_levels_say() -> None:
    p = np.array([[0.1, 0.9, 0.2, 0.3, 0.5]])
    params = CategoricalParameters(p, Levels((2, 3)))
    log_density = Categorical((2, 3)).log_density(params, np.array([[1.0, 2.0], [0.0, 0.0]]))
    np.testing.assert_allclose(log_density[:, 0], np.log([0.9 * 0.5, 0.1 * 0.2]), rtol=1e-15)
    assert Categorical((2, 3)).n_parameters(4, 2) == 4 * 3


# ---------------------------------------------------------------------------------------------
# Odd tables


@discrete
def test_a_weight_of_0_is_no_row(record: FamilyRecord) -> None:
    weight, labels = np.arange(len(record.X)) % 3.0, np.arange(len(record.X)) % 2
    present = weight > 0.0
    fits = [
        em.fit(
            em.begin(record.family, source, given_labels(labels, 2)),
            source,
            stopping=fixed_length(5),
        )
        for source, labels in (
            (ArraySource(record.X, weight), labels),
            (ArraySource(record.X[present], weight[present]), labels[present]),
        )
    ]
    np.testing.assert_allclose(fits[0].trace, fits[1].trace, rtol=1e-13)
    assert_alike(fits[0].mixture.params, fits[1].mixture.params, rtol=1e-11)


@discrete
def test_one_row_is_every_component(record: FamilyRecord) -> None:
    source = ArraySource(record.X[:1])
    fit = em.fit(em.begin(record.family, source, random_responsibilities(3, (0,))), source)
    assert fit.status.converged
    np.testing.assert_allclose(fit.mixture.params.sort_key, fit.mixture.params.sort_key[[0, 0, 0]])
    one = em.begin(record.family, source, random_responsibilities(1, (0,)))
    np.testing.assert_allclose(
        fit.mixture.log_density(record.X[:1]), one.log_density(record.X[:1]), atol=1e-12
    )


@discrete
@pytest.mark.parametrize("weight", [0.1, 1.0, 3.7])
def test_constant_columns_stay_exact_under_weights(record: FamilyRecord, weight: float) -> None:
    X = record.X.copy()
    X[:, 1] = 1.0
    X[:, 0] = 0.0
    source = ArraySource(X, weight * np.linspace(0.1, 1.0, len(X)))
    fit = em.fit(em.begin(record.family, source, random_responsibilities(3, (0,))), source)
    new = np.zeros_like(X[:1])
    new[0, :2] = [1.0, 1.0]
    assert fit.mixture.log_density(new)[0] == -np.inf  # never a share of rounding
    new[0, :2] = [0.0, 1.0]
    rows = fit.mixture.sample(500, np.random.default_rng(0))[0]
    assert (rows[:, 0] == 0.0).all()
    if record.schema[1].kind is not Kind.COUNT:
        assert (rows[:, 1] == 1.0).all()


@discrete
def test_more_components_than_distinct_rows(record: FamilyRecord) -> None:
    X = np.repeat(record.X[:2], 10, axis=0)
    labels = np.repeat([0, 1], 10)
    source = ArraySource(X)
    first = em.begin(record.family, source, given_labels(labels, 5))
    assert first.weights.tolist() == [0.5, 0.5, 0.0, 0.0, 0.0]
    keys = first.params.sort_key
    np.testing.assert_array_equal(keys[2:], keys[[0, 0, 0]])
    fit = em.fit(first, source)
    assert fit.status.converged
    assert np.isfinite(fit.objective)
    assert (fit.mixture.weights[2:] == 0.0).all()


@discrete
def test_hardly_any_weight_is_no_row(record: FamilyRecord) -> None:
    # Denormal numbers have lost their digits: what they divide is noise.
    resp = np.ones((len(record.X), 2))
    resp[:, 1] = 5e-324
    params = record.family.maximize(record.family.statistics(None, record.X, resp), None)
    for leaf in leaves(params)[:1]:
        np.testing.assert_array_equal(leaf[1], leaf[0])


@discrete
def test_a_missing_cell_says_nothing_of_what_cannot_be(record: FamilyRecord) -> None:
    # A component that is fitted to equal rows alone has probabilities of 0.
    X = np.repeat(record.X[:1], 5, axis=0)
    params = record.family.maximize(record.family.statistics(None, X, np.ones((5, 1))), None)
    for row in record.X:
        for place in range(len(row)):
            gapped = np.where(np.arange(len(row)) == place, np.nan, row)[None]
            log_density = record.family.log_density(params, gapped)
            assert not np.isnan(log_density).any()
    nothing = record.family.log_density(params, np.full_like(X[:1], np.nan))
    np.testing.assert_array_equal(nothing, 0.0)
