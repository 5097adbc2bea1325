"""Hills, passes and ridgelines: what must hold of every density that has slopes."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from scipy.ndimage import label

from bells import bells, random_bells, slightly, with_tails
from mixtura.explain.climbing import climb
from mixtura.explain.hills import Hills
from mixtura.explain.modes import Modes, find_modes
from mixtura.explain.passes import find_landscape
from mixtura.explain.ridgelines import find_ridgeline
from mixtura.explain.slopes import Slopes, has_slopes
from mixtura.families import (
    Box,
    FactorAnalyzers,
    FactorParameters,
    Gaussian,
    WithNoise,
)
from mixtura.families.gaussian.structures import VVV
from mixtura.mixture import Mixture


def factors(seed: int, d: int) -> Mixture[Any, Any]:
    rng = np.random.default_rng(seed)
    params = FactorParameters(
        rng.normal(size=(4, d)), rng.normal(size=(4, d, 1)), np.exp(rng.normal(size=(4, d)))
    )
    return Mixture(FactorAnalyzers(1, np.zeros(d), np.ones(d)), params, rng.dirichlet(np.ones(4)))


SLOPING = {
    "gaussian": random_bells(1, 3),
    "student_t": slightly(random_bells(2, 3)),
    "factors": factors(3, 4),
    "noise": Mixture(
        WithNoise(Gaussian(VVV, np.zeros(2)), Box(np.zeros(2), 9.0 * np.eye(2))),
        random_bells(4, 2, 3).params,
        np.array([0.3, 0.3, 0.2, 0.2]),
    ),
}


@pytest.mark.parametrize("mixture", SLOPING.values(), ids=SLOPING)
def test_slopes_are_those_of_the_density(mixture: Mixture[Any, Any]) -> None:
    slopes, d = Slopes(mixture), mixture.n_features
    points = np.random.default_rng(0).normal(size=(20, d))
    hessian, gradient = slopes.curvature(points)
    for a, step in enumerate(1e-5 * np.eye(d)):
        up, down = points + step, points - step
        slope = (slopes.log_density(up) - slopes.log_density(down)) / 2e-5
        np.testing.assert_allclose(gradient[:, a], slope, rtol=1e-6, atol=1e-6)
        bend = (slopes.curvature(up)[1] - slopes.curvature(down)[1]) / 2e-5
        np.testing.assert_allclose(hessian[:, a], bend, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("mixture", SLOPING.values(), ids=SLOPING)
def test_a_climb_never_goes_down_and_modes_are_summits(mixture: Mixture[Any, Any]) -> None:
    slopes, points = Slopes(mixture), np.random.default_rng(1).normal(size=(50, mixture.n_features))
    for _ in range(20):
        further = points + slopes.step(points)
        assert (slopes.log_density(further) >= slopes.log_density(points) - 1e-12).all()
        points = further
    modes = find_modes(mixture)
    _, gradient = slopes.curvature(modes.points)
    assert slopes.concave(modes.points).all()
    np.testing.assert_allclose(gradient, 0.0, atol=1e-8)
    np.testing.assert_allclose(modes.log_density, mixture.log_density(modes.points), rtol=1e-14)
    assert (np.diff(modes.log_density) <= 0.0).all()


@pytest.mark.parametrize("tails", [False, True], ids=["gaussian", "student_t"])
@pytest.mark.parametrize("seed", range(12))
def test_in_one_dimension_no_hill_is_missed_and_saddles_are_the_lowest_places(
    seed: int, tails: bool
) -> None:
    mixture = random_bells(seed, 1)
    mixture = slightly(mixture) if tails else mixture
    x = np.linspace(-15.0, 15.0, 100_001)
    heights = mixture.log_density(x[:, None])
    tops = np.flatnonzero((heights[1:-1] > heights[:-2]) & (heights[1:-1] >= heights[2:])) + 1
    landscape = find_landscape(mixture)
    order = np.argsort(landscape.modes.points[:, 0])
    np.testing.assert_allclose(landscape.modes.points[order, 0], x[tops], atol=3e-4)
    saddles = landscape.saddles[np.ix_(order, order)]
    for a, (start, end) in enumerate(pairwise(tops)):
        assert saddles[a, a + 1] == pytest.approx(heights[start:end].min(), abs=1e-6)


@pytest.mark.parametrize("seed", range(8))
def test_in_two_dimensions_no_hill_is_missed_and_floods_meet_at_the_saddles(seed: int) -> None:
    mixture = random_bells(seed, 2)
    slopes, landscape = Slopes(mixture), find_landscape(mixture)
    modes = landscape.modes
    side = np.linspace(-18.0, 18.0, 361)
    grid = np.stack(np.meshgrid(side, side, indexing="ij"), axis=-1).reshape(-1, 2)
    heights = mixture.log_density(grid)
    high = grid[heights > modes.log_density.min() - 8.0][::7]
    ends = climb(slopes, high)
    ends = ends[slopes.concave(ends)]
    apart = np.min([slopes.distances(ends - summit) for summit in modes.points], axis=0)
    assert apart.max() < 1e-3
    cells = tuple(np.rint((modes.points + 18.0) / 0.1).astype(int).T)
    for a in range(len(modes)):
        for b in range(a):
            saddle = landscape.saddles[a, b]
            if saddle < modes.log_density[[a, b]].min() - 0.3:  # else the lattice is too coarse
                for level, together in ((saddle - 0.1, True), (saddle + 0.1, False)):
                    lakes, _ = label(heights.reshape(361, 361) > level, np.ones((3, 3)))
                    assert (lakes[cells][a] == lakes[cells][b]) == together


def test_four_dimensions_have_no_hills_that_rows_find_alone() -> None:
    for seed in range(6):
        mixture = random_bells(seed, 4)
        slopes, modes = Slopes(mixture), find_modes(mixture)
        rows, _ = mixture.sample(400, np.random.default_rng(seed))
        ends = climb(slopes, rows)
        ends = ends[slopes.concave(ends)]
        apart = np.min([slopes.distances(ends - summit) for summit in modes.points], axis=0)
        assert apart.max() < 1e-3


@pytest.mark.parametrize("d", [2, 3, 4])
def test_there_can_be_more_hills_than_components(d: int) -> None:
    """One more at the center of a regular simplex, of a variance just above 1/2 in units of its
    radius in two dimensions; two crossed Gaussians have three (Ray and Lindsay 2005).
    """
    corners = np.eye(d + 1) - 1.0 / (d + 1)
    basis = np.linalg.svd(corners)[2][:d]
    means = corners @ basis.T
    means /= np.linalg.norm(means[0])
    variance = {2: 0.53, 3: 0.36, 4: 0.275}[d]
    simplex = bells(
        np.full(d + 1, 1.0 / (d + 1)), means, np.tile(variance * np.eye(d), (d + 1, 1, 1))
    )
    modes = find_modes(simplex)
    assert len(modes) == d + 2
    assert (np.abs(modes.points).max(axis=1) < 1e-9).sum() == 1
    assert len(find_landscape(simplex).joins) == d + 1


def test_hills_that_have_only_just_parted_are_two_with_hardly_a_valley() -> None:
    """Equal components part where they are two sigmas from each other."""
    for apart, n_hills in ((1.9999, 1), (2.0, 1), (2.0001, 2)):
        pair = bells([0.5, 0.5], [[0.0, 0.0], [apart, 0.0]], [np.eye(2)] * 2)
        landscape = find_landscape(pair)
        assert len(landscape.modes) == n_hills
        assert landscape.ratios.min() > 1.0 - 1e-6


def test_a_ring_that_is_nearly_level_has_the_hills_of_its_components() -> None:
    turns = np.linspace(0.0, 2.0 * np.pi, 12, endpoint=False)
    means = 3.0 * np.column_stack([np.cos(turns), np.sin(turns)])
    ring = bells(np.full(12, 1.0 / 12.0), means, np.tile(np.eye(2), (12, 1, 1)))
    landscape = find_landscape(ring)
    assert sorted(landscape.modes.of_component.tolist()) == list(range(12))
    between = np.linspace(2.5, 3.0, 5001)[:, None] * [np.cos(np.pi / 12.0), np.sin(np.pi / 12.0)]
    saddle = ring.log_density(between).max()
    np.testing.assert_allclose(landscape.log_density, saddle, rtol=1e-8)


def test_hills_are_the_same_in_other_units_and_orders() -> None:
    mixture = random_bells(5, 3, 5)
    modes, landscape = find_modes(mixture), find_landscape(mixture)
    stretch, shift = np.array([1e-4, 1.0, 1e5]), np.array([3.0, -1e4, 1e9])
    covariances = mixture.params.covariances.matrices() * np.outer(stretch, stretch)
    moved = bells(mixture.weights, mixture.params.means * stretch + shift, covariances)
    there = find_landscape(moved)
    np.testing.assert_allclose((there.modes.points - shift) / stretch, modes.points, atol=1e-6)
    np.testing.assert_allclose(there.ratios, landscape.ratios, rtol=1e-5)
    order = np.array([3, 1, 4, 0, 2])
    turned = find_modes(mixture.take(order))
    np.testing.assert_allclose(turned.points, modes.points, atol=1e-9)
    np.testing.assert_array_equal(turned.of_component, modes.of_component[order])


def test_tails_that_are_light_change_nothing() -> None:
    mixture = random_bells(6, 2)
    light = with_tails(mixture, np.full(mixture.n_clusters, 1e12))
    np.testing.assert_allclose(find_modes(light).points, find_modes(mixture).points, atol=1e-9)
    np.testing.assert_allclose(
        find_landscape(light).saddles, find_landscape(mixture).saddles, atol=1e-9
    )


def test_factor_analyzers_have_the_hills_of_their_covariances() -> None:
    mixture = factors(7, 5)
    same = bells(mixture.weights, mixture.params.means, mixture.params.matrices())
    np.testing.assert_allclose(find_modes(mixture).points, find_modes(same).points, atol=1e-9)


# ---------------------------------------------------------------------------------------------
# Ridgelines


@pytest.mark.parametrize("mixture", SLOPING.values(), ids=SLOPING)
def test_a_ridgeline_leads_from_one_location_to_the_other(mixture: Mixture[Any, Any]) -> None:
    slopes = Slopes(mixture)
    there, back = find_ridgeline(mixture, 0, 1), find_ridgeline(mixture, 1, 0)
    np.testing.assert_allclose(there.places[[0, -1]], slopes.locations[:2], atol=1e-12)
    assert there.shares[0] == 0.0
    assert there.shares[-1] == 1.0
    assert there.ratio == pytest.approx(back.ratio, rel=1e-6)
    np.testing.assert_array_equal(there.log_density, mixture.log_density(there.places))
    pull = slopes.precisions[:2] @ (slopes.locations[:2, None] - there.places).transpose(0, 2, 1)
    mixed = (1.0 - there.shares) * pull[0] + there.shares * pull[1]
    assert np.abs(mixed[:, 1:-1]).max() <= 1e-6 * np.abs(pull).max()


@pytest.mark.parametrize("seed", range(10))
def test_two_components_are_judged_by_the_saddle_between_them(seed: int) -> None:
    mixture = random_bells(seed, 2, 2)
    landscape, ratio = find_landscape(mixture), find_ridgeline(mixture, 0, 1).ratio
    if len(landscape.modes) == 1:
        assert ratio == 1.0
    else:
        assert ratio == pytest.approx(landscape.ratios[0, 1], rel=1e-6)


def test_a_ridgeline_of_equal_widths_is_straight_and_its_ratio_is_known() -> None:
    pair = bells([0.5, 0.5], [[0.0, 0.0], [6.0, 2.0]], [np.eye(2)] * 2)
    ridge = find_ridgeline(pair, 0, 1)
    np.testing.assert_allclose(ridge.places[:, 0], 3.0 * ridge.places[:, 1], atol=1e-12)
    middle = pair.log_density(np.array([[3.0, 1.0]]))[0]
    top = find_modes(pair).log_density[0]
    assert ridge.ratio == pytest.approx(np.exp(middle - top), rel=1e-8)


# ---------------------------------------------------------------------------------------------
# Rows


@pytest.mark.parametrize("mixture", SLOPING.values(), ids=SLOPING)
def test_rows_are_on_the_hill_where_their_climb_ends(mixture: Mixture[Any, Any]) -> None:
    modes = find_modes(mixture)
    hills = Hills(mixture, modes)
    rows, _ = mixture.sample(300, np.random.default_rng(0))
    numbers = hills.of(rows)
    ends = climb(Slopes(mixture), rows)
    reached = Slopes(mixture).distances(ends - modes.points[numbers]) < 1e-3
    assert reached[Slopes(mixture).concave(ends)].all()
    shares = hills.probabilities(rows)
    np.testing.assert_allclose(shares.sum(axis=1), 1.0, rtol=1e-12)
    np.testing.assert_array_equal(hills.of(modes.points), np.arange(len(modes)))


def test_rows_that_cannot_climb_are_on_their_likeliest_hill() -> None:
    mixture = bells([0.6, 0.4], [[0.0, 0.0], [9.0, 9.0]], [np.eye(2)] * 2)
    hills = Hills(mixture, find_modes(mixture))
    rows = np.array([[np.nan, 8.0], [1.0, np.nan], [np.nan, np.nan], [1e200, 1e200]])
    assert hills.of(rows).tolist() == [1, 0, 0, 0]  # the last one is as far from both


def test_components_without_weight_have_no_say() -> None:
    mixture = bells([0.5, 0.5, 0.0], [[0.0], [1.0], [40.0]], [[[1.0]]] * 3)
    modes = find_modes(mixture)
    np.testing.assert_allclose(modes.points, [[0.5]], atol=1e-9)
    assert modes.of_component.tolist() == [0, 0, 0]


def test_what_has_no_slopes_is_told() -> None:
    assert all(map(has_slopes, SLOPING.values()))
    assert isinstance(find_modes(SLOPING["noise"]), Modes)
