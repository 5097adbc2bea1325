"""The Bernoulli family: d independent coins per component, for tables of 0 and 1.

    log p_j(x) = sum_a x_a log p_ja + (1 - x_a) log(1 - p_ja)

The M-step is the share of ones, p_ja = sum_i r_ij x_ia / sum_i r_ij. With one component and
one column this is the estimate of a coin: H T T H T gives p = 2/5.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from mixtura.families.family import stand_ins
from mixtura.statistics import Sums
from mixtura.typing import FloatArray, IntArray, Selection

__all__ = ["Bernoulli", "BernoulliParameters", "BernoulliSums"]


@dataclass(frozen=True)
class BernoulliParameters:
    """Fitted numbers of k Bernoulli components.

    Attributes
    ----------
    probabilities : ndarray of shape (k, d)
        P(x_a = 1 | C_j).
    """

    probabilities: FloatArray

    @property
    def means(self) -> FloatArray:
        return self.probabilities

    def take(self, order: Selection) -> Self:
        return type(self)(self.probabilities[order])


@dataclass(frozen=True)
class BernoulliSums(Sums):
    """Weighted number of ones and zeros.

    Attributes
    ----------
    ones, zeros : ndarray of shape (k, d)
    """

    ones: FloatArray
    zeros: FloatArray


@dataclass(frozen=True)
class Bernoulli:
    """Independent 0/1 features within each component.

    Examples
    --------
    >>> import numpy as np
    >>> tosses = np.array([[1.0], [0.0], [0.0], [1.0], [0.0]])  # H T T H T
    >>> coin = Bernoulli()
    >>> coin.maximize(coin.statistics(None, tosses, np.ones((5, 1))), None).probabilities
    array([[0.4]])
    """

    def log_density(self, params: BernoulliParameters, X: FloatArray) -> FloatArray:
        p = params.probabilities
        return _log_likelihood(X, p) + _log_likelihood(1.0 - X, 1.0 - p)

    def statistics(
        self, params: BernoulliParameters | None, X: FloatArray, resp: FloatArray
    ) -> BernoulliSums:
        return BernoulliSums(resp.T @ X, resp.T @ (1.0 - X))

    def maximize(
        self, statistics: BernoulliSums, params: BernoulliParameters | None
    ) -> BernoulliParameters:
        total = statistics.ones + statistics.zeros
        live, order = stand_ins(total[:, 0])
        return BernoulliParameters(statistics.ones[live] / total[live]).take(order)

    def log_prior(self, params: BernoulliParameters) -> float:
        return 0.0

    def n_parameters(self, k: int, d: int) -> int:
        return k * d

    def sample(
        self, params: BernoulliParameters, labels: IntArray, rng: np.random.Generator
    ) -> FloatArray:
        p = params.probabilities[labels]
        return (rng.random(p.shape) < p).astype(np.float64)


def _log_likelihood(times: FloatArray, p: FloatArray) -> FloatArray:
    """sum_a times_ia log p_ja, (n, k), where 0 times log 0 is 0."""
    impossible = p <= 0.0
    log_p = np.log(np.where(impossible, 1.0, p))
    seen = (times @ impossible.T.astype(np.float64)) > 0.0
    return np.where(seen, -np.inf, times @ log_p.T)
