"""The bootstrap test: its mechanics on small cases."""

from __future__ import annotations

from dataclasses import replace
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest

import mixtura as mx
from mixtura import em
from mixtura.estimators.bootstrap_test import BootstrapTest
from mixtura.estimators.gaussian_vocabulary import COVARIANCE_TYPES
from mixtura.families import GaussianParameters
from mixtura.families.gaussian.structures import AxisCovariances
from mixtura.mixture import Mixture
from mixtura.selection.likelihood_ratio import Fitted, Resampling
from mixtura.starts.given import given_responsibilities
from mixtura.starts.split_component import cuts, merges, splits
from mixtura.starts.training_rows import TrainingRows

STRUCTURES = [name for name in COVARIANCE_TYPES if len(name) == 3]


def two_groups(n: int = 60, distance: float = 6.0) -> np.ndarray:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, 2))
    X[: n // 3, 0] += distance
    return X


def outcome_of(X: np.ndarray, **options: Any) -> BootstrapTest:
    estimator = options.pop("estimator", mx.GaussianMixture(covariance_type="diag", tol=1e-5))
    return mx.bootstrap_test(estimator, X, **{"n_bootstrap": 19, "random_state": 0, **options})


def test_two_groups_are_found() -> None:
    X = two_groups()
    test = outcome_of(X)
    assert test.n_components == test.estimator.n_components == 2
    first, second = test.steps
    assert (first.n_components, second.n_components) == (1, 2)
    assert first.p_value == 1 / 20  # none of 19 samples reached the ratio
    assert second.p_value > 0.05
    for step in test.steps:
        reached = int((step.bootstrap >= step.ratio).sum())
        assert step.p_value == (1 + reached) / (1 + len(step.bootstrap))
        assert step.n_below_zero == 0
    one, two = (mx.GaussianMixture(k, covariance_type="diag").fit(X) for k in (1, 2))
    gain = 2.0 * (two.log_likelihood_ - one.log_likelihood_)
    np.testing.assert_allclose(first.ratio, gain, rtol=1e-4)
    np.testing.assert_array_equal(
        test.estimator.predict_proba(X).argmax(axis=1), test.estimator.predict(X)
    )
    assert str(test).endswith("2 components: not rejected against 3 at level 0.05")
    assert "1 against 2 components: ratio" in str(test)


def test_it_can_begin_further_on_and_tells_how_far_it_is() -> None:
    X, told = two_groups(), []
    test = outcome_of(X, min_components=2, progress=lambda *state: told.append(state))
    whole = outcome_of(X).steps[1]
    (step,) = test.steps
    assert (step.n_components, step.ratio) == (2, whole.ratio)
    np.testing.assert_array_equal(step.bootstrap, whole.bootstrap)
    assert told == [(done, 19, 2) for done in range(1, len(step.bootstrap) + 1)]


def test_the_order_of_a_table_in_memory_does_not_matter() -> None:
    X = two_groups(30)
    rows, columns = outcome_of(X, max_components=2), outcome_of(np.asfortranarray(X))
    assert rows.steps[0].ratio == columns.steps[0].ratio


def test_any_number_of_jobs_gives_the_same() -> None:
    X = two_groups(30)
    serial, parallel = outcome_of(X, n_jobs=1), outcome_of(X, n_jobs=3)
    for mine, theirs in zip(serial.steps, parallel.steps, strict=True):
        assert (mine.ratio, mine.p_value) == (theirs.ratio, theirs.p_value)
        np.testing.assert_array_equal(mine.bootstrap, theirs.bootstrap)
    other = outcome_of(X, random_state=1)
    assert other.steps[0].bootstrap[0] != serial.steps[0].bootstrap[0]


def test_ending_early_draws_the_same_samples_and_changes_no_decision() -> None:
    X = np.array([NormalDist().inv_cdf((i + 0.5) / 40) for i in range(40)])[:, None]
    early, late = (outcome_of(X, level=p, n_bootstrap=9, max_components=2) for p in (0.2, 0.999))
    drawn = early.steps[0].bootstrap
    assert len(drawn) < 9
    assert len(late.steps[0].bootstrap) == 9
    np.testing.assert_array_equal(drawn, late.steps[0].bootstrap[: len(drawn)])
    assert early.n_components == 1
    assert late.steps[0].p_value > 0.2


def test_weights_equal_repetition() -> None:
    X = two_groups(40)
    weight = np.random.default_rng(0).integers(0, 3, 40)
    options: dict[str, Any] = {"max_components": 2, "n_bootstrap": 5, "level": 0.2}
    weighted = outcome_of(X, sample_weight=weight, **options)
    repeated = outcome_of(np.repeat(X, weight, axis=0), **options)
    mine, theirs = weighted.steps[0], repeated.steps[0]
    assert mine.p_value == theirs.p_value
    np.testing.assert_allclose(mine.ratio, theirs.ratio, rtol=1e-4)
    np.testing.assert_allclose(mine.bootstrap, theirs.bootstrap, rtol=1e-4, atol=1e-4)


def fitted(X: np.ndarray, k: int, **options: Any) -> Fitted:
    """A model of the table, with what a test knows of it."""
    model = mx.GaussianMixture(k, random_state=0, **options).fit(X)
    specification = model._specification(table_of(X))
    return Fitted(model.mixture_, model.log_likelihood_, specification)


def table_of(X: np.ndarray) -> TrainingRows:
    return TrainingRows.of(X, None, [f"x{a}" for a in range(X.shape[1])])


@pytest.mark.filterwarnings("ignore::mixtura.DataWarning")
def test_samples_are_fitted_as_well_as_by_many_starts() -> None:
    X = two_groups()
    known = Resampling(fitted(X, 2), fitted(X, 3), table_of(X), 0)
    shortfalls = []
    for number in range(30):
        sample = known.sample(number)
        two, three = (
            mx.GaussianMixture(k, n_init="thorough", random_state=0).fit(sample.rows)
            for k in (2, 3)
        )
        whole = 2.0 * (three.log_likelihood_ - two.log_likelihood_)
        shortfalls.append(whole - known.ratio_of_sample(number))
    # Ratios of about 12 that differ by some 5 from sample to sample.
    assert abs(np.median(shortfalls)) < 0.1
    assert abs(np.mean(shortfalls)) < 1.0


@pytest.mark.filterwarnings("ignore:Component.*few rows")  # two
def test_where_a_component_collapses_in_a_sample_the_model_makes_its_own_starts() -> None:
    X = np.r_[two_groups(), np.repeat([[30.0, 30.0]], 2, axis=0)]
    model = fitted(X, 2, covariance_type="diag")
    # From its mixture the far component has two rows of the sample, which are equal.
    end = model.again(table_of(X))
    assert not end.soundness.upheld
    far = np.array([[0.0, 0.0], [30.0, 30.0]])
    params = GaussianParameters(far, AxisCovariances(np.ones((2, 2))))
    there = replace(model, mixture=replace(model.mixture, params=params))
    again = there.again(table_of(X))
    assert not again.soundness.upheld
    np.testing.assert_allclose(again.log_likelihood, end.log_likelihood, rtol=1e-5)


@pytest.mark.parametrize("noise", [False, True])
def test_splits_cut_one_component_and_leave_the_others(noise: bool) -> None:
    X = two_groups()
    mixture = mx.GaussianMixture(2, noise=noise, random_state=0).fit(X).mixture_
    resp = mixture.responsibilities(X)
    found = list(cuts(mixture, table_of(X)))
    assert 2 <= len(found) <= 4
    halved = []
    for cut in found:
        assert cut.shape == (60, 3 + noise)
        (whole,) = (j for j in range(2) if np.allclose(cut[:, 0], resp[:, j], atol=1e-12))
        halved.append(1 - whole)
        np.testing.assert_allclose(cut[:, 1:3].sum(axis=1), resp[:, 1 - whole], atol=1e-12)
        assert (cut[:, 1:3].sum(axis=0) > 0.0).all()
        np.testing.assert_allclose(cut[:, 3:], resp[:, 2:], atol=1e-12)
    assert set(halved) == {0, 1}


@pytest.mark.parametrize("noise", [False, True])
def test_likely_splits_are_the_m_steps_after_cuts(noise: bool) -> None:
    X = two_groups()
    mixture = mx.GaussianMixture(2, noise=noise, random_state=0).fit(X).mixture_
    table = table_of(X)
    source = table.source(1)
    likely = splits(mixture, table, mixture.family, mixture.mixing)
    heights = [np.mean(split.log_density(X)) for split in likely]
    assert heights == sorted(heights, reverse=True)
    by_hand = [
        em.begin(mixture.family, source, given_responsibilities(cut)).log_density(X).mean()
        for cut in cuts(mixture, table)
    ]
    np.testing.assert_allclose(heights, sorted(by_hand, reverse=True), rtol=1e-10)


def test_merges_begin_with_those_that_share_the_most() -> None:
    X = two_groups()
    mixture = mx.GaussianMixture(3, covariance_type="diag", random_state=0).fit(X).mixture_
    resp = mixture.responsibilities(X)
    first, *others = merges(mixture, table_of(X))
    assert len(others) == 2
    np.testing.assert_allclose(first.sum(axis=1), 1.0, rtol=1e-12)
    share = resp.T @ resp / np.sqrt(np.outer(*2 * [np.square(resp).sum(axis=0)]))
    a, b = divmod(int((share - np.eye(3)).argmax()), 3)
    np.testing.assert_allclose(first[:, 1], resp[:, a] + resp[:, b], atol=1e-12)


@pytest.mark.filterwarnings("ignore:GaussianMixture did not converge")
@pytest.mark.parametrize("structure", STRUCTURES)
def test_a_split_of_the_smaller_model_makes_up_for_poor_starts(structure: str) -> None:
    # From random responsibilities, in one iteration, the components stay on top of each other.
    poor = mx.GaussianMixture(covariance_type=structure, n_init=1, init_params="random", max_iter=1)
    test = outcome_of(two_groups(), estimator=poor, max_components=2, n_bootstrap=4, level=0.2)
    step = test.steps[0]
    assert test.estimator.init_params == "random"
    assert (np.diff(test.estimator.weights_) <= 0.0).all()
    alone = poor.set_params(n_components=2, random_state=0).fit(two_groups()).log_likelihood_
    single = poor.set_params(n_components=1).fit(two_groups()).log_likelihood_
    assert step.ratio > 10.0 + 2.0 * (alone - single)
    assert step.n_below_zero == (step.bootstrap < -1e-3).sum()


def test_it_ends_where_the_next_cannot_be_fitted() -> None:
    X = np.repeat(two_groups(3), 20, axis=0)
    test = outcome_of(X)
    assert test.steps == ()
    assert test.status == "1 component: a component of 2 collapsed"
    with pytest.warns(mx.DataWarning, match="constant"):
        few = outcome_of(two_groups(4)[:1])
    assert "2 components could not be fitted: Expected n_samples" in few.status
    assert (
        outcome_of(two_groups(), max_components=1).status
        == "1 component: max_components is reached"
    )


def test_samples_that_cannot_be_drawn_count_against_rejecting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def failing(*args: Any) -> None:
        raise mx.DegenerateError("as asked")

    monkeypatch.setattr(Mixture, "sample", failing)
    step = outcome_of(two_groups()).steps[0]
    assert np.isinf(step.bootstrap).all()


def test_samples_that_cannot_be_fitted_count_against_rejecting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    of = TrainingRows.of

    def failing(rows: Any, *args: Any) -> TrainingRows:
        if not np.array_equal(rows, two_groups()):
            raise mx.DegenerateError("as asked")
        return of(rows, *args)

    monkeypatch.setattr(TrainingRows, "of", failing)
    step = outcome_of(two_groups()).steps[0]
    assert np.isinf(step.bootstrap).all()
    assert step.p_value == 1.0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"level": 1.0}, "'level': 1.0"),
        ({"n_bootstrap": 9}, "never reject at level=0.05: draw at least 19"),
        ({"max_components": 0}, "'max_components': 0"),
        ({"min_components": 3, "max_components": 2}, "'max_components': 2"),
        ({"sample_weight": np.full(60, 1e9)}, "sums to 6e"),
    ],
)
def test_wrong_parameters(options: dict[str, Any], message: str) -> None:
    with pytest.raises(mx.MixturaError, match=message):
        outcome_of(two_groups(), **options)
