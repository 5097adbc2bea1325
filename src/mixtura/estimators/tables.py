"""The door: tables and weights come in, arrays that can be trusted go on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import narwhals as nw
import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import validate_data

from mixtura.errors import DataError
from mixtura.typing import AnyArray, FloatArray

__all__ = ["as_rows", "as_weights", "column_names"]

# Between these a number has a square, and two squares a product, that neither overflow nor vanish.
_SMALLEST, _LARGEST = 1e-75, 1e75


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
    with np.errstate(over="ignore", invalid="ignore"):  # scikit-learn's look for NaN is a sum
        rows: AnyArray = validate_data(
            estimator, X, reset=reset, dtype=[np.float64, np.float32], ensure_min_samples=1
        )
    return rows


def column_names(estimator: BaseEstimator, rows: AnyArray) -> tuple[str, ...]:
    """The names of a table's columns, or their numbers."""
    names: Sequence[object] = vars(estimator).get("feature_names_in_", range(rows.shape[1]))
    return tuple(map(str, names))


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
    if not _SMALLEST <= weight.max() <= _LARGEST:
        raise DataError(
            f"sample_weight is at most {weight.max():.3g}: its largest should be between "
            f"{_SMALLEST:.0e} and {_LARGEST:.0e}. Multiply all weights by one number."
        )
    return weight
