"""What one does with a fitted mixture, as scikit-learn's methods."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np
from joblib import effective_n_jobs
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    DensityMixin,
    TransformerMixin,
)
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from mixtura.estimators.first_mixture import GaussianMixtureModel
from mixtura.estimators.parameters import check_count, check_magnitude
from mixtura.estimators.tables import as_rows, as_weights, check_reach, column_names
from mixtura.explain import Modes, find_modes, membership
from mixtura.fused import scorer
from mixtura.selection import Scores, mean_log_density, score
from mixtura.sources import ArraySource, block_rows
from mixtura.typing import AnyArray, FloatArray, IntArray

__all__ = ["SoftClusters"]


class SoftClusters(
    ClassNamePrefixFeaturesOutMixin, TransformerMixin, DensityMixin, BaseEstimator, ABC
):
    """An estimator that has a Gaussian mixture after `fit`."""

    n_jobs: int | None

    @property
    @abstractmethod
    def mixture_(self) -> GaussianMixtureModel:
        """The fitted mixture, in float64."""

    @abstractmethod
    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Any:
        """Fit the mixture."""

    def fit_predict(self, X: Any, y: Any = None, sample_weight: Any = None) -> IntArray:
        """Fit, then give each row the number of its likeliest component, shape (n,)."""
        labels: IntArray = self.fit(X, y, sample_weight).predict(X)
        return labels

    # ------------------------------------------------------------------------ row by row

    def predict_proba(self, X: Any) -> AnyArray:
        """Soft assignments: the probability of each component for each row.

        Parameters
        ----------
        X : table of shape (n, d)

        Returns
        -------
        ndarray of shape (n, k), or (n, k + 1) with noise
            Rows sum to 1; the last column is that of the noise. float32 if the table is.
        """
        return self._row_by_row(X, scorer(self._fitted()).responsibilities)

    def predict(self, X: Any) -> IntArray:
        """Number of the likeliest component of each row, -1 for noise, shape (n,)."""
        mixture = self._fitted()
        return mixture.as_labels(self._row_by_row(X, scorer(mixture).labels))

    def transform(self, X: Any) -> AnyArray:
        """The soft assignments as an embedding of the rows: the same as `predict_proba`."""
        return self.predict_proba(X)

    def score_samples(self, X: Any) -> AnyArray:
        """Log-density of the mixture at each row, shape (n,)."""
        return self._row_by_row(X, scorer(self._fitted()).log_density)

    def normalized_density(self, X: Any) -> AnyArray:
        """Density at each row as a share of the density on the highest hill, shape (n,).

        Where all weight is noise there is no hill, and the density is the same everywhere.
        """
        mixture, hills = self._fitted(), self.modes()
        log_density = scorer(mixture).log_density
        peak = (hills.log_density if len(hills) else mixture.log_density(mixture.params.means))[0]
        return self._row_by_row(X, lambda block: np.exp(log_density(block) - peak))

    def membership(self, X: Any, sigmas: float = 2.5) -> IntArray:
        """Number of the nearest component of each row, or -1 if none is near enough.

        Parameters
        ----------
        X : table of shape (n, d)
        sigmas : float, default=2.5
            Largest Mahalanobis distance at which a row belongs to a component.

        Returns
        -------
        ndarray of shape (n,)
        """
        check_magnitude("sigmas", sigmas)
        mixture = self._fitted()

        def nearest(block: AnyArray) -> IntArray:
            return membership(mixture, np.asarray(block, dtype=np.float64), sigmas)

        return self._row_by_row(X, nearest)

    # --------------------------------------------------------------------- the whole table

    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """Mean log-density of the rows, in nats."""
        return mean_log_density(*self._mixture_and_rows(X, sample_weight))

    def aic(self, X: Any, sample_weight: Any = None) -> float:
        """Akaike's information criterion; less is better."""
        return self._scores(X, sample_weight).aic(self._fitted().n_parameters)

    def bic(self, X: Any, sample_weight: Any = None) -> float:
        """Bayesian information criterion; less is better."""
        return self._scores(X, sample_weight).bic(self._fitted().n_parameters)

    def icl(self, X: Any, sample_weight: Any = None) -> float:
        """Integrated completed likelihood: BIC plus the cost of doubt; less is better."""
        return self._scores(X, sample_weight).icl(self._fitted().n_parameters)

    # ---------------------------------------------------------------------- the mixture

    def sample(self, n_samples: int = 1) -> tuple[AnyArray, IntArray]:
        """Rows drawn from the mixture, grouped by component.

        Parameters
        ----------
        n_samples : int, default=1

        Returns
        -------
        X : ndarray of shape (n_samples, d)
        y : ndarray of shape (n_samples,)
            The component that each row came from, -1 for noise.
        """
        mixture = self._fitted()
        n = check_count("n_samples", n_samples, at_least=1)
        state = check_random_state(self.random_state)
        rows, components = mixture.sample(n, np.random.default_rng(state.randint(2**31 - 1)))
        return rows, mixture.as_labels(components)

    def modes(self) -> Modes:
        """The hills of the density: its local maxima, highest first."""
        return find_modes(self._fitted())

    # ------------------------------------------------------------------------- internals

    def _fitted(self) -> GaussianMixtureModel:
        check_is_fitted(self)
        return self.mixture_

    def _source(
        self, rows: AnyArray, weight: FloatArray | None, k: int, labels: IntArray | None = None
    ) -> ArraySource:
        n_threads = effective_n_jobs(self.n_jobs)
        return ArraySource(rows, weight, block_rows(rows.shape[1], k), n_threads, labels)

    def _row_by_row(self, X: Any, function: Callable[[AnyArray], AnyArray]) -> AnyArray:
        """The function's results for each row; reals come in the dtype of the table."""
        rows = as_rows(self, X, reset=False)
        check_reach(rows, column_names(self, rows))
        source = self._source(rows, None, self._fitted().n_components)
        result: AnyArray | None = None
        for start, block in source.map(lambda chunk: (chunk.start, function(chunk.rows))):
            if result is None:
                dtype = rows.dtype if block.dtype == np.float64 else block.dtype
                result = np.empty((len(rows), *block.shape[1:]), dtype)
            result[start : start + len(block)] = block
        assert result is not None  # as_rows lets no empty table through
        return result

    def _scores(self, X: Any, sample_weight: Any) -> Scores:
        return score(*self._mixture_and_rows(X, sample_weight))

    def _mixture_and_rows(
        self, X: Any, sample_weight: Any
    ) -> tuple[GaussianMixtureModel, ArraySource]:
        mixture = self._fitted()
        rows = as_rows(self, X, reset=False)
        weight = as_weights(sample_weight, len(rows))
        if weight is not None and not weight.all():  # weight 0 is no row
            rows, weight = rows[weight > 0.0], weight[weight > 0.0]
        check_reach(rows, column_names(self, rows))
        return mixture, self._source(rows, weight, mixture.n_components)

    @property
    def _n_features_out(self) -> int:
        return self._fitted().n_components

    def get_feature_names_out(self, input_features: Any = None) -> AnyArray:
        """Names of the columns of `transform`: the class name and a number, or 'noise'."""
        names: AnyArray = super().get_feature_names_out(input_features)
        if self._fitted().noise_region is not None:
            names = np.append(names[:-1], f"{type(self).__name__.lower()}_noise").astype(object)
        return names

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
