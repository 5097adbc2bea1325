"""scikit-learn's base classes: as they are when a program runs, and declared for type checkers.

scikit-learn has no types. To a type checker its classes are Any, and a class that has Any for a
base has every attribute that there is a name for: `gm.predic(X)` would be no error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from mixtura.typing import AnyArray

__all__ = [
    "BaseEstimator",
    "ClassNamePrefixFeaturesOutMixin",
    "ClassifierMixin",
    "ConvergenceWarning",
    "DensityMixin",
    "TransformerMixin",
]

if TYPE_CHECKING:

    class BaseEstimator:
        """What is given to `__init__`, by name, and what metadata methods take."""

        @classmethod
        def _get_param_names(cls) -> list[str]: ...

        def get_params(self, deep: bool = True) -> dict[str, Any]: ...

        def set_params(self, **params: Any) -> Self: ...

        def get_metadata_routing(self) -> Any: ...

        def set_fit_request(self, **metadata: bool | str | None) -> Self: ...

        def set_score_request(self, **metadata: bool | str | None) -> Self: ...

        def __sklearn_tags__(self) -> Any: ...

    class ClassifierMixin:
        """The share of rows that are predicted as they are."""

        def score(self, X: Any, y: Any, sample_weight: Any = None) -> float: ...

    class TransformerMixin:
        """`fit` and `transform` in one, and the kind of table that comes of it."""

        def fit_transform(self, X: Any, y: Any = None, **fit_params: Any) -> AnyArray: ...

        def set_output(self, *, transform: str | None = None) -> Self: ...

    class DensityMixin:
        """The mean log-density."""

        def score(self, X: Any, y: Any = None) -> float: ...

    class ClassNamePrefixFeaturesOutMixin:
        """Names of the columns of `transform`."""

        def get_feature_names_out(self, input_features: Any = None) -> AnyArray: ...

    class ConvergenceWarning(UserWarning):
        """What does not converge says so."""

else:
    from sklearn.base import (
        BaseEstimator,
        ClassifierMixin,
        ClassNamePrefixFeaturesOutMixin,
        DensityMixin,
        TransformerMixin,
    )
    from sklearn.exceptions import ConvergenceWarning
