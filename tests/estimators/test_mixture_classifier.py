"""`MixtureClassifier`: MclustDA and EDDA."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris
from sklearn.discriminant_analysis import (
    LinearDiscriminantAnalysis,
    QuadraticDiscriminantAnalysis,
)
from sklearn.naive_bayes import BernoulliNB

import mixtura as mx
from mixtura.estimators.gaussian_vocabulary import searched_types

IRIS, SPECIES = load_iris(return_X_y=True)
NAMES = np.array(["setosa", "versicolor", "virginica"])


def in_turns(n: int = 300) -> tuple[np.ndarray, np.ndarray]:
    """Four groups in a line, those of two classes in turns."""
    rng = np.random.default_rng(0)
    group = rng.integers(0, 4, n)
    X = rng.normal(0, 0.4, (n, 2))
    X[:, 0] += 4.0 * group
    return X, group % 2


@pytest.mark.parametrize(
    ("covariance_type", "rival"),
    [
        ("tied", LinearDiscriminantAnalysis(solver="lsqr")),
        ("full", QuadraticDiscriminantAnalysis(solver="eigen")),
    ],
)
def test_one_component_for_each_class_is_linear_or_quadratic_discriminant_analysis(
    covariance_type: str, rival: Any
) -> None:
    estimator = mx.GaussianMixture(covariance_type=covariance_type)
    ours = mx.MixtureClassifier(estimator, method="edda").fit(IRIS, SPECIES)
    # scikit-learn divides by n - 1 in a class: to its rows a copy of all adds nothing then.
    many, which = np.tile(IRIS, (2000, 1)), np.tile(SPECIES, 2000)
    theirs = rival.fit(many, which)
    np.testing.assert_allclose(
        ours.predict_proba(IRIS), theirs.predict_proba(IRIS), rtol=2e-3, atol=1e-6
    )


def test_independent_coins_are_naive_bayes() -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 200)
    X = (rng.random((200, 4)) < 0.2 + 0.3 * y[:, None]).astype(float)
    theirs = BernoulliNB(alpha=1e-10).fit(X, y)
    for method in ("mixtures", "edda"):
        ours = mx.MixtureClassifier(mx.BernoulliMixture(), method=method).fit(X, y)
        np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=1e-8)


def test_classes_of_several_groups() -> None:
    X, y = in_turns()
    mixtures = mx.MixtureClassifier(random_state=0).fit(X[::2], y[::2])
    assert [each.mixture_.n_components for each in mixtures.estimators_] == [2, 2]
    assert mixtures.score(X[1::2], y[1::2]) == 1.0
    assert mx.MixtureClassifier(method="edda").fit(X[::2], y[::2]).score(X[1::2], y[1::2]) < 0.8


def test_the_structure_has_the_least_bic_of_rows_and_classes() -> None:
    edda = mx.MixtureClassifier(method="edda").fit(IRIS, SPECIES)
    tried = edda.results_
    assert tried["covariance_type"].tolist() == list(searched_types(4))
    best = tried["bic"].argmin()
    assert edda.estimators_[0].covariance_type == tried["covariance_type"][best] == "VEV"
    assert edda.bic(IRIS, SPECIES) == pytest.approx(tried["bic"][best], rel=1e-12)
    by_hand = -2 * edda.log_likelihood_ + edda.n_parameters_ * np.log(150)
    assert edda.bic(IRIS, SPECIES) == pytest.approx(by_hand, rel=1e-12)
    assert edda.n_parameters_ == edda.estimators_[0].n_parameters_


@pytest.mark.parametrize("method", ["mixtures", "edda"])
def test_the_likelihood_is_that_of_rows_and_classes(method: str) -> None:
    estimator = mx.GaussianMixture(covariance_type="diag")
    fitted = mx.MixtureClassifier(estimator, method=method).fit(IRIS, SPECIES)
    joint = fitted.score_samples(IRIS) + fitted.predict_log_proba(IRIS)[np.arange(150), SPECIES]
    assert fitted.log_likelihood_ == pytest.approx(joint.sum(), rel=1e-12)
    assert fitted.n_parameters_ == 2 + 3 * 8
    given = mx.MixtureClassifier(estimator, method=method, priors=[0.2, 0.3, 0.5])
    assert given.fit(IRIS, SPECIES).n_parameters_ == 3 * 8


@pytest.mark.parametrize("method", ["mixtures", "edda"])
def test_names_of_classes_priors_and_weights(method: str) -> None:
    estimator = mx.GaussianMixture()
    plain = mx.MixtureClassifier(estimator, method=method).fit(IRIS, NAMES[SPECIES])
    assert plain.classes_.tolist() == NAMES.tolist()
    assert plain.class_prior_ == pytest.approx(np.full(3, 1 / 3))
    assert set(plain.predict(IRIS)) == set(NAMES)
    assert plain.score(IRIS, NAMES[SPECIES]) > 0.95

    priors = np.array([0.1, 0.2, 0.7])
    given = mx.MixtureClassifier(estimator, method=method, priors=priors).fit(IRIS, SPECIES)
    odds = plain.predict_log_proba(IRIS) + np.log(priors)
    expected = odds - np.logaddexp.reduce(odds, axis=1, keepdims=True)
    np.testing.assert_allclose(given.predict_log_proba(IRIS), expected, rtol=1e-9, atol=1e-9)

    times = np.random.default_rng(0).integers(0, 4, 150)
    weighted = mx.MixtureClassifier(estimator, method=method).fit(IRIS, SPECIES, times)
    repeated = mx.MixtureClassifier(estimator, method=method).fit(
        IRIS.repeat(times, axis=0), SPECIES.repeat(times)
    )
    np.testing.assert_allclose(weighted.class_prior_, repeated.class_prior_)
    np.testing.assert_allclose(
        weighted.predict_log_proba(IRIS), repeated.predict_log_proba(IRIS), rtol=1e-6, atol=1e-9
    )


def test_no_class_is_noise() -> None:
    strewn = np.concatenate([IRIS, np.random.default_rng(0).uniform(0, 10, (10, 4))])
    y = np.append(SPECIES, np.zeros(10, dtype=int))
    noisy = mx.MixtureClassifier(mx.GaussianMixture(noise=True, random_state=0)).fit(strewn, y)
    assert noisy.mixtures_[0].weights[-1] == pytest.approx(10 / 60, abs=0.05)
    assert noisy.predict_proba(strewn).shape == (160, 3)
    edda = mx.MixtureClassifier(mx.GaussianMixture(noise=True), method="edda").fit(IRIS, SPECIES)
    without = mx.MixtureClassifier(mx.GaussianMixture(), method="edda").fit(IRIS, SPECIES)
    np.testing.assert_allclose(edda.predict_log_proba(IRIS), without.predict_log_proba(IRIS))


def test_log_probabilities_do_not_vanish() -> None:
    fitted = mx.MixtureClassifier(method="edda").fit(IRIS, SPECIES)
    far = IRIS[:1] + 1e6
    assert fitted.predict_proba(far).min() == 0.0
    assert np.isfinite(fitted.predict_log_proba(far)).all()
    assert fitted.predict_log_proba(far).min() < -1e6


def test_rows_that_no_class_can_reach_have_the_prior_probabilities() -> None:
    answers = [["tea", "no"], ["tea", "no"], ["coffee", "yes"]]
    fitted = mx.MixtureClassifier(mx.CategoricalMixture()).fit(answers, ["cat", "cat", "dog"])
    probabilities = fitted.predict_proba([["tea", "yes"], ["tea", "no"]])
    np.testing.assert_allclose(probabilities, [[2 / 3, 1 / 3], [1, 0]])
    assert fitted.predict([["tea", "yes"]]) == ["cat"]
    assert fitted.score_samples([["tea", "yes"]])[0] == -np.inf
    with pytest.raises(mx.DataError, match="milk"):
        fitted.predict([["milk", "yes"]])


@pytest.mark.filterwarnings("ignore:Class")
def test_all_classes_share_units_and_floor() -> None:
    """A column that is constant in all classes speaks for none of them."""
    X = np.column_stack([IRIS * [1.0, 1.0, 1.0, 100.0], np.full(150, 5.0)])
    for estimator in (None, mx.GaussianMixture(2, random_state=0)):
        grid = {"n_components": [1, 2], "covariance_type": ["VVI"]} if estimator is None else None
        without = mx.MixtureClassifier(estimator, param_grid=grid, random_state=0)
        with pytest.warns(mx.DataWarning, match="^Column 4 is constant"):
            fitted = mx.MixtureClassifier(estimator, param_grid=grid, random_state=0).fit(
                X, SPECIES
            )
        expected = without.fit(X[:, :4], SPECIES).predict_log_proba(X[:, :4])
        np.testing.assert_allclose(fitted.predict_log_proba(X), expected, rtol=1e-3, atol=1e-6)


@pytest.mark.filterwarnings("ignore::mixtura.DataWarning")
def test_small_classes() -> None:
    keep = np.concatenate([np.arange(50), [50, 51], np.arange(100, 150)])
    X, y = IRIS[keep], NAMES[SPECIES[keep]]
    fitted = mx.MixtureClassifier(random_state=0).fit(X, y)
    assert fitted.estimators_[1].best_params_["n_components"] == 1
    with pytest.raises(mx.MixturaError, match=r"Class 'versicolor' cannot be fitted to its 2 rows"):
        mx.MixtureClassifier(mx.GaussianMixture(3)).fit(X, y)
    alone = np.arange(len(X)) != 50
    with pytest.warns(mx.DataWarning, match="Class 'versicolor' has no two rows that differ"):
        mx.MixtureClassifier(random_state=0).fit(X[alone], y[alone])
    edda = mx.MixtureClassifier(method="edda").fit(X[alone], y[alone])
    assert "collapsed" in edda.results_["status"]
    assert edda.results_["status"][edda.results_["bic"].argmin()] in ("sound", "collapsed")
    assert edda.estimators_[0].collapsed_ == ()
    assert np.mean(edda.predict(IRIS) == NAMES[SPECIES]) > 0.8


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"estimator": LinearDiscriminantAnalysis()}, "is a LinearDiscriminantAnalysis"),
        ({"method": "lda"}, "choose one of mixtures, edda"),
        ({"priors": [0.5, 0.5]}, r"shape of \(3,\)"),
        ({"priors": [1.0, 0.0, 0.0]}, "above 0 and sum to 1"),
        ({"method": "edda", "criterion": "cv"}, "choose one of bic"),
        ({"estimator": mx.MixtureSearch(), "method": "edda"}, "finds the mixture of one class"),
        ({"estimator": mx.MixtureSearch(), "param_grid": {"n_components": [1]}}, "of its own"),
        ({"estimator": mx.GaussianMixture(covariance_type="E"), "method": "edda"}, "is for one"),
    ],
)
def test_bad_parameters(options: dict[str, Any], words: str) -> None:
    with pytest.raises(mx.MixturaError, match=words):
        mx.MixtureClassifier(**options).fit(IRIS, SPECIES)


def test_classes_of_another_table_are_told() -> None:
    fitted = mx.MixtureClassifier(method="edda").fit(IRIS, NAMES[SPECIES])
    with pytest.raises(mx.DataError, match="y has the class 'rose'"):
        fitted.bic(IRIS[:2], ["rose", "setosa"])


def test_a_search_may_be_given_and_a_model_file_holds_one_mixture(tmp_path: Path) -> None:
    search = mx.MixtureSearch(mx.GaussianMixture(), {"n_components": [1, 2]}, random_state=0)
    frame = pd.DataFrame(IRIS, columns=list("abcd"))
    fitted = mx.MixtureClassifier(search).fit(frame, SPECIES)
    assert fitted.feature_names_in_.tolist() == list("abcd")
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(again.predict_log_proba(frame), fitted.predict_log_proba(frame))
    with pytest.raises(mx.MixturaError, match=r"one mixture.*estimators_"):
        mx.save(fitted, tmp_path / "classes.json")  # type: ignore[arg-type]
    for number, each in enumerate(fitted.estimators_):
        mx.save(each, tmp_path / f"{number}.json")
        kept = mx.load(tmp_path / f"{number}.json")
        np.testing.assert_array_equal(kept.score_samples(frame), each.score_samples(frame))


@pytest.mark.filterwarnings("ignore:.*of .* starts found")
def test_threads_change_nothing() -> None:
    one, two = (
        mx.MixtureClassifier(mx.GaussianMixture(2), random_state=0, n_jobs=n).fit(IRIS, SPECIES)
        for n in (1, 2)
    )
    np.testing.assert_array_equal(one.predict_log_proba(IRIS), two.predict_log_proba(IRIS))
