"""The door: tables and weights come in, arrays that can be trusted go on."""

from __future__ import annotations

from typing import Any

import narwhals as nw
import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import validate_data

from mixtura.errors import DataError
from mixtura.typing import AnyArray, FloatArray

__all__ = ["as_rows", "as_weights"]


def as_rows(estimator: BaseEstimator, X: Any, *, reset: bool) -> AnyArray:
    """A table as an array (n, d) of float32 or float64, its feature names remembered or checked.

    NumPy, pandas and polars tables are what scikit-learn reads itself; any other table that
    narwhals knows (pyarrow, modin, ...) passes through polars.
    """
    native = (np.ndarray, list, tuple)
    if not isinstance(X, native):
        frame = nw.from_native(X, eager_only=True, pass_through=True)
        if isinstance(frame, nw.DataFrame) and not frame.implementation.is_pandas():
            X = frame.to_polars()
    rows: AnyArray = validate_data(
        estimator, X, reset=reset, dtype=[np.float64, np.float32], ensure_min_samples=1
    )
    return rows


def as_weights(sample_weight: Any, n: int) -> FloatArray | None:
    """Row weights (n,): finite, not negative, not all zero."""
    if sample_weight is None:
        return None
    weight = np.asarray(sample_weight, dtype=np.float64)
    if weight.ndim == 0:
        weight = np.full(n, float(weight))
    if weight.shape != (n,):
        raise DataError(
            f"sample_weight has shape {weight.shape}, but there are {n} rows: "
            "give one weight per row."
        )
    bad = ~(np.isfinite(weight) & (weight >= 0.0))
    if bad.any():
        first = int(np.flatnonzero(bad)[0])
        raise DataError(
            f"sample_weight is {weight[first]} at row {first} (and bad in {bad.sum()} rows in "
            "all): weights should be finite numbers, 0 or more."
        )
    if not weight.any():
        raise DataError("sample_weight is zero for every row: at least one row needs weight.")
    return weight
