"""Every family through every door of Python: fit, search, test, save, load, predict, sample."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

import mixtura as mx
from mixtura.estimators.mixture_estimator import MixtureEstimator
from mixtura.families import Categorical, Poisson
from mixtura.families.schema import Kind
from mixtura.typing import AnyArray

pytestmark = pytest.mark.filterwarnings("ignore::mixtura.DataWarning")


def _groups(n: int, k: int) -> AnyArray:
    return np.arange(n) % k


def binary(n: int = 90) -> AnyArray:
    rng = np.random.default_rng(1)
    p = np.array([[0.9, 0.8, 0.9, 0.2, 0.1], [0.1, 0.2, 0.1, 0.9, 0.8]])
    return (rng.random((n, 5)) < p[_groups(n, 2)]).astype(np.float64)


def counts(n: int = 90) -> AnyArray:
    rng = np.random.default_rng(2)
    return rng.poisson(np.array([[1.0, 6.0, 3.0], [7.0, 1.0, 3.0]])[_groups(n, 2)]).astype(float)


def arrows(n: int = 90) -> AnyArray:
    rng = np.random.default_rng(4)
    return rng.normal(np.array([[4.0, 0.0, 1.0], [0.0, 3.0, -1.0]])[_groups(n, 2)], 1.0)


def measurements(n: int = 90) -> AnyArray:
    rng = np.random.default_rng(4)
    group, loadings = _groups(n, 2), rng.normal(size=(2, 6))
    common = rng.normal(size=(n, 1)) * loadings[group]
    return 3.0 * rng.normal(size=(2, 6))[group] + common + rng.normal(size=(n, 6))


def answers(n: int = 90) -> AnyArray:
    rng = np.random.default_rng(3)
    p = np.array([[0.8, 0.15, 0.05], [0.05, 0.15, 0.8]])[_groups(n, 2)]
    codes = np.stack([(rng.random((n, 1)) > p.cumsum(axis=1)).sum(axis=1) for _ in range(4)], 1)
    return np.array(["no", "perhaps", "yes"], dtype=object)[codes]


def waits(n: int = 90) -> AnyArray:
    rng = np.random.default_rng(4)
    means = np.array([[1.0, 50.0, 3.0, 9.0], [20.0, 1.0, 3.0, 0.2]])
    return rng.exponential(means[_groups(n, 2)])


def sizes(n: int = 90) -> AnyArray:
    rng = np.random.default_rng(5)
    shapes, means = np.array([[2.0, 9.0], [9.0, 0.8]]), np.array([[1.0, 50.0], [9.0, 2.0]])
    own = _groups(n, 2)
    return rng.gamma(shapes[own], (means / shapes)[own])


def failures(n: int = 90) -> AnyArray:
    rng = np.random.default_rng(6)
    p = np.array([[0.9, 0.05, 0.5, 0.04], [0.1, 0.7, 0.5, 0.6]])
    return rng.geometric(p[_groups(n, 2)]) - 1.0


def places(n: int = 90) -> AnyArray:
    low = np.array([[0.0, 1.0], [3.0, 1.5]])[_groups(n, 2)]
    return np.random.default_rng(7).uniform(low, low + np.array([1.0, 2.0]))


def heavy_tails(n: int = 90) -> AnyArray:
    rng = np.random.default_rng(4)
    places = np.array([[0.0, 0.0, 0.0], [12.0, 12.0, 12.0]])[_groups(n, 2)]
    return places + rng.normal(size=(n, 3)) / np.sqrt(rng.gamma(1.5, size=(n, 1)) / 1.5)


@dataclass(frozen=True)
class Case:
    """An estimator without random numbers of its own, and a table of two groups.

    Attributes
    ----------
    estimator, table
    bad : float or str
        What a row of the table cannot consist of.
    """

    estimator: MixtureEstimator
    table: Callable[[], AnyArray]
    bad: float | str = 0.5

    def fitted(self, **options: Any) -> MixtureEstimator:
        wanted = {"n_components": 2, "random_state": 0, **options}
        return clone(self.estimator).set_params(**wanted).fit(self.table())


CASES = {
    "bernoulli": Case(mx.BernoulliMixture(), binary),
    "poisson": Case(mx.PoissonMixture(), counts),
    "categorical": Case(mx.CategoricalMixture(), answers, bad="maybe"),
    "exponential": Case(mx.ExponentialMixture(), waits, bad=-1.0),
    "gamma": Case(mx.GammaMixture(), sizes, bad=0.0),
    "geometric": Case(mx.GeometricMixture(), failures),
    "log_normal": Case(mx.LogNormalMixture(), sizes, bad=0.0),
    "uniform": Case(mx.UniformMixture(), places, bad=np.inf),
    "negative_binomial": Case(mx.NegativeBinomialMixture(), counts),
    "multinomial": Case(mx.MultinomialMixture(), counts),
    "von_mises_fisher": Case(mx.VonMisesFisherMixture(), arrows, bad=0.0),
    "family": Case(mx.FamilyMixture(Poisson()), counts),
    "student_t": Case(mx.StudentTMixture(), heavy_tails),
}
cases = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


@cases
def test_two_groups_are_found(case: Case) -> None:
    fit = case.fitted()
    X, truth = case.table(), _groups(90, 2)
    resp = fit.predict_proba(X)
    np.testing.assert_allclose(resp.sum(axis=1), 1.0, rtol=1e-12)
    share = np.mean(fit.predict(X) == truth)
    assert max(share, 1.0 - share) > 0.9
    assert fit.converged_
    assert fit.record_.mixture is fit.mixture_
    assert fit.score(X) == pytest.approx(fit.log_likelihood_ / 90)
    assert fit.bic(X) == pytest.approx(fit.scores_.bic(fit.n_parameters_))
    np.testing.assert_array_equal(fit.transform(X), resp)
    assert len(fit.get_feature_names_out()) == 2
    assert (np.diff(fit.trace_) >= -1e-12).all()


@cases
@pytest.mark.parametrize(
    "algorithm", ["saem", "minibatch", (mx.Stochastic(returns="mean"), "hard")], ids=str
)
def test_algorithms_that_blend_statistics(case: Case, algorithm: Any) -> None:
    options = {"algorithm": algorithm, "max_iter": 300 if algorithm == "minibatch" else 30}
    family = case.fitted().mixture_.family
    if family.blends:
        assert np.isfinite(case.fitted(**options).log_likelihood_)
    else:
        with pytest.raises(mx.MixturaError, match="is not for the family"):
            case.fitted(**options)


@cases
@pytest.mark.parametrize(
    "options",
    [{"algorithm": "hard"}, {"algorithm": "annealed"}]
    + [{"algorithm": "stochastic", "max_iter": 30}]
    + [{"init_params": way} for way in ("kmeans", "random", "hierarchical", "quantiles", "varied")]
    + [{"equal_weights": True}, {"weights_init": [0.3, 0.7], "fixed": "weights"}]
    + [{"acceleration": None}, {"init_params": np.arange(90) % 2}, {"n_components": 1}],
    ids=str,
)
def test_algorithms_starts_and_constraints(case: Case, options: dict[str, Any]) -> None:
    fit = case.fitted(**options)
    assert np.isfinite(fit.log_likelihood_)
    np.testing.assert_allclose(fit.predict_proba(case.table()).sum(axis=1), 1.0, rtol=1e-12)


@cases
def test_weights_are_repetition(case: Case) -> None:
    X, times = case.table(), np.arange(90) % 3
    options = {"n_components": 2, "random_state": 0, "init_params": "hierarchical", "n_init": 1}
    estimator = clone(case.estimator).set_params(**options)
    weighted = clone(estimator).fit(X, sample_weight=times.astype(float))
    repeated = clone(estimator).fit(np.repeat(X, times, axis=0))
    assert weighted.log_likelihood_ == pytest.approx(repeated.log_likelihood_, rel=1e-9)


@cases
def test_threads_refits_pickles_and_clones_are_the_same(case: Case) -> None:
    fit, X = case.fitted(), case.table()
    for other in (case.fitted(n_jobs=2), case.fitted(), pickle.loads(pickle.dumps(fit))):
        np.testing.assert_array_equal(other.predict_proba(X), fit.predict_proba(X))
    assert clone(fit).get_params().keys() == fit.get_params().keys()


@cases
def test_known_labels_and_warm_starts(case: Case) -> None:
    labels = np.full(90, -1)
    labels[:10] = _groups(10, 2)
    fit = clone(case.estimator).set_params(n_components=2, random_state=0)
    fit.fit(case.table(), labels=labels)
    assert (fit.predict(case.table())[:10] == labels[:10]).mean() > 0.7
    assert fit.n_known_ == 10
    again = case.fitted(warm_start=True)
    before = again.lower_bound_
    again.fit(case.table())
    assert again.lower_bound_ >= before - 1e-12


@cases
def test_model_files_are_exact(case: Case, tmp_path: Path) -> None:
    fit, X = case.fitted(), case.table()
    mx.save(fit, tmp_path / "model.json")
    again = mx.load(tmp_path / "model.json")
    assert again.schema_ == fit.schema_
    if not isinstance(case.estimator, mx.FamilyMixture):  # which comes back as its family's own
        assert type(again) is type(fit)
        assert again.get_params() == fit.get_params()
    np.testing.assert_array_equal(again.predict_proba(X), fit.predict_proba(X))
    assert again.record_.starts == fit.record_.starts
    assert again.trace_ == fit.trace_


@cases
def test_a_search_and_a_test_find_two(case: Case) -> None:
    X = case.table()
    grid = {"n_components": [1, 2, 3]}
    search = mx.MixtureSearch(case.estimator, grid, random_state=0).fit(X)
    assert search.best_params_ == {"n_components": 2}
    assert search.predict_proba(X).shape == (90, 2)
    assert search.k_probabilities_.keys() == {1, 2, 3}
    validated = mx.MixtureSearch(case.estimator, grid, criterion="cv", n_folds=3, random_state=0)
    assert not np.isnan(validated.fit(X).results_["cv"]).any()
    test = mx.bootstrap_test(case.estimator, X, n_bootstrap=19, max_components=2, random_state=0)
    assert test.n_components == 2
    assert isinstance(test.estimator, type(case.estimator))


@cases
def test_what_is_sampled_can_be_fitted(case: Case) -> None:
    fit = case.fitted()
    X, components = fit.sample(60)
    assert X.shape == (60, case.table().shape[1])
    assert set(components) <= {0, 1}
    clone(fit).fit(X)
    if isinstance(fit, mx.CategoricalMixture):
        assert set(X.ravel()) <= {"no", "perhaps", "yes"}


def test_the_coin_of_the_notes() -> None:
    coin = mx.BernoulliMixture().fit([[1], [0], [0], [1], [0]])  # H T T H T
    assert coin.probabilities_.tolist() == [[0.4]]


@pytest.mark.parametrize(
    ("estimator", "X", "words"),
    [
        (mx.BernoulliMixture(), [[0.0], [2.0]], "Column 0 has 2 in row 1"),
        (mx.BernoulliMixture(), [[0.5], [1.0]], "Column 0 has 0.5 in row 0"),
        (mx.PoissonMixture(), [[1.0, 2.0], [1.0, -3.0]], "Column 1 has -3 in row 1"),
        (mx.PoissonMixture(), [[1.0], [1.5]], "Column 0 has 1.5 in row 1"),
        (mx.PoissonMixture(), [["one"], ["two"]], "one"),
        (mx.CategoricalMixture(), [["a", None], ["b", None]], "All cells of column 1 are missing"),
        (mx.CategoricalMixture(), ["a", "b"], "got 1D array instead"),
        (mx.CategoricalMixture(), np.empty((0, 2)), "0 sample"),
        (mx.FamilyMixture(Categorical((2,))), [[0.0], [5.0]], "Column 0 has 5 in row 1"),
    ],
    ids=str,
)
def test_what_a_family_cannot_have_given(estimator: Any, X: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        estimator.fit(X)


# Of these any finite number can be.
ANY_NUMBER = ("factors", "student_t")


@pytest.mark.parametrize("name", [name for name in CASES if name not in ANY_NUMBER])
def test_new_rows_are_asked_the_same(name: str) -> None:
    case = CASES[name]
    fit, X = case.fitted(), case.table()[:2].copy()
    X[1] = case.bad
    anything = case.bad == np.inf  # then it is scikit-learn that refuses the cell
    words = "contains infinity" if anything else r"Column 0 has .* in row 1"
    with pytest.raises(ValueError if anything else mx.DataError, match=words):
        fit.predict_proba(X)


def test_levels_of_data_frames_are_found_by_name() -> None:
    frame = pd.DataFrame(
        {
            "drink": pd.Categorical(["tea", "tea", "milk", "milk"] * 5),
            "sugar": [True, True, False, False] * 5,
            "cups": [1, 1, 2, 3] * 5,
        }
    )
    fit = mx.CategoricalMixture(2, random_state=0).fit(frame)
    assert fit.levels_ == [("milk", "tea"), (False, True), (1, 2, 3)]
    assert [column.kind for column in fit.schema_] == [Kind.CATEGORICAL] * 3
    assert fit.feature_names_in_.tolist() == ["drink", "sugar", "cups"]
    with pytest.raises(
        mx.DataError, match=r"Column cups has 9 in row 0 .and 19 more.*in the fit were 1, 2, 3"
    ):
        fit.predict(frame.assign(cups=9))
    with pytest.raises(ValueError, match="feature names"):
        fit.predict(frame.rename(columns={"cups": "glasses"}))


def test_a_column_of_names_is_hardly_a_category() -> None:
    frame = pd.DataFrame({"name": [f"person {i}" for i in range(100)], "sex": ["f", "m"] * 50})
    with pytest.warns(mx.DataWarning, match="name has 100 levels in 100 rows"):
        mx.CategoricalMixture(1).fit(frame)


def test_categories_by_their_numbers_through_any_family(tmp_path: Path) -> None:
    X = np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 0.0]] * 20)
    fit = mx.FamilyMixture(Categorical((3, 2)), 1, random_state=0).fit(X)
    assert [column.n_levels for column in fit.schema_] == [3, 2]
    with pytest.raises(mx.DataError, match=r"Column 1 has 2 in row 0"):
        fit.predict(np.array([[0.0, 2.0]]))
    mx.save(fit, tmp_path / "model.json")
    again = mx.load(tmp_path / "model.json")
    np.testing.assert_array_equal(again.predict_proba(X), fit.predict_proba(X))
