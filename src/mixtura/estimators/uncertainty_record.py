"""The record of how far the numbers of a fitted mixture may be off."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mixtura.estimators.parameters import check_level
from mixtura.explain.assurance import Assurance, assurance
from mixtura.explain.draws import Draws
from mixtura.explain.estimates import Estimates
from mixtura.explain.intervals import Interval
from mixtura.shown import shown
from mixtura.sources import ArraySource
from mixtura.typing import AnyArray, FloatArray

__all__ = ["Uncertainty"]

_COLUMNS = ("parameter", "column", "component", "estimate", "standard_error", "low", "high")

# Rows whose responsibilities are looked at at a time: each has one set for each parameter or draw.
_ROWS = 512


@dataclass(frozen=True, eq=False)
class Uncertainty:
    """How far the numbers of a fitted mixture may be off, from `uncertainty`.

    Attributes
    ----------
    method : str
    level : float
        Of intervals where no other is asked for.
    notes : tuple of str
        What to know of these numbers.
    n_draws : int
        Fits that they come from; 0 if they come from the observed information.
    """

    method: str
    level: float
    notes: tuple[str, ...]
    n_draws: int
    _estimates: Estimates
    _components: tuple[str, ...]
    _read: Callable[[Any], AnyArray]

    __repr__ = shown

    @property
    def estimates(self) -> dict[str, FloatArray]:
        """The mixture's numbers by name, components first: the weights and the family's own."""
        return self._estimates.values

    @property
    def standard_errors(self) -> dict[str, FloatArray]:
        """Of the same names and shapes.

        NaN of what is fixed, lies on the edge of its range (a probability of 0, a variance on the
        floor), or cannot be told from the rows; `notes` say so.
        """
        return self._estimates.standard_errors

    def intervals(self, level: float | None = None) -> dict[str, Interval]:
        """Intervals of the same names and shapes; each has `low` and `high`.

        Parameters
        ----------
        level : float, default=None
            Share of tables of this kind in which an interval would cover the true number, about;
            None for that of the record.
        """
        return self._estimates.intervals(self._level(level))

    @property
    def draws(self) -> dict[str, FloatArray] | None:
        """The numbers of all fits by name, (n_draws, k, ...); None without fits."""
        spread, of = self._estimates.spread, self._estimates.quantity
        if not isinstance(spread, Draws):
            return None
        return {name: spread.distribution(of(name)).values for name in self._estimates.entries}

    def responsibilities(self, X: Any, level: float | None = None) -> Assurance:
        """How sure the soft assignments of some rows are, given that the mixture is uncertain.

        Parameters
        ----------
        X : table of shape (n, d)
        level : float, default=None

        Returns
        -------
        Assurance
            `estimates`, `standard_errors`, `low` and `high`, each (n, k), or (n, k + 1) with noise.
        """
        level, spread = self._level(level), self._estimates.spread
        rows, mixture = self._read(X), self._estimates.mixture
        blocks = ArraySource(rows, rows_per_block=_ROWS)
        parts = blocks.map(lambda chunk: assurance(mixture, spread, chunk.X, level))
        return Assurance.of_all(list(parts))

    def table(self, level: float | None = None) -> dict[str, AnyArray]:
        """One line for each number, as columns: `pandas.DataFrame(uncertainty.table())`.

        They are parameter, column, component, estimate, standard_error, low and high. What another
        line says is left out, such as one half of a covariance matrix.
        """
        return _columns_of(self._estimates, self._level(level), self._components)

    def summary(self, level: float | None = None) -> str:
        """The table and the notes as text."""
        level = self._level(level)
        return _as_text(self.table(level), level, self.method, self.notes)

    def __str__(self) -> str:
        return self.summary()

    def _level(self, level: float | None) -> float:
        return self.level if level is None else check_level(level)


def _columns_of(
    estimates: Estimates, level: float, components: Sequence[str]
) -> dict[str, AnyArray]:
    """Columns of equal length: what each number is, and what is known of it."""
    intervals = estimates.intervals(level)
    names: list[tuple[str, str, str]] = []
    numbers: list[tuple[float, ...]] = []
    for parameter, entries in estimates.entries.items():
        interval = intervals[parameter]
        arrays = (
            estimates.values[parameter],
            estimates.standard_errors[parameter],
            interval.low,
            interval.high,
        )
        flat = [array.reshape(len(array), -1) for array in arrays]
        for place, column in enumerate(entries.names):
            if column is None:
                continue
            for j in range(len(flat[0])):
                names.append((parameter, column, components[j]))
                numbers.append(tuple(float(each[j, place]) for each in flat))
    columns = [*np.array(names).T, *np.array(numbers).T]
    return dict(zip(_COLUMNS, columns, strict=True))


def _as_text(
    columns: Mapping[str, AnyArray], level: float, method: str, notes: Sequence[str]
) -> str:
    """Lines that stand below each other."""
    head = [name.replace("standard_", "std. ") for name in columns]
    cells = [head, *zip(*map(_cells, columns.values()), strict=True)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ["  ".join(_set(row, widths)).rstrip() for row in cells]
    title = f"{100.0 * level:g} % intervals, method {method!r}"
    return "\n".join([title, *lines, *notes])


def _cells(column: AnyArray) -> list[str]:
    if column.dtype.kind != "f":
        return [str(each) for each in column]
    return ["-" if np.isnan(each) else f"{each:.4g}" for each in column]


def _set(row: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    """Names to the left, numbers to the right."""
    for place, (cell, width) in enumerate(zip(row, widths, strict=True)):
        yield cell.ljust(width) if place < 3 else cell.rjust(width)
