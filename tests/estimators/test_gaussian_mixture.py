"""What `GaussianMixture` adds to scikit-learn's, and what it does better."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import mixtura as mx
from mixtura import kernels
from mixtura.estimators.gaussian_vocabulary import COVARIANCE_TYPES
from mixtura.kernels.choice import use
from mixtura.sources import ArraySource, summarize

NAMES = [name for name, kind in COVARIANCE_TYPES.items() if not kind.one_dimensional]
FOUR = ["full", "tied", "diag", "spherical"]
ALIASES = {"VVV": "full", "EEE": "tied", "VVI": "diag", "VII": "spherical"}


def groups(n: int = 240, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    centers = np.array([[0.0, 0.0], [5.0, 1.0], [1.0, 6.0]])
    return centers[rng.choice(3, n, p=[0.5, 0.3, 0.2])] + rng.normal(size=(n, 2))


# ------------------------------------------------------------------------------- invariance


@pytest.mark.parametrize("covariance_type", FOUR)
@pytest.mark.parametrize("offset", [1e3, 1e6, 1e8])
def test_an_offset_changes_only_the_means(covariance_type: str, offset: float) -> None:
    # Whole numbers keep every digit at any of these offsets, so both tables are the same.
    X = np.round(groups() * 64)
    near = mx.GaussianMixture(3, covariance_type=covariance_type, random_state=0).fit(X)
    far = mx.GaussianMixture(3, covariance_type=covariance_type, random_state=0).fit(X + offset)
    np.testing.assert_allclose(far.means_ - offset, near.means_, atol=1e-4)
    np.testing.assert_allclose(far.predict_proba(X + offset), near.predict_proba(X), atol=1e-6)
    assert abs(far.lower_bound_ - near.lower_bound_) < 1e-7


@pytest.mark.parametrize("covariance_type", FOUR)
def test_float32_at_an_offset_of_1000(covariance_type: str) -> None:
    X = np.round(groups() * 64).astype(np.float32) / 64
    near = mx.GaussianMixture(3, covariance_type=covariance_type, random_state=0).fit(X)
    far = mx.GaussianMixture(3, covariance_type=covariance_type, random_state=0).fit(X + 1000)
    assert far.means_.dtype == np.float32
    assert far.predict_proba(X + 1000).dtype == np.float32
    np.testing.assert_allclose(far.predict_proba(X + 1000), near.predict_proba(X), atol=1e-6)


@pytest.mark.parametrize("covariance_type", FOUR)
@pytest.mark.parametrize("scale", [1e-9, 1e-6, 1e6, 1e9])
def test_units_do_not_matter(covariance_type: str, scale: float) -> None:
    X = groups()
    here = mx.GaussianMixture(3, covariance_type=covariance_type, random_state=0).fit(X)
    there = mx.GaussianMixture(3, covariance_type=covariance_type, random_state=0).fit(X * scale)
    np.testing.assert_allclose(there.predict_proba(X * scale), here.predict_proba(X), atol=1e-9)
    np.testing.assert_allclose(there.means_, here.means_ * scale, rtol=1e-7)


@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag"])
def test_units_of_single_features_do_not_matter(covariance_type: str) -> None:
    X, scale = groups(), np.array([1e-4, 1e5])
    here = mx.GaussianMixture(3, covariance_type=covariance_type, random_state=0).fit(X)
    there = mx.GaussianMixture(3, covariance_type=covariance_type, random_state=0).fit(X * scale)
    np.testing.assert_allclose(there.predict_proba(X * scale), here.predict_proba(X), atol=1e-9)


# ---------------------------------------------------------------------- weights and threads


@pytest.mark.parametrize("covariance_type", FOUR)
@pytest.mark.parametrize(
    "init_params", ["kmeans", "k-means++", "random_from_data", "hierarchical", "quantiles"]
)
def test_integer_weights_equal_repeated_rows(covariance_type: str, init_params: str) -> None:
    X = groups(120)
    weight = np.random.default_rng(1).integers(0, 4, len(X))
    options: dict[str, Any] = {
        "covariance_type": covariance_type,
        "init_params": init_params,
        "random_state": 0,
    }
    weighted = mx.GaussianMixture(3, **options).fit(X, sample_weight=weight)
    repeated = mx.GaussianMixture(3, **options).fit(np.repeat(X, weight, axis=0))
    np.testing.assert_allclose(weighted.means_, repeated.means_, rtol=1e-6)
    np.testing.assert_allclose(weighted.log_likelihood_, repeated.log_likelihood_, rtol=1e-9)
    rows = np.repeat(X, weight, axis=0)
    for method in ("bic", "aic", "icl", "score"):
        mine = getattr(weighted, method)(X, sample_weight=weight)
        np.testing.assert_allclose(mine, getattr(weighted, method)(rows), rtol=1e-12)


@pytest.mark.parametrize(
    ("unit", "light"), [(1.0, 4e-32), (1.0, 5e-324), (1e-70, 1e-100), (3e70, 4e-32)]
)
@pytest.mark.parametrize("init_params", ["hierarchical", "kmeans"])
def test_weights_beyond_the_reach_of_the_largest_are_no_rows(
    init_params: str, unit: float, light: float
) -> None:
    X = groups(60)
    heavy = np.arange(60) % 2 == 0
    model = mx.GaussianMixture(3, init_params=init_params, random_state=0)
    without = clone(model).fit(X, sample_weight=unit * heavy)
    X[1] = 1e200
    with pytest.warns(mx.DataWarning, match="less than 5e-32 of the largest weight.* 30 of 60"):
        model.fit(X, sample_weight=unit * np.where(heavy, 1.0, light))
    np.testing.assert_array_equal(model.means_, without.means_)
    assert model.trace_ == without.trace_


def test_a_weight_within_reach_counts() -> None:
    X = np.array([[0.0], [1.0], [2.0], [1e32]])
    fit = mx.GaussianMixture(1).fit(X, sample_weight=[1.0, 1.0, 1.0, 6e-32])
    np.testing.assert_allclose(fit.means_, [[1.0 + 6.0 / 3.0]], rtol=1e-12)


@pytest.mark.parametrize("algorithm", ["em", "hard", "stochastic"])
def test_any_number_of_threads_gives_the_same_bits(algorithm: str) -> None:
    X = np.tile(groups(3000), (10, 1))
    fits = [
        mx.GaussianMixture(
            3, algorithm=algorithm, max_iter=5, random_state=0, n_jobs=n_jobs, tol=0.1
        ).fit(X)
        for n_jobs in (None, 2, 7)
    ]
    for fit in fits[1:]:
        assert fit.trace_ == fits[0].trace_
        np.testing.assert_array_equal(fit.means_, fits[0].means_)
        np.testing.assert_array_equal(fit.predict_proba(X), fits[0].predict_proba(X))


def test_a_large_table_starts_from_a_weighted_sample() -> None:
    X = np.tile(groups(3000), (10, 1))
    weight = np.tile([0.0, 2.0], len(X) // 2)
    weighted = mx.GaussianMixture(3, random_state=0).fit(X, sample_weight=weight)
    assert weighted.scores_.weight == weight.sum()
    np.testing.assert_allclose(weighted.means_, [[0, 0], [5, 1], [1, 6]], atol=0.3)


# ------------------------------------------------------------------------ starts and stopping


def test_varied_starts_find_what_k_means_starts_miss() -> None:
    # Two long groups side by side: k-means cuts across them, whatever its seed.
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 2)) * [10.0, 0.3]
    X[:200, 1] += 2.0
    by_k_means, varied = (
        mx.GaussianMixture(2, covariance_type="tied", n_init=10, init_params=way, random_state=0)
        for way in ("kmeans", "varied")
    )
    assert varied.fit(X).score(X) >= by_k_means.fit(X).score(X)
    assert varied.starts_.n_best >= 2


def test_labels_and_responsibilities_as_starts() -> None:
    X = groups()
    labels = (X[:, 0] > 2.5).astype(int)
    from_labels = mx.GaussianMixture(2, init_params=labels).fit(X)
    from_resp = mx.GaussianMixture(2, init_params=np.eye(2)[labels]).fit(X)
    assert from_labels.trace_ == from_resp.trace_
    weighted = mx.GaussianMixture(2, init_params=labels, max_iter=0)
    with pytest.warns(mx.DataWarning, match="no rows"):
        weighted.fit(X, sample_weight=np.where(labels == 0, 1.0, 0.0))
    np.testing.assert_array_equal(weighted.weights_, [1.0, 0.0])


def test_given_means_bring_the_rows_near_them() -> None:
    X = groups()
    fit = mx.GaussianMixture(3, means_init=[[1, 6], [5, 1], [0, 0]], random_state=0).fit(X)
    np.testing.assert_allclose(fit.means_, [[1, 6], [5, 1], [0, 0]], atol=0.5)  # order is kept
    assert fit.starts_.n_made == 1


def test_components_come_by_falling_weight() -> None:
    fit = mx.GaussianMixture(3, n_init=5, random_state=3).fit(groups())
    assert (np.diff(fit.weights_) <= 0).all()


def test_starts_tell_how_often_the_best_was_found() -> None:
    fit = mx.GaussianMixture(3, n_init=8, init_params="random", random_state=0).fit(groups(400))
    assert fit.starts_.n_made == 8
    assert 1 <= fit.starts_.n_best <= 8
    assert fit.starts_.optima[0].objective == fit.lower_bound_
    assert fit.starts_.optima[0].agreement == 1.0


@pytest.mark.parametrize("n_init", ["auto", "thorough"])
def test_starts_end_when_the_best_has_been_found_often_enough(n_init: str) -> None:
    options = {"n_init": n_init, "init_params": "varied", "random_state": 0}
    easy = mx.GaussianMixture(3, **options).fit(groups(400))
    assert easy.starts_.n_made == easy.starts_.n_best == 2
    rough = np.random.default_rng(0).uniform(size=(60, 2))
    with pytest.warns(mx.DataWarning, match="1 of 20 starts"):
        hard = mx.GaussianMixture(5, **options).fit(rough)
    assert hard.starts_.n_made == 20
    with pytest.raises(ValueError, match="n_init='often'"):
        mx.GaussianMixture(n_init="often").fit(rough)


@pytest.mark.filterwarnings("ignore::mixtura.DataWarning")  # no iterations, no optimum twice
def test_auto_makes_the_starts_that_are_cheap() -> None:
    rough = np.random.default_rng(0).uniform(size=(100_000, 2))
    estimators = [mx.GaussianMixture(k, max_iter=1, random_state=0) for k in (4, 40)]
    with pytest.warns(ConvergenceWarning):
        fits = [estimator.fit(rough) for estimator in estimators]
    assert [fit.starts_.n_made for fit in fits] == [4, 1]
    walk = mx.GaussianMixture(3, algorithm="stochastic", max_iter=3, random_state=0)
    assert walk.fit(groups()).starts_.n_made == 1


def test_spurious_optima_are_passed_over() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 2))
    X[:6, 1] = X[:6, 0] + 0.02 * rng.normal(size=6)  # nearly on a line, by chance
    fit = mx.GaussianMixture(2, n_init=20, random_state=0).fit(X)
    lines = (np.arange(60) >= 6).astype(int)
    with pytest.warns(mx.DataWarning, match="few rows"):
        spurious = mx.GaussianMixture(2, init_params=lines).fit(X)
    assert spurious.spurious_
    assert fit.log_likelihood_ < spurious.log_likelihood_
    assert not fit.spurious_


def test_a_best_optimum_found_once_is_cautioned() -> None:
    rough = np.random.default_rng(0).uniform(size=(60, 2))
    estimator = mx.GaussianMixture(
        6, covariance_type="tied", n_init=4, init_params="random", random_state=0
    )
    with pytest.warns(mx.DataWarning, match="1 of 4 starts found the best optimum"):
        fit = estimator.fit(rough)
    assert fit.starts_.n_best == 1
    assert fit.starts_.caution(60.0) in fit.notes_


def test_log_likelihood_belongs_to_the_returned_parameters() -> None:
    X = groups()
    for algorithm in ("em", "hard", "stochastic"):
        fit = mx.GaussianMixture(3, algorithm=algorithm, max_iter=50, random_state=0).fit(X)
        np.testing.assert_allclose(fit.log_likelihood_, fit.score_samples(X).sum(), rtol=1e-12)
        assert np.isclose(fit.scores_.bic(fit.n_parameters_), fit.bic(X), rtol=1e-12)


def test_hard_em_maximises_the_classification_likelihood() -> None:
    X = groups()
    soft = mx.GaussianMixture(3, random_state=0).fit(X)
    hard = mx.GaussianMixture(3, algorithm="hard", random_state=0).fit(X)
    assert hard.lower_bound_ <= hard.score(X) <= soft.score(X)
    labels = hard.predict(X)
    for j in range(3):
        np.testing.assert_allclose(hard.means_[j], X[labels == j].mean(axis=0), rtol=1e-12)


def test_not_converged_says_how_far() -> None:
    with pytest.warns(ConvergenceWarning, match=r"did not converge in 6 .*nats per row may remain"):
        fit = mx.GaussianMixture(2, max_iter=6, n_init=1, random_state=0).fit(groups(60))
    assert not fit.converged_
    assert fit.n_iter_ == 6
    assert len(fit.lower_bounds_) == 6
    assert fit.lower_bounds_[-1] == fit.lower_bound_


def test_the_default_ends_at_the_maximum_where_a_loose_tolerance_does_not() -> None:
    rng = np.random.default_rng(5)
    X = np.concatenate([rng.normal(0, 1, (300, 1)), rng.normal(1.8, 0.6, (100, 1))])
    loose = mx.GaussianMixture(2, n_init=1, random_state=0, tol=1e-3).fit(X)
    default = mx.GaussianMixture(2, random_state=0).fit(X)
    exact = mx.GaussianMixture(2, random_state=0, tol=0.0, max_iter=100_000).fit(X)
    assert exact.score(X) - default.score(X) < 1e-6 < exact.score(X) - loose.score(X)
    assert exact.starts_.n_best > 1  # rounding does not make one optimum many


def test_a_warm_start_on_other_rows_goes_on_from_the_parameters() -> None:
    X = groups()
    fit = mx.GaussianMixture(3, warm_start=True, random_state=0).fit(X)
    before = fit.means_
    fit.fit(X + 0.5)
    assert fit.converged_
    np.testing.assert_allclose(fit.means_, before + 0.5, atol=1e-3)


def test_means_beyond_the_dtype_of_the_table_are_shown_in_double_precision(tmp_path: Path) -> None:
    X = np.array([[1.0], [2.0], [-1.0]], dtype=np.float32)
    fit = mx.GaussianMixture(1, means_init=[[1e50]], fixed="means").fit(X)
    np.testing.assert_array_equal(fit.means_, [[1e50]])
    assert (fit.means_.dtype, fit.weights_.dtype) == (np.float64, np.float32)
    np.testing.assert_array_equal(fit.mixture_.params.means, [[1e50]])
    mx.save(fit, tmp_path / "model.json")
    np.testing.assert_array_equal(mx.load(tmp_path / "model.json").means_, [[1e50]])
    fit.means_ = np.zeros((1, 1), dtype=np.float32)
    np.testing.assert_array_equal(fit.mixture_.params.means, [[0.0]])
    assert mx.GaussianMixture(1).fit(X * np.float32(1e-40)).means_.dtype == np.float32


def test_log_densities_beyond_float32_come_in_double_precision() -> None:
    X = groups().astype(np.float32)
    fit = mx.GaussianMixture(2, random_state=0).fit(X)
    assert fit.score_samples(X).dtype == np.float32
    # More rows than a block, the far one in the last.
    rows = np.concatenate([np.tile(X, (300, 1)), np.full((1, 2), 1e30, np.float32)])
    log_density = fit.score_samples(rows)
    assert log_density.dtype == np.float64
    np.testing.assert_allclose(log_density, fit.score_samples(rows.astype(np.float64)), rtol=1e-6)
    assert -1e62 < log_density[-1] < -1e58
    for shares in (fit.predict_proba(rows), fit.normalized_density(rows)):
        assert shares.dtype == np.float32
    fit.means_ = np.full((2, 2), 1e200)  # squares overflow: -inf is a number of float32
    assert fit.score_samples(X).dtype == np.float32


@pytest.mark.parametrize("kernel", ["auto", "numpy"])
@pytest.mark.parametrize("covariance_type", ["E", "V", "diag", "EII"])
def test_without_a_floor_rows_at_0_are_no_component_however_narrow(
    covariance_type: str, kernel: str
) -> None:
    """A variance that is made of a far row's share shrinks with that, without end."""
    X = np.zeros((20, 1))
    X[0] = 1e17
    fit = mx.GaussianMixture(
        2, covariance_type=covariance_type, noise=1.0, reg_covar=0.0, n_init=1, random_state=0
    )
    with use(kernel), pytest.raises(mx.DegenerateError, match="singular"):
        fit.fit(X)


def test_a_start_below_the_floor_is_raised_to_it() -> None:
    X = np.repeat([[0.0], [1.0]], 50, axis=0)
    with pytest.warns(mx.DataWarning, match="held at the variance floor"):
        fit = mx.GaussianMixture(
            2,
            weights_init=[0.5, 0.5],
            means_init=[[0.0], [1.0]],
            precisions_init=[[[1e12]], [[1e12]]],
        ).fit(X)
    assert fit.converged_
    np.testing.assert_allclose(fit.covariances_.ravel(), 1e-6 * X.var(), rtol=1e-9)


def test_verbose_tells_of_starts_and_iterations(capsys: pytest.CaptureFixture[str]) -> None:
    mx.GaussianMixture(2, n_init=2, verbose=2, verbose_interval=1, random_state=0).fit(groups())
    out = capsys.readouterr().out
    assert "Start 1" in out
    assert "Start 2" in out
    assert "nats per row, gain" in out


# ------------------------------------------------------------------------------- what it gives


@pytest.mark.parametrize("name", NAMES)
def test_shapes_and_consistency_of_attributes(name: str) -> None:
    X, k, d = groups(), 3, 2
    fit = mx.GaussianMixture(k, covariance_type=name, random_state=0).fit(X)
    shapes = {"full": (k, d, d), "tied": (d, d), "diag": (k, d), "spherical": (k,)}
    shape = shapes.get(name, (k, d, d))
    assert (
        fit.covariances_.shape == fit.precisions_.shape == fit.precisions_cholesky_.shape == shape
    )
    if len(shape) > 1 and name != "diag":
        np.testing.assert_allclose(fit.precisions_ @ fit.covariances_, _identity(shape), atol=1e-12)
        factor = fit.precisions_cholesky_
        np.testing.assert_allclose(factor @ np.swapaxes(factor, -1, -2), fit.precisions_)
    if name in ALIASES:
        twin = mx.GaussianMixture(k, covariance_type=ALIASES[name], random_state=0).fit(X)
        assert fit.log_likelihood_ == twin.log_likelihood_
        assert fit.n_parameters_ == twin.n_parameters_


def _identity(shape: tuple[int, ...]) -> np.ndarray:
    return np.broadcast_to(np.eye(shape[-1]), shape)


def test_e_and_v_are_for_one_dimension() -> None:
    X = groups()
    for name, twin in (("E", "tied"), ("V", "full")):
        fit = mx.GaussianMixture(2, covariance_type=name, random_state=0).fit(X[:, :1])
        assert fit.covariances_.shape == (2, 1, 1)
        same = mx.GaussianMixture(2, covariance_type=twin, random_state=0).fit(X[:, :1])
        assert fit.log_likelihood_ == same.log_likelihood_
        with pytest.raises(mx.MixturaError, match="one column"):
            mx.GaussianMixture(2, covariance_type=name).fit(X)


def test_attributes_can_be_set_by_hand() -> None:
    by_hand = mx.GaussianMixture(2)
    by_hand.weights_ = np.array([0.25, 0.75])
    by_hand.means_ = np.array([[0.0, 0.0], [4.0, 4.0]])
    by_hand.covariances_ = np.array([np.eye(2), 2 * np.eye(2)])
    by_hand.precisions_cholesky_ = np.linalg.cholesky(np.linalg.inv(by_hand.covariances_))
    assert by_hand.predict([[0.1, 0.0], [4.0, 3.9]]).tolist() == [0, 1]
    fitted = mx.GaussianMixture(2, random_state=0).fit(groups())
    fitted.means_[0] += 100.0  # in place
    assert fitted.predict(groups()).tolist() == [1] * 240


@pytest.mark.parametrize(
    "make", [pd.DataFrame, pl.DataFrame, pa.table], ids=["pandas", "polars", "arrow"]
)
def test_tables_keep_their_names(make: Any) -> None:
    X = groups()
    table = make({"a": X[:, 0], "b": X[:, 1]})
    fit = mx.GaussianMixture(3, random_state=0).fit(table)
    assert fit.feature_names_in_.tolist() == ["a", "b"]
    assert fit.get_feature_names_out().tolist() == [f"gaussianmixture{j}" for j in range(3)]
    plain = mx.GaussianMixture(3, random_state=0).fit(X)
    np.testing.assert_array_equal(fit.predict_proba(table), plain.predict_proba(X))
    with pytest.raises(ValueError, match="feature names"):
        fit.predict(make({"b": X[:, 1], "a": X[:, 0]}))


def test_soft_assignments_as_an_embedding() -> None:
    X = pd.DataFrame(groups(), columns=["a", "b"])
    fit = mx.GaussianMixture(3, random_state=0).set_output(transform="pandas")
    embedding = fit.fit_transform(X)
    assert embedding.columns.tolist() == [f"gaussianmixture{j}" for j in range(3)]
    np.testing.assert_allclose(embedding.sum(axis=1), 1.0)
    pipeline = make_pipeline(StandardScaler(), mx.GaussianMixture(2, random_state=0)).fit(X)
    assert pipeline.transform(X).shape == (240, 2)


def test_membership_by_sigmas() -> None:
    fit = mx.GaussianMixture(1).fit(np.array([[-1.0], [1.0]]))  # mean 0, sigma 1
    rows = np.array([[0.0], [2.49], [-2.51]])
    assert fit.membership(rows).tolist() == [0, 0, -1]
    assert fit.membership(rows, sigmas=3).tolist() == [0, 0, 0]
    with pytest.raises(mx.MixturaError, match="sigmas"):
        fit.membership(rows, sigmas=-1)


def test_nothing_belongs_to_a_component_without_rows() -> None:
    X = groups()
    with pytest.warns(mx.DataWarning, match="no rows"):
        fit = mx.GaussianMixture(3, init_params=np.where(X[:, 0] > 2.5, 1, 2), max_iter=0).fit(X)
    assert fit.weights_[0] == 0.0
    assert set(fit.membership(X)) <= {-1, 1, 2}


def test_columns_that_rounding_blurs_are_told_and_have_a_floor_above_that() -> None:
    X = np.random.default_rng(0).normal(size=(30, 2)) + np.array([0.0, 1e13])
    with pytest.warns(mx.DataWarning, match="Column 1 varies by less than 1e-12 of the mean"):
        fit = mx.GaussianMixture(1).fit(X)
    rounding = 4 * np.finfo(float).eps * fit.means_[0, 1]
    summary = summarize(ArraySource(X))
    np.testing.assert_allclose(summary.floor(1e-6), [1e-6 * X[:, 0].var(), rounding**2])
    assert not summary.floor(0.0).any()


def test_hills_and_normalised_density() -> None:
    X = groups(2000)
    fit = mx.GaussianMixture(3, random_state=0).fit(X)
    modes = fit.modes()
    assert len(modes) == 3
    assert fit.normalized_density(modes.points)[0] == pytest.approx(1.0, abs=1e-12)
    assert fit.normalized_density(X).max() <= 1.0
    assert sorted(modes.of_component.tolist()) == [0, 1, 2]


@pytest.mark.filterwarnings("ignore::mixtura.DataWarning")
@pytest.mark.parametrize("covariance_type", ["tied", "full", "EVE", "EEV", "diag"])
@pytest.mark.parametrize("k", [1, 2])
def test_hills_beside_a_far_outlier(covariance_type: str, k: int) -> None:
    X = np.random.default_rng(0).normal(size=(30, 3))
    X[3, 0] = 1e12  # variances of which one is lost in the rounding of the other
    fit = mx.GaussianMixture(k, covariance_type=covariance_type, random_state=0).fit(X)
    modes = fit.modes()
    assert len(modes) >= 1
    assert (modes.of_component >= 0).all()
    assert fit.normalized_density(modes.points)[0] == pytest.approx(1.0, abs=1e-12)
    assert fit.normalized_density(X).max() <= 1.0 + 1e-12


@pytest.mark.filterwarnings("ignore::mixtura.DataWarning")
@pytest.mark.parametrize("covariance_type", ["tied", "full", "VEI"])
@pytest.mark.parametrize("units", [1.0, np.array([1.0, 1e10, 1.0, 1e-70])])
def test_the_only_hill_of_one_gaussian_is_its_mean(covariance_type: str, units: Any) -> None:
    X = np.random.default_rng(0).normal(size=(6, 4)) * units
    X[:, 2] = X[:, 0]
    X[2, 1] = 1e10
    fit = mx.GaussianMixture(1, covariance_type=covariance_type, reg_covar=1e-12, max_iter=0).fit(X)
    modes = fit.modes()
    np.testing.assert_array_equal(modes.points, fit.means_)
    assert modes.of_component.tolist() == [0]
    assert fit.normalized_density(X).max() <= 1.0 + 1e-9


def test_sampling_follows_the_weights_and_the_seed() -> None:
    fit = mx.GaussianMixture(3, random_state=0).fit(groups(600))
    X, labels = fit.sample(5000)
    np.testing.assert_allclose(np.bincount(labels) / 5000, fit.weights_, atol=0.03)
    np.testing.assert_array_equal(fit.sample(5000)[0], X)


@pytest.mark.parametrize("noise", [False, True])
def test_samples_come_in_random_order_with_the_component_of_each_row(noise: bool) -> None:
    strewn = np.random.default_rng(0).uniform(-40.0, 40.0, (60, 2))
    X = np.concatenate([groups(600), strewn]) if noise else groups(600)
    fit = mx.GaussianMixture(3, noise=noise, random_state=0).fit(X)
    X, labels = fit.sample(3000)
    parts = len(np.unique(labels))
    assert parts == 3 + noise
    for each in np.split(labels, 10):
        shares = np.bincount(each % parts, minlength=parts) / len(each)
        np.testing.assert_allclose(shares, fit.weights_, atol=0.1)
    own = labels >= 0
    assert (fit.predict(X[own]) == labels[own]).mean() > 0.9


def test_clones_and_pickles() -> None:
    fit = mx.GaussianMixture(2, random_state=0).fit(groups())
    again = pickle.loads(pickle.dumps(fit))
    np.testing.assert_array_equal(again.predict_proba(groups()), fit.predict_proba(groups()))
    assert clone(fit).get_params() == fit.get_params()


# ---------------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"n_components": 0}, "n_components.*0.*whole number"),
        ({"n_components": 2.0}, "n_components.*whole number"),
        ({"n_components": True}, "n_components"),
        ({"tol": -1.0}, "tol.*-1"),
        ({"tol": np.nan}, "tol.*nan"),
        ({"reg_covar": -1}, "reg_covar"),
        ({"max_iter": -1}, "max_iter"),
        ({"n_init": 0}, "n_init"),
        ({"covariance_type": "round"}, "round.*choose one of full, tied"),
        ({"algorithm": "magic"}, "magic.*em, hard, stochastic"),
        ({"init_params": "magic"}, "magic.*kmeans"),
        ({"init_params": np.zeros((3, 3))}, r"\(3, 3\)"),
        ({"init_params": np.full(240, 7)}, "labels from 7 to 7"),
        ({"init_params": np.full((240, 2), 0.7)}, "sum to between 1.4"),
        ({"weights_init": [0.5, 0.6]}, "normalized"),
        ({"weights_init": [1.5, -0.5]}, "range"),
        ({"weights_init": [1.0]}, r"\(2,\)"),
        ({"means_init": [[0.0, np.inf]] * 2}, "finite"),
        ({"means_init": [[0.0, 1.0], [2.0, -2e75]]}, r"means.* has -2e\+75.*no larger than 1e\+75"),
        ({"precisions_init": -np.stack([np.eye(2)] * 2)}, "positive"),
        (
            {"precisions_init": np.multiply.outer([1.0, 1e-210], np.eye(2))},
            r"precisions.* between 1e-200 and 1e\+200.* from 1e-210 to 1\.",
        ),
        (
            {"covariance_type": "EEE", "precisions_init": np.stack([np.eye(2), 2.0 * np.eye(2)])},
            "precisions.*'EEE'.*the same for all components",
        ),
        (
            {"covariance_type": "VII", "precisions_init": np.stack([np.diag([1.0, 2.0])] * 2)},
            "precisions.*'VII'.*the same for all columns",
        ),
        (
            {"covariance_type": "spherical", "precisions_init": [1.0, 1e210]},
            r"precisions should be between 1e-200 .* from 1 to 1e\+210",
        ),
        ({"covariance_type": "diag", "precisions_init": -np.ones((2, 2))}, "positive"),
    ],
)
def test_bad_parameters_are_named_with_their_value(parameters: dict[str, Any], words: str) -> None:
    with pytest.raises(mx.MixturaError, match=words):
        mx.GaussianMixture(**{"n_components": 2, **parameters}).fit(groups())


@pytest.mark.parametrize(
    ("weight", "words"),
    [
        ([-1.0] + [1.0] * 239, "-1.0 at row 0"),
        ([1.0] * 239 + [np.nan], "nan at row 239"),
        ([0.0] * 240, "zero for every row"),
        ([1.0] * 5, r"\(5,\).*240 rows"),
    ],
)
def test_bad_weights(weight: list[float], words: str) -> None:
    with pytest.raises(mx.DataError, match=words):
        mx.GaussianMixture(2).fit(groups(), sample_weight=weight)


@pytest.mark.parametrize("bad", [np.inf, -np.inf])
def test_values_that_are_not_finite(bad: float) -> None:
    X = groups()
    X[3, 1] = bad
    with pytest.raises(ValueError, match=r"NaN|infinity"):
        mx.GaussianMixture(2).fit(X)


@pytest.mark.parametrize("kernel", ["numpy", "auto"])
@pytest.mark.parametrize(
    "method", ["predict", "predict_proba", "score_samples", "membership", "score", "bic"]
)
def test_new_rows_are_refused_where_a_fit_refuses_them(method: str, kernel: str) -> None:
    X = groups()
    fit = mx.GaussianMixture(3, random_state=0).fit(X)
    X[7, 1] = -1e150
    with (
        kernels.use(kernel),
        pytest.raises(mx.DataError, match=r"Column 1 is -1e\+150 at row 7.* 1e\+75"),
    ):
        getattr(fit, method)(X)


@pytest.mark.parametrize("kernel", ["numpy", "auto"])
def test_the_farthest_rows_belong_to_somebody(kernel: str) -> None:
    X = groups() * 1e-74
    with kernels.use(kernel):
        fit = mx.GaussianMixture(3, random_state=0).fit(X)
        far = np.array([[1e75, 0.0], [-1e75, 1e75], [0.0, 1e60]])
        resp = fit.predict_proba(far)
        np.testing.assert_array_equal(resp.sum(axis=1), 1.0)
        np.testing.assert_array_equal(resp.argmax(axis=1), fit.predict(far))
        assert (fit.membership(far) == -1).all()


def test_rows_of_weight_0_are_no_rows_to_a_score() -> None:
    X = groups()
    fit = mx.GaussianMixture(3, random_state=0).fit(X)
    weight = np.ones(len(X))
    weight[7] = 0.0
    expected = fit.score(np.delete(X, 7, axis=0))
    X[7] = 1e200
    assert fit.score(X, sample_weight=weight) == expected


def test_values_whose_squares_overflow() -> None:
    with pytest.raises(mx.DataError, match="rescale"), np.errstate(over="ignore"):
        mx.GaussianMixture(2).fit(groups() * 1e200)


def test_fewer_rows_than_components() -> None:
    with pytest.raises(mx.DataError, match="3 rows for 4 components"):
        mx.GaussianMixture(4).fit(groups(3))


def test_constant_columns_are_told() -> None:
    X = np.column_stack([groups(), np.full(240, 1e9)])
    with pytest.warns(mx.DataWarning, match="Column 2 is constant"):
        fit = mx.GaussianMixture(3, random_state=0).fit(X)
    plain = mx.GaussianMixture(3, random_state=0).fit(groups())
    np.testing.assert_allclose(fit.predict_proba(X), plain.predict_proba(groups()), atol=1e-6)


@pytest.mark.filterwarnings("ignore:Column")
@pytest.mark.parametrize("covariance_type", FOUR)
@pytest.mark.parametrize("unit", [1e-6, 1.0, 1e6])
def test_a_constant_column_hides_no_groups(covariance_type: str, unit: float) -> None:
    X = np.column_stack([groups() * unit, np.full(240, 7.0)])
    options: dict[str, Any] = {"covariance_type": covariance_type, "random_state": 0}
    fit = mx.GaussianMixture(3, **options).fit(X)
    if covariance_type == "spherical":
        assert fit.n_collapsed_ == 0
    plain = mx.GaussianMixture(3, **options).fit(groups())
    agree = fit.predict(X) == plain.predict(groups())
    assert agree.mean() > 0.9


@pytest.mark.filterwarnings("ignore:.*held at the variance floor")
@pytest.mark.parametrize("covariance_type", FOUR)
def test_more_components_than_distinct_rows(covariance_type: str) -> None:
    X = np.repeat(groups(3), 50, axis=0)
    with pytest.warns(mx.DataWarning, match="no rows"):
        fit = mx.GaussianMixture(5, covariance_type=covariance_type, random_state=0).fit(X)
    assert (fit.weights_ == 0.0).sum() == 2
    assert np.isfinite(fit.predict_proba(X)).all()
    with pytest.raises(mx.DegenerateError, match="singular"):
        mx.GaussianMixture(5, covariance_type=covariance_type, reg_covar=0).fit(X)


@pytest.mark.filterwarnings("ignore::mixtura.DataWarning")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("algorithm", ["em", "hard", "stochastic"])
@pytest.mark.parametrize("covariance_type", FOUR)
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(2, 30), d=st.integers(1, 4), k=st.integers(1, 4))
def test_degenerate_tables_give_a_usable_model(
    covariance_type: str, algorithm: str, seed: int, n: int, d: int, k: int
) -> None:
    rng = np.random.default_rng(seed)
    X = rng.integers(0, 3, (max(n, k), d)) * rng.choice([1e-9, 1.0, 1e9]) + rng.choice([0.0, 1e9])
    fit = mx.GaussianMixture(
        k, covariance_type=covariance_type, algorithm=algorithm, max_iter=30, random_state=0
    ).fit(X)
    resp = fit.predict_proba(X)
    np.testing.assert_allclose(resp.sum(axis=1), 1.0, atol=1e-12)
    assert np.isfinite(fit.log_likelihood_)
    assert fit.status_


@pytest.mark.parametrize("acceleration", ["auto", None])
def test_the_outlook_is_what_the_status_says(acceleration: str | None) -> None:
    gm = mx.GaussianMixture(2, acceleration=acceleration, random_state=0).fit(groups(200))
    assert gm.outlook_.remaining is not None
    assert 0.0 <= gm.outlook_.remaining < gm.tol
    assert str(gm.outlook_) in gm.status_


@pytest.mark.parametrize("covariance_type", FOUR)
def test_collapsed_components_are_told_and_do_not_win(covariance_type: str) -> None:
    X = np.concatenate([groups(60), np.tile([[20.0, 20.0]], (12, 1))])  # a clump of equal rows
    collapsed = pytest.warns(mx.DataWarning, match=r"\d of 3 components collapsed")
    with collapsed, pytest.warns(mx.DataWarning, match="12 of 72 rows have column 0 = 20"):
        alone = mx.GaussianMixture(3, covariance_type="full", means_init=X[[0, 1, -1]]).fit(X)
    assert alone.collapsed_ == (2,)  # means_init numbers the components
    assert alone.n_collapsed_ == 1
    assert np.isfinite(alone.predict_proba(X)).all()
    search = mx.MixtureSearch(
        mx.GaussianMixture(n_init=1),
        {"n_components": [1, 2], "covariance_type": [covariance_type]},
        random_state=0,
    )
    told = pytest.warns(mx.DataWarning, match="n_components=2 has a lower BIC, .* cannot be chosen")
    with told, pytest.warns(mx.DataWarning, match="atoms"):
        search.fit(X)
    if covariance_type != "tied":  # shared by both, the covariance has not collapsed
        assert search.best_params_["n_components"] == 1
        assert "not considered: 1 component collapsed" in search.results_["status"][1]
        assert "left behind" not in search.results_["status"][1]
        assert search.results_["standing"].tolist() == ["finished", "collapsed"]


def test_a_binary_column_does_not_lure_the_search() -> None:
    X = np.column_stack([groups(200)[:, 0], np.arange(200) % 2])
    search = mx.MixtureSearch(
        param_grid={"n_components": [1, 2, 3], "covariance_type": ["diag", "full"]}, random_state=0
    )
    with pytest.warns(mx.DataWarning, match="cannot be chosen: 2 components collapsed"):
        search.fit(X)
    assert search.best_estimator_.n_collapsed_ == 0
