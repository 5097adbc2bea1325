"""Fits to more rows than are looked at one by one.

The starts are made on a sample, and run there to their ends. The best of them goes on to all rows:
each of its iterations is a pass over them, and one pass more tells of the result.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from mixtura.assignments import Draw
from mixtura.em import e_step
from mixtura.errors import DataError
from mixtura.fitting.record import FitRecord
from mixtura.fitting.restarts import Effort, Optimum, Starts
from mixtura.fitting.run import AnyFit, Fitting
from mixtura.fitting.specification import Specification
from mixtura.mixture import Mixture
from mixtura.starts.large_rows import LargeRows
from mixtura.typing import FloatArray

__all__ = ["Keeper", "fit_large"]

# What components take from all rows, for each row of their own, where some are out of reach.
_SHARED = 0.01

# Iterations of a run, as a rule.
_PASSES = 50


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
        fitting, starts = _begun_on_sample(specification, rows)
        run = fitting.begin(0)
    else:
        starts, run = kept
        there = specification.going_on_from(run.mixture)
        fitting = Fitting.of(there, rows.sample, large=rows)
    run = _run(fitting, run, starts, keeper)
    if run.objective == -math.inf:
        there = specification.going_on_from(_reaching_all_rows(run.mixture, fitting))
        fitting = Fitting.of(there, rows.sample, large=rows)
        run = _run(fitting, fitting.begin(0), starts, keeper)
    if not starts.optima:
        alone = Starts((Optimum(run.objective, 1, 1.0, 0.0, ()),), 0)
        return fitting.recorded(run, alone)
    n_sample = f"{rows.sample.n_rows:,} of {rows.n_rows:,} rows"
    told = f"The starts were made on a sample of {n_sample}, and the best went on to all."
    return replace(fitting.recorded(run, starts), sampled=told)


def _run(fitting: Fitting, begun: AnyFit, starts: Starts, keeper: Keeper | None) -> AnyFit:
    """A run at its end, which is kept on the way."""
    if keeper is None:
        return fitting.run(begun)
    run = begun
    while run.ahead is not None:
        run = fitting.run(run, pause=run.n_iter + keeper.n_iter)
        keeper.keep(starts, run)
    return run


@dataclass(frozen=True, eq=False)
class _Alike:
    """Assigns all rows alike, by weights (k,) of the components."""

    weights: FloatArray

    def __call__(self, log_joint: FloatArray, draw: Draw) -> tuple[FloatArray, FloatArray]:
        return np.broadcast_to(self.weights, log_joint.shape).copy(), np.zeros(len(log_joint))


def _reaching_all_rows(mixture: Mixture[Any, Any], fitting: Fitting) -> Mixture[Any, Any]:
    """The mixture, whose components have taken a share in all rows.

    The sample may lack what others have, such as a rare level of a category: under a mixture that
    comes from it, such rows would have no density at all.
    """
    own = e_step(mixture, fitting.table.source(mixture.n_components))
    every = e_step(mixture, fitting.source, _Alike(mixture.weights))
    return mixture.maximize((1.0 / own.weight) * own + (_SHARED / every.weight) * every)


def _begun_on_sample(specification: Specification, rows: LargeRows) -> tuple[Fitting, Starts]:
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
    """As many starts as are affordable where only one of them goes on to all rows.

    They may cost as much as that one will.
    """
    if isinstance(n_starts, int):
        return n_starts
    make: Callable[[float], Effort] = n_starts
    return lambda price: make(share * price / _PASSES)
