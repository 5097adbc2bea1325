"""Sessions of Spark that are small and quiet, and frames whose partitions are chosen."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyspark import TaskContext
from pyspark.sql import DataFrame, SparkSession

#: Workers run this Python, and find what is found here.
ENVIRONMENT = {
    "PYSPARK_PYTHON": sys.executable,
    "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
}


def configured(builder: Any, **options: str) -> SparkSession:
    """A session that is small and quiet."""
    quiet = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "FATAL",
        "spark.sql.shuffle.partitions": "2",
    }
    session: SparkSession = builder.config(map=quiet | options).getOrCreate()
    return session


@contextmanager
def on_two_threads(**options: str) -> Iterator[SparkSession]:
    """A session that ends with the block."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        session = configured(SparkSession.builder.master("local[2]"), **options)
        yield session
        session.stop()


def frame_of(spark: SparkSession, columns: dict[str, Any], sizes: Sequence[int]) -> DataFrame:
    """Columns as a frame whose partitions have so many rows."""
    table = pa.table(columns)
    bounds = np.cumsum([0, *sizes]).tolist()
    parts = [table.slice(a, n).combine_chunks() for a, n in zip(bounds, sizes, strict=False)]

    def own(records: Iterator[Any]) -> Iterator[Any]:
        list(records)
        yield from parts[TaskContext.get().partitionId()].to_batches()

    numbers = spark.range(0, len(sizes), 1, len(sizes))
    return numbers.mapInArrow(own, spark.createDataFrame(table.slice(0, 1)).schema).cache()
