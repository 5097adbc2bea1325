"""What one component looks like: the contract of a family's computing half.

A family is frozen and holds structure and regularisation, never fitted numbers. Those live in
its parameters: a frozen record of arrays with the component axis k first. What people read of
them, and what files keep, is the other half: `mixtura.families.description`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable
from typing import Any, Generic, Protocol, Self, TypeAlias, TypeVar, runtime_checkable

import numpy as np

from mixtura.errors import DegenerateError
from mixtura.families.coordinates import Coordinates
from mixtura.statistics import SMALLEST_COUNT, Statistics
from mixtura.typing import EVERYONE, AnyArray, FloatArray, IntArray, Selection

__all__ = [
    "Bounded",
    "Embedding",
    "Family",
    "IndependentColumns",
    "Parameters",
    "Unbounded",
    "as_they_are",
    "in_one_unit",
    "stand_ins",
]


class Parameters(Protocol):
    """The fitted numbers of k components over d features."""

    @property
    def n_components(self) -> int:
        """k."""
        ...

    @property
    def n_features(self) -> int:
        """d."""
        ...

    @property
    def sort_key(self) -> FloatArray:
        """Numbers (k, m) by which components of equal weight are ordered, the first ones first."""
        ...

    def take(self, order: Selection, /) -> Self:
        """The parameters of the components in the given order."""
        ...


#: Rows (n, d) -> places (n, m). Families with equal embeddings can share starts.
Embedding: TypeAlias = Callable[[AnyArray], AnyArray]


def as_they_are(rows: AnyArray) -> AnyArray:
    """The embedding of numbers, each feature in a unit of its own."""
    return rows


def in_one_unit(rows: AnyArray) -> AnyArray:
    """The embedding of numbers whose distances mean something, since all features share a unit."""
    return rows


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
    has_rows = count >= SMALLEST_COUNT
    if has_rows.all():
        return EVERYONE, EVERYONE
    live = np.flatnonzero(has_rows)
    if not len(live):
        raise DegenerateError(
            "No component has any rows: all of them begin as noise. Leave some rows unknown (-1), "
            "or give some to the components."
        )
    order = np.full(len(count), np.argmax(count[live]))
    order[live] = np.arange(len(live))
    return live, order


@runtime_checkable
class Family(Protocol[P, S]):
    """P are the parameters of k components, S their sufficient statistics."""

    def log_density(self, params: P, X: FloatArray, /) -> FloatArray:
        """log p_j of the observed cells of each row, shape (n, k); 0 for a row that has none.

        NaN is a missing cell, here and below.
        """
        ...

    def statistics(self, params: P | None, X: FloatArray, resp: FloatArray, /) -> S:
        """Sufficient statistics of rows X (n, d) under weighted responsibilities (n, k).

        `params` are the current parameters, None in the very first step, which has none. Of rows
        with missing cells the statistics are those that the observed ones lead to expect.
        """
        ...

    def of_columns(self, means: FloatArray, scales: FloatArray, /) -> P | None:
        """One component from means and deviations (d,) of the columns' observed cells.

        A first step completes rows from it. None where missing cells are left out of all sums,
        so that nothing is completed.
        """
        ...

    def expected_cells(self, params: P, X: FloatArray, resp: FloatArray, /) -> FloatArray:
        """The rows with each missing cell as the observed ones lead to expect, shape (n, d).

        That is the mean over the components by their responsibilities (n, k); of levels the
        likeliest one.
        """
        ...

    def drawn_cells(
        self, params: P, X: FloatArray, labels: IntArray, rng: np.random.Generator, /
    ) -> FloatArray:
        """The rows with missing cells drawn from each row's component, shape (n, d)."""
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

    @property
    def embedding(self) -> Embedding:
        """Rows as places between which distances mean something, for starts."""
        ...

    @property
    def gathers(self) -> Hashable:
        """The kind of its statistics: families of one kind make the same of the same rows."""
        ...

    def n_sums(self, d: int, /) -> int:
        """Numbers that a row of d features adds to the statistics of a component."""
        ...

    def coordinates(self, params: P, weight: float, /) -> Coordinates[P, S] | None:
        """Coordinates about the parameters, for acceleration; None where there are none.

        `weight` is the total weight of the rows, against which a prior is weighed.
        """
        ...

    def reachable(self, params: P, /) -> P:
        """The parameters, moved to where an M-step could have given them: EM rises from there."""
        ...

    @property
    def bounded(self) -> bool:
        """Whether the likelihood is: then nothing has to hold components up."""
        ...

    @property
    def absorbing(self) -> bool:
        """Whether EM leaves some parameters where they are, such as a probability of 0.

        Then no start may give each row to one component alone: a level that none of its rows has
        would never come to be one of the component's.
        """
        ...

    @property
    def blends(self) -> bool:
        """Whether statistics under parameters that follow each other can be blended: online EM.

        They cannot where they say something of the parameters under which they were gathered.
        """
        ...

    def without(self, whole: S, seen: S, /) -> S:
        """The statistics of all rows without those of some, as far as these could be owed to.

        Of what is bounded they stay as they are: a level that no other row has says nothing of
        how a component came about.
        """
        ...

    def upheld(self, params: P, rounding: FloatArray, statistics: Callable[[], S], /) -> FloatArray:
        """Nats (k,) that each component owes to what holds it up, such as a floor.

        Parameters
        ----------
        params : Parameters
        rounding : ndarray of shape (d,)
            Variance that the rounding of each feature has by itself: what is narrower than that
            is held up by rounding. Infinite for constant features: nobody gains by those.
        statistics : callable
            Gives the expected statistics under the parameters, where they are needed.
        """
        ...


class _ByLikelihood:
    """What counts is the likelihood alone, unless a family has a prior."""

    def log_prior(self, params: Any) -> float:
        """0: there is no prior."""
        return 0.0

    @property
    def blends(self) -> bool:
        """True: statistics are expected sums over the rows, of what the parameters are not in."""
        return True


class IndependentColumns(ABC, Generic[P]):
    """Base of families whose columns are independent within a component.

    What is observed then says nothing of the missing cells but which component a row is of.
    """

    def of_columns(self, means: FloatArray, scales: FloatArray) -> P | None:
        """None: missing cells are left out of all sums."""
        return None

    @abstractmethod
    def expectations(self, params: P) -> FloatArray:
        """Mean of each column in each component, (k, d)."""

    @abstractmethod
    def sample(self, params: P, labels: IntArray, rng: np.random.Generator) -> FloatArray:
        """As of `Family`."""

    def expected_cells(self, params: P, X: FloatArray, resp: FloatArray) -> FloatArray:
        """The rows with each missing cell at the mean over the components."""
        return np.where(np.isnan(X), resp @ self.expectations(params), X)

    def drawn_cells(
        self, params: P, X: FloatArray, labels: IntArray, rng: np.random.Generator
    ) -> FloatArray:
        """The rows with missing cells from rows that are sampled."""
        return np.where(np.isnan(X), self.sample(params, labels, rng), X)


class Unbounded(_ByLikelihood):
    """Base of families whose likelihood grows without end as a component shrinks onto few rows."""

    @property
    def bounded(self) -> bool:
        """False."""
        return False

    @property
    def absorbing(self) -> bool:
        """False."""
        return False

    def without(self, whole: S, seen: S) -> S:
        """What the other rows add up to."""
        return whole + (-1.0) * seen


class Bounded(_ByLikelihood):
    """Base of families whose likelihood is bounded: nothing has to hold their components up."""

    def reachable(self, params: P) -> P:
        """As they are: an M-step could have given any."""
        return params

    @property
    def bounded(self) -> bool:
        """True."""
        return True

    @property
    def absorbing(self) -> bool:
        """True: all such families of the package have probabilities or rates that can be 0."""
        return True

    def without(self, whole: S, seen: S) -> S:
        """All of them."""
        return whole

    def upheld(
        self, params: Any, rounding: FloatArray, statistics: Callable[[], Any]
    ) -> FloatArray:
        """Nothing."""
        return np.zeros(params.n_components)
