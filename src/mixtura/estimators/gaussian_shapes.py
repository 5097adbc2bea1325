"""The base of estimators whose components have one of the 14 covariance structures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mixtura.errors import MixturaError
from mixtura.estimators.gaussian_vocabulary import COVARIANCE_TYPES, CovarianceType, searched_types
from mixtura.estimators.mixture_estimator import MixtureEstimator
from mixtura.estimators.options import choose
from mixtura.estimators.parameters import check_floor, check_not_single
from mixtura.estimators.tables import as_rows, column_names
from mixtura.families.gaussian.covariance_arrays import Shown
from mixtura.families.schema import Schema
from mixtura.sources import Summary
from mixtura.starts.training_rows import TrainingRows
from mixtura.typing import AnyArray, FloatArray

__all__ = ["ShapedMixture", "as_dtype", "shown_in"]


class ShapedMixture(MixtureEstimator):
    """An estimator of measurements, with a `covariance_type` and a floor for variances."""

    covariance_type: str
    reg_covar: float

    def _read(self, X: Any, *, reset: bool) -> AnyArray:
        rows = as_rows(self, X, reset=reset)
        if reset:
            self.schema_ = Schema.of(column_names(self, rows))
        return rows

    def _check_spread(self, table: TrainingRows) -> None:
        check_not_single(table)

    @property
    def _type(self) -> CovarianceType:
        return choose(COVARIANCE_TYPES, "covariance_type", self.covariance_type)

    def _floor(self, summary: Summary) -> FloatArray:
        """Least variances of a component, for rows that the covariance type suits."""
        d = len(summary.scales)
        if self._type.one_dimensional and d > 1:
            raise MixturaError(
                f"covariance_type={self.covariance_type!r} is for one column, but there are "
                f"{d}: use 'tied' for E and 'full' for V."
            )
        return summary.floor(float(self.reg_covar))

    def _check_parameters(self) -> None:
        super()._check_parameters()
        check_floor(self.reg_covar)
        choose(COVARIANCE_TYPES, "covariance_type", self.covariance_type)

    def _default_grid(self, schema: Schema) -> dict[str, Sequence[Any]]:
        return {**super()._default_grid(schema), "covariance_type": searched_types(len(schema))}


def shown_in(dtype: np.dtype[Any], shown: Shown) -> Shown:
    """The arrays that show covariances in the dtype of a table, as far as that holds them."""
    least = float(np.finfo(dtype).tiny)
    arrays = shown.covariances, shown.precisions, shown.precisions_cholesky
    return Shown(*(as_dtype(array, dtype, least) for array in arrays))


def as_dtype(array: AnyArray, dtype: np.dtype[Any], least: float) -> AnyArray:
    """In the dtype of the table if that can hold it: squares of float32 may need float64.

    Numbers but 0 have to be as large as the least.
    """
    size = np.abs(array[array != 0.0])
    fits = least <= size.min(initial=np.inf) and size.max(initial=0.0) <= np.finfo(dtype).max
    return array.astype(dtype if fits else np.float64)
