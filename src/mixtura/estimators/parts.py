"""A fitted mixture in some of its columns, and given values of some."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np

from mixtura.errors import MixturaError
from mixtura.estimators.asked import Asked
from mixtura.estimators.made import of_columns
from mixtura.estimators.named_columns import cells_of, places_of
from mixtura.explain.conditional import conditional, marginal
from mixtura.families.schema import Schema
from mixtura.mixture import Mixture

if TYPE_CHECKING:  # which has these as methods
    from mixtura.estimators.mixture_estimator import MixtureEstimator

__all__ = ["Parts"]

E = TypeVar("E", bound="MixtureEstimator")
E_co = TypeVar("E_co", bound="MixtureEstimator", covariant=True)


class _Divisible(Protocol[E_co]):
    """What has a mixture of an estimator's class: that estimator itself, or a search among such."""

    def _known(self) -> E_co: ...

    def _fitted(self) -> Mixture[Any, Any]: ...

    def _schema(self) -> Schema: ...


class Parts(Asked):
    """Other estimators that follow from a fitted one."""

    def marginal(self: _Divisible[E], columns: Any) -> E:
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

    def conditional(self: _Divisible[E], given: Mapping[Any, Any]) -> E:
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
