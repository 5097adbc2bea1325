"""Groups of components as clusters, for every family, and the trees that propose them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bells import bells, random_bells, slightly
from mixtura import em
from mixtura.errors import MixturaError
from mixtura.explain.grouping import grouped
from mixtura.explain.merge_tree import MergeTree
from mixtura.explain.merging_by_entropy import elbow, merge_by_entropy
from mixtura.explain.merging_by_hills import merge_by_hills
from mixtura.families.registry import description_of
from mixtura.mixture import Mixture
from mixtura.sources import ArraySource
from mixtura.starts.given import random_responsibilities
from mixtura.testing import assert_alike
from records import FAMILIES, FAMILY_IDS, FamilyRecord

GROUPS = [[0, 2], [1], [3]]


def begun(record: FamilyRecord) -> Mixture[Any, Any]:
    """Four components that share all rows."""
    resp = random_responsibilities(4 + record.noise, (4,))
    return em.begin(record.family, ArraySource(record.X), resp)


@pytest.mark.parametrize("record", FAMILIES, ids=FAMILY_IDS)
def test_groups_have_the_same_density_and_the_sums_of_their_members(record: FamilyRecord) -> None:
    mixture = begun(record)
    merged = grouped(mixture, GROUPS)
    k = mixture.n_clusters
    np.testing.assert_allclose(
        merged.log_density(record.X), mixture.log_density(record.X), rtol=1e-12, atol=1e-12
    )
    resp = mixture.responsibilities(record.X)
    noise = [[j] for j in range(k, mixture.n_components)]
    sums = np.stack([resp[:, group].sum(axis=1) for group in [*GROUPS, *noise]], axis=1)
    np.testing.assert_allclose(merged.responsibilities(record.X), sums, atol=1e-12)
    assert merged.n_parameters == mixture.n_parameters
    assert merged.weights.sum() == pytest.approx(1.0, rel=1e-12)
    rows, labels = merged.sample(50, np.random.default_rng(0))
    assert rows.shape == (50, record.X.shape[1])
    assert set(labels) <= set(range(merged.n_components))


@pytest.mark.parametrize("record", FAMILIES, ids=FAMILY_IDS)
def test_groups_are_kept_in_files_as_they_are(record: FamilyRecord) -> None:
    clusters = grouped(begun(record), GROUPS).clusters
    description = description_of(clusters.family)
    options, arrays = description.options(clusters.family), description.arrays(clusters.params)
    family, params = description.restored(options, arrays, record.schema)
    assert_alike(params, clusters.params)
    assert family.padding == clusters.family.padding == 2
    for place in range(record.X.shape[1]):
        assert description.marginal(params, place, record.schema) is not None


@pytest.mark.parametrize("record", FAMILIES, ids=FAMILY_IDS)
def test_the_entropy_falls_with_every_merge_and_weights_are_repetitions(
    record: FamilyRecord,
) -> None:
    mixture, weight = begun(record), np.arange(len(record.X)) % 3
    tree = merge_by_entropy(mixture, ArraySource(record.X, weight.astype(np.float64)))
    again = merge_by_entropy(mixture, ArraySource(np.repeat(record.X, weight, axis=0)))
    assert (np.diff(tree.values) <= 0.0).all()
    np.testing.assert_allclose(tree.values, again.values, rtol=1e-9, atol=1e-9)
    for n_clusters in (1, 2, 3, 4):
        resp = grouped(mixture, tree.groups(n_clusters)).responsibilities(record.X)
        own = -(resp * np.log(np.where(resp > 0.0, resp, 1.0))).sum(axis=1)
        assert tree.values[4 - n_clusters] == pytest.approx(weight @ own, rel=1e-9, abs=1e-9)


def test_each_merge_is_the_one_that_leaves_least_entropy() -> None:
    mixture = random_bells(3, 2, 5)
    X, _ = mixture.sample(300, np.random.default_rng(0))
    tree = merge_by_entropy(mixture, ArraySource(X))
    for n_clusters in (5, 4, 3, 2):
        groups = tree.groups(n_clusters)
        left = []
        for a in range(n_clusters):
            for b in range(a):
                rest = [g for place, g in enumerate(groups) if place not in (a, b)]
                resp = grouped(mixture, [groups[a] + groups[b], *rest]).responsibilities(X)
                left.append(-(resp * np.log(np.where(resp > 0.0, resp, 1.0))).sum())
        assert tree.values[5 - n_clusters + 1] == pytest.approx(min(left), rel=1e-9, abs=1e-9)


def test_blocks_of_rows_say_what_all_say_together() -> None:
    mixture = slightly(random_bells(4, 2, 4))
    X, _ = mixture.sample(500, np.random.default_rng(0))
    whole = merge_by_entropy(mixture, ArraySource(X))
    parts = merge_by_entropy(mixture, ArraySource(X, None, 64))
    np.testing.assert_array_equal(whole.merges, parts.merges)
    np.testing.assert_allclose(whole.values, parts.values, rtol=1e-10)


@pytest.mark.parametrize("seed", range(8))
def test_hills_merge_over_the_shallowest_valley_and_those_get_deeper(seed: int) -> None:
    mixture = random_bells(seed, 2)
    tree = merge_by_hills(mixture)
    assert (np.diff(tree.values) <= 1e-12).all()
    assert sorted(j for leaf in tree.leaves for j in leaf) == list(range(mixture.n_clusters))
    assert tree.suggested == len(tree)
    assert tree.n_clusters_above(1.0) == len(tree)
    assert tree.n_clusters_above(1e-300) == 1


def test_the_elbow_is_where_two_lines_meet() -> None:
    assert elbow(np.array([0.0, 1.0, 2.0, 12.0, 22.0])) == 3
    assert elbow(np.array([0.0, 0.0, 10.0])) == 2


def test_clusters_that_are_apart_are_left_apart() -> None:
    mixture = bells(np.full(4, 0.25), 30.0 * np.arange(4.0)[:, None], [[[1.0]]] * 4)
    X, _ = mixture.sample(200, np.random.default_rng(0))
    tree = merge_by_entropy(mixture, ArraySource(X))
    assert tree.suggested == 4
    assert "hardly ever in doubt" in tree.reason


@pytest.mark.parametrize(
    ("groups", "told"),
    [
        ([[0, 1], [2]], "Left out: 3"),
        ([[0, 1], [2, 3], [1]], "Component 1 is there twice"),
        ([[0, 1, 2, 3, 4]], "There is no component 4"),
        ([[0, 1, 2, -1]], "There is no component -1"),
        ([[0, 1, 2, 3], []], "A group has no component"),
        ([], "Left out: 0, 1, 2, 3"),
    ],
)
def test_groups_have_every_component_once(groups: list[list[int]], told: str) -> None:
    with pytest.raises(MixturaError, match=told):
        grouped(begun(FAMILIES[0]), groups)


def test_a_tree_has_no_more_clusters_than_it_began_with() -> None:
    tree = MergeTree("hills", ((0,), (1,)), np.array([[0, 1]]), np.ones(2), np.ones(1), 2, "")
    for wanted in (0, 3):
        with pytest.raises(MixturaError, match="Give a number from 1 to 2"):
            tree.groups(wanted)
