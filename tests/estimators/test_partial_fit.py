"""`partial_fit`: streams through every mixture estimator."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

import mixtura as mx
from mixtura.typing import AnyArray, FloatArray
from records import FAMILIES, FAMILY_IDS, FamilyRecord

told = pytest.mark.filterwarnings("ignore::mixtura.DataWarning")


def groups(n: int, seed: int = 0, far: float = 3.0) -> FloatArray:
    """Two groups in two dimensions, in no order."""
    rng = np.random.default_rng(seed)
    centers = np.array([[0.0, 0.0], [far, far]])
    return centers[(rng.random(n) < 0.4).astype(int)] + rng.normal(size=(n, 2))


def counts(n: int) -> FloatArray:
    rng = np.random.default_rng(2)
    return rng.poisson(np.array([[1.0, 6.0], [7.0, 2.0]])[rng.integers(0, 2, n)]).astype(float)


def binary(n: int) -> FloatArray:
    rng = np.random.default_rng(1)
    p = np.array([[0.9, 0.8, 0.9, 0.3], [0.1, 0.2, 0.3, 0.9]])
    return (rng.random((n, 4)) < p[rng.integers(0, 2, n)]).astype(float)


def in_pieces(estimator: Any, X: Any, size: int, n_passes: int = 1) -> Any:
    for _ in range(n_passes):
        for start in range(0, len(X), size):
            estimator.partial_fit(X[start : start + size])
    return estimator


# ------------------------------------------------------------------------ where it comes to


@told
@pytest.mark.parametrize(
    ("make", "X"),
    [
        (mx.GaussianMixture, groups(20_000)),
        (mx.StudentTMixture, groups(20_000)),
        (mx.PoissonMixture, counts(20_000)),
        (mx.BernoulliMixture, binary(20_000)),
    ],
    ids=["gaussian", "student_t", "poisson", "bernoulli"],
)
@pytest.mark.parametrize(
    ("size", "n_passes", "reach"), [(250, 1, 8.0), (2_000, 2, 1.0), (20_000, 2, 1.0)]
)
def test_a_table_in_pieces_comes_to_the_maximum(
    make: Callable[..., Any], X: FloatArray, size: int, n_passes: int, reach: float
) -> None:
    fit = make(2, random_state=0).fit(X)
    stream = in_pieces(make(2, random_state=0), X, size, n_passes)
    chance = 0.5 * fit.n_parameters_ / len(X)
    assert fit.score(X) - stream.score(X) < reach * chance
    assert stream.lower_bound_ == pytest.approx(fit.lower_bound_, abs=0.1)
    assert stream.n_seen_ == n_passes * len(X)


def test_it_goes_on_from_a_fit() -> None:
    X = groups(20_000)
    fit = mx.GaussianMixture(2, random_state=0).fit(X)
    stream = mx.GaussianMixture(2, random_state=0).fit(X[:10_000])
    before = stream.score(X)
    stream.partial_fit(X[10_000:])
    assert stream.n_seen_ == 20_000
    assert stream.score(X) > before
    assert fit.score(X) - stream.score(X) < 0.5 * fit.n_parameters_ / len(X)


def test_one_row_more_hardly_moves_a_fit() -> None:
    X = groups(20_000)
    fit = mx.GaussianMixture(2, random_state=0).fit(X)
    stream = clone(fit).fit(X).partial_fit([[1.0, 1.0]])
    np.testing.assert_allclose(stream.means_, fit.means_, atol=1e-3)
    assert not np.array_equal(stream.means_, fit.means_)


def test_the_lower_bound_is_what_rows_were_likely_when_they_came() -> None:
    X = groups(4_000)
    stream = mx.GaussianMixture(2, random_state=0).partial_fit(X[:2_000])
    assert stream.lower_bound_ == pytest.approx(stream.score(X[:2_000]))
    fresh = stream.score(X[2_000:])
    before = stream.lower_bound_
    stream.partial_fit(X[2_000:])
    assert min(before, fresh) - 0.05 < stream.lower_bound_ < max(before, fresh) + 0.05


# -------------------------------------------------------------------------------- drift


def drifting(t: int) -> tuple[FloatArray, FloatArray]:
    """Where two groups are at some time, and 200 rows of them."""
    rng = np.random.default_rng((1, t))
    centers = np.array([[0.0, 0.03 * t], [5.0, -0.03 * t]])
    return centers, centers[rng.integers(0, 2, 200)] + rng.normal(size=(200, 2))


def errors(stream: Any) -> list[float]:
    """How far the means are from the groups, after each call."""
    found = []
    for t in range(200):
        centers, X = drifting(t)
        means = stream.partial_fit(X).means_
        found.append(float(np.abs(means[np.argsort(means[:, 0])] - centers).max()))
    return found


@told
def test_groups_that_move_are_followed_with_a_half_life_and_not_without() -> None:
    follows = errors(mx.GaussianMixture(2, half_life=500, random_state=0))
    averages = errors(mx.GaussianMixture(2, random_state=0))
    assert max(follows[20:]) < 0.5
    assert averages[-1] > 1.0


# ------------------------------------------------------------------------------- all families


@told
@pytest.mark.parametrize("half_life", [None, 40.0])
@pytest.mark.parametrize("record", FAMILIES, ids=FAMILY_IDS)
def test_every_family_has_streams(record: FamilyRecord, half_life: float | None) -> None:
    stream = mx.FamilyMixture(record.family, 2, half_life=half_life, random_state=0)
    if not record.family.blends:
        with pytest.raises(ValueError, match=f"not for the family {type(record.family).__name__}"):
            stream.partial_fit(record.X)
        return
    X = np.tile(record.X, (2, 1))
    begin = stream.partial_fit(X[: len(record.X)]).score(X)
    for part in np.array_split(X, 6):
        stream.partial_fit(part)
    assert np.isfinite(begin)
    assert np.isfinite(stream.score(X))
    assert stream.weights_.sum() == pytest.approx(1.0)
    if half_life is None:
        assert stream.score(X) > begin - 0.1


@told
def test_tables_of_several_kinds_and_of_levels_have_streams() -> None:
    rng = np.random.default_rng(0)
    group = rng.integers(0, 2, 600)
    table = pd.DataFrame(
        {
            "height": rng.normal(group * 3.0, 1.0),
            "visits": rng.poisson(2.0 + 5.0 * group),
            "eyes": np.where(rng.random(600) < 0.2 + 0.6 * group, "blue", "brown"),
        }
    )
    mixed = mx.MixedMixture(2, random_state=0)
    mixed.partial_fit(table[:10])
    in_pieces(mixed, table[10:], 100)
    assert mixed.n_seen_ == 600
    agreement = (mixed.predict(table) == group).mean()
    assert max(agreement, 1.0 - agreement) > 0.9
    classes = in_pieces(mx.CategoricalMixture(2, random_state=0), table[["eyes"]], 200)
    assert [p.shape for p in classes.probabilities_] == [(2, 2)]
    with pytest.raises(ValueError, match="green"):
        classes.partial_fit(pd.DataFrame({"eyes": ["green"]}))


@told
@pytest.mark.parametrize(
    "options",
    [
        {"noise": True},
        {"prior": "default"},
        {"equal_weights": True},
        {"fixed": "weights", "weights_init": [0.5, 0.5]},
        {"fixed": "means", "means_init": [[0.0, 0.0], [3.0, 3.0]]},
        {"algorithm": "hard"},
        {"algorithm": "stochastic", "max_iter": 10},
        {"algorithm": "minibatch"},
        {"covariance_type": "tied"},
        {"covariance_type": "VEV"},
    ],
    ids=str,
)
def test_what_a_fit_can_have_a_stream_can_have(options: dict[str, Any]) -> None:
    X = groups(3_000)
    stream = in_pieces(mx.GaussianMixture(2, random_state=0, **options), X, 500)
    fit = mx.GaussianMixture(2, random_state=0, **options).fit(X)
    assert fit.score(X) - stream.score(X) < 0.02
    if "equal_weights" in options or options.get("fixed") == "weights":
        np.testing.assert_array_equal(stream.weights_, [0.5, 0.5])
    if options.get("fixed") == "means":
        np.testing.assert_array_equal(stream.means_, options["means_init"])
    assert stream.predict_proba(X).shape == (3_000, 3 if "noise" in options else 2)


# ---------------------------------------------------------------------------------- the door


def test_too_few_rows_wait() -> None:
    X = groups(40)
    stream = mx.GaussianMixture(2, random_state=0)
    with pytest.warns(mx.DataWarning, match="waiting for more rows: 2 of at least 20"):
        stream.partial_fit(X[:2])
    with pytest.raises(NotFittedError, match="waiting for more rows: 2 of at least 20"):
        stream.predict(X)
    with pytest.raises(ValueError, match="3 features"):
        stream.partial_fit(np.ones((1, 3)))
    stream = pickle.loads(pickle.dumps(stream))
    with pytest.warns(mx.DataWarning, match="waiting for more rows: 19 of at least 20"):
        stream.partial_fit(X[2:19])
    assert stream.n_seen_ == 19
    stream.partial_fit(X[19:])
    once = mx.GaussianMixture(2, random_state=0).partial_fit(X)
    np.testing.assert_array_equal(stream.means_, once.means_)
    assert stream.status_ == "partial fit: 40 rows seen in 3 calls"


def test_what_is_told_of_a_stream() -> None:
    X = groups(400)
    stream = mx.GaussianMixture(2, random_state=0).partial_fit(X).partial_fit(X[:1])
    assert stream.status_ == "partial fit: 401 rows seen in 2 calls"
    assert not stream.converged_
    assert stream.n_seen_ == 401
    assert stream.notes_ == ()
    assert np.isnan(stream.log_likelihood_)
    assert np.isfinite(stream.bic(X))


def test_fit_begins_anew() -> None:
    X = groups(400)
    fit = mx.GaussianMixture(2, random_state=0).fit(X)
    stream = mx.GaussianMixture(2, random_state=0).partial_fit(groups(900, 5)).fit(X)
    np.testing.assert_array_equal(stream.means_, fit.means_)
    assert stream.status_ == fit.status_
    assert not hasattr(stream, "n_seen_")
    assert not hasattr(clone(stream.partial_fit(X)), "means_")


@told
@pytest.mark.parametrize("algorithm", ["em", "hard", "stochastic", "minibatch"])
def test_a_stream_is_pickled_between_calls(algorithm: str) -> None:
    X = groups(900)
    whole, interrupted = (
        mx.GaussianMixture(2, algorithm=algorithm, max_iter=50, random_state=0) for _ in range(2)
    )
    for part in np.array_split(X, 3):
        whole.partial_fit(part)
        interrupted = pickle.loads(pickle.dumps(interrupted.partial_fit(part)))
    np.testing.assert_array_equal(whole.means_, interrupted.means_)
    np.testing.assert_array_equal(whole.covariances_, interrupted.covariances_)


def test_threads_change_nothing() -> None:
    X = groups(30_000)
    one, two = (
        in_pieces(mx.GaussianMixture(2, random_state=0, n_jobs=n_jobs), X, 15_000)
        for n_jobs in (1, 2)
    )
    np.testing.assert_array_equal(one.covariances_, two.covariances_)


def test_a_model_file_keeps_the_mixture_of_a_stream(tmp_path: Path) -> None:
    X = groups(400)
    stream = mx.GaussianMixture(2, half_life=100, random_state=0).partial_fit(X)
    mx.save(stream, tmp_path / "model.json")
    again = mx.load(tmp_path / "model.json")
    np.testing.assert_array_equal(again.predict_proba(X), stream.predict_proba(X))
    assert again.half_life == 100
    with pytest.raises(ValueError, match="a model file was loaded"):
        again.partial_fit(X)


def test_a_mixture_that_was_set_by_hand_has_no_statistics() -> None:
    stream = mx.GaussianMixture(2, random_state=0).partial_fit(groups(400))
    stream.means_ = stream.means_ + 1.0
    with pytest.raises(ValueError, match="attributes were set by hand"):
        stream.partial_fit(groups(400))


def test_columns_stay_what_they_are() -> None:
    table = pd.DataFrame(groups(400), columns=["a", "b"])
    stream = mx.GaussianMixture(2, random_state=0).partial_fit(table)
    with pytest.raises(ValueError, match="feature names should match"):
        stream.partial_fit(table.rename(columns={"b": "c"}))
    assert stream.n_seen_ == 400


@pytest.mark.parametrize("bad", [np.inf, -np.inf])
def test_infinite_values_are_refused_and_change_nothing(bad: float) -> None:
    X = groups(400)
    stream = mx.GaussianMixture(2, random_state=0).partial_fit(X)
    before = stream.means_
    with pytest.raises(ValueError, match="infinity"):
        stream.partial_fit([[0.0, bad]])
    np.testing.assert_array_equal(stream.means_, before)
    stream.partial_fit(X)


def constant(n: int) -> AnyArray:
    return np.full((n, 2), [3.0, -1.0])


@told
def test_equal_rows_are_no_end_of_a_stream() -> None:
    stream = mx.GaussianMixture(2, random_state=0)
    for _ in range(3):
        stream.partial_fit(constant(30))
    np.testing.assert_allclose(stream.means_, constant(2))
    later = in_pieces(stream, groups(4_000), 200)
    assert np.isfinite(later.score(groups(100)))
    stream = mx.GaussianMixture(2, random_state=0).partial_fit(groups(400))
    for _ in range(20):
        stream.partial_fit(constant(30))
    assert np.isfinite(stream.score(groups(100)))


@told
def test_the_variance_floor_is_that_of_all_rows() -> None:
    stream = mx.GaussianMixture(1, reg_covar=0.5).partial_fit(groups(500))
    stream.partial_fit(100.0 * groups(500, 1))
    floor = stream.mixture_.family.floor
    both = np.concatenate([groups(500), 100.0 * groups(500, 1)])
    np.testing.assert_allclose(floor, 0.5 * both.var(axis=0))


def test_arrays_for_the_rows_of_a_table_are_refused() -> None:
    X = groups(100)
    stream = mx.GaussianMixture(2, init_params=np.arange(100) % 2)
    with pytest.raises(ValueError, match="begin with fit"):
        stream.partial_fit(X)
    assert stream.fit(X).partial_fit(X).n_seen_ == 200


@pytest.mark.parametrize("others", [{"n_components": 3}, {"noise": True}], ids=str)
def test_components_that_would_be_others_are_refused(others: dict[str, Any]) -> None:
    stream = mx.GaussianMixture(2, random_state=0).partial_fit(groups(400))
    with pytest.raises(ValueError, match="the 2 components that it has, noise included"):
        stream.set_params(**others).partial_fit(groups(400))


def test_families_whose_statistics_do_not_blend_are_refused_after_a_fit_too() -> None:
    X = np.random.default_rng(0).negative_binomial(2.0, 0.2, (200, 2)).astype(float)
    fit = mx.NegativeBinomialMixture(random_state=0).fit(X)
    with pytest.raises(ValueError, match="not for the family NegativeBinomial"):
        fit.partial_fit(X)
    with pytest.raises(ValueError, match="not for the family NegativeBinomial"):
        mx.NegativeBinomialMixture(algorithm="minibatch").fit(X)


@pytest.mark.parametrize("half_life", [0, -1.0, np.inf, "long"])
def test_half_lives_that_are_none(half_life: Any) -> None:
    with pytest.raises(ValueError, match="half_life"):
        mx.GaussianMixture(2, half_life=half_life).partial_fit(groups(100))


@told
def test_a_search_has_no_streams_but_its_best_estimator_goes_on() -> None:
    X = groups(400)
    search = mx.MixtureSearch(mx.GaussianMixture(), {"n_components": [1, 2]}, random_state=0).fit(X)
    assert not hasattr(search, "partial_fit")
    assert search.best_estimator_.partial_fit(groups(100, 3)).n_seen_ == 500
