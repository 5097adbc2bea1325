"""The public conformance kit, over everything that the package has."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mixtura import em
from mixtura.families.gaussian.structures import Structure
from mixtura.families.registry import description_of
from mixtura.sources import ArraySource
from mixtura.sources.summary import summarize
from mixtura.starts.given import given_labels
from mixtura.statistics import Moments
from mixtura.testing import (
    assert_alike,
    check_description,
    check_family,
    check_source,
    check_statistics,
    check_structure,
)
from records import FAMILIES, FAMILY_IDS, STRUCTURE_IDS, STRUCTURES, FamilyRecord, two_groups

finite = st.floats(-1e6, 1e6, allow_subnormal=False)


@pytest.mark.parametrize("record", FAMILIES, ids=FAMILY_IDS)
@pytest.mark.parametrize("k", [1, 2, 5])
def test_families_keep_the_laws(record: FamilyRecord, k: int) -> None:
    check_family(record.family, record.X, k + record.noise)


@pytest.mark.parametrize("record", FAMILIES, ids=FAMILY_IDS)
@pytest.mark.parametrize("k", [1, 3])
def test_descriptions_keep_the_laws(record: FamilyRecord, k: int) -> None:
    description = description_of(record.family)
    check_description(
        description, record.family, record.X, record.schema, record.bad, k + record.noise
    )


@pytest.mark.parametrize("structure", STRUCTURES, ids=STRUCTURE_IDS)
@pytest.mark.parametrize("d", [1, 2, 5])
def test_structures_keep_the_laws(structure: Structure, d: int) -> None:
    independent = structure.name in {"EII", "VII", "EEI", "VVI", "EEE", "VVV"}
    check_structure(structure, d, exact_floor=independent)


@pytest.mark.parametrize("diagonal", [True, False])
@settings(max_examples=60, deadline=None)
@given(
    X=arrays(np.float64, st.tuples(st.integers(2, 12), st.integers(1, 3)), elements=finite),
    seed=st.integers(0, 99),
)
def test_moments_merge_for_any_rows(diagonal: bool, X: np.ndarray, seed: int) -> None:
    # Scatter is a small difference of large numbers when rows nearly coincide far from 0.
    resp = np.random.default_rng(seed).dirichlet(np.ones(2), len(X))
    whole = Moments.of(X, resp, diagonal=diagonal)
    cut = len(X) // 2
    halves = Moments.of(X[:cut], resp[:cut], diagonal=diagonal) + Moments.of(
        X[cut:], resp[cut:], diagonal=diagonal
    )
    scale = max(1.0, float(np.abs(X).max()))
    np.testing.assert_allclose(halves.count, whole.count, rtol=1e-12)
    np.testing.assert_allclose(halves.mean, whole.mean, rtol=0, atol=1e-12 * scale)
    np.testing.assert_allclose(halves.scatter, whole.scatter, rtol=0, atol=1e-12 * scale**2)


@pytest.mark.parametrize("diagonal", [True, False])
@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_moments_keep_the_laws(diagonal: bool, offset: float) -> None:
    X = two_groups() + offset
    resp = np.random.default_rng(0).dirichlet(np.ones(3), len(X))
    if offset == 0.0:
        check_statistics(lambda x, r: Moments.of(x, r, diagonal=diagonal), X, resp)
    whole = Moments.of(X, resp, diagonal=diagonal)
    moved = Moments.of(X - offset, resp, diagonal=diagonal)
    assert_alike(whole.scatter, moved.scatter, rtol=1e-9, law="an offset changes no scatter")


@pytest.mark.parametrize("record", FAMILIES, ids=FAMILY_IDS)
def test_a_component_without_rows_is_a_copy_of_the_heaviest(record: FamilyRecord) -> None:
    labels = np.zeros(len(record.X), dtype=np.intp)
    labels[: len(labels) // 3] = 2
    mixture = em.begin(record.family, ArraySource(record.X), given_labels(labels, 4 + record.noise))
    assert mixture.weights[[1, 3]].tolist() == [0.0, 0.0]
    keys = mixture.params.sort_key
    np.testing.assert_array_equal(keys[[1, 3]], keys[[0, 0]])
    resp = mixture.responsibilities(record.X)
    assert (resp[:, [1, 3]] == 0.0).all()
    alone = mixture.take(np.array([0, 2]))
    assert_alike(alone.log_density(record.X), mixture.log_density(record.X), rtol=1e-14)


@pytest.mark.parametrize("rows_per_block", [1, 7, 60, 1000])
@pytest.mark.parametrize("n_threads", [1, 2, 7])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_array_source_keeps_the_laws(rows_per_block: int, n_threads: int, dtype: type) -> None:
    X = two_groups().astype(dtype)
    weight = np.linspace(0.5, 2.0, len(X))
    check_source(ArraySource(X, weight, rows_per_block, n_threads), X, weight)
    check_source(ArraySource(X, None, rows_per_block, n_threads), X, np.ones(len(X)))


@pytest.mark.parametrize("rows_per_block", [1, 7, 1000])
def test_summary_is_that_of_the_whole_table(rows_per_block: int) -> None:
    X = two_groups()
    X[:, 1] = 4.0
    weight = np.linspace(0.5, 2.0, len(X))
    summary = summarize(ArraySource(X, weight, rows_per_block))
    mean = np.average(X, axis=0, weights=weight)
    variances = np.average((X - mean) ** 2, axis=0, weights=weight)
    assert summary.n_rows == len(X)
    np.testing.assert_allclose(summary.total_weight, weight.sum(), rtol=1e-12)
    np.testing.assert_allclose(summary.variances[[0, 2]], variances[[0, 2]], rtol=1e-12)
    assert summary.variances[1] == 0.0
    assert summary.scales[1] == summary.scales[[0, 2]].min()  # a constant has no unit of its own
