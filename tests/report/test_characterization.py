"""Clusters in words, the pair of columns to look at first, and what stands beside the clusters."""

import numpy as np
import pytest

from mixtura.explain.contrasts import contrasts
from mixtura.families.description import Bell, Marginal, Mass, Shares
from mixtura.report.beside import association
from mixtura.report.best_pair import best_pair
from mixtura.report.characterization import characterizations, in_words
from mixtura.report.row_moments import RowMoments
from mixtura.report.summaries import Floats

EVEN = np.array([0.5, 0.5])


def bell(*means: float, deviation: float = 1.0) -> Bell:
    return Bell(np.array(means), np.full(len(means), deviation))


def test_the_largest_contrast_comes_first_and_has_its_sign() -> None:
    columns: list[Marginal] = [bell(0.0, 1.0), bell(9.0, 0.0), bell(2.0, 2.0)]
    first, second = contrasts(columns, EVEN)
    assert [c.column for c in first] == [1, 0, 2]
    assert first[0].size > 0.0 > second[0].size
    assert first[2].size == 0.0


def test_contrasts_do_not_change_with_units() -> None:
    columns: list[Marginal] = [bell(3.0, 5.0), bell(9.0, 0.0)]
    scaled: list[Marginal] = [bell(-6e6, -1e7, deviation=2e6), bell(9.0, 0.0)]
    for plain, other in zip(contrasts(columns, EVEN), contrasts(scaled, EVEN), strict=True):
        assert [c.column for c in plain] == [c.column for c in other]
        assert [abs(c.size) for c in plain] == pytest.approx([abs(c.size) for c in other])


def test_a_contrast_of_levels_is_that_of_cohen() -> None:
    shares = Shares(("a", "b", "c"), np.array([[0.8, 0.1, 0.1], [0.2, 0.4, 0.4]]))
    (contrast,), _ = contrasts([shares], EVEN)
    assert contrast.level == 0
    assert contrast.size == pytest.approx(2 * np.arcsin(np.sqrt(0.8)) - 2 * np.arcsin(np.sqrt(0.2)))


def test_heavy_tails_and_constant_columns_have_contrasts() -> None:
    heavy = Bell(np.array([1.0, 4.0]), np.array([1.0, np.inf]))
    first, _ = contrasts([heavy, bell(2.0, 2.0, deviation=0.0)], EVEN)
    assert [c.column for c in first] == [0, 1]
    assert all(np.isfinite(c.size) for c in first)


def test_a_characterization_names_what_is_high_low_and_common() -> None:
    columns: list[Marginal] = [
        bell(1.0, 5.0, 9.0),
        bell(1.0, 5.0, 9.0),
        bell(3.0, 3.0, 3.0),
        Shares(("USA", "Japan"), np.array([[0.9, 0.1], [0.9, 0.1], [0.1, 0.9]])),
    ]
    names = ["miles", "weight", "flat", "origin"]
    told = [in_words(p) for p in characterizations(columns, names, np.array([0.4, 0.2, 0.4]))]
    assert told[0] == "very low miles and weight; origin seldom Japan (10%)"
    assert told[1] == "origin seldom Japan (10%)"
    assert told[2] == "origin mostly Japan (90%); very high miles and weight"


def test_clusters_alike_and_single_ones_are_told_so() -> None:
    assert characterizations([bell(1.0)], ["a"], np.ones(1)) == [[]]
    assert (
        in_words(characterizations([bell(1.0, 1.1)], ["a"], EVEN)[0])
        == "near the average in every column"
    )


def test_small_differences_are_told_where_there_are_no_others() -> None:
    columns: list[Marginal] = [bell(1.0, 1.3), bell(2.0, 1.7), bell(0.0, 0.25), bell(5.0, 5.1)]
    told = in_words(characterizations(columns, ["a", "b", "c", "d"], EVEN)[1])
    assert told == "slightly high a; slightly low b"


def spheres(k: int, d: int) -> Floats:
    return np.broadcast_to(np.eye(d), (k, d, d)).copy()


def test_the_pair_is_that_in_which_clusters_overlap_least() -> None:
    # Three clusters: columns 0 and 3 tell two of them apart each, 1 and 2 none.
    columns: list[Marginal] = [bell(0, 9, 9), bell(1, 1, 1), bell(2, 2, 2), bell(5, 5, -5)]
    pair = best_pair(columns, spheres(3, 4), np.ones(3) / 3, [0, 3, 1, 2], ["a", "b", "c", "d"])
    assert pair == (0, 3)


def test_columns_of_one_cluster_go_together_most() -> None:
    spread = spheres(1, 3)
    spread[0, 0, 2] = spread[0, 2, 0] = -0.9
    columns: list[Marginal] = [bell(0.0)] * 3
    assert best_pair(columns, spread, np.ones(1), [0, 1, 2], ["a", "b", "c"]) == (0, 2)


def test_a_constant_column_is_not_drawn_where_there_are_others() -> None:
    columns: list[Marginal] = [bell(4.0, 4.0, deviation=0.0), bell(0.0, 3.0), bell(0.0, 1.0)]
    spread = spheres(2, 3)
    spread[:, 0, 0] = 0.0
    assert best_pair(columns, spread, EVEN, [1, 2, 0], ["a", "b", "c"]) == (1, 2)


def test_a_longitude_goes_across() -> None:
    columns: list[Marginal] = [bell(0.0, 3.0), bell(0.0, 1.0)]
    names = ["pickup_latitude", "pickup_longitude"]
    assert best_pair(columns, spheres(2, 2), EVEN, [0, 1], names) == (1, 0)
    assert best_pair(columns, spheres(2, 2), EVEN, [0, 1], ["lat", "flat"]) == (0, 1)


def test_levels_and_single_columns_have_no_pair() -> None:
    levels = Shares(("a", "b"), np.full((2, 2), 0.5))
    assert best_pair([levels, bell(0.0, 1.0)], None, EVEN, [0, 1], ["a", "b"]) is None


def test_counts_pair_by_their_moments() -> None:
    mass = Mass(np.array([1.0, 8.0]), np.array([1.0, 2.8]), np.arange(3.0), np.full((2, 3), 0.1))
    assert best_pair([mass, bell(0.0, 0.1), mass], None, EVEN, [0, 2, 1], ["a", "b", "c"]) == (0, 2)


def test_moments_of_rows_are_those_of_numpy_and_merge() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(1e4, 2.0, (200, 3))
    X[rng.random(X.shape) < 0.1] = np.nan
    shares = rng.dirichlet([1.0, 1.0], 200)
    halves = RowMoments.of(X[:70], shares[:70]) + RowMoments.of(X[70:], shares[70:])
    for j in range(2):
        for c in range(3):
            there = ~np.isnan(X[:, c])
            mean = np.average(X[there, c], weights=shares[there, j])
            spread = np.average((X[there, c] - mean) ** 2, weights=shares[there, j])
            assert halves.mean[j, c] == pytest.approx(mean, rel=1e-12)
            assert halves.deviation[j, c] == pytest.approx(np.sqrt(spread), rel=1e-9)
    same = halves + RowMoments.none(2, 3)
    assert np.array_equal(same.deviation, halves.deviation)


def test_association_goes_from_chance_to_certainty() -> None:
    assert association(np.array([[50.0, 0.0], [0.0, 50.0]])) == pytest.approx(1.0)
    assert association(np.array([[25.0, 25.0], [25.0, 25.0]])) == 0.0
    assert association(np.array([[5.0, 7.0]])) == 0.0
