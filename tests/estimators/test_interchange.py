"""Mixtures that go to scikit-learn and to ONNX, that come from there, and that others look into."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.mixture import BayesianGaussianMixture
from sklearn.mixture import GaussianMixture as Theirs
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import StandardScaler

import mixtura as mx
from mixtura.estimators.gaussian_vocabulary import COVARIANCE_TYPES

FOUR = ["full", "tied", "diag", "spherical"]
SHOWN = ["weights_", "means_", "covariances_"]
TYPES = {
    "EII": "spherical",
    "VII": "spherical",
    "EEI": "diag",
    "VEI": "diag",
    "EVI": "diag",
    "VVI": "diag",
    "EEE": "tied",
}
MANY = [name for name, kind in COVARIANCE_TYPES.items() if not kind.one_dimensional]


def groups(dtype: type = np.float64) -> np.ndarray:
    rng = np.random.default_rng(0)
    centers = np.array([[0.0, 0.0], [5.0, 1.0], [1.0, 6.0]])
    rows = centers[np.repeat([0, 1, 2], [90, 60, 40])] + rng.normal(size=(190, 2))
    return rows.astype(dtype)


def fitted(covariance_type: str = "full", **params: Any) -> mx.GaussianMixture:
    return mx.GaussianMixture(3, covariance_type=covariance_type, random_state=0, **params).fit(
        groups()
    )


# ------------------------------------------------------------------------------ scikit-learn


@pytest.mark.parametrize("covariance_type", FOUR)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_there_and_back_to_the_bit(covariance_type: str, dtype: type) -> None:
    X = groups(dtype)
    gm = mx.GaussianMixture(3, covariance_type=covariance_type, random_state=0).fit(X)
    theirs = gm.to_sklearn()
    back = mx.GaussianMixture.from_sklearn(theirs)
    assert theirs.covariance_type == back.covariance_type == covariance_type
    for name in [*SHOWN, "precisions_", "precisions_cholesky_"]:
        for other in (theirs, back):
            mine, there = getattr(gm, name), getattr(other, name)
            assert mine.dtype == there.dtype == dtype
            np.testing.assert_array_equal(mine, there)
    atol = 1e-12 if dtype is np.float64 else 1e-5
    np.testing.assert_allclose(theirs.predict_proba(X), gm.predict_proba(X), atol=atol)
    np.testing.assert_allclose(theirs.score_samples(X), gm.score_samples(X), atol=100 * atol)
    np.testing.assert_allclose(back.predict_proba(X), gm.predict_proba(X), atol=atol)
    assert theirs.bic(X) == pytest.approx(gm.bic(X), rel=atol)
    assert theirs.n_iter_ == gm.n_iter_
    assert theirs.converged_ == gm.converged_
    assert theirs.lower_bound_ == gm.lower_bound_


@pytest.mark.parametrize("covariance_type", MANY)
def test_every_structure_is_held_by_the_plainest_type(covariance_type: str) -> None:
    X, gm = groups(), fitted(covariance_type)
    theirs = gm.to_sklearn()
    assert theirs.covariance_type == TYPES.get(
        covariance_type, covariance_type if covariance_type in FOUR else "full"
    )
    np.testing.assert_allclose(theirs.predict_proba(X), gm.predict_proba(X), atol=1e-12)
    np.testing.assert_allclose(theirs.score_samples(X), gm.score_samples(X), rtol=1e-12)
    assert theirs.bic(X) >= gm.bic(X) - 1e-9  # never fewer parameters
    written_out = mx.GaussianMixture.from_sklearn(theirs).mixture_.params.covariances.matrices()
    np.testing.assert_array_equal(written_out, gm.mixture_.params.covariances.matrices())


@pytest.mark.parametrize("name", ["E", "V"])
def test_one_column(name: str) -> None:
    X = groups()[:, :1]
    gm = mx.GaussianMixture(2, covariance_type=name, random_state=0).fit(X)
    np.testing.assert_allclose(gm.to_sklearn().score_samples(X), gm.score_samples(X), rtol=1e-12)


def test_parameters_that_mean_the_same_go_along() -> None:
    means = [[0.0, 0.0], [5.0, 1.0], [1.0, 6.0]]
    same = {
        "tol": 1e-3,
        "max_iter": 7,
        "random_state": 3,
        "means_init": means,
        "verbose_interval": 2,
    }
    known = {**same, "n_init": 2, "init_params": "random", "precisions_init": [np.eye(2)] * 3}
    theirs = mx.GaussianMixture(3, max_iter=0, means_init=means).fit(groups())
    params = theirs.set_params(**known).to_sklearn().get_params()
    assert all(params[name] is value for name, value in known.items())
    default = fitted().to_sklearn().get_params()
    assert default["n_components"] == 3
    assert [default[name] for name in ("n_init", "init_params", "reg_covar")] == [1, "kmeans", 1e-6]
    back = mx.GaussianMixture.from_sklearn(Theirs(3, reg_covar=5.0, tol=0.1).fit(groups()))
    assert (back.tol, back.n_init, back.reg_covar) == (0.1, 1, 1e-6)


def test_attributes_set_by_hand_are_what_goes_out() -> None:
    gm = fitted()
    gm.covariances_ = gm.covariances_ * 4.0
    theirs, X = gm.to_sklearn(), groups()
    np.testing.assert_array_equal(theirs.covariances_, gm.covariances_)
    np.testing.assert_allclose(theirs.score_samples(X), gm.score_samples(X), rtol=1e-12)
    assert "converged_" not in vars(theirs)  # that of another mixture
    theirs.means_[:] = 0.0
    assert gm.means_.any()  # arrays are not shared


@pytest.mark.parametrize("covariance_type", ["full", "VEI"])
def test_files_before_and_after(covariance_type: str, tmp_path: Path) -> None:
    gm = fitted(covariance_type)
    mx.save(gm, tmp_path / "before.json")
    loaded = mx.load(tmp_path / "before.json")
    assert isinstance(loaded, mx.GaussianMixture)
    theirs = loaded.to_sklearn()
    np.testing.assert_array_equal(theirs.means_, gm.means_)
    assert theirs.n_iter_ == gm.n_iter_
    back = mx.GaussianMixture.from_sklearn(theirs)
    mx.save(back, tmp_path / "after.json")
    X = groups()
    again = mx.load(tmp_path / "after.json")
    np.testing.assert_array_equal(again.predict_proba(X), back.predict_proba(X))


def test_names_of_columns_go_both_ways() -> None:
    table = pd.DataFrame(groups(), columns=["length", "depth"])
    gm = mx.GaussianMixture(2, random_state=0).fit(table)
    theirs = gm.to_sklearn()
    np.testing.assert_array_equal(theirs.feature_names_in_, ["length", "depth"])
    back = mx.GaussianMixture.from_sklearn(theirs)
    np.testing.assert_array_equal(back.predict(table), gm.predict(table))
    assert back.schema_.names == ("length", "depth")
    with pytest.raises(ValueError, match="same order"):
        back.predict(table[["depth", "length"]])


def test_a_mixture_of_scikit_learn_goes_on_here() -> None:
    X = groups()
    theirs = Theirs(3, random_state=0, warm_start=True).fit(X)
    gm = mx.GaussianMixture.from_sklearn(theirs)
    before = gm.score(X)
    assert before == pytest.approx(theirs.score(X), rel=1e-12)
    assert gm.set_params(tol=1e-7, max_iter=1000).fit(X).score(X) >= before
    assert gm.n_iter_ > 0


def test_what_has_no_counterpart_is_refused() -> None:
    with pytest.raises(mx.MixturaError, match=r"has noise, of weight .* fit with noise=False"):
        fitted(noise=True).to_sklearn()
    with pytest.raises(NotFittedError):
        mx.GaussianMixture().to_sklearn()
    with pytest.raises(NotFittedError):
        mx.GaussianMixture.from_sklearn(Theirs())
    for other in (BayesianGaussianMixture(), mx.GaussianMixture(), groups()):
        with pytest.raises(mx.MixturaError, match=f"not a {type(other).__name__}"):
            mx.GaussianMixture.from_sklearn(other)


@pytest.mark.parametrize("covariance_type", FOUR)
def test_covariances_that_contradict_the_precisions_are_refused(covariance_type: str) -> None:
    theirs = Theirs(3, covariance_type=covariance_type, random_state=0).fit(groups())
    theirs.covariances_ = 2.0 * theirs.covariances_
    with pytest.raises(mx.MixturaError, match=r"contradict each other: .* off the identity by 1\."):
        mx.GaussianMixture.from_sklearn(theirs)


# ------------------------------------------------------------------------------- the hooks


@pytest.mark.parametrize("covariance_type", FOUR)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_private_methods_agree_with_scikit_learns(covariance_type: str, dtype: type) -> None:
    X = groups(dtype)
    theirs = Theirs(3, covariance_type=covariance_type, random_state=0).fit(groups())
    gm = mx.GaussianMixture.from_sklearn(theirs)
    np.testing.assert_allclose(gm._estimate_log_weights(), theirs._estimate_log_weights())
    rtol = 1e-10 if dtype is np.float64 else 1e-4
    for name in ("_estimate_log_prob", "_estimate_weighted_log_prob"):
        ours = getattr(gm, name)(X)
        assert ours.dtype == dtype
        np.testing.assert_allclose(ours, getattr(theirs, name)(X), rtol=rtol, atol=rtol)
    for name in ("_estimate_log_prob_resp", "_e_step"):
        for ours, there in zip(getattr(gm, name)(X), getattr(theirs, name)(X), strict=True):
            np.testing.assert_allclose(ours, there, rtol=rtol, atol=rtol)
    assert gm._n_parameters() == theirs._n_parameters()
    for ours, there in zip(gm._get_parameters(), theirs._get_parameters(), strict=True):
        np.testing.assert_array_equal(ours, there)
    built = mx.GaussianMixture(3, covariance_type=covariance_type)
    built._set_parameters(theirs._get_parameters())
    np.testing.assert_array_equal(built.predict_proba(X), gm.predict_proba(X))
    np.testing.assert_allclose(built.precisions_, theirs.precisions_, rtol=1e-9)


def test_noise_is_the_last_component_of_private_methods() -> None:
    X, gm = groups(), fitted(noise=True)
    assert gm._estimate_log_prob(X).shape == (len(X), 4)
    log_density, log_resp = gm._estimate_log_prob_resp(X)
    np.testing.assert_allclose(log_density, gm.score_samples(X), rtol=1e-12)
    np.testing.assert_allclose(np.exp(log_resp), gm.predict_proba(X), atol=1e-12)


# ----------------------------------------------------------------------------------- ONNX


def run(model: Any, X: np.ndarray) -> list[np.ndarray]:
    onnxruntime = pytest.importorskip("onnxruntime")
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    found: list[np.ndarray] = session.run(None, {"X": X})
    return found


@pytest.mark.parametrize("covariance_type", [*FOUR, "VEI", "EEV"])
@pytest.mark.parametrize(("dtype", "atol"), [(np.float32, 1e-5), (np.float64, 1e-12)])
def test_onnx_agrees(covariance_type: str, dtype: type, atol: float) -> None:
    pytest.importorskip("skl2onnx")
    X, gm = groups(dtype), fitted(covariance_type)
    label, probabilities, scores = run(gm.to_onnx(dtype, score_samples=True), X)
    assert probabilities.dtype == dtype
    np.testing.assert_array_equal(label.ravel(), gm.predict(X))
    np.testing.assert_allclose(probabilities, gm.predict_proba(X), atol=atol)
    np.testing.assert_allclose(scores.ravel(), gm.score_samples(X), atol=10 * atol)
    assert len(run(gm.to_onnx(dtype), X)) == 2


def test_pipelines_convert_once_the_class_is_registered() -> None:
    skl2onnx = pytest.importorskip("skl2onnx")
    mx.GaussianMixture.register_onnx_converter()
    mx.GaussianMixture.register_onnx_converter()  # again does no harm
    X = groups()
    gm = mx.GaussianMixture(3, random_state=0)
    pipeline = make_pipeline(StandardScaler(), gm).fit(X)
    label, probabilities = run(skl2onnx.to_onnx(pipeline, X[:1]), X)
    np.testing.assert_array_equal(label.ravel(), pipeline.predict(X))
    np.testing.assert_allclose(probabilities, pipeline.predict_proba(X), atol=1e-12)
    asked = {id(gm): {"score_samples": True}}
    *_, scores = run(skl2onnx.to_onnx(pipeline, X[:1], options=asked), X)
    np.testing.assert_allclose(scores.ravel(), pipeline.score_samples(X), atol=1e-10)


def test_a_mixture_amid_other_steps_is_not_converted() -> None:
    skl2onnx = pytest.importorskip("skl2onnx")
    mx.GaussianMixture.register_onnx_converter()
    X, gm = groups(), mx.GaussianMixture(2, random_state=0)
    before = make_pipeline(gm, LogisticRegression()).fit(X, X[:, 0] > 1.0)
    beside = make_union(StandardScaler(), gm).fit(X)
    for steps in (before, beside):
        with pytest.raises(mx.MixturaError, match="only one at the end"):
            skl2onnx.to_onnx(steps, X[:1])


def test_onnx_says_what_is_missing_or_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(mx.MixturaError, match="dtype='int64'"):
        fitted().to_onnx(np.int64)
    with pytest.raises(mx.MixturaError, match="has noise"):
        fitted(noise=True).to_onnx()
    monkeypatch.setitem(sys.modules, "skl2onnx", None)
    for call in (fitted().to_onnx, mx.GaussianMixture.register_onnx_converter):
        with pytest.raises(mx.MixturaError, match=r"pip install 'mixtura\[onnx\]'"):
            call()
