"""Estimators fit frames of Spark as they fit arrays."""

from __future__ import annotations

import gc
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mixtura as mx
from mixtura.estimators.scanned import Scanned
from mixtura.sources.scan import AsTheyAre
from mixtura.testing import PartitionedArray
from mixtura.typing import AnyArray

if shutil.which("java") is None:
    pytest.skip("Spark needs Java, which is not installed", allow_module_level=True)
pytest.importorskip("pyspark", reason="pip install 'mixtura[spark]'")
pa = pytest.importorskip("pyarrow")

pytestmark = pytest.mark.filterwarnings("ignore:PySpark does not yet fully support:FutureWarning")

from pyspark import cloudpickle  # noqa: E402  it may not be there

from spark_frames import frame_of, on_two_threads  # noqa: E402

# Workers cannot import this file.
cloudpickle.register_pickle_by_value(sys.modules[__name__])

NAMES = ("a", "b", "c")
PARTITIONS = (4_000, 1_500, 0, 2_500)
N = sum(PARTITIONS)
SAMPLE = 1_500


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    with on_two_threads() as session:
        yield session


def rows() -> AnyArray:
    rng = np.random.default_rng(7)
    centers = np.array([[0.0, 0.0, 0.0], [3.0, 2.0, 0.0], [0.0, 4.0, 3.0]])
    return centers[rng.choice(3, N, p=[0.5, 0.3, 0.2])] + rng.normal(size=(N, 3))


def in_partitions(spark: Any, columns: dict[str, Any]) -> Any:
    return frame_of(spark, columns, PARTITIONS)


def named(X: AnyArray) -> dict[str, AnyArray]:
    return dict(zip(NAMES, X.T, strict=True))


def fitted(table: Any) -> mx.GaussianMixture:
    return mx.GaussianMixture(3, random_state=3).fit(table)


def test_the_same_bits_in_the_same_chunks_and_the_same_answers(spark: Any, tmp_path: Path) -> None:
    X = rows()
    frame = in_partitions(spark, named(X) | {"other": np.arange(N)})
    table = mx.scan(frame, columns=NAMES, sample=SAMPLE)
    fit, expected = fitted(table), fitted(Scanned(PartitionedArray(X, PARTITIONS), SAMPLE))
    np.testing.assert_array_equal(fit.means_, expected.means_)
    np.testing.assert_array_equal(fit.covariances_, expected.covariances_)
    assert fit.lower_bounds_ == expected.lower_bounds_
    assert fit.scores_ == expected.scores_
    assert str(fit.starts_) == str(expected.starts_)
    whole = fitted(mx.scan(X, sample=SAMPLE))
    np.testing.assert_allclose(fit.means_, whole.means_, rtol=1e-10, atol=1e-10)

    told = fit.predict(frame)
    assert told.columns == [*NAMES, "other", "cluster"]
    made = told.toArrow().to_pandas().sort_values("other")
    np.testing.assert_array_equal(made["cluster"], expected.predict(X))
    resp = fit.predict_proba(frame)
    assert resp.columns[-3:] == ["p0", "p1", "p2"]
    made = resp.toArrow().to_pandas().sort_values("other")
    np.testing.assert_array_equal(made[["p0", "p1", "p2"]], expected.predict_proba(X))
    assert fit.score(frame) == pytest.approx(expected.score(X), rel=1e-13)

    mx.save(fit, tmp_path / "model.json")
    loaded = mx.load(tmp_path / "model.json")
    np.testing.assert_array_equal(loaded.means_, fit.means_)


def test_weights_gaps_and_columns_of_several_kinds(spark: Any) -> None:
    X, rng = rows(), np.random.default_rng(0)
    z = X[:, 0] > 1.5
    columns = named(X) | {
        "kind": pa.array(np.where(z, "x", "y").astype(object), mask=rng.random(N) < 0.05),
        "w": rng.integers(0, 3, N),
    }
    frame = in_partitions(spark, columns)
    fit = mx.MixedMixture(2, random_state=0).fit(mx.scan(frame, weight="w", sample=SAMPLE))
    assert fit.blocks_ == {"gaussian": NAMES, "categorical": ("kind",)}
    assert fit.scores_.weight == columns["w"].sum()
    assert fit.missing_ is not None
    share = fit.missing_.cells[3] / fit.missing_.n_total
    assert 0.03 < share < 0.07


def test_errors_name_what_is_wrong(spark: Any) -> None:
    X = rows()
    X[4_100, 1] = np.inf
    with pytest.raises(mx.DataError, match=r"partition \d.*infinity: column"):
        fitted(in_partitions(spark, named(X)))
    with pytest.raises(mx.DataError, match="no column d"):
        mx.scan(in_partitions(spark, named(X)), columns=["a", "d"])


def test_blocks_are_let_go_with_the_source_and_after_the_session(spark: Any) -> None:
    from mixtura.sources import spark as module
    from mixtura.sources.spark import scan_spark

    scan = scan_spark(in_partitions(spark, named(rows())))
    opened = scan.opened(AsTheyAre(), 1)
    packed = opened.make(64, False).scan.frame  # type: ignore[attr-defined]
    assert packed.storageLevel.useMemory
    del opened
    gc.collect()
    assert not packed.storageLevel.useMemory

    class Ended:
        def unpersist(self) -> None:
            raise RuntimeError("the session has ended")

    module._let_go(Ended())  # type: ignore[arg-type]
