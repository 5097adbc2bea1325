"""Laws of the model-based hierarchy, and of the start that it gives."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mixtura as mx
from mixtura import kernels
from mixtura.errors import MixturaError
from mixtura.families.gaussian.discriminant import quadratic_discriminant
from mixtura.kernels.hierarchy_merges import merge
from mixtura.sources import ArraySource, summarize
from mixtura.starts import hierarchy as module
from mixtura.starts import sample as sample_module
from mixtura.starts.groups import from_hierarchy
from mixtura.starts.hierarchy import hierarchy
from mixtura.starts.principal_axes import principal_axes
from mixtura.starts.quantiles import from_quantiles
from mixtura.starts.sample import draw_rows
from mixtura.typing import FloatArray, IntArray

DIMENSIONS = [1, 2, 4, 10]


def clouds(n: int = 120, d: int = 2, seed: int = 0) -> FloatArray:
    """Three overlapping groups of different shape, without ties."""
    rng = np.random.default_rng(seed)
    shape = rng.uniform(0.3, 1.5, (3, d))
    group = rng.integers(0, 3, n)
    return rng.normal(size=(n, d)) * shape[group] + 3.0 * rng.normal(size=(3, d))[group]


def partitions(X: FloatArray, weight: FloatArray | None = None, up_to: int = 12) -> list[IntArray]:
    tree = hierarchy(X, np.ones(len(X)) if weight is None else weight)
    return [tree.labels(k) for k in range(1, up_to + 1)]


def few_leaves(monkeypatch: pytest.MonkeyPatch, most: int | None) -> None:
    if most is not None:
        monkeypatch.setattr(module, "MOST_LEAVES", most)
        monkeypatch.setattr(module, "CELLS", most)


@pytest.mark.parametrize("most", [None, 30])
@pytest.mark.parametrize("d", DIMENSIONS)
def test_each_partition_refines_the_one_before(
    d: int, most: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    few_leaves(monkeypatch, most)
    X = clouds(d=d)
    tree = hierarchy(X, np.ones(len(X)))
    assert tree.size == (most or len(X))
    coarser = tree.labels(1)
    assert not coarser.any()
    for k in range(2, tree.size + 1):
        finer = tree.labels(k)
        assert np.unique(finer).tolist() == list(range(k))
        assert len(set(zip(finer, coarser, strict=True))) == k
        coarser = finer


@pytest.mark.parametrize("d", [1, 2, 3, 10])
@pytest.mark.parametrize("seed", [0, 1])
def test_every_merge_costs_least(d: int, seed: int) -> None:
    """Against the criterion written out, over all pairs of groups."""
    X = clouds(24, d, seed)
    weight = np.random.default_rng(seed).uniform(0.5, 3.0, len(X))
    points = module._transformed(X, weight)
    tree = hierarchy(X, weight)
    lent = (weight @ points**2).sum() / points.size

    def criterion(rows: IntArray) -> float:
        n = weight[rows].sum()
        deviation = points[rows] - weight[rows] @ points[rows] / n
        covariance = (deviation.T * weight[rows]) @ deviation / n
        determinant = np.linalg.det(covariance) if d <= 8 else 0.0
        return float(n * np.log(determinant + np.trace(covariance) + lent / n))

    for k in range(2, len(X) + 1):
        groups = [np.flatnonzero(tree.labels(k) == j) for j in range(k)]
        costs = {
            (i, j): criterion(np.union1d(groups[i], groups[j]))
            - criterion(groups[i])
            - criterion(groups[j])
            for i, j in combinations(range(k), 2)
        }
        united = tree.labels(k - 1)
        (made,) = [pair for pair in costs if len({united[groups[g][0]] for g in pair}) == 1]
        assert costs[made] <= min(costs.values()) + 2e-6 * weight.mean()


@pytest.mark.parametrize("compiled", kernels.available()[:1])
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("d", [1, 2, 3, 8, 9, 30])
def test_the_compiled_merges_are_those_of_the_reference(d: int, seed: int, compiled: str) -> None:
    X = clouds(80, d, seed)
    X[40:50] = X[:10].round(1)
    X[50:60, 0] = 0.0
    weight = np.random.default_rng(seed).integers(1, 4, len(X)).astype(float)
    trees = []
    for name in (compiled, "numpy"):
        with kernels.use(name):
            trees.append(hierarchy(X, weight))
    np.testing.assert_array_equal(trees[0].merges, trees[1].merges)


@pytest.mark.parametrize("most", [None, 30])
@pytest.mark.parametrize("d", DIMENSIONS)
def test_weights_equal_repetition(
    d: int, most: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    few_leaves(monkeypatch, most)
    X = clouds(d=d)
    weight = np.random.default_rng(1).integers(1, 5, len(X))
    weighted = partitions(X, weight.astype(float))
    repeated = partitions(np.repeat(X, weight, axis=0))
    other_unit = partitions(X, 1e-9 * weight)
    for k, labels in enumerate(weighted):
        np.testing.assert_array_equal(np.repeat(labels, weight), repeated[k])
        np.testing.assert_array_equal(labels, other_unit[k])


@pytest.mark.parametrize("most", [None, 30])
@pytest.mark.parametrize("d", DIMENSIONS)
def test_units_and_order_do_not_matter(
    d: int, most: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    few_leaves(monkeypatch, most)
    X = clouds(d=d)
    expected = partitions(X)
    order = np.random.default_rng(2).permutation(len(X))
    scales = np.geomspace(1e-6, 1e6, d)
    for moved in (X + 1e8, X * 1e-6, X * scales, X / scales + 7.0):
        for k, labels in enumerate(partitions(moved)):
            np.testing.assert_array_equal(labels, expected[k])
    for k, labels in enumerate(partitions(X[order])):
        np.testing.assert_array_equal(labels, expected[k][order])


def test_ties_are_broken_by_the_values_of_the_rows() -> None:
    X = np.stack(np.meshgrid(np.arange(6.0), np.arange(7.0)), axis=-1).reshape(-1, 2)
    order = np.random.default_rng(3).permutation(len(X))
    expected = partitions(X)
    for k, labels in enumerate(partitions(0.1 * X[order] + 1e3)):
        np.testing.assert_array_equal(labels, expected[k][order])


@pytest.mark.parametrize("most", [None, 40])
@pytest.mark.parametrize("d", DIMENSIONS)
@pytest.mark.parametrize("k", [2, 5, 9])
def test_groups_far_apart_are_found(
    d: int, k: int, most: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    few_leaves(monkeypatch, most)
    rng = np.random.default_rng(k)
    truth = rng.permutation(np.repeat(np.arange(k), 20))
    X = rng.normal(size=(len(truth), d)) + 100.0 * truth[:, None]
    found = hierarchy(X, np.ones(len(X))).labels(k)
    assert len(set(zip(found, truth, strict=True))) == k


@pytest.mark.parametrize("init", ["rows", "weights"])
@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(1, 40), d=st.integers(1, 12), k=st.integers(1, 9))
def test_any_table_has_a_tree(init: str, seed: int, n: int, d: int, k: int) -> None:
    """Duplicates, constant and collinear columns, fewer rows than columns, wild weights."""
    rng = np.random.default_rng(seed)
    X = rng.integers(-1, 2, (n, d)) * 10.0 ** rng.integers(-3, 4, d)
    X[:, rng.integers(d)] = X[:, 0] * 2.0 + 1e5
    X[rng.integers(n), rng.integers(d)] *= rng.choice([1.0, 1e9])
    weight = 10.0 ** rng.uniform(-6, 6, n) if init == "weights" else np.ones(n)
    tree = hierarchy(X, weight)
    assert tree.size == len(np.unique(X, axis=0))
    k = min(k, tree.size)
    assert np.unique(tree.labels(k)).tolist() == list(range(k))


@pytest.mark.parametrize("kernel", ["numpy", *kernels.available()[:1]])
@pytest.mark.parametrize("d", [*DIMENSIONS, 8])
def test_any_weights_have_a_tree(d: int, kernel: str) -> None:
    """One of the heaviest rows against rows of the lightest weights that there are."""
    X = clouds(40, d)
    weight = 10.0 ** np.random.default_rng(0).uniform(-323.0, 0.0, len(X))
    weight[:3] = 5e-324, 1e-200, 1.0
    with kernels.use(kernel):
        for unit in (1.0, 1e300):
            tree = hierarchy(X, unit * weight)
            assert np.unique(tree.labels(len(X))).tolist() == list(range(len(X)))
            assert np.unique(tree.labels(2)).tolist() == [0, 1]


@pytest.mark.skipif(not kernels.available(), reason="no compiled kernel")
def test_wild_costs_are_refused_or_give_a_tree() -> None:
    """No group is merged with itself, whatever it costs."""
    wild = [np.nan, np.inf, -np.inf, 1e300, -1e300, 1e160, 5e-324, 0.0]
    refused = 0
    for seed in range(300):
        rng = np.random.default_rng(seed)
        arrays = [np.ones(6), rng.normal(size=(6, 2)), np.zeros((6, 2, 2))]
        typical, tie = 1.0, float(rng.choice([*wild, 1e-6]))
        arrays[rng.integers(3)].flat[rng.integers(6)] = rng.choice(wild)
        try:
            merges = merge(arrays[0], arrays[1], arrays[2], typical, tie)
        except MixturaError:
            refused += 1
        else:
            assert (merges[:, 0] < merges[:, 1]).all()
            assert sorted(merges[:, 1]) == [1, 2, 3, 4, 5]
    assert 0 < refused < 300
    with pytest.raises(MixturaError, match="not a finite number"):
        merge(np.full(2, np.nan), np.zeros((2, 1)), np.zeros((2, 1)), 1.0, 0.0)


@pytest.mark.parametrize("outlier", [1e3, 1e12, 1e20])
@pytest.mark.parametrize("d", DIMENSIONS)
def test_an_outlier_among_many_rows(
    d: int, outlier: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other rows are then equal to working precision, one after the other or all of them."""
    few_leaves(monkeypatch, 30)
    X = clouds(d=d)
    X[7] = outlier
    tree = hierarchy(X, np.ones(len(X)))
    assert 2 <= tree.size <= 30
    assert np.flatnonzero(tree.labels(2) == tree.labels(2)[7]).tolist() == [7]


def test_cells_hold_the_heaviest_rows_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    few_leaves(monkeypatch, 5)
    X = np.linspace(0.0, 1.0, 50)[:, None]
    for heavy in (0, 49):
        weight = np.ones(50)
        weight[heavy] = 1e18
        tree = hierarchy(X, weight)
        assert tree.size == 5
        assert np.flatnonzero(tree.labels(5) == tree.labels(5)[heavy]).tolist() == [heavy]


@pytest.mark.parametrize("k", [0, 5])
def test_no_more_groups_than_leaves(k: int) -> None:
    tree = hierarchy(np.array([[0.0], [1.0], [1.0], [5.0], [9.0]]), np.ones(5))
    assert tree.size == 4
    with pytest.raises(MixturaError, match=f"k={k} groups of a hierarchy with 4 leaves"):
        tree.labels(k)


# ------------------------------------------------------------------------------------ the start


@pytest.mark.parametrize("sample_rows", [20_000, 150])
@pytest.mark.parametrize("rows_per_block", [1000, 7])
def test_rows_in_and_beyond_the_sample_begin_in_their_group(
    sample_rows: int, rows_per_block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sample_module, "SAMPLE_ROWS", sample_rows)
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, 400)
    X = 1e4 + rng.normal(size=(400, 2)) + 40.0 * np.array([[0, 0], [1, 0], [0, 2]])[truth]
    source = ArraySource(X, None, rows_per_block)
    summary = summarize(source)
    start = from_hierarchy(quadratic_discriminant)(draw_rows(source, summary, rng), summary, 3, rng)
    resp = np.concatenate(list(source.map(start)))
    assert (np.sort(resp, axis=1) == [0.0, 0.0, 1.0]).all()
    assert len(set(zip(resp.argmax(axis=1), truth, strict=True))) == 3


def test_more_components_than_distinct_rows() -> None:
    X = np.repeat([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]], 5, axis=0)
    source = ArraySource(X)
    summary = summarize(source)
    rng = np.random.default_rng(0)
    start = from_hierarchy(quadratic_discriminant)(draw_rows(source, summary, rng), summary, 5, rng)
    (resp,) = source.map(start)
    assert resp.sum(axis=0).tolist() == [5.0, 5.0, 5.0, 0.0, 0.0]


@pytest.mark.parametrize("k", [1, 2, 5])
@pytest.mark.parametrize("d", DIMENSIONS)
def test_quantiles_cut_into_groups_of_equal_weight(d: int, k: int) -> None:
    X = clouds(d=d)
    weight = np.random.default_rng(4).uniform(0.5, 2.0, len(X))
    source = ArraySource(np.repeat(X, 2, axis=0), np.repeat(weight, 2), rows_per_block=7)
    summary = summarize(source)
    rng = np.random.default_rng(0)
    start = from_quantiles(draw_rows(source, summary, rng), summary, k, rng)
    resp = np.concatenate(list(source.map(start)))
    np.testing.assert_array_equal(resp[::2], resp[1::2])
    share = weight @ resp[::2] / weight.sum()
    np.testing.assert_allclose(share, 1 / k, atol=2.0 * weight.max() / weight.sum())


@pytest.mark.parametrize("init_params", ["hierarchical", "quantiles"])
def test_these_starts_need_no_seed(init_params: str) -> None:
    X = clouds()
    fits = [
        mx.GaussianMixture(3, n_init=1, init_params=init_params, random_state=seed).fit(X)
        for seed in (0, 1)
    ]
    np.testing.assert_array_equal(fits[0].means_, fits[1].means_)


def test_the_start_is_that_of_the_tree() -> None:
    X = clouds()
    fit = mx.GaussianMixture(3, n_init=1, init_params="hierarchical").fit(X)
    labels = hierarchy(X, np.ones(len(X))).labels(3)
    given = mx.GaussianMixture(3, init_params=labels).fit(X)
    np.testing.assert_allclose(fit.log_likelihood_, given.log_likelihood_, rtol=1e-12)


@pytest.mark.parametrize("n", [4, 12])
def test_principal_axes_are_the_same_from_either_side(n: int) -> None:
    rng = np.random.default_rng(0)
    rows, weight = rng.normal(size=(n, 8)), rng.uniform(0.5, 2.0, n)
    spread, axes = principal_axes(rows, weight)
    scatter = (weight[:, None] * rows).T @ rows
    assert len(spread) == min(n, 8)
    np.testing.assert_allclose(spread, np.linalg.eigvalsh(scatter)[-len(spread) :], rtol=1e-9)
    np.testing.assert_allclose(scatter @ axes, spread * axes, atol=1e-9)
    np.testing.assert_allclose(axes.T @ axes, np.eye(len(spread)), atol=1e-12)
