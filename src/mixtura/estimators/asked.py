"""What a mixture has to have that is asked questions."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np

from mixtura.estimators.made import schema_of
from mixtura.explain.regression import one_column
from mixtura.families.one_column import OneColumn
from mixtura.families.schema import Schema
from mixtura.mixture import Mixture
from mixtura.sources import Source
from mixtura.sources.scan import Names
from mixtura.typing import AnyArray, FloatArray

__all__ = ["Asked"]


class Asked:
    """Base of those parts of an estimator that answer questions."""

    n_jobs: int | None
    random_state: Any

    @abstractmethod
    def _fitted(self) -> Mixture[Any, Any]:
        """The mixture, of an estimator that is fitted."""

    @abstractmethod
    def _as_fitted(self, X: Any) -> AnyArray:
        """A table of the columns that were fitted, as numbers (n, d)."""

    @abstractmethod
    def _known(self) -> Any:
        """The estimator that knows what the columns are."""

    @abstractmethod
    def _row_by_row(
        self,
        X: Any,
        mixture: Mixture[Any, Any],
        function: Callable[[AnyArray], AnyArray],
        names: Names,
        dtype: type = np.float64,
    ) -> AnyArray:
        """The function's results for each row of a table, in columns of these names."""

    @abstractmethod
    def _source(self, X: Any, sample_weight: Any, mixture: Mixture[Any, Any]) -> Source:
        """The rows of a table, to be passed over."""

    @abstractmethod
    def _refuse_scanned(self, X: Any, what: str) -> None:
        """What gives more than some numbers for each row is for tables in memory."""

    def _schema(self) -> Schema:
        mixture = self._fitted()  # which sees first whether there is one
        return schema_of(self._known(), mixture)

    def _column(self, place: int) -> tuple[OneColumn, FloatArray]:
        """A column of rows of which nothing else is known, and the components' weights."""
        mixture = self._fitted()
        return one_column(mixture, np.full((1, mixture.n_features), np.nan), place)
