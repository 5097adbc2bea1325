"""How much of a mixture lies below a value, and below which value a share lies."""

from __future__ import annotations

from typing import Any

import numpy as np

from mixtura.errors import MixturaError
from mixtura.estimators.asked import Asked
from mixtura.estimators.named_columns import place_of
from mixtura.explain.quantiles import cdf, quantile
from mixtura.families.one_column import LevelShares, Numbers
from mixtura.typing import AnyArray, FloatArray

__all__ = ["DistributionFunctions"]


class DistributionFunctions(Asked):
    """Of one column of a mixture."""

    def cdf(self, values: Any, column: Any = None) -> AnyArray:
        """The share of the mixture with at most some values in a column.

        Parameters
        ----------
        values : array of any shape
        column : str or int, default=None
            By its name or number; of a mixture of one column it may be left out.

        Returns
        -------
        ndarray of the shape of the values
            NaN where a value is. Noise counts as spread over the box that its rows filled.

        Raises
        ------
        MixturaError
            If there is no such column, or it has levels, which have no order.

        Examples
        --------
        >>> import mixtura as mx
        >>> dice = mx.UniformMixture().fit([[0.0], [1.0], [4.0]])
        >>> dice.cdf([-1.0, 1.0, 4.0])
        array([0.  , 0.25, 1.  ])
        """
        numbers, shares = self._numbers(column)
        at = _as_numbers("values", values)
        return np.asarray(cdf(numbers, shares, at.ravel()).reshape(at.shape))

    def quantile(self, shares: Any, column: Any = None) -> AnyArray:
        """The least values with so large shares of the mixture at or below them.

        Of other columns that are known, ask the `conditional`.

        Parameters
        ----------
        shares : array of any shape
            From 0 to 1.
        column : str or int, default=None
            By its name or number; of a mixture of one column it may be left out.

        Returns
        -------
        ndarray of the shape of the shares

        Raises
        ------
        MixturaError
            If a share is not from 0 to 1, if there is no such column, or it has levels.

        Examples
        --------
        >>> import mixtura as mx
        >>> mx.UniformMixture().fit([[0.0], [1.0], [4.0]]).quantile([0.25, 0.5])
        array([1., 2.])
        """
        numbers, of_components = self._numbers(column)
        at = _as_numbers("shares", shares)
        wrong = at[~((at >= 0.0) & (at <= 1.0))]
        if wrong.size:
            raise MixturaError(f"shares has {wrong.flat[0]:g}; each should be from 0 to 1.")
        return np.asarray(quantile(numbers, of_components, at.ravel()).reshape(at.shape))

    def _numbers(self, column: Any) -> tuple[Numbers, FloatArray]:
        """A column of numbers, and the components' weights."""
        schema = self._schema()
        if column is None and len(schema) > 1:
            raise MixturaError(
                f"column is left out, and there are {len(schema)}: name one of "
                f"{', '.join(schema.names)}."
            )
        place = place_of(schema, 0 if column is None else column)
        found, weights = self._column(place)
        if isinstance(found, LevelShares):
            raise MixturaError(
                f"Column {schema[place].name} has levels, which have no order: "
                "predict_value_proba has the probability of each."
            )
        return found, weights


def _as_numbers(name: str, values: Any) -> FloatArray:
    """An array of numbers."""
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        raise MixturaError(f"{name}={values!r}; expected numbers.") from None
