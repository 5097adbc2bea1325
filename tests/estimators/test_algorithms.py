"""The kin of EM at the estimators: settings, chains, and what becomes of them."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.datasets import load_iris, load_wine, make_blobs
from sklearn.model_selection import GridSearchCV

import mixtura as mx
from mixtura.typing import FloatArray

ALL: list[Any] = [
    "em",
    "hard",
    "stochastic",
    "saem",
    "annealed",
    mx.Stochastic(returns="mean"),
    mx.SAEM(burn_in=0.25, power=1.0),
    mx.Annealed(start=0.7, n_temperatures=4, n_iter=3),
    ("annealed", "hard", "em"),
    (mx.Stochastic(returns="mean"), "saem", "em"),
]
IDS = [str(algorithm) for algorithm in ALL]


def groups(n: int = 400, apart: float = 5.0, seed: int = 0) -> FloatArray:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 2))
    X[: n // 3] += apart
    return rng.permutation(X)


def fitted(X: FloatArray, **options: Any) -> mx.GaussianMixture:
    return mx.GaussianMixture(2, **{"random_state": 0, "n_init": 1, **options}).fit(X)


# --------------------------------------------------------------------------------------- k-means

TABLES = {
    "iris": load_iris().data,
    "wine": load_wine().data,
    "blobs": make_blobs(500, centers=6, n_features=3, random_state=1)[0],
    "blobs that overlap": make_blobs(400, centers=4, cluster_std=4.0, random_state=2)[0],
}


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("k", [2, 3, 6])
@pytest.mark.parametrize("X", TABLES.values(), ids=TABLES)
def test_hard_em_of_equal_balls_is_k_means(X: FloatArray, k: int, seed: int) -> None:
    centers = X[np.random.default_rng(seed).choice(len(X), k, replace=False)]
    means = KMeans(k, init=centers, n_init=1, algorithm="lloyd", tol=0.0).fit(X)
    ours = mx.GaussianMixture(
        k,
        covariance_type="EII",
        equal_weights=True,
        algorithm="hard",
        means_init=centers,
        tol=0.0,
    ).fit(X)
    np.testing.assert_array_equal(ours.predict(X), means.labels_)
    scale = np.abs(X).max()
    np.testing.assert_allclose(ours.means_, means.cluster_centers_, rtol=0.0, atol=1e-12 * scale)
    # One variance for all: the mean squared distance in each direction.
    np.testing.assert_allclose(ours.covariances_[0, 0, 0], means.inertia_ / X.size, rtol=1e-10)


# ---------------------------------------------------------------------------------------- chains


@pytest.mark.filterwarnings("ignore:.*did not converge")
@pytest.mark.parametrize("name", ["em", "hard", "stochastic", "saem", "annealed"])
def test_a_chain_of_one_is_that_one_to_the_bit(name: str) -> None:
    X = groups(200, 2.0)
    one, chain = (fitted(X, algorithm=a, max_iter=40) for a in (name, (name,)))
    assert one.trace_ == chain.trace_
    assert one.stages_ == chain.stages_
    np.testing.assert_array_equal(one.means_, chain.means_)
    np.testing.assert_array_equal(one.covariances_, chain.covariances_)


def test_a_chain_goes_on_from_where_it_ended() -> None:
    X, means = groups(300, 2.0), [[0.0, 0.0], [2.0, 2.0]]
    chain = fitted(X, algorithm=("hard", "em"), means_init=means)
    by_hand = fitted(X, algorithm="hard", means_init=means)
    hard = by_hand.stages_[0]
    by_hand.set_params(algorithm="em", warm_start=True).fit(X)
    assert chain.stages_[0] == hard
    assert [stage.name for stage in chain.stages_] == ["hard", "em"]
    assert chain.trace_ == by_hand.trace_
    assert (chain.n_iter_, chain.status_) == (by_hand.n_iter_, by_hand.status_)
    np.testing.assert_array_equal(chain.means_, by_hand.means_)


def test_stages_have_iterations_and_traces_of_their_own() -> None:
    fit = fitted(groups(), algorithm=("stochastic", "hard", "em"), max_iter=30)
    stochastic, hard, last = fit.stages_
    assert [stage.name for stage in fit.stages_] == ["stochastic", "hard", "em"]
    assert stochastic.n_iter == 30
    assert hard.n_iter > 0
    assert all(len(stage.trace) == stage.n_iter + 1 for stage in fit.stages_)
    assert (last.n_iter, list(last.trace), last.status) == (fit.n_iter_, fit.trace_, fit.status_)
    assert fit.lower_bound_ == fit.trace_[-1]
    # Log-likelihoods: hard EM begins at the best of stochastic EM, and ends lower.
    assert max(stochastic.trace) > last.trace[0]
    assert fit.record_.objective_text == "log-likelihood"
    assert fit.record_.algorithm.name == "stochastic, hard, em"


def test_two_random_stages_draw_other_numbers() -> None:
    fit = fitted(groups(200, 1.0), algorithm=("saem", "saem"), max_iter=10)
    first, second = fit.stages_
    again = fitted(groups(200, 1.0), algorithm="saem", max_iter=10)
    assert list(first.trace) == again.trace_
    assert second.trace[0] == first.trace[-1]
    again.set_params(warm_start=True).fit(groups(200, 1.0))
    # Gone on with by hand it draws the same numbers again.
    assert again.trace_[10] == second.trace[0]
    assert not set(again.trace_[11:]) & set(second.trace[1:])


def test_tempered_stages_rise_each_and_em_ends_it() -> None:
    fit = fitted(groups(300, 2.0), algorithm=mx.Annealed(n_temperatures=5, n_iter=4))
    names = [stage.name for stage in fit.stages_]
    assert names == [
        "tempered 0.5",
        "tempered 0.574",
        "tempered 0.66",
        "tempered 0.758",
        "tempered 0.871",
        "em",
    ]
    for stage in fit.stages_:
        assert np.diff(stage.trace).min() >= -1e-13
    assert fit.converged_
    plain = fitted(groups(300, 2.0))
    np.testing.assert_allclose(fit.lower_bound_, plain.lower_bound_, atol=1e-7)


def test_how_many_starts_are_made() -> None:
    X = groups(200)
    for algorithm, n_made in (("saem", 1), (("stochastic", "em"), 1), ("annealed", 2)):
        fit = mx.GaussianMixture(2, algorithm=algorithm, max_iter=20, random_state=0).fit(X)
        assert fit.starts_.n_made >= n_made
        assert (fit.starts_.n_made == 1) == (n_made == 1)
    fit = fitted(X, algorithm="saem", n_init=3, max_iter=20)
    assert fit.starts_.n_made == 3


@pytest.mark.parametrize("algorithm", [("annealed", "em"), ("stochastic", "em"), "saem"], ids=str)
def test_a_search_takes_them(algorithm: Any) -> None:
    X = groups(150)
    search = mx.MixtureSearch(
        mx.GaussianMixture(algorithm=algorithm, max_iter=60),
        {"n_components": [1, 2, 3], "covariance_type": ["VVV", "EII"]},
        random_state=0,
    ).fit(X)
    assert search.best_estimator_.n_components == 2
    assert search.best_estimator_.algorithm == algorithm
    names = [stage.name for stage in search.best_estimator_.stages_]
    assert names[-1] == ("saem" if algorithm == "saem" else "em")
    assert (names[0] == "stochastic") == (algorithm == ("stochastic", "em"))


# ---------------------------------------------------------------------------------- random walks


@pytest.mark.parametrize("seed", range(4))
def test_saem_and_the_mean_end_near_the_maximum(seed: int) -> None:
    X = groups(3000, 4.0, seed)
    top = fitted(X)
    # A draw from about the maximum lies half the number of parameters in nats below it, or less:
    # its variance is the missing information's share of the estimate's.
    wild = 0.5 * top.n_parameters_ / len(X)
    saem = fitted(X, algorithm="saem", max_iter=300, random_state=seed)
    mean = fitted(X, algorithm=mx.Stochastic(returns="mean"), max_iter=300, random_state=seed)
    for fit in (saem, mean):
        assert 0.0 <= top.lower_bound_ - fit.lower_bound_ < 0.02 * wild
        np.testing.assert_allclose(fit.means_, top.means_, atol=0.005)
        np.testing.assert_allclose(fit.weights_, top.weights_, atol=0.002)
    assert mean.chain_ is not None
    assert top.lower_bound_ - mean.chain_.objectives.mean() > top.lower_bound_ - mean.lower_bound_
    assert mean.notes_ == ()


def test_of_many_parameters_the_mean_is_likelier_than_the_best_draw() -> None:
    X = np.random.default_rng(0).normal(size=(1000, 4))
    X[:333] += 2.0
    options = {"max_iter": 200, "init_params": (X.sum(axis=1) > 4.0).astype(int)}
    top = fitted(X, **options)
    mean, best = (
        fitted(X, algorithm=mx.Stochastic(returns=returns), **options)
        for returns in ("mean", "best")
    )
    assert mean.trace_[:200] == best.trace_[:200]
    assert top.lower_bound_ - mean.lower_bound_ < 0.3 * (top.lower_bound_ - best.lower_bound_)


def test_the_chain_is_what_was_passed_after_the_burn_in() -> None:
    X = groups(200, 2.0)
    fit = fitted(X, algorithm=mx.Stochastic(burn_in=0.4), max_iter=50)
    chain = fit.chain_
    assert chain is not None
    assert len(chain) == 30
    assert chain.weights.shape == (30, 2)
    assert chain.arrays["means"].shape == (30, 2, 2)
    assert chain.arrays["covariances"].shape == (30, 2, 2, 2)
    np.testing.assert_array_equal(chain.objectives, fit.trace_[20:50])
    # The best one is among them, with its components in the same order.
    best = int(np.argmax(fit.trace_))
    assert best >= 20
    if best < 50:
        np.testing.assert_array_equal(chain.arrays["means"][best - 20], fit.means_)
        np.testing.assert_array_equal(chain.weights[best - 20], fit.weights_)
    assert fitted(X).chain_ is None


def test_a_chain_belongs_to_the_stage_that_kept_it() -> None:
    fit = fitted(groups(200), algorithm=("stochastic", "em"), max_iter=20)
    assert fit.chain_ is not None
    np.testing.assert_array_equal(fit.chain_.objectives, fit.stages_[0].trace[10:20])
    discrete = mx.PoissonMixture(2, algorithm="stochastic", max_iter=20, random_state=0, n_init=1)
    chain = discrete.fit(np.random.default_rng(0).poisson(3.0, (50, 2))).chain_
    assert chain is not None
    assert chain.arrays["rates"].shape == (10, 2, 2)


@pytest.mark.filterwarnings("ignore:.*did not converge")
@pytest.mark.parametrize("algorithm", ALL, ids=IDS)
def test_the_same_bits_for_each_seed_and_any_number_of_threads(algorithm: Any) -> None:
    X = groups(500, 1.5)
    options = {"algorithm": algorithm, "max_iter": 12}
    fits = [fitted(X, n_jobs=n_jobs, **options) for n_jobs in (1, 1, 3)]
    for fit in fits[1:]:
        assert fit.stages_ == fits[0].stages_
        np.testing.assert_array_equal(fit.means_, fits[0].means_)
    drawn = any(word in str(algorithm) for word in ("tochastic", "aem", "SAEM"))
    other = fitted(X, random_state=5, init_params="quantiles", **options)
    again = fitted(X, random_state=6, init_params="quantiles", **options)
    assert (other.stages_ != again.stages_) == drawn


# ------------------------------------------------------------------------------------ warm starts


@pytest.mark.filterwarnings("ignore:.*did not converge")
@pytest.mark.parametrize("algorithm", ["annealed", ("hard", "em"), ("stochastic", "em")], ids=str)
def test_a_warm_start_goes_on_with_the_last_stage(algorithm: Any) -> None:
    X = groups(300, 1.0)
    fit = fitted(X, algorithm=algorithm, max_iter=8, warm_start=True, acceleration=None)
    first = fit.trace_
    fit.fit(X)
    assert fit.trace_[: len(first)] == first
    assert [stage.name for stage in fit.stages_] == ["em"]
    assert fit.n_iter_ == 8
    assert fit.lower_bound_ > first[-1]


@pytest.mark.parametrize("algorithm", ["saem", mx.Stochastic(returns="mean")], ids=str)
def test_a_random_walk_begins_anew_from_there(algorithm: Any) -> None:
    X = groups(300, 4.0)
    fit = fitted(X, algorithm=algorithm, max_iter=20, warm_start=True)
    first = fit.lower_bound_
    fit.fit(X)
    assert fit.trace_[20] == first
    assert (fit.n_iter_, len(fit.trace_)) == (20, 41)
    assert fit.lower_bound_ == fit.trace_[-1]


# ----------------------------------------------------------------------------------- parameters


@pytest.mark.parametrize("algorithm", ALL, ids=IDS)
def test_they_are_parameters_like_others(algorithm: Any) -> None:
    estimator = mx.GaussianMixture(2, algorithm=algorithm, max_iter=10, random_state=0, n_init=1)
    copy = clone(estimator)
    assert copy.get_params() == estimator.get_params()
    assert repr(copy) == repr(estimator)
    assert mx.GaussianMixture().set_params(algorithm=algorithm).algorithm == algorithm
    X = groups(100)
    assert copy.fit(X).stages_ == estimator.fit(X).stages_
    again = pickle.loads(pickle.dumps(estimator))
    assert again.algorithm == algorithm
    assert again.fit(X).stages_ == estimator.stages_


@pytest.mark.filterwarnings("ignore:.*did not converge")
def test_settings_have_names_that_stand_for_the_default_ones() -> None:
    X = groups(200, 2.0)
    for name, settings in (
        ("stochastic", mx.Stochastic()),
        ("saem", mx.SAEM()),
        ("annealed", mx.Annealed()),
    ):
        fits = [fitted(X, algorithm=a, max_iter=20) for a in (name, settings)]
        assert fits[0].stages_ == fits[1].stages_
    assert repr(mx.Stochastic(returns="mean")) == "Stochastic(burn_in=0.5, returns='mean')"


def test_a_grid_search_over_them() -> None:
    grid = {"algorithm": ["em", mx.SAEM(), ("annealed", "em")]}
    search = GridSearchCV(mx.GaussianMixture(2, max_iter=30, random_state=0), grid, cv=2)
    assert search.fit(groups(120)).best_params_["algorithm"] in grid["algorithm"]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: mx.GaussianMixture(algorithm=()).fit(groups()), "nothing in it"),
        (lambda: mx.GaussianMixture(algorithm=("em", "magic")).fit(groups()), "'magic'.*annealed"),
        (lambda: mx.GaussianMixture(algorithm=mx.SAEM).fit(groups()), "unknown.*saem"),
        (lambda: mx.Stochastic(returns="median"), "'median' is unknown; choose one of best, mean"),
        (lambda: mx.Stochastic(burn_in=1.0), "burn_in=1.0 should be a share"),
        (lambda: mx.Stochastic(burn_in="half"), "burn_in='half' should be a share"),
        (lambda: mx.SAEM(power=0.5), "power=0.5 should be above 1/2"),
        (lambda: mx.SAEM(burn_in=-0.1), "burn_in=-0.1 should be a share"),
        (lambda: mx.Annealed(start=1.0), "start=1.0 should be between 0 and 1"),
        (lambda: mx.Annealed(n_iter=0), "n_iter=0 should be an integer of 1 or more"),
        (lambda: mx.Annealed(n_temperatures=2.5), "n_temperatures=2.5 should be an integer"),
    ],
)
def test_what_cannot_be_is_refused(make: Any, words: str) -> None:
    with pytest.raises(mx.MixturaError, match=words):
        make()


@pytest.mark.parametrize("max_iter", [0, 1, 2])
@pytest.mark.parametrize("algorithm", ALL, ids=IDS)
@pytest.mark.filterwarnings("ignore:.*did not converge")
def test_as_few_iterations_as_one_likes(algorithm: Any, max_iter: int) -> None:
    X = groups(100)
    fit = fitted(X, algorithm=algorithm, max_iter=max_iter)
    assert all(stage.n_iter <= max_iter for stage in fit.stages_)
    assert np.isfinite(fit.lower_bound_)
    assert fit.predict_proba(X).shape == (100, 2)


@pytest.mark.parametrize("algorithm", ["saem", "annealed", mx.Stochastic(returns="mean")], ids=str)
def test_they_take_noise_known_labels_and_priors(algorithm: Any) -> None:
    X = groups(300)
    strewn = np.concatenate([X, np.random.default_rng(1).uniform(-15, 20, (30, 2))])
    known = np.where(np.arange(330) % 10 == 0, (strewn[:, 0] > 2.5).astype(int), -1)
    options = {"algorithm": algorithm, "max_iter": 60}
    with_noise = fitted(strewn, noise=True, **options)
    assert 0.05 < with_noise.noise_weight_ < 0.15
    labelled = mx.GaussianMixture(2, random_state=0, **options).fit(strewn, labels=known)
    assert labelled.means_[1, 0] > labelled.means_[0, 0]
    held = fitted(X, prior="default", **options)
    plain = fitted(X, prior="default")
    np.testing.assert_allclose(held.lower_bound_, plain.lower_bound_, atol=1e-3)


def test_verbose_names_the_stages(capsys: pytest.CaptureFixture[str]) -> None:
    fitted(groups(100), algorithm=("hard", "em"), verbose=1)
    told = [line for line in capsys.readouterr().out.splitlines() if line.startswith("Start")]
    assert told == ["Start 1, hard", "Start 1, em"]
    fitted(groups(100), verbose=1)
    assert capsys.readouterr().out.startswith("Start 1\n")
