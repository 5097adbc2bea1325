"""What a sound optimum is: the one definition, for fits and searches alike.

The likelihood of a Gaussian mixture is unbounded, and has many local maxima that say nothing of
groups: a component has shrunk onto rows that are equal, onto what rounding makes equal, or onto a
few rows that happen to lie close together or nearly in a plane (Day 1969; McLachlan and Peel 2000,
section 3.10). Such maxima beat the others, the more so the more components there are. An optimum
is sound if

1. no component owes its likelihood to what holds it up: were the floor a quarter of what it is, or
   as high as the variance that the rounding of the values has by itself, the likelihood would be
   the same (`Family.upheld`);
2. its likelihood is not that of having seen the rows. BIC charges 1/2 p log n for what p
   parameters gain by chance. Of rows that were left out the mixture has gained nothing by chance:
   with P the mixture fitted to all rows, and P' by one M-step to those that are left,

       sum_i v_i (log P(x_i) - log P'(x_i))  <=  1/2 p log n

   On the left regular maxima have about one nat for each parameter, where components have rows
   enough, and far more where they have not;
3. no component is of use to its rows for the only reason that it has seen them. With P" the
   mixture without the component, BIC pays for it where

       sum_i v_i (log P(x_i) - log P"(x_i))  >  1/2 (its parameters) log n

   over the rows that are the component's; if so, it does with P' instead of P, too. The rows that
   choose it among all others by chance are part of this sum: each pays the logarithm of the
   component's small weight. Of components of very few rows the second is asked in any case: where
   the number of components is given, the likelihood alone would choose them.

Rows are left out of components alone that have few rows for their parameters; of the others one
nat for each parameter is taken for granted. All three are the same in any units, and for rows in
any order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from mixtura.assignments import log_sum_exp
from mixtura.em import e_step
from mixtura.errors import DegenerateError
from mixtura.kernels.estep_dispatch import scorer
from mixtura.mixture import Expectation, Mixture
from mixtura.sources import Chunk, Source
from mixtura.statistics import Statistics
from mixtura.typing import BoolArray, FloatArray, IntArray

__all__ = ["Soundness", "SuspectRows", "Suspects", "judge", "upheld"]

# Nats that a component may owe to what holds it up: they decide nothing.
_NOTHING = 0.05

# Rows for each of its parameters with which a component is no longer small, or very small.
_SMALL, _VERY_FEW = 5.0, 2.0

# Parts in which the rows of small components are left out, so that 100 rows do not cost 100
# M-steps.
_FOLDS = 10

# Share of all weight that leaves nothing but rounding.
_WHOLE = 1.0 - 1e-12


@dataclass(frozen=True)
class Soundness:
    """What the components of an optimum owe to other things than groups of rows.

    Attributes
    ----------
    upheld : tuple of int
        Components that have collapsed: they owe their likelihood to what holds them up.
    spurious : tuple of int
        Components that owe it to a few rows.
    """

    upheld: tuple[int, ...] = ()
    spurious: tuple[int, ...] = ()

    @property
    def sound(self) -> bool:
        return not (self.upheld or self.spurious)


def judge(mixture: Mixture[Any, Any], source: Source, rounding: FloatArray) -> Soundness:
    """Whether an optimum is sound, and which components are not.

    Parameters
    ----------
    mixture : Mixture
        Fitted to the rows.
    source : Source
        The rows, with their weights: n is the sum of these.
    rounding : ndarray of shape (d,)
        Variance that the rounding of each feature has by itself, infinite for constant ones.

    Examples
    --------
    Five of fifty rows lie nearly on a line, and a component of their own describes them:

    >>> import numpy as np
    >>> from mixtura.families.gaussian.structures import VVV
    >>> from mixtura.em import begin
    >>> from mixtura.families import Gaussian
    >>> from mixtura.sources import ArraySource
    >>> from mixtura.starts.given import given_labels
    >>> X = np.random.default_rng(0).normal(size=(50, 2))
    >>> X[:5, 1] = X[:5, 0] + [0.02, -0.01, 0.0, -0.01, 0.0]
    >>> labels = (np.arange(50) < 5).astype(int)
    >>> family = Gaussian(VVV, np.zeros(2))
    >>> mixture = begin(family, ArraySource(X), given_labels(labels, 2))
    >>> judge(mixture, ArraySource(X), np.zeros(2))
    Soundness(upheld=(), spurious=(1,))
    """
    if mixture.family.bounded:
        return Soundness()
    suspects = Suspects.of(mixture, e_step(mixture, source), _unit(source), rounding)
    return suspects.judged(source.map_reduce(suspects.rows) if suspects.any else None)


def upheld(mixture: Mixture[Any, Any], source: Source, rounding: FloatArray) -> BoolArray:
    """Which of the clusters (k,) owe their likelihood to what holds them up."""
    return _held(
        mixture, lambda: _unit(source), rounding, lambda: e_step(mixture, source).statistics
    )


def _held(
    mixture: Mixture[Any, Any],
    unit: Callable[[], float],
    rounding: FloatArray,
    statistics: Callable[[], Statistics],
) -> BoolArray:
    owed = mixture.family.upheld(mixture.params, rounding, statistics)
    if not owed.any():
        return np.zeros(mixture.n_clusters, dtype=np.bool_)
    return np.asarray((owed > _NOTHING * unit()) & (mixture.clusters.weights > 0.0))


@dataclass(frozen=True, eq=False)
class Suspects:
    """Components of an optimum that may not be sound, before their rows are looked at.

    Attributes
    ----------
    mixture : Mixture
    whole : Expectation
        Of all rows.
    unit : float
        The weight of what counts as one row.
    held : ndarray of shape (k,)
        Which of the clusters owe their likelihood to what holds them up.
    small : ndarray of shape (m,)
        Numbers of those that have few rows for their parameters.
    """

    mixture: Mixture[Any, Any]
    whole: Expectation[Any]
    unit: float
    held: BoolArray
    small: IntArray

    @classmethod
    def of(
        cls, mixture: Mixture[Any, Any], whole: Expectation[Any], unit: float, rounding: FloatArray
    ) -> Self:
        """From what an E-step knows of all rows; rounding is as of `judge`."""
        if mixture.family.bounded:
            nothing = np.zeros(mixture.n_clusters, dtype=np.bool_)
            return cls(mixture, whole, unit, nothing, np.flatnonzero(nothing))
        held = _held(mixture, lambda: unit, rounding, lambda: whole.statistics)
        n_rows, counts = whole.weight / unit, whole.counts[: mixture.n_clusters] / unit
        few = (counts > 0.0) & (counts <= min(_SMALL * _brought(mixture), _WHOLE * n_rows))
        return cls(mixture, whole, unit, held, np.flatnonzero(few & (mixture.n_clusters > 1)))

    @property
    def any(self) -> bool:
        """Whether rows have to be looked at."""
        return bool(len(self.small))

    def rows(self, chunk: Chunk) -> SuspectRows:
        """Those of a chunk that are more likely one of the small components' than not."""
        return SuspectRows.of(self.mixture, self.small, chunk)

    def judged(self, rows: SuspectRows | None) -> Soundness:
        """What comes of their rows; None if they were not looked at."""
        spurious = _Optimism.of(self, rows).spurious()
        return Soundness(_numbers(self.held), _numbers(spurious & ~self.held))


def _brought(mixture: Mixture[Any, Any]) -> int:
    """Free parameters that one more component brings."""
    k, d, family = mixture.n_clusters, mixture.n_features, mixture.family
    return 1 + family.n_parameters(k, d) - family.n_parameters(k - 1, d)


def _unit(source: Source) -> float:
    """The weight of what counts as one row: weights may be shares of a whole."""
    n_rows, weight = source.map_reduce(
        lambda chunk: np.array([float(len(chunk.X)), chunk.weight.sum()])
    )
    return min(1.0, float(weight / n_rows))


def _numbers(which: BoolArray) -> tuple[int, ...]:
    return tuple(np.flatnonzero(which).tolist())


# ---------------------------------------------------------------------------------------------
# Rows that are left out


@dataclass(frozen=True)
class _Optimism:
    """What the small components (m,) gain by having seen their rows.

    Attributes
    ----------
    n_clusters : int
    small : ndarray of shape (m,)
        Their numbers.
    lost : ndarray of shape (m,)
        Nats that their rows lose when they are left out.
    left : ndarray of shape (m,)
        Nats by which a component is still of use to its rows then.
    very_few : ndarray of shape (m,)
        Whether they have so few rows that BIC need not pay for what they seem to be of use.
    price : float
        What BIC charges for a component.
    conceded : float
        What of the charge for all parameters is left to the small components.
    """

    n_clusters: int
    small: IntArray
    lost: FloatArray
    left: FloatArray
    very_few: BoolArray
    price: float
    conceded: float

    @classmethod
    def of(cls, suspects: Suspects, rows: SuspectRows | None) -> _Optimism:
        mixture, whole, unit = suspects.mixture, suspects.whole, suspects.unit
        k, small, brought = mixture.n_clusters, suspects.small, _brought(mixture)
        n_rows, counts = whole.weight / unit, whole.counts[:k] / unit
        log_n = float(np.log(max(n_rows, 1.0)))
        p, shared = mixture.n_parameters, mixture.n_parameters - brought * k
        others = brought * (k - len(small)) + shared * (1.0 - counts[small].sum() / n_rows)
        conceded = 0.5 * p * log_n - others
        lost, left = np.zeros(len(small)), np.zeros(len(small))
        if rows is not None:
            for number, own, unseen in _left_out(mixture, whole, rows):
                part = rows.weight[own] / unit
                np.add.at(lost, number, part * (rows.log_density[own] - unseen))
                np.add.at(left, number, part * _gained(unseen, rows.without[own]))
                if lost.sum() > conceded:  # the other parts would only add to it
                    break
            else:
                without_rows = np.bincount(rows.number, minlength=len(small)) == 0
                left[without_rows] = np.inf  # nobody's first choice: it gains nothing
        very_few = counts[small] <= _VERY_FEW * brought
        return cls(k, small, lost, left, very_few, 0.5 * brought * log_n, conceded)

    def spurious(self) -> BoolArray:
        """Those of all components (k,) that owe their likelihood to a few rows."""
        which = np.zeros(self.n_clusters, dtype=np.bool_)
        if not len(self.small):
            return which
        if self.lost.sum() > self.conceded:
            dearest = self.lost >= min(self.price, self.lost.max())
            which[self.small[dearest]] = True
        else:
            paid = self.left + self.lost > self.price
            which[self.small[(paid | self.very_few) & (self.left <= self.price)]] = True
        return which


@dataclass(frozen=True)
class SuspectRows:
    """Rows (n, d) of small components, their weights and responsibilities (n, k), and so on.

    Those of two chunks merge to those of one after the other.

    Attributes
    ----------
    X, weight, resp
    number : ndarray of shape (n,)
        Of the small component of each, among these.
    log_density, without : ndarray of shape (n,)
        Under the mixture, and under it without the row's component.
    """

    X: FloatArray
    weight: FloatArray
    resp: FloatArray
    number: IntArray
    log_density: FloatArray
    without: FloatArray

    @classmethod
    def of(cls, mixture: Mixture[Any, Any], small: IntArray, chunk: Chunk) -> Self:
        """The rows that are more likely one of the small components' than not."""
        rest = np.array([np.delete(mixture.weights, j).sum() for j in small])  # 1 - w_j can be 0
        log_joint = mixture.log_joint(chunk.X)
        log_density = log_sum_exp(log_joint)
        row, number = np.nonzero(log_joint[:, small] > log_density[:, None] + np.log(0.5))
        log_joint, log_density = log_joint[row], log_density[row]
        others = log_joint.copy()
        others[np.arange(len(row)), small[number]] = -np.inf
        with np.errstate(divide="ignore"):
            without = log_sum_exp(others) - np.log(rest[number])
        resp = np.exp(log_joint - log_density[:, None])
        return cls(chunk.X[row], chunk.weight[row], resp, number, log_density, without)

    def __add__(self, other: Self) -> Self:
        pairs = zip(vars(self).values(), vars(other).values(), strict=True)
        return type(self)(*map(np.concatenate, pairs))


def _gained(log_density: FloatArray, without: FloatArray) -> FloatArray:
    """The difference of log-densities; nothing where neither gives a row any density."""
    gained = np.zeros_like(log_density)
    return np.subtract(log_density, without, out=gained, where=log_density != without)


def _left_out(
    mixture: Mixture[Any, Any], whole: Expectation[Any], rows: SuspectRows
) -> Iterator[tuple[IntArray, BoolArray, FloatArray]]:
    """Parts of the rows, their components, and their log-densities when they are left out.

    By rank within a component, so that the parts do not depend on the order of the rows; equal
    rows are left out together, since each would speak for the other.
    """
    gain = rows.log_density - rows.without
    fold = np.empty(len(gain), dtype=np.intp)
    for number in np.unique(rows.number):
        own = rows.number == number
        fold[own] = np.unique(gain[own], return_inverse=True)[1] % _FOLDS
    for part in (fold == number for number in np.unique(fold)):
        X, weight, resp = rows.X[part], rows.weight[part], rows.resp[part]
        unseen = np.full(len(X), -np.inf)
        if weight.sum() <= _WHOLE * whole.weight:  # else nothing is left
            others = _without(mixture, whole, X, resp * weight[:, None])
            with suppress(DegenerateError):
                unseen = scorer(mixture.maximize(others)).log_density(X)
        yield rows.number[part], part, unseen


def _without(
    mixture: Mixture[Any, Any], whole: Expectation[Any], X: FloatArray, resp: FloatArray
) -> Expectation[Any]:
    """What an M-step needs to know without some rows, of weighted responsibilities (n, k).

    The objective, which it does not, is that of all rows.
    """
    seen = mixture.family.statistics(mixture.params, X, resp)
    counts = whole.counts - resp.sum(axis=0)
    left = mixture.family.without(whole.statistics, seen)
    return Expectation(float(counts.sum()), whole.objective, counts, left)
