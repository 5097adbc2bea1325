"""What a picture is of: a fitted mixture, the columns that are shown, and the rows of a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self, TypeAlias

import numpy as np

from mixtura.errors import DataError
from mixtura.estimators.as_model import model_of
from mixtura.estimators.named_columns import places_of
from mixtura.estimators.parameters import wrong_kind
from mixtura.estimators.soft_clusters import SoftClusters
from mixtura.families.description import Marginal, Shares
from mixtura.kernels.estep_dispatch import scorer
from mixtura.persistence.model_file import Model
from mixtura.plot.canvas import said
from mixtura.report.excerpt import some_rows
from mixtura.report.model import model_summary
from mixtura.report.palette import colors_of
from mixtura.report.ranking import pair_shown_first, ranked_columns
from mixtura.report.summaries import ModelSummary
from mixtura.typing import FloatArray, IntArray

__all__ = ["Columns", "Fitted", "Rows"]

#: Columns by their names or numbers: one, or several.
Columns: TypeAlias = str | int | Sequence[str | int] | None

# Rows that are drawn, of more than these a seeded sample.
_MOST = 20_000

_SEED = 0


@dataclass(frozen=True, eq=False)
class Fitted:
    """A fitted mixture.

    Attributes
    ----------
    model : Model
    """

    model: Model

    @classmethod
    def of(cls, estimator: Any, what: str) -> Self:
        """Of an estimator, for the picture that is named in errors."""
        checked(estimator, what)._fitted()
        return cls(model_of(estimator._known()))

    @cached_property
    def summary(self) -> ModelSummary:
        return model_summary(self.model)

    @property
    def names(self) -> tuple[str, ...]:
        """Of the columns."""
        return self.model.schema.names

    @property
    def n_clusters(self) -> int:
        """Components but the noise."""
        return self.model.mixture.n_clusters

    @property
    def has_noise(self) -> bool:
        """Whether the last component is noise."""
        return self.model.mixture.noise_region is not None

    @property
    def colors(self) -> list[str]:
        """Of the components, noise included."""
        return colors_of(self.n_clusters, self.has_noise)

    @property
    def cluster_names(self) -> list[str]:
        """What the clusters are called: by numbers, and by the classes that are known."""
        known = self.summary.names
        return [
            f"{j} {said(known[j])}" if j < len(known) else str(j) for j in range(self.n_clusters)
        ]

    def marginal(self, column: int) -> Marginal:
        """What each component makes of a column."""
        return self.summary.marginal(column)

    def label(self, column: int) -> str:
        """What a column is called on an axis."""
        name = self.names[column]
        return said(name) if self.model.named else f"column {name}"

    def has_levels(self, column: int) -> bool:
        """Whether a column is of levels, and not of numbers."""
        return isinstance(self.marginal(column), Shares)

    def first_columns(self) -> tuple[int, ...]:
        """The two columns of numbers that show the clusters best; of one, or none, one alone."""
        pair = pair_shown_first(self.summary, self.names)
        if pair is not None:
            return pair
        ranked = ranked_columns(self.summary, len(self.names)).tolist()
        return (next((c for c in ranked if not self.has_levels(c)), ranked[0]),)

    def chosen(self, columns: Columns, most: int) -> tuple[int, ...]:
        """Numbers of the columns that the user names, or of those shown first."""
        if columns is None:
            return self.first_columns()
        places = places_of(self.model.schema, columns).tolist()
        if len(places) > most:
            raise DataError(f"columns has {len(places)} of them; expected {most} at most.")
        return tuple(places)


@dataclass(frozen=True, eq=False)
class Rows(Fitted):
    """A fitted mixture and the rows of a table: all of them, or a seeded sample of very many.

    Attributes
    ----------
    values : ndarray of shape (n, d)
        NaN is a missing cell; rows of weight 0 are not among them.
    weight : ndarray of shape (n,), or None
        None where each row counts once.
    n_total : int
        Rows of the table that have weight.
    """

    values: FloatArray
    weight: FloatArray | None
    n_total: int

    @classmethod
    def seen_by(
        cls, estimator: Any, X: Any, sample_weight: Any, what: str, most: int = _MOST
    ) -> Self:
        """The rows of a table as an estimator sees them, for a picture named in errors."""
        seen = checked(estimator, what)._in_view(X, sample_weight, f"plot.{what}")
        rows, weight = seen.rows, seen.weight
        if weight is not None:
            rows, weight = rows[weight > 0.0], weight[weight > 0.0]
        drawn = some_rows(len(rows), most, _SEED)
        own = None if weight is None else weight[drawn]
        return cls(seen.model, rows[drawn], own, len(rows))

    @cached_property
    def shares(self) -> FloatArray:
        """Responsibilities (n, k), or (n, k + 1) with noise."""
        return np.asarray(scorer(self.model.mixture).responsibilities(self.values))

    @property
    def likeliest(self) -> IntArray:
        """Number of the likeliest component of each row; noise is the last one."""
        likeliest: IntArray = self.shares.argmax(axis=1)
        return likeliest

    @property
    def uncertainty(self) -> FloatArray:
        """One minus the largest responsibility of each row."""
        uncertainty: FloatArray = np.clip(1.0 - self.shares.max(axis=1), 0.0, 1.0)
        return uncertainty

    @property
    def relative_weight(self) -> FloatArray:
        """Weights of mean 1."""
        if self.weight is None:
            return np.ones(len(self.values))
        relative: FloatArray = self.weight / self.weight.mean()
        return relative

    @property
    def sampled(self) -> str:
        """Whether these are a sample, in words."""
        n = len(self.values)
        return f"{n:,} of {self.n_total:,} rows drawn" if n < self.n_total else ""


def checked(estimator: Any, what: str) -> SoftClusters:
    """An estimator that has one mixture."""
    if isinstance(estimator, SoftClusters):
        return estimator
    raise wrong_kind(
        "The first argument",
        estimator,
        f"a fitted mixture estimator or MixtureSearch, as plot.{what} shows one mixture",
        "Of a MixtureClassifier give one of its estimators_.",
    )
