"""Products of families: blocks of columns that are independent of each other in a component."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mixtura import em
from mixtura.errors import ModelFileError
from mixtura.families import Bernoulli, Block, Categorical, Gaussian, Poisson, Product
from mixtura.families.gaussian.structures import VVV
from mixtura.families.registry import MIXED, description_named, description_of
from mixtura.families.schema import Column, Kind, Schema
from mixtura.sources import ArraySource
from mixtura.sources.columns import ColumnsOf
from mixtura.sources.summary import summarize
from mixtura.starts.given import given_responsibilities
from mixtura.stopping import fixed_length
from mixtura.testing import assert_alike, check_source
from records import FAMILIES, mixed_rows, two_groups

[RECORD] = [record for record in FAMILIES if record.name == "mixed"]
FAMILY, SCHEMA = RECORD.family, RECORD.schema


def responsibilities(n: int, k: int = 2) -> Any:
    resp = np.random.default_rng(0).dirichlet(np.ones(k), n)
    return given_responsibilities(resp)


def test_the_log_density_is_the_sum_of_those_of_the_blocks() -> None:
    X = mixed_rows()
    params = em.begin(FAMILY, ArraySource(X), responsibilities(len(X))).params
    parts = zip(FAMILY.blocks, params.parts, strict=True)
    expected = sum(b.family.log_density(part, X[:, list(b.places)]) for b, part in parts)
    np.testing.assert_allclose(FAMILY.log_density(params, X), expected, rtol=1e-14)


@pytest.mark.parametrize(
    "alone", [Gaussian(VVV, np.zeros(3)), Poisson()], ids=["gaussian", "poisson"]
)
def test_a_single_block_is_its_family(alone: Any) -> None:
    X = np.abs(np.round(two_groups()))
    start, source = responsibilities(len(X)), ArraySource(X)
    fits = [
        em.fit(em.begin(family, source, start), source, stopping=fixed_length(20))
        for family in (alone, Product((Block(alone, (0, 1, 2)),)))
    ]
    np.testing.assert_allclose(fits[1].trace, fits[0].trace, rtol=1e-12)


def test_independent_columns_may_be_one_block_or_several() -> None:
    X = np.random.default_rng(1).poisson(3.0, (80, 3)).astype(np.float64)
    start, source = responsibilities(len(X)), ArraySource(X)
    apart = Product(tuple(Block(Poisson(), (place,)) for place in (2, 0, 1)))
    one, several = (
        em.fit(em.begin(family, source, start), source, stopping=fixed_length(20))
        for family in (Poisson(), apart)
    )
    np.testing.assert_allclose(several.trace, one.trace, rtol=1e-12)
    assert apart.n_parameters(2, 3) == Poisson().n_parameters(2, 3)


def test_a_constant_block_changes_nothing_but_a_constant() -> None:
    X = two_groups()
    start = responsibilities(len(X))
    family = Gaussian(VVV, np.zeros(3))
    wide = Product((Block(family, (0, 1, 2)), Block(Categorical((1,)), (3,))))
    fits = [
        em.fit(em.begin(each, source, start), source, stopping=fixed_length(20))
        for each, source in (
            (family, ArraySource(X)),
            (wide, ArraySource(np.column_stack([X, np.zeros(len(X))]))),
        )
    ]
    np.testing.assert_allclose(fits[1].trace, fits[0].trace, rtol=1e-12)


def test_what_holds_a_block_up_is_told_of_the_whole() -> None:
    X = mixed_rows()
    X[:20, 1] = X[:20, 4] = 5.0
    floor = np.full(2, 1e-6)
    family = Product((Block(Gaussian(VVV, floor), (1, 4)), *FAMILY.blocks[1:]))
    resp = np.zeros((len(X), 2))
    resp[:20, 0], resp[20:, 1] = 1.0, 1.0
    mixture = em.begin(family, ArraySource(X), given_responsibilities(resp))
    owed = family.upheld(
        mixture.params, np.zeros(5), lambda: em.e_step(mixture, ArraySource(X)).statistics
    )
    assert owed[0] > 10.0
    assert owed[1] == 0.0
    assert not family.bounded
    assert Product(FAMILY.blocks[1:]).bounded


def test_columns_of_a_source_are_a_source() -> None:
    X = mixed_rows()
    source = ArraySource(X, np.arange(60.0) + 1.0, 7, 1)
    check_source(ColumnsOf(source, (3, 0)), X[:, [3, 0]], np.arange(60.0) + 1.0)
    own = summarize(ColumnsOf(source, (4, 1)))
    assert_alike(summarize(source).take((4, 1)), own)


# ---------------------------------------------------------------------------------------------
# The description


def test_columns_are_laid_out_by_their_kinds_or_as_chosen() -> None:
    blocks = MIXED.laid_out(SCHEMA).blocks
    assert [(block.description.name, block.places) for block in blocks] == [
        ("categorical", (0,)),
        ("gaussian", (1, 4)),
        ("poisson", (2,)),
        ("bernoulli", (3,)),
    ]
    chosen = MIXED.laid_out(SCHEMA, {"visits": "gaussian", "won": "categorical"}).blocks
    assert [(block.description.name, block.places) for block in chosen] == [
        ("categorical", (0, 3)),
        ("gaussian", (1, 2, 4)),
    ]
    assert MIXED.family(SCHEMA).blocks[1].places == (1, 4)


def test_columns_of_a_product_of_plain_numbers() -> None:
    schema = description_of(FAMILY).columns(FAMILY, list("abcde"))
    assert [column.kind for column in schema] == [
        Kind.CATEGORICAL,
        Kind.CONTINUOUS,
        Kind.COUNT,
        Kind.BINARY,
        Kind.CONTINUOUS,
    ]
    assert schema[0].levels == (0, 1, 2)


def test_what_people_read_of_it() -> None:
    description = description_of(FAMILY)
    assert description.structure(FAMILY) == ("VVV", "each component has its own covariance matrix")
    assert "gaussian: 2 columns" in description.text
    assert "reg_covar" in description.held_by
    assert description.simpler == "a simpler covariance_type"
    X = mixed_rows()
    params = em.begin(FAMILY, ArraySource(X), responsibilities(len(X))).params
    spreads = description.dispersions(params, [2, 4, 1])
    assert spreads is not None
    own = params.parts[0].covariances.matrices()
    np.testing.assert_array_equal(spreads[:, 1:, 1:], own[:, ::-1, ::-1])
    assert np.isnan(spreads[:, 0, 0]).all()
    assert not spreads[:, 0, 1:].any()
    assert description.dispersions(params, [0, 2]) is None


def test_blocks_in_files_that_are_not_right() -> None:
    description, X = description_of(FAMILY), mixed_rows()
    params = em.begin(FAMILY, ArraySource(X), responsibilities(len(X))).params
    options, arrays = description.options(FAMILY), description.arrays(params)
    restore = description_named("mixed").restored
    assert restore(options, arrays, SCHEMA)[1].n_features == 5

    def refusal(change: Any) -> str:
        blocks = [dict(block) for block in options["blocks"]]
        changed = {name: array.copy() for name, array in arrays.items()}
        change(blocks, changed)
        with pytest.raises(ModelFileError) as told:
            restore({"blocks": blocks}, changed, SCHEMA)
        return str(told.value)

    def set_columns(blocks: Any, arrays: Any) -> None:
        blocks[1]["columns"] = [1]

    def set_family(blocks: Any, arrays: Any) -> None:
        blocks[0]["family"] = "weibull"

    def set_floor(blocks: Any, arrays: Any) -> None:
        blocks[0]["options"] = {**blocks[0]["options"], "floor": [-1.0, 0.0]}

    def set_rates(blocks: Any, arrays: Any) -> None:
        arrays["poisson_2.rates"] = -arrays["poisson_2.rates"]

    def set_size(blocks: Any, arrays: Any) -> None:
        arrays["poisson_2.rates"] = arrays["poisson_2.rates"][:1]

    assert "each of 0 to 4 should be in one block" in refusal(set_columns)
    assert "'weibull'" in refusal(set_family)
    assert "options.blocks[0].options.floor" in refusal(set_floor)
    assert "arrays.poisson_2.rates[0][0]" in refusal(set_rates)
    assert "blocks of [2, 2, 1, 2] components" in refusal(set_size)


def test_a_block_of_two_levels_without_names() -> None:
    schema = Schema((Column("a", Kind.BINARY), Column("b")))
    family = MIXED.family(schema)
    assert isinstance(family.blocks[0].family, Bernoulli)
