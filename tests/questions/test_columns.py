"""Laws of mixtures in some columns and given some, over all families."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mixtura import em
from mixtura.explain.conditional import conditional, marginal
from mixtura.families import Multinomial, VonMisesFisher
from mixtura.families.registry import description_of, is_described
from mixtura.families.schema import Schema
from mixtura.mixture import Mixture
from mixtura.sources import ArraySource
from mixtura.starts.given import random_responsibilities
from mixtura.stopping import fixed_length
from mixtura.testing import assert_alike
from records import FAMILIES, FamilyRecord

DIVISIBLE = [r for r in FAMILIES if not isinstance(r.family, VonMisesFisher)]
CONDITIONAL = [r for r in DIVISIBLE if not isinstance(r.family, Multinomial)]


def ids(records: list[FamilyRecord]) -> list[str]:
    return [record.name for record in records]


def fitted(record: FamilyRecord, k: int = 3) -> Mixture[Any, Any]:
    source = ArraySource(record.X)
    begun = em.begin(record.family, source, random_responsibilities(k, (1,)))
    return em.fit(begun, source, stopping=fixed_length(8)).mixture


def some_places(record: FamilyRecord) -> np.ndarray:
    """Two columns, not in order."""
    return np.array([record.X.shape[1] - 1, 0])


@pytest.mark.parametrize("record", DIVISIBLE, ids=ids(DIVISIBLE))
def test_a_marginal_has_the_density_of_rows_with_the_other_cells_missing(
    record: FamilyRecord,
) -> None:
    mixture, places = fitted(record), some_places(record)
    gappy = np.full(record.X.shape, np.nan)
    gappy[:, places] = record.X[:, places]
    own = marginal(mixture, places)
    rows = record.X[:, places]
    assert_alike(own.log_density(rows), mixture.log_density(gappy), 1e-10)
    assert_alike(own.responsibilities(rows), mixture.responsibilities(gappy), 1e-10)
    drawn, _ = own.sample(20, np.random.default_rng(0))
    assert np.isfinite(own.log_density(drawn)).all()


@pytest.mark.parametrize("record", CONDITIONAL, ids=ids(CONDITIONAL))
@pytest.mark.parametrize("row", [0, 17])
def test_a_density_is_that_of_what_is_given_times_that_of_the_rest(
    record: FamilyRecord, row: int
) -> None:
    mixture, places = fitted(record), np.sort(some_places(record))
    cells = record.X[row, places]
    others = np.delete(np.arange(record.X.shape[1]), places)
    rows = record.X.copy()
    rows[:, places] = cells
    log_given = marginal(mixture, places).log_density(cells[None])
    rest = conditional(mixture, places, cells)
    together = log_given + rest.log_density(rows[:, others])
    expected = mixture.log_density(rows)
    reached = np.isfinite(expected)
    assert reached.any()
    assert (np.isneginf(together) == np.isneginf(expected)).all()
    assert_alike(together[reached], expected[reached], 1e-10)
    resp = rest.responsibilities(rows[reached][:, others])
    assert_alike(resp, mixture.responsibilities(rows[reached]), 1e-9)


@pytest.mark.parametrize("record", CONDITIONAL, ids=ids(CONDITIONAL))
def test_marginals_and_conditionals_come_back_from_a_file(record: FamilyRecord) -> None:
    mixture = fitted(record)
    places = np.array([0])
    for part, kept in (
        (marginal(mixture, places), places),
        (conditional(mixture, places, record.X[0, places]), np.arange(1, record.X.shape[1])),
    ):
        family, params = part.clusters.family, part.params
        assert is_described(family)
        description = description_of(family)
        schema = Schema(tuple(record.schema[place] for place in kept.tolist()))
        family_, params_ = description.restored(
            description.options(family), description.arrays(params), schema
        )
        rows = record.X[:, kept]
        assert_alike(family_.log_density(params_, rows), family.log_density(params, rows), 1e-12)


@pytest.mark.parametrize("record", CONDITIONAL, ids=ids(CONDITIONAL))
def test_what_is_given_in_two_steps_is_given_at_once(record: FamilyRecord) -> None:
    mixture, row = fitted(record), record.X[3]
    at_once = conditional(mixture, np.array([0, 1]), row[:2])
    stepwise = conditional(conditional(mixture, np.array([1]), row[1:2]), np.array([0]), row[:1])
    rows = record.X[:, 2:]
    assert_alike(stepwise.log_density(rows), at_once.log_density(rows), 1e-9)
