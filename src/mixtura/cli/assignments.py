"""How surely each row belongs to each component, and the file that says so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from mixtura.cli.names import unique_names
from mixtura.cli.tally import Tally
from mixtura.explain.typicality import UNLIKE, Typicality
from mixtura.kernels.estep_dispatch import scorer
from mixtura.persistence.model_file import Model
from mixtura.sources import ArraySource, Chunk, block_rows
from mixtura.typing import AnyArray, BoolArray, FloatArray, IntArray

__all__ = ["SURE", "Assigner", "Assignments"]

#: A row is sure of its component if it belongs to it with more than this probability.
SURE = 0.95

_ROWS_AT_ONCE = 100_000


@dataclass(frozen=True)
class Assignments:
    """Soft assignments of the rows of a table.

    Attributes
    ----------
    clusters : ndarray of shape (n,)
        Number of the likeliest component, counted from 0 as Python's `predict` does, -1 for
        noise.
    responsibilities : ndarray of shape (n, k), or (n, k + 1) with noise
    n_clusters : int
        k.
    log_density, typicality : ndarray of shape (n,)
        Of the mixture at each row, and how typical that is of it.
    weight : ndarray of shape (n,), optional
        How often each of the rows counts; by default once.
    start : int
        Rows of the table before these.
    cluster_names : tuple of str
        Of the first clusters, where these have names.
    kept : sequence of Series
        Columns of the table that go along.
    labelled : bool
        Whether the first of these names the rows.
    digits : int, optional
        Decimals of probabilities, and significant digits of densities; None for all.
    """

    clusters: IntArray
    responsibilities: FloatArray
    n_clusters: int
    log_density: FloatArray
    typicality: FloatArray
    weight: FloatArray | None = None
    start: int = 0
    cluster_names: tuple[str, ...] = ()
    kept: Sequence[pl.Series] = ()
    labelled: bool = False
    digits: int | None = None

    @cached_property
    def uncertainty(self) -> FloatArray:
        """Probability that the row belongs to another component, (n,)."""
        uncertainty: FloatArray = 1.0 - self.responsibilities.max(axis=1)
        return uncertainty

    @cached_property
    def unlike(self) -> BoolArray:
        """Which rows are unlike the mixture, (n,)."""
        return self.typicality < UNLIKE

    @cached_property
    def tally(self) -> Tally:
        """The rows, counted."""
        k, places = self.n_clusters, self._places
        weight = np.ones(len(places)) if self.weight is None else self.weight
        return Tally(
            np.bincount(places, minlength=k + 1),
            np.bincount(places, self.weight, minlength=k + 1),
            float(weight @ (self.uncertainty < 1.0 - SURE)),
            float(weight @ self.uncertainty),
            float(weight @ self.unlike),
            self.weight is not None,
        )

    def blocks(self) -> Iterator[pl.DataFrame]:
        """A row for each of the table, some at a time."""
        n = len(self.clusters)
        for start in range(0, n, _ROWS_AT_ONCE):
            yield pl.DataFrame(self.columns(slice(start, min(start + _ROWS_AT_ONCE, n))))

    def columns(self, here: slice) -> dict[str, AnyArray | pl.Series]:
        """Those of some rows, as they are written."""
        shares = [f"p{j}" for j in range(self.n_clusters)] + ["noise"]
        own = {
            "row": np.arange(here.start, here.stop) + (self.start + 1),
            "cluster": self.clusters[here],
            **({"cluster_name": self._named(here)} if self.cluster_names else {}),
            "uncertainty": self._rounded(self.uncertainty[here]),
            **dict(zip(shares, self._rounded(self.responsibilities[here]).T, strict=False)),
            "log_density": self._shortened(self.log_density[here]),
            "typicality": pl.Series(self._rounded(self.typicality[here]), nan_to_null=True),
            "unlike": self.unlike[here],
        }
        # A second 'cluster' is 'cluster_2'.
        names = unique_names([*own, *(cells.name for cells in self.kept)])[len(own) :]
        kept = [(name, cells[here]) for name, cells in zip(names, self.kept, strict=True)]
        (row, *others), label = own.items(), kept[: self.labelled]
        return dict([row, *label, *others, *kept[self.labelled :]])

    def _named(self, here: slice) -> pl.Series:
        names = [*self.cluster_names, *[None] * (self.n_clusters - len(self.cluster_names) + 1)]
        return pl.Series(names, dtype=pl.String).gather(self._places[here])

    @cached_property
    def _places(self) -> IntArray:
        """Of the clusters of the rows among all, the noise last."""
        return np.where(self.clusters < 0, self.n_clusters, self.clusters)

    def _rounded(self, shares: FloatArray) -> FloatArray:
        return shares if self.digits is None else shares.round(self.digits)

    def _shortened(self, values: FloatArray) -> FloatArray:
        if self.digits is None:
            return values
        series = pl.Series(values).round_sig_figs(self.digits)
        return series.to_numpy().copy()


class Assigner:
    """What assigns rows by a model, table after table or part after part.

    Parameters
    ----------
    model : Model
    labelled : bool, default=False
    digits : int, optional
        As of `Assignments`.
    """

    def __init__(self, model: Model, labelled: bool = False, digits: int | None = None) -> None:
        self._model, self._labelled, self._digits = model, labelled, digits
        self._seen, self._typicality = scorer(model.mixture), Typicality(model.mixture)

    def assign(
        self,
        rows: AnyArray,
        weight: FloatArray | None = None,
        start: int = 0,
        kept: Sequence[pl.Series] = (),
    ) -> Assignments:
        """Assign every row of a table, or of a part of one that begins after so many rows."""
        mixture, n = self._model.mixture, len(rows)
        source = ArraySource(rows, None, block_rows(rows.shape[1], mixture.n_components))
        likeliest, (density, typical) = np.empty(n, dtype=np.intp), np.empty((2, n))
        resp = np.empty((n, mixture.n_components))

        def assigned(chunk: Chunk) -> None:
            # Labels have their own way: responsibilities may tie where log-densities do not.
            here = slice(chunk.start, chunk.start + len(chunk.rows))
            likeliest[here] = self._seen.labels(chunk.rows)
            resp[here] = self._seen.responsibilities(chunk.rows)
            density[here] = self._seen.log_density(chunk.rows)
            typical[here] = self._typicality.of(chunk.rows, density[here])

        for _ in source.map(assigned):
            pass
        return Assignments(
            mixture.as_labels(likeliest),
            resp,
            mixture.n_clusters,
            density,
            typical,
            weight,
            start,
            self._model.cluster_names,
            kept,
            self._labelled,
            self._digits,
        )
