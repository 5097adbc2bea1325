"""Typicality is a p-value: of rows that a mixture makes itself, no more are below u than u."""

from typing import Any

import numpy as np
import pytest

from mixtura import em
from mixtura.explain.typicality import UNLIKE, Typicality
from mixtura.families import Bernoulli, BernoulliParameters
from mixtura.families.gaussian.density import Gaussian
from mixtura.families.gaussian.structures import VVV
from mixtura.families.schema import Kind
from mixtura.mixture import Mixture
from mixtura.sources import ArraySource
from mixtura.starts.given import random_responsibilities
from mixtura.testing import with_gaps
from records import FAMILIES, FamilyRecord

N = 2_000
# Five standard errors of a share of the rows tested, and of those that they are compared with.
NOISE = 5.0 * np.sqrt(0.25 / N + 0.25 / 1_999)


def mixture_of(record: FamilyRecord) -> Mixture[Any, Any]:
    return em.begin(record.family, ArraySource(record.X), random_responsibilities(2, (0,)))


def ellipses() -> Mixture[Any, Any]:
    rng = np.random.default_rng(3)
    X = rng.normal(size=(200, 3)) @ rng.normal(size=(3, 3)) + 4.0 * (np.arange(200) % 2)[:, None]
    return em.begin(Gaussian(VVV, np.zeros(3)), ArraySource(X), random_responsibilities(2, (0,)))


@pytest.mark.parametrize("record", FAMILIES, ids=lambda record: record.name)
def test_own_rows_are_no_less_typical_than_their_share(record: FamilyRecord) -> None:
    mixture = mixture_of(record)
    rows, _ = mixture.sample(N, np.random.default_rng(8))
    typical = Typicality(mixture).of(rows)
    assert typical.min() > 0.0
    assert typical.max() <= 1.0
    for u in (0.01, 0.1, 0.5, 0.9):
        assert np.mean(typical <= u) <= u + NOISE


def test_of_a_density_it_is_even() -> None:
    mixture = ellipses()
    rows, _ = mixture.sample(N, np.random.default_rng(8))
    typical = np.sort(Typicality(mixture).of(rows))
    assert np.abs(typical - (np.arange(N) + 0.5) / N).max() < NOISE


def test_rows_with_gaps_are_compared_in_what_they_have() -> None:
    mixture, rng = ellipses(), np.random.default_rng(8)
    rows, _ = mixture.sample(N, rng)
    rows[rng.random(rows.shape) < 0.3] = np.nan
    typical = Typicality(mixture).of(rows)
    gappy = np.isnan(rows).any(axis=1) & ~np.isnan(rows).all(axis=1)
    ranked = np.sort(typical[gappy])
    even = (np.arange(len(ranked)) + 0.5) / len(ranked)
    assert np.abs(ranked - even).max() < NOISE * np.sqrt(N / len(ranked))
    assert (typical[np.isnan(rows).all(axis=1)] == 1.0).all()


@pytest.mark.parametrize(
    "record",
    [
        record
        for record in FAMILIES
        if record.name
        in {"gamma", "student_t-VVV", "factors-2-own-1e-06", "gaussian-VVV-nested", "mixed"}
    ],
    ids=lambda record: record.name,
)
def test_of_rows_with_gaps_it_is_even_for_other_families(record: FamilyRecord) -> None:
    mixture = mixture_of(record)
    rows = with_gaps(mixture.sample(N, np.random.default_rng(8))[0])
    # Where only counts and levels are left, many rows are as likely as each other.
    measured = np.array([column.kind is Kind.CONTINUOUS for column in record.schema])
    rows = rows[~np.isnan(rows[:, measured]).all(axis=1)]
    typical = np.sort(Typicality(mixture).of(rows))
    even = (np.arange(len(rows)) + 0.5) / len(rows)
    assert np.abs(typical - even).max() < NOISE * np.sqrt(N / len(rows))


def test_it_falls_with_the_density_and_is_the_same_every_time() -> None:
    mixture = ellipses()
    rows = np.random.default_rng(8).normal(size=(50, 3)) * 5.0
    typical = Typicality(mixture).of(rows)
    order = np.argsort(mixture.log_density(rows))
    assert (np.diff(typical[order]) >= 0.0).all()
    assert np.array_equal(typical, Typicality(mixture).of(rows))
    assert np.array_equal(typical[:7], Typicality(mixture).of(rows[:7]))


def test_nonsense_is_unlike_the_mixture() -> None:
    far = np.array([[1e3, -1e5, 9e9]])
    assert Typicality(ellipses()).of(far)[0] < UNLIKE


def test_what_no_component_can_reach_is_as_untypical_as_can_be() -> None:
    coins = Mixture(Bernoulli(), BernoulliParameters(np.ones((1, 2))), np.ones(1))
    rows = np.array([[1.0, 1.0], [1.0, 0.0]])
    assert Typicality(coins).of(rows).tolist() == [1.0, 1e-4]


def test_patterns_without_end_are_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mixtura.explain.typicality._MOST_PATTERNS", 1)
    rows = np.array([[0.0, 0.0, 0.0], [0.0, np.nan, 0.0]])
    assert np.isnan(Typicality(ellipses()).of(rows)).tolist() == [False, True]
