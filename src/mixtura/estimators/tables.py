"""The door: tables and weights come in, arrays that can be trusted go on."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import narwhals as nw
import numpy as np
from sklearn.utils.validation import validate_data

from mixtura.errors import DataError, DataWarning
from mixtura.estimators.not_numbers import refuse_not_numbers, refuse_times
from mixtura.estimators.scikit_learn import BaseEstimator
from mixtura.families.schema import Schema
from mixtura.sources import Summary
from mixtura.starts.training_rows import LARGEST, SMALLEST
from mixtura.statistics import NEGLIGIBLE
from mixtura.typing import AnyArray, FloatArray

__all__ = ["Table", "as_rows", "as_weights", "check_reach", "column_names", "whole_of"]


@dataclass(frozen=True, eq=False)
class Table:
    """A table that comes with its schema, so that nothing has to be found out about it.

    Attributes
    ----------
    rows : ndarray of shape (n, d), float32 or float64
        Finite numbers, or NaN for missing cells; of categories those of their levels.
    schema : Schema
    whole : Summary or None
        Of the table that these rows are a part of, if they are: all parts share its units.
    """

    rows: AnyArray
    schema: Schema
    whole: Summary | None = None


def whole_of(X: Any) -> Summary | None:
    """What a table is a part of, if it is."""
    return X.whole if isinstance(X, Table) else None


def as_rows(estimator: BaseEstimator, X: Any, *, reset: bool) -> AnyArray:
    """A table as an array (n, d) of float32 or float64, its feature names remembered or checked.

    Missing cells are NaN, whatever the table has for them.

    NumPy, pandas and polars tables are what scikit-learn reads itself; any other table that
    narwhals knows (pyarrow, modin, ...) passes through polars.
    """
    by, native = type(estimator).__name__, (np.ndarray, list, tuple)
    given = X if isinstance(X, native) else nw.from_native(X, eager_only=True, pass_through=True)
    refuse_times(by, given)
    if isinstance(given, nw.DataFrame) and not given.implementation.is_pandas():
        X = given.to_polars()
    try:
        with np.errstate(over="ignore", invalid="ignore"):  # of numbers that float32 cannot hold
            rows: AnyArray = validate_data(
                estimator,
                X,
                reset=reset,
                dtype=[np.float64, np.float32],
                ensure_all_finite=False,
                ensure_min_samples=1,
            )
    except (TypeError, ValueError):
        refuse_not_numbers(by, given)
        raise
    _refuse_infinite(estimator, rows)
    return rows


def _refuse_infinite(estimator: BaseEstimator, rows: AnyArray) -> None:
    """Raise DataError if a cell is infinite."""
    infinite = np.isinf(rows)
    if infinite.any():
        row, column = np.argwhere(infinite)[0].tolist()
        raise DataError(
            f"The table contains infinity: column {column_names(estimator, rows)[column]} is "
            f"{rows[row, column]} at row {row}. Numbers should be finite; leave the cell empty "
            "(NaN) if nothing is known of it."
        )


def check_reach(rows: AnyArray, names: Sequence[str]) -> None:
    """Rows that are no farther out than any that can be fitted."""
    if rows.dtype != np.float64:
        return
    reach = max(np.fmax.reduce(rows, axis=None), -np.fmin.reduce(rows, axis=None))
    if not reach > LARGEST:  # nor if all cells are missing
        return
    row, column = np.argwhere(np.abs(rows) > LARGEST)[0].tolist()
    raise DataError(
        f"Column {names[column]} is {rows[row, column]:.3g} at row {row}: values should be no "
        f"larger than {LARGEST:.0e}, as in `fit`, lest their squares overflow. Leave the row out, "
        "or mend the value."
    )


def column_names(estimator: BaseEstimator, rows: AnyArray) -> tuple[str, ...]:
    """The names of a table's columns, or their numbers."""
    names: Sequence[object] = vars(estimator).get("feature_names_in_", range(rows.shape[1]))
    return tuple(map(str, names))


def as_weights(sample_weight: Any, n: int) -> FloatArray | None:
    """Row weights (n,): finite, not negative, not all zero; 0 where they are negligible."""
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
    if not SMALLEST <= weight.max() <= LARGEST:
        raise DataError(
            f"sample_weight is at most {weight.max():.3g}: its largest should be between "
            f"{SMALLEST:.0e} and {LARGEST:.0e}. Multiply all weights by one number."
        )
    return _without_negligible(weight)


def _without_negligible(weight: FloatArray) -> FloatArray:
    """The weights with 0 for those beyond the reach of the largest."""
    beyond = (weight > 0.0) & (weight < NEGLIGIBLE * weight.max())
    if not beyond.any():
        return weight
    warnings.warn(
        f"sample_weight is above 0 but less than {NEGLIGIBLE:.0e} of the largest weight, "
        f"{weight.max():.3g}, in {beyond.sum()} of {len(weight)} rows: these count as rows of "
        "weight 0. Leave them out, or give weights that are closer together.",
        DataWarning,
        stacklevel=4,
    )
    return np.where(beyond, 0.0, weight)
