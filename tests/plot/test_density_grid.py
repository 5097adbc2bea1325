"""Densities of columns on a grid, and their hills."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import trapezoid

import mixtura as mx
from mixtura.plot.density_grid import DensityGrid
from mixtura.plot.view import Fitted


def strewn(seed: int) -> tuple[np.ndarray, int]:
    """Up to five groups in two columns of different units, some of them nearly lines."""
    rng = np.random.default_rng(seed)
    k = int(rng.integers(1, 6))
    groups = []
    for along in rng.uniform(-0.995, 0.995, k):
        root = np.linalg.cholesky([[1.0, along], [along, 1.0]])
        scale = [1.0, rng.uniform(0.1, 30.0)]
        groups.append(rng.uniform(-4, 4, 2) + rng.normal(size=(80, 2)) @ root.T * scale)
    return np.concatenate(groups), k


@pytest.mark.parametrize("seed", range(30, 40))
@pytest.mark.filterwarnings("ignore:Only 1 of")
def test_hills_are_the_modes(seed: int) -> None:
    X, k = strewn(seed)
    gm = mx.GaussianMixture(k, random_state=0, n_init=2).fit(X)
    hills, heights = DensityGrid.of(Fitted.of(gm, "density"), (0, 1), X).hills
    modes = gm.modes()
    share = np.exp(modes.log_density - modes.log_density[0])
    within = (modes.points >= X.min(axis=0)) & (modes.points <= X.max(axis=0))
    kept = within.all(axis=1) & (share >= 1e-3)
    np.testing.assert_allclose(heights, share[kept], rtol=1e-6)
    apart = np.abs(hills - modes.points[kept]) / np.ptp(X, axis=0)
    assert apart.max() < 1e-4


def test_the_density_of_two_of_several_columns_is_theirs() -> None:
    X = np.random.default_rng(0).normal(size=(300, 4)) @ np.triu(np.ones((4, 4)))
    X[:100] += 4.0
    gm = mx.GaussianMixture(2, random_state=0).fit(X)
    land = DensityGrid.of(Fitted.of(gm, "density"), (2, 0), X)
    places = np.stack(np.meshgrid(*land.axes, indexing="ij"), axis=-1).reshape(-1, 2)
    expected = 0.0
    for weight, mean, covariance in zip(gm.weights_, gm.means_, gm.covariances_, strict=True):
        apart, own = places - mean[[2, 0]], covariance[np.ix_([2, 0], [2, 0])]
        lengths = np.einsum("ia,ab,ib->i", apart, np.linalg.inv(own), apart)
        expected += weight * np.exp(-lengths / 2) / (2 * np.pi * np.sqrt(np.linalg.det(own)))
    np.testing.assert_allclose(np.exp(land.log_density(places)), expected, rtol=1e-9)


def test_a_density_has_mass_one() -> None:
    X = np.random.default_rng(0).gamma(3.0, size=(300, 1))
    gm = mx.GammaMixture(2, random_state=0).fit(X)
    land = DensityGrid.of(Fitted.of(gm, "density"), (0,), X)
    (places,) = land.axes
    assert places[0] > 0.0  # where a gamma density begins
    assert trapezoid(np.exp(land.log_density(places[:, None])), places) == pytest.approx(
        1, abs=0.01
    )


def test_a_density_that_is_infinite_at_its_end_does_not_hide_the_others() -> None:
    rng = np.random.default_rng(0)
    X = np.concatenate([rng.gamma(0.4, 1.0, 300), rng.gamma(20.0, 0.4, 200)])[:, None]
    gm = mx.GammaMixture(2, random_state=0).fit(X)
    assert gm.shapes_.min() < 1.0  # so it is
    hills, heights = DensityGrid.of(Fitted.of(gm, "density"), (0,), X).hills
    assert len(hills) == 2
    assert heights[1] > 0.01
    low, high = mx.plot.clusters(gm, X).get_ylim()
    assert (low, high < len(X)) == (0.0, True)


def test_hills_of_counts_are_whole_numbers() -> None:
    X = np.random.default_rng(0).poisson(np.repeat([[2.0, 9.0], [12.0, 3.0]], 150, axis=0))
    gm = mx.PoissonMixture(2, random_state=0).fit(X)
    hills, heights = DensityGrid.of(Fitted.of(gm, "density"), (0, 1), X.astype(float)).hills
    assert len(hills) == 2
    assert np.array_equal(hills, hills.round())
    assert heights[0] == 1.0


def test_the_likeliest_component_leads() -> None:
    X, k = strewn(30)
    gm = mx.GaussianMixture(k, random_state=0, n_init=2).fit(X)
    land = DensityGrid.of(Fitted.of(gm, "density"), (0, 1), X)
    leads = np.stack([land.leads(j) for j in range(land.n_components)])
    places = np.stack(np.meshgrid(*land.axes, indexing="ij"), axis=-1).reshape(-1, 2)
    assert np.array_equal((leads > 0.0).argmax(axis=0).ravel(), gm.predict(places))
