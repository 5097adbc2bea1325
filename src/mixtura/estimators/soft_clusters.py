"""What one does with a fitted mixture, as scikit-learn's methods."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import partial
from typing import Any, Self

import numpy as np
from joblib import effective_n_jobs
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from mixtura.errors import DataError
from mixtura.estimators.groups import WithGroups
from mixtura.estimators.hills import WithHills
from mixtura.estimators.memberships import Memberships
from mixtura.estimators.parameters import check_count
from mixtura.estimators.questions import Questions
from mixtura.estimators.reporting import Reporting
from mixtura.estimators.row_by_row import in_blocks, row_by_row
from mixtura.estimators.scanned import EachRow, Reading, Scanned, as_fitted, as_scanned
from mixtura.estimators.scikit_learn import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    DensityMixin,
    TransformerMixin,
)
from mixtura.estimators.tables import as_weights, check_reach, column_names
from mixtura.estimators.uncertainty import Uncertain
from mixtura.explain.missing_cells import drawn, expected
from mixtura.explain.typicality import Typicality
from mixtura.kernels.estep_dispatch import scorer
from mixtura.mixture import Mixture
from mixtura.patterns import empty_rows
from mixtura.selection.scores import Scores, mean_log_density, score
from mixtura.sources import Source, block_rows
from mixtura.sources.scan import Names
from mixtura.typing import AnyArray, IntArray

__all__ = ["SoftClusters"]


class SoftClusters(
    Questions,
    Memberships,
    Uncertain,
    WithHills,
    WithGroups,
    Reporting,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    DensityMixin,
    BaseEstimator,
    ABC,
):
    """An estimator that has a mixture after `fit`."""

    n_jobs: int | None
    random_state: Any

    n_features_in_: int
    feature_names_in_: AnyArray  # of a table whose columns have names

    @property
    @abstractmethod
    def mixture_(self) -> Mixture[Any, Any]:
        """The fitted mixture, in float64."""

    @abstractmethod
    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Self:
        """Fit the mixture."""

    @abstractmethod
    def _as_fitted(self, X: Any) -> AnyArray:
        """A table of the columns that were fitted, as numbers (n, d)."""

    def fit_predict(self, X: Any, y: Any = None, sample_weight: Any = None) -> IntArray:
        """Fit, then give each row the number of its likeliest component, shape (n,)."""
        return self.fit(X, y, sample_weight).predict(X)

    # ------------------------------------------------------------------------ row by row

    def predict_proba(self, X: Any) -> AnyArray:
        """Soft assignments: the probability of each component for each row.

        Parameters
        ----------
        X : table of shape (n, d)

        Returns
        -------
        ndarray of shape (n, k), or (n, k + 1) with noise
            Rows sum to 1; the last column is that of the noise. float32 if the table is. Of a table
            that is not in memory float64: an array for files, a lazy table of the same kind for one
            of Dask or Spark.
        """
        mixture = self._fitted()
        names = tuple(f"p{number}" for number in range(mixture.n_components))
        return self._row_by_row(X, mixture, scorer(mixture).responsibilities, names)

    def predict(self, X: Any) -> IntArray:
        """Number of the likeliest component of each row, -1 for noise, shape (n,)."""
        mixture = self._fitted()
        labels = scorer(mixture).labels

        def of(rows: AnyArray) -> AnyArray:
            return mixture.as_labels(labels(rows))

        return self._row_by_row(X, mixture, of, "cluster", np.int64)

    def transform(self, X: Any) -> AnyArray:
        """The soft assignments as an embedding of the rows: the same as `predict_proba`."""
        return self.predict_proba(X)

    def score_samples(self, X: Any) -> AnyArray:
        """Log-density of the mixture at each row, shape (n,).

        float32 if the table is, but float64 where some row is so far away that float32 cannot
        hold it.
        """
        mixture = self._fitted()
        return self._row_by_row(X, mixture, scorer(mixture).log_density, "log_density")

    def typicality(self, X: Any) -> AnyArray:
        """How typical each row is of the mixture as a whole, whichever component it is in, (n,).

        The share of the mixture's own rows that are as unlikely, or more so: a p-value of the row
        being one of them. `predict_proba` may be certain of a component for a row that none
        explains; this is small then. Of 9,999 rows that are drawn, the same every time, so that no
        row is below 0.0001. A row with gaps is compared in the cells that it has, and is NaN where
        1,000 patterns of gaps have come before.

        Parameters
        ----------
        X : table of shape (n, d)

        Returns
        -------
        ndarray of shape (n,)
            Above 0, up to 1.

        Examples
        --------
        >>> import numpy as np
        >>> import mixtura as mx
        >>> X = np.random.default_rng(0).normal(size=(500, 1))
        >>> gm = mx.GaussianMixture().fit(X)
        >>> gm.predict_proba([[30.0]]), gm.typicality([[30.0]])
        (array([[1.]]), array([0.0001]))
        """
        mixture = self._fitted()
        return self._row_by_row(X, mixture, Typicality(mixture).of, "typicality")

    # --------------------------------------------------------------------- the whole table

    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """Mean log-density of the rows, in nats."""
        mixture = self._fitted()
        return mean_log_density(mixture, self._source(X, sample_weight, mixture))

    def aic(self, X: Any, sample_weight: Any = None) -> float:
        """Akaike's information criterion; less is better."""
        return self._judged(Scores.aic, X, sample_weight)

    def bic(self, X: Any, sample_weight: Any = None) -> float:
        """Bayesian information criterion; less is better."""
        return self._judged(Scores.bic, X, sample_weight)

    def icl(self, X: Any, sample_weight: Any = None) -> float:
        """Integrated completed likelihood: BIC plus the cost of doubt; less is better."""
        return self._judged(Scores.icl, X, sample_weight)

    # ---------------------------------------------------------------------- the mixture

    def sample(self, n_samples: int = 1) -> tuple[AnyArray, IntArray]:
        """Rows drawn from the mixture, in random order.

        Parameters
        ----------
        n_samples : int, default=1

        Returns
        -------
        X : ndarray of shape (n_samples, d)
            Numbers, or levels as the table had them.
        y : ndarray of shape (n_samples,)
            The component that each row came from, -1 for noise.
        """
        mixture = self._fitted()
        n = check_count("n_samples", n_samples, at_least=1)
        state = check_random_state(self.random_state)
        rows, components = mixture.sample(n, np.random.default_rng(state.randint(2**31 - 1)))
        return self._as_given(rows), mixture.as_labels(components)

    def impute(self, X: Any, n_draws: int | None = None) -> AnyArray:
        """The table with its missing cells filled, from what its rows have and the mixture.

        Parameters
        ----------
        X : table of shape (n, d)
            NaN, None and the like are missing cells.
        n_draws : int, default=None
            None for what is expected of each missing cell: its mean given the row's observed
            cells, or its likeliest level. Else so many tables in which missing cells are drawn
            from their distribution given the row's observed cells, seeded by `random_state`:
            what is computed from each of them tells how much the gaps leave open (Rubin 1987,
            "Multiple Imputation for Nonresponse in Surveys").

        Returns
        -------
        ndarray of shape (n, d), or (n_draws, n, d)
            Observed cells are as they were.

        Examples
        --------
        >>> import numpy as np
        >>> import mixtura as mx
        >>> rng = np.random.default_rng(0)
        >>> height = rng.normal(170.0, 10.0, 200)
        >>> X = np.column_stack([height, height - 100.0 + rng.normal(0.0, 1.0, 200)])
        >>> gm = mx.GaussianMixture(random_state=0).fit(X)
        >>> gm.impute([[180.0, np.nan]]).round()
        array([[180.,  80.]])
        >>> gm.impute([[180.0, np.nan]], n_draws=3).shape
        (3, 1, 2)
        """
        mixture = self._fitted()
        self._refuse_scanned(X, "impute")
        rows = self._as_fitted(X)
        check_reach(rows, column_names(self, rows))
        source = in_blocks(rows, None, mixture.n_components, self.n_jobs)
        if n_draws is None:
            return self._as_given(np.concatenate(list(source.map(partial(expected, mixture)))))
        n_draws = check_count("n_draws", n_draws, at_least=1)
        seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        draws = [
            np.concatenate(list(source.map(partial(drawn, mixture, (seed, number)))))
            for number in range(n_draws)
        ]
        return np.stack([self._as_given(table) for table in draws])

    # ------------------------------------------------------------------------- internals

    def _as_given(self, rows: AnyArray) -> AnyArray:
        """Rows as the user's table has them; only codes of levels are anything else."""
        return rows

    def _fitted(self) -> Mixture[Any, Any]:
        check_is_fitted(self)
        return self.mixture_

    def _row_by_row(
        self,
        X: Any,
        mixture: Mixture[Any, Any],
        function: Callable[[AnyArray], AnyArray],
        names: Names,
        dtype: type = np.float64,
    ) -> AnyArray:
        """The function's results for each row; reals in the table's dtype if that holds them.

        Those of a table that is not in memory are of its own kind, of this dtype, with columns of
        these names.
        """
        scanned = self._scanned(X)
        if scanned is not None:
            each_row = EachRow(self._reading(scanned), function)
            results: AnyArray = scanned.scan.each_row(each_row, names, np.dtype(dtype))
            return results
        rows = self._as_fitted(X)
        columns, k = column_names(self, rows), mixture.n_components
        return row_by_row(rows, columns, k, self.n_jobs, function, rows.dtype)

    def _scanned(self, X: Any) -> Scanned | None:
        """A table that is not in memory, in the columns that were fitted; None of any other."""
        return as_scanned(X, vars(self._known()).get("feature_names_in_"), raw_copy=False)

    def _refuse_scanned(self, X: Any, what: str) -> None:
        """What gives more than some numbers for each row is for tables in memory."""
        if self._scanned(X) is not None:
            raise DataError(f"{what} is for tables in memory: give it the rows part by part.")

    def _reading(self, scanned: Scanned) -> Reading:
        """What makes rows of such a table."""
        return as_fitted(self._known(), scanned)

    def _source(self, X: Any, sample_weight: Any, mixture: Mixture[Any, Any]) -> Source:
        scanned = self._scanned(X)
        if scanned is not None:
            if sample_weight is not None:
                raise DataError("Name the column of weights: mixtura.scan(X, weight='name').")
            opened = scanned.scan.opened(self._reading(scanned), effective_n_jobs(self.n_jobs))
            return opened.make(block_rows(len(scanned.scan.names), mixture.n_components), False)
        rows = self._as_fitted(X)
        weight = as_weights(sample_weight, len(rows))
        empty = empty_rows(rows)
        if empty is not None:  # no row either, as in a fit
            if empty.all():
                raise DataError("All cells of all rows are missing: there is nothing to score.")
            weight = np.where(empty, 0.0, 1.0 if weight is None else weight)
        if weight is not None and not weight.all():  # weight 0 is no row
            rows, weight = rows[weight > 0.0], weight[weight > 0.0]
        check_reach(rows, column_names(self, rows))
        return in_blocks(rows, weight, mixture.n_components, self.n_jobs)

    def _judged(
        self, criterion: Callable[[Scores, int], float], X: Any, sample_weight: Any
    ) -> float:
        mixture = self._fitted()
        scores = score(mixture, self._source(X, sample_weight, mixture))
        return criterion(scores, mixture.n_parameters)

    @property
    def _n_features_out(self) -> int:
        return self._fitted().n_components

    def get_feature_names_out(self, input_features: Any = None) -> AnyArray:
        """Names of the columns of `transform`: the class name and a number, or 'noise'."""
        names = super().get_feature_names_out(input_features)
        if self._fitted().noise_region is not None:
            names = np.append(names[:-1], f"{type(self).__name__.lower()}_noise").astype(object)
        return names

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        tags.input_tags.allow_nan = True
        return tags
