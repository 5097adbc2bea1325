"""Laws of mixtures in some columns and given some, over all families."""

from __future__ import annotations

import numpy as np
import pytest

from mixtura.errors import MixturaError
from mixtura.explain.conditional import conditional, marginal
from mixtura.families.gaussian.some_columns import structure_of_some
from mixtura.families.gaussian.structures import STRUCTURES, Structure
from mixtura.families.registry import description_of
from mixtura.families.schema import Schema
from mixtura.testing import assert_alike
from mixtura.typing import IntArray
from question_records import CONDITIONAL, DIVISIBLE, fitted, ids
from records import FAMILIES, STRUCTURE_IDS, FamilyRecord


def some_places(record: FamilyRecord) -> IntArray:
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


@pytest.mark.parametrize("structure", STRUCTURES, ids=STRUCTURE_IDS)
def test_all_columns_in_another_order_keep_the_structure(structure: Structure) -> None:
    record = next(r for r in FAMILIES if r.name == f"gaussian-{structure.name}")
    assert marginal(fitted(record), np.array([2, 1, 0])).family.structure == structure


def test_some_columns_have_the_structure_that_holds_theirs() -> None:
    told = {structure.name: structure_of_some(structure).name for structure in STRUCTURES}
    assert told == {
        "EII": "EII",
        "VII": "VII",
        "EEI": "EEI",
        "VEI": "VEI",
        "EVI": "VVI",
        "VVI": "VVI",
        "EEE": "EEE",
        "VEE": "VEE",
        "EVE": "VVV",
        "VVE": "VVV",
        "EEV": "VVV",
        "VEV": "VVV",
        "EVV": "VVV",
        "VVV": "VVV",
    }
    scaled = {s.name: structure_of_some(s, own_volume=True).name for s in STRUCTURES}
    assert {name for name in scaled if scaled[name] != told[name]} == {"EII", "EEI", "EEE"}
    assert scaled["EEE"] == "VEE"


@pytest.mark.parametrize("name", ["von_mises_fisher-each", "multinomial"])
def test_families_that_cannot_be_divided_say_why(name: str) -> None:
    record = next(record for record in FAMILIES if record.name == name)
    mixture = fitted(record)
    with pytest.raises(MixturaError, match="impute"):
        conditional(mixture, np.array([0]), np.zeros(1))
    with pytest.raises(MixturaError, match="impute"):
        marginal(mixture, np.array([0]))


def test_what_no_component_can_have_is_told() -> None:
    record = next(record for record in FAMILIES if record.name == "uniform")
    with pytest.raises(MixturaError, match="density is 0"):
        conditional(fitted(record), np.array([0]), np.array([1e6]))
