"""Missing cells: a density is that of the observed ones, and EM never falls."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

from gap_records import gappy_rows, rules_of
from mixtura import em, kernels
from mixtura.errors import CellError, DataError, DegenerateError
from mixtura.families import (
    Bernoulli,
    Box,
    Categorical,
    Exponential,
    FactorAnalyzers,
    Gamma,
    Gaussian,
    Multinomial,
    MultinomialParameters,
    NegativeBinomial,
    Nested,
    Poisson,
    StudentT,
    Uniform,
    VonMisesFisher,
    VonMisesFisherParameters,
    WithNoise,
)
from mixtura.families.gaussian.structures import VVV
from mixtura.families.registry import description_of
from mixtura.families.von_mises_fisher import directions
from mixtura.sources import ArraySource
from mixtura.starts.given import given_labels, random_responsibilities
from mixtura.stopping import fixed_length
from mixtura.testing import assert_alike, check_gaps, with_gaps
from mixtura.typing import FloatArray
from records import FAMILIES, FAMILY_IDS, FamilyRecord, two_groups


@pytest.mark.parametrize("record", FAMILIES, ids=FAMILY_IDS)
@pytest.mark.parametrize("k", [1, 2, 4])
def test_families_keep_the_laws_of_gaps(record: FamilyRecord, k: int) -> None:
    X = gappy_rows(record)
    check_gaps(record.family, X, rules_of(record), k + record.noise)


@pytest.mark.parametrize("record", FAMILIES, ids=FAMILY_IDS)
def test_em_rises_whatever_is_missing(record: FamilyRecord) -> None:
    """With most cells missing, and with hard starts, by which some components see no cell."""
    X = gappy_rows(record, share=0.7, seed=1)
    labels = np.random.default_rng(0).integers(0, 3, len(X))
    try:
        mixture = em.begin(record.family, ArraySource(X), given_labels(labels, 3 + record.noise))
        trace = em.fit(mixture, ArraySource(X), stopping=fixed_length(20)).trace
    except DegenerateError:
        return
    falls = -np.diff(trace) / (1.0 + np.abs(trace[1:]))
    assert falls.max() <= 1e-13


@pytest.mark.parametrize("record", FAMILIES, ids=FAMILY_IDS)
def test_a_missing_cell_is_none_that_a_family_refuses(record: FamilyRecord) -> None:
    """The one that is bad is still the one that is named."""
    description, X = description_of(record.family), gappy_rows(record)
    description.check(X, record.schema)
    for place, value, words in record.bad:
        row = int(np.flatnonzero(np.isnan(X).any(axis=1))[-1])
        spoilt = X.copy()
        spoilt[row, place] = value
        with pytest.raises(CellError, match=words) as told:
            description.check(spoilt, record.schema)
        assert f"{record.schema[place].name} has {value:.10g} in row {row}" in str(told.value)


# ---------------------------------------------------------------------------------------------
# A component that sees no cell of a column


WITHOUT: list[tuple[Any, FloatArray]] = [
    (Bernoulli(), np.array([0.0, 1.0, 0.0, 1.0])),
    (Categorical((3, 3)), np.array([0.0, 2.0, 1.0, 1.0])),
    (Poisson(), np.array([1.0, 4.0, 0.0, 2.0])),
    (NegativeBinomial(), np.array([1.0, 14.0, 0.0, 2.0])),
    (Exponential(), np.array([1.5, 4.0, 0.5, 2.0])),
    (Gamma(), np.array([1.5, 4.0, 0.5, 2.0])),
    (Uniform(), np.array([1.5, 4.0, 0.5, 2.0])),
]


@pytest.mark.parametrize(("family", "cells"), WITHOUT)
def test_a_column_without_cells_begins_as_all_together_and_then_stays(
    family: Any, cells: FloatArray
) -> None:
    X = np.tile(cells, 2)[:, None].repeat(2, axis=1)
    X[:4, 1] = np.nan
    resp = np.repeat(np.eye(2), 4, axis=0)
    begun = family.maximize(family.statistics(None, X, resp), None)
    alone = family.maximize(family.statistics(None, X, np.ones((8, 1))), None)
    second = np.column_stack([np.full(4, np.nan), cells])
    of_all = family.log_density(alone, second)[:, 0]
    assert_alike(family.log_density(begun, second)[:, 0], of_all)

    later = family.maximize(family.statistics(begun, X, resp), begun)
    assert_alike(family.log_density(later, second)[:, 0], of_all)


def test_a_column_without_any_cell_is_refused() -> None:
    X = np.array([[1.0, np.nan], [2.0, np.nan]])
    with pytest.raises(DegenerateError, match="no observed cell"):
        Poisson().maximize(Poisson().statistics(None, X, np.ones((2, 1))), None)


@pytest.mark.parametrize(
    "family", [StudentT(VVV, np.zeros(3)), FactorAnalyzers(1, np.ones(3), np.ones(3))]
)
def test_a_first_step_has_to_know_the_columns(family: Any) -> None:
    X = with_gaps(two_groups())
    with pytest.raises(DataError, match="begin with `of_columns`"):
        family.statistics(None, X, np.ones((len(X), 1)))


def test_rows_with_gaps_tell_what_they_would_gain_were_the_component_gaussian() -> None:
    record = next(record for record in FAMILIES if record.name == "student_t-VVV")
    X, family = gappy_rows(record), StudentT(VVV, np.zeros(3))
    mixture = em.begin(family, ArraySource(X), random_responsibilities(2, (0,)))
    params, resp = mixture.params, mixture.responsibilities(X)
    normal = family.normal.log_density(params.normal, X)
    gains = (resp * (normal - family.log_density(params, X))).sum(axis=0)
    assert_alike(family.statistics(params, X, resp).normal, gains, 1e-11)


# ---------------------------------------------------------------------------------------------
# Densities that are no plain sums


def test_observed_counts_are_shared_out_given_their_own_total() -> None:
    """Their probabilities are those of complete rows, given what is missing and the total."""
    params = MultinomialParameters(np.array([[0.2, 0.3, 0.5], [0.6, 0.4, 0.0]]), np.ones(2))
    family, total, missing = Multinomial(), 4, 2.0
    rows = np.array([(a, total - a, missing) for a in range(total + 1)], dtype=np.float64)
    seen = np.where([True, True, False], rows, np.nan)
    given = np.exp(family.log_density(params, rows)[:, :1])
    density = np.exp(family.log_density(params, seen))
    assert_alike(density[:, :1], given / given.sum())
    assert_alike(density.sum(axis=0), np.ones(2), law="the probabilities sum to 1")
    impossible = np.array([[np.nan, np.nan, 3.0], [np.nan, np.nan, 0.0]])
    assert family.log_density(params, impossible).tolist() == [[0.0, -np.inf], [0.0, 0.0]]


def test_missing_counts_are_expected_by_their_shares() -> None:
    params = MultinomialParameters(np.array([[0.2, 0.3, 0.5]]), np.ones(1))
    X = np.array([[2.0, 3.0, np.nan], [np.nan, np.nan, np.nan]])
    sums = Multinomial().statistics(params, X, np.ones((2, 1)))
    assert_alike(sums.total, np.array([[2.0, 3.0, 5.0]]))
    assert sums.rows.tolist() == [[1.0]]


@pytest.mark.parametrize("kappa", [0.0, 0.7, 30.0, 2e4])
@pytest.mark.parametrize("d", [2, 3, 5])
@pytest.mark.parametrize("axis", [False, True])
def test_observed_cells_of_a_direction_have_the_spheres_marginal(
    kappa: float, d: int, axis: bool
) -> None:
    """With one missing cell two points are summed; with another one, a circle is integrated."""
    rng = np.random.default_rng(d)
    mean = np.eye(d)[:1] if axis else directions(rng.normal(size=(1, d)))
    family, params = VonMisesFisher(), VonMisesFisherParameters(mean, np.array([kappa]))
    spread = 0.3 if kappa < 1e3 else 1.0 / np.sqrt(kappa)
    X = directions(mean + spread * rng.normal(size=(20, d)))

    def log_density(rows: FloatArray) -> FloatArray:
        return family.log_density(params, rows)[:, 0]

    one = X.copy()
    one[:, -1] = np.nan
    mirrored = X * np.where(np.arange(d) < d - 1, 1.0, -1.0)
    both = np.logaddexp(log_density(X), log_density(mirrored)) - np.log(np.abs(X[:, -1]))
    np.testing.assert_allclose(log_density(one), both, rtol=1e-9, atol=1e-7)
    if d == 2:
        return
    two, n = X.copy(), 20_000
    two[:, -2:] = np.nan
    turn = 2.0 * np.pi * np.arange(n) / n
    radius = np.hypot(X[:, -2], X[:, -1])
    for row, r, density in zip(X, radius, log_density(two), strict=True):
        circle = np.repeat(row[None], n, axis=0)
        circle[:, -2:] = r * np.column_stack([np.cos(turn), np.sin(turn)])
        terms = log_density(circle)
        mean_of = terms.max() + np.log(np.exp(terms - terms.max()).mean())
        np.testing.assert_allclose(density, mean_of + np.log(2.0 * np.pi), rtol=1e-9, atol=1e-7)


def test_missing_cells_of_directions_are_expected_where_the_sphere_has_them() -> None:
    rng = np.random.default_rng(3)
    mean = directions(rng.normal(size=(1, 4)))
    params = VonMisesFisherParameters(mean, np.array([3.0]))
    row = directions(mean + 0.3 * rng.normal(size=(1, 4)))
    row[0, 2:] = np.nan
    turn = 2.0 * np.pi * np.arange(2000) / 2000
    circle = np.repeat(row, 2000, axis=0)
    radius = np.sqrt(1.0 - np.square(row[0, :2]).sum())
    circle[:, 2:] = radius * np.column_stack([np.cos(turn), np.sin(turn)])
    share = np.exp(VonMisesFisher().log_density(params, circle)[:, 0])
    expected = share @ circle / share.sum()
    sums = VonMisesFisher().statistics(params, row, np.ones((1, 1)))
    np.testing.assert_allclose(sums.total[0], expected, rtol=1e-12)


def test_a_direction_with_gaps_is_no_longer_than_1() -> None:
    schema = FAMILIES[FAMILY_IDS.index("von_mises_fisher-each")].schema
    description = description_of(VonMisesFisher())
    description.check(np.array([[0.6, 0.8, np.nan], [9.0, 9.0, 9.0]]), schema)
    with pytest.raises(CellError, match=r"b has -1.5 in row 1: .* of length 1"):
        description.check(np.array([[3.0, 4.0, 5.0], [0.5, -1.5, np.nan]]), schema)


# ---------------------------------------------------------------------------------------------
# Noise


def test_noise_along_the_axes_has_the_density_of_the_observed_sides() -> None:
    box = Box(np.zeros(3), np.diag([2.0, 3.0, 0.5]))
    cells = np.array(list(product([0.0, np.nan], repeat=3)))
    sides = np.where(np.isnan(cells), 1.0, [2.0, 3.0, 0.5])
    family = WithNoise(Uniform(), box)
    params = Uniform().maximize(Uniform().statistics(None, two_groups(), np.ones((60, 1))), None)
    noise = family.log_density(params, cells)[:, -1]
    np.testing.assert_allclose(np.exp(noise), 1.0 / sides.prod(axis=1), rtol=1e-13)


def test_noise_of_a_turned_box_agrees_with_its_volume() -> None:
    turned = np.array([[1.0, 1.0], [-1.0, 1.0]])
    box = Box(np.zeros(2), turned)
    volumes = np.exp(box.log_volume_of(~np.eye(2, dtype=bool)))
    np.testing.assert_allclose(volumes.prod(), box.volume, rtol=1e-13)
    assert box.log_volume_of(np.zeros((1, 2), dtype=bool)).tolist() == [0.0]
    assert box.log_volume_of(np.ones((1, 2), dtype=bool)).tolist() == [box.log_volume]


def test_a_kernel_has_the_noise_of_a_turned_box() -> None:
    turned = np.array([[9.0, 4.0, 0.0], [-4.0, 9.0, 1.0], [0.0, 2.0, 8.0]])
    family = WithNoise(Gaussian(VVV, np.zeros(3)), Box(np.ones(3), turned))
    source = ArraySource(with_gaps(two_groups()))
    mixture = em.begin(family, source, random_responsibilities(3, (0,)))
    fast = em.e_step(mixture, source)
    with kernels.use("numpy"):
        assert_alike(fast, em.e_step(mixture, source), 1e-11)


@pytest.mark.parametrize("tie", [Bernoulli(), Nested(Bernoulli(), 2)])
def test_em_with_noise_rises_with_gaps(tie: Any) -> None:
    rng = np.random.default_rng(0)
    X = with_gaps((rng.random((80, 4)) < 0.4).astype(np.float64))
    family = WithNoise(tie, Box(np.full(4, 0.5), np.diag([2.0, 2.0, 3.0, 2.0])))
    mixture = em.begin(family, ArraySource(X), random_responsibilities(3, (0,)))
    trace = em.fit(mixture, ArraySource(X), stopping=fixed_length(30)).trace
    assert (np.diff(trace) >= -1e-13 * (1.0 + np.abs(trace[1:]))).all()


def test_where_a_component_is_cut_in_parts_does_not_hang_on_the_origin() -> None:
    X = with_gaps(two_groups(120))
    family = Nested(Uniform(), 2)

    def cells(offset: float) -> FloatArray:
        return family.statistics(None, X + offset, np.ones((len(X), 1))).parts.count

    np.testing.assert_array_equal(cells(0.0), cells(1024.0))
