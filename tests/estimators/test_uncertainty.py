"""How far the numbers of a fitted mixture may be off, as the estimators tell it."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import mixtura as mx
from mixtura.errors import DataError, DataWarning, MixturaError
from mixtura.estimators.uncertainty import RESAMPLED
from mixtura.explain.draws import aligned
from mixtura.explain.intervals import percentiles, wald
from mixtura.families import LogNormal
from mixtura.sources import ArraySource
from mixtura.typing import FloatArray

REFERENCE = Path(__file__).parents[1] / "reference"
draws = pytest.mark.parametrize("method", list(RESAMPLED))


def two_normals(n: int = 300, apart: float = 5.0, seed: int = 0) -> FloatArray:
    rng = np.random.default_rng(seed)
    second = rng.random(n) < 0.4
    return np.where(second, apart + 1.5 * rng.normal(size=n), rng.normal(size=n))[:, None]


def two_clouds(seed: int = 0) -> FloatArray:
    rng = np.random.default_rng(seed)
    return np.concatenate([rng.normal(0.0, 1.0, (80, 2)), rng.normal(4.0, 1.0, (60, 2))])


def fitted(X: Any, **settings: Any) -> mx.GaussianMixture:
    return mx.GaussianMixture(2, random_state=0, tol=1e-9, **settings).fit(X)


# -----------------------------------------------------------------------------------------------
# The observed information


def test_standard_errors_are_those_of_fifty_digits() -> None:
    case = json.loads((REFERENCE / "information_waiting.json").read_text())["waiting_2"]
    waiting = np.loadtxt(REFERENCE / "faithful.csv", delimiter=",", skiprows=1)[:, 1:]
    weight, *means, first, second = case["theta"]
    gm = mx.GaussianMixture(
        2,
        covariance_type="spherical",
        weights_init=[weight, 1.0 - weight],
        means_init=np.array(means)[:, None],
        precisions_init=[1.0 / first, 1.0 / second],
        reg_covar=0.0,
        tol=1e-15,
    ).fit(waiting)
    errors = gm.uncertainty(waiting).standard_errors
    found = [errors["weights"][0], *errors["means"].ravel(), *errors["covariances"].ravel()]
    np.testing.assert_allclose(found, case["se_hessian"], rtol=1e-9)
    np.testing.assert_allclose(errors["weights"][0], errors["weights"][1], rtol=1e-12)


def test_rows_that_were_not_fitted_are_told() -> None:
    X = two_normals()
    gm = fitted(X)
    assert gm.uncertainty(X).notes == ()
    with pytest.warns(DataWarning, match=r"standard errors from the maximum.*these rows"):
        found = gm.uncertainty(X + 1.0)
    assert "standard errors from the maximum" in found.notes[0]
    rough = mx.GaussianMixture(2, random_state=0, algorithm="hard", init_params="kmeans").fit(X)
    with pytest.warns(DataWarning, match="algorithm='em'"):
        rough.uncertainty(X)


def test_labels_and_weights_are_those_of_the_fit() -> None:
    X, labels = two_normals(apart=3.0), np.full(300, -1)
    plain = fitted(X)
    labels[:150] = plain.predict(X[:150])
    known = mx.GaussianMixture(2, random_state=0, tol=1e-9).fit(X, labels=labels)
    found = known.uncertainty(X, labels=labels)
    assert found.notes == ()
    more = plain.uncertainty(X).standard_errors["weights"]
    assert (found.standard_errors["weights"] < more).all(), "labels are knowledge"
    again = known.uncertainty(X, labels=labels, method="bootstrap", n_draws=20, random_state=0)
    assert again.n_draws == 20
    weight = np.where(labels >= 0, 0.0, 1.0)
    half = mx.GaussianMixture(2, random_state=0, tol=1e-9).fit(X, sample_weight=weight)
    one = half.uncertainty(X, weight).standard_errors["means"]
    np.testing.assert_allclose(one, half.uncertainty(X[150:]).standard_errors["means"], rtol=1e-9)
    with pytest.raises(MixturaError, match="'parametric' draws rows from the mixture, and labels"):
        known.uncertainty(X, labels=labels, method="parametric")


def test_a_collapsed_component_has_no_standard_errors() -> None:
    X = np.concatenate([two_normals(100), np.full((20, 1), 20.0)])
    with pytest.warns(DataWarning):
        gm = mx.GaussianMixture(3, random_state=0, n_init=20).fit(X)
    assert gm.collapsed_
    found = gm.uncertainty(X)
    lost = list(gm.collapsed_)
    assert np.isnan(found.standard_errors["means"][lost]).all()
    assert np.isnan(found.standard_errors["covariances"][lost]).all()
    assert np.isfinite(np.delete(found.standard_errors["means"], lost, axis=0)).all()
    assert "of a collapsed component" in found.notes[-1]


def test_a_file_a_pipe_and_a_loaded_model_have_the_same_errors(tmp_path: Path) -> None:
    X = two_clouds()
    table = pl.DataFrame(X, schema=["a", "b"])
    gm = fitted(table)
    expected = gm.uncertainty(table)
    table.write_csv(tmp_path / "rows.csv")
    scanned = gm.uncertainty(str(tmp_path / "rows.csv"))
    np.testing.assert_allclose(
        scanned.standard_errors["means"], expected.standard_errors["means"], rtol=1e-9
    )
    mx.save(gm, tmp_path / "model.json")
    loaded = mx.load(tmp_path / "model.json")
    np.testing.assert_array_equal(
        loaded.uncertainty(table).standard_errors["means"], expected.standard_errors["means"]
    )
    assert loaded.uncertainty(table, method="weighted", n_draws=5).n_draws == 5
    assert str(pickle.loads(pickle.dumps(expected))) == str(expected)
    with pytest.raises(DataError, match="this kind of uncertainty is for tables in memory"):
        gm.uncertainty(str(tmp_path / "rows.csv"), method="bootstrap")


# -----------------------------------------------------------------------------------------------
# Draws


@draws
def test_draws_are_the_same_for_a_seed_and_any_number_of_threads(method: str) -> None:
    X = two_clouds()
    X[::7, 0] = np.nan
    X[:9] = 8.0 * X[:9] - 3.0
    gm = fitted(X, noise=True)
    made = [
        gm.uncertainty(X, method=method, n_draws=12, random_state=seed, n_jobs=n_jobs).draws
        for seed, n_jobs in ((1, None), (1, 3), (2, None))
    ]
    assert all(each is not None for each in made)
    one, threads, other = (each or {} for each in made)
    for name in one:
        assert one[name].shape == (12, *gm.uncertainty(X).estimates[name].shape)
        np.testing.assert_array_equal(one[name], threads[name])
        assert not np.array_equal(one[name], other[name])


@draws
def test_draws_and_the_information_agree(method: str) -> None:
    X = two_normals(600)
    gm = fitted(X)
    expected = gm.uncertainty(X).standard_errors
    found = gm.uncertainty(X, method=method, n_draws=300, random_state=0).standard_errors
    for name, errors in expected.items():
        np.testing.assert_allclose(found[name], errors, rtol=0.25)  # 4 % by chance, and n is finite


def test_a_weight_of_2_is_the_row_twice_in_draws() -> None:
    X, weight = two_normals(200), np.arange(200) % 3 * 1.0
    gm = mx.GaussianMixture(2, random_state=0, tol=1e-9).fit(X, sample_weight=weight)
    twice = X.repeat(weight.astype(int), axis=0)
    for method in RESAMPLED:
        one = gm.uncertainty(X, weight, method=method, n_draws=300, random_state=1)
        other = gm.uncertainty(twice, method=method, n_draws=300, random_state=2)
        ratio = one.standard_errors["means"] / other.standard_errors["means"]
        np.testing.assert_allclose(ratio, 1.0, atol=0.25)


def test_components_are_called_as_the_mixture_has_them() -> None:
    X = two_clouds()
    gm = fitted(X)
    turned = gm.mixture_.take(np.array([1, 0]))
    back = aligned(turned, gm.mixture_, ArraySource(X))
    np.testing.assert_array_equal(back.weights, gm.mixture_.weights)


def test_families_without_a_smooth_likelihood_have_draws() -> None:
    X = two_clouds()
    um = mx.UniformMixture(2, random_state=0).fit(X)
    with pytest.raises(MixturaError, match="Use method='bootstrap' or 'weighted'"):
        um.uncertainty(X)
    found = um.uncertainty(X, method="bootstrap", n_draws=30, random_state=0)
    assert (found.intervals()["low"].low <= um.mixture_.params.low).any()


def test_draws_without_two_fits_are_an_error() -> None:
    X = np.array([[0.0], [20.0], [100.0], [500.0]])  # all four are seldom drawn
    gm = mx.PoissonMixture(4, random_state=0, init_params=[0, 1, 2, 3]).fit(X)
    with pytest.raises(MixturaError, match=r"Only [01] of 3 draws"):
        gm.uncertainty(X, method="bootstrap", n_draws=3, random_state=0)


def test_what_was_left_out_is_told() -> None:
    X = np.concatenate([two_normals(60), np.array([[30.0], [30.5], [31.0]])])
    gm = mx.GaussianMixture(3, random_state=0, init_params=[0] * 30 + [1] * 30 + [2] * 3)
    gm.fit(X)
    found = gm.uncertainty(X, method="bootstrap", n_draws=40, random_state=0)
    assert found.n_draws < 40
    assert f"{40 - found.n_draws} of 40 draws are left out" in found.notes[0]
    assert gm.uncertainty(X, method="weighted", n_draws=40, random_state=0).n_draws > found.n_draws


def test_progress_is_told_and_an_interrupt_ends_it() -> None:
    X = two_clouds()
    gm, told = fitted(X), []
    gm.uncertainty(X, progress=lambda done, all_: told.append((done, all_)))
    assert told[0] == (1, 12)
    assert told[-1] == (12, 12)

    def interrupt(done: int, all_: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    for n_jobs in (None, 2):
        with pytest.raises(KeyboardInterrupt):
            gm.uncertainty(X, method="weighted", progress=interrupt, n_jobs=n_jobs)


# -----------------------------------------------------------------------------------------------
# What is told


def test_intervals_stay_within_what_a_number_can_be() -> None:
    values, errors = np.array([0.02, 0.5, np.nan]), np.array([0.05, 0.1, np.nan])
    shares = wald(values, errors, (0.0, 1.0), 0.95)
    assert (shares.low[:2] > 0.0).all()
    assert (shares.high[:2] < 1.0).all()
    assert np.isnan(shares.low[2])
    rates = wald(values, errors, (0.0, np.inf), 0.95)
    np.testing.assert_allclose(rates.low * rates.high, values**2)
    plain = wald(values, errors, (-np.inf, np.inf), 0.95)
    np.testing.assert_allclose(plain.high[1] - 0.5, 1.959964 * 0.1, rtol=1e-6)
    np.testing.assert_allclose(plain.low + plain.high, 2.0 * values)
    odds = wald(np.array([3.0]), np.array([0.5]), (-1.0, 4.0), 0.9)  # shares in other units
    inner = wald(np.array([0.8]), np.array([0.1]), (0.0, 1.0), 0.9)
    np.testing.assert_allclose(odds.low, 5.0 * inner.low - 1.0)
    drawn = percentiles(np.arange(1001.0)[:, None], 0.9)
    np.testing.assert_allclose([drawn.low[0], drawn.high[0]], [50.0, 950.0])


def test_bootstraps_of_variances_lie_about_the_estimate() -> None:
    # Draws of a variance are smaller than it on average, and by as much as it is than the truth.
    found = fitted(two_normals(apart=8.0)[:60]).uncertainty(
        two_normals(apart=8.0)[:60], method="bootstrap", n_draws=300, random_state=0
    )
    interval = found.intervals()["covariances"]
    estimates, draws = found.estimates["covariances"], found.draws["covariances"]
    np.testing.assert_allclose(np.sqrt(interval.low * interval.high), estimates)
    reach = 1.6448536 * np.log(draws).std(axis=0, ddof=1)
    np.testing.assert_allclose(interval.high, estimates * np.exp(reach), rtol=1e-6)
    means, drawn = found.intervals()["means"], found.draws["means"]
    np.testing.assert_allclose(means.low, np.quantile(drawn, 0.05, axis=0))


def test_a_higher_level_has_wider_intervals() -> None:
    X = two_clouds()
    for method in ("information", "bootstrap"):
        found = fitted(X).uncertainty(X, method=method, level=0.5, random_state=0)
        narrow, wide = found.intervals(), found.intervals(0.99)
        for name in narrow:
            assert (narrow[name].low > wide[name].low).all()
            assert (narrow[name].high < wide[name].high).all()


def test_responsibilities_of_rows_have_intervals() -> None:
    X = two_normals(apart=3.0)
    gm = fitted(X)
    rows = np.array([[-3.0], [1.5], [1.8], [8.0]])
    for method in ("information", "weighted"):
        found = gm.uncertainty(X, method=method, random_state=0).responsibilities(rows)
        np.testing.assert_allclose(found.estimates, gm.predict_proba(rows), rtol=1e-12)
        assert ((found.low <= found.estimates) & (found.estimates <= found.high)).all()
        np.testing.assert_allclose(found.low[:, 0], 1.0 - found.high[:, 1], atol=1e-9)
        assert ((found.standard_errors > 0.0) & (found.standard_errors < 0.5)).all()
        assert ((found.low >= 0.0) & (found.high <= 1.0)).all()
    many = gm.uncertainty(X).responsibilities(np.repeat(rows, 300, axis=0))
    np.testing.assert_array_equal(many.low[-1], gm.uncertainty(X).responsibilities(rows).low[-1])
    single = mx.GaussianMixture(1).fit(X).uncertainty(X).responsibilities(rows)
    assert (single.low == 1.0).all()


def test_the_table_has_a_line_for_each_number() -> None:
    X = pl.DataFrame({"height": two_clouds()[:, 0], "weight": two_clouds()[:, 1]})
    found = fitted(X, noise=True).uncertainty(X, level=0.95)
    table = pl.DataFrame(found.table())
    assert table.columns == [
        "parameter",
        "column",
        "component",
        "estimate",
        "standard_error",
        "low",
        "high",
    ]
    assert len(table) == 3 + 4 + 6
    assert table["column"].to_list()[-6::2] == ["height", "height, weight", "weight"]
    assert table["component"].to_list()[:3] == ["0", "1", "noise"]
    lines = str(found).splitlines()
    assert lines[0] == "95 % intervals, method 'information'"
    assert lines[2 + len(table) :] == list(found.notes)
    assert lines[2].split()[:2] == ["weights", "0"]


def test_columns_of_several_kinds_are_named_in_the_table() -> None:
    rng = np.random.default_rng(0)
    group = rng.random(300) < 0.5
    table = pl.DataFrame(
        {
            "eyes": np.where(rng.random(300) < np.where(group, 0.2, 0.8), "blue", "brown"),
            "size": rng.normal(np.where(group, 0.0, 4.0)),
            "visits": rng.poisson(np.where(group, 2.0, 7.0)),
        }
    )
    mixed = mx.MixedMixture(2, random_state=0, tol=1e-9).fit(table)
    told = mixed.uncertainty(table).table()
    assert {"size", "visits", "eyes = blue"} & set(told["column"]) >= {"size", "visits"}
    assert any(column.startswith("eyes = ") for column in told["column"])
    assert np.isfinite(told["standard_error"]).all()
    own = mx.LogNormalMixture(2, random_state=0).fit(np.exp(two_clouds()))
    assert isinstance(own.mixture_.family, LogNormal)
    assert own.uncertainty(np.exp(two_clouds())).standard_errors["means"].shape == (2, 2)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"level": 0.0}, "Invalid value for 'level': 0.0"),
        ({"level": 1.0}, "Invalid value for 'level': 1.0"),
        ({"level": 90}, "Invalid value for 'level': 90. It should be a number between 0 and 1"),
        ({"method": "jackknife"}, "method='jackknife' is unknown; choose one of information"),
        ({"method": "bootstrap", "n_draws": 1}, "'n_draws': 1. It should be a whole number, 2"),
        ({"method": "weighted", "sample_weight": np.full(140, 1e-9)}, "a draw has as many rows"),
        ({"labels": np.full(140, 7)}, "labels are from 7 to 7"),
    ],
)
def test_bad_requests_are_refused(asked: dict[str, Any], told: str) -> None:
    X = two_clouds()
    with pytest.raises(MixturaError, match=told):
        fitted(X).uncertainty(X, **asked)


def test_tables_of_other_columns_are_refused() -> None:
    X = two_clouds()
    gm = fitted(X)
    with pytest.raises(ValueError, match="has 1 features, but GaussianMixture is expecting 2"):
        gm.uncertainty(X[:, :1])
    with pytest.raises(ValueError, match="has 3 features"):
        gm.uncertainty(X).responsibilities(np.ones((2, 3)))
    with pytest.raises(ValueError, match="not fitted"):
        mx.GaussianMixture(2).uncertainty(X)
    with pytest.raises(MixturaError, match="'level': 2"):
        gm.uncertainty(X).intervals(2)


# -----------------------------------------------------------------------------------------------
# The choice


def test_a_search_is_made_again_on_rows_drawn_anew() -> None:
    X = two_normals(200)
    search = mx.MixtureSearch(
        mx.GaussianMixture(n_init=1),
        {"n_components": [1, 2, 3], "covariance_type": ["E", "V"]},
        random_state=0,
    ).fit(X)
    assert search.uncertainty(X).standard_errors["means"].shape == (2, 1)
    for method in RESAMPLED:
        one, threads = (
            search.selection_frequencies(X, method=method, n_draws=6, n_jobs=n_jobs)
            for n_jobs in (None, 2)
        )
        assert one.draws == threads.draws
        assert sum(one.n_components.values()) == pytest.approx(1.0)
        assert sum(share for _, share in one.models) == pytest.approx(1.0)
        assert 2 in one.likely(0.9)
        low, high = one.interval(0.9)
        assert low <= 2 <= high
        assert f"Components chosen in {len(one.sizes)} draws" in str(one)
    assert one.agreement == dict(map(reversed, ((s, str(p)) for p, s in one.models))).get(
        str(search.best_params_), 0.0
    )
    with pytest.raises(MixturaError, match="method='information' is unknown"):
        search.selection_frequencies(X, method="information")
    with pytest.raises(MixturaError, match="'n_draws': 0"):
        search.selection_frequencies(X, n_draws=0)


# -----------------------------------------------------------------------------------------------
# Coverage


def test_intervals_cover_the_truth_as_often_as_they_say() -> None:
    """benchmarks/COVERAGE.md has more of it. Within 3 standard errors of the simulation."""
    n_tables, hits = 150, []
    truth = {"weights": [0.6, 0.4], "means": [[0.0], [5.0]], "covariances": [[1.0], [2.25]]}
    for seed in range(n_tables):
        X = two_normals(400, seed=seed)
        gm = mx.GaussianMixture(
            2, covariance_type="diag", means_init=[[0.0], [5.0]], tol=1e-8, random_state=0
        ).fit(X)
        intervals = gm.uncertainty(X, level=0.9).intervals()
        hits.append([intervals[name].covers(np.array(truth[name])).ravel() for name in truth])
    covered = np.array([np.concatenate(each) for each in hits]).mean(axis=0)
    error = np.sqrt(0.9 * 0.1 / n_tables)
    np.testing.assert_allclose(covered, 0.9, atol=3.0 * error)
