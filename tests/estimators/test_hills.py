"""Hills and merging as methods of estimators: what users call, and what they get wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.metrics import adjusted_rand_score

import mixtura as mx
from mixtura.errors import MixturaError

FAITHFUL = np.loadtxt(
    Path(__file__).parents[1] / "reference" / "faithful.csv",
    delimiter=",",
    skiprows=1,
    usecols=(0, 1),
)


@pytest.fixture(scope="module")
def gm() -> mx.GaussianMixture:
    return mx.GaussianMixture(3, covariance_type="EEE", random_state=0).fit(FAITHFUL)


def bent(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A bent, a square and a round group: no two of them are Gaussian."""
    rng = np.random.default_rng(seed)
    turn = rng.uniform(0.0, np.pi, 800)
    arc = 3.0 * np.column_stack([np.cos(turn), np.sin(turn)]) + rng.normal(0, 0.25, (800, 2))
    square = rng.uniform([-1.0, -3.0], [1.0, -1.0], (500, 2))
    ball = rng.normal([6.0, 0.0], 0.5, (300, 2))
    return np.concatenate([arc, square, ball]), np.repeat([0, 1, 2], [800, 500, 300])


def test_three_components_of_the_geyser_are_two_hills(gm: mx.GaussianMixture) -> None:
    assert len(gm.modes()) == 2
    assert np.bincount(gm.predict_hill(FAITHFUL)).tolist() == [175, 97]
    shares = gm.predict_hill_proba(FAITHFUL)
    resp = gm.predict_proba(FAITHFUL)
    for hill in range(2):
        own = resp[:, gm.modes().of_component == hill].sum(axis=1)
        np.testing.assert_allclose(shares[:, hill], own, atol=1e-12)
    assert gm.landscape().ratios[0, 1] == pytest.approx(0.00512, abs=1e-5)
    assert gm.normalized_density(gm.modes().points)[0] == pytest.approx(1.0, abs=1e-12)
    pair = np.flatnonzero(gm.modes().of_component == 0)
    assert gm.ridgeline(*pair).ratio == 1.0


@pytest.mark.parametrize("by", ["hills", "entropy"])
def test_the_groups_make_one_that_is_fitted_and_does_all_that_others_do(
    gm: mx.GaussianMixture, by: str, tmp_path: Path
) -> None:
    merged = gm.merge_components(by, FAITHFUL)
    np.testing.assert_allclose(
        merged.score_samples(FAITHFUL), gm.score_samples(FAITHFUL), rtol=1e-13
    )
    assert merged.bic(FAITHFUL) == pytest.approx(gm.bic(FAITHFUL), rel=1e-13)
    assert merged.weights_.shape == (2,)
    np.testing.assert_array_equal(merged.predict(FAITHFUL), gm.predict_hill(FAITHFUL))
    assert merged.sample(7)[0].shape == (7, 2)
    mx.save(merged, tmp_path / "merged.json")
    loaded = mx.load(tmp_path / "merged.json")
    np.testing.assert_array_equal(loaded.predict_proba(FAITHFUL), merged.predict_proba(FAITHFUL))
    assert loaded.bic(FAITHFUL) == merged.bic(FAITHFUL)
    assert len(loaded.modes()) == 2


def test_fitted_anew_the_groups_have_parts_of_their_own(gm: mx.GaussianMixture) -> None:
    merged = gm.merge_components([[0, 2], [1]])
    again = clone(merged).set_params(n_init=1).fit(FAITHFUL)
    assert (again.params_.weights > 0.0).all()
    assert merged.mixture_.n_parameters == gm.mixture_.n_parameters
    assert again.mixture_.n_parameters == gm.mixture_.n_parameters + 3  # one more part in a plane


@pytest.mark.parametrize("seed", range(3))
def test_groups_of_any_shape_are_put_together_again(seed: int) -> None:
    X, truth = bent(seed)
    gm = mx.GaussianMixture(8, covariance_type="VVV", n_init=2, random_state=0).fit(X)
    apart = adjusted_rand_score(truth, gm.predict(X))
    assert apart < 0.6
    by_entropy = gm.merge_components("entropy", X, n_clusters=3)
    by_hills = gm.merge_components("hills", ratio=0.2)
    assert adjusted_rand_score(truth, by_entropy.predict(X)) > 0.99
    assert adjusted_rand_score(truth, by_hills.predict(X)) > 0.99


def test_noise_stays_noise() -> None:
    X = np.concatenate([FAITHFUL, np.random.default_rng(0).uniform([1, 40], [6, 100], (40, 2))])
    gm = mx.GaussianMixture(3, noise=True, random_state=0).fit(X)
    merged = gm.merge_components([[0, 1], [2]])
    np.testing.assert_allclose(merged.predict_proba(X)[:, -1], gm.predict_proba(X)[:, -1])
    assert set(merged.predict(X)) == {-1, 0, 1}
    assert gm.merge_tree("entropy", X).values[-1] > 0.0  # the doubt about noise stays
    assert gm.predict_hill_proba(X).sum(axis=1) == pytest.approx(1.0)


def test_weights_count_rows(gm: mx.GaussianMixture) -> None:
    weight = np.arange(len(FAITHFUL)) % 3
    tree = gm.merge_tree("entropy", FAITHFUL, weight)
    again = gm.merge_tree("entropy", np.repeat(FAITHFUL, weight, axis=0))
    np.testing.assert_allclose(tree.values, again.values, rtol=1e-10)


ANSWERS = pl.DataFrame(
    {"drink": ["tea", "tea", "coffee", "coffee", "cocoa"] * 20, "sugar": ["no", "yes"] * 50}
)


@pytest.mark.filterwarnings("ignore:Only 1 of")  # levels that are strewn have many optima
def test_categories_keep_their_levels(tmp_path: Path) -> None:
    lca = mx.CategoricalMixture(3, random_state=0).fit(ANSWERS)
    merged = lca.merge_components("entropy", ANSWERS, n_clusters=2)
    assert merged.predict_proba(ANSWERS).shape == (100, 2)
    assert set(merged.sample(50)[0][:, 0]) <= {"tea", "coffee", "cocoa"}
    mx.save(merged, tmp_path / "merged.json")
    again = mx.load(tmp_path / "merged.json")
    np.testing.assert_array_equal(again.predict(ANSWERS), merged.predict(ANSWERS))
    with pytest.raises(MixturaError, match="milk"):
        merged.predict(pl.DataFrame({"drink": ["milk"], "sugar": ["no"]}))


@pytest.mark.parametrize(
    "make",
    [
        lambda: (mx.PoissonMixture(3), np.random.default_rng(0).poisson(4.0, (60, 2))),
        lambda: (mx.BernoulliMixture(3), np.random.default_rng(0).integers(0, 2, (60, 4))),
        lambda: (mx.LogNormalMixture(3), np.random.default_rng(0).lognormal(size=(60, 2))),
        lambda: (mx.GammaMixture(3), np.random.default_rng(0).gamma(2.0, size=(60, 2))),
        lambda: (mx.VonMisesFisherMixture(3), np.random.default_rng(0).normal(size=(60, 3))),
        lambda: (mx.MixedMixture(3), np.random.default_rng(0).normal(size=(60, 2))),
        lambda: (mx.CategoricalMixture(3), ANSWERS),
    ],
    ids=["poisson", "bernoulli", "log_normal", "gamma", "vmf", "mixed", "categorical"],
)
@pytest.mark.filterwarnings("ignore")
def test_other_families_merge_by_entropy_and_say_that_they_have_no_hills(
    make: Callable[[], tuple[Any, Any]],
) -> None:
    model, X = make()
    model.set_params(random_state=0, n_init=1, max_iter=20).fit(X)
    merged = model.merge_components("entropy", X, n_clusters=2)
    np.testing.assert_allclose(merged.score_samples(X), model.score_samples(X), rtol=1e-9)
    for ask in (model.modes, model.landscape, lambda: model.merge_components("hills")):
        with pytest.raises(MixturaError, match="merged by entropy: merge_components"):
            ask()


def test_student_t_and_factor_analyzers_have_hills() -> None:
    for model in (mx.StudentTMixture(2), mx.FactorMixture(2, n_factors=1)):
        model.set_params(random_state=0, n_init=2).fit(FAITHFUL)
        assert len(model.modes()) == 2
        assert model.merge_components("hills").weights_.shape == (2,)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"groups": [[0, 1]]}, "Left out: 2"),
        ({"groups": [[0, 1], [1, 2]]}, "Component 1 is there twice"),
        ({"groups": [[0, 1, 3], [2]]}, "There is no component 3: expected each of 0 to 2"),
        ({"groups": 3}, r"groups=3: give 'hills', 'entropy'"),
        ({"groups": [0, 1, 2]}, r"such as \[\[0, 2\], \[1\]\]"),
        ({"groups": [[0.5, 1], [2]]}, "such as"),
        ({"groups": "valleys"}, "choose one of hills, entropy"),
        ({"groups": "entropy"}, "looks at rows: give X"),
        ({"groups": "hills", "n_clusters": 3}, "Give a number from 1 to 2"),
        ({"groups": "hills", "n_clusters": 0}, "n_clusters"),
        ({"groups": "hills", "ratio": 1.5}, "a share above 0, up to 1"),
        ({"groups": "hills", "ratio": 0.5, "n_clusters": 1}, "says nothing beside"),
        ({"groups": "entropy", "X": FAITHFUL, "ratio": 0.5}, "says nothing beside"),
        ({"groups": [[0], [1], [2]], "n_clusters": 2}, "says nothing beside"),
    ],
)
def test_what_cannot_be_merged_is_told(
    gm: mx.GaussianMixture, given: dict[str, Any], told: str
) -> None:
    with pytest.raises(MixturaError, match=told):
        gm.merge_components(**given)


def test_a_ridgeline_is_between_two_components(gm: mx.GaussianMixture) -> None:
    with pytest.raises(MixturaError, match="second=3: there are 3 components"):
        gm.ridgeline(0, 3)
    with pytest.raises(MixturaError, match="first"):
        gm.ridgeline(-1, 0)


def test_rows_with_gaps_are_on_their_likeliest_hill(gm: mx.GaussianMixture) -> None:
    assert gm.predict_hill([[np.nan, 80.0], [2.0, np.nan]]).tolist() == [0, 1]


def test_a_search_tells_the_hills_of_its_best() -> None:
    search = mx.MixtureSearch(mx.GaussianMixture(n_init=1), random_state=0)
    search.set_params(param_grid={"n_components": [3], "covariance_type": ["EEE"]}).fit(FAITHFUL)
    assert len(search.modes()) == 2
    assert search.merge_components("hills").weights_.shape == (2,)
