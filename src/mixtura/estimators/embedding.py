"""`Embedding`: what a mixture makes of rows, as columns for a pipeline."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Self

import numpy as np
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.utils.validation import check_is_fitted

from mixtura.errors import MixturaError
from mixtura.estimators.given_estimator import check_estimator
from mixtura.estimators.mixture_search import MixtureSearch
from mixtura.estimators.options import choose
from mixtura.estimators.parameters import check_count
from mixtura.estimators.row_by_row import in_blocks
from mixtura.estimators.scikit_learn import BaseEstimator, TransformerMixin
from mixtura.estimators.soft_clusters import SoftClusters
from mixtura.estimators.tables import check_reach, column_names
from mixtura.explain.embeddings import heaviest, largest, log_ratios
from mixtura.kernels.estep_dispatch import scorer
from mixtura.mixture import Mixture
from mixtura.sources import Chunk
from mixtura.typing import AnyArray, IntArray

__all__ = ["Embedding"]


class Embedding(TransformerMixin, BaseEstimator):
    """Rows as what a mixture makes of them: columns for whatever learns from them next.

    Parameters
    ----------
    estimator : mixture estimator or MixtureSearch, default=None
        What is fitted: a clone of it, to the rows of `fit`; None for `MixtureSearch()`. One that is
        fitted already is used as it is within `sklearn.frozen.FrozenEstimator`.
    kind : {'responsibilities', 'log_ratios', 'distances'}, default='responsibilities'
        - 'responsibilities': the probability of each component, as `predict_proba`. Rows sum to 1.
        - 'log_ratios': the logarithms of these over that of the heaviest component, which has no
          column (Aitchison 1982). They are computed from log-densities: finite, and different for
          different rows, where responsibilities are 0 or 1 to the last digit. For Gaussian
          components they are quadratic in the row, and linear where these share a covariance.
        - 'distances': the Mahalanobis distance to each component, in its sigmas, for families that
          have them (see `GaussianMixture.distances`).
    top : int, default=None
        How many of the largest responsibilities of each row to keep, the others being 0: a sparse
        matrix that is never written out. They stay as they are, so that a row sums to what they
        have of 1. For 'responsibilities' alone. None for all of them, as an array.

    Attributes
    ----------
    estimator_ : mixture estimator or MixtureSearch
        As it was fitted.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (d,)
        Only if the table has named columns.

    Notes
    -----
    With noise, that is the last column, named 'noise'; it has no distance. A row with missing cells
    has the responsibilities, log-ratios and distances of the cells that it has.

    References
    ----------
    Aitchison (1982), "The statistical analysis of compositional data", JRSS B 44.

    Examples
    --------
    >>> import mixtura as mx
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> X, y = load_iris(return_X_y=True)
    >>> embedding = mx.Embedding(mx.GaussianMixture(3, random_state=0), kind="distances")
    >>> embedding.fit_transform(X)[:2].round(1).shape
    (2, 3)
    >>> embedding.get_feature_names_out().tolist()[0]
    'gaussianmixture0_distance'
    >>> make_pipeline(embedding, LogisticRegression()).fit(X, y).score(X, y) > 0.95
    True

    The two largest responsibilities of each row, which is worth it for many components:

    >>> sparse = mx.Embedding(mx.GaussianMixture(3, random_state=0), top=2).fit_transform(X)
    >>> sparse.shape, sparse.nnz <= 2 * len(X)
    ((150, 3), True)
    """

    estimator_: SoftClusters
    n_features_in_: int
    feature_names_in_: AnyArray  # of a table whose columns have names

    def __init__(
        self,
        estimator: Any = None,
        *,
        kind: str = "responsibilities",
        top: int | None = None,
    ) -> None:
        self.estimator = estimator
        self.kind = kind
        self.top = top

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Self:
        """Fit a clone of the estimator, unless it is frozen.

        Parameters
        ----------
        X : table of shape (n, d)
        y : ignored
        sample_weight : array of shape (n,), default=None

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If the table or a parameter cannot be used, or if the components have no distances and
            these are asked for.
        """
        kind = self._check_parameters()
        self.estimator_ = self._fitted_to(X, sample_weight)
        for name in ("n_features_in_", "feature_names_in_"):
            self.__dict__.pop(name, None)
            if name in vars(self.estimator_):
                setattr(self, name, vars(self.estimator_)[name])
        self._check_fitted(kind)
        return self

    def transform(self, X: Any) -> Any:
        """The rows as numbers for each component.

        Parameters
        ----------
        X : table of shape (n, d)

        Returns
        -------
        ndarray of shape (n, k), of log-ratios (n, k - 1), or csr_array of shape (n, k) with `top`
            One more column with noise, but of distances. float32 if the table is.
        """
        check_is_fitted(self)
        kind = self._check_parameters()
        self._check_fitted(kind)
        if self.top is None:
            return kind.of(self.estimator_, X)
        return _sparse(self.estimator_, X, self.top)

    def get_feature_names_out(self, input_features: Any = None) -> AnyArray:
        """Names of the columns: those of the mixture's own `transform`, and the kind."""
        check_is_fitted(self)
        kind = self._check_parameters()
        names = self.estimator_.get_feature_names_out(input_features)
        shown = names[kind.shown(self.estimator_.mixture_)]
        return np.array([f"{name}{kind.suffix}" for name in shown], dtype=object)

    def _fitted_to(self, X: Any, sample_weight: Any) -> SoftClusters:
        given = MixtureSearch() if self.estimator is None else self.estimator
        inner = given.estimator if isinstance(given, FrozenEstimator) else given
        expected = "a mixture estimator, a MixtureSearch, or one of these in a FrozenEstimator"
        check_estimator(inner, SoftClusters, expected, type(self).__name__)
        if inner is not given:
            check_is_fitted(inner)
            frozen: SoftClusters = inner
            return frozen
        made: SoftClusters = clone(given)
        return made.fit(X, sample_weight=sample_weight)

    def _check_parameters(self) -> _Kind:
        kind = choose(_KINDS, "kind", self.kind)
        if self.top is not None:
            check_count("top", self.top, at_least=1)
            if self.kind != "responsibilities":
                raise MixturaError(
                    f"top={self.top} keeps the largest responsibilities, but kind={self.kind!r}: "
                    "leave one of them out."
                )
        return kind

    def _check_fitted(self, kind: _Kind) -> None:
        """See that what was fitted has what is asked for."""
        kind.check(self.estimator_)
        k = self.estimator_.mixture_.n_components
        if self.top is not None and self.top > k:
            raise MixturaError(
                f"top={self.top} is more than there are: the mixture has {k} components. Choose "
                f"from 1 to {k}, or None for all."
            )

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        tags.input_tags.allow_nan = True
        return tags


@dataclass(frozen=True)
class _Kind:
    """What becomes of rows.

    Attributes
    ----------
    of : callable
        A fitted estimator and a table -> numbers (n, k).
    check : callable
        A fitted estimator -> MixturaError if it has no such numbers.
    suffix : str
        Of the columns' names.
    shown : callable
        A mixture -> numbers of the components that have a column.
    """

    of: Callable[[SoftClusters, Any], AnyArray]
    check: Callable[[SoftClusters], object]
    suffix: str
    shown: Callable[[Mixture[Any, Any]], IntArray]


def _components(mixture: Mixture[Any, Any]) -> IntArray:
    return np.arange(mixture.n_components)


def _compared(mixture: Mixture[Any, Any]) -> IntArray:
    return np.delete(_components(mixture), heaviest(mixture))


def _check_several(fitted: SoftClusters) -> None:
    if fitted.mixture_.n_components == 1:
        raise MixturaError(
            "kind='log_ratios' compares components, and the mixture has one alone: fit more of "
            "them, or choose another kind."
        )


def _log_ratios(fitted: SoftClusters, X: Any) -> AnyArray:
    mixture = fitted.mixture_
    names = tuple(f"log_ratio{number}" for number in _compared(mixture).tolist())
    return fitted._row_by_row(X, mixture, partial(log_ratios, mixture), names)


_KINDS = {
    "responsibilities": _Kind(
        SoftClusters.predict_proba, SoftClusters._fitted, suffix="", shown=_components
    ),
    "log_ratios": _Kind(_log_ratios, _check_several, suffix="_log_ratio", shown=_compared),
    "distances": _Kind(
        SoftClusters.distances,
        lambda fitted: fitted._distances(fitted.mixture_),
        suffix="_distance",
        shown=lambda mixture: np.arange(mixture.n_clusters),
    ),
}


def _sparse(fitted: SoftClusters, X: Any, top: int) -> Any:
    """The largest responsibilities (n, k), of which a block alone is ever written out."""
    fitted._refuse_scanned(X, "top")
    mixture, rows = fitted.mixture_, fitted._as_fitted(X)
    n, k, responsibilities = len(rows), mixture.n_components, scorer(mixture).responsibilities
    check_reach(rows, column_names(fitted, rows))
    values, components = np.empty((n, top), rows.dtype), np.empty((n, top), np.int32)

    def of_chunk(chunk: Chunk) -> None:
        own = slice(chunk.start, chunk.start + len(chunk.rows))
        values[own], components[own] = largest(responsibilities(chunk.rows), top)

    for _ in in_blocks(rows, None, k, fitted.n_jobs).map(of_chunk):
        pass
    # Many solvers take short indices alone.
    short = n * top <= np.iinfo(np.int32).max
    ends = np.arange(0, n * top + 1, top).astype(np.int32 if short else np.int64)
    found = csr_array((values.ravel(), components.ravel(), ends), shape=(n, k))
    found.eliminate_zeros()
    return found
