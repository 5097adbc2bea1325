"""Laws of mixtures in some columns and given some, over all families."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

import mixtura as mx
from mixtura.errors import MixturaError
from mixtura.explain.conditional import conditional, marginal
from mixtura.families import Poisson
from mixtura.families.cells import Cells
from mixtura.families.column_parameters import ColumnMeans, ColumnParameters
from mixtura.families.gaussian.some_columns import structure_of_some
from mixtura.families.gaussian.structures import STRUCTURES, Structure
from mixtura.families.registry import description_of
from mixtura.families.schema import Schema
from mixtura.testing import assert_alike, check_columns, check_marginals
from mixtura.typing import FloatArray, IntArray
from question_records import CONDITIONAL, DIVISIBLE, fitted, ids
from records import FAMILIES, STRUCTURE_IDS, FamilyRecord


@pytest.mark.parametrize("record", DIVISIBLE, ids=ids(DIVISIBLE))
def test_marginals(record: FamilyRecord) -> None:
    check_marginals(record.family, record.X)


@pytest.mark.parametrize("record", CONDITIONAL, ids=ids(CONDITIONAL))
def test_columns(record: FamilyRecord) -> None:
    check_columns(record.family, record.X)


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


@dataclass(frozen=True)
class Bare(ColumnMeans[ColumnParameters]):
    """Exponential waits of a family that says nothing of single columns."""

    def log_density(self, params: ColumnParameters, X: FloatArray) -> FloatArray:
        cells = Cells.of(X)
        means = params.values
        return -(cells.values @ (1.0 / means).T) - cells.over_columns(np.log(means))

    def of_means(self, means: FloatArray) -> ColumnParameters:
        return ColumnParameters(means)

    def sample(
        self, params: ColumnParameters, labels: IntArray, rng: np.random.Generator
    ) -> FloatArray:
        return rng.exponential(params.values[labels])


def test_a_family_that_does_not_know_its_columns_is_told_what_to_have() -> None:
    X = np.random.default_rng(0).exponential([[1.0, 2.0, 5.0]] * 60)
    check_marginals(Bare(), X)
    bare = mx.FamilyMixture(Bare(), 2, random_state=0).fit(X)
    assert bare.conditional({0: 1.0}).n_features_in_ == 2
    with pytest.raises(MixturaError, match="Bare does not say how single columns are distributed"):
        bare.quantile(0.5, 0)
    assert bare.entropy(1000).high == np.inf


class Whole:
    """As a family, but one that cannot be divided."""

    def __init__(self, family: Poisson) -> None:
        self.family = family

    def __getattr__(self, name: str) -> Any:
        if name in ("marginal", "conditional"):
            raise AttributeError(name)
        return getattr(self.family, name)


def test_a_family_that_cannot_be_divided_is_told_what_to_have() -> None:
    mixture = fitted(next(record for record in FAMILIES if record.name == "poisson"))
    whole = replace(mixture, family=Whole(mixture.family))
    with pytest.raises(MixturaError, match="give it methods `marginal` and `conditional`"):
        marginal(whole, np.array([0]))
