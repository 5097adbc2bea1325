"""Estimators that are asked: other estimators, predicted values, and what cannot be asked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from numpy.testing import assert_allclose
from sklearn.exceptions import NotFittedError

import mixtura as mx
from mixtura.errors import DataError, MixturaError
from mixtura.families import Bernoulli, Gaussian, Nested
from mixtura.families.gaussian.structures import VVV

COLUMNS = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"]


@pytest.fixture(scope="module")
def penguins(examples: Path) -> pd.DataFrame:
    return pd.read_csv(examples / "penguins.csv")


@pytest.fixture(scope="module")
def bills(penguins: pd.DataFrame) -> pd.DataFrame:
    return penguins[COLUMNS].dropna()


@pytest.fixture(scope="module")
def gm(bills: pd.DataFrame) -> mx.GaussianMixture:
    return mx.GaussianMixture(3, random_state=0).fit(bills)


@pytest.fixture(scope="module")
def mixed(penguins: pd.DataFrame) -> mx.MixedMixture:
    return mx.MixedMixture(3, random_state=0).fit(penguins)


# ---------------------------------------------------------------------------------------------
# Other estimators


def test_a_marginal_is_a_fitted_estimator(gm: mx.GaussianMixture, bills: pd.DataFrame) -> None:
    own = gm.marginal(["body_mass_g", "bill_depth_mm"])
    assert type(own) is mx.GaussianMixture
    assert own.feature_names_in_.tolist() == ["body_mass_g", "bill_depth_mm"]
    assert own.get_params()["covariance_type"] == "full"
    places = np.array([3, 1])
    assert_allclose(own.means_, gm.means_[:, places])
    assert_allclose(own.covariances_, gm.covariances_[:, places[:, None], places])
    assert (own.weights_ == gm.weights_).all()
    gappy = bills.assign(bill_length_mm=np.nan, flipper_length_mm=np.nan)
    rows = bills[["body_mass_g", "bill_depth_mm"]]
    assert_allclose(own.score_samples(rows), gm.score_samples(gappy), rtol=1e-12)
    assert_allclose(own.predict_proba(rows), gm.predict_proba(gappy), atol=1e-12)


@pytest.mark.parametrize("name", ["full", "tied", "diag", "spherical", "EEV", "VEI"])
def test_covariance_types_are_called_as_they_were(bills: pd.DataFrame, name: str) -> None:
    fitted = mx.GaussianMixture(2, covariance_type=name, random_state=0).fit(bills)
    part = fitted.marginal(COLUMNS[:2])
    assert part.covariance_type == ("VVV" if name == "EEV" else name)
    shapes = {"full": (2, 2, 2), "tied": (2, 2), "diag": (2, 2), "spherical": (2,)}
    assert np.shape(part.covariances_) == shapes.get(name, (2, 2, 2))


def test_a_conditional_is_saved_loaded_and_sampled(gm: mx.GaussianMixture, tmp_path: Path) -> None:
    given = gm.conditional({"flipper_length_mm": 215.0})
    mx.save(given, tmp_path / "given.json")
    again = mx.load(tmp_path / "given.json")
    rows, labels = given.sample(200)
    assert rows.shape == (200, 3)
    table = pd.DataFrame(rows, columns=given.feature_names_in_)
    assert_allclose(again.score_samples(table), given.score_samples(table), rtol=1e-12)
    assert set(labels.tolist()) <= {0, 1, 2}
    # Components keep their numbers, so that the heaviest need not be the first.
    assert (
        given.weights_.argmax()
        == gm.predict_proba(
            pd.DataFrame([[np.nan, np.nan, 215.0, np.nan]], columns=COLUMNS)
        ).argmax()
    )


def test_levels_and_numbers_are_given_together(mixed: mx.MixedMixture) -> None:
    given = mixed.conditional({"species": "Gentoo", "body_mass_g": 5000, "year": 2008})
    assert "species" not in given.schema_.names
    nothing = pd.DataFrame({"island": [None]})
    assert given.predict_value_proba(nothing, "sex").shape == (1, 2)
    rows, _ = given.sample(3)
    assert set(rows[:, given.schema_.names.index("island")]) == {"Biscoe"}


def test_float32_tables_have_float32_marginals(bills: pd.DataFrame) -> None:
    fitted = mx.GaussianMixture(2, random_state=0).fit(bills.to_numpy(np.float32))
    assert fitted.marginal([0, 1]).weights_.dtype == np.float32
    assert fitted.predict_value(bills.to_numpy(np.float32), 3).dtype == np.float32


def test_noise_keeps_its_place(bills: pd.DataFrame) -> None:
    rows = np.vstack([bills.to_numpy(), [[60.0, 30.0, 150.0, 9000.0]]])
    fitted = mx.GaussianMixture(3, noise=True, random_state=0).fit(rows)
    given = fitted.conditional({3: 9000.0})
    assert given.predict_proba([[60.0, 30.0, 150.0]])[0, -1] > 0.9
    assert fitted.marginal([0]).noise_weight_ == fitted.noise_weight_


def test_nested_and_user_families(bills: pd.DataFrame) -> None:
    family = Nested(Gaussian(VVV, np.zeros(4)), 2)
    fitted = mx.FamilyMixture(family, 2, random_state=0).fit(bills)
    given = fitted.conditional({"body_mass_g": 5000.0})
    assert isinstance(given, mx.FamilyMixture)
    assert 190.0 < given.quantile(0.5, "flipper_length_mm") < 240.0


def test_a_search_is_asked_as_its_best_estimator(bills: pd.DataFrame) -> None:
    grid = {"n_components": [1, 3, 8]}
    search = mx.MixtureSearch(mx.GaussianMixture(random_state=0), grid).fit(bills)
    assert type(search.marginal([0])) is mx.GaussianMixture
    assert_allclose(search.predict_value(bills, 3), search.best_estimator_.predict_value(bills, 3))
    assert search.quantile(0.5, "bill_depth_mm") == search.best_estimator_.quantile(
        0.5, "bill_depth_mm"
    )


# ---------------------------------------------------------------------------------------------
# Predicted values


def test_one_component_is_linear_regression(bills: pd.DataFrame) -> None:
    fitted = mx.GaussianMixture(1, reg_covar=0.0).fit(bills)
    X, y = bills[COLUMNS[:3]].to_numpy(), bills["body_mass_g"].to_numpy()
    A = np.column_stack([np.ones(len(X)), X])
    expected = A @ np.linalg.lstsq(A, y, rcond=None)[0]
    assert_allclose(fitted.predict_value(bills, "body_mass_g"), expected, rtol=1e-9)


def test_tables_of_all_kinds_with_and_without_the_target(
    gm: mx.GaussianMixture, bills: pd.DataFrame
) -> None:
    expected = gm.predict_value(bills, "body_mass_g")
    without = bills.drop(columns="body_mass_g")
    shuffled = bills[COLUMNS[::-1]]
    for table in (
        without,
        shuffled,
        pl.from_pandas(without),
        pl.from_pandas(bills),
        pa.Table.from_pandas(without, preserve_index=False),
        bills.assign(body_mass_g="not known"),
    ):
        assert_allclose(gm.predict_value(table, "body_mass_g"), expected, rtol=1e-12)
    plain = mx.GaussianMixture(3, random_state=0).fit(bills.to_numpy())
    for rows in (bills.to_numpy(), without.to_numpy(), without.to_numpy().tolist()):
        assert_allclose(plain.predict_value(rows, 3), expected, rtol=1e-12)
    assert_allclose(plain.predict_value(bills.to_numpy()[:, 1:], 0).mean(), 43.9, atol=0.1)


def test_absent_columns_are_missing_cells(gm: mx.GaussianMixture, bills: pd.DataFrame) -> None:
    some = gm.predict_value(bills[["flipper_length_mm"]], "body_mass_g")
    gappy = bills.assign(bill_length_mm=np.nan, bill_depth_mm=np.nan)
    assert_allclose(some, gm.predict_value(gappy, "body_mass_g"), rtol=1e-12)
    imputed = gm.impute(gappy.assign(body_mass_g=np.nan))[:, 3]
    assert_allclose(some, imputed, rtol=1e-10)


def test_values_are_those_of_the_conditional(gm: mx.GaussianMixture) -> None:
    given = {"bill_length_mm": 45.0, "bill_depth_mm": 15.0}
    value, low, high = gm.predict_value(pd.DataFrame([given]), "body_mass_g", interval=0.8)
    own = gm.conditional(given).marginal(["body_mass_g"])
    assert_allclose(value, own.weights_ @ own.means_[:, 0], rtol=1e-10)
    assert_allclose([low[0], high[0]], own.quantile([0.1, 0.9]), rtol=1e-10)


def test_levels_are_predicted(mixed: mx.MixedMixture, penguins: pd.DataFrame) -> None:
    table = penguins.drop(columns="species")
    species = mixed.predict_value(table, "species")
    assert (species == penguins["species"]).mean() > 0.95
    probabilities = mixed.predict_value_proba(table, "species")
    assert_allclose(probabilities.sum(axis=1), 1.0)
    levels = np.array(mixed.schema_[0].values)
    assert (levels[probabilities.argmax(axis=1)] == species).all()


def test_levels_of_several_kinds_stay_as_they_are() -> None:
    rows = [["a", 1], ["b", "one"]] * 20
    lca = mx.CategoricalMixture(2, random_state=0).fit(rows)
    assert lca.predict_value([["a"], ["b"]], 1).tolist() == [1, "one"]
    assert lca.conditional({1: "one"}).predict_value([[None]], 0).tolist() == ["b"]


def test_coins_are_predicted_as_0_and_1() -> None:
    rows = np.repeat([[0, 0], [1, 1]], 30, axis=0)
    coins = mx.FamilyMixture(Bernoulli(), 2, random_state=0).fit(rows)
    assert coins.predict_value([[0.0], [1.0]], 1).tolist() == [0, 1]


def test_intervals_hold_what_they_say() -> None:
    """Over rows that are drawn anew, from a mixture that bends."""
    rng = np.random.default_rng(0)

    def drawn(n: int) -> Any:
        x = rng.uniform(-3.0, 3.0, n)
        return np.column_stack([x, np.abs(x) + rng.normal(0.0, 0.2 + 0.1 * (x > 0.0), n)])

    train, test = drawn(4_000), drawn(4_000)
    fitted = mx.GaussianMixture(6, random_state=0).fit(train)
    for share in (0.5, 0.9):
        value, low, high = fitted.predict_value(test, 1, interval=share)
        inside = ((test[:, 1] >= low) & (test[:, 1] <= high)).mean()
        assert abs(inside - share) <= 4.0 * np.sqrt(share * (1.0 - share) / len(test))
        assert ((low < value) & (value < high)).all()


def test_the_mass_of_penguins(bills: pd.DataFrame) -> None:
    """Cross-validated: as good as linear regression, and intervals that hold what they say."""
    folds, y = np.arange(len(bills)) % 10, bills["body_mass_g"].to_numpy()
    value, low, high = np.empty((3, len(bills)))
    for fold in range(10):
        fitted = mx.GaussianMixture(3, covariance_type="EEE", random_state=0)
        fitted.fit(bills[folds != fold])
        out = folds == fold
        found = fitted.predict_value(bills[out], "body_mass_g", interval=0.9)
        value[out], low[out], high[out] = found
    assert 1.0 - np.square(y - value).sum() / np.square(y - y.mean()).sum() > 0.8
    inside = ((low <= y) & (y <= high)).mean()
    assert abs(inside - 0.9) <= 4.0 * np.sqrt(0.09 / len(y))


# ---------------------------------------------------------------------------------------------
# What cannot be asked


@pytest.mark.parametrize(
    ("ask", "told"),
    [
        (lambda m: m.marginal("bil_depth_mm"), "Did you mean 'bill_depth_mm'"),
        (lambda m: m.marginal([8]), "no column number 8"),
        (lambda m: m.marginal([-1]), "numbered from 0 to 7"),
        (lambda m: m.marginal([]), "name one at least"),
        (lambda m: m.marginal(None), "expected names or numbers"),
        (lambda m: m.marginal(["year", 7]), "given twice"),
        (lambda m: m.conditional({}), "name one at least"),
        (lambda m: m.conditional(3), "expected a dict from columns"),
        (lambda m: m.conditional({"wings": 2}), "The mixture has species, island"),
        (lambda m: m.conditional(dict.fromkeys(m.schema_.names, 0)), "levels in the fit"),
        (lambda m: m.conditional({"species": "Emperor"}), "'Adelie', 'Chinstrap', 'Gentoo'"),
        (lambda m: m.conditional({"species": None}), "expected one that is known"),
        (lambda m: m.conditional({"body_mass_g": np.nan}), "expected one that is known"),
        (lambda m: m.conditional({"body_mass_g": np.inf}), "expected one that is known"),
        (lambda m: m.conditional({"body_mass_g": "heavy"}), "expected one number"),
        (lambda m: m.conditional({"body_mass_g": [1.0, 2.0]}), "expected one number"),
        (lambda m: m.conditional({"body_mass_g": np.array([1.0])}), "expected one number"),
        (lambda m: m.conditional({"body_mass_g": "4000"}), "expected one number"),
        (lambda m: m.quantile(1.5, "body_mass_g"), "1.5; each should be from 0 to 1"),
        (lambda m: m.quantile(-0.1, "body_mass_g"), "each should be from 0 to 1"),
        (lambda m: m.quantile(np.nan, "body_mass_g"), "each should be from 0 to 1"),
        (lambda m: m.quantile("half", "body_mass_g"), "expected numbers"),
        (lambda m: m.cdf("heavy", "body_mass_g"), "expected numbers"),
        (lambda m: m.quantile(0.5), "column is left out"),
        (lambda m: m.quantile(0.5, "species"), "levels, which have no order"),
        (lambda m: m.cdf(0.5, "sex"), "levels, which have no order"),
        (lambda m: m.divergence(3), "expected a fitted mixture estimator"),
        (lambda m: m.divergence(m.marginal([0])), "of other columns"),
        (lambda m: m.divergence(m.marginal(m.schema_.names[::-1])), "in another order"),
        (lambda m: m.entropy(n_samples=0), "n_samples"),
    ],
)
def test_questions_that_cannot_be_answered(
    mixed: mx.MixedMixture, ask: Callable[[Any], Any], told: str
) -> None:
    with pytest.raises(MixturaError, match=told):
        ask(mixed)


@pytest.mark.parametrize(
    "ask",
    [
        lambda m: m.marginal([0]),
        lambda m: m.conditional({0: 1.0}),
        lambda m: m.predict_value([[1.0]], 0),
        lambda m: m.cdf(0.0),
        lambda m: m.quantile(0.5, 0),
        lambda m: m.entropy(),
        lambda m: m.overlap(),
        lambda m: m.divergence(m),
    ],
)
def test_nobody_answers_before_a_fit(ask: Callable[[Any], Any]) -> None:
    for estimator in (mx.GaussianMixture(2), mx.MixtureSearch(mx.GaussianMixture())):
        with pytest.raises(NotFittedError):
            ask(estimator)


def test_mixtures_made_by_hand_answer() -> None:
    gm = mx.GaussianMixture(2, covariance_type="diag")
    gm.weights_ = np.array([0.5, 0.5])
    gm.means_ = np.array([[0.0, 1.0], [4.0, 5.0]])
    gm.covariances_ = np.ones((2, 2))
    gm.precisions_cholesky_ = np.ones((2, 2))
    assert gm.marginal([1]).means_.ravel().tolist() == [1.0, 5.0]
    assert_allclose(gm.quantile([0.5], 0), 2.0)
    assert gm.conditional({0: 0.0}).weights_[0] > 0.99
    assert gm.quantile([], 0).shape == gm.cdf([], 1).shape == (0,)
    assert gm.cdf([[np.nan, 2.0]], 0).shape == (1, 2)
    assert np.isnan(gm.cdf(np.nan, 0))


def test_tables_that_cannot_be_asked_of(
    mixed: mx.MixedMixture, gm: mx.GaussianMixture, penguins: pd.DataFrame
) -> None:
    for interval in (90, 0, 1.0, "0.9", True, np.nan):
        with pytest.raises(MixturaError, match="between 0 and 1"):
            gm.predict_value(penguins[COLUMNS], "body_mass_g", interval=interval)
    with pytest.raises(MixturaError, match="predict_value_proba has"):
        mixed.predict_value(penguins, "species", interval=0.9)
    with pytest.raises(MixturaError, match="predict_value has their mean"):
        mixed.predict_value_proba(penguins, "body_mass_g")
    with pytest.raises(DataError, match="species, island, sex, year, which the mixture has not"):
        gm.predict_value(penguins, "body_mass_g")
    with pytest.raises(DataError, match="expected rows of 4 columns, or of 3 without"):
        gm.predict_value(np.zeros((5, 2)), "body_mass_g")
    with pytest.raises(MixturaError, match="All columns are given"):
        gm.conditional(dict.fromkeys(COLUMNS, 40.0))
    with pytest.raises(DataError, match="in memory"):
        gm.predict_value(pl.from_pandas(penguins[COLUMNS]).lazy(), "body_mass_g")


def test_values_that_a_kind_does_not_allow() -> None:
    counts = np.random.default_rng(0).poisson([[2.0, 9.0]] * 40)
    fitted = mx.PoissonMixture(2, random_state=0).fit(counts)
    with pytest.raises(MixturaError, match="a count is a whole number"):
        fitted.conditional({0: -1})
    with pytest.raises(MixturaError, match="a count is a whole number"):
        fitted.conditional({0: 1.5})
    assert fitted.conditional({0: 2}).quantile(0.5) in range(6, 13)
    boxes = mx.UniformMixture().fit([[0.0, 0.0], [1.0, 2.0]])
    with pytest.raises(MixturaError, match="No component of the mixture can have"):
        boxes.conditional({0: 5.0})
