"""The model file: exact, versioned, and refused when it is not right."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

import mixtura as mx
from mixtura.estimators.gaussian_vocabulary import COVARIANCE_TYPES


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


def _without(name: str) -> Any:
    return lambda document: {key: value for key, value in document.items() if key != name}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_changed(format="other"), "format"),
        (_changed(version=3), "version 3.*Update"),
        (_changed(version=0), "version 0"),
        (_changed(version="1"), "version.*int"),
        (_changed(family="poisson"), "poisson"),
        (_changed(covariance_type="round"), "round"),
        (_changed(means=[[0.0, 1.0]]), r"means.*\(1, 2\).*\(2, 2\)"),
        (_changed(means=[["a", "b"], ["c", "d"]]), "means.*not an array of numbers"),
        (_changed(means=[[1.0], [1.0, 2.0]]), "means.*not an array of numbers"),
        (_changed(covariances=[[[1.0]], [[1.0]]]), "covariances.*shape"),
        (_changed(covariances=[[[1.0, 2.0], [2.0, 1.0]]] * 2), "singular"),
        (_changed(weights=[0.5, 0.6]), "sum to 1"),
        (_changed(weights=[1.5, -0.5]), "0 or more"),
        (_changed(n_components=3), "shape"),
        (_changed(n_components=True), "n_components"),
        (_changed(feature_names=["a"]), "list of 2 names"),
        (_changed(training={"weight": 1.0}), "training"),
        (_changed(training={"weight": "1"}), "training"),
        (_changed(covariances=[[[1.0, 0.5], [0.1, 1.0]]] * 2), "not of type 'full'"),
        (_changed(covariance_type="VVI", covariances=[[[1.0, 0.5], [0.5, 1.0]]] * 2), "type 'VVI'"),
        (_changed(covariance_type="E"), "one column"),
        (_changed(means=[["1", "2"], ["3", "4"]]), "not an array of numbers"),
        (_changed(feature_names=[1, 2]), "list of 2 names"),
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
            r"weights.*\(2,\).*\(3,\)",
        ),
        (_without("version"), "version.*missing"),
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


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1e999"])
def test_numbers_that_are_not_finite(value: str, tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    mx.save(mx.GaussianMixture(1).fit(groups(1)), path)
    document = json.loads(path.read_text())
    document["means"] = [["HERE"]]
    path.write_text(json.dumps(document).replace('"HERE"', value))
    with pytest.raises(mx.ModelFileError, match="not finite"):
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
