"""What is to be fitted, and how: a value that estimators, searches and tests of k all build.

Below it nobody knows scikit-learn, or what a user called anything.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Any, Self, TypeAlias

from mixtura.em import Observer
from mixtura.families.family import Family
from mixtura.families.noise import Box
from mixtura.fitting.algorithm import Acceleration, Algorithm
from mixtura.fitting.restarts import Effort
from mixtura.mixing_weights import FREE, Mixing
from mixtura.mixture import Mixture
from mixtura.sources import Source, Summary
from mixtura.starts.starting_values import StartingValues

__all__ = ["Before", "MakeFamily", "Narrate", "Noise", "Specification", "silently"]

#: (rows, their summary, k) -> the family, with what it takes from the rows.
MakeFamily: TypeAlias = Callable[[Source, Summary, int], Family[Any, Any]]

#: (iterations done, number of the start, stage if there are several) -> a context that gives who is
#: to be told of a run.
Narrate: TypeAlias = Callable[[int, int, str], AbstractContextManager[Observer | None]]


def silently(n_done: int, number: int, stage: str) -> AbstractContextManager[Observer | None]:
    """Tell nobody."""
    return nullcontext()


@dataclass(frozen=True)
class Noise:
    """One further component, of constant density.

    Attributes
    ----------
    volume : float or None
        Over which it is spread; None for the volume that the rows fill.
    flatness : float
        Least variance of a cluster, as a share of the features' variances: no side of the rows'
        box is shorter than what that is as wide as.
    region : Box, optional
        Where it is, if that does not depend on the rows.
    """

    volume: float | None = None
    flatness: float = 0.0
    region: Box | None = None


@dataclass(frozen=True, eq=False)
class Before:
    """An earlier fit that a new one goes on from.

    Attributes
    ----------
    mixture : Mixture
    trace : tuple of float
    values : StartingValues
        What is fixed now, and so takes the place of the mixture's own.
    """

    mixture: Mixture[Any, Any]
    trace: tuple[float, ...]
    values: StartingValues


@dataclass(frozen=True, eq=False)
class Specification:
    """What is to be fitted, and how.

    Attributes
    ----------
    family : callable
        Makes the family for the rows.
    n_components : int
        Clusters.
    algorithm : Algorithm
    values : StartingValues
    seed : int
    mixing : Mixing, default=FREE
    noise : Noise, optional
    n_starts : int or callable, default=1
        Starts; or, from the price of an iteration, the effort where starts may come to different
        ends.
    acceleration : callable, optional
        None for none.
    tol : float, default=1e-7
        In nats per row.
    max_iter : int, default=1000
    before : Before, optional
    half_life : float, optional
        Weight of the rows of a stream after which one counts half; None for all alike.
    reads_rows : bool, default=False
        Whether the family takes more from the rows than their summary.
    narrate : callable
    """

    family: MakeFamily
    n_components: int
    algorithm: Algorithm
    values: StartingValues
    seed: int
    mixing: Mixing = FREE
    noise: Noise | None = None
    n_starts: int | Callable[[float], Effort] = 1
    acceleration: Acceleration | None = None
    tol: float = 1e-7
    max_iter: int = 1000
    before: Before | None = None
    half_life: float | None = None
    reads_rows: bool = False
    narrate: Narrate = silently

    def going_on_from(self, mixture: Mixture[Any, Any]) -> Self:
        """The same from the end of another fit, with nothing looked for."""
        return replace(self, before=Before(mixture, (), StartingValues(self.values.ways)))

    def effort(self, price: float) -> Effort:
        """How many starts to make where an iteration has a price."""
        if self.values.numbered or self.before is not None:
            return Effort.exactly(1)
        if isinstance(self.n_starts, int):
            return Effort.exactly(self.n_starts)
        if self.max_iter == 0:
            return Effort.exactly(1)  # where starts lead is not asked
        if self.algorithm.random or (self.n_components == 1 and self.noise is None):
            return Effort.exactly(1)  # a walk, or always the same
        return replace(self.n_starts(price), n_kinds=self.values.ways.n_kinds)
