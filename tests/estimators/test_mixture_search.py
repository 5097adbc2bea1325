"""Choosing k and structure by a penalised likelihood."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

import mixtura as mx
from mixtura import em
from mixtura.estimators.gaussian_vocabulary import searched_types
from mixtura.estimators.mixture_search import Progress
from mixtura.families import Gaussian
from mixtura.fitting.random_streams import Purpose
from mixtura.fitting.run import Fitting
from mixtura.selection import held_out_weights
from mixtura.selection.named import CRITERIA


def groups(n: int = 300) -> np.ndarray:
    rng = np.random.default_rng(0)
    centers = np.array([[0.0, 0.0], [8.0, 1.0], [1.0, 9.0]])
    return centers[rng.choice(3, n)] + rng.normal(size=(n, 2)) * [1.0, 2.0]


GRID = {"n_components": [1, 2, 3, 4], "covariance_type": ["diag", "full"]}


def test_it_finds_k_and_structure() -> None:
    X = groups()
    search = mx.MixtureSearch(param_grid=GRID, random_state=0).fit(X)
    assert search.best_params_ == {"covariance_type": "diag", "n_components": 3}
    assert search.best_estimator_.n_components == 3
    best = search.results_["bic"][search.best_index_]
    assert best == np.nanmin(search.results_["bic"])
    np.testing.assert_allclose(search.bic(X), best, rtol=1e-12)
    np.testing.assert_array_equal(search.predict(X), search.best_estimator_.predict(X))
    np.testing.assert_array_equal(search.transform(X), search.best_estimator_.predict_proba(X))
    assert len(search.modes()) == 3
    assert search.get_feature_names_out().tolist() == [f"mixturesearch{j}" for j in range(3)]


@pytest.mark.parametrize("seed", range(4))
def test_runs_that_are_leaving_a_plateau_stay_in_the_race(seed: int) -> None:
    # Two groups that cross: EM from any start needs a dozen iterations to tell them apart.
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(500, 2)) * np.where(np.arange(500)[:, None] < 250, [1.0, 4.0], [4.0, 1.0])
    search = mx.MixtureSearch(random_state=0).fit(X)
    assert search.best_params_["n_components"] == 2


@pytest.mark.filterwarnings("ignore:.*the most that were tried")
@pytest.mark.filterwarnings("ignore:Component.*few rows")
@pytest.mark.parametrize("criterion", ["bic", "cv"])
def test_known_components_hold_in_every_candidate(criterion: str) -> None:
    X = groups(120)
    labels = np.full(120, -1)
    labels[:6] = [2, 1, 0, 2, 1, 0]
    weight = np.ones(120)
    weight[7] = 0.0
    grid = {"n_components": [2, 3, 4], "covariance_type": ["diag"]}
    search = mx.MixtureSearch(
        mx.GaussianMixture(n_init=1), grid, criterion=criterion, n_folds=3, random_state=0
    ).fit(X, sample_weight=weight, labels=labels)
    assert search.results_["standing"][0] == "failed"
    assert "they should be from 0 to 1" in search.results_["status"][0]
    best = search.best_estimator_
    assert best.n_known_ == 6
    alone = mx.GaussianMixture(
        best.n_components, covariance_type="diag", n_init=1, random_state=best.random_state
    ).fit(X, sample_weight=weight, labels=labels)
    np.testing.assert_allclose(best.means_, alone.means_, rtol=1e-12)


def test_results_are_columns_of_one_length() -> None:
    search = mx.MixtureSearch(param_grid=GRID, random_state=0).fit(groups())
    expected = {
        "covariance_type", "n_components", "log_likelihood", "n_parameters",
        "bic", "aic", "icl", "sabic", "nec", "slope", "cv", "probability", "standing", "status",
        "seconds",
    }  # fmt: skip
    assert set(search.results_) == expected
    assert {len(column) for column in search.results_.values()} == {8}
    r = search.results_
    np.testing.assert_allclose(r["aic"], -2 * r["log_likelihood"] + 2 * r["n_parameters"])
    np.testing.assert_allclose(r["bic"], -2 * r["log_likelihood"] + r["n_parameters"] * np.log(300))
    assert (r["icl"] >= r["bic"]).all()


def searched(criterion: str, X: np.ndarray, **fit: Any) -> mx.MixtureSearch:
    """A light search that has every criterion: one start, 12 candidates of 12 sizes, 3 folds."""
    grid = {"n_components": [1, 2, 3, 4, 5, 6], "covariance_type": ["tied", "diag"]}
    search = mx.MixtureSearch(
        mx.GaussianMixture(n_init=1), grid, criterion=criterion, n_folds=3, random_state=0
    )
    return search.fit(X, **fit)


@pytest.fixture(scope="module")
def whole() -> mx.MixtureSearch:
    return searched("cv", groups())


@pytest.mark.filterwarnings("ignore:.*the most that were tried")
@pytest.mark.filterwarnings("ignore:Only 1 of")
@pytest.mark.parametrize("criterion", CRITERIA)
def test_every_criterion_is_minimised(criterion: str, whole: mx.MixtureSearch) -> None:
    search = whole if criterion == "cv" else searched(criterion, groups())
    results = search.results_
    unsound = np.isin(results["standing"], ["collapsed", "spurious"])
    assert search.best_index_ == np.nanargmin(np.where(unsound, np.nan, results[criterion]))


def test_weights_equal_repetition_for_every_criterion() -> None:
    X = groups(120)
    weight = np.random.default_rng(0).integers(0, 3, 120)
    weighted = searched("cv", X, sample_weight=weight)
    repeated = searched("cv", np.repeat(X, weight, axis=0))
    assert weighted.best_params_ == repeated.best_params_
    for name in (*CRITERIA, "probability"):
        np.testing.assert_allclose(
            weighted.results_[name], repeated.results_[name], rtol=1e-5, atol=1e-9
        )


def test_units_change_no_comparison(whole: mx.MixtureSearch) -> None:
    unit, offset = np.array([1e3, 1e-4]), np.array([5e4, -1.0])
    other = searched("cv", groups() * unit + offset)
    assert other.best_params_ == whole.best_params_
    for name in ("nec", "probability"):
        np.testing.assert_allclose(other.results_[name], whole.results_[name], rtol=1e-4, atol=1e-9)
    for name in set(CRITERIA) - {"nec"}:
        mine, theirs = (search.results_[name] for search in (whole, other))
        np.testing.assert_allclose(theirs - theirs[0], mine - mine[0], atol=1e-2)


def test_the_entropy_criterion_is_relative_to_one_component_of_the_same_structure() -> None:
    X, grid = groups(), {"n_components": [2], "covariance_type": ["diag", "tied"]}
    search = mx.MixtureSearch(mx.GaussianMixture(n_init=1), grid, random_state=0).fit(X)
    for i, structure in enumerate(search.results_["covariance_type"]):
        one, two = (
            mx.GaussianMixture(k, covariance_type=structure, n_init=1, random_state=0).fit(X)
            for k in (1, 2)
        )
        gain = two.log_likelihood_ - one.log_likelihood_
        resp = two.predict_proba(X)
        entropy = -np.sum(resp * np.log(resp, out=np.zeros_like(resp), where=resp > 0.0))
        np.testing.assert_allclose(search.results_["nec"][i], entropy / gain, rtol=1e-5)


@pytest.mark.filterwarnings("ignore:Component.*few rows")  # of five components
def test_cross_validation_equals_a_loop_by_hand(whole: mx.MixtureSearch) -> None:
    X, i = groups(), 4
    seed = np.random.RandomState(0).randint(2**31 - 1)
    held_out = 0.0
    for fold in held_out_weights(np.ones(300), 3, np.random.default_rng((seed, Purpose.FOLD))):
        model = mx.GaussianMixture(
            n_init=1,
            n_components=int(whole.results_["n_components"][i]),
            covariance_type=str(whole.results_["covariance_type"][i]),
            random_state=seed,
        )
        held_out += model.fit(X[fold == 0.0]).score_samples(X[fold == 1.0]).sum()
    np.testing.assert_allclose(whole.results_["cv"][i], -2.0 * held_out, rtol=1e-9)


def test_probabilities_of_k_are_summed_over_structures(whole: mx.MixtureSearch) -> None:
    r = whole.results_
    np.testing.assert_allclose(np.nansum(r["probability"]), 1.0, rtol=1e-12)
    for k, probability in whole.k_probabilities_.items():
        np.testing.assert_allclose(np.nansum(r["probability"][r["n_components"] == k]), probability)
    assert list(whole.k_probabilities_)[:4] == [1, 2, 3, 4]
    assert max(whole.k_probabilities_, key=whole.k_probabilities_.__getitem__) == 3


def test_what_a_criterion_needs_is_said_before_the_work() -> None:
    with pytest.raises(mx.MixturaError, match=r"at least 10 different .* but there are 8"):
        mx.MixtureSearch(param_grid=GRID, criterion="slope").fit(groups())
    with pytest.raises(mx.MixturaError, match=r"n_folds.*: 1\. "):
        mx.MixtureSearch(criterion="cv", n_folds=1).fit(groups())
    with pytest.raises(mx.DataError, match=r"n_folds=10 .* total weight is 3"):
        mx.MixtureSearch(criterion="cv").fit(groups(3))


def test_a_candidate_that_cannot_be_cross_validated_is_not_chosen() -> None:
    X = (np.random.default_rng(0).random((30, 8)) < 0.5).astype(float)
    grid = {"n_components": [1, 29]}
    search = mx.MixtureSearch(mx.BernoulliMixture(), grid, criterion="cv", random_state=0).fit(X)
    assert np.isnan(search.results_["cv"][1])
    assert "not cross-validated: " in search.results_["status"][1]
    assert np.isfinite(search.results_["bic"][1])
    assert search.best_params_ == {"n_components": 1}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_the_default_grid_depends_on_the_dimension() -> None:
    X = groups(60)
    options: dict[str, Any] = {"max_iter": 3, "n_init": 2}
    flat = mx.MixtureSearch(mx.GaussianMixture(**options), random_state=0).fit(X)
    line = mx.MixtureSearch(mx.GaussianMixture(**options), random_state=0).fit(X[:, :1])
    assert set(flat.results_["covariance_type"]) == set(searched_types(2))
    assert len(searched_types(2)) == 14
    assert set(line.results_["covariance_type"]) == {"E", "V"}
    assert set(line.results_["n_components"]) == set(range(1, 10))


def test_jobs_give_the_same_bits_and_progress_is_told() -> None:
    told: list[tuple[int, int]] = []
    progress: Progress = lambda done, total, params: told.append((done, total))  # noqa: E731
    serial = mx.MixtureSearch(param_grid=GRID, random_state=0).fit(groups(), progress=progress)
    parallel = mx.MixtureSearch(param_grid=GRID, random_state=0, n_jobs=2).fit(groups())
    assert_told_to_the_end(told)
    for name in ("log_likelihood", "bic", "status"):
        np.testing.assert_array_equal(serial.results_[name], parallel.results_[name])


@pytest.mark.filterwarnings("ignore:.*the most that were tried")
def test_cross_validation_is_told_too() -> None:
    told: list[tuple[int, int]] = []
    progress: Progress = lambda done, total, params: told.append((done, total))  # noqa: E731
    grid = {"n_components": [1, 2]}
    search = mx.MixtureSearch(mx.GaussianMixture(), grid, criterion="cv", n_folds=2, random_state=0)
    search.fit(groups(60), progress=progress)
    assert_told_to_the_end(told)


def assert_told_to_the_end(told: list[tuple[int, int]]) -> None:
    done, total = zip(*told, strict=True)
    assert (np.diff(done) > 0).all()
    assert all(a <= b for a, b in told)
    assert done[-1] == total[-1]


def test_weights_equal_repetition() -> None:
    X = groups(90)
    weight = np.random.default_rng(0).integers(0, 3, 90)
    # Starts depend on how rows are numbered; with more components than groups ends do, too.
    grid = GRID | {"n_components": [1, 2, 3]}
    weighted = mx.MixtureSearch(param_grid=grid, random_state=0).fit(X, sample_weight=weight)
    repeated = mx.MixtureSearch(param_grid=grid, random_state=0).fit(np.repeat(X, weight, axis=0))
    assert weighted.best_params_ == repeated.best_params_
    np.testing.assert_allclose(weighted.results_["bic"], repeated.results_["bic"], rtol=1e-6)


def test_candidates_that_fail_say_why() -> None:
    search = mx.MixtureSearch(param_grid={"n_components": [1, 2, 40]}, random_state=0).fit(
        groups(30)
    )
    assert "30 rows for 40 components" in search.results_["status"][2]
    assert np.isnan(search.results_["bic"][2])
    assert search.results_["standing"].tolist() == ["finished", "finished", "failed"]
    with pytest.raises(mx.MixturaError, match=r"None of the 1 candidates.*40"):
        mx.MixtureSearch(param_grid={"n_components": [40]}).fit(groups(30))


@pytest.mark.filterwarnings("ignore:.*the most that were tried")
def test_a_structure_that_one_component_cannot_have_lacks_one_criterion_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begin = em.begin

    def fails(family: Gaussian, *args: Any) -> Any:
        if not family.structure.diagonal:
            raise mx.DegenerateError("out of luck")
        return begin(family, *args)

    monkeypatch.setattr(em, "begin", fails)
    grid = {"n_components": [2, 3], "covariance_type": ["VVI", "EEV"]}
    estimator = mx.GaussianMixture(n_init=2)
    results = mx.MixtureSearch(estimator, grid, random_state=0).fit(groups()).results_
    assert results["covariance_type"].tolist() == ["VVI", "VVI", "EEV", "EEV"]
    assert set(results["standing"]) == {"finished"}
    assert np.isnan(results["nec"]).tolist() == [False, False, True, True]
    assert ["no nec" in text for text in results["status"]] == [False, False, True, True]
    assert np.isfinite(results["bic"]).all()
    search = mx.MixtureSearch(estimator, {"covariance_type": ["EEV"], "n_components": [2, 3]})
    with pytest.raises(mx.MixturaError, match=r"None of the 2 .* judged by 'nec'\. .*no nec"):
        search.set_params(criterion="nec", random_state=0).fit(groups())


@pytest.mark.filterwarnings("ignore::mixtura.DataWarning")
def test_a_criterion_that_is_infinite_is_better_than_none() -> None:
    grid = {"n_components": [40, 2]}
    search = mx.MixtureSearch(mx.GaussianMixture(), grid, criterion="nec", random_state=0)
    search.fit(np.ones((30, 1)))
    assert np.isnan(search.results_["nec"][0])
    assert np.isinf(search.results_["nec"][1])
    assert search.best_index_ == 1


def test_an_error_has_each_reason_once() -> None:
    grid = [
        {"n_components": [40, 50], "covariance_type": ["diag", "full"]},
        {"n_components": [1], "covariance_type": ["E"]},
    ]
    with pytest.raises(mx.MixturaError) as told:
        mx.MixtureSearch(param_grid=grid).fit(groups(30))
    text = str(told.value)
    assert "covariance_type=diag, n_components=40 and 3 more failed: Expected n_samples" in text
    assert "covariance_type=E, n_components=1 failed: covariance_type='E' is for one" in text
    assert text.count("failed") == 2


def test_what_a_fit_finds_a_search_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    works = Fitting.begin

    def begins_late(self: Fitting, number: int) -> Any:
        if number < 4:
            raise mx.DegenerateError("out of luck")
        return works(self, number)

    monkeypatch.setattr(Fitting, "begin", begins_late)
    estimator = mx.GaussianMixture(3, n_init=6, init_params="varied", random_state=0)
    alone = estimator.fit(groups())
    search = mx.MixtureSearch(estimator, {}).fit(groups())
    assert alone.starts_.n_failed >= 4
    assert search.best_estimator_.starts_ == alone.starts_


@pytest.mark.parametrize(
    "step",
    [
        "Fitting.restarts",
        "Fitting.resumed",
        "Fitting.clear",
        "Fitting.passing_over",
        "GaussianMixture._prepare",
        "Fitting.record",
    ],
)
def test_a_candidate_that_fails_anywhere_is_out_and_the_search_goes_on(
    step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, name = step.split(".")
    kind = {"Fitting": Fitting, "GaussianMixture": mx.GaussianMixture}[owner]
    works = getattr(kind, name)

    def fails(self: Any, *args: Any, **options: Any) -> Any:
        if is_full(self):
            raise mx.DegenerateError("out of luck")
        return works(self, *args, **options)

    estimator = mx.GaussianMixture(n_init=3, init_params="varied")
    grid = {"n_components": range(1, 6), "covariance_type": ["VVV", "VVI"]}
    X = groups() @ [[1.0, 0.9], [0.0, 1.0]]  # so that VVV is the best
    search = mx.MixtureSearch(estimator, grid, random_state=0, finalists=2).fit(X)
    assert search.best_params_["covariance_type"] == "VVV"
    monkeypatch.setattr(kind, name, fails)
    search = mx.MixtureSearch(estimator, grid, random_state=0, finalists=2).fit(X)
    assert search.best_params_["covariance_type"] == "VVI"
    results = search.results_
    failed = results["standing"] == "failed"
    assert failed.any()
    assert (results["covariance_type"][failed] == "VVV").all()
    assert set(results["status"][failed]) == {"failed: out of luck"}
    assert np.isnan(results["bic"][failed]).all()


def test_the_only_candidate_fails_as_any_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*args: Any) -> None:
        raise mx.DegenerateError("out of luck")

    monkeypatch.setattr(Fitting, "passing_over", fails)
    with pytest.raises(mx.MixturaError, match=r"None of the 1 .* The only one failed: out of luck"):
        mx.MixtureSearch(mx.GaussianMixture(2), {}).fit(groups(30))


def is_full(step: mx.GaussianMixture | Fitting) -> bool:
    """Whether a step is one of a candidate of full covariances."""
    if isinstance(step, mx.GaussianMixture):
        return bool(step.covariance_type == "VVV")
    family = step.begin(0).mixture.clusters.family
    return not family.structure.diagonal


def test_unknown_criteria_and_parameters() -> None:
    with pytest.raises(mx.MixturaError, match=r"magic.*bic, aic, icl, sabic, nec, slope, cv"):
        mx.MixtureSearch(criterion="magic").fit(groups())
    with pytest.raises(ValueError, match="magic"):
        mx.MixtureSearch(param_grid={"magic": [1]}).fit(groups())


def test_notes_of_the_best_are_told_once() -> None:
    X = np.column_stack([groups(), np.zeros(300)])
    with pytest.warns(mx.DataWarning, match="constant") as told:
        mx.MixtureSearch(param_grid=GRID, random_state=0).fit(X)
    assert len(told) == 1


# ---------------------------------------------------------------------------------------------
# Structures that grow side by side


def test_the_best_is_as_good_as_it_would_be_alone() -> None:
    X, options = groups(), {"n_init": "auto", "init_params": "varied", "random_state": 0}
    search = mx.MixtureSearch(mx.GaussianMixture(**options), {"n_components": [1, 2, 3, 4]}).fit(X)
    alone = mx.GaussianMixture(3, **options).fit(X)
    assert search.best_params_ == {"n_components": 3}
    np.testing.assert_allclose(search.best_estimator_.means_, alone.means_, atol=1e-3)
    assert search.best_estimator_.lower_bound_ >= alone.lower_bound_ - 1e-7


def test_those_left_behind_say_so_and_lose() -> None:
    estimator = mx.GaussianMixture(n_init=4, init_params="varied")
    grid = {"n_components": [1, 2, 3, 4, 5, 6], "covariance_type": ["EII", "EVI", "VVV"]}
    search = mx.MixtureSearch(estimator, grid, random_state=0, finalists=1).fit(groups())
    everyone = mx.MixtureSearch(estimator, grid, random_state=0, finalists=None).fit(groups())
    standing, told = search.results_["standing"], search.results_["status"]
    assert set(standing) >= {"finished", "given up", "left out"}
    for i in np.flatnonzero(standing == "left out"):
        assert told[i].startswith("left out: ")
        assert np.isnan(search.results_["bic"][i])
        assert everyone.results_["bic"][i] > search.results_["bic"][search.best_index_]
    behind = np.array(["left behind after" in text for text in told])
    assert set(standing[behind]) <= {"left behind", "given up"}
    assert standing[search.best_index_] == "finished"
    assert search.best_params_ == everyone.best_params_
    begun = standing != "left out"
    assert (search.results_["bic"] >= everyone.results_["bic"] - 1e-3)[begun].all()
    assert not set(everyone.results_["standing"]) & {"left behind", "given up", "left out"}


def test_it_goes_on_past_the_default_grid_while_the_criterion_falls() -> None:
    rng = np.random.default_rng(0)
    centers = 12.0 * np.stack(np.meshgrid(np.arange(4), np.arange(3)), axis=-1).reshape(12, 2)
    X = np.repeat(centers, 25, axis=0) + rng.normal(size=(300, 2))
    search = mx.MixtureSearch(random_state=0).fit(X)
    assert search.best_params_["n_components"] == 12
    assert not search.at_limit_
    grid = {"n_components": range(1, 10), "covariance_type": ["EII"]}
    with pytest.warns(mx.DataWarning, match=r"^9 components are the most that were tried: .* BIC"):
        asked = mx.MixtureSearch(param_grid=grid, random_state=0).fit(X)
    assert asked.at_limit_
    assert asked.best_params_["n_components"] == 9
    further = mx.MixtureSearch(param_grid=grid, random_state=0, extend=True).fit(X)
    assert further.best_params_["n_components"] == 12
    assert max(further.results_["n_components"]) > 12


@pytest.mark.filterwarnings("ignore:.*cannot be chosen")
def test_runs_that_all_collapse_do_not_win(monkeypatch: pytest.MonkeyPatch) -> None:
    # Without a floor they end before that, with mixtures that look sound and are no optima.
    monkeypatch.setattr(Fitting, "clear", lambda self, fit: fit.mixture.n_clusters == 1)
    grid = {"n_components": [1, 2, 3]}
    search = mx.MixtureSearch(mx.GaussianMixture(n_init=2), grid, random_state=0).fit(groups())
    assert search.results_["standing"].tolist() == ["finished", "collapsed", "collapsed"]
    assert "not considered: a component collapsed" in search.results_["status"][2]
    assert search.best_params_ == {"n_components": 1}


@pytest.mark.filterwarnings("ignore:.*an atom")
def test_unsound_optima_do_not_win_and_are_told() -> None:
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.normal(size=200), rng.exponential(size=200)])
    X[:60, 1] = 0.0  # an atom: the likelihood of a component there is that of the floor
    with pytest.warns(
        mx.DataWarning, match="has a lower BIC, .* but cannot be chosen: .*collapsed"
    ):
        search = mx.MixtureSearch(random_state=0).fit(X)
    assert search.best_estimator_.collapsed_ == search.best_estimator_.spurious_ == ()
    other = mx.MixtureSearch(mx.GaussianMixture(reg_covar=1e-8, n_init="thorough"), random_state=0)
    with pytest.warns(mx.DataWarning):
        other.fit(X)
    assert other.best_params_ == search.best_params_
    bic = [each.results_["bic"][each.best_index_] for each in (search, other)]
    np.testing.assert_allclose(*bic, atol=0.1)


@pytest.mark.parametrize(
    ("options", "criterion"),
    [({}, "nec"), ({}, "slope"), ({"algorithm": "stochastic", "max_iter": 8}, "bic")],
)
def test_nobody_is_paused_where_early_iterations_say_nothing(
    options: dict[str, Any], criterion: str
) -> None:
    grid = {"n_components": range(1, 11), "covariance_type": ["EII", "VII", "EEI"]}
    estimator = mx.GaussianMixture(**options)
    search = mx.MixtureSearch(estimator, grid, criterion=criterion, random_state=0)
    told = search.fit(groups()).results_["status"]
    assert not any(text.startswith("paused") for text in told)


@pytest.mark.parametrize("options", [{"prior": "default"}, {"algorithm": "hard"}, {"noise": True}])
def test_a_search_of_any_kind_ends(options: dict[str, Any]) -> None:
    grid = {"n_components": range(1, 11), "covariance_type": ["EII", "VII", "EEI"]}
    search = mx.MixtureSearch(mx.GaussianMixture(**options), grid, finalists=3, random_state=0).fit(
        groups()
    )
    told = search.results_["status"]
    assert any(text.startswith("left out") for text in told)
    assert search.best_estimator_.converged_


def test_columns_keep_their_names() -> None:
    table = pl.DataFrame(groups(), schema=["a", "b"])
    search = mx.MixtureSearch(param_grid=GRID, random_state=0).fit(table)
    assert search.best_estimator_.feature_names_in_.tolist() == ["a", "b"]


@pytest.mark.parametrize("finalists", [0, 2.5, "all"])
def test_bad_finalists(finalists: Any) -> None:
    with pytest.raises(ValueError, match="finalists"):
        mx.MixtureSearch(finalists=finalists).fit(groups())


def test_linear_algebra_keeps_to_one_thread() -> None:
    seen: list[int] = []

    def progress(done: int, total: int, params: dict[str, Any]) -> None:
        seen.extend(lib["num_threads"] for lib in threadpool_info() if lib["user_api"] == "blas")

    with threadpool_limits(2, user_api="blas"):
        before = threadpool_info()
        mx.MixtureSearch(param_grid=GRID, random_state=0).fit(groups(), progress=progress)
        assert threadpool_info() == before
    assert {lib["num_threads"] for lib in before if lib["user_api"] == "blas"} == {2}
    assert set(seen) == {1}


@pytest.mark.parametrize("name", ["covariance", "schema_", "n_features_in_"])
def test_a_grid_names_parameters(name: str) -> None:
    grid = {"n_components": [1, 2], name: [1]}
    with pytest.raises(ValueError, match=f"param_grid names '{name}'"):
        mx.MixtureSearch(mx.GaussianMixture(), grid).fit(groups())


@pytest.mark.filterwarnings("ignore::mixtura.DataWarning")
@pytest.mark.parametrize("seed", [1, 4])
def test_candidates_whose_first_starts_are_not_sound_make_more(seed: int) -> None:
    of_groups, of_rows = np.random.default_rng(0), np.random.default_rng((0, seed))
    roots = np.eye(8) + 0.4 * of_groups.normal(size=(8, 8, 8))
    weights, means = of_groups.dirichlet(np.full(8, 5.0)), 1.5 * of_groups.normal(size=(8, 8))
    labels = of_rows.choice(8, 3_000, p=weights)
    X = of_rows.standard_normal((3_000, 8), dtype=np.float32)
    for j in range(8):
        X[labels == j] = means[j] + X[labels == j] @ roots[j].T
    grid = {"n_components": [7, 8], "covariance_type": ["VVV"]}
    search = mx.MixtureSearch(param_grid=grid, random_state=0)
    search.fit(X.astype(np.float64))
    best = search.best_estimator_
    assert best.converged_
    assert not best.spurious_
    assert best.starts_.n_made > 2
