"""Fits to more rows than are looked at one by one.

The starts are made on a sample, and run there to their ends. The best of them goes on to all rows:
each of its iterations is a pass over them, and one pass more tells of the result.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from mixtura.errors import DataError
from mixtura.fitting.record import FitRecord
from mixtura.fitting.restarts import Effort, Optimum, Starts
from mixtura.fitting.run import AnyFit, Fitting
from mixtura.fitting.specification import Specification
from mixtura.starts.large_rows import LargeRows

__all__ = ["Keeper", "begun_on_sample", "fit_large"]


class Keeper(Protocol):
    """Who keeps a run that is paused now and then, so that it can go on after an interruption."""

    @property
    def n_iter(self) -> int:
        """Iterations between two pauses."""
        ...

    def kept(self) -> tuple[Starts, AnyFit] | None:
        """The starts, and the run where it was paused; None before there is one."""
        ...

    def keep(self, starts: Starts, run: AnyFit, /) -> None:
        """Keep what is known now."""
        ...


def fit_large(
    specification: Specification, rows: LargeRows, keeper: Keeper | None = None
) -> FitRecord:
    """Make the starts on the sample, and go on from the best of them to all rows.

    Where a fit is to begin is not looked for if it is given.
    """
    kept = None if keeper is None else keeper.kept()
    if kept is None:
        fitting, starts = begun_on_sample(specification, rows)
        run = fitting.begin(0)
    else:
        starts, run = kept
        there = specification.going_on_from(run.mixture)
        fitting = Fitting.of(there, rows.sample, large=rows)
    if keeper is None:
        run = fitting.run(run)
    while keeper is not None and run.ahead is not None:
        run = fitting.run(run, pause=run.n_iter + keeper.n_iter)
        keeper.keep(starts, run)
    if not starts.optima:
        alone = Starts((Optimum(run.objective, 1, 1.0, 0.0, ()),), 0)
        return fitting.recorded(run, alone)
    n_sample = f"{rows.sample.n_rows:,} of {rows.n_rows:,} rows"
    told = f"The starts were made on a sample of {n_sample}, and the best went on to all."
    return replace(fitting.recorded(run, starts), sampled=told)


def begun_on_sample(specification: Specification, rows: LargeRows) -> tuple[Fitting, Starts]:
    """What goes on to all rows, and the starts that it comes from; none if they were not needed."""
    values = specification.values
    given = values.complete is not None and values.weights is not None
    if specification.before is not None or given:
        return Fitting.of(specification, rows.sample, large=rows), Starts((), 0)
    k, n_sample = specification.n_components, rows.sample.n_rows
    if n_sample < k:
        raise DataError(
            f"The sample has {n_sample} rows for {k} components: take more, as in "
            "mixtura.scan(X, sample=200_000), or use fewer components."
        )
    share = n_sample / rows.n_rows
    n_starts = _cheaper(specification.n_starts, share)
    first = Fitting.of(replace(specification, n_starts=n_starts), rows.sample)
    restarts = first.all_starts()
    there = specification.going_on_from(first.best(restarts).mixture)
    return Fitting.of(there, rows.sample, large=rows), first.told(restarts)


def _cheaper(
    n_starts: int | Callable[[float], Effort], share: float
) -> int | Callable[[float], Effort]:
    """As many starts as are affordable where only one of them goes on to all rows."""
    if isinstance(n_starts, int):
        return n_starts
    make: Callable[[float], Effort] = n_starts
    return lambda price: make(share * price)
