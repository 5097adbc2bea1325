"""Gamma components: shapes to the last digit, large and small ones, and what holds them up."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats
from scipy.special import digamma

import mixtura as mx
from mixtura import em
from mixtura.acceleration import MixtureCoordinates, Switch
from mixtura.errors import DegenerateError, ModelFileError
from mixtura.families import Gamma, GammaMoments, GammaParameters
from mixtura.families.gamma import GammaDescription
from mixtura.families.schema import Schema
from mixtura.families.stirling import remainder, remainder_curvature, remainder_slope
from mixtura.sources import ArraySource
from mixtura.starts.given import given_labels, random_responsibilities
from mixtura.stopping import fixed_length
from mixtura.testing import check_statistics

# ---------------------------------------------------------------------------------------------
# Densities and shapes. The expected numbers are mpmath's, from 60 digits.


@pytest.mark.parametrize(
    ("mean", "shape", "x", "expected"),
    [
        (1.0, 1e6, 1.0005, 5.863358438450422),
        (3.0, 1e12, 3.000002, 11.575736946004687),
        (2.0, 0.01, 1e-150, 337.2814232579083),
        (2.0, 0.01, 40.0, -8.504453711280298),
        (1e-60, 5.0, 3e-60, 132.41869046613775),
        (1e50, 1000.0, 1.02e50, -112.8115742078629),
        (1.0, 20.0, 1.3, -0.44031769123734443),
        (1.0, 19.999, 0.7, -0.20203118492839559),
    ],
)
def test_log_densities_to_the_last_digits(
    mean: float, shape: float, x: float, expected: float
) -> None:
    params = GammaParameters(np.array([[mean]]), np.array([[shape]]))
    actual = Gamma(1e12).log_density(params, np.array([[x]]))[0, 0]
    # A row is a float: of u = x / mean the last digit is open, which counts shape |u - 1| times.
    assert actual == pytest.approx(
        expected, rel=4e-16, abs=1e-14 + 1e-15 * shape * abs(x / mean - 1)
    )


def test_log_densities_are_those_of_scipy() -> None:
    X = np.random.default_rng(0).gamma([0.3, 5.0], [1.0, 2.0], (50, 2))
    params = GammaParameters(np.array([[1.0, 10.0], [2.0, 7.0]]), np.array([[0.3, 5.0], [60, 2]]))
    scale = params.means / params.shapes
    expected = stats.gamma.logpdf(X[:, None], params.shapes, scale=scale).sum(axis=2)
    np.testing.assert_allclose(Gamma().log_density(params, X), expected, rtol=1e-11)


@pytest.mark.parametrize(
    ("a", "expected"),
    [
        (0.001, (2.5422704679670947, -493.66781665282815, 499001.64253319585)),
        (0.5, (0.15342640972002736, -0.27036284546147815, 0.9348022005446793)),
        (5.0, (0.016644691189821193, -0.003320244002299902, 0.0013229557371153254)),
        (19.9, (0.004187252460871504, -0.00021037932206454502, 2.1138322733802668e-05)),
        (20.1, (0.004145595157676346, -0.00020621452694234647, 2.051379027556993e-05)),
        (1e3, (8.333333055555635e-05, -8.333332500000397e-08, 1.6666663333335714e-10)),
        (1e6, (8.333333333333056e-08, -8.3333333333325e-14, 1.6666666666663333e-19)),
    ],
)
def test_what_stirling_leaves(a: float, expected: tuple[float, float, float]) -> None:
    given = np.array([a])
    value, slope, curvature = remainder(given), remainder_slope(given), remainder_curvature(given)
    # Below 20 it is a difference of numbers like the log-gamma function and its derivatives.
    exact = a > 20.0
    assert value[0] == pytest.approx(expected[0], rel=1e-14, abs=0.0 if exact else 2e-14)
    assert slope[0] == pytest.approx(expected[1], rel=1e-14, abs=0.0 if exact else 2e-15)
    assert curvature[0] == pytest.approx(expected[2], rel=1e-14, abs=0.0 if exact else 2e-16)


@pytest.mark.parametrize("shape", [1e-3, 0.05, 0.9, 7.0, 19.99, 20.01, 300.0, 9e4])
def test_m_steps_solve_their_equation(shape: float) -> None:
    X = np.maximum(np.random.default_rng(1).gamma(shape, 3.0, (400, 1)), 1e-200)
    family = Gamma()
    fitted = family.maximize(family.statistics(None, X, np.ones((400, 1))), None)
    a, gap = fitted.shapes[0, 0], np.log(X.mean()) - np.log(X).mean()
    assert np.log(a) - digamma(a) == pytest.approx(gap, rel=1e-12, abs=1e-14)
    assert fitted.means[0, 0] == pytest.approx(X.mean(), rel=1e-14)


@pytest.mark.parametrize("shape", [0.1, 5.0, 1e5, 1e7])
@pytest.mark.parametrize("unit", [1e-50, 1.0, 1e50])
def test_moments_keep_the_laws(shape: float, unit: float) -> None:
    X = unit * np.random.default_rng(2).gamma(shape, 1.0 / shape, (60, 2))
    resp = np.random.default_rng(3).dirichlet(np.ones(3), 60)
    resp[:20, 1] = 0.0
    check_statistics(lambda rows, r: GammaMoments.of(rows, r), X, resp)
    gaps, u = GammaMoments.of(X, resp).gaps, X[:, None] / GammaMoments.of(X, resp).mean
    expected = np.einsum("ik,ika->ka", resp, u - 1.0 - np.log(u)) / resp.sum(axis=0)[:, None]
    np.testing.assert_allclose(gaps, expected, rtol=1e-12, atol=4e-16)


def test_rows_far_below_the_others_keep_their_digits() -> None:
    X = np.array([[1e-60], [3e-60], [1e60], [4e60]])
    family = Gamma()
    mixture = em.begin(family, ArraySource(X), given_labels(np.array([0, 0, 1, 1]), 2))
    chunked = em.begin(family, ArraySource(X, None, 1), given_labels(np.array([0, 0, 1, 1]), 2))
    for params in (mixture.params, chunked.params):
        np.testing.assert_allclose(params.means[:, 0], [2e-60, 2.5e60], rtol=1e-15)
        alone = family.maximize(family.statistics(None, X[:2] * 1e60, np.ones((2, 1))), None)
        assert params.shapes[0, 0] == pytest.approx(alone.shapes[0, 0], rel=1e-11)


# ---------------------------------------------------------------------------------------------
# The largest shape


def equal_rows() -> tuple[np.ndarray, np.ndarray]:
    """Three rows that are equal among others, and which those are."""
    X = np.random.default_rng(4).gamma(2.0, 1.0, (60, 2)).round(2) + 0.01
    X[:3] = [1.5, 2.5]
    return X, np.arange(60) < 3


def test_equal_rows_lie_at_the_largest_shape_and_owe_it_their_likelihood() -> None:
    X, equal = equal_rows()
    for largest in (1e4, 1e6):
        family, source = Gamma(largest), ArraySource(X)
        mixture = em.begin(family, source, given_labels(equal.astype(int), 2))
        assert (mixture.params.shapes[1] == largest).all()
        assert (mixture.params.shapes[0] < 10.0).all()
        statistics = em.e_step(mixture, source).statistics
        rounding = np.full(2, 1e-4 / 12.0)
        owed = family.upheld(mixture.params, rounding, lambda sums=statistics: sums)
        assert owed[0] == 0.0
        # With shapes four times as large there are log 2 nats for each cell.
        assert owed[1] >= 0.99 * statistics.count[1] * 2.0 * np.log(2.0)
        constant = family.upheld(mixture.params, np.full(2, np.inf), lambda sums=statistics: sums)
        assert (constant == 0.0).all()


def test_a_collapse_is_told() -> None:
    X, equal = equal_rows()
    with pytest.warns(mx.DataWarning, match=r"1 of 2 components collapsed onto rows that are near"):
        fit = mx.GammaMixture(2, init_params=equal.astype(int)).fit(X)
    assert fit.collapsed_ == (1,)
    assert (fit.shapes_[1] == 1e6).all()


def test_rows_that_are_told_apart_owe_nothing() -> None:
    X = np.random.default_rng(5).gamma(9e4, 1.0, (80, 1))
    family, source = Gamma(), ArraySource(X)
    mixture = em.begin(family, source, random_responsibilities(1, (0,)))
    owed = family.upheld(
        mixture.params, np.full(1, 1e-9), lambda: em.e_step(mixture, source).statistics
    )
    assert owed.tolist() == [0.0]


def test_shapes_at_the_largest_have_no_coordinates_and_stay() -> None:
    rng = np.random.default_rng(6)
    X = np.concatenate([rng.gamma(2.0, 1.0, (150, 2)), rng.gamma(4.0, 1.0, (150, 2))])
    X[:, 1] = 3.0
    source = ArraySource(X)
    mixture = em.begin(Gamma(), source, random_responsibilities(2, (0,)))
    expectation = em.e_step(mixture, source)
    at = MixtureCoordinates.of(mixture, expectation.weight)
    assert at is not None
    assert len(at.units) == 2 + 4 + 2
    moved = at.moved(0.3 * np.ones(len(at.units)), expectation)
    assert moved is not None
    assert (moved.mixture.params.shapes[:, 1] == 1e6).all()
    fit = em.fit(mixture, source, update_rule=Switch(passes=99, slow=9))
    assert fit.status.converged
    assert (fit.mixture.params.shapes[:, 1] == 1e6).all()
    beyond = np.zeros(len(at.units))
    beyond[-1] = 1e3
    assert at.moved(beyond, expectation) is None
    inner = GammaParameters(mixture.params.means, np.full((2, 2), 3.0))
    assert at.towards(type(mixture)(mixture.family, inner, mixture.weights)) is None


def test_parameters_of_elsewhere_are_moved_to_where_em_rises_from() -> None:
    family, params = Gamma(100.0), GammaParameters(np.ones((1, 2)), np.array([[50.0, 1e5]]))
    assert family.reachable(params).shapes.tolist() == [[50.0, 100.0]]
    X = np.random.default_rng(7).gamma(5e3, 1.0 / 5e3, (50, 2))
    mixture = em.begin(family, ArraySource(X), random_responsibilities(2, (0,)))
    fit = em.fit(mixture, ArraySource(X), stopping=fixed_length(20))
    assert (np.diff(fit.trace) >= -1e-13).all()


# ---------------------------------------------------------------------------------------------
# What is refused


@pytest.mark.parametrize("value", [0.5, 1e13, -1.0, np.nan, "large"])
def test_largest_shapes_that_are_none(value: Any) -> None:
    with pytest.raises(mx.MixturaError, match="largest_shape"):
        mx.GammaMixture(largest_shape=value).fit([[1.0], [2.0]])


def test_what_model_files_may_not_hold() -> None:
    description, schema = GammaDescription(), Schema.of("ab")
    good = {"means": np.ones((1, 2)), "shapes": np.ones((1, 2))}
    for options, arrays, words in (
        ({"largest_shape": 0.5}, good, "options.largest_shape"),
        ({}, good, "options.largest_shape"),
        ({"largest_shape": 9.0}, {**good, "shapes": np.array([[1.0, 10.0]])}, r"shapes\[0\]\[1\]"),
        ({"largest_shape": 9.0}, {**good, "means": np.array([[0.0, 1.0]])}, r"means\[0\]\[0\]"),
    ):
        with pytest.raises(ModelFileError, match=words):
            description.restored(options, arrays, schema)


def test_zeros_are_refused_with_what_to_do() -> None:
    with pytest.raises(mx.DataError, match=r"Column 0 has 0 in row 1.*leave out rows that are not"):
        mx.GammaMixture().fit([[1.0], [0.0]])


def test_sums_that_are_hardly_anything_are_degenerate() -> None:
    moments = GammaMoments.of(np.array([[1.0], [2.0]]), np.ones((2, 1)))
    nothing = GammaMoments(moments.count, -moments.mean, moments.spread)
    with pytest.raises(DegenerateError, match="no mean above 0"):
        Gamma().maximize(nothing, None)


def test_small_shapes_are_drawn_above_0() -> None:
    params = GammaParameters(np.ones((1, 1)), np.full((1, 1), 1e-3))
    rows = Gamma().sample(params, np.zeros(2000, dtype=np.intp), np.random.default_rng(0))
    assert (rows > 0.0).all()
    assert np.isfinite(Gamma().log_density(params, rows)).all()
