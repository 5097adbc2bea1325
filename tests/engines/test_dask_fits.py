"""Estimators fit tables of Dask as they fit arrays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mixtura as mx
from mixtura.errors import MixturaError
from mixtura.estimators.scanned import Scanned
from mixtura.testing import PartitionedArray
from mixtura.typing import AnyArray
from same_bits import assert_same_fit

pytest.importorskip("dask", reason="dask is not installed: pip install 'mixtura[dask]'")
distributed = pytest.importorskip("distributed", reason="distributed is not installed")
pd = pytest.importorskip("pandas")
da = pytest.importorskip("dask.array")
dd = pytest.importorskip("dask.dataframe")

NAMES = ["a", "b", "c"]
PARTITIONS = (4_000, 1_500, 0, 6_500)
N = sum(PARTITIONS)
SAMPLE = 1_500


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    cluster = distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0"
    )
    with cluster, distributed.Client(cluster) as client:
        yield client


@pytest.fixture(params=["threads", "cluster"])
def engine(request: pytest.FixtureRequest) -> Any:
    """Whatever computes."""
    return request.getfixturevalue("client") if request.param == "cluster" else None


def rows(dtype: type = np.float64) -> AnyArray:
    rng = np.random.default_rng(7)
    centers = np.array([[0.0, 0.0, 0.0], [3.0, 2.0, 0.0], [0.0, 4.0, 3.0]])
    X = centers[rng.choice(3, N, p=[0.5, 0.3, 0.2])] + rng.normal(size=(N, 3))
    return X.astype(dtype)


def in_chunks(X: AnyArray) -> Any:
    chunks = (PARTITIONS,) if X.ndim == 1 else (PARTITIONS, X.shape[1:])
    return da.from_array(X, chunks=chunks)


def frame_of(X: AnyArray, **more: AnyArray) -> Any:
    frame = pd.DataFrame(dict(zip(NAMES, X.T, strict=True)) | more)
    return dd.from_pandas(frame, npartitions=3)


def fitted(table: Any, **params: Any) -> Any:
    return mx.GaussianMixture(3, random_state=3, **params).fit(table)


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_same_bits_in_the_same_chunks(dtype: type) -> None:
    X = rows(dtype)
    fit = fitted(mx.scan(in_chunks(X), sample=SAMPLE))
    assert_same_fit(fit, fitted(Scanned(PartitionedArray(X, PARTITIONS), SAMPLE)))
    in_memory = fitted(mx.scan(X, sample=SAMPLE))
    # What float32 tables show has seven digits.
    close = 1e-10 if dtype is np.float64 else 1e-6
    np.testing.assert_allclose(fit.means_, in_memory.means_, rtol=close, atol=close)
    np.testing.assert_allclose(fit.covariances_, in_memory.covariances_, rtol=close, atol=close)
    assert fit.lower_bound_ == pytest.approx(in_memory.lower_bound_, rel=1e-10)


@pytest.mark.usefixtures("engine")
def test_a_table_that_is_its_own_sample_has_the_bits_of_an_array() -> None:
    X = rows()
    assert_same_fit(fitted(in_chunks(X)), fitted(X))


def test_weights_gaps_and_names() -> None:
    X, rng = rows(), np.random.default_rng(0)
    X[rng.random(X.shape) < 0.05] = np.nan
    weight = rng.integers(0, 3, N).astype(np.float64)
    frame = mx.scan(frame_of(X, w=weight), weight="w", sample=SAMPLE)
    array = mx.scan(in_chunks(X), weight=in_chunks(weight), sample=SAMPLE)
    one, other = fitted(frame), fitted(array)
    np.testing.assert_allclose(one.means_, other.means_, rtol=1e-10, atol=1e-10)
    assert one.feature_names_in_.tolist() == NAMES
    assert one.scores_.weight == weight[~np.isnan(X).all(axis=1)].sum()
    assert one.missing_.cells == other.missing_.cells


@pytest.mark.usefixtures("engine")
def test_results_are_lazy_and_those_of_an_array() -> None:
    X = rows()
    fit, array = fitted(X), in_chunks(X)
    assert fit.predict(array).chunks == (PARTITIONS,)
    assert fit.predict_proba(array).chunks == (PARTITIONS, (3,))
    for name in ("predict", "predict_proba", "score_samples"):
        lazy = getattr(fit, name)(array)
        assert isinstance(lazy, da.Array)
        made, expected = lazy.compute(), getattr(fit, name)(X)
        np.testing.assert_array_equal(made, expected)
        assert made.dtype == lazy.dtype == expected.dtype
    assert fit.score(array) == pytest.approx(fit.score(X), rel=1e-14)
    alone = mx.GaussianMixture(1).fit(X)
    assert alone.predict_proba(array).compute().shape == (N, 1)


def test_results_of_frames_keep_the_index() -> None:
    frame = frame_of(rows())
    fit = fitted(mx.scan(frame, sample=SAMPLE))
    shuffled = frame[["c", "a", "b"]].assign(other="text")
    resp = fit.predict_proba(shuffled)
    assert resp.columns.tolist() == ["p0", "p1", "p2"]
    whole = shuffled.assign(cluster=fit.predict(shuffled)).compute()
    np.testing.assert_array_equal(whole["cluster"], resp.compute().to_numpy().argmax(axis=1))
    assert whole.index.tolist() == list(range(N))


@pytest.mark.usefixtures("client")
def test_columns_of_several_kinds() -> None:
    rng = np.random.default_rng(1)
    z = rng.random(N) < 0.4
    plain = pd.DataFrame(
        {
            "size": np.where(z, 0.0, 6.0) + rng.normal(size=N),
            "kind": np.where(rng.random(N) < np.where(z, 0.9, 0.1), "x", "y"),
            "n": rng.poisson(np.where(z, 9.0, 2.0)),
        }
    )
    frame = dd.from_pandas(plain, npartitions=4)
    fit = mx.MixedMixture(2, random_state=0, families={"n": "poisson"})
    fit.fit(mx.scan(frame, sample=SAMPLE))
    assert fit.blocks_ == {"gaussian": ("size",), "categorical": ("kind",), "poisson": ("n",)}
    agreement = (fit.predict(frame).compute().to_numpy() == z).mean()
    assert max(agreement, 1.0 - agreement) > 0.99


@pytest.mark.usefixtures("client")
def test_a_search() -> None:
    grid = {"n_components": [2, 3, 4], "covariance_type": ["EII"]}
    table = mx.scan(in_chunks(rows()).persist(), sample=SAMPLE)
    search = mx.MixtureSearch(param_grid=grid, random_state=0).fit(table)
    assert search.best_params_ == {"n_components": 3, "covariance_type": "EII"}
    assert search.best_estimator_.scores_.weight == N


def test_a_fit_goes_on_after_a_scheduler_was_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mixtura.persistence import checkpoint
    from mixtura.sources.dask import DaskScan

    monkeypatch.setattr(checkpoint, "_SECONDS", 0.0)
    X = rows()
    table = mx.scan(in_chunks(X), sample=SAMPLE)
    whole, map_reduce, n_passes = fitted(table), DaskScan.map_reduce, 0

    def lost(self: DaskScan, task: Any) -> Any:
        nonlocal n_passes
        n_passes += 1
        if n_passes > 5:
            raise MixturaError("The connection to the scheduler was lost.")
        return map_reduce(self, task)

    with monkeypatch.context() as patch:
        patch.setattr(DaskScan, "map_reduce", lost)
        with pytest.raises(MixturaError, match="was lost"):
            mx.GaussianMixture(3, random_state=3).fit(table, checkpoint=tmp_path)
    assert (tmp_path / "fit.checkpoint").exists()
    again = mx.GaussianMixture(3, random_state=3).fit(table, checkpoint=tmp_path)
    assert_same_fit(again, whole)


def test_what_has_to_be_in_memory() -> None:
    with pytest.raises(MixturaError, match="for tables in memory"):
        mx.GaussianMixture(2).fit(in_chunks(rows()), labels=np.zeros(N))
    with pytest.raises(mx.DataError, match="and 3 were fitted"):
        fitted(rows()).predict(in_chunks(rows()[:, :2]))
