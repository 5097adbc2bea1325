"""Tables with missing cells, as users bring them."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.datasets import load_iris

import mixtura as mx
from mixtura.errors import DataError
from mixtura.mixture import Mixture

X = load_iris().data
TRUTH = load_iris().target
NAMES = ["a", "b", "c", "d"]


def gappy(share: float = 0.1, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.where(rng.random(X.shape) < share, np.nan, X)


Y = gappy()
MISSING = np.isnan(Y)


def fitted(**options: Any) -> mx.GaussianMixture:
    return mx.GaussianMixture(3, random_state=0, **options).fit(Y)


TABLES: dict[str, Callable[[], Any]] = {
    "lists": lambda: Y.tolist(),
    "pandas": lambda: pd.DataFrame(Y, columns=NAMES),
    "pandas, nullable": lambda: pd.DataFrame(Y, columns=NAMES).convert_dtypes(),
    "polars": lambda: pl.DataFrame(Y, schema=NAMES),
    "polars, null": lambda: pl.DataFrame(Y, schema=NAMES).fill_nan(None),
    "arrow, null": lambda: pa.table(
        {name: pa.array(Y[:, a], from_pandas=True) for a, name in enumerate(NAMES)}
    ),
    "float32": lambda: Y.astype(np.float32),
    "by columns": lambda: np.asfortranarray(Y),
}


@pytest.mark.parametrize("kind", TABLES)
def test_every_kind_of_table_may_have_gaps(kind: str) -> None:
    table = TABLES[kind]()
    gm = mx.GaussianMixture(3, random_state=0).fit(table)
    assert gm.log_likelihood_ == pytest.approx(fitted().log_likelihood_, rel=1e-5)
    resp = gm.predict_proba(table)
    np.testing.assert_allclose(resp.sum(axis=1), 1.0, rtol=1e-5)
    assert np.isfinite(gm.score_samples(table)).all()
    filled = np.asarray(gm.impute(table), dtype=np.float64)
    np.testing.assert_allclose(filled[~MISSING], X[~MISSING], rtol=1e-6)


def test_what_is_told_of_missing_cells(tmp_path: Path) -> None:
    table = Y.copy()
    table[7] = np.nan
    gm = mx.GaussianMixture(3, random_state=0).fit(table)
    told = gm.missing_
    assert told is not None
    missing = np.isnan(table)
    assert told.cells == tuple(missing.sum(axis=0).tolist())
    assert (told.n_rows, told.n_empty, told.n_total) == (missing.any(axis=1).sum(), 1, 150)
    doubt = 1.0 - gm.predict_proba(table).max(axis=1)
    assert told.uncertainty == pytest.approx(doubt[missing.any(axis=1)].mean(), rel=1e-6)
    assert told.uncertainty_complete == pytest.approx(doubt[~missing.any(axis=1)].mean(), rel=1e-6)
    assert told.uncertainty > told.uncertainty_complete
    mx.save(gm, tmp_path / "model.json")
    assert mx.load(tmp_path / "model.json").missing_ == told
    assert mx.GaussianMixture(3, random_state=0).fit(X).missing_ is None


def test_a_row_without_any_cell_says_nothing() -> None:
    empty = np.full((5, 4), np.nan)
    with_empty = np.vstack([Y[:80], empty, Y[80:]])
    alone, beside = fitted(), mx.GaussianMixture(3, random_state=0).fit(with_empty)
    assert beside.log_likelihood_ == alone.log_likelihood_
    np.testing.assert_array_equal(beside.means_, alone.means_)
    np.testing.assert_allclose(
        beside.predict_proba(empty), np.tile(alone.weights_, (5, 1)), rtol=1e-12
    )
    np.testing.assert_allclose(beside.score_samples(empty), 0.0, atol=1e-15)  # log of 1
    assert beside.bic(with_empty) == pytest.approx(alone.bic(Y), rel=1e-12)
    np.testing.assert_allclose(beside.impute(empty)[0], alone.weights_ @ alone.means_)
    with pytest.raises(mx.DataError, match="All cells of all rows are missing"):
        beside.score(empty)


@pytest.mark.parametrize(
    ("spoil", "options", "words"),
    [
        (
            lambda t: t.__setitem__((slice(None), 2), np.nan),
            {},
            "All cells of column c are missing",
        ),
        (lambda t: t.__setitem__(slice(None), np.nan), {}, "All cells of all rows"),
        (lambda t: t.__setitem__((4, 1), np.inf), {}, "column b is inf at row 4"),
        (lambda t: None, {"labels": np.where(MISSING[:, 0], np.nan, 0.0)}, "labels is NaN at row"),
        (
            lambda t: None,
            {"sample_weight": np.where(MISSING[:, 0], np.nan, 1.0)},
            "sample_weight is nan at row",
        ),
    ],
    ids=["column", "table", "infinite", "labels", "weights"],
)
def test_what_cannot_be_used_is_named(
    spoil: Callable[[np.ndarray], None], options: dict[str, Any], words: str
) -> None:
    table = Y.copy()
    spoil(table)
    with pytest.raises(ValueError, match=words):
        mx.GaussianMixture(3).fit(pd.DataFrame(table, columns=NAMES), **options)


def test_a_column_may_lack_all_its_cells_in_new_rows() -> None:
    rows = Y[:9].copy()
    rows[:, 3] = np.nan
    gm = fitted()
    assert np.isfinite(gm.score_samples(rows)).all()
    assert np.isfinite(gm.impute(rows)).all()


@pytest.mark.parametrize("code", [-999.0, -99.0, 9999.0])
def test_numbers_that_look_like_codes_are_told_of(code: float) -> None:
    table = np.where(MISSING, code, X)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        gm = mx.GaussianMixture(2, random_state=0).fit(table)
    told = [str(w.message) for w in caught if "looks like" in str(w.message)]
    assert len(told) == 1
    assert f"is {code:.10g} in {MISSING[:, 0].sum()} rows" in told[0]
    assert "leave these cells empty (NaN)" in told[0]
    assert told[0] in gm.notes_


@pytest.mark.parametrize(
    "values", [[18.0, 99.0, 99.0, 64.0], [-999.0, 18.0, 31.0, 64.0], [9.0, 9.0, 8.0, 1.0]]
)
def test_other_numbers_are_not(values: list[float]) -> None:
    gm = mx.GaussianMixture(1).fit(np.array(values)[:, None])
    assert not any("looks like" in note for note in gm.notes_)


@pytest.mark.parametrize(
    "options",
    [
        {"noise": True},
        {"prior": "default"},
        {"equal_weights": True},
        {"covariance_type": "diag", "prior": "default", "noise": True},
        {"algorithm": "hard"},
        {"algorithm": "annealed"},
        {"algorithm": ("stochastic", "em"), "max_iter": 100},
        {"acceleration": "early"},
        {"init_params": "hierarchical"},
        {"init_params": "random"},
        {"means_init": X[[0, 60, 120]]},
        {"init_params": TRUTH},
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore::mixtura.DataWarning")
def test_fits_of_every_kind_take_gaps(options: dict[str, Any]) -> None:
    gm = fitted(**options)
    assert np.isfinite(gm.lower_bound_)
    if options.get("algorithm") in (None, "hard"):
        falls = -np.diff(gm.trace_) / (1.0 + np.abs(gm.trace_[1:]))
        assert falls.max(initial=0.0) <= 1e-13, "the objective never falls"
    agreement = np.mean(gm.predict(Y)[:, None] == gm.predict(np.where(MISSING, X, Y))[:, None])
    assert agreement > 0.9


def test_weights_equal_repetition() -> None:
    times = np.random.default_rng(0).integers(0, 3, 150)
    start = {"init_params": TRUTH, "max_iter": 20, "acceleration": None}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # 20 iterations are few
        weighted = mx.GaussianMixture(3, **start).fit(Y, sample_weight=times)
        start["init_params"] = np.repeat(TRUTH, times)
        repeated = mx.GaussianMixture(3, **start).fit(np.repeat(Y, times, axis=0))
    np.testing.assert_allclose(weighted.means_, repeated.means_, rtol=1e-9)
    assert weighted.log_likelihood_ == pytest.approx(repeated.log_likelihood_, rel=1e-12)


def test_known_labels_and_gaps() -> None:
    labels = np.where(np.arange(150) % 5 == 0, TRUTH, -1)
    gm = mx.GaussianMixture(3, random_state=0).fit(Y, labels=labels)
    assert gm.n_known_ == 30
    assert np.mean(gm.predict(Y) == TRUTH) > 0.9


def test_a_search_with_gaps_chooses_what_it_chooses_without() -> None:
    grid = {"n_components": [1, 2, 3], "covariance_type": ["full", "diag", "EEE"]}
    whole = mx.MixtureSearch(param_grid=grid, random_state=0).fit(X)
    gaps = mx.MixtureSearch(param_grid=grid, random_state=0).fit(Y)
    assert gaps.best_params_ == whole.best_params_


def test_imputed_cells_are_nearer_than_means() -> None:
    gm = fitted()
    error = np.sqrt(np.mean((gm.impute(Y) - X)[MISSING] ** 2))
    of_means = np.where(MISSING, np.nanmean(Y, axis=0), Y)
    assert error < 0.4 * np.sqrt(np.mean((of_means - X)[MISSING] ** 2))


def test_draws_spread_about_what_is_expected() -> None:
    gm = fitted()
    draws, again = gm.impute(Y, n_draws=400), gm.impute(Y, n_draws=400)
    assert draws.shape == (400, 150, 4)
    np.testing.assert_array_equal(draws, again)
    np.testing.assert_array_equal(draws[:, ~MISSING], np.tile(X[~MISSING], (400, 1)))
    spread = draws.std(axis=0)[MISSING]
    assert (spread > 0.0).all()
    off = (draws.mean(axis=0) - gm.impute(Y))[MISSING] / (spread / 20.0)
    assert np.abs(off).max() < 6.0
    with pytest.raises(mx.MixturaError, match="n_draws"):
        gm.impute(Y, n_draws=0)


def test_draws_have_the_distribution_that_is_left() -> None:
    """Of one Gaussian: that of a regression's residuals."""
    cov = np.array([[1.0, 0.8], [0.8, 1.0]])
    gm = mx.GaussianMixture(1, random_state=0).fit(
        np.random.default_rng(0).multivariate_normal([0.0, 0.0], cov, 5000)
    )
    drawn = gm.impute(np.tile([[1.0, np.nan]], (4000, 1)), n_draws=1)[0, :, 1]
    s = gm.covariances_[0]
    mean = gm.means_[0, 1] + s[0, 1] / s[0, 0] * (1.0 - gm.means_[0, 0])
    deviation = np.sqrt(s[1, 1] - s[0, 1] ** 2 / s[0, 0])
    assert drawn.mean() == pytest.approx(mean, abs=5.0 * deviation / np.sqrt(4000))
    assert drawn.std() == pytest.approx(deviation, rel=0.06)


def test_levels_that_are_missing() -> None:
    rng = np.random.default_rng(0)
    group = rng.random(300) < 0.4
    frame = pd.DataFrame(
        {
            "pet": np.where(rng.random(300) < 0.1 + 0.8 * group, "cat", "dog").astype(object),
            "garden": (rng.random(300) < 0.8 - 0.6 * group).astype(object),
            "rooms": rng.poisson(2.0 + 4.0 * group).astype(float),
            "size": rng.normal(5.0 + 5.0 * group),
        }
    )
    whole = frame.copy()
    for name in frame:
        frame.loc[rng.random(300) < 0.1, name] = None
    mixed = mx.MixedMixture(2, random_state=0).fit(frame)
    assert mixed.blocks_["categorical"] == ("pet",)
    assert mixed.blocks_["bernoulli"] == ("garden",)
    told = mixed.missing_
    assert told is not None
    assert told.cells == tuple(frame.isna().sum().tolist())
    filled = mixed.impute(frame)
    known = frame.notna().to_numpy()
    assert (filled[known] == whole.to_numpy()[known]).all()
    lost = frame["pet"].isna().to_numpy()
    assert np.mean(filled[lost, 0] == whole["pet"].to_numpy()[lost]) > 0.75
    assert {type(cell) for cell in mixed.impute(frame, n_draws=1)[0][:, 1]} == {bool}
    classes = mx.CategoricalMixture(2, random_state=0).fit(frame[["pet", "garden"]])
    assert set(classes.impute(frame[["pet", "garden"]])[:, 0]) == {"cat", "dog"}


def test_discriminant_analysis_takes_gaps() -> None:
    classifier = mx.MixtureClassifier(method="edda", random_state=0).fit(Y, TRUTH)
    assert classifier.score(Y, TRUTH) > 0.9


def test_rows_beyond_reach_may_have_gaps() -> None:
    far = np.array([[1e74, np.nan, np.nan, np.nan], [-1e74, 3.0, np.nan, 1.0]])
    gm = fitted()
    np.testing.assert_array_equal(gm.predict_proba(far).sum(axis=1), 1.0)
    assert (gm.predict(far) >= 0).all()


def test_a_bootstrap_test_of_a_table_with_gaps() -> None:
    estimator = mx.GaussianMixture(random_state=0)
    tested = mx.bootstrap_test(
        estimator, Y[:, 2:], max_components=2, n_bootstrap=19, random_state=0
    )
    assert tested.n_components == 2
    assert tested.steps[0].p_value == 0.05


def test_the_mixture_of_a_table_without_gaps_is_what_it_was() -> None:
    """The fit does not depend on whether the table could have had gaps."""
    a, b = fitted_to(X), fitted_to(pd.DataFrame(X, columns=NAMES).convert_dtypes())
    np.testing.assert_array_equal(a.params.means, b.params.means)


def fitted_to(table: Any) -> Mixture[Any, Any]:
    return mx.GaussianMixture(3, random_state=0).fit(table).mixture_


def test_a_code_that_its_column_refuses_is_told_to_look_like_one() -> None:
    counts = np.array([[3, 1], [-999, 2], [0, 4]])
    with pytest.raises(DataError, match=r"If -999 stands for a missing value, leave the cell"):
        mx.PoissonMixture(1).fit(counts)
    with pytest.raises(DataError, match=r"has -4 in row 1") as caught:
        mx.PoissonMixture(1).fit(np.where(counts == -999, -4, counts))
    assert "missing" not in str(caught.value)
