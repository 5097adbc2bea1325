"""`Embedding`: rows as responsibilities, log-ratios, distances, or the largest responsibilities."""

from __future__ import annotations

import pickle
import tracemalloc
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy.sparse import csr_array, issparse
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import StandardScaler

import mixtura as mx
from mixtura import em
from mixtura.explain.embeddings import heaviest, largest, log_ratios
from mixtura.families import Bernoulli, BernoulliParameters
from mixtura.mixture import Mixture
from mixtura.sources import ArraySource
from mixtura.starts.given import random_responsibilities
from mixtura.testing import with_gaps
from mixtura.typing import FloatArray
from records import FAMILIES, FamilyRecord

KINDS = ["responsibilities", "log_ratios", "distances"]


def groups(n: int = 150, d: int = 2) -> FloatArray:
    rng = np.random.default_rng(0)
    return rng.normal(size=(n, d)) + 4.0 * (np.arange(n) % 3)[:, None]


def three(**options: Any) -> mx.GaussianMixture:
    return mx.GaussianMixture(3, covariance_type="diag", random_state=0, **options)


# ------------------------------------------------------------------------------------- log-ratios


@pytest.mark.parametrize("record", FAMILIES, ids=lambda record: record.name)
def test_log_ratios_say_what_responsibilities_say(record: FamilyRecord) -> None:
    X = with_gaps(record.X)
    start = random_responsibilities(3, (0,))
    mixture = em.begin(record.family, ArraySource(record.X), start)
    found, resp = log_ratios(mixture, X), mixture.responsibilities(X)
    assert found.shape == (len(X), 2)
    assert np.isfinite(found).all()
    base = heaviest(mixture)
    assert mixture.weights[base] == mixture.weights[: mixture.n_clusters].max()
    ratios = np.insert(found, base, 0.0, axis=1)
    back = np.exp(ratios - ratios.max(axis=1, keepdims=True))
    back /= back.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(back, resp, rtol=1e-9, atol=1e-300)


def test_log_ratios_go_on_where_responsibilities_underflow() -> None:
    fit = three().fit(groups())
    far = np.array([[1e3, 1e3], [2e3, 2e3], [4e3, 4e3]])
    assert np.isin(fit.predict_proba(far), (0.0, 1.0)).all()
    ratios = log_ratios(fit.mixture_, far)
    assert np.isfinite(ratios).all()
    assert (np.diff(np.abs(ratios), axis=0) > 1e3).all()


def coins(weights: list[float]) -> Mixture[Any, Any]:
    params = BernoulliParameters(np.array([[0.0], [0.5], [0.25]]))
    return Mixture(Bernoulli(), params, np.array(weights))


def test_a_responsibility_of_0_counts_as_the_least_there_is() -> None:
    mixture = coins([0.2, 0.45, 0.35])
    assert heaviest(mixture) == 1
    np.testing.assert_allclose(
        log_ratios(mixture, np.ones((1, 1))), [[np.log(5e-324), np.log(0.35 / 0.9)]]
    )
    mixture = coins([0.5, 0.2, 0.3])  # the one that others are compared with
    assert heaviest(mixture) == 0
    likelier = -np.log(5e-324)
    np.testing.assert_allclose(
        log_ratios(mixture, np.ones((1, 1))), [[likelier, likelier + np.log(0.75)]]
    )


def test_nothing_is_no_likelier_than_next_to_nothing() -> None:
    values = np.repeat([[0.5], [1e-300], [0.0]], 3, axis=1)
    mixture = Mixture(Bernoulli(), BernoulliParameters(values), np.array([0.4, 0.3, 0.3]))
    ratios = log_ratios(mixture, np.ones((1, 3)))[0]
    assert ratios[1] == ratios[0] < np.log(5e-324)


def test_components_of_weight_0_and_rows_out_of_reach_have_nothing() -> None:
    ratios = log_ratios(coins([0.0, 0.5, 0.5]), np.ones((1, 1)))[0]
    np.testing.assert_allclose(ratios, [0.0, -np.log(2.0)])
    params = BernoulliParameters(np.zeros((2, 1)))
    nothing = Mixture(Bernoulli(), params, np.array([0.5, 0.5]))
    assert log_ratios(nothing, np.ones((1, 1))).tolist() == [[0.0]]


# ------------------------------------------------------------------------------------------ kinds


@pytest.mark.parametrize("noise", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_the_columns_are_the_mixture_s_own(kind: str, noise: bool) -> None:
    X = groups()
    fit = three(noise=noise).fit(X)
    embedding = mx.Embedding(three(noise=noise), kind=kind)
    found = embedding.fit_transform(X)
    expected = {
        "responsibilities": fit.predict_proba,
        "log_ratios": lambda X: log_ratios(fit.mixture_, X),
        "distances": fit.distances,
    }[kind](X)
    np.testing.assert_array_equal(found, expected)
    names = embedding.get_feature_names_out().tolist()
    assert len(names) == found.shape[1]
    suffix = {"responsibilities": "", "log_ratios": "_log_ratio", "distances": "_distance"}[kind]
    of_noise = [f"gaussianmixture_noise{suffix}"] * (noise and kind != "distances")
    shown = [1, 2] if kind == "log_ratios" else [0, 1, 2]
    assert names == [f"gaussianmixture{j}{suffix}" for j in shown] + of_noise


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("container", ["pandas", "polars"])
def test_set_output(kind: str, container: str) -> None:
    X = pd.DataFrame(groups(), columns=["a", "b"], index=np.arange(150) + 7)
    embedding = mx.Embedding(three(), kind=kind).set_output(transform=container)
    table = embedding.fit_transform(X)
    assert isinstance(table, pd.DataFrame if container == "pandas" else pl.DataFrame)
    assert list(table.columns) == embedding.get_feature_names_out().tolist()
    assert embedding.feature_names_in_.tolist() == ["a", "b"]
    if isinstance(table, pd.DataFrame):
        assert table.index.equals(X.index)


def test_sparse_columns_are_no_data_frame() -> None:
    embedding = mx.Embedding(three(), top=1).set_output(transform="pandas")
    with pytest.raises(ValueError, match=r"sparse matrix.*set_output\(transform='default'\)"):
        embedding.fit_transform(groups())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_dtype_is_the_table_s(kind: str, dtype: Any) -> None:
    X = groups().astype(dtype)
    assert mx.Embedding(three(), kind=kind).fit_transform(X).dtype == dtype
    assert mx.Embedding(three(), top=2).fit_transform(X).dtype == dtype


@pytest.mark.parametrize("kind", KINDS)
def test_rows_may_have_gaps(kind: str) -> None:
    X = with_gaps(groups())
    found = mx.Embedding(three(), kind=kind).fit_transform(X)
    assert np.isfinite(found).all()


# ----------------------------------------------------------------------------------------- sparse


@pytest.mark.parametrize("top", [1, 2, 4])
def test_top_keeps_the_largest_as_they_are(top: int) -> None:
    X = groups()
    embedding = mx.Embedding(three(noise=True), top=top).fit(X)
    found, resp = embedding.transform(X), embedding.estimator_.predict_proba(X)
    assert isinstance(found, csr_array)
    assert found.shape == resp.shape
    assert found.has_canonical_format
    assert found.indices.dtype == found.indptr.dtype == np.int32
    assert (np.diff(found.indptr) <= top).all()
    assert (found.data > 0.0).all()
    kept = found.toarray()
    threshold = np.sort(resp, axis=1)[:, -top][:, None]
    np.testing.assert_array_equal(kept, np.where(resp >= threshold, resp, 0.0))


def test_of_equal_ones_the_first_are_kept() -> None:
    values, components = largest(np.full((2, 5), 0.2), 3)
    assert values.tolist() == [[0.2] * 3] * 2
    assert components.tolist() == [[0, 1, 2]] * 2


def test_top_never_writes_the_whole_table_out() -> None:
    n, k = 400_000, 40
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, 1)).cumsum(axis=0)
    labels = (np.argsort(np.argsort(X[:2_000, 0])) * k) // 2_000
    fit = mx.GaussianMixture(k, covariance_type="spherical", init_params=labels, max_iter=0)
    embedding = mx.Embedding(FrozenEstimator(fit.fit(X[:2_000])), top=3).fit(X)
    tracemalloc.start()
    found = embedding.transform(X)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.shape == (n, k)
    assert peak < 0.5 * n * k * 8  # bytes of the whole table


# --------------------------------------------------------------------------------- in scikit-learn


def test_it_goes_into_pipelines_and_searches() -> None:
    X, y = groups(), np.arange(150) % 3
    pipeline = make_pipeline(StandardScaler(), mx.Embedding(three()), LogisticRegression())
    grid = {"embedding__kind": KINDS, "embedding__estimator__n_components": [2, 3]}
    search = GridSearchCV(pipeline, grid, cv=3).fit(X, y)
    assert search.best_score_ > 0.95
    best = search.best_estimator_.named_steps["embedding"].estimator_
    assert best.n_components == search.best_params_["embedding__estimator__n_components"]
    table = pd.DataFrame(X, columns=["a", "b"])
    parts = [("as_it_is", "passthrough", ["a"]), ("soft", mx.Embedding(three(), top=1), ["a", "b"])]
    columns = ColumnTransformer(parts).fit(table)
    assert columns.get_feature_names_out().tolist()[:2] == ["as_it_is__a", "soft__gaussianmixture0"]
    both = make_union(mx.Embedding(three(), top=1), mx.Embedding(three(), kind="distances"))
    joined = both.fit_transform(X)
    assert issparse(joined)
    assert joined.shape == (150, 6)


def test_it_fits_a_clone_and_leaves_what_it_is_given() -> None:
    given, X = three(), groups()
    embedding = mx.Embedding(given).fit(X)
    assert not given.__sklearn_is_fitted__()
    assert embedding.estimator_ is not given
    again = clone(embedding)
    assert not hasattr(again, "estimator_")
    assert again.get_params()["estimator__n_components"] == 3
    for kind in KINDS:
        embedding.set_params(kind=kind)  # needs no new fit
        packed = pickle.loads(pickle.dumps(embedding))
        np.testing.assert_array_equal(packed.transform(X), embedding.transform(X))


def test_a_frozen_estimator_is_used_as_it_is() -> None:
    X = groups()
    fit = three().fit(X)
    embedding = mx.Embedding(FrozenEstimator(fit), kind="log_ratios").fit(X[:2])
    assert embedding.estimator_ is fit
    assert clone(embedding).fit(X[:2]).estimator_ is fit
    assert embedding.n_features_in_ == 2
    with pytest.raises(NotFittedError):
        mx.Embedding(FrozenEstimator(three())).fit(X)


def test_weights_are_those_of_the_rows() -> None:
    X, weight = groups(), np.r_[np.ones(100), np.zeros(50)]
    weighted = mx.Embedding(three()).fit(X, sample_weight=weight)
    fewer = mx.Embedding(three()).fit(X[:100])
    np.testing.assert_allclose(weighted.transform(X), fewer.transform(X), atol=1e-9)


def test_a_search_and_other_families_can_be_embedded() -> None:
    X = groups()
    search = mx.MixtureSearch(three(), {"n_components": [2, 3, 4]})
    embedding = mx.Embedding(search, kind="distances").fit(X)
    assert embedding.transform(X).shape == (150, 3)
    assert embedding.get_feature_names_out()[0] == "mixturesearch0_distance"
    answers = [["tea", "no"], ["coffee", "yes"], ["tea", "no"]] * 20
    latent = mx.Embedding(mx.CategoricalMixture(2, random_state=0), kind="log_ratios")
    assert np.isfinite(latent.fit_transform(answers)).all()


def test_without_an_estimator_a_search_is_made() -> None:
    X = np.concatenate([groups(60)[:, :1], groups(60)[:, :1] + 40.0])
    embedding = mx.Embedding().fit(X)
    assert isinstance(embedding.estimator_, mx.MixtureSearch)


# -------------------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"kind": "log"}, "kind='log' is unknown; choose one of responsibilities, log_ratios"),
        ({"kind": None}, "kind=None is unknown"),
        ({"top": 0}, "'top': 0. It should be a whole number, 1 or more"),
        ({"top": 1.5}, "'top': 1.5. It should be"),
        ({"top": True}, "'top': True. It should be"),
        ({"top": 4}, "top=4 is more than there are: the mixture has 3 components"),
        ({"top": 2, "kind": "distances"}, "top=2 keeps the largest .* kind='distances'"),
        ({"estimator": "gaussian"}, r"is 'gaussian'; expected .*Write GaussianMixture\(\)"),
        ({"estimator": mx.GaussianMixture}, r"Make one of it: GaussianMixture\(\.\.\.\)"),
        ({"estimator": KMeans()}, "is a KMeans of sklearn; expected a mixture estimator"),
        ({"estimator": FrozenEstimator(KMeans())}, "is a KMeans of sklearn; expected"),
        (
            {"estimator": mx.GaussianMixture(), "kind": "log_ratios"},
            "kind='log_ratios' compares components, and the mixture has one alone",
        ),
        (
            {"estimator": mx.ExponentialMixture(2, random_state=0), "kind": "distances"},
            "components of ExponentialMixture have no Mahalanobis distances",
        ),
    ],
)
def test_what_cannot_be_embedded(given: dict[str, Any], told: str) -> None:
    with pytest.raises(mx.MixturaError, match=told):
        mx.Embedding(**{"estimator": three(), **given}).fit(np.abs(groups()))


def test_what_is_changed_after_a_fit_is_checked_again() -> None:
    embedding, X = mx.Embedding(three()).fit(groups()), groups()
    with pytest.raises(mx.MixturaError, match="top=9 is more than there are"):
        embedding.set_params(top=9).transform(X)
    with pytest.raises(NotFittedError):
        mx.Embedding(three()).transform(X)
    with pytest.raises(NotFittedError):
        mx.Embedding(three()).get_feature_names_out()
