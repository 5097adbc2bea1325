"""Uniform components: boxes that EM does not shrink."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import mixtura as mx
from mixtura import em
from mixtura.errors import DegenerateError, ModelFileError
from mixtura.families import Uniform, UniformParameters
from mixtura.families.schema import Schema
from mixtura.families.uniform import UniformDescription
from mixtura.sources import ArraySource
from mixtura.starts.given import given_labels, given_responsibilities


def test_log_densities_are_those_of_scipy() -> None:
    X = np.random.default_rng(0).uniform(-1.0, 4.0, (200, 2))
    params = UniformParameters(np.array([[0.0, -1.0], [1.0, 2.0]]), np.array([[2.0, 3.0], [4, 4]]))
    expected = stats.uniform.logpdf(X[:, None], params.low, params.widths).sum(axis=2)
    actual = Uniform().log_density(params, X)
    assert np.isneginf(expected).any()
    np.testing.assert_allclose(actual, expected, rtol=1e-14)
    corners = np.array([[0.0, -1.0], [2.0, 3.0]])  # the sides belong to the box
    assert np.isfinite(Uniform().log_density(params, corners)[:, 0]).all()


def test_no_box_shrinks_below_a_row_that_it_has() -> None:
    X = np.random.default_rng(1).uniform(0.0, 1.0, (60, 2))
    resp = np.full((60, 2), 0.5)
    resp[:30, 1], resp[30:, 0] = 0.0, 1e-9
    mixture = em.begin(Uniform(), ArraySource(X), given_responsibilities(resp))
    boxes = mixture.params
    np.testing.assert_array_equal(boxes.low[0], X.min(axis=0))
    np.testing.assert_array_equal(boxes.high[1], X[30:].max(axis=0))
    fit = em.fit(mixture, ArraySource(X))
    assert fit.status.converged
    np.testing.assert_array_equal(fit.mixture.params.low, boxes.low)
    np.testing.assert_array_equal(fit.mixture.params.high, boxes.high)


def test_boxes_that_are_apart_are_found_in_one_step() -> None:
    rng = np.random.default_rng(2)
    X = np.concatenate([rng.uniform(0, 1, (70, 2)), rng.uniform(3, [4, 9], (30, 2))])
    labels = np.repeat([0, 1], [70, 30])
    fit = em.fit(em.begin(Uniform(), ArraySource(X), given_labels(labels, 2)), ArraySource(X))
    assert fit.n_iter <= 2
    np.testing.assert_array_equal(fit.mixture.weights, [0.7, 0.3])
    first, second = (np.log(np.ptp(rows, axis=0)).sum() for rows in (X[:70], X[70:]))
    expected = 0.7 * (np.log(0.7) - first) + 0.3 * (np.log(0.3) - second)
    assert fit.objective == pytest.approx(expected, rel=1e-14)


def test_boxes_without_width_are_degenerate() -> None:
    X = np.array([[1.0, 2.0], [1.0, 3.0], [4.0, 5.0], [6.0, 7.0]])
    labels = np.array([0, 0, 1, 1])
    with pytest.raises(DegenerateError, match="1 of 2 components have boxes without width"):
        em.begin(Uniform(), ArraySource(X), given_labels(labels, 2))
    with pytest.raises(DegenerateError, match="leave out columns of few values"):
        mx.UniformMixture().fit([[1.0], [1.0]])


@pytest.mark.filterwarnings("ignore:Only 1 of")
def test_a_box_about_a_few_rows_that_lie_close_is_told() -> None:
    X = np.random.default_rng(3).uniform(0.0, 10.0, (100, 1))
    X[:3] = [[5.0], [5.0001], [5.0002]]
    with pytest.warns(mx.DataWarning, match="Component 1 owes its likelihood to a few rows"):
        fit = mx.UniformMixture(2, init_params=(np.arange(100) < 3).astype(int)).fit(X)
    assert fit.spurious_ == (1,)


def test_new_rows_beyond_all_boxes_have_no_density() -> None:
    fit = mx.UniformMixture().fit([[0.0], [1.0]])
    assert fit.score_samples([[0.5], [2.0]]).tolist() == [0.0, -np.inf]
    drawn, _ = fit.sample(500)
    assert (drawn >= 0.0).all()
    assert (drawn <= 1.0).all()


@pytest.mark.parametrize("high", [[0.0, 2.0], [-1.0, 2.0]])
def test_what_model_files_may_not_hold(high: list[float]) -> None:
    arrays = {"low": np.array([[0.0, 1.0]]), "high": np.array([high])}
    with pytest.raises(ModelFileError, match=r"arrays.high\[0\]\[0\].*a number above that in"):
        UniformDescription().restored({}, arrays, Schema.of("ab"))
