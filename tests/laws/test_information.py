"""Laws of the observed information, over every family that has coordinates."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

import mixtura as mx
from gap_records import gappy_rows
from mixtura import em
from mixtura.acceleration import Switch
from mixtura.errors import MixturaError
from mixtura.explain.estimates import Estimates
from mixtura.explain.information import ObservedInformation
from mixtura.families import (
    Bernoulli,
    Exponential,
    FactorAnalyzers,
    Gaussian,
    Multinomial,
    NormalInverseWishart,
    Poisson,
)
from mixtura.families.gaussian.structures import EEE, VII, VVV
from mixtura.families.registry import description_of
from mixtura.families.schema import Kind, Schema
from mixtura.families.uniform import Uniform
from mixtura.mixing_weights import EqualWeights
from mixtura.mixture import Mixture
from mixtura.sources import ArraySource
from mixtura.starts.given import random_responsibilities
from mixtura.stopping import projected_gain
from mixtura.typing import FloatArray
from records import FAMILIES, FamilyRecord, two_groups

# Of uniform components the likelihood jumps. With the floor, both components have no covariance.
# Nested Bernoulli components lose a part.
SMOOTH = [
    record
    for record in FAMILIES
    if not isinstance(record.family, Uniform)
    and "floor" not in record.name
    and record.name != "bernoulli-nested"
]
QUICK_WITH_GAPS = [r for r in SMOOTH if not isinstance(r.family, FactorAnalyzers)][::2]
ONE_OF_EACH = [
    *(r for r in SMOOTH if r.name in ("gaussian-VEV", "gaussian-VVV-noise")),
    *(r for r in SMOOTH if r.name in ("categorical", "student_t-VVV", "mixed")),
]
families = pytest.mark.parametrize("record", SMOOTH, ids=lambda record: record.name)


def fitted(record: FamilyRecord, gaps: bool = False) -> tuple[Mixture[Any, Any], ArraySource]:
    """Two components at a maximum, and the rows."""
    return _fitted(record.name, gaps)


@cache
def _fitted(name: str, gaps: bool) -> tuple[Mixture[Any, Any], ArraySource]:
    record = next(record for record in FAMILIES if record.name == name)
    source = ArraySource(gappy_rows(record, 0.1) if gaps else record.X)
    first = em.begin(record.family, source, random_responsibilities(2, (0,)))
    return at_its_maximum(first, source), source


def at_its_maximum(first: Mixture[Any, Any], source: ArraySource) -> Mixture[Any, Any]:
    rule = Switch(passes=99, slow=9)
    return em.fit(first, source, update_rule=rule, stopping=projected_gain(1e-13, 1500)).mixture


def objective(mixture: Mixture[Any, Any], source: ArraySource) -> float:
    return em.e_step(mixture, source).objective + mixture.log_prior


@cache
def _told(name: str, gaps: bool) -> ObservedInformation:
    return ObservedInformation.of(*_fitted(name, gaps))


def falls(found: ObservedInformation, source: ArraySource, step: FloatArray) -> float:
    """How far the objective falls below its maximum, on the mean of both sides."""
    sides = (found.at.moved(sign * step, found.expectation) for sign in (1.0, -1.0))
    heights = [objective(side.mixture, source) for side in sides if side is not None]
    return objective(found.mixture, source) - float(np.mean(heights))


def assert_curved(found: ObservedInformation, source: ArraySource) -> None:
    """One standard error away from the maximum the objective falls by half a nat, to 2nd order."""
    n = found.expectation.weight
    for direction in found.known.T:
        reach = found.at.greatest(direction)
        step = min(0.05, 3e-3 / reach)
        if step < 1e-3:
            continue  # a probability next to 0, of which complete data tell next to nothing
        near = falls(found, source, step * direction) / step**2
        far = falls(found, source, 2.0 * step * direction) / (2.0 * step) ** 2
        np.testing.assert_allclose((4.0 * near - far) / 3.0, 0.5, rtol=1e-4 + 1e-9 * n)


def estimates(record: FamilyRecord, found: ObservedInformation) -> Estimates:
    description = description_of(record.family)
    sound = np.zeros(found.mixture.n_clusters, dtype=np.bool_)
    return Estimates(found.mixture, found, description, record.schema, sound)


@families
def test_the_objective_falls_by_half_a_nat_within_one_standard_error(record: FamilyRecord) -> None:
    assert_maximum(record, gaps=False)


@pytest.mark.parametrize("record", QUICK_WITH_GAPS, ids=lambda record: record.name)
def test_so_it_does_where_cells_are_missing(record: FamilyRecord) -> None:
    assert_maximum(record, gaps=True)


def assert_maximum(record: FamilyRecord, *, gaps: bool) -> None:
    found = _told(record.name, gaps)
    assert found.curved_up == 0
    assert found.apart < 0.25
    assert_curved(found, fitted(record, gaps)[1])


@families
def test_what_is_free_is_told(record: FamilyRecord) -> None:
    found = _told(record.name, False)
    mixture = found.mixture
    region = mixture.noise_region is not None  # its volume is counted as a parameter
    assert found.known.shape[1] <= mixture.n_parameters - region
    told = estimates(record, found)
    assert list(told.standard_errors) == list(told.values)
    assert all(errors.shape == told.values[n].shape for n, errors in told.standard_errors.items())
    assert (np.concatenate([e.ravel() for e in told.standard_errors.values()]) > 0.0).any()
    for name, interval in told.intervals(0.9).items():
        entries, known = told.entries[name], ~np.isnan(told.standard_errors[name])
        values = told.values[name]
        assert (interval.covers(values) == known).all(), "an interval is about its estimate"
        low, high = (np.broadcast_to(end, values.shape) for end in (entries.low, entries.high))
        assert (interval.low >= low)[known].all(), "and within what its number can be"
        assert (interval.high <= high)[known].all()


@pytest.mark.parametrize("record", ONE_OF_EACH, ids=lambda record: record.name)
def test_components_in_another_order_have_the_same_errors(record: FamilyRecord) -> None:
    mixture, source = fitted(record)
    order = np.arange(mixture.n_clusters)[::-1]
    one = estimates(record, ObservedInformation.of(mixture, source)).standard_errors
    other = estimates(record, ObservedInformation.of(mixture.take(order), source)).standard_errors
    noise = np.arange(mixture.n_clusters, mixture.n_components)
    for name, errors in one.items():
        places = np.concatenate([order, noise]) if name == "weights" else order
        np.testing.assert_allclose(other[name], errors[places], rtol=1e-5, equal_nan=True)


@pytest.mark.parametrize("record", FAMILIES[:14:3], ids=lambda record: record.name)
def test_a_weight_of_2_is_the_row_twice(record: FamilyRecord) -> None:
    mixture, _ = fitted(record)
    weights = np.arange(len(record.X)) % 3 + 1.0
    repeated = ArraySource(record.X.repeat(weights.astype(int), axis=0))
    weighted = ArraySource(record.X, weights)
    first = at_its_maximum(mixture, weighted)
    one, other = (ObservedInformation.of(first, rows) for rows in (weighted, repeated))
    left, right = (estimates(record, each).standard_errors for each in (one, other))
    for name in left:
        np.testing.assert_allclose(left[name], right[name], rtol=1e-6)


def single(family: Any, X: FloatArray) -> ObservedInformation:
    source = ArraySource(X)
    mixture = em.begin(family, source, random_responsibilities(1, (0,)))
    return ObservedInformation.of(mixture, source)


def errors_of(found: ObservedInformation, kind: Kind = Kind.CONTINUOUS) -> dict[str, FloatArray]:
    schema = Schema.of(range(found.mixture.n_features), kind)
    none = np.zeros(1, dtype=np.bool_)
    description = description_of(found.mixture.family)
    return Estimates(found.mixture, found, description, schema, none).standard_errors


def test_one_gaussian_component_has_the_errors_of_the_textbook() -> None:
    X = two_groups(60, 2)
    errors = errors_of(single(Gaussian(VVV, np.zeros(2)), X))
    S = np.cov(X.T, bias=True)
    np.testing.assert_allclose(errors["means"][0], np.sqrt(S.diagonal() / 60.0), rtol=1e-8)
    expected = np.sqrt((np.outer(S.diagonal(), S.diagonal()) + S**2) / 60.0)
    np.testing.assert_allclose(errors["covariances"][0], expected, rtol=1e-8)
    assert np.isnan(errors["weights"]).all(), "a single weight is 1"


def test_a_single_rate_probability_or_time_has_the_errors_of_the_textbook() -> None:
    rng = np.random.default_rng(0)
    counts, answers = rng.poisson(3.0, (80, 2)) * 1.0, (rng.random((80, 2)) < 0.3) * 1.0
    rates, p, times = counts.mean(axis=0), answers.mean(axis=0), rng.exponential(2.0, (80, 1))
    found = errors_of(single(Poisson(), counts), Kind.COUNT)["rates"]
    np.testing.assert_allclose(found[0], np.sqrt(rates / 80.0), rtol=1e-8)
    found = errors_of(single(Bernoulli(), answers), Kind.BINARY)["probabilities"]
    np.testing.assert_allclose(found[0], np.sqrt(p * (1.0 - p) / 80.0), rtol=1e-8)
    found = errors_of(single(Exponential(), times))["means"]
    np.testing.assert_allclose(found[0], times.mean() / np.sqrt(80.0), rtol=1e-8)
    shares, total = counts.sum(axis=0) / counts.sum(), counts.sum()
    found = errors_of(single(Multinomial(), counts), Kind.COUNT)["probabilities"]
    np.testing.assert_allclose(found[0], np.sqrt(shares * (1.0 - shares) / total), rtol=1e-8)


def test_cells_that_are_missing_at_random_tell_nothing() -> None:
    X = two_groups(60, 1)
    X[::3] = np.nan
    found = single(Gaussian(VII, np.zeros(1)), X)
    seen = X[~np.isnan(X)]
    np.testing.assert_allclose(errors_of(found)["means"], seen.std() / np.sqrt(40.0), rtol=1e-8)


def test_a_prior_is_worth_rows() -> None:
    X = two_groups(60, 1)
    prior = NormalInverseWishart(X.mean(axis=0), 20.0, 3.0, np.var(X, keepdims=True))
    free, held = (
        errors_of(single(Gaussian(VVV, np.zeros(1), *given), X)) for given in ((), (prior,))
    )
    variances = (
        em.begin(
            Gaussian(VVV, np.zeros(1), *given), ArraySource(X), random_responsibilities(1, (0,))
        ).params.covariances.variances[0, 0]
        for given in ((), (prior,))
    )
    before, after = variances
    np.testing.assert_allclose(free["means"][0], np.sqrt(before / 60.0), rtol=1e-8)
    np.testing.assert_allclose(held["means"][0], np.sqrt(after / 80.0), rtol=1e-8)


def test_what_is_shared_has_one_error_and_what_is_fixed_has_none() -> None:
    source = ArraySource(two_groups(120))
    family = Gaussian(EEE, np.zeros(3), fixed_means=True)
    first = em.begin(family, source, random_responsibilities(2, (1,)), EqualWeights())
    mixture = at_its_maximum(first, source)
    found = ObservedInformation.of(mixture, source)
    told = estimates(replace(SMOOTH[0], family=family), found).standard_errors
    assert np.isnan(told["weights"]).all()
    assert np.isnan(told["means"]).all()
    np.testing.assert_allclose(told["covariances"][0], told["covariances"][1], rtol=1e-8)
    assert (told["covariances"] > 0.0).all()


def test_loadings_can_be_turned_and_have_no_errors_then() -> None:
    record = next(r for r in FAMILIES if isinstance(r.family, FactorAnalyzers) and "2-" in r.name)
    mixture, source = fitted(record)
    told = estimates(record, ObservedInformation.of(mixture, source)).standard_errors
    assert np.isnan(told["loadings"]).all()
    assert (told["uniquenesses"] > 0.0).all()


def test_a_probability_next_to_0_has_no_error_and_disturbs_no_other() -> None:
    rng = np.random.default_rng(1)
    X = (rng.random((300, 5)) < np.where(np.arange(300) < 150, 0.2, 0.8)[:, None]) * 1.0
    X[X[:, 1:].sum(axis=1) < 3.0, 0] = 0.0
    source, schema = ArraySource(X), Schema.of("abcde", Kind.BINARY)
    first = em.begin(Bernoulli(), source, random_responsibilities(2, (2,)))
    mixture = at_its_maximum(first, source)
    record = FamilyRecord("answers", Bernoulli(), X, schema)
    found = ObservedInformation.of(mixture, source)
    told = estimates(record, found).standard_errors["probabilities"]
    p = mixture.params.probabilities
    for edge in (1e-9, 1e-30, 0.0):
        nearly = replace(mixture, params=type(mixture.params)(np.where(p < 1e-3, edge, p)))
        there = estimates(record, ObservedInformation.of(nearly, source))
        errors = there.standard_errors["probabilities"]
        assert np.isnan(errors[p < 1e-3]).all()
        np.testing.assert_allclose(errors[p >= 1e-3], told[p >= 1e-3], rtol=1e-5)
    assert (p < 1e-3).sum() == 1


def test_far_from_a_maximum_it_says_so() -> None:
    source = ArraySource(two_groups(60))
    family = Gaussian(VVV, np.zeros(3))
    whole = em.begin(family, source, random_responsibilities(1, (0,)))
    twins = whole.take(np.zeros(2, dtype=int))
    twins = replace(twins, weights=np.array([0.5, 0.5]))  # a saddle: two are one
    found = ObservedInformation.of(twins, source)
    assert found.apart < 1e-6
    assert found.curved_up > 0 or found.unknown.shape[1] > 1
    moved = replace(whole, params=replace(whole.params, means=whole.params.means + 1.0))
    assert ObservedInformation.of(moved, source).apart > 3.0


def test_where_the_likelihood_is_not_smooth_the_bootstrap_is_offered() -> None:
    record = next(r for r in FAMILIES if isinstance(r.family, Uniform))
    mixture, source = fitted(record)
    with pytest.raises(MixturaError, match="Uniform components is not smooth"):
        ObservedInformation.of(mixture, source)
    family = Gaussian(VVV, np.zeros(3))
    whole = em.begin(family, ArraySource(two_groups()), random_responsibilities(1, (0,)))
    empty = replace(whole.take(np.zeros(2, dtype=int)), weights=np.array([1.0, 0.0]))
    with pytest.raises(MixturaError, match="component 1 has no rows"):
        ObservedInformation.of(empty, ArraySource(two_groups()))


def test_standard_errors_have_the_units_of_the_columns() -> None:
    X = two_groups(90, 2)
    settings = {"random_state": 0, "tol": 1e-10}
    plain = mx.GaussianMixture(2, **settings).fit(X)
    scaled = mx.GaussianMixture(2, **settings).fit(1e3 * X + 1e6)
    one = plain.uncertainty(X).standard_errors
    other = scaled.uncertainty(1e3 * X + 1e6).standard_errors
    np.testing.assert_allclose(other["means"], 1e3 * one["means"], rtol=1e-4)
    np.testing.assert_allclose(other["covariances"], 1e6 * one["covariances"], rtol=1e-4)
    np.testing.assert_allclose(other["weights"], one["weights"], rtol=1e-4)
