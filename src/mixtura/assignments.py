"""How rows are assigned to components: the A of the loop.

An assignment turns the joint log-densities log(w_j p_j(x_i)) of a block of rows into
responsibilities and the rows' share of the objective. With the schedules of
`mixtura.schedules` they span the grid of algorithms:

============  ========================================  ==================================
assignment    step 1                                    decreasing step
============  ========================================  ==================================
soft          EM (Dempster, Laird, Rubin 1977)          damped EM
hard          classification EM (Celeux, Govaert 1992)  -
stochastic    stochastic EM (Celeux, Diebolt 1985)      SAEM (Delyon et al. 1999)
Tempered      annealed EM (Ueda, Nakano 1998)           -
============  ========================================  ==================================
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from mixtura.typing import FloatArray, IntArray

__all__ = [
    "Assignment",
    "Draw",
    "Tempered",
    "draw_labels",
    "hard",
    "keeping",
    "log_sum_exp",
    "one_hot",
    "posterior",
    "soft",
    "stochastic",
]

#: Makes the random generator of one block of rows; only stochastic assignments call it.
Draw: TypeAlias = Callable[[], np.random.Generator]

#: (log_joint (n, k), draw) -> (responsibilities (n, k), objective (n,)).
Assignment: TypeAlias = Callable[[FloatArray, Draw], tuple[FloatArray, FloatArray]]


def soft(log_joint: FloatArray, draw: Draw) -> tuple[FloatArray, FloatArray]:
    """Posterior probabilities P(C_j | x_i); the objective is the log-likelihood."""
    return posterior(log_joint)


def hard(log_joint: FloatArray, draw: Draw) -> tuple[FloatArray, FloatArray]:
    """All to the likeliest component; the objective is the classification log-likelihood."""
    labels = log_joint.argmax(axis=1)
    return one_hot(labels, log_joint.shape[1]), log_joint.max(axis=1)


def stochastic(log_joint: FloatArray, draw: Draw) -> tuple[FloatArray, FloatArray]:
    """One component drawn from the posterior; the objective is the log-likelihood."""
    resp, objective = posterior(log_joint)
    return one_hot(draw_labels(resp, draw()), resp.shape[1]), objective


def draw_labels(resp: FloatArray, rng: np.random.Generator) -> IntArray:
    """A component for each row, (n,), drawn with the probabilities of its row (n, k)."""
    cumulative = resp.cumsum(axis=1)
    uniform = rng.random(len(resp)) * cumulative[:, -1]
    labels: IntArray = np.count_nonzero(cumulative <= uniform[:, None], axis=1)
    return labels


@dataclass(frozen=True)
class Tempered:
    """Responsibilities in proportion to (w_j p_j(x_i)) ** b: equal for b = 0, soft for b = 1.

    The objective of a row is (1 / b) log sum_j (w_j p_j(x_i)) ** b, the negative free energy of
    Ueda and Nakano (1998). An M-step does not lower its sum (Neal and Hinton 1998): it is the
    largest value, over all responsibilities r, of sum_j r_j (log(w_j p_j) - (1 / b) log r_j).

    Attributes
    ----------
    b : float
        Inverse temperature, above 0.
    """

    b: float

    def __call__(self, log_joint: FloatArray, draw: Draw) -> tuple[FloatArray, FloatArray]:
        resp, objective = posterior(self.b * log_joint)
        return resp, objective / self.b


def keeping(labels: IntArray, assignment: Assignment) -> Assignment:
    """The assignment with some rows kept where they are known to belong.

    No other component can reach such a row, so its objective is log(w_j p_j(x_i)), whatever the
    assignment. It stays there even where that is -inf: a component of weight 0 gets some.

    Parameters
    ----------
    labels : ndarray of shape (n,)
        The known components, -1 where unknown.
    assignment : Assignment
        What becomes of the other rows.
    """

    def assign(log_joint: FloatArray, draw: Draw) -> tuple[FloatArray, FloatArray]:
        known, places = labels >= 0, np.maximum(labels, 0)
        certain = np.where(np.arange(log_joint.shape[1]) == places[:, None], 0.0, -np.inf)
        resp, objective = assignment(np.where(known[:, None], certain, log_joint), draw)
        return resp, np.where(known, log_joint[np.arange(len(labels)), places], objective)

    return assign


def one_hot(labels: IntArray, k: int) -> FloatArray:
    """Responsibilities (n, k) that are 1 at the labels and 0 elsewhere."""
    resp = np.zeros((len(labels), k))
    resp[np.arange(len(labels)), labels] = 1.0
    return resp


def log_sum_exp(log_joint: FloatArray) -> FloatArray:
    """log sum_j exp(log_joint[:, j]) without overflow; -inf where every term is.

    Parameters
    ----------
    log_joint : ndarray of shape (n, k)

    Returns
    -------
    ndarray of shape (n,)
    """
    return posterior(log_joint)[1]


def posterior(log_joint: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Responsibilities (n, k) and log-densities (n,) from joint log-densities (n, k).

    A row that no component can reach (all -inf) has log-density -inf and responsibilities 0.
    """
    largest = log_joint.max(axis=1)
    # A row that no component can reach has largest = -inf; measured from 0 instead, every
    # term stays exp(-inf) = 0 and no inf - inf arises.
    reference = np.where(np.isneginf(largest), 0.0, largest)
    resp = np.exp(log_joint - reference[:, None])
    total = resp.sum(axis=1)
    reachable = total > 0.0
    np.divide(resp, total[:, None], out=resp, where=reachable[:, None])
    objective = np.full(len(total), -np.inf)
    np.log(total, out=objective, where=reachable)
    return resp, objective + reference
