"""Membership, members, distances and the typicality of components, as users ask for them."""

from __future__ import annotations

import re
from math import erf, sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.special import chdtr, chdtri
from sklearn.exceptions import NotFittedError

import mixtura as mx
from mixtura import kernels
from mixtura.typing import FloatArray

PAGE = Path(__file__).parents[2] / "docs" / "membership.md"


def groups(n: int = 120, d: int = 2) -> FloatArray:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, d))
    X[n // 2 :] += 6.0
    return X


FITTED: dict[str, tuple[Any, Any]] = {
    "gaussian": (mx.GaussianMixture(2, random_state=0), groups()),
    "noise": (mx.GaussianMixture(2, noise=True, random_state=0), groups()),
    "student_t": (mx.StudentTMixture(2, random_state=0), groups()),
    "factors": (mx.FactorMixture(2, random_state=0), groups(d=4)),
    "log_normal": (mx.LogNormalMixture(2, random_state=0), np.exp(groups() / 4.0)),
    "poisson": (mx.PoissonMixture(2, random_state=0), np.round(groups() ** 2)),
    "search": (
        mx.MixtureSearch(
            mx.GaussianMixture(random_state=0), {"n_components": [2], "covariance_type": ["EII"]}
        ),
        groups(),
    ),
    "categories": (
        mx.CategoricalMixture(2, random_state=0),
        [["tea", "no"], ["coffee", "yes"], ["tea", "no"]] * 20,
    ),
}


@pytest.mark.parametrize("name", FITTED)
def test_every_estimator_has_members_by_coverage(name: str) -> None:
    estimator, X = FITTED[name]
    fit = estimator.fit(X)
    members = fit.members(X, coverage=True)
    assert members.dtype == np.bool_
    assert members.shape == (len(X), 2)
    membership = fit.membership(X, coverage=True)
    assert membership.dtype == np.int64
    np.testing.assert_array_equal(membership == -1, ~members.any(axis=1))
    outside = 1.0 - erf(2.5 / sqrt(2.0))
    np.testing.assert_array_equal(members, fit.component_typicality(X) >= outside)


@pytest.mark.parametrize("name", ["gaussian", "noise", "student_t", "factors", "log_normal"])
def test_by_sigmas_members_are_near(name: str) -> None:
    estimator, X = FITTED[name]
    fit = estimator.fit(X)
    distances = fit.distances(X)
    np.testing.assert_array_equal(fit.members(X), distances <= 2.5)
    np.testing.assert_array_equal(fit.members(X, 1.0), distances <= 1.0)
    nearest = np.where(distances.min(axis=1) <= 1.0, distances.argmin(axis=1), -1)
    np.testing.assert_array_equal(fit.membership(X, 1.0), nearest)


@pytest.mark.parametrize("name", ["poisson", "categories"])
def test_sigmas_and_distances_are_for_families_that_have_them(name: str) -> None:
    estimator, X = FITTED[name]
    fit = estimator.fit(X)
    none = f"components of {type(estimator).__name__} have no Mahalanobis distances"
    for ask in (fit.membership, fit.members):
        with pytest.raises(mx.MixturaError, match=none + ".* coverage=True"):
            ask(X)
    with pytest.raises(mx.MixturaError, match=none + r".*component_typicality\(X\)"):
        fit.distances(X)


def test_a_search_names_the_estimator_whose_components_have_none() -> None:
    X = FITTED["poisson"][1]
    search = mx.MixtureSearch(mx.PoissonMixture(random_state=0), {"n_components": [1]}).fit(X)
    with pytest.raises(mx.MixturaError, match="components of PoissonMixture have no"):
        search.membership(X)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"sigmas": -1}, "'sigmas': -1. It should be a finite number, 0 or more"),
        ({"sigmas": np.nan}, "'sigmas': nan"),
        ({"coverage": 0.0}, r"'coverage': 0.0. It should be False, True .* between 0 and 1"),
        ({"coverage": 1}, "'coverage': 1. It should be"),
        ({"coverage": -0.5}, "'coverage': -0.5. It should be"),
        ({"coverage": "yes"}, "'coverage': 'yes'. It should be"),
        ({"coverage": None}, "'coverage': None. It should be"),
        ({"sigmas": 3, "coverage": 0.9}, "sigmas=3 and coverage=0.9 are two answers"),
        ({"sigmas": 40, "coverage": True}, "choose a coverage of less than 1"),
    ],
)
def test_what_cannot_be_asked(asked: dict[str, Any], told: str) -> None:
    fit = mx.GaussianMixture(2, random_state=0).fit(groups())
    for ask in (fit.membership, fit.members):
        with pytest.raises(mx.MixturaError, match=told):
            ask(groups(), **asked)


@pytest.mark.parametrize("ask", ["membership", "members", "component_typicality", "distances"])
def test_an_estimator_is_fitted_before_it_is_asked(ask: str) -> None:
    with pytest.raises(NotFittedError):
        getattr(mx.GaussianMixture(2), ask)(groups())


def test_coverage_is_that_of_one_column_or_any_other_share() -> None:
    fit, X = mx.GaussianMixture(2, random_state=0).fit(groups(d=5)), groups(d=5)
    radius = sqrt(chdtri(5, 1.0 - erf(2.5 / sqrt(2.0))))
    members = fit.members(X, coverage=True)
    np.testing.assert_array_equal(members, fit.distances(X) <= radius)
    np.testing.assert_array_equal(members, fit.members(X, coverage=erf(2.5 / sqrt(2.0))))
    assert fit.members(X).sum() < members.sum()
    half = fit.members(X, coverage=0.5)
    np.testing.assert_array_equal(half, fit.distances(X) <= sqrt(chdtri(5, 0.5)))


def test_rows_with_gaps_are_measured_in_what_they_have() -> None:
    X = groups()
    fit = mx.GaussianMixture(2, random_state=0).fit(X)
    gaps = X.copy()
    gaps[::2, 1] = np.nan
    own = fit.covariances_[:, 0, 0]
    expected = np.abs(gaps[::2, :1] - fit.means_[:, 0]) / np.sqrt(own)
    np.testing.assert_allclose(fit.distances(gaps)[::2], expected, rtol=1e-12)
    np.testing.assert_array_equal(fit.members(gaps, coverage=True)[::2], expected <= 2.5)
    np.testing.assert_array_equal(fit.distances(gaps)[1::2], fit.distances(X)[1::2])


def test_log_normal_components_are_those_of_the_logarithms() -> None:
    logs = groups() / 4.0
    of_sizes = mx.LogNormalMixture(2, random_state=0).fit(np.exp(logs))
    of_logs = mx.GaussianMixture(2, random_state=0).fit(logs)
    ours, theirs = of_sizes.distances(np.exp(logs)), of_logs.distances(logs)
    np.testing.assert_allclose(ours, theirs, rtol=1e-6)


@pytest.mark.parametrize("kernel", ["numpy", "auto"])
def test_any_threads_and_either_kernel_give_the_same(kernel: str) -> None:
    estimator, X = FITTED["poisson"]
    fit = estimator.fit(X)
    with kernels.use(kernel):
        alone = fit.component_typicality(X)
        fit.n_jobs = 2
        together = fit.component_typicality(np.tile(X, (200, 1)))
        fit.n_jobs = None
    np.testing.assert_array_equal(together, np.tile(alone, (200, 1)))


def test_float32_tables_have_float32_numbers() -> None:
    X = groups().astype(np.float32)
    fit = mx.GaussianMixture(2, random_state=0).fit(X)
    assert fit.distances(X).dtype == fit.component_typicality(X).dtype == np.float32
    assert fit.members(X).dtype == np.bool_


def test_tables_that_are_not_in_memory_have_members(tmp_path: Path) -> None:
    X = groups()
    fit = mx.GaussianMixture(2, random_state=0).fit(X)
    np.save(tmp_path / "X.npy", X)
    scanned = mx.scan(np.load(tmp_path / "X.npy", mmap_mode="r"))
    for ask in ("members", "distances", "component_typicality"):
        np.testing.assert_array_equal(getattr(fit, ask)(scanned), getattr(fit, ask)(X))


def test_the_page_has_the_shares_that_plain_sigmas_cover() -> None:
    text = PAGE.read_text(encoding="utf-8")
    lines = re.findall(r"^\| (\d+) \| ([\d.]+) % \| ([\d.]+) \|$", text, re.M)
    assert len(lines) >= 5
    for columns, share, radius in lines:
        d = int(columns)
        assert float(share) == round(100.0 * chdtr(d, 2.5**2), len(share.partition(".")[2]))
        assert float(radius) == round(sqrt(chdtri(d, 1.0 - erf(2.5 / sqrt(2.0)))), 2)
