"""The page of a fitted model of every family, by way of its description alone."""

import json
import re
from typing import Any

import numpy as np
import polars as pl
import pytest

import mixtura as mx
from mixtura.cli.features import Features
from mixtura.cli.page import report_page
from mixtura.cli.table import Table
from mixtura.estimators.saving import to_model


def model_of(estimator: Any, rows: Any, frame: Any = None) -> dict[str, Any]:
    """What the page of an estimator, fitted to a frame or to these rows, tells of its model."""
    model = to_model(estimator.fit(rows if frame is None else frame))
    page = report_page(model, Table("t.csv", "csv", (), rows), Features(model.schema, rows))
    found = re.search(r'id="payload">(.*?)</script>', page, re.S)
    assert found is not None
    return dict(json.loads(found[1])["model"])


@pytest.fixture
def halves() -> Any:
    """60 rows of two kinds."""
    return np.repeat([0.0, 1.0], 30)[:, None]


def test_hills_are_told_of_measurements_and_doubts_of_all_families(halves: Any) -> None:
    X = 9.0 * halves + np.random.default_rng(0).normal(size=(60, 2))
    X[:20] += 2.5  # a kind of three parts, two of which run together
    hills = model_of(mx.GaussianMixture(3, covariance_type="EII", random_state=0), X)["hills"]
    fitted = mx.GaussianMixture(3, covariance_type="EII", random_state=0).fit(X)
    assert hills["count"] == len(fitted.modes())
    assert sorted(j for group in hills["shared"] for j in group) == [0, 1, 2]
    assert len(hills["merges"]) == len(hills["shared"]) - 1
    rows = np.random.default_rng(0).poisson(2.0 + 9.0 * halves + [0.0, 1.0]).astype(float)
    told = model_of(mx.PoissonMixture(3, random_state=0), rows)
    tree = mx.PoissonMixture(3, random_state=0).fit(rows).merge_tree("entropy", rows)
    assert told["hills"] is None
    assert told["entropy"]["start"] == pytest.approx(tree.values[0])
    assert [merge["value"] for merge in told["entropy"]["merges"]] == pytest.approx(tree.values[1:])
    assert told["entropy"]["suggested"] == tree.suggested
    assert model_of(mx.PoissonMixture(2, random_state=0), rows)["entropy"] is None


def test_gaussian(halves: Any) -> None:
    X = 9.0 * halves + np.random.default_rng(0).normal(size=(60, 3))
    model = model_of(mx.GaussianMixture(2, random_state=0), X)
    assert [marginal["kind"] for marginal in model["marginals"]] == ["bell"] * 3
    assert np.shape(model["spreads"]) == (2, 3, 3)
    deviations = [marginal["deviation"] for marginal in model["marginals"]]
    variances = np.diagonal(model["spreads"], axis1=1, axis2=2)
    assert np.allclose(np.square(deviations).T, variances)
    assert model["structure"]


def test_factors(halves: Any) -> None:
    rng = np.random.default_rng(0)
    X = 9.0 * halves + rng.normal(size=(60, 1)) + rng.normal(size=(60, 4))
    model = model_of(mx.FactorMixture(2, random_state=0), X)
    assert [marginal["kind"] for marginal in model["marginals"]] == ["bell"] * 4
    assert (model["family"], model["structure"]) == ("factors", "1 factor")
    assert np.shape(model["spreads"])[0] == 2


def test_poisson(halves: Any) -> None:
    X = np.random.default_rng(0).poisson(2.0 + 9.0 * halves + [0.0, 9000.0]).astype(float)
    model = model_of(mx.PoissonMixture(2, random_state=0), X)
    # Counts that are too many to be told apart have bells.
    assert [marginal["kind"] for marginal in model["marginals"]] == ["mass", "bell"]
    assert (model["family"], model["structure"], model["spreads"]) == ("poisson", "", None)


def test_measurements_that_are_no_bells(halves: Any) -> None:
    rng = np.random.default_rng(0)
    X = rng.uniform(1.0, 2.0, (60, 2)) + 90.0 * halves
    for estimator in (mx.ExponentialMixture, mx.GammaMixture, mx.UniformMixture):
        model = model_of(estimator(2, random_state=0), X)
        assert [marginal["kind"] for marginal in model["marginals"]] == ["curve"] * 2
        assert (model["structure"], model["spreads"]) == ("", None)
        assert np.shape(model["marginals"][0]["densities"])[0] == 2


def test_log_normal(halves: Any) -> None:
    X = np.exp(3.0 * halves + np.random.default_rng(0).normal(size=(60, 2)))
    model = model_of(mx.LogNormalMixture(2, random_state=0), X)
    assert [marginal["kind"] for marginal in model["marginals"]] == ["curve"] * 2
    deviations = [marginal["deviation"] for marginal in model["marginals"]]
    variances = np.diagonal(model["spreads"], axis1=1, axis2=2)
    assert np.allclose(np.square(deviations).T, variances)
    assert model["structure"]


def test_geometric(halves: Any) -> None:
    X = np.random.default_rng(0).geometric(0.9 - 0.8 * halves + [0.0, -0.0999]) - 1.0
    model = model_of(mx.GeometricMixture(2, random_state=0), X)
    assert [marginal["kind"] for marginal in model["marginals"]] == ["mass", "curve"]


def test_bernoulli(halves: Any) -> None:
    X = (np.random.default_rng(0).random((60, 4)) < 0.1 + 0.8 * halves).astype(float)
    model = model_of(mx.BernoulliMixture(2, random_state=0), X)
    assert [marginal["levels"] for marginal in model["marginals"]] == [["0", "1"]] * 4


def test_categorical(halves: Any) -> None:
    chance = np.random.default_rng(0).random((60, 3)) < 0.1
    codes = np.where(chance, 2.0, halves)
    frame = pl.DataFrame(
        np.array(["no", "perhaps", "yes"])[codes.astype(int)], schema=["a", "b", "c"]
    )
    model = model_of(mx.CategoricalMixture(2, random_state=0), codes, frame)
    assert [marginal["levels"] for marginal in model["marginals"]] == [["no", "perhaps", "yes"]] * 3
    assert model["family_text"]


def test_what_held_a_fit_and_its_prior_are_told_apart(halves: Any) -> None:
    X = 9.0 * halves + np.random.default_rng(0).normal(size=(60, 1))
    estimator = mx.GaussianMixture(2, random_state=0, prior="default", equal_weights=True)
    model = model_of(estimator, X)
    assert model["held"] == "equal weights"
    assert model["prior"].startswith("normal inverse Wishart")
