"""Questions to a fitted mixture: some of its columns, what is given, what follows."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from functools import partial
from numbers import Real
from typing import Any, NamedTuple

import numpy as np

from mixtura.errors import MixturaError
from mixtura.estimators.gapped_tables import without_cells
from mixtura.estimators.made import of_columns, schema_of
from mixtura.estimators.named_columns import cells_of, place_of, places_of
from mixtura.estimators.row_by_row import row_by_row
from mixtura.explain.conditional import conditional, marginal
from mixtura.explain.quantiles import cdf, quantile
from mixtura.explain.regression import (
    expected_values,
    interval_of_values,
    level_probabilities,
    one_column,
)
from mixtura.families.one_column import LevelShares, Numbers
from mixtura.families.schema import Schema
from mixtura.mixture import Mixture
from mixtura.typing import AnyArray, FloatArray

__all__ = ["PredictedValues", "Questions"]


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


class Questions:
    """What a mixture says of some columns, and given some."""

    n_jobs: int | None

    @abstractmethod
    def _fitted(self) -> Mixture[Any, Any]: ...

    @abstractmethod
    def _as_fitted(self, X: Any) -> AnyArray: ...

    @abstractmethod
    def _known(self) -> Any: ...

    @abstractmethod
    def _refuse_scanned(self, X: Any, what: str) -> None: ...

    # ------------------------------------------------------------------------ other mixtures

    def marginal(self, columns: Any) -> Any:
        """The mixture in some of its columns: a fitted estimator, with the same components.

        Parameters
        ----------
        columns : names or numbers of columns, or one of these
            They are in this order then.

        Returns
        -------
        estimator
            Of the same class, with the same weights. Its log-density is that of rows of which the
            other cells are missing. Of Gaussian components the covariances are blocks of those of
            all columns, and their structure is the one that holds these: of EEV it is VVV, since
            some columns share no shape.

        Raises
        ------
        MixturaError
            If there is no such column, or the family has none by themselves, as von Mises-Fisher
            components have.

        Examples
        --------
        >>> import numpy as np
        >>> import mixtura as mx
        >>> X = np.random.default_rng(0).normal([1.0, 2.0, 3.0], size=(200, 3))
        >>> mx.GaussianMixture().fit(X).marginal([2, 0]).means_.round()
        array([[3., 1.]])
        """
        mixture, schema = self._fitted(), self._schema()
        places = places_of(schema, columns)
        return of_columns(self._known(), marginal(mixture, places), places)

    def conditional(self, given: Mapping[Any, Any]) -> Any:
        """The mixture in all other columns, given values of some: a fitted estimator.

        Parameters
        ----------
        given : dict
            From names or numbers of columns to values: numbers, or levels as the table had them.

        Returns
        -------
        estimator
            Of the same class. Components keep their numbers; their weights are the
            responsibilities that the given values have. `sample` draws rows given the values; for
            the gaps of a whole table, each row given its own cells, see `impute` with `n_draws`.

        Raises
        ------
        MixturaError
            If there is no such column, no other one, or no component can have the values.

        Notes
        -----
        p(x) = p(given) p(x | given), where p(given) is the density of the `marginal`. Gaussian
        components have the means m + B (x_o - m_o) and the covariances S_mm - B S_om, B = S_mo
        S_oo^-1; Student t components those scaled by (nu + delta) / (nu + d_o), and nu + d_o
        degrees of freedom (Ding 2016); columns that are independent within components stay as they
        are.

        Examples
        --------
        >>> import numpy as np
        >>> import mixtura as mx
        >>> rng = np.random.default_rng(0)
        >>> height = rng.normal(170.0, 10.0, 200)
        >>> X = np.column_stack([height, height - 100.0 + rng.normal(0.0, 1.0, 200)])
        >>> gm = mx.GaussianMixture(random_state=0).fit(X)
        >>> tall = gm.conditional({0: 190.0})
        >>> tall.means_.round(), tall.covariances_.round()
        (array([[90.]]), array([[[1.]]]))
        >>> tall.sample(5)[0].shape
        (5, 1)
        """
        mixture, schema = self._fitted(), self._schema()
        places, cells = cells_of(mixture, schema, given)
        if len(places) == len(schema):
            raise MixturaError(
                "All columns are given, and there is none left to say anything about: leave out "
                "what is asked for. The density of a row is exp(score_samples(X))."
            )
        others = np.delete(np.arange(len(schema)), places)
        return of_columns(self._known(), conditional(mixture, places, cells), others)

    # --------------------------------------------------------------------------- regression

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
            `high`, (n,) each. A row that no component can reach is taken as one without cells.

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
        column, _ = self._column(mixture, place)
        if isinstance(column, LevelShares):
            if interval is not None:
                raise MixturaError(
                    f"Column {schema[place].name} has levels, between which there is no interval: "
                    "predict_value_proba has the probability of each."
                )
            likeliest = self.predict_value_proba(X, target).argmax(axis=1)
            levels: AnyArray = np.array(schema[place].values)
            return np.asarray(levels[likeliest])
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
        if not isinstance(self._column(mixture, place)[0], LevelShares):
            raise MixturaError(
                f"Column {schema[place].name} has numbers, of which none has a probability: "
                "predict_value has their mean, and an interval."
            )
        probabilities = partial(level_probabilities, mixture, place)
        return self._of_rows(X, place, "predict_value_proba", probabilities)

    # ---------------------------------------------------------------- distribution functions

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

    # ---------------------------------------------------------------------------- internals

    def _schema(self) -> Schema:
        return schema_of(self._known(), self._fitted())

    def _column(self, mixture: Mixture[Any, Any], place: int) -> Any:
        """A column of rows of which nothing else is known, and the components' weights."""
        return one_column(mixture, np.full((1, mixture.n_features), np.nan), place)

    def _numbers(self, column: Any) -> tuple[Numbers, FloatArray]:
        """A column of numbers, and the components' weights."""
        mixture, schema = self._fitted(), self._schema()
        if column is None and len(schema) > 1:
            raise MixturaError(
                f"column is left out, and there are {len(schema)}: name one of "
                f"{', '.join(schema.names)}."
            )
        place = place_of(schema, 0 if column is None else column)
        found, weights = self._column(mixture, place)
        if isinstance(found, LevelShares):
            raise MixturaError(
                f"Column {schema[place].name} has levels, which have no order: "
                "predict_value_proba has the probability of each."
            )
        return found, weights

    def _of_rows(self, X: Any, place: int, what: str, function: Any) -> AnyArray:
        """The function's results for rows in which one column is missing."""
        self._refuse_scanned(X, what)
        known, mixture, schema = self._known(), self._fitted(), self._schema()
        named = "feature_names_in_" in vars(known)
        rows = self._as_fitted(without_cells(X, schema, place, named=named))
        k = mixture.n_components
        return row_by_row(rows, schema.names, k, self.n_jobs, function, rows.dtype)


def _as_numbers(name: str, values: Any) -> FloatArray:
    """An array of numbers."""
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise MixturaError(f"{name}={values!r}; expected numbers.") from None


def _share(interval: Any) -> float:
    """The share of a distribution that an interval is to have."""
    if not isinstance(interval, Real) or not 0.0 < float(interval) < 1.0:
        raise MixturaError(
            f"interval={interval!r}; it should be a share between 0 and 1, such as 0.9."
        )
    return float(interval)
