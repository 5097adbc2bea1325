"""A column of each row, from its other cells."""

from __future__ import annotations

from functools import partial
from numbers import Real
from typing import Any, NamedTuple, overload

import numpy as np

from mixtura.errors import MixturaError
from mixtura.estimators.asked import Asked
from mixtura.estimators.gapped_tables import without_cells
from mixtura.estimators.named_columns import place_of
from mixtura.estimators.row_by_row import row_by_row
from mixtura.explain.regression import expected_values, interval_of_values, level_probabilities
from mixtura.families.one_column import LevelShares
from mixtura.families.schema import Column
from mixtura.shown import shown
from mixtura.typing import AnyArray

__all__ = ["PredictedValues", "Predictions"]


class PredictedValues(NamedTuple):
    """What is predicted of a column of numbers.

    Attributes
    ----------
    value : ndarray of shape (n,)
        Conditional means.
    low, high : ndarray of shape (n,)
        Ends of the central interval.
    """

    value: AnyArray
    low: AnyArray
    high: AnyArray

    def __repr__(self) -> str:
        return shown(self)


class Predictions(Asked):
    """Regression, of whatever column."""

    @overload
    def predict_value(self, X: Any, target: Any, interval: None = None) -> AnyArray: ...

    @overload
    def predict_value(self, X: Any, target: Any, interval: float) -> PredictedValues: ...

    def predict_value(
        self, X: Any, target: Any, interval: float | None = None
    ) -> AnyArray | PredictedValues:
        """A column of each row, from its other cells.

        Parameters
        ----------
        X : table of shape (n, d), or (n, d - 1) without the target
            Cells of the target do not count, and any others may be missing; of a table whose
            columns have names, so may these columns.
        target : str or int
            The column, by its name or number.
        interval : float, default=None
            Of a column of numbers, the share of its distribution that is to lie in the interval
            that comes with the values: 0.9 for that between the quantiles 0.05 and 0.95.

        Returns
        -------
        ndarray of shape (n,), or PredictedValues with an interval
            Conditional means of a column of numbers; the likeliest level of others, of which
            `predict_value_proba` has the probabilities. With an interval: `value`, `low` and
            `high`, (n,) each. A row that no component can reach is taken as one without cells;
            where tails are so heavy that there is no mean, the place of symmetry stands for it.

        Raises
        ------
        MixturaError
            If there is no such column, if the interval is no share, or is asked for levels.

        References
        ----------
        Ghahramani, Jordan (1994), "Supervised learning from incomplete data via an EM approach",
        NIPS 6.

        Examples
        --------
        >>> import numpy as np
        >>> import mixtura as mx
        >>> rng = np.random.default_rng(0)
        >>> x = rng.uniform(-3.0, 3.0, 500)
        >>> X = np.column_stack([x, np.abs(x) + rng.normal(0.0, 0.1, 500)])
        >>> gm = mx.GaussianMixture(2, random_state=0).fit(X)
        >>> gm.predict_value([[-2.0], [2.0]], target=1).round(1)
        array([2., 2.])
        >>> value, low, high = gm.predict_value([[-2.0], [2.0]], target=1, interval=0.9)
        >>> low.round(1), high.round(1)
        (array([1.8, 1.8]), array([2.1, 2.2]))
        """
        mixture, schema = self._fitted(), self._schema()
        place = place_of(schema, target)
        column, _ = self._column(place)
        if isinstance(column, LevelShares):
            if interval is not None:
                raise MixturaError(
                    f"Column {schema[place].name} has levels, between which there is no interval: "
                    "predict_value_proba has the probability of each."
                )
            likeliest = self.predict_value_proba(X, target).argmax(axis=1)
            return np.asarray(_levels(schema[place])[likeliest])
        if interval is None:
            means = partial(expected_values, mixture, place)
            return self._of_rows(X, place, "predict_value", means)
        ends = partial(interval_of_values, mixture, place, _share(interval))
        return PredictedValues(*self._of_rows(X, place, "predict_value", ends).T)

    def predict_value_proba(self, X: Any, target: Any) -> AnyArray:
        """The probability of each level of a column for each row, from its other cells.

        Parameters
        ----------
        X : table of shape (n, d), or (n, d - 1) without the target
            As of `predict_value`.
        target : str or int
            A column of levels, by its name or number.

        Returns
        -------
        ndarray of shape (n, number of levels)
            In the order of the column's levels, which `schema_` has: rows sum to 1.

        Raises
        ------
        MixturaError
            If there is no such column, or it has numbers.

        Examples
        --------
        >>> import mixtura as mx
        >>> answers = [["tea", "no"], ["tea", "no"], ["coffee", "yes"], ["coffee", "yes"]]
        >>> lca = mx.CategoricalMixture(2, random_state=0).fit(answers)
        >>> lca.predict_value_proba([["tea"]], target=1).round(3)
        array([[1., 0.]])
        >>> lca.predict_value([["tea"]], target=1)
        array(['no'], dtype='<U3')
        """
        mixture, schema = self._fitted(), self._schema()
        place = place_of(schema, target)
        if not isinstance(self._column(place)[0], LevelShares):
            raise MixturaError(
                f"Column {schema[place].name} has numbers, of which none has a probability: "
                "predict_value has their mean, and an interval."
            )
        probabilities = partial(level_probabilities, mixture, place)
        return self._of_rows(X, place, "predict_value_proba", probabilities)

    def _of_rows(self, X: Any, place: int, what: str, function: Any) -> AnyArray:
        """The function's results for rows in which one column is missing."""
        self._refuse_scanned(X, what)
        schema, named = self._schema(), "feature_names_in_" in vars(self._known())
        rows = self._as_fitted(without_cells(X, schema, place, named=named))
        k = self._fitted().n_components
        return row_by_row(rows, schema.names, k, self.n_jobs, function, rows.dtype)


def _levels(column: Column) -> AnyArray:
    """The levels of a column; as objects where texts stand beside numbers."""
    kinds = set(map(type, column.values))
    return np.array(column.values, dtype=object if len(kinds) > 1 else None)


def _share(interval: Any) -> float:
    """The share of a distribution that an interval is to have."""
    if not isinstance(interval, Real) or not 0.0 < float(interval) < 1.0:
        raise MixturaError(
            f"interval={interval!r}; it should be a share between 0 and 1, such as 0.9."
        )
    return float(interval)
