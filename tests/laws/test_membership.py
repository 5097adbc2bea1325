"""A row belongs to a component if it is near enough: by sigmas, or by the share that is covered."""

from __future__ import annotations

from dataclasses import replace
from math import erfc, sqrt
from typing import Any

import numpy as np
import pytest

from mixtura import em
from mixtura.errors import DataError, MixturaError
from mixtura.explain.membership import (
    ComponentTypicality,
    Rule,
    by_coverage,
    by_sigmas,
    distances_of,
)
from mixtura.families import Bernoulli, BernoulliParameters, FactorAnalyzers, LogNormal, StudentT
from mixtura.families.distances import Distances, HasDistances
from mixtura.families.gaussian.parameters import GaussianParameters
from mixtura.families.gaussian.structures import AxisCovariances
from mixtura.families.student_t.degrees_of_freedom import LARGEST
from mixtura.mixture import Mixture
from mixtura.sources import ArraySource
from mixtura.starts.given import random_responsibilities
from mixtura.testing import with_gaps
from mixtura.typing import FloatArray
from records import FAMILIES, FamilyRecord

N = 2_000
OUTSIDE = erfc(2.5 / sqrt(2.0))

# Kolmogorov's bound that one sample in 10,000 exceeds, for N rows that are tested, and for as many
# against the fewest that are drawn.
EVEN = 2.23 / np.sqrt(N)
EVEN_OF_DRAWN = 2.23 * np.sqrt(1.0 / N + 1.0 / 9_999)

MEASURED = [record for record in FAMILIES if isinstance(record.family, HasDistances)]
CONTINUOUS = [
    record
    for record in FAMILIES
    if record.name in {"exponential", "gamma", "gaussian-VVV-nested", "von_mises_fisher-each"}
]


def mixture_of(record: FamilyRecord) -> Mixture[Any, Any]:
    k = 3 if record.noise else 2
    start = random_responsibilities(k, (0,))
    return em.begin(record.family, ArraySource(record.X), start)


def own_rows(mixture: Mixture[Any, Any], component: int, n: int = N) -> FloatArray:
    labels = np.full(n, component)
    rng = np.random.default_rng((7, component))
    return mixture.clusters.family.sample(mixture.params, labels, rng)


def unevenness(shares: FloatArray) -> float:
    """Kolmogorov's distance from the uniform distribution."""
    ranked, n = np.sort(shares), len(shares)
    above, below = np.arange(1, n + 1) / n - ranked, ranked - np.arange(n) / n
    return float(max(above.max(), below.max()))


def sigmas(mixture: Mixture[Any, Any], number: float = 2.5) -> Rule:
    rule = by_sigmas(mixture, number)
    assert rule is not None
    return rule


def spheres(d: int, weights: tuple[float, ...] = (0.5, 0.5)) -> Mixture[Any, Any]:
    """Two round components 2 sigmas apart in the first column."""
    record = next(record for record in FAMILIES if record.name == "gaussian-VVI")
    means = np.zeros((2, d))
    means[1, 0] = 2.0
    params = GaussianParameters(means, AxisCovariances(np.ones((2, d))))
    family = replace(record.family, floor=np.zeros(d))  # type: ignore[type-var]
    return Mixture(family, params, np.array(weights))


# ------------------------------------------------------------------------------------- p-values


@pytest.mark.parametrize("gaps", [False, True], ids=["complete", "gaps"])
@pytest.mark.parametrize("record", FAMILIES, ids=lambda record: record.name)
def test_no_more_of_a_component_s_own_rows_are_below_u_than_u(
    record: FamilyRecord, gaps: bool
) -> None:
    mixture = mixture_of(record)
    typicality = ComponentTypicality(mixture)
    for j in range(mixture.n_clusters):
        rows = own_rows(mixture, j)
        shares = typicality.of(with_gaps(rows) if gaps else rows)
        assert shares.shape == (N, mixture.n_clusters)
        assert shares.min() >= 0.0
        assert shares.max() <= 1.0
        for u in (OUTSIDE, 0.1, 0.5, 0.9):
            noise = 4.0 * np.sqrt(u * (1.0 - u) * (1.0 / N + 1.0 / 9_999))
            assert np.mean(shares[:, j] <= u) <= u + noise


@pytest.mark.parametrize("gaps", [False, True], ids=["complete", "gaps"])
@pytest.mark.parametrize("record", MEASURED, ids=lambda record: record.name)
def test_by_distance_they_are_even(record: FamilyRecord, gaps: bool) -> None:
    mixture = mixture_of(record)
    for j in range(mixture.n_clusters):
        rows = own_rows(mixture, j)
        if gaps:
            rows = with_gaps(rows)
            rows = rows[~np.isnan(rows).all(axis=1)]
        shares = ComponentTypicality(mixture).of(rows)[:, j]
        assert unevenness(shares) < EVEN * np.sqrt(N / len(rows))


@pytest.mark.parametrize("record", CONTINUOUS, ids=lambda record: record.name)
def test_by_drawn_rows_of_a_density_they_are_even(record: FamilyRecord) -> None:
    mixture = mixture_of(record)
    for j in range(mixture.n_clusters):
        shares = ComponentTypicality(mixture).of(own_rows(mixture, j))[:, j]
        assert unevenness(shares) < EVEN_OF_DRAWN


def test_in_two_columns_they_have_a_closed_form() -> None:
    squared, two = np.linspace(0.0, 60.0, 31)[:, None], np.full(31, 2)
    params = GaussianParameters(np.zeros((1, 2)), AxisCovariances(np.ones((1, 2))))
    gaussian = Distances(params, np.array([np.inf])).beyond(squared, two)
    np.testing.assert_allclose(gaussian, np.exp(-0.5 * squared), rtol=1e-13)
    for dof in (0.1, 1.0, 4.0, 1e3):
        tailed = Distances(params, np.array([dof])).beyond(squared, two)
        expected = np.exp(-0.5 * dof * np.log1p(squared / dof))
        np.testing.assert_allclose(tailed, expected, rtol=1e-11)
    as_gaussian = Distances(params, np.array([LARGEST])).beyond(squared, two)
    np.testing.assert_allclose(as_gaussian, gaussian, rtol=1e-11)


@pytest.mark.parametrize("record", FAMILIES, ids=lambda record: record.name)
def test_a_row_without_cells_is_as_typical_as_can_be(record: FamilyRecord) -> None:
    mixture, empty = mixture_of(record), np.full((1, record.X.shape[1]), np.nan)
    assert (ComponentTypicality(mixture).of(empty) == 1.0).all()
    assert by_coverage(mixture, OUTSIDE).members(empty).all()
    assert by_sigmas(mixture, 2.5) is None or sigmas(mixture).members(empty).all()


def test_they_are_the_same_every_time_and_in_any_order_of_components() -> None:
    record = next(record for record in FAMILIES if record.name == "poisson")
    mixture = mixture_of(record)
    shares = ComponentTypicality(mixture).of(record.X)
    np.testing.assert_array_equal(ComponentTypicality(mixture).of(record.X[:7]), shares[:7])
    backwards = mixture.take(np.array([1, 0]))
    np.testing.assert_array_equal(ComponentTypicality(backwards).of(record.X), shares[:, ::-1])


# ------------------------------------------------------------------------------------- distances


def matrices(record: FamilyRecord, mixture: Mixture[Any, Any]) -> tuple[FloatArray, FloatArray]:
    params = mixture.params
    if isinstance(record.family, StudentT):
        return params.locations, params.scales.matrices()
    if isinstance(record.family, FactorAnalyzers):
        return params.means, params.matrices()
    return params.means, params.covariances.matrices()


@pytest.mark.parametrize("record", MEASURED, ids=lambda record: record.name)
def test_distances_are_what_the_matrices_say(record: FamilyRecord) -> None:
    mixture, X = mixture_of(record), with_gaps(record.X)
    distances = distances_of(mixture)
    assert distances is not None
    squared = distances.squared(X)
    rows = np.log(X) if isinstance(record.family, LogNormal) else X
    for j, (center, matrix) in enumerate(zip(*matrices(record, mixture), strict=True)):
        for i, row in enumerate(rows):
            seen = ~np.isnan(row)
            away = (row - center)[seen]
            expected = away @ np.linalg.solve(matrix[np.ix_(seen, seen)], away)
            assert squared[i, j] == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("record", FAMILIES, ids=lambda record: record.name)
def test_families_say_whether_they_measure(record: FamilyRecord) -> None:
    rule = by_sigmas(mixture_of(record), 2.5)
    named = record.name.startswith(("gaussian", "student_t", "factors", "log_normal"))
    assert (rule is not None) == (named and "nested" not in record.name)


# --------------------------------------------------------------------------------------- readings


@pytest.mark.parametrize("record", FAMILIES, ids=lambda record: record.name)
def test_by_coverage_own_rows_are_members_but_for_that_share(record: FamilyRecord) -> None:
    mixture = mixture_of(record)
    for outside in (OUTSIDE, 0.3):
        rule = by_coverage(mixture, outside)
        noise = 4.0 * np.sqrt(outside * (1.0 - outside) * (1.0 / N + 1.0 / 9_999))
        for j in range(mixture.n_clusters):
            left_out = 1.0 - rule.members(own_rows(mixture, j))[:, j].mean()
            assert left_out <= outside + noise
            if isinstance(record.family, HasDistances):
                assert left_out >= outside - noise


@pytest.mark.parametrize(
    ("d", "share"), [(1, 0.9876), (2, 0.9561), (3, 0.8999), (5, 0.7174), (10, 0.2062)]
)
def test_plain_sigmas_cover_less_in_more_columns(d: int, share: float) -> None:
    mixture = spheres(d)
    noise = 4.0 * np.sqrt(0.25 / N)
    assert abs(sigmas(mixture).members(own_rows(mixture, 0))[:, 0].mean() - share) < noise


@pytest.mark.parametrize("number", [0.5, 1.0, 2.5, 6.0])
def test_in_one_column_both_readings_are_one(number: float) -> None:
    mixture = spheres(1)
    rows = np.linspace(-9.0, 9.0, 1_001)[:, None]
    covered = by_coverage(mixture, erfc(number / sqrt(2.0)))
    near = sigmas(mixture, number)
    np.testing.assert_array_equal(covered.members(rows), near.members(rows))
    np.testing.assert_array_equal(covered.nearest(rows), near.nearest(rows))


@pytest.mark.parametrize("record", FAMILIES, ids=lambda record: record.name)
def test_the_nearest_is_one_of_those_that_a_row_belongs_to(record: FamilyRecord) -> None:
    mixture, X = mixture_of(record), with_gaps(record.X)
    for rule in filter(None, (by_sigmas(mixture, 1.0), by_coverage(mixture, 0.3))):
        members, nearest = rule.members(X), rule.nearest(X)
        np.testing.assert_array_equal(nearest == -1, ~members.any(axis=1))
        assert members[np.arange(len(X)), nearest][nearest >= 0].all()


def test_a_row_can_belong_to_none_one_or_both() -> None:
    rule = sigmas(spheres(2))
    rows = np.array([[1.0, 0.0], [-2.0, 0.0], [1.0, 9.0]])
    assert rule.members(rows).tolist() == [[True, True], [True, False], [False, False]]
    assert rule.nearest(rows[1:]).tolist() == [0, -1]


def test_nobody_belongs_to_a_component_of_weight_0() -> None:
    mixture, rows = spheres(2, (0.0, 1.0)), np.array([[0.0, 0.0], [2.0, 0.0]])
    for rule in (sigmas(mixture), by_coverage(mixture, 0.01)):
        assert rule.members(rows).tolist() == [[False, True], [False, True]]
        assert rule.nearest(rows).tolist() == [1, 1]
    assert ComponentTypicality(mixture).of(rows)[:, 0].tolist() == [0.0, 0.0]
    coins = Mixture(Bernoulli(), BernoulliParameters(np.array([[0.5], [0.5]])), np.array([0.0, 1]))
    assert by_coverage(coins, 0.1).members(np.ones((1, 1))).tolist() == [[False, True]]


def test_noise_has_no_members() -> None:
    record = next(record for record in FAMILIES if record.noise)
    mixture = mixture_of(record)
    assert mixture.n_components == 3
    for rule in (sigmas(mixture), by_coverage(mixture, 0.1)):
        assert rule.members(record.X).shape == (len(record.X), 2)


def test_a_share_that_no_draw_can_tell_is_refused() -> None:
    record = next(record for record in FAMILIES if record.name == "poisson")
    with pytest.raises(MixturaError, match=r"coverage of 0\.999 at most"):
        by_coverage(mixture_of(record), 1e-5)
    with pytest.raises(MixturaError, match="coverage of less than 1"):
        by_coverage(spheres(2), 0.0)
    assert by_coverage(spheres(1), 1e-15).members(np.array([[7.0], [9.0]]))[:, 0].tolist() == [
        True,
        False,
    ]


def test_patterns_without_end_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mixtura.explain.typicality._MOST_PATTERNS", 1)
    record = next(record for record in FAMILIES if record.name == "poisson")
    rule = by_coverage(mixture_of(record), 0.1)
    with pytest.raises(DataError, match="too many patterns of missing cells"):
        rule.members(np.array([[1.0, 2.0, 3.0], [1.0, np.nan, 3.0]]))
