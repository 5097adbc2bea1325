"""Model files of versions 1 and 2: the mixtures that they are, to the bit, and what they refuse."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import mixtura as mx
from mixtura.families.gaussian.prior import NormalInverseWishart
from mixtura.families.noise import Box
from mixtura.persistence.model_file import read_model

FOLDER = Path(__file__).parent / "reference" / "model_files"
FILES = sorted(FOLDER.rglob("*.json"))


def document_of(name: str, version: int = 2) -> dict[str, Any]:
    path = FOLDER / f"version_{version}" / f"{name}.json"
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document


def loaded(document: dict[str, Any], folder: Path) -> Any:
    path = folder / "model.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return mx.load(path)


def by_hand(document: dict[str, Any]) -> mx.GaussianMixture:
    """What the arrays of a file show, without the file."""
    made = mx.GaussianMixture(2, covariance_type=document["covariance_type"])
    for name in ("weights", "means", "covariances"):
        setattr(made, f"{name}_", np.array(document[name]))
    if document.get("noise"):
        noise = {name: np.array(values) for name, values in document["noise"].items()}
        made.noise_region_ = Box(noise["centre"], noise["edges"])
    made.n_features_in_ = document["n_features"]
    if document["feature_names"] is not None:
        made.feature_names_in_ = np.array(document["feature_names"], object)
    return made


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_real_files(path: Path, tmp_path: Path) -> None:
    document = json.loads(path.read_text(encoding="utf-8"))
    fit, expected = mx.load(path), document["expected"]
    rows: Any = np.array(expected["rows"], dtype=document["dtype"])
    if document["feature_names"] is not None:
        rows = pd.DataFrame(rows, columns=document["feature_names"])
    mx.save(fit, tmp_path / "again.json")
    for ask in ("predict_proba", "score_samples"):
        exact = getattr(by_hand(document), ask)(rows)
        np.testing.assert_array_equal(getattr(fit, ask)(rows), exact)
        np.testing.assert_array_equal(getattr(mx.load(tmp_path / "again.json"), ask)(rows), exact)
        rtol = 1e-12 if document["dtype"] == "float64" else 1e-6  # machines round differently
        np.testing.assert_allclose(exact, expected[ask], rtol=rtol)
    np.testing.assert_array_equal(
        fit.covariances_, np.array(document["covariances"], fit.covariances_.dtype)
    )
    assert (fit.covariance_type, fit.n_components) == (document["covariance_type"], 2)
    told = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in document["parameters"].items()
    }
    given = fit.get_params()
    if "fixed" in told:  # one spelling of several
        assert set(told.pop("fixed") or ()) == set(given.pop("fixed") or ())
    assert {name: given[name] for name in told} == told
    if document["training"] is None:
        assert read_model(path).record is None
        return
    for name in ("n_iter", "n_parameters", "converged", "status", "trace"):
        assert getattr(fit, f"{name}_") == document["training"][name]
    assert fit.record_.algorithm.name == document["parameters"]["algorithm"]
    assert fit.n_parameters_ == fit.mixture_.n_parameters


def test_what_holds_the_weights() -> None:
    def text(name: str) -> str:
        return read_model(FOLDER / f"{name}.json").mixture.mixing.text

    assert text("version_2/full") == text("version_2/tied_by_hand") == "free weights"
    assert text("version_2/spherical_equal") == text("version_1/spherical") == "equal weights"
    assert text("version_2/VII_noise_equal") == "equal weights but for noise"
    assert text("version_2/fixed") == "weights fixed"
    assert mx.load(FOLDER / "version_2" / "fixed.json").fixed == ("weights", "means")
    assert mx.load(FOLDER / "version_1" / "diag.json").fixed == "means"


def test_priors() -> None:
    prior = document_of("tied")["training"]["prior"]
    found = mx.load(FOLDER / "version_2" / "tied.json").prior_
    assert isinstance(found, NormalInverseWishart)
    np.testing.assert_array_equal(found.mean, prior["mean"])
    np.testing.assert_array_equal(found.scale, prior["scale"])
    assert (found.dof, found.shrinkage) == (prior["dof"], prior["shrinkage"])


def test_version_1_is_version_2_without_noise(tmp_path: Path) -> None:
    document = document_of("full")
    expected = loaded(document, tmp_path)
    fit = loaded({**document, "version": 1, "noise": {"centre": 1}}, tmp_path)
    assert fit.noise_region_ is None
    assert fit.scores_ == expected.scores_
    np.testing.assert_array_equal(fit.means_, expected.means_)


def _changed(**entries: Any) -> Any:
    return lambda document: {**document, **entries}


def _in(part: str, **entries: Any) -> Any:
    return lambda document: {**document, part: {**document[part], **entries}}


def _without(name: str) -> Any:
    return lambda document: {key: value for key, value in document.items() if key != name}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_changed(family="poisson"), "family.*'poisson'.*'gaussian'"),
        (_changed(covariance_type="round"), "covariance_type.*'round'.*full, tied"),
        (_changed(covariance_type=["full"]), "covariance_type"),
        (_changed(covariance_type="E"), "n_features.* is 2; .*'E' is for one column"),
        (_changed(covariance_type="VVI", covariances=[[[1.0, 0.5], [0.5, 1.0]]] * 2), "off the"),
        (
            _changed(covariance_type="diag", covariances=[[1e-310, 1.0]] * 2),
            "1e-310.*variance from",
        ),
        (_changed(covariance_type="spherical", covariances=[1.0, -1.0]), "-1.0.*variance from"),
        (_changed(n_components=3), r"means.*a list of 3, .*shape \(3, 2\)"),
        (_changed(n_components=True), "n_components"),
        (_changed(n_features=2.0), "n_features.*2.0.*whole number"),
        (_changed(n_features=10**30), "n_features.*1e\\+30.*whole number"),
        (
            lambda document: {
                **document,
                **{"n_features": 10**15, "covariance_type": "spherical", "feature_names": None},
            },
            r"means\[0\].*a list of 1000",
        ),
        (_changed(feature_names=["a"]), "feature_names.*list of 2, each a text"),
        (_changed(feature_names=["a", "a"]), "feature_names.*'a' more than once"),
        (_changed(feature_names=["a", "\ud800"]), r"feature_names\[1\].*ud800.*whole characters"),
        (_changed(feature_names={"a": 1}), "feature_names.*a list of 2"),
        (_changed(means=[["a", "b"], ["c", "d"]]), r"means\[0\]\[0\].*'a'.*finite number"),
        (_changed(means=[[1.0, 2.0], [1.0]]), r"means\[1\].*\[1.0\].*a list of 2"),
        (_changed(means=[[1.0, 2.0], [True, 4.0]]), r"means\[1\]\[0\].*True.*finite number"),
        (_changed(means=[[0.0, 1e101], [0.0, 0.0]]), r"means\[0\]\[1\].*1e\+101.*1e\+100"),
        (_changed(dtype="int8"), "dtype.*int8"),
        (_changed(covariances=[[[1.0]], [[1.0]]]), "covariances.*shape"),
        (_changed(covariances=[[[1.0, 2.0], [2.0, 1.0]]] * 2), "not positive definite"),
        (_changed(covariances=[[[1.0, 0.5], [0.1, 1.0]]] * 2), "symmetric"),
        (_changed(covariances=[[[1.0, 1.0], [1.0, 1.0 + 1e-15]]] * 2), "eigenvalue"),
        (_changed(weights=[0.5, 0.6]), "sum to 1"),
        (_changed(weights=[1.5, -0.5]), r"weights\[1\].*-0.5.*0 or more"),
        (_changed(weights=[0.5, 0.5, 0.0]), "weights.*a list of 2"),
        (_without("weights"), "weights.*missing"),
        (_without("means"), "'means'.*missing"),
        (_without("noise"), "noise.*missing"),
        (_changed(noise=3), "'noise' is 3"),
        (_changed(noise={"centre": [0.0, 0.0]}), "noise.edges.*missing"),
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
        (_changed(parameters=[]), "parameters.*an object"),
        (_in("parameters", equal_weights=True, fixed=["weights"]), "equal_weights true and"),
        (_in("parameters", equal_weights=1), "parameters.equal_weights.*1.*true or false"),
        (_in("parameters", fixed="covariances"), "parameters.fixed.*'covariances'.*means"),
        (_in("parameters", fixed=["means", 1]), "parameters.fixed.*weights, means"),
        (_in("parameters", algorithm="magic"), "parameters.algorithm.*'magic'.*em, hard"),
        (_in("parameters", tol=-1.0), "parameters.tol.*-1.0.*0 or more"),
        (_changed(training=[]), "training.*an object"),
        (_in("training", objective=float("nan")), "training.objective.*nan.*finite"),
        (
            _in("training", prior={"mean": [0.0] * 2, "shrinkage": 1, "dof": 0, "scale": [[1.0]]}),
            "prior.dof' is 0; .*above 1",
        ),
        (_in("training", prior=[]), "prior' is .*an object"),
    ],
)
def test_files_that_are_not_right(change: Any, words: str, tmp_path: Path) -> None:
    with pytest.raises(mx.ModelFileError, match=words):
        loaded(change(document_of("full")), tmp_path)


def test_the_message_says_which_version_it_is(tmp_path: Path) -> None:
    document = document_of("full") | {"means": [[0.0, 1e101], [0.0, 0.0]]}
    with pytest.raises(
        mx.ModelFileError,
        match=r"of version 2; read as version 3, its entry 'arrays.means\[0\]\[1\]'",
    ):
        loaded(document, tmp_path)


def test_entries_that_were_optional(tmp_path: Path) -> None:
    document = document_of("full")
    for name in ("feature_names", "dtype", "training"):
        del document[name]
    fit = loaded(document, tmp_path)
    assert not hasattr(fit, "feature_names_in_")
    assert fit.means_.dtype == np.float64
    rows, _ = fit.sample(200)
    assert fit.set_params(warm_start=True).fit(rows).converged_


def test_files_from_before_there_were_priors(tmp_path: Path) -> None:
    document = document_of("full")
    for name in ("equal_weights", "fixed", "prior"):
        del document["parameters"][name]
    del document["training"]["prior"]
    assert loaded(document, tmp_path).prior_ is None
