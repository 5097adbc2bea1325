"""A mixture: a family, the parameters of k components, and their mixing weights.

P(x) = sum_j w_j p_j(x)
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Generic, Self, TypeVar

import numpy as np

from mixtura.assignments import log_sum_exp, posterior
from mixtura.families.family import Family, Parameters
from mixtura.mixing import FREE, Mixing
from mixtura.statistics import Statistics, Sums
from mixtura.typing import FloatArray, IntArray

__all__ = ["Expectation", "Mixture"]

P = TypeVar("P", bound=Parameters)
S = TypeVar("S", bound=Statistics)


@dataclass(frozen=True)
class Expectation(Sums, Generic[S]):
    """What an E-step knows of the rows it saw: a statistic, so it merges.

    Attributes
    ----------
    weight : float
        Total weight of the rows.
    objective : float
        Sum of weight times objective over the rows, in nats.
    counts : ndarray of shape (k,)
        Sum of weight times responsibility over the rows.
    statistics : Statistics
        The family's sufficient statistics.
    """

    weight: float
    objective: float
    counts: FloatArray
    statistics: S


@dataclass(frozen=True)
class Mixture(Generic[P, S]):
    """A fitted (or invented) mixture of k components.

    Attributes
    ----------
    family : Family
    params : Parameters
        The components' parameters, k first in every array.
    weights : ndarray of shape (k,)
        Mixing weights P(C_j): non-negative, summing to 1.
    mixing : Mixing, default=FREE
        What an M-step makes of the weights.

    Examples
    --------
    >>> import numpy as np
    >>> from mixtura.families import Bernoulli, BernoulliParameters
    >>> params = BernoulliParameters(np.array([[0.5], [1.0]]))
    >>> coins = Mixture(Bernoulli(), params, weights=np.array([0.5, 0.5]))
    >>> coins.responsibilities(np.array([[1.0], [0.0]]))
    array([[0.33333333, 0.66666667],
           [1.        , 0.        ]])
    """

    family: Family[P, S]
    params: P
    weights: FloatArray
    mixing: Mixing = FREE

    @property
    def n_components(self) -> int:
        return len(self.weights)

    @property
    def n_features(self) -> int:
        return int(self.params.means.shape[1])

    @property
    def n_parameters(self) -> int:
        """Free parameters: those of the mixing weights (k - 1 if free) and of the components."""
        k, d = self.params.means.shape
        return self.mixing.n_parameters(k) + self.family.n_parameters(k, d)

    @property
    def log_prior(self) -> float:
        """Log-density of the family's prior at the parameters, in nats; 0 without a prior."""
        return self.family.log_prior(self.params)

    @property
    def log_weights(self) -> FloatArray:
        """log w_j, shape (k,); -inf for a component of weight 0."""
        log_weights = np.full(self.n_components, -np.inf)
        np.log(self.weights, out=log_weights, where=self.weights > 0.0)
        return log_weights

    def log_joint(self, X: FloatArray) -> FloatArray:
        """log(w_j p_j(x_i)), shape (n, k); -inf for a component of weight 0."""
        log_joint: FloatArray = self.family.log_density(self.params, X) + self.log_weights
        return log_joint

    def log_density(self, X: FloatArray) -> FloatArray:
        """log P(x_i), shape (n,)."""
        return log_sum_exp(self.log_joint(X))

    def responsibilities(self, X: FloatArray) -> FloatArray:
        """P(C_j | x_i), shape (n, k); rows sum to 1."""
        return posterior(self.log_joint(X))[0]

    def maximize(self, expectation: Expectation[S]) -> Self:
        """The M-step: the mixture that maximises the expected log-likelihood and log-prior."""
        return type(self)(
            self.family,
            self.family.maximize(expectation.statistics, self.params),
            self.mixing.maximize(expectation.counts, self.weights),
            self.mixing,
        )

    def sample(self, n: int, rng: np.random.Generator) -> tuple[FloatArray, IntArray]:
        """n rows (n, d) and the component (n,) that each came from, grouped by component."""
        labels = np.repeat(np.arange(self.n_components), rng.multinomial(n, self.weights))
        return self.family.sample(self.params, labels, rng), labels

    def canonical_order(self) -> IntArray:
        """Component numbers by falling weight; equal weights by their means."""
        order: IntArray = np.lexsort((*self.params.means.T[::-1], -self.weights))
        return order

    def take(self, order: IntArray) -> Self:
        """The mixture with its components in the given order."""
        return replace(self, params=self.params.take(order), weights=self.weights[order])
