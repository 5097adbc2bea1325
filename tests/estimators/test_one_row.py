"""One row alone, and fits that make no iteration."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

import mixtura as mx

ROW = [[1.0, 2.0, 3.0]]
GROUPS = np.concatenate(
    [np.random.default_rng(0).normal(center, 1.0, (50, 2)) for center in (0.0, 4.0, 9.0)]
)


# ---------------------------------------------------------------------------------- one row


@pytest.mark.parametrize(
    "estimator",
    [
        mx.GaussianMixture(),
        mx.GaussianMixture(covariance_type="spherical", reg_covar=0.0),
        mx.GaussianMixture(means_init=ROW, max_iter=0),
        mx.StudentTMixture(),
        mx.LogNormalMixture(),
        mx.FactorMixture(n_factors=1),
        mx.MixedMixture(),
        mx.MixtureSearch(),
    ],
    ids=str,
)
def test_variances_need_two_rows(estimator: Any) -> None:
    with pytest.raises(mx.MixturaError, match=r"2 rows .* n_samples=1: .* sample_weight"):
        estimator.fit(np.array(ROW))
    with pytest.raises(mx.MixturaError, match="2 rows or more"):  # weight 0 is no row
        estimator.fit(np.array(ROW * 2), sample_weight=[1.0, 0.0])


@pytest.mark.filterwarnings("ignore::mixtura.DataWarning")
def test_a_row_of_weight_5_is_the_row_five_times() -> None:
    weighted = mx.GaussianMixture().fit(ROW, sample_weight=[5.0])
    repeated = mx.GaussianMixture().fit(ROW * 5)
    np.testing.assert_allclose(weighted.covariances_, repeated.covariances_, rtol=1e-12)
    assert weighted.log_likelihood_ == pytest.approx(repeated.log_likelihood_, rel=1e-12)


@pytest.mark.filterwarnings("ignore::mixtura.DataWarning")
def test_one_row_is_enough_where_no_variance_is_estimated() -> None:
    counts = mx.PoissonMixture().fit([[3.0, 4.0]])
    assert counts.score([[3.0, 4.0]]) > counts.score([[9.0, 4.0]])
    given = mx.GaussianMixture(prior={"scale": 1.0}).fit(ROW)
    assert (given.covariances_[0].diagonal() > 0.05).all()


def test_a_stream_may_come_row_by_row() -> None:
    gm = mx.GaussianMixture(random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", mx.DataWarning)
        for row in GROUPS[:60]:
            gm.partial_fit(row[None])
    assert gm.n_seen_ == 60


# ----------------------------------------------------------------------------- no iteration


@pytest.mark.parametrize("algorithm", ["em", "hard", "stochastic", "saem", "minibatch"])
def test_no_iteration_is_one_start_as_it_is(algorithm: str) -> None:
    gm = mx.GaussianMixture(3, max_iter=0, algorithm=algorithm, random_state=0).fit(GROUPS)
    assert gm.starts_.n_made == 1
    assert gm.status_ == "made no iteration (max_iter=0): the mixture is as it began"
    assert (gm.converged_, gm.n_iter_, gm.lower_bounds_, gm.notes_) == (False, 0, [], ())


def test_of_several_the_highest_is_kept_and_nothing_said_of_optima() -> None:
    made = {"max_iter": 0, "init_params": "random_from_data", "random_state": 0}
    several = mx.GaussianMixture(3, n_init=5, **made).fit(GROUPS)  # without warnings
    assert several.starts_.n_made == 5
    assert several.lower_bound_ == max(each.objective for each in several.starts_.optima)
    assert several.lower_bound_ >= mx.GaussianMixture(3, n_init=1, **made).fit(GROUPS).lower_bound_


# ----------------------------------------------------------------------------- the warnings


def test_what_is_said_of_the_result_is_silenced_with_either_category() -> None:
    equal = np.repeat(GROUPS[[0, 60, 120]], 2, axis=0)  # no cluster has any spread
    gm = mx.GaussianMixture(3, random_state=0)
    for category in (mx.DataWarning, ConvergenceWarning):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            warnings.filterwarnings("ignore", category=category)
            gm.fit(equal)
    assert gm.notes_
    with pytest.warns(mx.DataWarning, match="collapsed"):
        gm.fit(equal)


def test_what_is_said_of_the_data_is_no_convergence_warning() -> None:
    constant = np.column_stack([GROUPS, np.ones(len(GROUPS))])
    with pytest.warns(mx.DataWarning, match="constant") as caught:
        mx.GaussianMixture(3, random_state=0).fit(constant)
    assert not [each for each in caught if issubclass(each.category, ConvergenceWarning)]
