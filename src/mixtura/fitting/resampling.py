"""Rows drawn anew, and what the same model comes to on them.

Three ways of drawing rows, each of which a weight of 2 is the row twice for:

- n of the table's rows, with replacement (Efron 1979): each comes with the weight that counts how
  often it was drawn, (c_1, ..., c_n) ~ Multinomial(n; 1/n, ..., 1/n);
- all of them, with random weights (Rubin 1981; Newton and Raftery 1994, the weighted likelihood
  bootstrap): g_i / mean(g) with g_i ~ Gamma(1), which is n times a Dirichlet(1, ..., 1);
- n rows from the mixture itself, with cells missing as they are in the table's rows.

With random weights no row is ever left out, so that a small component does not lose all of its
rows by chance, as it can when rows are drawn (O'Hagan, Murphy, Scrucca and Gormley 2019).

Each fit begins at the mixture that was fitted to the table. So all are ends of the same hill of
the likelihood, moved a little by other rows: how far that optimum is uncertain is what is asked,
not whether other starts would have come to another one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np

from mixtura.errors import MixturaError
from mixtura.explain import upheld
from mixtura.explain.draws import aligned
from mixtura.fitting.random_streams import Purpose
from mixtura.fitting.run import Fitting
from mixtura.fitting.specification import Specification, silently
from mixtura.mixture import Mixture
from mixtura.sources import Source
from mixtura.starts.training_rows import TrainingRows
from mixtura.typing import BoolArray, IntArray

__all__ = ["Refit", "Refits", "Resample", "drawn_rows", "sampled_rows", "weighted_rows"]

#: (rows, a mixture that was fitted to them, generator) -> rows of the same kind.
Resample: TypeAlias = Callable[[TrainingRows, Mixture[Any, Any], np.random.Generator], TrainingRows]


def drawn_rows(
    table: TrainingRows, mixture: Mixture[Any, Any], rng: np.random.Generator
) -> TrainingRows:
    """As many of the rows as the table weighs, with replacement."""
    weight = table.row_weights
    total = weight.sum()
    counts = rng.multinomial(round(float(total)), weight / total)
    return table.weighing(counts.astype(np.float64))


def weighted_rows(
    table: TrainingRows, mixture: Mixture[Any, Any], rng: np.random.Generator
) -> TrainingRows:
    """All rows with random weights, which add up to what the table weighs."""
    weight = table.row_weights
    drawn = rng.gamma(weight)
    return table.weighing(drawn * (weight.sum() / drawn.sum()))


def sampled_rows(
    table: TrainingRows, mixture: Mixture[Any, Any], rng: np.random.Generator
) -> TrainingRows:
    """As many rows as the table weighs, from the mixture.

    Cells are missing as they are in the table's rows, whichever these are.
    """
    drawn = mixture.sample(round(table.summary.total_weight), rng)[0]
    rows = drawn.astype(table.rows.dtype)
    if table.gappy:
        rows[np.isnan(table.rows[_rows_by_weight(table, len(rows))])] = np.nan
    return TrainingRows.of(rows, None, table.column_names, table.n_threads)


def _rows_by_weight(table: TrainingRows, n: int) -> IntArray:
    """Numbers of n of the table's rows, each as often as it weighs."""
    cumulative = table.row_weights.cumsum()
    places = (np.arange(n) + 0.5) / n * cumulative[-1]
    rows: IntArray = np.searchsorted(cumulative, places)
    return rows


@dataclass(frozen=True, eq=False)
class Refit:
    """What the model came to on rows drawn anew.

    Attributes
    ----------
    mixture : Mixture or None
        With its components called as the fitted one's; None where it could not be fitted, or a
        component collapsed.
    converged : bool
    """

    mixture: Mixture[Any, Any] | None
    converged: bool


@dataclass(frozen=True, eq=False)
class Refits:
    """A model that is fitted again and again.

    Attributes
    ----------
    specification : Specification
    mixture : Mixture
        What it came to on the table's rows.
    table : TrainingRows
    resample : callable
    seed : int
    labels : ndarray of int, or None
        Known components of the rows of the user's table, -1 where unknown.
    """

    specification: Specification
    mixture: Mixture[Any, Any]
    table: TrainingRows
    resample: Resample
    seed: int
    labels: IntArray | None = None

    @cached_property
    def _source(self) -> Source:
        return self.table.source(self.mixture.n_clusters)

    @cached_property
    def _held(self) -> BoolArray:
        """Which components had collapsed before."""
        return upheld(self.mixture, self._source, self.table.rounding)

    @cached_property
    def _again(self) -> Specification:
        return replace(self.specification.going_on_from(self.mixture), narrate=silently)

    def prepared(self) -> Refits:
        """The same; what all fits share is found out, before threads ask for it at once."""
        _ = self._source, self._held, self._again
        return self

    def refit(self, number: int) -> Refit:
        """The fit of the given number."""
        rng = np.random.default_rng((self.seed, Purpose.RESAMPLE, number))
        try:
            rows = self.resample(self.table, self.mixture, rng)
            labels = None if self.labels is None else rows.kept(self.labels)
            fitting = Fitting.of(self._again, rows, labels)
            run = fitting.run(fitting.begin(0))
        except MixturaError:
            return Refit(None, False)
        if (upheld(run.mixture, fitting.source, self.table.rounding) & ~self._held).any():
            return Refit(None, run.status.converged)
        known = self.labels is not None  # then components have their numbers
        named = run.mixture if known else aligned(run.mixture, self.mixture, self._source)
        return Refit(named, run.status.converged)
