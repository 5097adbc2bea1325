"""Log-normal components: the Gaussians of the logarithms, and the rows' own unit."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import mixtura as mx
from mixtura.families import Gaussian, GaussianParameters, LogNormal
from mixtura.families.gaussian.structures import VVI, VVV, AxisCovariances, DenseCovariances
from mixtura.families.log_normal import LogNormalDescription
from mixtura.families.schema import Schema

SCHEMA = Schema.of("ab")


def rows(seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    logs = np.concatenate([rng.normal(0, [1.0, 0.5], (70, 2)), rng.normal(3, 0.7, (50, 2))])
    return np.exp(logs)


def test_log_densities_are_those_of_scipy() -> None:
    X = rows()[:20]
    params = GaussianParameters(
        np.array([[0.0, 1.0], [2.0, -1.0]]), AxisCovariances(np.array([[1.0, 0.25], [4.0, 0.01]]))
    )
    expected = stats.lognorm.logpdf(
        X[:, None], np.sqrt(params.covariances.variances), scale=np.exp(params.means)
    ).sum(axis=2)
    actual = LogNormal(Gaussian(VVI, np.zeros(2))).log_density(params, X)
    np.testing.assert_allclose(actual, expected, rtol=1e-12)


@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag", "spherical", "VEV", "EII"])
@pytest.mark.parametrize("k", [1, 2, 3])
@pytest.mark.filterwarnings("ignore::mixtura.DataWarning")
def test_the_fit_is_that_of_the_logarithms(covariance_type: str, k: int) -> None:
    X = rows()
    labels = np.arange(len(X)) * k // len(X)
    options = {"covariance_type": covariance_type, "init_params": labels, "acceleration": None}
    fit = mx.LogNormalMixture(k, **options).fit(X)
    of_logs = mx.GaussianMixture(k, **options).fit(np.log(X))
    total = np.log(X).sum()
    assert fit.log_likelihood_ + total == pytest.approx(of_logs.log_likelihood_, rel=1e-10)
    np.testing.assert_allclose(fit.means_, of_logs.means_, rtol=1e-6)
    np.testing.assert_allclose(fit.covariances_, of_logs.covariances_, rtol=1e-5, atol=1e-9)
    np.testing.assert_allclose(fit.medians_, np.exp(of_logs.means_), rtol=1e-6)
    np.testing.assert_allclose(
        fit.predict_proba(X), of_logs.predict_proba(np.log(X)), rtol=0, atol=1e-6
    )
    assert fit.n_parameters_ == of_logs.n_parameters_
    assert (fit.collapsed_, fit.spurious_) == (of_logs.collapsed_, of_logs.spurious_)


def test_moments_of_the_rows_themselves() -> None:
    matrices = np.array([[[0.5, 0.2], [0.2, 0.3]], [[1.0, -0.4], [-0.4, 0.8]]])
    params = GaussianParameters(np.array([[0.0, 2.0], [1.0, -1.0]]), DenseCovariances.of(matrices))
    family, description = LogNormal(Gaussian(VVV, np.zeros(2))), LogNormalDescription()
    drawn = family.sample(params, np.zeros(200_000, dtype=np.intp), np.random.default_rng(0))
    covariances = description.dispersions(params, [0, 1])
    np.testing.assert_allclose(covariances[0], np.cov(drawn.T), rtol=0.05)
    marginal = description.marginal(params, 1, SCHEMA)
    expected = stats.lognorm(np.sqrt(matrices[:, 1, 1]), scale=np.exp(params.means[:, 1]))
    np.testing.assert_allclose(marginal.mean, expected.mean(), rtol=1e-13)
    np.testing.assert_allclose(marginal.deviation, expected.std(), rtol=1e-13)


def test_spreads_beyond_all_numbers() -> None:
    params = GaussianParameters(np.array([[3.0, 0.0]]), AxisCovariances(np.array([[2e3, 1.0]])))
    description = LogNormalDescription()
    marginal = description.marginal(params, 0, SCHEMA)
    assert marginal.mean[0] == pytest.approx(np.exp(3.0))  # the median
    assert marginal.deviation[0] == np.inf
    assert np.isfinite(marginal.values).all()
    assert np.isfinite(marginal.densities).all()
    covariances = description.dispersions(params, [0, 1])
    assert covariances[0].tolist() == [[np.inf, 0.0], [0.0, covariances[0, 1, 1]]]
    family = LogNormal(Gaussian(VVI, np.zeros(2)))
    drawn = family.sample(params, np.zeros(99, dtype=np.intp), np.random.default_rng(0))
    assert np.isfinite(drawn).all()


def test_rounding_counts_as_a_share_of_the_size() -> None:
    rng = np.random.default_rng(1)
    X = np.exp(np.concatenate([rng.normal(0, 1, (80, 1)), rng.normal(9, 1, (80, 1))]))
    family = LogNormal(Gaussian(VVV, np.full(1, 1e-6)))
    labels = np.repeat([0, 1], 80)
    resp = np.eye(2)[labels]
    params = family.maximize(family.statistics(None, X, resp), None)

    def owed(rounding: float) -> np.ndarray:
        return family.upheld(params, np.array([rounding]), lambda: statistics)

    statistics = family.statistics(None, X, resp)
    assert owed(1e-4).tolist() == [0.0, 0.0]
    near, far = owed(25.0)  # of values about 1, whole fives say nothing
    assert near > 1.0
    assert far == 0.0
    assert owed(np.inf).tolist() == [0.0, 0.0]
