"""Laws where numbers lie at the ends of the scale: far outliers, units far apart, huge priors."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import mixtura as mx
from mixtura import kernels
from mixtura.estimators.gaussian_vocabulary import COVARIANCE_TYPES
from mixtura.explain import judge
from mixtura.families import NormalInverseWishart
from mixtura.families.gaussian.structures import algebra
from mixtura.families.gaussian.structures.eigen import (
    is_positive_definite,
    principal,
    principal_axes_of,
)
from mixtura.sources import ArraySource
from mixtura.statistics import Moments

pytestmark = [
    pytest.mark.filterwarnings("ignore::mixtura.DataWarning"),
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
]

STRUCTURES = [name for name, kind in COVARIANCE_TYPES.items() if not kind.one_dimensional]
ROTATING = ["EVE", "VVE", "EEV", "VEV"]


def largest_fall(fit: mx.GaussianMixture) -> float:
    trace = np.array(fit.trace_)
    falls = -np.diff(trace) / (1.0 + np.abs(trace[1:]))
    return float(falls.max(initial=0.0))


# ------------------------------------------------------------------------------ far outliers


@pytest.mark.parametrize("reach", [1e12, 1e20, 1e31, 1e70])
@pytest.mark.parametrize("diagonal", [False, True])
def test_means_are_right_to_the_last_digits_beside_rows_of_no_weight(
    reach: float, diagonal: bool
) -> None:
    X = np.random.default_rng(0).normal(size=(20, 2))
    X[3] = reach
    resp = np.ones((20, 2))
    resp[3] = 0.0, 1e-30
    moments = Moments.of(X, resp, diagonal=diagonal)
    for a in range(2):
        rows = [Fraction(x) for x in X[:, a]]
        for j in range(2):
            weight = [Fraction(r) for r in resp[:, j]]
            mean = sum(w * x for w, x in zip(weight, rows, strict=True)) / sum(weight)
            about = Fraction(moments.mean[j, a])
            spread = sum(w * (x - about) ** 2 for w, x in zip(weight, rows, strict=True))
            scatter = moments.scatter[j, a] if diagonal else moments.scatter[j, a, a]
            assert abs(moments.mean[j, a] - float(mean)) <= 4e-16 * max(1.0, abs(mean))
            assert scatter == pytest.approx(float(spread), rel=1e-13)


@pytest.mark.parametrize("kernel", ["auto", "numpy"])
@pytest.mark.parametrize("covariance_type", STRUCTURES)
def test_em_never_decreases_beside_far_outliers(covariance_type: str, kernel: str) -> None:
    rng = np.random.default_rng(0)
    labels = np.where(np.arange(40) % 5 == 1, 1, -1)
    for reach, share in ((1e17, 1e-25), (1e31, 1e-31)):
        X = rng.normal(size=(40, 2)) + 4.0 * (np.arange(40) % 2)[:, None]
        weight = rng.uniform(0.1, 10.0, 40)
        X[5], weight[5] = reach, share
        for options in (
            {},
            {"algorithm": "hard"},
            {"noise": True},
            {"noise": True, "reg_covar": 0},
        ):
            fit = mx.GaussianMixture(
                2, covariance_type=covariance_type, n_init=1, max_iter=40, random_state=0, **options
            )
            with kernels.use(kernel):
                assert largest_fall(fit.fit(X)) <= 1e-12
                if fit.reg_covar:
                    assert largest_fall(fit.fit(X, sample_weight=weight)) <= 1e-12
                    assert largest_fall(fit.fit(X, sample_weight=weight, labels=labels)) <= 1e-12


# ---------------------------------------------------------------------------- units far apart


@pytest.mark.parametrize("ratio", [1.0, 1e5, 1e9, 1e20])
def test_spreads_are_found_each_to_a_share_of_itself(ratio: float) -> None:
    factor, units = np.random.default_rng(0).normal(size=(5, 3)), np.array([ratio, 1.0, 1 / ratio])
    scatter = (factor.T @ factor) * np.outer(units, units)
    spread, axes = principal(scatter[None])
    np.testing.assert_allclose((axes[0] * spread[0]) @ axes[0].T, scatter, rtol=1e-6)
    correlations = np.log(np.linalg.det(factor.T @ factor))
    np.testing.assert_allclose(np.log(spread).sum(), correlations, atol=1e-6)
    turned = np.abs(principal_axes_of(scatter).T @ axes[0])
    np.testing.assert_allclose(turned, np.eye(3), atol=1e-6)


def test_a_singular_scatter_has_a_spread_of_0() -> None:
    spread, _ = principal(np.array([[[1.0, 1e9], [1e9, 1e18]]]))
    assert spread[0, 0] >= 0.0
    assert spread[0, 0] < 1e-10 * spread[0, 1]


@pytest.mark.parametrize("units", [1.0, 1e20])
def test_whether_a_matrix_is_positive_definite_is_no_matter_of_units(units: float) -> None:
    scale = np.array([units, 1.0, 1.0 / units])
    sound = np.array([[2.0, 1.0, 0.0], [1.0, 2.0, 1.0], [0.0, 1.0, 2.0]])
    assert is_positive_definite(sound * np.outer(scale, scale))
    assert is_positive_definite(np.diag(scale))
    unsound = sound + np.array([[0.0, 1.5, 0.0], [1.5, 0.0, 0.0], [0.0, 0.0, 0.0]])
    assert not is_positive_definite(unsound * np.outer(scale, scale))
    assert not is_positive_definite(np.triu(sound) * np.outer(scale, scale))
    assert not is_positive_definite(np.diag([units, 0.0, 1.0]))


@pytest.mark.parametrize("covariance_type", [*ROTATING, "full", "tied"])
@pytest.mark.parametrize(
    "options",
    [{}, {"prior": "default"}, {"acceleration": "early", "init_params": "random"}],
    ids=str,
)
def test_units_far_apart_can_be_fitted(covariance_type: str, options: dict[str, Any]) -> None:
    rng = np.random.default_rng(1)
    X = rng.normal(size=(60, 3)) @ rng.normal(size=(3, 3))
    X[20:] += 4.0
    X *= [1.0, 1e9, 1e-9]
    fit = mx.GaussianMixture(
        2, covariance_type=covariance_type, max_iter=60, random_state=0, **options
    ).fit(X)
    assert largest_fall(fit) <= 1e-12
    again = mx.GaussianMixture(
        2,
        covariance_type=covariance_type,
        weights_init=fit.weights_,
        means_init=fit.means_,
        precisions_init=fit.precisions_,
        max_iter=0,
    ).fit(X)
    assert again.log_likelihood_ == pytest.approx(fit.log_likelihood_, rel=1e-6)


# --------------------------------------------------------------------------------- the doors


@pytest.mark.parametrize("reg_covar", [1e-12, 1e12])
@pytest.mark.parametrize("covariance_type", STRUCTURES)
def test_any_floor_that_is_let_in_holds(covariance_type: str, reg_covar: float) -> None:
    collinear = np.random.default_rng(0).normal(size=(12, 2)) @ [[1.0, 2.0, 0.0], [0.0, 0.0, 1.0]]
    for X in (collinear, 1e70 * collinear, 1e-70 * collinear, np.eye(3)[np.arange(12) % 3]):
        fit = mx.GaussianMixture(
            2, covariance_type=covariance_type, reg_covar=reg_covar, max_iter=20, random_state=0
        ).fit(X)
        assert np.isfinite(fit.trace_).all()


@pytest.mark.parametrize("reg_covar", [1e-320, 9e-13, 1.1e12, 1e300])
def test_floors_that_rounding_would_blur_are_refused(reg_covar: float) -> None:
    with pytest.raises(mx.MixturaError, match=r"'reg_covar'.*0 for none, or from 1e-12.*1e\+12"):
        mx.GaussianMixture(reg_covar=reg_covar).fit(np.eye(2))


@pytest.mark.parametrize(
    ("prior", "words"),
    [
        ({"shrinkage": 1e13}, r"shrinkage is 1.*1e\+12 rows"),
        ({"dof": 1e13}, r"dof is 1.*1e\+12 rows"),
        ({"scale": 1e153}, r"scale.*1e\+152"),
        ({"mean": [0.0, 1e76]}, r"mean reaches 1e\+76"),
        ({"mean": [0.0, 1e9]}, r"mean is 1e\+09 in column 1.*standard deviations.*nearer"),
    ],
)
def test_priors_beside_which_the_rows_would_be_rounding_are_refused(
    prior: dict[str, Any], words: str
) -> None:
    X = np.random.default_rng(0).normal(size=(20, 2))
    with pytest.raises(mx.MixturaError, match=words):
        mx.GaussianMixture(2, prior=prior).fit(X)


@pytest.mark.parametrize("scale", [1e-299, 1e-150, 1e152])
@pytest.mark.parametrize("covariance_type", ["VII", "VVI", "EVI", "VVV", "EVE"])
def test_any_scale_that_is_let_in_can_be_fitted(covariance_type: str, scale: float) -> None:
    X = np.column_stack([np.random.default_rng(0).normal(size=(30, 2)), np.full(30, 7.0)])
    for prior in ({"scale": scale}, NormalInverseWishart(np.zeros(3), 0.1, 5.0, scale * np.eye(3))):
        fit = mx.GaussianMixture(3, covariance_type=covariance_type, prior=prior, random_state=0)
        assert np.isfinite(fit.fit(X).trace_).all()


@pytest.mark.parametrize("precision", [1e-250, 1e250])
@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag", "spherical", "VVI"])
def test_precisions_without_a_variance_are_refused(covariance_type: str, precision: float) -> None:
    kind = COVARIANCE_TYPES[covariance_type].layout
    ones = np.ones(kind.shape(1, 2)) if len(kind.shape(1, 2)) < 3 else np.eye(2)[None]
    shown = precision * (np.eye(2) if covariance_type == "tied" else ones)
    with pytest.raises(mx.MixturaError, match=r"precisions should be between 1e-200 and 1e\+200"):
        mx.GaussianMixture(1, covariance_type=covariance_type, precisions_init=shown).fit(np.eye(2))


def test_a_component_of_all_rows_is_not_spurious() -> None:
    X = np.array([[0.0], [0.0], [0.0], [5.0]])
    fit = mx.GaussianMixture(2, covariance_type="VII", means_init=[[0.0], [5.0]], max_iter=0).fit(X)
    alone = ArraySource(X[:3])  # rows that the second component has no part in
    assert judge(fit.mixture_, alone, np.zeros(1)).spurious == ()


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What each step towards a common form is judged by, as they are made."""
    made: list[float] = []
    judge = algebra._slope_and_curvature

    def noted(*args: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
        judged = judge(*args)
        made.append(judged[2])
        return judged

    monkeypatch.setattr(algebra, "_slope_and_curvature", noted)
    return made


@pytest.mark.parametrize("size", [(20, 3), (6, 13), (7, 60)])
def test_scales_are_found_in_a_few_steps_where_scatters_are_singular(
    size: tuple[int, int], steps: list[float]
) -> None:
    (n, d), count = size, np.array([1.0, 1.0, 1.2]) * size[0]
    rows = np.random.default_rng(0).normal(size=(3, n, d))
    rows[:, :, 2] = rows[:, :, 0] + 1e-4 * rows[:, :, 2]  # nearly collinear
    scatter = rows.transpose(0, 2, 1) @ rows + 1e-6 * n * np.eye(d)
    scales, form = algebra.NumPyAlgebra.common_form(count, scatter, np.ones(3))
    assert len(steps) <= 8  # turns made up to 73
    again = np.einsum("jab,ba->j", scatter, np.linalg.inv(form)) / (d * count)
    np.testing.assert_allclose(scales, again, rtol=1e-6)


def test_scales_that_nearly_vanish_are_found_as_well(steps: list[float]) -> None:
    # With r the second scale, in units of the first, n log(1 + 1 / r) + 2 n_1 log r is least.
    scatter, count = np.stack([np.eye(2), np.diag([1.0, 0.0])]), np.array([5.0, 4.99])
    scales, _ = algebra.NumPyAlgebra.common_form(count, scatter, np.ones(2))
    assert len(steps) <= 20  # 10,000 turns did not come near
    assert scales[1] / scales[0] == pytest.approx(9.99 / (2.0 * 4.99) - 1.0, rel=1e-9)
    with pytest.raises(mx.DegenerateError, match="1 of 2"):
        algebra.NumPyAlgebra.common_form(count[::-1], scatter, np.ones(2))


@pytest.mark.parametrize("covariance_type", ["EVI", "EVV"])
def test_heavy_rows_in_a_large_unit_overflow_nowhere(covariance_type: str) -> None:
    X = np.random.default_rng(0).normal(size=(40, 2)) + np.repeat([0.0, 6.0], 20)[:, None]
    plain, large = (
        mx.GaussianMixture(2, covariance_type=covariance_type, random_state=0).fit(
            unit * X, sample_weight=np.full(40, weight)
        )
        for unit, weight in ((1.0, 1.0), (2.0**232, 2.0**232))
    )
    np.testing.assert_allclose(large.means_ * 2.0**-232, plain.means_, rtol=1e-5)
    np.testing.assert_allclose(large.covariances_ * 2.0**-464, plain.covariances_, rtol=1e-5)
