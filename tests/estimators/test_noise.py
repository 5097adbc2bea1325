"""`GaussianMixture(noise=...)` and what follows from it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mixtura as mx
from mixtura import kernels
from mixtura.estimators.options import STARTS
from mixtura.starts import training_rows
from mixtura.starts.noise_rows import noise_guesses

STRUCTURES = ["EII", "VVI", "EEE", "VEV", "full"]


def strewn(n: int = 300, seed: int = 0, n_noise: int = 40) -> tuple[np.ndarray, np.ndarray]:
    """Two clusters and strewn rows, and where each row came from."""
    rng = np.random.default_rng(seed)
    two = [rng.normal([x, 0], [1.0, 0.7], (n // 2, 2)) for x in (0, 8)]
    noise = rng.uniform([-12, -15], [20, 15], (n_noise, 2))
    return np.concatenate([*two, noise]), np.repeat([0, 1, -1], [n // 2, n // 2, n_noise])


def fitted(X: Any = None, k: int = 2, **params: Any) -> mx.GaussianMixture:
    options = {"noise": True, "random_state": 0} | params
    return mx.GaussianMixture(k, **options).fit(strewn()[0] if X is None else X)


# ------------------------------------------------------------------------------------ results


def test_attributes_and_shapes() -> None:
    X, _ = strewn()
    fit = fitted(X)
    assert fit.weights_.shape == (3,)
    assert fit.means_.shape == (2, 2)
    assert fit.noise_weight_ == fit.weights_[-1]
    assert 0.08 < fit.noise_weight_ < 0.16
    resp = fit.predict_proba(X)
    assert resp.shape == (len(X), 3)
    np.testing.assert_allclose(resp.sum(axis=1), 1.0)
    np.testing.assert_allclose(resp.mean(axis=0), fit.weights_, atol=1e-4)
    labels = fit.predict(X)
    np.testing.assert_array_equal(resp[np.arange(len(X)), labels], resp.max(axis=1))
    assert fit.noise_volume_ == pytest.approx(np.ptp(X, axis=0).prod())
    assert fit.get_feature_names_out().tolist() == [
        "gaussianmixture0",
        "gaussianmixture1",
        "gaussianmixture_noise",
    ]
    plain = fitted(X, noise=False)
    assert (plain.noise_weight_, plain.noise_volume_, plain.noise_region_) == (0.0, None, None)


@pytest.mark.parametrize("algorithm", ["em", "hard", "stochastic"])
def test_every_algorithm_finds_the_strewn_rows(algorithm: str) -> None:
    X, origin = strewn()
    labels = fitted(X, algorithm=algorithm, max_iter=100).predict(X)
    assert np.mean((labels == -1) == (origin == -1)) > 0.95


@pytest.mark.parametrize("covariance_type", STRUCTURES)
def test_noise_takes_exactly_the_rows_far_from_everything(covariance_type: str) -> None:
    rng = np.random.default_rng(1)
    clusters = [rng.uniform([x, 0], [x + 2, 2], (150, 2)) for x in (0, 6)]
    angle = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    far = 500.0 * np.column_stack([np.cos(angle), np.sin(angle)])
    labels = fitted(np.concatenate([*clusters, far]), covariance_type=covariance_type).predict(
        np.concatenate([*clusters, far])
    )
    assert np.flatnonzero(labels == -1).tolist() == list(range(300, 312))
    assert len(set(labels[:150])) == len(set(labels[150:300])) == 1


def test_criteria_count_the_volume() -> None:
    X, _ = strewn()
    fit = fitted(X)
    assert fit.n_parameters_ == 2 + 4 + 6 + 1
    density = np.exp(fit.score_samples(X))
    np.testing.assert_allclose(np.log(density).sum(), fit.log_likelihood_, rtol=1e-12)
    np.testing.assert_allclose(
        fit.bic(X), -2 * fit.log_likelihood_ + 13 * np.log(len(X)), rtol=1e-12
    )
    doubt = np.log(fit.predict_proba(X).max(axis=1)).sum()
    np.testing.assert_allclose(fit.icl(X), fit.bic(X) - 2 * doubt, rtol=1e-12)


@pytest.mark.parametrize(("noise", "size"), [(5e-324, 1.0), (1e-300, 1e38), (1e300, 1e-70)])
def test_a_volume_far_from_that_of_the_rows_is_refused(noise: float, size: float) -> None:
    X = size * np.array([[1.0], [2.0], [-1.0], [3.0]])
    with pytest.raises(mx.MixturaError, match=r"from 1e-99 to 1e\+99"):
        mx.GaussianMixture(1, noise=noise, algorithm="stochastic").fit(X)


def test_a_given_volume_is_used_and_sampled_over() -> None:
    X, _ = strewn()
    fit = fitted(X, noise=4000.0)
    assert fit.noise_volume_ == pytest.approx(4000.0)
    far = fit.score_samples([[1e4, 1e4]])
    np.testing.assert_allclose(far, np.log(fit.noise_weight_ / 4000.0))
    rows, labels = fit.sample(5000)
    assert np.mean(labels == -1) == pytest.approx(fit.noise_weight_, abs=0.02)
    spread = np.ptp(rows[labels == -1], axis=0).prod()
    assert 0.9 * 4000.0 < spread <= 4000.0


def test_search_passes_noise_on() -> None:
    X, origin = strewn()
    search = mx.MixtureSearch(
        mx.GaussianMixture(noise=True), {"n_components": [1, 2, 3, 4]}, random_state=0
    ).fit(X)
    assert search.best_params_ == {"n_components": 2}
    assert np.mean((search.predict(X) == -1) == (origin == -1)) > 0.95
    assert search.get_feature_names_out()[-1] == "mixturesearch_noise"


def test_criteria_of_a_search_count_clusters() -> None:
    X, _ = strewn()
    grid = {"n_components": [1, 2], "covariance_type": ["diag"]}
    search = mx.MixtureSearch(
        mx.GaussianMixture(noise=True), grid, criterion="nec", random_state=0
    ).fit(X)
    assert list(search.k_probabilities_) == [1, 2]
    nec, gain = search.results_["nec"], search.results_["log_likelihood"]
    assert nec[0] == 1.0
    single = mx.GaussianMixture(covariance_type="diag").fit(X)
    two = fitted(X, covariance_type="diag")
    expected = two.scores_.entropy / (gain[1] - single.log_likelihood_)
    np.testing.assert_allclose(nec[1], expected, rtol=1e-3)


def test_a_search_guesses_noise_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def counted(rows: np.ndarray, weight: np.ndarray) -> Any:
        calls.append(len(rows))
        return noise_guesses(rows, weight)

    monkeypatch.setattr(training_rows, "noise_guesses", counted)
    grid = {"n_components": [1, 2, 3], "covariance_type": ["EEE", "VVV"]}
    mx.MixtureSearch(mx.GaussianMixture(noise=True), grid, random_state=0).fit(strewn()[0])
    assert calls == [340]


def test_a_bootstrap_test_splits_clusters_and_leaves_noise_alone() -> None:
    X, _ = strewn(100, n_noise=15)
    test = mx.bootstrap_test(
        mx.GaussianMixture(noise=True, covariance_type="diag", tol=1e-5),
        X,
        n_bootstrap=19,
        random_state=0,
    )
    assert test.n_components == 2
    assert test.estimator.weights_.shape == (3,)
    assert all(step.n_below_zero == 0 for step in test.steps)


# -------------------------------------------------------------------- constraints and labels


@pytest.mark.parametrize("covariance_type", STRUCTURES)
def test_clusters_of_equal_weight_share_what_noise_leaves(covariance_type: str) -> None:
    X = strewn()[0][100:]
    free = fitted(X, covariance_type=covariance_type)
    equal = fitted(X, covariance_type=covariance_type, equal_weights=True)
    assert equal.weights_[0] == equal.weights_[1] == (1.0 - equal.noise_weight_) / 2.0
    assert equal.n_parameters_ == free.n_parameters_ - 1
    assert equal.log_likelihood_ < free.log_likelihood_
    assert np.diff(equal.trace_).min() >= -1e-14
    np.testing.assert_allclose(
        equal.predict_proba(X).mean(axis=0)[-1], equal.noise_weight_, atol=1e-4
    )


def test_fixed_weights_fix_noise_too_and_bring_the_clusters_into_their_order() -> None:
    X = strewn()[0][100:]  # 50, 150 and 40 rows
    for weights in ([0.3, 0.5, 0.2], [0.5, 0.3, 0.2]):
        fit = fitted(X, weights_init=weights, fixed="weights")
        np.testing.assert_array_equal(fit.weights_, weights)
        heavier = int(np.argmax(weights))
        np.testing.assert_allclose(fit.means_[heavier], [8.0, 0.0], atol=0.5)
        assert fit.n_parameters_ == 4 + 6 + 1


def test_a_warm_start_goes_on_under_equal_weights() -> None:
    X = strewn()[0][100:]
    fit = fitted(X, warm_start=True)
    fit.set_params(equal_weights=True).fit(X)
    assert fit.weights_[0] == fit.weights_[1]
    assert np.diff(fit.trace_).min() >= -1e-14
    anew = fitted(X, equal_weights=True)
    np.testing.assert_allclose(fit.log_likelihood_, anew.log_likelihood_, rtol=1e-6)


@pytest.mark.parametrize("n", [300, 3000])  # all rows are looked at for noise, and some of them
@pytest.mark.parametrize("marked", [False, True])
def test_known_rows_keep_their_place(n: int, marked: bool) -> None:
    X, origin = strewn(n)
    X = X[::-1]
    truth = np.where(origin < 0, 2, 1 - origin)[::-1]  # the numbers that the labels give
    rng = np.random.default_rng(0)
    labels = np.where(rng.random(len(X)) < 0.1, truth, -1)
    noise_init = truth == 2 if marked else None
    fit = mx.GaussianMixture(2, noise=True, noise_init=noise_init, random_state=0)
    fit.fit(X, labels=labels)
    np.testing.assert_allclose(fit.means_[:, 0], [8.0, 0.0], atol=0.5)
    expected = np.where(truth == 2, -1, truth)
    assert np.mean(fit.predict(X) == expected) > 0.95
    assert np.diff(fit.trace_).min() >= -1e-14
    log_joint, known = fit.mixture_.log_joint(X), labels >= 0
    own = log_joint[known, labels[known]].sum() + fit.score_samples(X[~known]).sum()
    np.testing.assert_allclose(len(X) * fit.lower_bound_, own, rtol=1e-12)


def test_where_all_is_known_the_fit_is_one_m_step() -> None:
    X, origin = strewn()
    fit = mx.GaussianMixture(2, noise=True).fit(X, labels=np.where(origin < 0, 2, origin))
    np.testing.assert_allclose(fit.weights_, np.array([150, 150, 40]) / 340)
    for j in range(2):
        np.testing.assert_allclose(fit.means_[j], X[origin == j].mean(axis=0))


@pytest.mark.filterwarnings("ignore::mixtura.DataWarning")
def test_without_clusters_there_are_no_hills() -> None:
    X = np.random.default_rng(0).normal(size=(40, 2))
    fit = fitted(X, k=1, noise=1e-6, algorithm="hard")  # so dense that it takes all
    assert fit.noise_weight_ == 1.0
    hills = fit.modes()
    assert (len(hills), hills.points.shape, hills.of_component.tolist()) == (0, (0, 2), [-1])
    np.testing.assert_allclose(fit.normalized_density(X), 1.0, rtol=1e-12)


def test_clusters_need_rows_that_are_not_known_to_be_noise() -> None:
    X, _ = strewn(60)
    with pytest.raises(mx.DegenerateError, match="all of them begin as noise"):
        fitted(X).fit(X, labels=np.full(len(X), 2))


def test_noise_has_a_number_among_labels_only_if_there_is_any() -> None:
    X, _ = strewn()
    labels = np.full(len(X), -1)
    labels[0] = 2
    with pytest.raises(mx.MixturaError, match="from 0 to 1, or -1"):
        mx.GaussianMixture(2).fit(X, labels=labels)
    labels[0] = 3
    with pytest.raises(mx.MixturaError, match="from 0 to 1, 2 for noise, or -1"):
        mx.GaussianMixture(2, noise=True).fit(X, labels=labels)


def test_a_prior_beside_noise_is_that_of_the_clusters() -> None:
    X, _ = strewn()
    fit = fitted(X, prior="default")
    assert fit.prior_ is not None
    np.testing.assert_allclose(
        fit.lower_bound_ * len(X), fit.log_likelihood_ + fit.mixture_.log_prior, rtol=1e-12
    )
    assert fit.log_likelihood_ < fitted(X).log_likelihood_
    assert np.diff(fit.trace_).min() >= -1e-14


# ------------------------------------------------------------------------------------- starts


def test_starts_that_the_user_gives_agree() -> None:
    X, origin = strewn()
    resp = np.eye(3)[origin]  # -1 is the last column here, too
    fits = [
        fitted(X),
        fitted(X, noise_init=origin == -1),
        fitted(X, init_params=origin),
        fitted(X, init_params=resp),
        fitted(X, means_init=[[0.0, 0.0], [8.0, 0.0]]),
        fitted(X, weights_init=[0.4, 0.4, 0.2]),
    ]
    for fit in fits[1:]:
        np.testing.assert_allclose(fit.log_likelihood_, fits[0].log_likelihood_, rtol=1e-6)
    complete = fitted(
        X,
        weights_init=fits[0].weights_,
        means_init=fits[0].means_,
        precisions_init=fits[0].precisions_,
        max_iter=5,
    )
    np.testing.assert_allclose(complete.lower_bounds_[0], fits[0].lower_bound_, atol=1e-7)


@pytest.mark.parametrize("shares", [False, True])
def test_given_means_and_given_rows_of_noise_go_together(shares: bool) -> None:
    X, origin = strewn()
    means = np.array([[0.0, 0.0], [8.0, 0.0]])
    init = np.eye(3)[origin] if shares else origin
    fit = fitted(X, init_params=init, means_init=means, max_iter=0)
    marked = fitted(X, noise_init=origin == -1, means_init=means, max_iter=0)
    np.testing.assert_allclose(fit.weights_, np.array([150, 150, 40]) / 340, atol=0.01)
    assert fit.weights_[-1] == pytest.approx(40 / 340)
    np.testing.assert_array_equal(fit.means_, means)
    np.testing.assert_allclose(fit.covariances_, marked.covariances_, rtol=1e-12)
    np.testing.assert_allclose(
        fit.set_params(max_iter=1000).fit(X).log_likelihood_, fitted(X).log_likelihood_, rtol=1e-6
    )


@pytest.mark.parametrize("algorithm", ["em", "hard", "stochastic"])
@pytest.mark.parametrize("fixed", [None, "weights", "means", ("weights", "means")])
@pytest.mark.parametrize("weights", [None, [0.4, 0.4, 0.2], [0.5, 0.5, 0.0]])
@pytest.mark.parametrize("own", ["kmeans", "labels", "responsibilities"])
def test_every_mix_of_given_parts_is_fitted_as_given(
    algorithm: str, fixed: Any, weights: list[float] | None, own: str
) -> None:
    X, origin = strewn(60, n_noise=12)
    means = np.array([[0.0, 0.0], [8.0, 0.0]])
    fixed_weights = fixed is not None and "weights" in fixed
    init: Any = {"labels": origin, "responsibilities": np.eye(3)[origin]}.get(own, own)
    labels = np.where(np.arange(len(X)) % 3 == 0, np.where(origin < 0, 2, origin), -1)
    model = mx.GaussianMixture(
        2,
        noise=True,
        algorithm=algorithm,
        fixed=fixed,
        weights_init=[0.4, 0.4, 0.2] if fixed_weights and weights is None else weights,
        means_init=means,
        init_params=init,
        max_iter=20,
        random_state=0,
    )
    if fixed_weights and weights is not None and weights[-1] == 0.0:
        with pytest.raises(mx.MixturaError, match="rows of component 2, whose weight is fixed"):
            model.fit(X, labels=labels)
        return
    model.fit(X, labels=labels)
    assert np.isfinite(model.trace_).all()
    assert model.weights_[-1] == pytest.approx(0.2 if fixed_weights else 12 / 72, abs=0.05)
    np.testing.assert_allclose(model.means_, means, atol=0.0 if fixed and "means" in fixed else 0.5)


@pytest.mark.parametrize("name", list(STARTS))
@pytest.mark.parametrize("marked", [False, True])
def test_every_start_goes_with_noise(name: str, marked: bool) -> None:
    X, origin = strewn()
    noise_init = origin == -1 if marked else None
    fit = fitted(X, init_params=name, noise_init=noise_init, n_init=2)
    np.testing.assert_allclose(fit.log_likelihood_, fitted(X).log_likelihood_, atol=1e-3)


def test_a_wide_cluster_is_not_taken_for_noise() -> None:
    rng = np.random.default_rng(2)
    X = np.concatenate(
        [
            rng.normal([0, 0], 0.2, (300, 2)),
            rng.normal([8, 0], 3.0, (100, 2)),
            rng.uniform(-30, 38, (40, 2)),
        ]
    )
    truth = np.repeat([0, 1, -1], [300, 100, 40])
    best = fitted(X, init_params=truth)
    np.testing.assert_allclose(fitted(X).log_likelihood_, best.log_likelihood_, atol=1e-3)


def test_large_tables_look_for_noise_in_a_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    X, _ = strewn(1500, n_noise=300)
    whole = fitted(X)
    monkeypatch.setattr(training_rows, "_ROWS_FOR_NOISE", 400)
    sampled = fitted(X)
    np.testing.assert_allclose(sampled.log_likelihood_, whole.log_likelihood_, rtol=1e-7)
    assert sampled.lower_bounds_ != whole.lower_bounds_


def test_going_on_with_noise() -> None:
    X, _ = strewn()
    fit = mx.GaussianMixture(2, noise=True, warm_start=True, random_state=0).fit(X)
    first = fit.log_likelihood_
    assert fit.fit(X).n_iter_ <= 1
    assert fit.log_likelihood_ >= first
    with pytest.raises(mx.MixturaError, match=r"with noise.*warm_start=False"):
        fit.set_params(noise=False).fit(X)


# --------------------------------------------------------------------------------------- laws


@pytest.mark.parametrize("covariance_type", STRUCTURES)
def test_weights_equal_repetition_from_the_start_on(covariance_type: str) -> None:
    X, _ = strewn(120)
    times = np.random.default_rng(0).integers(0, 4, len(X))
    fit = mx.GaussianMixture(2, noise=True, covariance_type=covariance_type, random_state=0)
    weighted, resp = fit.fit(X, sample_weight=times).trace_, fit.predict_proba(X)
    repeated = fit.fit(np.repeat(X, times, axis=0)).trace_
    np.testing.assert_allclose(weighted, repeated, rtol=1e-10)
    np.testing.assert_allclose(fit.predict_proba(X), resp, atol=1e-4)


@pytest.mark.parametrize("covariance_type", STRUCTURES)
@pytest.mark.parametrize(("scale", "offset"), [(1e-6, 0.0), (1e6, 0.0), (1.0, 1e6), (1e-3, 1e8)])
def test_units_and_places_change_nothing(covariance_type: str, scale: float, offset: float) -> None:
    # Multiples of 2^-10, so that moving them rounds little.
    X = np.round(strewn()[0] * 2**10) / 2**10
    moved = scale * X + scale * offset
    here = fitted(X, covariance_type=covariance_type)
    there = fitted(moved, covariance_type=covariance_type)
    np.testing.assert_allclose(there.predict_proba(moved), here.predict_proba(X), atol=1e-4)
    np.testing.assert_allclose(there.noise_volume_, here.noise_volume_ * scale**2, rtol=1e-6)


def test_threads_give_the_same_bits() -> None:
    X, _ = strewn(30_000, n_noise=3_000)
    serial, threaded = (fitted(X, n_jobs=n_jobs) for n_jobs in (1, 3))
    assert threaded.trace_ == serial.trace_
    np.testing.assert_array_equal(threaded.weights_, serial.weights_)
    np.testing.assert_array_equal(threaded.predict_proba(X), serial.predict_proba(X))


def test_kernels_give_the_same_fit() -> None:
    X, _ = strewn()
    fast = fitted(X)
    with kernels.use("numpy"):
        slow = fitted(X)
    np.testing.assert_allclose(fast.trace_, slow.trace_, rtol=1e-11)
    np.testing.assert_allclose(fast.predict_proba(X), slow.predict_proba(X), atol=1e-9)


def test_a_constant_column_changes_no_assignment() -> None:
    X, _ = strewn()
    flat = np.column_stack([X, np.full(len(X), 7.0)])
    with pytest.warns(mx.DataWarning, match="constant"):
        fit = fitted(flat)
    np.testing.assert_allclose(fit.predict_proba(flat), fitted(X).predict_proba(X), atol=1e-3)


# -------------------------------------------------------------------------------------- files


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_save_and_load_are_exact(dtype: type, tmp_path: Path) -> None:
    X = strewn()[0].astype(dtype)
    fit = fitted(X, noise=1234.5, equal_weights=True)
    mx.save(fit, tmp_path / "model.json")
    again = mx.load(tmp_path / "model.json")
    assert again.get_params() == fit.get_params()
    assert (again.noise_weight_, again.noise_volume_) == (fit.noise_weight_, fit.noise_volume_)
    assert again.mixture_.n_parameters == fit.n_parameters_
    np.testing.assert_array_equal(again.predict_proba(X), fit.predict_proba(X))
    np.testing.assert_array_equal(again.sample(50)[0], fit.sample(50)[0])


# ------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"noise": 0}, "'noise': 0.*above 0"),
        ({"noise": -1.0}, "'noise': -1.0"),
        ({"noise": "yes"}, "'noise': 'yes'"),
        ({"noise": np.inf}, "'noise': inf"),
        ({"noise_init": np.ones(340, dtype=bool)}, "340 marked rows.*not all"),
        ({"noise_init": np.zeros(340)}, "float64.*boolean"),
        ({"noise_init": np.ones(3, dtype=bool)}, r"shape \(3,\)"),
        ({"init_params": np.zeros(340, dtype=int)}, "all rows or none as noise"),
        ({"init_params": np.full(340, -1)}, "all rows or none as noise"),
        ({"init_params": np.full(340, -2)}, "or -1 for noise"),
        ({"init_params": np.full((340, 2), 0.5)}, r"\(340, 3\), the last column for noise"),
        ({"init_params": np.tile([0.5, 0.5, 0.0], (340, 1))}, "all rows or none"),
        ({"weights_init": [0.5, 0.5]}, r"shape \(2,\).*should be \(3,\).*last for the noise"),
    ],
)
def test_errors_say_what_is_wrong(params: dict[str, Any], words: str) -> None:
    with pytest.raises(mx.MixturaError, match=words):
        fitted(**params)


def test_marked_rows_without_weight_do_not_count() -> None:
    X, origin = strewn()
    fit = mx.GaussianMixture(2, noise=True, noise_init=origin == -1)
    with pytest.raises(mx.MixturaError, match="0 marked rows"):
        fit.fit(X, sample_weight=(origin != -1).astype(float))
