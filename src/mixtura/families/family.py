"""What one component looks like: the contract of a family.

A family is frozen and holds structure and regularisation, never fitted numbers. Those live in
its parameters: a frozen record of arrays with the component axis k first.
"""

from __future__ import annotations

from typing import Protocol, Self, TypeVar

import numpy as np

from mixtura.errors import DegenerateError
from mixtura.statistics import Statistics
from mixtura.typing import EVERYONE, FloatArray, IntArray, Selection

__all__ = ["Family", "Parameters", "stand_ins"]


class Parameters(Protocol):
    """The fitted numbers of k components."""

    @property
    def means(self) -> FloatArray:
        """Expected value of each component, shape (k, d)."""
        ...

    def take(self, order: Selection, /) -> Self:
        """The parameters of the components in the given order."""
        ...


P = TypeVar("P", bound=Parameters)
S = TypeVar("S", bound=Statistics)


def stand_ins(count: FloatArray) -> tuple[Selection, Selection]:
    """The components that have rows, and for all k which of those stands for each.

    A component without rows becomes a copy of the heaviest one; its mixing weight stays
    exactly 0. This is the package's one policy for components that lose all their rows.

    Raises
    ------
    DegenerateError
        If none has rows.
    """
    if (count > 0.0).all():
        return EVERYONE, EVERYONE
    live = np.flatnonzero(count > 0.0)
    if not len(live):
        raise DegenerateError(
            "No component has any rows: all of them begin as noise. Leave some rows unknown (-1), "
            "or give some to the components."
        )
    order = np.full(len(count), np.argmax(count[live]))
    order[live] = np.arange(len(live))
    return live, order


class Family(Protocol[P, S]):
    """Six functions; P are the parameters of k components, S their sufficient statistics."""

    def log_density(self, params: P, X: FloatArray, /) -> FloatArray:
        """log p_j(x_i), shape (n, k)."""
        ...

    def statistics(self, params: P | None, X: FloatArray, resp: FloatArray, /) -> S:
        """Sufficient statistics of rows X (n, d) under weighted responsibilities (n, k).

        `params` are the current parameters, None in the very first step, which has none.
        """
        ...

    def maximize(self, statistics: S, params: P | None, /) -> P:
        """The parameters that maximise the expected log-likelihood given the statistics.

        With a prior they maximise the sum of that and `log_prior`. A component without rows
        becomes a copy of the heaviest one (see `stand_ins`).
        """
        ...

    def log_prior(self, params: P, /) -> float:
        """Log-density of the prior at the parameters, in nats; 0 for a family without one."""
        ...

    def n_parameters(self, k: int, d: int, /) -> int:
        """Number of free parameters of k components in d dimensions, mixing weights aside."""
        ...

    def sample(self, params: P, labels: IntArray, rng: np.random.Generator, /) -> FloatArray:
        """One row (d,) drawn from each labelled component, shape (len(labels), d)."""
        ...
