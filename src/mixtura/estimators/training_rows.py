"""The rows of a fit: checked, without those of weight 0, summarised, with their starts.

A search makes them once for all its candidates.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Self, TypeAlias

import numpy as np

from mixtura.em import Start
from mixtura.estimators.purpose import Purpose
from mixtura.estimators.tables import check_range
from mixtura.initialization import Sample, draw_rows
from mixtura.registry import STARTS
from mixtura.sources import ArraySource, Summary, block_rows, summarize
from mixtura.typing import AnyArray, BoolArray, FloatArray, IntArray

__all__ = ["NamedStart", "TrainingRows"]

#: (name in the registry, k, seed, number of the start) -> start.
NamedStart: TypeAlias = Callable[[str, int, int, int], Start]


@dataclass(frozen=True, eq=False)
class TrainingRows:
    """Rows to fit mixtures to.

    Attributes
    ----------
    rows : ndarray of shape (n, d), float32 or float64
        All of positive weight.
    weight : ndarray of shape (n,) or None
    present : ndarray of bool, or None
        Which rows of the user's table these are; None for all.
    n_threads : int
    """

    rows: AnyArray
    weight: FloatArray | None
    present: BoolArray | None
    n_threads: int

    @classmethod
    def of(
        cls,
        rows: AnyArray,
        weight: FloatArray | None,
        column_names: Sequence[object],
        n_threads: int,
    ) -> Self:
        """From the user's rows and weights.

        Raises
        ------
        DataError
            If squares of the values would overflow or vanish.
        """
        present = None
        if weight is not None and not weight.all():
            present = weight > 0.0
            rows, weight = rows[present], weight[present]
        made = cls(rows, weight, present, n_threads)
        check_range(made.summary.extent, column_names)
        return made

    @property
    def n_given(self) -> int:
        """Rows of the user's table."""
        return len(self.rows if self.present is None else self.present)

    def kept(self, per_row: AnyArray) -> AnyArray:
        """The entries for these rows of an array with one for each row of the user's table."""
        return per_row if self.present is None else per_row[self.present]

    def source(self, k: int, labels: IntArray | None = None) -> ArraySource:
        """The rows in blocks that suit k components."""
        rows_per_block = block_rows(self.rows.shape[1], k)
        return ArraySource(self.rows, self.weight, rows_per_block, self.n_threads, labels)

    @cached_property
    def summary(self) -> Summary:
        return summarize(self.source(1))

    @cached_property
    def start(self) -> NamedStart:
        """Gives starts, each made once: they are the same for all covariance structures."""

        @cache
        def sample(seed: int) -> Sample:
            rng = np.random.default_rng((seed, Purpose.SAMPLE))
            return draw_rows(self.source(1), self.summary, rng)

        @cache
        def start(name: str, k: int, seed: int, number: int) -> Start:
            rng = np.random.default_rng((seed, Purpose.START, number))
            return STARTS[name].make(number)(sample(seed), self.summary, k, rng)

        return start
