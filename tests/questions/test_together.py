"""What follows from a fitted mixture is a fitted mixture: it is asked, shown and fitted again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot
from matplotlib.figure import Figure
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone

import mixtura as mx
from mixtura.errors import DataError, DataWarning, MixturaError
from mixtura.families import Box, Gaussian, WithNoise
from mixtura.families.gaussian.structures import VVV
from mixtura.shown import shown
from mixtura.typing import FloatArray

mpl.use("Agg")


@pytest.fixture(autouse=True)
def _no_figures_are_left() -> Iterator[None]:
    yield
    pyplot.close("all")


def two_groups(n: int = 80, d: int = 3, seed: int = 0) -> FloatArray:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)) + 6.0 * (np.arange(n)[:, None] >= n // 2)


def by_hand(
    weights: FloatArray, means: FloatArray, covariances: FloatArray | None = None
) -> mx.GaussianMixture:
    k, d = means.shape
    made = mx.GaussianMixture(k, random_state=0)
    made.weights_, made.means_ = weights, means
    made.covariances_ = np.tile(np.eye(d), (k, 1, 1)) if covariances is None else covariances
    return made


X = two_groups()


@pytest.fixture(scope="module")
def gm() -> mx.GaussianMixture:
    return mx.GaussianMixture(2, random_state=0).fit(X)


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "length": np.exp(0.3 * X[:, 0]),
            "color": np.where(rng.random(80) < 0.4, "red", "green"),
            "visits": rng.poisson(4.0, 80),
            "width": X[:, 1],
        }
    )


@pytest.fixture(scope="module")
def mixed(table: pd.DataFrame) -> mx.MixedMixture:
    chosen = {"length": "gamma", "visits": "geometric"}
    return mx.MixedMixture(2, families=chosen, random_state=0).fit(table)


@pytest.fixture(scope="module")
def with_noise() -> mx.GaussianMixture:
    rows = np.concatenate([X, np.random.default_rng(2).uniform(-20.0, 30.0, (10, 3))])
    return mx.GaussianMixture(2, noise=True, random_state=0).fit(rows)


# ------------------------------------------------------------------------------ fitted again


def test_merged_components_beside_noise_are_fitted_again(with_noise: mx.GaussianMixture) -> None:
    rows = np.concatenate([X, np.random.default_rng(2).uniform(-20.0, 30.0, (10, 3))])
    merged = with_noise.merge_components([[0, 1]])
    again = clone(merged).fit(rows)
    assert merged.n_components == 1
    assert_allclose(again.weights_, merged.weights_, atol=1e-3)
    draws = merged.uncertainty(rows, method="weighted", n_draws=3).draws
    assert draws is not None
    assert draws["weights"].shape == (3, 2)


def test_the_noise_of_a_family_is_none_of_its_components() -> None:
    family = WithNoise(Gaussian(VVV, np.full(2, 1e-6)), Box(np.full(2, 3.0), 40.0 * np.eye(2)))
    strewn = np.random.default_rng(3).uniform(-15.0, 21.0, (12, 2))
    rows = np.concatenate([X[:, :2], strewn])
    fitted = mx.FamilyMixture(family, 2, random_state=0).fit(rows)
    assert fitted.mixture_.noise_region is family.region
    assert_allclose(fitted.weights_, [40 / 92, 40 / 92, 12 / 92], atol=0.03)


@pytest.mark.parametrize("saved", [False, True])
def test_parts_of_mixed_tables_are_drawn_anew(
    mixed: mx.MixedMixture, table: pd.DataFrame, tmp_path: Path, saved: bool
) -> None:
    """Blocks are in the order of their columns, whichever are left; families stay as chosen."""
    for part in (
        mixed,
        mixed.marginal(["color", "length", "width"]),
        mixed.conditional({"length": 2.0}),
    ):
        estimator: Any = part
        if saved:
            mx.save(part, tmp_path / "part.json")
            estimator = mx.load(tmp_path / "part.json")
        seen = table[list(part.feature_names_in_)]
        found = estimator.uncertainty(seen, method="weighted", n_draws=2, random_state=0)
        named = part.uncertainty(seen, method="weighted", n_draws=2, random_state=0)
        assert found.draws.keys() == named.draws.keys()
        for name in found.draws:
            assert_array_equal(found.draws[name], named.draws[name])


def test_models_that_were_not_fitted_to_rows_are_not_merged(gm: mx.GaussianMixture) -> None:
    with pytest.raises(MixturaError, match=r"Model 0 was not fitted to rows"):
        mx.merge([gm.marginal(0), gm.marginal(0)])


# ------------------------------------------------------------------------- set by hand


def test_a_mixture_that_was_set_by_hand_is_asked_as_any(gm: mx.GaussianMixture) -> None:
    told = by_hand(gm.weights_, gm.means_, gm.covariances_)
    found, expected = told.uncertainty(X), gm.uncertainty(X)
    for name, errors in expected.standard_errors.items():
        assert_allclose(found.standard_errors[name], errors, rtol=1e-6)
    drawn = told.uncertainty(X, method="weighted", n_draws=2, random_state=0)
    assert drawn.n_draws == 2
    merged = told.merge_components([[0, 1]])
    assert "Nested" in repr(merged)
    assert_allclose(merged.score_samples(X), gm.score_samples(X))
    assert str(merged.report(X)).startswith("<!DOCTYPE html>")


# ------------------------------------------------------------------------------- shown


def test_merged_mixed_tables_are_shown(mixed: mx.MixedMixture, table: pd.DataFrame) -> None:
    merged = mixed.merge_components([[0, 1]])
    assert str(merged.report(table)).startswith("<!DOCTYPE html>")
    ax = mx.plot.clusters(merged, table)
    assert {ax.get_xlabel(), ax.get_ylabel()} <= {"length", "visits", "width"}
    color = merged.marginal("color")
    assert mx.plot.clusters(color, table[["color"]]).get_xlabel() == "color"


@pytest.mark.parametrize("projection", ["polar", "3d"])
def test_pictures_are_drawn_on_plain_axes(gm: mx.GaussianMixture, projection: str) -> None:
    ax = Figure().add_subplot(projection=projection)
    with pytest.raises(MixturaError, match=f"ax is '{projection}'; expected plain Axes"):
        mx.plot.clusters(gm, X, ax=ax)


def test_results_fit_on_a_screen() -> None:
    rows = two_groups(300, 8)
    fitted = by_hand(np.full(6, 1 / 6), rows[::50])
    uncertainty = mx.GaussianMixture(2, random_state=0).fit(X).uncertainty(X)
    for record in (
        fitted.modes(),
        fitted.landscape(),
        fitted.ridgeline(0, 1),
        fitted.merge_tree("entropy", rows),
        fitted.overlap(50),
        fitted.predict_value(rows, 0, interval=0.5),
        uncertainty,
        uncertainty.intervals()["covariances"],
        uncertainty.responsibilities(X),
    ):
        told = repr(record)
        assert told.startswith(f"{type(record).__name__}(")
        assert told.count("\n") < 40
        assert max(map(len, told.split("\n"))) < 200
        assert shown(record) == told


# ------------------------------------------------------------------------------ numbers


def test_all_of_a_mixture_is_below_infinity() -> None:
    for seed in range(20):
        weights = np.random.default_rng(seed).dirichlet(np.ones(7))
        gm = by_hand(weights, np.arange(14.0).reshape(7, 2))
        merged = gm.merge_components([[0, 3, 1], [5, 2], [6, 4]])
        for each in (gm, merged, merged.conditional({0: 1.0}).marginal("1")):
            assert each.cdf([-np.inf, np.inf], "1").tolist() == [0.0, 1.0]


def test_columns_without_names_are_not_told_apart_by_their_numbers() -> None:
    whole = mx.GaussianMixture(2, random_state=0).fit(X)
    alone = mx.GaussianMixture(2, random_state=0).fit(X[:, [2]])
    assert whole.marginal(2).divergence(alone).value < 0.1
    named = mx.GaussianMixture(2, random_state=0).fit(pd.DataFrame({"c": X[:, 2]}))
    assert named.divergence(alone).value == alone.divergence(named).value < 1e-9
    other = mx.GaussianMixture(2, random_state=0).fit(pd.DataFrame({"d": X[:, 2]}))
    with pytest.raises(MixturaError, match=r"c \(continuous\) here, and d \(continuous\) there"):
        named.divergence(other)


@pytest.mark.parametrize("noise", [False, True])
def test_densities_of_rows_with_gaps_are_shares_of_the_highest_hill_there(
    gm: mx.GaussianMixture, with_noise: mx.GaussianMixture, noise: bool
) -> None:
    asked = with_noise if noise else gm
    gaps = X.copy()
    gaps[::2, 0] = gaps[::3, 2] = np.nan
    gaps[5] = np.nan
    shares = asked.normalized_density(gaps)
    assert_allclose(shares[5], 1.0, rtol=1e-12)
    for columns in ([0, 1], [1, 2], [1]):
        own = (~np.isnan(gaps) == np.isin(np.arange(3), columns)).all(axis=1)
        assert own.sum() > 5
        part = asked.marginal(columns)
        assert_allclose(shares[own], part.normalized_density(X[own][:, columns]), rtol=1e-9)
    assert shares.max() <= 1.0 + 1e-12


# ---------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("ask", "told"),
    [
        (lambda gm: gm.conditional({0: 10**400}), "expected one number"),
        (lambda gm: gm.quantile([10**400], 0), "expected numbers"),
        (lambda gm: gm.marginal({0, 1}), "in an order"),
        (lambda gm: gm.merge_components("hills", ratio="half"), "ratio='half': give a share"),
        (lambda gm: gm.merge_components("valleys"), "groups='valleys' is unknown"),
        (lambda gm: mx.explore(X, columns=[0, "column 0"]), "given twice"),
        (lambda gm: mx.explore(X, columns=3), "There is no column 3"),
        (lambda gm: mx.explore(X, height="high"), "height is 'high'"),
        (lambda gm: mx.explore(X, random_state="first"), "random_state is 'first'"),
        (lambda gm: mx.explore(X + 1j), "no array of numbers"),
    ],
)
def test_what_cannot_be_asked_is_told(
    gm: mx.GaussianMixture, ask: Callable[[mx.GaussianMixture], object], told: str
) -> None:
    with pytest.raises(MixturaError, match=told):
        ask(gm)


def test_the_explorer_is_for_tables_in_memory(tmp_path: Path) -> None:
    pl = pytest.importorskip("polars")
    with pytest.raises(DataError, match="tables in memory"):
        mx.explore(pl.LazyFrame({"a": [1.0, 2.0]}))
    np.savetxt(tmp_path / "rows.csv", X, delimiter=",", header="a,b,c", comments="")
    with pytest.raises(DataError, match="Scanned"):
        mx.explore(mx.scan(tmp_path / "rows.csv"))


@pytest.mark.parametrize("level", [0.0, 1.0, -1, "all", np.nan, True])
def test_shares_of_draws_are_between_0_and_1(level: Any) -> None:
    search = mx.MixtureSearch(mx.GaussianMixture(), {"n_components": [2]}, random_state=0).fit(X)
    found = search.selection_frequencies(X, n_draws=2)
    assert found.likely(np.float32(0.9)) == (2,)
    for ask in (found.likely, found.interval):
        with pytest.raises(MixturaError, match="expected a share of the draws"):
            ask(level)


def test_no_distance_is_beyond_any_number_of_sigmas(gm: mx.GaussianMixture) -> None:
    assert gm.members(X, sigmas=1e300).all()
    assert gm.uncertainty(X, level=np.float32(0.5)).level == 0.5


def test_given_cells_far_away_all_that_is_left_may_be_noise(with_noise: mx.GaussianMixture) -> None:
    """So far away that the clusters' weights are below all numbers."""
    far = with_noise.conditional({1: 200.0})
    assert far.weights_.tolist() == [0.0, 0.0, 1.0]
    rows = X[:, [0, 2]]
    tree = far.merge_tree("entropy", rows)
    assert tree.moved.tolist() == [0.0]
    assert not tree.values.any()
    assert mx.plot.clusters(far, rows, columns=0).get_xlabel() == "column 0"
    assert mx.plot.density(far, rows).get_xlabel() == "column 0"
    assert str(far.report(rows)).startswith("<!DOCTYPE html>")
    assert far.predict_hill(rows).tolist() == [-1] * len(rows)
    assert_allclose(far.normalized_density(rows), 1.0)
    assert_allclose(far.cdf(far.quantile([0.1, 0.9], 0), 0), [0.1, 0.9], atol=1e-9)


def test_a_fit_says_nothing_of_parameters_that_were_set_after_it(gm: mx.GaussianMixture) -> None:
    rows = X.copy()
    rows[40:] = 6.0
    with pytest.warns(DataWarning):
        fitted = mx.GaussianMixture(2, random_state=0).fit(rows)
    assert fitted.collapsed_
    fitted.weights_, fitted.means_, fitted.covariances_ = gm.weights_, gm.means_, gm.covariances_
    assert not np.isnan(fitted.uncertainty(X).standard_errors["means"]).any()
