"""Laws of what noise is made of: the family's wrapper, the volume, and the guesses."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixtura import em
from mixtura.assignments import Assignment, hard, soft
from mixtura.errors import DataError, MixturaError
from mixtura.explain.membership import by_sigmas
from mixtura.explain.modes import find_modes
from mixtura.families import (
    Box,
    Gaussian,
    GaussianParameters,
    NormalInverseWishart,
    WithNoise,
)
from mixtura.families.gaussian.structures import EII, VVV, AxisCovariances
from mixtura.mixing_weights import FREE, EqualWeights, FixedWeights, FreeLast, Mixing
from mixtura.mixture import Mixture
from mixtura.sources import ArraySource, Chunk, summarize
from mixtura.starts.given import given_labels, noise_aside, random_responsibilities
from mixtura.starts.noise_region import box_about, resized
from mixtura.starts.noise_rows import noise_guesses
from mixtura.stopping import fixed_length
from records import two_groups


def about(X: np.ndarray, floor: float = 1e-6, rows_per_block: int = 1000) -> Box:
    source = ArraySource(X, None, rows_per_block)
    return box_about(source, summarize(source), floor)


def slanted(n: int = 200, d: int = 3, seed: int = 0) -> np.ndarray:
    """Rows along the diagonal, which a box along the features would fill badly."""
    rng = np.random.default_rng(seed)
    return rng.uniform(-9, 9, (n, 1)) + rng.uniform(-1, 1, (n, d))


def inside(box: Box, X: np.ndarray) -> np.ndarray:
    along = np.linalg.solve(box.edges.T, (X - box.center).T)
    return (np.abs(along) <= 0.5 + 1e-9).all(axis=0)


# ------------------------------------------------------------------------------------ volume


@pytest.mark.parametrize("X", [two_groups(), slanted(), slanted(30, 1)], ids=["wide", "slant", "1"])
def test_all_rows_are_in_the_box_and_no_box_about_them_is_smaller(X: np.ndarray) -> None:
    box = about(X)
    assert inside(box, X).all()
    np.testing.assert_array_less(box.log_volume, np.log(np.ptp(X, axis=0)).sum() + 1e-12)


def test_fewer_rows_than_columns_are_boxed_like_the_same_rows_twice() -> None:
    X = two_groups(10)[:, :1] * np.ones(16) + np.random.default_rng(0).normal(size=(10, 16))
    few, twice = about(X), about(np.repeat(X, 2, axis=0))
    assert inside(few, X).all()
    assert few.log_volume == pytest.approx(twice.log_volume, rel=1e-6)
    assert few.log_volume < np.log(np.ptp(X, axis=0)).sum() - 20.0  # six of the sides are flat


def test_slanted_rows_have_a_slanted_box() -> None:
    X = slanted()
    assert about(X).log_volume < np.log(np.ptp(X, axis=0)).sum() - 2.0
    straight = np.random.default_rng(0).random((200, 3))
    np.testing.assert_array_equal(about(straight).edges != 0.0, np.eye(3) == 1.0)


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 999),
    exponent=st.integers(-6, 6),
    offset=st.sampled_from([0.0, 1.0, 1e4]),
    rows_per_block=st.sampled_from([1, 7, 1000]),
)
def test_units_places_and_blocks_change_no_volume(
    seed: int, exponent: int, offset: float, rows_per_block: int
) -> None:
    rng = np.random.default_rng(seed)
    X = slanted(40, 2, seed)
    scale = 10.0 ** np.array([exponent, rng.integers(-6, 7)])
    moved = about((X + offset) * scale, rows_per_block=rows_per_block)
    np.testing.assert_allclose(
        moved.log_volume, about(X).log_volume + np.log(scale).sum(), rtol=0.0, atol=1e-9
    )


def test_a_flat_column_counts_as_wide_as_the_floor_s_bell() -> None:
    X = slanted(100, 2)
    flat = np.column_stack([X, np.full(100, 3.0)])
    unit = summarize(ArraySource(flat)).scales[2]
    bell = np.sqrt(2.0 * np.pi * 1e-6) * unit
    np.testing.assert_allclose(about(flat).log_volume, about(X).log_volume + np.log(bell))
    with pytest.raises(DataError, match="fill no volume"):
        about(flat, floor=0.0)
    summed = np.column_stack([X, X.sum(axis=1)])
    np.testing.assert_allclose(
        about(summed, floor=0.0).log_volume, np.log(np.ptp(summed, axis=0)).sum()
    )


def test_a_resized_box_has_that_volume_about_the_same_center() -> None:
    box = about(slanted(d=5))
    other = resized(box, 1e-80)
    np.testing.assert_allclose(other.log_volume, np.log(1e-80), rtol=1e-13)
    np.testing.assert_array_equal(other.center, box.center)


def test_a_volume_is_refused_if_its_box_is_too_narrow_or_too_wide() -> None:
    box = Box(np.zeros(2), np.array([[1e-50, 0.0], [3e-51, 1e10]]))
    for volume in (9e-139, 5e-324, 2e138, 1e308):
        with pytest.raises(MixturaError, match=r"from 1e-138 to 1e\+138, .* about 1e-40") as told:
            resized(box, volume)
        assert f"noise={volume} is" in str(told.value)
    for volume in (2e-138, 1.0, 9e137):
        np.testing.assert_allclose(resized(box, volume).log_volume, np.log(volume), rtol=1e-13)


def test_a_box_of_many_wide_features_has_a_volume_beyond_all_numbers() -> None:
    assert Box(np.zeros(6), 1e75 * np.eye(6)).volume == np.inf
    assert Box(np.zeros(6), 1e-75 * np.eye(6)).volume == 0.0


def test_noise_is_sampled_evenly_over_its_box() -> None:
    box = Box(np.array([1e6, -3.0]), np.array([[2.0, 1.0], [0.0, 5.0]]))
    rows = box.sample(20_000, np.random.default_rng(0))
    along = np.linalg.solve(box.edges.T, (rows - box.center).T)
    assert np.abs(along).max() <= 0.5 + 1e-9
    np.testing.assert_allclose(along.mean(axis=1), 0.0, atol=0.01)
    np.testing.assert_allclose(np.cov(along), np.eye(2) / 12.0, atol=0.002)


# ----------------------------------------------------------------------------------- mixture


def noisy(weights: tuple[float, float, float] = (0.5, 0.3, 0.2)) -> Mixture:
    params = GaussianParameters(
        np.array([[0.0, 0.0], [3.0, 0.0]]), AxisCovariances(np.ones((2, 2)))
    )
    family = WithNoise(Gaussian(EII, np.zeros(2)), Box(np.zeros(2), 10.0 * np.eye(2)))
    return Mixture(family, params, np.array(weights))


def test_the_density_is_that_of_the_clusters_and_a_constant() -> None:
    mixture, X = noisy(), np.array([[0.0, 0.0], [40.0, 40.0]])
    clusters = np.exp(mixture.clusters.log_density(X))
    np.testing.assert_allclose(np.exp(mixture.log_density(X)), clusters + 0.2 / 100.0)
    np.testing.assert_allclose(mixture.responsibilities(X)[1], [0.0, 0.0, 1.0])
    assert mixture.as_labels(mixture.log_joint(X).argmax(axis=1)).tolist() == [0, -1]
    assert mixture.n_parameters == noisy().clusters.n_parameters + 2  # a weight and the volume


def test_noise_stays_last_in_any_order() -> None:
    mixture = noisy((0.1, 0.3, 0.6))
    ordered = mixture.take(mixture.canonical_order())
    assert ordered.weights.tolist() == [0.3, 0.1, 0.6]
    assert ordered.params.means[:, 0].tolist() == [3.0, 0.0]


def test_noise_moves_no_hill_and_is_nobody_s_member() -> None:
    mixture = noisy()
    modes, bare = find_modes(mixture), find_modes(mixture.clusters)
    np.testing.assert_array_equal(modes.points, bare.points)
    np.testing.assert_allclose(modes.log_density, mixture.log_density(modes.points), rtol=1e-14)
    X = np.array([[0.5, 0.0], [9.0, 9.0]])
    rule = by_sigmas(mixture, 2.5)
    assert rule is not None
    assert rule.nearest(X).tolist() == [0, -1]


def test_noise_may_take_all_rows() -> None:
    """Under hard assignment a volume can be so small that no cluster keeps a row."""
    source = ArraySource(two_groups(40, 2))
    family = WithNoise(Gaussian(VVV, np.zeros(2)), Box(np.zeros(2), 1e-3 * np.eye(2)))
    first = em.begin(family, source, given_labels(np.arange(40) % 3, 3))
    fit = em.fit(first, source, assignment=hard, stopping=fixed_length(3))
    assert fit.mixture.weights.tolist() == [0.0, 0.0, 1.0]
    assert np.isfinite(fit.mixture.params.means).all()


@pytest.mark.parametrize("assignment", [soft, hard])
@pytest.mark.parametrize("mixing", [FREE, FreeLast(EqualWeights()), FixedWeights()])
@pytest.mark.parametrize("seed", range(10))
def test_the_penalised_objective_never_falls_beside_noise(
    seed: int, mixing: Mixing, assignment: Assignment
) -> None:
    rng = np.random.default_rng(seed)
    d, k = rng.integers(1, 4), rng.integers(1, 4)
    X = rng.normal(size=(30, d)).round(1)
    prior = NormalInverseWishart.default(np.zeros(d), np.eye(d), int(k), np.zeros(d))
    family = WithNoise(Gaussian(VVV, np.zeros(d), prior), Box(np.zeros(d), 3.0 * np.eye(d)))
    source = ArraySource(X)
    first = em.begin(family, source, random_responsibilities(k + 1, (seed,)), mixing)
    fit = em.fit(first, source, assignment=assignment, stopping=fixed_length(30))
    falls = -np.diff(fit.trace) / (1.0 + np.abs(fit.trace[1:]))
    assert falls.max() <= 1e-13
    assert fit.mixture.log_prior == family.family.log_prior(fit.mixture.params) != 0.0


def test_equal_weights_beside_a_free_one_are_the_best_of_their_kind() -> None:
    counts = np.array([3.0, 1.0, 5.0, 2.0])
    best = FreeLast(EqualWeights()).maximize(counts, None)
    assert len(set(best[:3].tolist())) == 1
    last = np.linspace(0.01, 0.99, 99)
    others = counts[:3].sum() * np.log((1.0 - last) / 3.0) + counts[3] * np.log(last)
    assert counts @ np.log(best) >= others.max()


def test_a_start_sets_noise_aside() -> None:
    start = noise_aside(given_labels(np.array([0, 1]), 2), np.array([0.25, 1.0]))
    resp = start(Chunk(0, 0, np.zeros((2, 1)), np.ones(2)))
    np.testing.assert_array_equal(resp, [[0.75, 0.0, 0.25], [0.0, 0.0, 1.0]])


# ----------------------------------------------------------------------------------- guesses


def strewn(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A cluster among strewn rows, and which are strewn."""
    rng = np.random.default_rng(seed)
    X = np.concatenate([rng.normal(0, 1, (300, 2)), rng.uniform(-20, 20, (60, 2))])
    return X, np.arange(360) >= 300


def test_thin_rows_are_guessed_to_be_noise() -> None:
    X, noise = strewn()
    guess = noise_guesses(X, np.ones(len(X)))[0]
    assert np.mean((guess > 0.5) == noise) > 0.95


def test_every_guess_is_a_probability_and_none_gives_noise_nothing() -> None:
    for X in (strewn()[0], np.zeros((30, 2)), np.arange(5.0)[:, None], np.eye(3)[:1]):
        for weight in (np.ones(len(X)), np.full(len(X), 1e-12), np.full(len(X), 1e9)):
            for guess in noise_guesses(X, weight):
                assert guess.shape == (len(X),)
                assert (guess > 0.0).all()
                assert (guess < 1.0).any()


@pytest.mark.parametrize("seed", range(5))
def test_guesses_take_weights_for_repetition(seed: int) -> None:
    X, _ = strewn(seed)
    times = np.random.default_rng(seed).integers(1, 4, len(X))
    weighted = noise_guesses(X, times.astype(np.float64))
    repeated = noise_guesses(np.repeat(X, times, axis=0), np.ones(times.sum()))
    for mine, theirs in zip(weighted, repeated, strict=True):
        np.testing.assert_array_equal(np.repeat(mine, times), theirs)


def test_guesses_do_not_depend_on_the_scale() -> None:
    X, _ = strewn()
    for factor in (1e-6, 1e6):
        for mine, theirs in zip(
            noise_guesses(X, np.ones(360)), noise_guesses(factor * X, np.ones(360)), strict=True
        ):
            np.testing.assert_array_equal(mine, theirs)
