"""The model file: exact, versioned, and refused when it is not right."""

from __future__ import annotations

import json
import warnings
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from sklearn.exceptions import NotFittedError

import mixtura as mx
from mixtura.cli.program import program
from mixtura.estimators.gaussian_vocabulary import COVARIANCE_TYPES
from mixtura.estimators.kept_parameters import kept_parameters
from mixtura.estimators.saving import to_model
from mixtura.families import Bernoulli, Box, Categorical, Gaussian, Poisson, WithNoise, registry
from mixtura.families.gaussian.structures import EII, VEI
from mixtura.families.likeness import leaves
from mixtura.families.noise import with_noise
from mixtura.families.poisson import PoissonDescription
from mixtura.families.schema import Column, Kind
from mixtura.fitting.record import FitRecord
from mixtura.fitting.restarts import Optimum, Starts
from mixtura.mixture import Mixture
from mixtura.persistence.model_file import read_model, write_model
from mixtura.stopping import Outlook, Status


def groups(d: int = 2) -> np.ndarray:
    rng = np.random.default_rng(0)
    return np.concatenate([rng.normal(0, 1, (60, d)), rng.normal(5, 2, (40, d))])


def answers() -> np.ndarray:
    """Of text, truth values, whole numbers and others, some of which Python takes for the same."""
    rng = np.random.default_rng(1)
    rows = np.empty((80, 4), dtype=object)
    for a, levels in enumerate(
        [("tea", "ä\n", ""), (True, False), (1, True, "1", "True"), (0.5, 2, -3)]
    ):
        rows[:, a] = [levels[i] for i in rng.integers(0, len(levels), 80)]
    return rows


def table_of(family: str) -> np.ndarray:
    if family == "categorical":
        return answers()
    rng = np.random.default_rng(2)
    if family == "poisson":
        return rng.poisson(np.where(np.arange(90)[:, None] < 40, 2.0, 9.0), (90, 3))
    return (rng.random((90, 3)) < np.where(np.arange(90)[:, None] < 40, 0.2, 0.9)).astype(int)


ESTIMATORS = {
    "bernoulli": mx.BernoulliMixture,
    "categorical": mx.CategoricalMixture,
    "poisson": mx.PoissonMixture,
}


@cache
def file_of(family: str = "gaussian") -> str:
    """The text of a model file."""
    if family == "gaussian":
        return text_of(mx.GaussianMixture(2, random_state=0).fit(groups()))
    return text_of(ESTIMATORS[family](2, random_state=0, tol=1e-3, n_init=2).fit(table_of(family)))


def text_of(estimator: Any) -> str:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        mx.save(estimator, Path(folder, "model.json"))
        return Path(folder, "model.json").read_text(encoding="utf-8")


def loaded(text: str, folder: Path) -> Any:
    path = folder / "model.json"
    path.write_text(text, encoding="utf-8")
    return mx.load(path)


def assert_same_record(mine: FitRecord, theirs: FitRecord) -> None:
    for a, b in zip(leaves(mine.mixture), leaves(theirs.mixture), strict=True):
        np.testing.assert_array_equal(a, b)
    for name in vars(mine):
        if name not in ("mixture", "status", "chain", "expectation", "summary"):  # not in files
            assert getattr(mine, name) == getattr(theirs, name), name
    known = replace(mine.status, outlook=mine.status.outlook.known)
    assert known == theirs.status
    assert theirs.chain is None  # thousands of mixtures are no part of one


def assert_same(fit: Any, again: Any, X: Any) -> None:
    """Everything that there is to know of two estimators, to the bit."""
    assert type(again) is type(fit)
    for ask in ("predict_proba", "score_samples", "predict"):
        mine, theirs = getattr(fit, ask)(X), getattr(again, ask)(X)
        assert mine.dtype == theirs.dtype
        np.testing.assert_array_equal(mine, theirs)
    for name in {*vars(fit), *dir(type(fit))}:
        if (
            not name.endswith("_")
            or name.startswith("_")
            or name in ("record_", "mixture_", "chain_")
        ):
            continue
        mine, theirs = getattr(fit, name), getattr(again, name)
        if name == "levels_":
            assert repr(mine) == repr(theirs)  # where true is not 1
        elif name in ("noise_region_", "prior_"):
            assert [leaf.tolist() for leaf in leaves(mine)] == [
                leaf.tolist() for leaf in leaves(theirs)
            ]
        elif name == "probabilities_" and isinstance(mine, list):
            assert [p.tolist() for p in mine] == [p.tolist() for p in theirs]
        else:
            assert np.asarray(mine).dtype == np.asarray(theirs).dtype
            np.testing.assert_array_equal(mine, theirs, err_msg=name)
    assert_same_record(fit.record_, again.record_)
    assert again.get_params() == fit.get_params()


# ---------------------------------------------------------------------------------------------
# Exact


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", list(COVARIANCE_TYPES))
def test_gaussian_mixtures_are_kept_exactly(name: str, dtype: type, tmp_path: Path) -> None:
    X = groups(1 if COVARIANCE_TYPES[name].one_dimensional else 2).astype(dtype)
    fit = mx.GaussianMixture(2, covariance_type=name, n_init=2, random_state=0).fit(X)
    assert_same(fit, loaded(text_of(fit), tmp_path), X)


@pytest.mark.parametrize(
    "given",
    [
        {"noise": True},
        {"noise": 40.0, "equal_weights": True, "covariance_type": "diag"},
        {"prior": "default", "covariance_type": "VEV"},
        {"prior": "default", "covariance_type": "spherical", "algorithm": "hard"},
        {"fixed": "means", "means_init": [[0.0, 0.0], [5.0, 5.0]]},
        {"fixed": "weights", "weights_init": [0.5, 0.5]},
        {
            "fixed": ("weights", "means"),
            "weights_init": [0.5, 0.5],
            "means_init": [[0.0, 0.0], [5.0, 5.0]],
        },
        {"equal_weights": True, "acceleration": None, "tol": 1e-3},
        {"algorithm": "stochastic", "max_iter": 4, "reg_covar": 0.0},
        {"algorithm": "saem", "max_iter": 4},
        {"algorithm": ("annealed", "hard")},
        {"algorithm": ("em",)},
    ],
    ids=lambda given: "-".join(map(str, given)),
)
def test_what_holds_a_gaussian_mixture_is_kept(given: dict[str, Any], tmp_path: Path) -> None:
    fit = mx.GaussianMixture(2, random_state=0, n_init=2, **given).fit(groups())
    again = loaded(text_of(fit), tmp_path)
    arrays = {name: None for name in given if name.endswith("_init")}
    assert_same(fit.set_params(**arrays), again, groups())
    assert again.record_.objective_text == fit.record_.objective_text
    assert again.mixture_.mixing == fit.mixture_.mixing


SETTINGS = [
    mx.Stochastic(burn_in=0.25, returns="mean"),
    mx.SAEM(power=1.0),
    (mx.Annealed(start=0.7, n_temperatures=3, n_iter=1), "hard"),
]


@pytest.mark.parametrize("algorithm", SETTINGS, ids=repr)
def test_settings_of_algorithms_are_kept(algorithm: Any, tmp_path: Path) -> None:
    fit = mx.GaussianMixture(2, algorithm=algorithm, max_iter=20, random_state=0).fit(groups())
    again = loaded(text_of(fit), tmp_path)
    assert again.algorithm == algorithm
    assert again.stages_ == fit.stages_
    assert again.record_.algorithm.names == fit.record_.algorithm.names
    np.testing.assert_array_equal(again.fit(groups()).trace_, fit.trace_)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("family", ["bernoulli", "poisson"])
def test_other_families_are_kept_exactly(family: str, dtype: type, tmp_path: Path) -> None:
    X = pd.DataFrame(table_of(family).astype(dtype), columns=["a", "ä b", ""])
    fit = ESTIMATORS[family](2, random_state=0, equal_weights=True).fit(X)
    assert_same(fit, loaded(text_of(fit), tmp_path), X)


def test_levels_are_kept_as_they_are(tmp_path: Path) -> None:
    X = answers()
    fit = mx.CategoricalMixture(2, random_state=0, n_init=1, tol=1e-3).fit(X)
    again = loaded(text_of(fit), tmp_path)
    assert_same(fit, again, X)
    assert repr(again.levels_) == repr(
        [("", "tea", "ä\n"), (False, True), (1, True, "1", "True"), (-3, 0.5, 2)]
    )
    rows, _ = again.set_params(random_state=3).sample(50)
    np.testing.assert_array_equal(fit.predict_proba(rows), again.predict_proba(rows))
    assert {type(cell) for cell in rows[:, 2]} == {int, bool, str}


def test_columns_without_levels_have_0_and_1(tmp_path: Path) -> None:
    X = table_of("bernoulli")
    fit = mx.FamilyMixture(Categorical((2, 2, 2)), 2, random_state=0).fit(X)
    again = loaded(text_of(fit), tmp_path)
    assert isinstance(again, mx.CategoricalMixture)
    assert again.levels_ == [(0, 1)] * 3
    np.testing.assert_array_equal(again.predict_proba(X), fit.predict_proba(X))


@pytest.mark.filterwarnings("ignore:Only 1 of")
@pytest.mark.parametrize(
    ("family", "kind"),
    [
        (Gaussian(EII, np.full(3, 0.5)), mx.GaussianMixture),
        (WithNoise(Gaussian(VEI, np.zeros(3)), Box(np.zeros(3), 9.0 * np.eye(3))), None),
        (Poisson(), mx.PoissonMixture),
        (Bernoulli(), mx.BernoulliMixture),
    ],
    ids=["gaussian", "noise", "poisson", "bernoulli"],
)
def test_a_family_comes_back_in_the_estimator_of_its_name(
    family: Any, kind: type | None, tmp_path: Path
) -> None:
    X = table_of("bernoulli").astype(np.float64)
    X = X + np.random.default_rng(0).normal(size=X.shape) if "Gauss" in str(family) else X
    fit = mx.FamilyMixture(family, 3, random_state=0).fit(X)
    again = loaded(text_of(fit), tmp_path)
    assert type(again) is (kind or mx.GaussianMixture)
    assert again.n_components == fit.mixture_.n_clusters
    np.testing.assert_array_equal(again.predict_proba(X), fit.predict_proba(X))
    assert_same_record(fit.record_, again.record_)
    if isinstance(again, mx.GaussianMixture):
        assert again.covariance_type in ("EII", "VEI")
        assert again.noise is (kind is None)


@pytest.mark.filterwarnings("ignore:.*the most that were tried")
def test_feature_names_and_searches(tmp_path: Path) -> None:
    X = pd.DataFrame(groups(), columns=["ä b", "1"])
    search = mx.MixtureSearch(param_grid={"n_components": [1, 2]}, random_state=0).fit(X)
    again = loaded(text_of(search), tmp_path)
    assert again.feature_names_in_.tolist() == ["ä b", "1"]
    assert again.n_components == 2
    np.testing.assert_array_equal(again.predict_proba(X), search.predict_proba(X))


def test_parameters_that_are_kept_are_those_of_the_estimator() -> None:
    gm, other = mx.GaussianMixture(1).fit(groups()), mx.PoissonMixture(1).fit([[1], [2]])
    machine = {"n_jobs", "verbose", "verbose_interval"}
    arrays = {"weights_init", "means_init", "precisions_init", "noise_init"}
    told = {"n_components", "equal_weights", "fixed"}
    left_out = machine | arrays | told
    assert set(kept_parameters("gaussian", gm.mixture_)) == set(gm.get_params()) - left_out
    assert set(kept_parameters("poisson", other.mixture_)) == set(other.get_params()) - left_out


def test_numpy_numbers_as_parameters(tmp_path: Path) -> None:
    fit = mx.GaussianMixture(
        np.int64(2),
        tol=np.float64(1e-5),
        n_init=np.int64(2),
        max_iter=np.int64(50),
        reg_covar=np.float32(1e-6),
        random_state=np.int64(3),
    ).fit(groups())
    again = loaded(text_of(fit), tmp_path)
    assert (again.max_iter, again.random_state, again.n_init) == (50, 3, 2)
    assert again.starts_ == fit.starts_


def test_arrays_as_parameters_are_left_out(tmp_path: Path) -> None:
    labels = np.arange(100) % 2
    fit = mx.GaussianMixture(
        2, init_params=labels, random_state=np.random.RandomState(0), prior={"dof": 5.0}
    ).fit(groups())
    again = loaded(text_of(fit), tmp_path)
    assert (again.init_params, again.random_state, again.prior) == ("auto", None, None)
    assert again.prior_.dof == 5.0


# ---------------------------------------------------------------------------------------------
# Made by hand


@pytest.mark.parametrize("family", ["gaussian", *ESTIMATORS])
def test_a_model_without_a_record_works_and_can_go_on(family: str, tmp_path: Path) -> None:
    rows = groups() if family == "gaussian" else table_of(family)
    fit = loaded(file_of(family), tmp_path)
    bare = loaded(json.dumps(json.loads(file_of(family)) | {"training": None}), tmp_path)
    np.testing.assert_array_equal(bare.predict_proba(rows), fit.predict_proba(rows))
    assert not hasattr(bare, "record_")
    assert_same_text(bare, tmp_path)
    bare.set_params(warm_start=True).fit(rows)
    assert bare.lower_bound_ >= fit.lower_bound_ - 1e-9


def assert_same_text(estimator: Any, folder: Path) -> None:
    text = text_of(estimator)
    assert text_of(loaded(text, folder)) == text


def test_attributes_set_by_hand(tmp_path: Path) -> None:
    made = mx.GaussianMixture(2, covariance_type="tied", equal_weights=True)
    made.weights_, made.means_ = np.array([0.5, 0.5]), np.array([[0.0, 0.0], [3.0, 4.0]])
    made.covariances_ = np.array([[1.0, 0.5], [0.5, 2.0]])
    made.n_features_in_ = 2
    again = loaded(text_of(made), tmp_path)
    np.testing.assert_array_equal(again.predict_proba(groups()), made.predict_proba(groups()))
    assert (again.covariance_type, again.equal_weights) == ("tied", True)
    assert not hasattr(again, "record_")


def test_float32_models_without_a_record_keep_all_digits(tmp_path: Path) -> None:
    X = groups().astype(np.float32)
    fit = mx.GaussianMixture(2, random_state=0).fit(X)
    bare = loaded(json.dumps(json.loads(text_of(fit)) | {"training": None}), tmp_path)
    assert bare.means_.dtype == np.float32
    np.testing.assert_array_equal(bare.mixture_.params.means, fit.mixture_.params.means)


# ---------------------------------------------------------------------------------------------
# Families of one's own


class Goals(Poisson):
    """A family that the package does not know."""


class GoalsDescription(PoissonDescription):
    name = "goals"

    def family(self, schema: Any) -> Goals:
        return Goals()


def test_families_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "DESCRIPTIONS", {**registry.DESCRIPTIONS})
    X = table_of("poisson")
    fit = mx.FamilyMixture(Goals(), 2, random_state=0, equal_weights=True).fit(X)
    with pytest.raises(mx.MixturaError, match=r"Goals is a family that nothing.*register\(Goals"):
        mx.save(fit, tmp_path / "model.json")
    assert list(tmp_path.iterdir()) == []

    registry.register(Goals, GoalsDescription())
    text = text_of(fit)
    again = loaded(text, tmp_path)
    assert isinstance(again, mx.FamilyMixture)
    assert isinstance(again.family, Goals)
    assert (again.n_components, again.equal_weights) == (2, True)
    np.testing.assert_array_equal(again.predict_proba(X), fit.predict_proba(X))
    assert_same_record(fit.record_, again.record_)
    assert {column.kind for column in again.schema_} == {Kind.COUNT}
    with pytest.raises(mx.DataError, match="a count is a whole number"):
        again.predict([[0.5, 1.0, 1.0]])
    again.set_params(warm_start=True).fit(X)

    monkeypatch.undo()
    with pytest.raises(mx.ModelFileError, match=r"no family 'goals'.*gaussian.*register"):
        loaded(text, tmp_path)


def test_structures_without_a_name_are_refused(tmp_path: Path) -> None:
    class OwnStructure:
        diagonal = True

        def estimate(self, *args: Any) -> Any:
            return VEI.estimate(*args)

        def n_parameters(self, k: int, d: int) -> int:
            return 1

    fit = mx.FamilyMixture(Gaussian(OwnStructure(), np.zeros(2)), random_state=0).fit(groups())
    with pytest.raises(mx.ModelFileError, match="has no name: add a line for it to NAMED_STRUCT"):
        mx.save(fit, tmp_path / "model.json")


def test_only_fitted_estimators_of_ours_can_be_saved(tmp_path: Path) -> None:
    for unfitted in (mx.GaussianMixture(), mx.MixtureSearch(), mx.PoissonMixture()):
        with pytest.raises(NotFittedError):
            mx.save(unfitted, tmp_path / "model.json")
    with pytest.raises(mx.MixturaError, match=r"estimator is {}; expected"):
        mx.save({}, tmp_path / "model.json")  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


# ---------------------------------------------------------------------------------------------
# What is refused


def _changed(**entries: Any) -> Any:
    return lambda document: {**document, **entries}


def _in(part: str, **entries: Any) -> Any:
    return lambda document: {**document, part: {**document[part], **entries}}


def _without(name: str) -> Any:
    return lambda document: {key: value for key, value in document.items() if key != name}


def _column(a: int, **entries: Any) -> Any:
    def change(document: dict[str, Any]) -> dict[str, Any]:
        columns = [
            {**column, **(entries if i == a else {})}
            for i, column in enumerate(document["columns"])
        ]
        return {**document, "columns": columns}

    return change


def _both(first: Any, second: Any) -> Any:
    return lambda document: second(first(document))


PRIOR = {"mean": [0.0, 0.0], "shrinkage": 1.0, "dof": 4.0, "scale": [[1.0, 0.0], [0.0, 1.0]]}
REGION = {"center": [0.0, 0.0], "edges": [[1.0, 0.0], [0.0, 1.0]]}
DIAGONAL = _in("options", structure="VVI")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_changed(format="other"), "format"),
        (lambda document: [document], "format"),
        (lambda document: None, "format"),
        (_changed(version=4), "version 4.*Update"),
        (_changed(version=0), "version.*0.*1 or more"),
        (_changed(version="1"), "version.*'1'.*whole number"),
        (_without("version"), "version.*missing"),
        (_changed(family="weibull"), "'family' cannot be used.*'weibull'.*bernoulli, categorical"),
        (_changed(family=3), "'family' is 3"),
        (_changed(options=[]), "'options' is .*an object"),
        (_changed(options={}), "'options.structure' is missing"),
        (_in("options", structure="round"), "'options.structure' is 'round'; .*EII, VII"),
        (_in("options", structure=["VVV"]), "'options.structure'"),
        (_in("options", structure="full"), "'options.structure' is 'full'"),
        (_in("options", shape=1), "'options.shape' is unknown; it should have structure, floor"),
        (_in("options", floor=[0.0]), "'options.floor' .* a list of 2"),
        (_in("options", floor=[0.0, -1.0]), r"'options.floor\[1\]' is -1.0; .*0 or more"),
        (_in("options", floor=[0.0, True]), r"'options.floor\[1\]' is True"),
        (_in("options", floor=[0.0, float("nan")]), r"'options.floor\[1\]' is nan"),
        (_in("options", fixed_means=1), "'options.fixed_means' is 1; .*true or false"),
        (_in("options", prior="default"), "'options.prior' is 'default'; .*an object"),
        (_in("options", prior={}), "'options.prior.mean' is missing"),
        (_in("options", prior={**PRIOR, "mean": [0.0, 1e101]}), r"prior.mean\[1\]' is 1e\+101"),
        (_in("options", prior={**PRIOR, "dof": 1.0}), "'options.prior.dof' is 1.0; .*above 1"),
        (_in("options", prior={**PRIOR, "dof": 10**400}), "'options.prior.dof' is inf"),
        (_in("options", prior={**PRIOR, "shrinkage": 0}), "prior.shrinkage' is 0; .*above 0"),
        (_in("options", prior={**PRIOR, "shrinkage": 5e-324}), "shrinkage is 5e-324.*1e-300"),
        (
            _both(
                _in(
                    "options",
                    structure="VVI",
                    prior={**PRIOR, "scale": (5e-324 * np.eye(2)).tolist()},
                ),
                _in("arrays", covariances=[[1.0, 1.0]] * 2),
            ),
            "'options.prior' cannot be used: .*positive-definite",
        ),
        (_in("options", prior={**PRIOR, "scale": [[1.0]]}), "prior.scale.*a list of 2"),
        (
            _in("options", prior={**PRIOR, "scale": [[1.0, 2.0], [2.0, 1.0]]}),
            "'options.prior' cannot be used: .*positive-definite",
        ),
        (_changed(n_components=3), "'n_components' is 3; it should be 2, as its arrays"),
        (_changed(n_components=True), "'n_components' is True"),
        (_changed(n_components=2.0), "'n_components' is 2.0; .*whole number"),
        (_changed(n_components=10**30), r"'n_components' is 1e\+30; .*whole number"),
        (_changed(columns=[]), "'columns' is empty"),
        (_changed(columns={"a": 1}), "'columns' is .*a list"),
        (_without("columns"), "'columns' is missing"),
        (_column(1, name=1), r"'columns\[1\].name' is 1; .*text"),
        (_column(1, name="\ud800"), r"'columns\[1\].name'.*ud800.*whole characters"),
        (_column(1, kind="text"), r"'columns\[1\].kind' is 'text'; .*continuous, count"),
        (_column(1, kind="categorical"), r"'columns\[1\].kind' is 'categorical'; .*continuous"),
        (_column(1, levels=["a"]), r"'columns\[1\].levels' is \['a'\]; it should be empty"),
        (_column(1, levels="ab"), r"'columns\[1\].levels' is 'ab'; .*a list"),
        (_column(0, kind="binary", levels=[1]), r"'columns\[0\].levels' is \[1\]; .*none or two"),
        (_both(_changed(named=True), _column(1, name="0")), "'columns' has '0' more than once"),
        (_changed(named=1), "'named' is 1; .*true or false"),
        (_changed(dtype="int8"), "'dtype' is 'int8'"),
        (_without("dtype"), "'dtype' is missing"),
        (_without("weights"), "'weights' is missing"),
        (_changed(weights=[0.5, 0.6]), "sum to 1"),
        (_changed(weights=[1.5, -0.5]), r"weights\[1\].*-0.5.*0 or more"),
        (_changed(weights=[0.5, 10**400]), r"weights\[1\].*inf.*finite number"),
        (_changed(weights=[0.5, 0.5, 0.0]), "weights.*a list of 2"),
        (_changed(mixing="all alike"), "'mixing' is 'all alike'; .*free weights, equal weights"),
        (_changed(mixing=["free weights"]), "'mixing'"),
        (_changed(mixing="equal weights but for noise"), "'mixing' is 'equal weights but for"),
        (
            _changed(mixing="equal weights", noise=REGION, weights=[0.4, 0.4, 0.2]),
            "'mixing' is 'equal weights'; .*equal weights but for noise",
        ),
        (_changed(arrays=[]), "'arrays' is .*an object"),
        (_changed(arrays={}), "'arrays.means' is missing; it should have means, covariances"),
        (_in("arrays", tails=[[1.0]]), "'arrays.tails' is unknown"),
        (_in("arrays", means=[]), r"'arrays.means' is \[\]"),
        (_in("arrays", means=3), r"'arrays.means' has shape \(\)"),
        (_in("arrays", means=[[[0.0]]]), r"'arrays.means' has shape \(1, 1, 1\)"),
        (
            _in("arrays", means=[["a", "b"], ["c", "d"]]),
            r"arrays.means\[0\]\[0\]' is 'a'; .*number",
        ),
        (_in("arrays", means=[[1.0, 2.0], [1.0]]), r"arrays.means\[1\]' is \[1.0\]; .*list of 2"),
        (_in("arrays", means=[[1.0, 2.0], [True, 4.0]]), r"arrays.means\[1\]\[0\]' is True"),
        (_in("arrays", means=[[1.0, 2.0], [1.0, None]]), r"arrays.means\[1\]\[1\]' is None"),
        (_in("arrays", means=[[0.0, 1e101], [0.0, 0.0]]), r"arrays.means\[0\]\[1\]' is 1e\+101"),
        (_in("arrays", covariances=[[[1.0]], [[1.0]]]), r"arrays.covariances' has shape .*k, 2, 2"),
        (
            _in("arrays", covariances=[np.eye(2).tolist(), [[1.0, 2.0], [2.0, 1.0]]]),
            r"'arrays.covariances\[1\]' is not positive definite",
        ),
        (
            _in("arrays", covariances=[[[1.0, 0.5], [0.1, 1.0]]] * 2),
            r"'arrays.covariances\[0\]\[0\]\[1\]' is 0.5; .*symmetric",
        ),
        (_in("arrays", covariances=[[[1.0, 1.0], [1.0, 1.0 + 1e-15]]] * 2), "eigenvalue"),
        (
            _in("arrays", covariances=[[[1.0, 0.0], [0.0, 5e-324]]] * 2),
            r"'arrays.covariances\[0\]\[1\]\[1\]' is 5e-324; .*a variance from 1e-200",
        ),
        (_in("arrays", covariances=[[[-1.0, 0.0], [0.0, 1.0]]] * 2), "is -1.0; .*a variance from"),
        (
            _both(DIAGONAL, _in("arrays", covariances=[[1e-310, 1.0]] * 2)),
            "is 1e-310; .*a variance",
        ),
        (DIAGONAL, r"'arrays.covariances' has shape \(2, 2, 2\); .*\(k, 2\)"),
        (
            _in("options", structure="EEE"),
            "not of structure EEE; it should be the same for all components",
        ),
        (
            _in(
                "arrays",
                means=[[-1e60, 0.0], [1e60, 0.0]],
                covariances=[np.diag([1e-90, 1.0]).tolist()] * 2,
            ),
            r"2e\+105 standard deviations apart, in column '0'",
        ),
        (
            _both(
                _changed(
                    weights=[0.5, 0.4, 0.1],
                    noise={"center": [1e60, 0.0], "edges": [[1.0, 0.0], [0.0, 1.0]]},
                ),
                _in("arrays", covariances=[np.diag([1e-90, 1.0]).tolist()] * 2),
            ),
            "standard deviations apart, in column '0'",
        ),
        (_without("noise"), "noise.*missing"),
        (_changed(noise={"center": [0.0, 0.0]}), "'noise.edges' is missing"),
        (_changed(noise={**REGION, "center": [0.0]}), "'noise.center'.*shape"),
        (_changed(noise={**REGION, "center": [0.0, 1e101]}), r"'noise.center\[1\]' is 1e\+101"),
        (
            _changed(noise={**REGION, "edges": [[1.0, 1.0], [1.0, 1.0]]}, weights=[0.5, 0.4, 0.1]),
            "'noise' cannot be used: .*span no volume",
        ),
        (_changed(noise=REGION), "'weights'.*a list of 3"),
        (_changed(parameters=[]), "'parameters' is .*an object"),
        (_without("parameters"), "'parameters' is missing"),
        (_in("parameters", algorithm="magic"), "parameters.algorithm.*'magic'.*em, hard"),
        (_in("parameters", algorithm=[]), "algorithm.*nothing in it"),
        (_in("parameters", algorithm=["em", "magic"]), "parameters.algorithm.*'magic'.*em, hard"),
        (_in("parameters", algorithm={"name": "em"}), "parameters.algorithm.*'em'.*stochastic"),
        (_in("parameters", algorithm={"name": "saem", "pace": 1}), "parameters.algorithm.*pace"),
        (_in("parameters", algorithm={"name": "saem", "power": 2}), "parameters.algorithm.*power"),
        (_in("parameters", algorithm=1), "parameters.algorithm' is 1; it should be one of em"),
        (_in("parameters", algorithm=[["em"]]), r"parameters.algorithm\[0\]' is \['em'\]"),
        (_in("parameters", algorithm={"name": "saem", "power": [1]}), "algorithm.power' is .1"),
        (_in("training", past=[{"name": "hard"}]), r"training.past\[0\].n_iter' is missing"),
        (_in("parameters", acceleration="warp"), "parameters.acceleration.*'warp'.*auto, early"),
        (_in("parameters", init_params=["a"]), r"parameters.init_params.*\['a'\].*kmeans"),
        (_in("parameters", n_init=0), "parameters.n_init.*0; .*1 or more, or one of auto"),
        (_in("parameters", n_init=True), "parameters.n_init.*True"),
        (_in("parameters", tol=-1.0), "parameters.tol.*-1.0.*0 or more"),
        (_in("parameters", random_state=-1), "parameters.random_state.*-1.*0 to"),
        (_in("parameters", prior={"dof": 3}), "parameters.prior.*dof.*'default'"),
        (_in("parameters", noise=0.0), "parameters.noise.*0.0.*above 0"),
        (
            _in("parameters", covariance_type="diag"),
            "'parameters.covariance_type' is 'diag'; it should be one of full, VVV",
        ),
        (_in("parameters", covariance_type="V"), "'parameters.covariance_type' is 'V'"),
        (_without("training"), "'training' is missing"),
        (_changed(training={"weight": 1.0}), "training"),
        (_changed(training={"weight": "1"}), "training"),
        (_in("training", algorithm="magic"), "'training.algorithm' is 'magic'"),
        (_in("training", weight=0.0), "training.weight.*0.0.*above 0"),
        (_in("training", weight=float("inf")), "training.weight.*inf.*finite"),
        (_in("training", objective=float("nan")), "training.objective.*nan.*finite"),
        (_in("training", log_likelihood=-1e308), "training.log_likelihood.*-1e\\+308"),
        (_in("training", trace=[1.0, float("nan")]), r"training.trace\[1\].*nan"),
        (_in("training", n_parameters=10**400), "training.n_parameters.*inf.*whole number"),
        (_in("training", n_parameters=True), "training.n_parameters.*True.*whole number"),
        (_in("training", converged=1), "training.converged.*1.*true or false"),
        (_in("training", status="\udcff"), "training.status.*whole characters"),
        (_in("training", notes="a note"), "training.notes.*'a note'.*a list"),
        (_in("training", collapsed=[2]), r"training.collapsed\[0\].*2.*0 to 1"),
        (_in("training", spurious=[1, 1]), "training.spurious.*1 more than once"),
        (_in("training", n_iter=1000), "training.*n_iter is 1000, but the trace has"),
        (
            _in("training", starts={"optima": [{"objective": 1.0, "times": 0}], "n_failed": 0}),
            r"training.starts.optima\[0\].times.*0.*1 or more",
        ),
    ],
)
def test_files_that_are_not_right(change: Any, words: str, tmp_path: Path) -> None:
    with pytest.raises(mx.ModelFileError, match=words):
        loaded(json.dumps(change(json.loads(file_of()))), tmp_path)


@pytest.mark.parametrize(
    ("family", "change", "words"),
    [
        ("bernoulli", _in("options", floor=[1.0]), "'options.floor' is unknown; .*no entries"),
        (
            "bernoulli",
            _in("arrays", probabilities=[[0.5, 0.5, 0.5], [0.5, 1.5, 0.5]]),
            r"'arrays.probabilities\[1\]\[1\]' is 1.5; it should be a number from 0 to 1",
        ),
        ("bernoulli", _column(0, kind="continuous"), r"columns\[0\].kind' is 'cont.*'binary'"),
        ("bernoulli", _column(0, levels=["a", "a"]), r"'columns\[0\].levels' has 'a' more than"),
        ("bernoulli", _changed(noise={}), "noise.center' is missing"),
        (
            "poisson",
            _changed(noise={"center": [0.0] * 3, "edges": np.eye(3).tolist()}),
            "'noise' is .*; it should be null: it is for columns of measurements",
        ),
        ("poisson", _in("arrays", rates=[[1.0, -1.0, 2.0]]), r"'arrays.rates\[0\]\[1\]' is -1.0"),
        ("poisson", _in("arrays", rates=[[1.0, 1e16, 2.0]]), r"'arrays.rates\[0\]\[1\]' is 1e\+16"),
        ("poisson", _in("arrays", rates=[[1.0, 1.0]]), r"'arrays.rates' has shape \(1, 2\)"),
        (
            "categorical",
            _in("arrays", probabilities=[[0.5, 0.5] + [0.0] * 10]),
            r"'arrays.probabilities\[0\]' sums to 0 over the levels of column '1'",
        ),
        ("categorical", _column(0, levels=["a"]), r"'arrays.probabilities' has shape \(2, 12\)"),
        ("categorical", _column(2, levels=[1, "1", True, 1.0]), r"levels' has 1.0 more than once"),
        ("categorical", _column(2, levels=[None]), r"'columns\[2\].levels\[0\]' is None; .*a text"),
        ("categorical", _column(2, levels=["\ud800"]), r"levels\[0\]'.*whole characters"),
        ("categorical", _column(2, levels=[float("nan")]), r"levels\[0\]' is nan; .*finite"),
        ("poisson", _in("parameters", tol="0"), "'parameters.tol' is '0'"),
    ],
)
def test_files_of_other_families_that_are_not_right(
    family: str, change: Any, words: str, tmp_path: Path
) -> None:
    with pytest.raises(mx.ModelFileError, match=words):
        loaded(json.dumps(change(json.loads(file_of(family)))), tmp_path)


def test_what_the_mixture_tells_is_not_read_again(tmp_path: Path) -> None:
    document = json.loads(file_of())
    document["parameters"] |= {"n_components": 9, "equal_weights": True, "fixed": 1, "magic": 1}
    fit = loaded(json.dumps(document), tmp_path)
    assert (fit.n_components, fit.equal_weights, fit.fixed) == (2, False, None)
    del document["parameters"]["covariance_type"]
    assert loaded(json.dumps(document), tmp_path).covariance_type == "VVV"


def test_an_entry_that_is_there_twice(tmp_path: Path) -> None:
    text = file_of().replace('"weights"', '"weights": [1.0, 0.0],\n "weights"', 1)
    with pytest.raises(mx.ModelFileError, match="'weights' more than once"):
        loaded(text, tmp_path)


@pytest.mark.parametrize("content", [b"\xff" * 100_000, b"\0" * 100_000, b'{"a": ' * 5_000])
def test_files_of_something_else(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    path.write_bytes(content)
    with pytest.raises(mx.ModelFileError, match="not complete"):
        mx.load(path)


@pytest.mark.parametrize("depth", [9, 70, 900, 100_000])
def test_deeply_nested_arrays(depth: int, tmp_path: Path) -> None:
    text = json.dumps(_in("arrays", means="HERE")(json.loads(file_of())))
    with pytest.raises(mx.ModelFileError):
        loaded(text.replace('"HERE"', "[" * depth + "1.0" + "]" * depth), tmp_path)
    with pytest.raises(mx.ModelFileError):
        loaded("[" * depth, tmp_path)


@pytest.mark.parametrize("keep", [0, 1, 0.5, -2])
def test_truncated_files(keep: float, tmp_path: Path) -> None:
    text = file_of()
    with pytest.raises(mx.ModelFileError, match="cut short"):
        loaded(text[: int(keep * len(text)) if keep == 0.5 else int(keep)], tmp_path)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1e999", "1" * 5000])
@pytest.mark.parametrize("family", ["gaussian", *ESTIMATORS])
def test_numbers_that_are_not_finite(value: str, family: str, tmp_path: Path) -> None:
    document = json.loads(file_of(family))
    name = next(iter(document["arrays"]))
    document["arrays"][name][1][0] = "HERE"
    words = rf"'arrays.{name}\[1\]\[0\]' is (nan|inf); .*a finite number"
    with pytest.raises(mx.ModelFileError, match=words):
        loaded(json.dumps(document).replace('"HERE"', value), tmp_path)


def test_weights_of_float32_are_mended(tmp_path: Path) -> None:
    document = json.loads(file_of())
    for weights in ([0.6, 0.4 + 1e-7], [1.0 + 1e-7, 0.0]):
        fit = loaded(json.dumps(document | {"weights": weights}), tmp_path)
        assert fit.weights_.sum() == pytest.approx(1.0, abs=1e-15)
        assert len(fit.sample(10)[0]) == 10


# ---------------------------------------------------------------------------------------------
# What is written can be read


def test_a_log_likelihood_of_minus_infinity_is_kept(tmp_path: Path) -> None:
    fit = mx.GaussianMixture(1).fit(groups())
    fit.record_ = replace(fit.record_, trace=(-np.inf, *fit.record_.trace[1:]))
    assert loaded(text_of(fit), tmp_path).trace_[0] == -np.inf


def _reachless(record: FitRecord) -> FitRecord:
    """A fit to rows some of which no component reaches, as far as numbers go."""
    return replace(
        record,
        scores=replace(record.scores, log_likelihood=-np.inf, log_certainty=-np.inf),
        objective=-np.inf,
        trace=(-np.inf, *record.trace[1:]),
        starts=Starts((Optimum(-2.0, 1, 1.0), Optimum(-np.inf, 1, 0.0)), 0),
    )


def test_minus_infinity_is_kept_everywhere(tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    model = to_model(mx.GaussianMixture(1).fit(groups()))
    assert model.record is not None
    record = _reachless(model.record)
    write_model(replace(model, record=record), path)
    again = read_model(path).record
    assert again is not None
    assert_same_record(record, again)
    assert "Infinity" not in path.read_text()
    told = CliRunner().invoke(program, ["info", str(path), "--json"])
    told_fit = json.loads(told.stdout, parse_constant=pytest.fail)["fit"]
    assert (told_fit["log_likelihood"], told_fit["bic"], told_fit["icl"]) == (None, None, None)
    assert told_fit["optima"][1]["objective"] is None


@pytest.mark.parametrize("algorithm", ["em", "hard"])
def test_a_fit_to_a_row_that_no_component_reaches(algorithm: str, tmp_path: Path) -> None:
    fit = mx.GaussianMixture(
        2,
        algorithm=algorithm,
        weights_init=[1.0, 0.0],
        means_init=[[1.0], [2.0]],
        precisions_init=np.full((2, 1, 1), 1e160),
        reg_covar=0.0,
        max_iter=0,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit.fit([[0.0], [1.0], [1e75]])
    again = loaded(text_of(fit), tmp_path)
    assert fit.trace_ == again.trace_ == [-np.inf]
    assert (again.scores_, again.starts_) == (fit.scores_, fit.starts_)


def test_a_limit_infinitely_far_away_is_not_known(tmp_path: Path) -> None:
    assert Outlook(np.inf, 0.5).known == Outlook(None, 0.5)
    assert Outlook(1.0, np.inf).known == Outlook(1.0, None)
    assert Outlook(None, 0.5).known == Outlook(None, 0.5)
    fit = mx.GaussianMixture(1).fit(groups())
    fit.record_ = replace(fit.record_, status=Status(True, "by hand", outlook=Outlook(np.inf, 0.5)))
    assert loaded(text_of(fit), tmp_path).outlook_ == Outlook(None, 0.5)


def _of_record(**entries: Any) -> Any:
    def change(fit: Any) -> None:
        fit.record_ = replace(fit.record_, **entries)

    return change


def _of_fit(**attributes: Any) -> Any:
    def change(fit: Any) -> None:
        for name, value in attributes.items():
            setattr(fit, name, value)

    return change


def _of_columns(*names: str) -> Any:
    def change(fit: Any) -> None:
        fit.schema_ = replace(fit.schema_, columns=tuple(map(Column, names)))
        fit.feature_names_in_ = np.array(names, object)

    return change


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_of_record(trace=(np.nan,)), r"training.trace\[0\].*nan.*finite"),
        (_of_record(objective=np.inf), "training.objective.*inf.*finite"),
        (_of_record(status=Status(True, "\ud800")), "training.status.*whole characters"),
        (_of_record(n_parameters=np.nan), "training.n_parameters' is nan"),
        (_of_columns("a", "a"), "'a' more than once"),
        (_of_columns("a", "\ud800"), r"'columns\[1\].name'"),
        (_of_fit(tol=-1.0), "parameters.tol.*-1.0"),
        (_of_fit(weights_=np.array([0.5, 0.4])), "weights.*sum to 0.9"),
        (_of_fit(means_=np.array([[0.0, np.nan], [0.0, 0.0]])), r"arrays.means\[0\]\[1\].*nan"),
    ],
)
def test_what_could_not_be_read_is_not_written(change: Any, words: str, tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    fit = mx.GaussianMixture(2, random_state=0).fit(groups())
    mx.save(fit, path)
    before = path.read_bytes()
    change(fit)
    with pytest.raises(mx.ModelFileError, match=f"cannot be saved.*{words}"):
        mx.save(fit, path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_longer_whole_numbers_than_files_hold_are_no_levels(tmp_path: Path) -> None:
    rows = [[10**17 + 1], [5], [10**17 + 1]]
    again = loaded(text_of(mx.CategoricalMixture(1).fit(np.array(rows, object))), tmp_path)
    assert again.levels_ == [(5, 10**17 + 1)]
    with pytest.raises(
        mx.ModelFileError, match=r"'columns\[0\].levels\[1\]' is 1000000000000000001"
    ):
        text_of(mx.CategoricalMixture(1).fit(np.array([[10**18 + 1], [5]], object)))


def test_mixtures_without_an_estimator(tmp_path: Path) -> None:
    model = to_model(mx.GaussianMixture(2, random_state=0).fit(groups()))
    region = Box(np.zeros(2), 30.0 * np.eye(2))
    weights = np.append(0.9 * model.mixture.weights, 0.1)
    noisy = Mixture(with_noise(model.mixture.family, region), model.mixture.params, weights)
    write_model(replace(model, mixture=noisy, record=None), tmp_path / "model.json")
    again = mx.load(tmp_path / "model.json")
    assert again.noise_weight_ == pytest.approx(0.1)
    np.testing.assert_allclose(
        again.predict_proba(groups()), noisy.responsibilities(groups()), rtol=1e-12
    )


def test_a_failed_save_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "model.json"
    fit = mx.GaussianMixture(1).fit(groups())
    mx.save(fit, path)
    before = path.read_bytes()
    monkeypatch.setattr(Path, "write_text", _disk_full)
    with pytest.raises(OSError, match="disk full"):
        mx.save(fit, path)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["model.json"]


def _disk_full(*args: object, **options: object) -> None:
    raise OSError("disk full")


def test_the_example_of_the_page_is_one(tmp_path: Path) -> None:
    page = Path(__file__).parents[1] / "docs" / "model-file.md"
    text = page.read_text(encoding="utf-8").split("```json\n")[1].split("```")[0]
    fit = loaded(text, tmp_path)
    assert fit.levels_ == [("coffee", "tea"), (False, True)]
    drinkers = pd.DataFrame({"drink": ["tea", "tea"], "smokes": [False, True]})
    np.testing.assert_allclose(fit.predict_proba(drinkers)[1], [0.0, 1.0])
    assert set(json.loads(text)) == set(json.loads(file_of()))
