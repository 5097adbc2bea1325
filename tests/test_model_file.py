"""The model file: exact, versioned, and refused when it is not right."""

from __future__ import annotations

import json
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from mixtura.persistence.training import Training
from sklearn.exceptions import NotFittedError

import mixtura as mx
from mixtura.cli.program import program
from mixtura.em import Optimum, Starts
from mixtura.estimators import persistence
from mixtura.estimators.gaussian_vocabulary import COVARIANCE_TYPES
from mixtura.estimators.saving import to_model
from mixtura.persistence.model_file import PARAMETERS, read_model, write_model
from mixtura.stopping import Outlook


def groups(d: int = 2) -> np.ndarray:
    rng = np.random.default_rng(0)
    return np.concatenate([rng.normal(0, 1, (60, d)), rng.normal(5, 2, (40, d))])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", list(COVARIANCE_TYPES))
def test_save_and_load_are_exact(name: str, dtype: type, tmp_path: Path) -> None:
    X = groups(1 if COVARIANCE_TYPES[name].one_dimensional else 2).astype(dtype)
    fit = mx.GaussianMixture(2, covariance_type=name, n_init=2, random_state=0).fit(X)
    mx.save(fit, tmp_path / "model.json")
    again = mx.load(tmp_path / "model.json")
    np.testing.assert_array_equal(again.predict_proba(X), fit.predict_proba(X))
    np.testing.assert_array_equal(again.score_samples(X), fit.score_samples(X))
    for attribute in vars(fit):
        if attribute.endswith("_") and attribute != "feature_names_in_":
            mine, theirs = getattr(fit, attribute), getattr(again, attribute)
            assert np.asarray(mine).dtype == np.asarray(theirs).dtype
            np.testing.assert_array_equal(mine, theirs, err_msg=attribute)
    assert again.get_params() == fit.get_params()


def test_feature_names_and_searches(tmp_path: Path) -> None:
    import pandas as pd

    X = pd.DataFrame(groups(), columns=["ä b", "1"])
    search = mx.MixtureSearch(param_grid={"n_components": [1, 2]}, random_state=0).fit(X)
    mx.save(search, tmp_path / "model.json")
    again = mx.load(str(tmp_path / "model.json"))
    assert again.feature_names_in_.tolist() == ["ä b", "1"]
    assert again.n_components == 2
    np.testing.assert_array_equal(again.predict_proba(X), search.predict_proba(X))


def test_only_fitted_estimators_of_ours_can_be_saved(tmp_path: Path) -> None:
    for unfitted in (mx.GaussianMixture(), mx.MixtureSearch()):
        with pytest.raises(NotFittedError):
            mx.save(unfitted, tmp_path / "model.json")
    with pytest.raises(mx.MixturaError, match="dict"):
        mx.save({}, tmp_path / "model.json")  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def _changed(**entries: Any) -> Any:
    return lambda document: {**document, **entries}


def _in(part: str, **entries: Any) -> Any:
    return lambda document: {**document, part: {**document[part], **entries}}


def _without(name: str) -> Any:
    return lambda document: {key: value for key, value in document.items() if key != name}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_changed(format="other"), "format"),
        (_changed(version=3), "version 3.*Update"),
        (_changed(version=0), "version.*0.*1 or more"),
        (_changed(version="1"), "version.*'1'.*whole number"),
        (_changed(family="poisson"), "poisson"),
        (_changed(covariance_type="round"), "round"),
        (_changed(means=[[0.0, 1.0]]), r"means.*a list of 2.*shape \(2, 2\)"),
        (_changed(means=[["a", "b"], ["c", "d"]]), r"means\[0\]\[0\].*'a'.*finite number"),
        (_changed(means=[[1.0, 2.0], [1.0]]), r"means\[1\].*\[1.0\].*a list of 2"),
        (_changed(covariances=[[[1.0]], [[1.0]]]), "covariances.*shape"),
        (_changed(covariances=[[[1.0, 2.0], [2.0, 1.0]]] * 2), "singular"),
        (_changed(weights=[0.5, 0.6]), "sum to 1"),
        (_changed(weights=[1.5, -0.5]), r"weights\[1\].*-0.5.*0 or more"),
        (_changed(n_components=3), "shape"),
        (_changed(n_components=True), "n_components"),
        (_changed(feature_names=["a"]), "feature_names.*list of 2, each a text"),
        (_changed(training={"weight": 1.0}), "training"),
        (_changed(training={"weight": "1"}), "training"),
        (_changed(covariances=[[[1.0, 0.5], [0.1, 1.0]]] * 2), "not of type 'full'"),
        (_changed(covariance_type="VVI", covariances=[[[1.0, 0.5], [0.5, 1.0]]] * 2), "type 'VVI'"),
        (_changed(covariance_type="E"), "one column"),
        (_changed(means=[[1.0, 2.0], [True, 4.0]]), r"means\[1\]\[0\].*True.*finite number"),
        (_changed(feature_names=[1, 2]), r"feature_names\[0\].*1;.*text"),
        (_changed(dtype="int8"), "dtype.*int8"),
        (_without("weights"), "weights.*missing"),
        (_without("noise"), "noise.*missing"),
        (_changed(noise={"centre": [0.0, 0.0]}), "edges.*missing"),
        (_changed(noise={"centre": [0.0], "edges": [[1.0, 0.0], [0.0, 1.0]]}), "center.*shape"),
        (
            _changed(
                noise={"centre": [0.0, 0.0], "edges": [[1.0, 1.0], [1.0, 1.0]]},
                weights=[0.5, 0.4, 0.1],
            ),
            "span no volume",
        ),
        (
            _changed(noise={"centre": [0.0, 0.0], "edges": [[1.0, 0.0], [0.0, 1.0]]}),
            r"weights.*a list of 3",
        ),
        (_without("version"), "version.*missing"),
        (_changed(weights=[0.5, 10**400]), r"weights\[1\].*inf.*finite number"),
        (_changed(weights=[0.5, 0.5, 0.0]), r"weights.*a list of 2"),
        (_changed(n_features=10**30), "n_features.*1e\\+30.*whole number"),
        (_changed(n_features=2.0), "n_features.*2.0.*whole number"),
        (_changed(means=[[0.0, 1e101], [0.0, 0.0]]), r"means\[0\]\[1\].*1e\+101.*1e\+100"),
        (_changed(dtype="float32", means=[[0.0, 1e40], [0.0, 1e40]]), "1e\\+40.*float32"),
        (_changed(covariances=[[[5e-324, 0.0], [0.0, 1.0]]] * 2), "variance of 4.94e-324"),
        (_changed(covariances=[[[-1.0, 0.0], [0.0, 1.0]]] * 2), "variance of -1"),
        (_changed(covariances=[[[1.0, 1.0], [1.0, 1.0 + 1e-15]]] * 2), "eigenvalue"),
        (_changed(covariance_type="diag", covariances=[[1e-310, 1.0]] * 2), "variance of 1e-310"),
        (
            _changed(
                means=[[-1e60, 0.0], [1e60, 0.0]], covariances=[np.diag([1e-90, 1.0]).tolist()] * 2
            ),
            "2e\\+105 standard deviations apart, in column 0",
        ),
        (_changed(feature_names=["a", "a"]), "feature_names.*'a' more than once"),
        (_changed(feature_names=["a", "\ud800"]), r"feature_names\[1\].*ud800.*whole characters"),
        (_changed(feature_names={"a": 1}), "feature_names.*a list of 2"),
        (_in("parameters", algorithm="magic"), "parameters.algorithm.*'magic'.*em, hard"),
        (_in("parameters", acceleration="warp"), "parameters.acceleration.*'warp'.*auto, early"),
        (_in("parameters", init_params=["a"]), r"parameters.init_params.*\['a'\].*kmeans"),
        (_in("parameters", n_init=0), "parameters.n_init.*0; .*1 or more, or one of auto"),
        (_in("parameters", n_init=True), "parameters.n_init.*True"),
        (_in("parameters", tol=-1.0), "parameters.tol.*-1.0.*0 or more"),
        (_in("parameters", random_state=-1), "parameters.random_state.*-1.*0 to"),
        (_in("parameters", fixed="covariances"), "parameters.fixed.*'covariances'.*means"),
        (_in("parameters", fixed=["means", 1]), r"parameters.fixed.*weights, means"),
        (_in("parameters", prior={"dof": 3}), "parameters.prior.*dof.*'default'"),
        (_in("parameters", noise=0.0), "parameters.noise.*0.0.*above 0"),
        (_in("parameters", equal_weights=True, fixed=["weights"]), "equal_weights"),
        (_changed(parameters=[]), "parameters.*an object"),
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
        (
            _in("training", prior={"mean": [0.0] * 2, "shrinkage": 1, "dof": 0, "scale": [[1.0]]}),
            "training.prior.scale",
        ),
        (
            _in(
                "training",
                prior={"mean": [0.0] * 2, "shrinkage": 1, "dof": 0, "scale": np.eye(2).tolist()},
            ),
            "training.prior.*dof is 0.*above 1",
        ),
        (lambda document: [document], "format"),
        (lambda document: None, "format"),
    ],
)
def test_files_that_are_not_right(change: Any, words: str, tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    mx.save(mx.GaussianMixture(2, random_state=0).fit(groups()), path)
    path.write_text(json.dumps(change(json.loads(path.read_text()))))
    with pytest.raises(mx.ModelFileError, match=words):
        mx.load(path)


def test_an_entry_that_is_there_twice(tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    mx.save(mx.GaussianMixture(2, random_state=0).fit(groups()), path)
    path.write_text(path.read_text().replace('"weights"', '"weights": [1.0, 0.0],\n "weights"', 1))
    with pytest.raises(mx.ModelFileError, match="'weights' more than once"):
        mx.load(path)


@pytest.mark.parametrize("content", [b"\xff" * 100_000, b"\0" * 100_000, b'{"a": ' * 5_000])
def test_files_of_something_else(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    path.write_bytes(content)
    with pytest.raises(mx.ModelFileError, match="not complete"):
        mx.load(path)


def test_weights_of_float32_are_mended(tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    mx.save(mx.GaussianMixture(2, random_state=0).fit(groups()), path)
    document = json.loads(path.read_text())
    for weights in ([0.6, 0.4 + 1e-7], [1.0 + 1e-7, 0.0]):
        path.write_text(json.dumps(document | {"weights": weights}))
        fit = mx.load(path)
        assert fit.weights_.sum() == pytest.approx(1.0, abs=1e-15)
        assert len(fit.sample(10)[0]) == 10


def test_the_table_of_parameters_is_that_of_the_estimator() -> None:
    left_out = {*persistence._NOT_KEPT, "weights_init", "means_init", "precisions_init"}
    assert set(PARAMETERS) == set(mx.GaussianMixture().get_params()) - left_out - {"noise_init"}


def test_a_model_that_was_made_by_hand_can_go_on(tmp_path: Path) -> None:
    fit = mx.GaussianMixture(2, random_state=0).fit(groups())
    model = replace(to_model(fit), training=None)
    write_model(model, tmp_path / "model.json")
    again = mx.load(tmp_path / "model.json").set_params(warm_start=True).fit(groups())
    assert again.lower_bound_ == pytest.approx(fit.lower_bound_)


def test_files_of_version_1_know_no_noise(tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    fit = mx.GaussianMixture(2, random_state=0).fit(groups())
    mx.save(fit, path)
    document = json.loads(path.read_text())
    del document["noise"]
    path.write_text(json.dumps(document | {"version": 1}))
    np.testing.assert_array_equal(
        mx.load(path).predict_proba(groups()), fit.predict_proba(groups())
    )


def test_numpy_numbers_as_parameters(tmp_path: Path) -> None:
    fit = mx.GaussianMixture(
        np.int64(2),
        tol=np.float64(1e-5),
        n_init=np.int64(2),
        max_iter=np.int64(50),
        reg_covar=np.float32(1e-6),
        random_state=np.int64(3),
    ).fit(groups())
    mx.save(fit, tmp_path / "model.json")
    again = mx.load(tmp_path / "model.json")
    assert (again.max_iter, again.random_state, again.n_init) == (50, 3, 2)
    assert again.starts_ == fit.starts_


def test_parameters_that_are_entries_of_their_own_are_ignored(tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    mx.save(mx.GaussianMixture(2, random_state=0).fit(groups()), path)
    document = json.loads(path.read_text())
    document["parameters"] |= {"covariance_type": "diag", "n_components": 9, "magic": 1}
    path.write_text(json.dumps(document))
    assert mx.load(path).covariance_type == "full"


def test_a_log_likelihood_of_minus_infinity_is_kept(tmp_path: Path) -> None:
    fit = mx.GaussianMixture(1).fit(groups())
    fit.trace_[0] = -np.inf
    mx.save(fit, tmp_path / "model.json")
    assert mx.load(tmp_path / "model.json").trace_[0] == -np.inf


def _reachless(training: Training) -> Training:
    """A fit to rows some of which no component reaches, as far as numbers go."""
    scores = replace(training.scores, log_likelihood=-np.inf, log_certainty=-np.inf)
    optima = (Optimum(-2.0, 1, 1.0), Optimum(-np.inf, 1, 0.0))
    return replace(
        training,
        scores=scores,
        objective=-np.inf,
        trace=(-np.inf, *training.trace[1:]),
        starts=Starts(optima, 0),
    )


def test_minus_infinity_is_kept_everywhere(tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    model = to_model(mx.GaussianMixture(1).fit(groups()))
    assert model.training is not None
    training = _reachless(model.training)
    write_model(replace(model, training=training), path)
    assert read_model(path).training == training
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
    mx.save(fit, tmp_path / "model.json")
    again = mx.load(tmp_path / "model.json")
    assert fit.trace_ == again.trace_ == [-np.inf]
    assert (again.scores_, again.starts_) == (fit.scores_, fit.starts_)


def test_a_limit_infinitely_far_away_is_not_known() -> None:
    assert Outlook(np.inf, 0.5).known == Outlook(None, 0.5)
    assert Outlook(1.0, np.inf).known == Outlook(1.0, None)
    assert Outlook(None, 0.5).known == Outlook(None, 0.5)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"trace_": [np.nan]}, r"training.trace\[0\].*nan.*finite"),
        ({"lower_bound_": np.inf}, "training.objective.*inf.*finite"),
        ({"outlook_": Outlook(np.inf, None)}, "training.remaining.*inf.*finite"),
        ({"status_": "\ud800"}, "training.status.*whole characters"),
        ({"feature_names_in_": np.array(["a", "a"], object)}, "'a' more than once"),
        ({"feature_names_in_": np.array(["a", "\ud800"], object)}, r"feature_names\[1\]"),
        ({"tol": -1.0}, "parameters.tol.*-1.0"),
        ({"weights_": np.array([0.5, 0.4])}, "weights.*sum to 0.9"),
        ({"means_": np.array([[0.0, np.nan], [0.0, 0.0]])}, r"means\[0\]\[1\].*nan"),
    ],
)
def test_what_could_not_be_read_is_not_written(
    change: dict[str, Any], words: str, tmp_path: Path
) -> None:
    path = tmp_path / "model.json"
    fit = mx.GaussianMixture(2, random_state=0).fit(groups())
    mx.save(fit, path)
    before = path.read_bytes()
    for name, value in change.items():
        setattr(fit, name, value)
    with pytest.raises(mx.ModelFileError, match=f"cannot be saved.*{words}"):
        mx.save(fit, path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_deeply_nested_files(tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    path.write_text("[" * 100_000)
    with pytest.raises(mx.ModelFileError):
        mx.load(path)


@pytest.mark.parametrize("keep", [0, 1, 0.5, -2])
def test_truncated_files(keep: float, tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    mx.save(mx.GaussianMixture(2, random_state=0).fit(groups()), path)
    text = path.read_text()
    path.write_text(text[: int(keep * len(text)) if keep == 0.5 else int(keep)])
    with pytest.raises(mx.ModelFileError, match="cut short"):
        mx.load(path)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1e999", "1" * 5000])
def test_numbers_that_are_not_finite(value: str, tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    mx.save(mx.GaussianMixture(1).fit(groups(1)), path)
    document = json.loads(path.read_text())
    document["means"] = [["HERE"]]
    path.write_text(json.dumps(document).replace('"HERE"', value))
    with pytest.raises(mx.ModelFileError, match=r"means\[0\]\[0\].*(nan|inf).*a finite number"):
        mx.load(path)


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
