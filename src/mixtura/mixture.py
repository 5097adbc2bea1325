"""A mixture: a family, the parameters of k components, and their mixing weights.

P(x) = sum_j w_j p_j(x)
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Generic, Self, TypeVar

import numpy as np

from mixtura.assignments import log_sum_exp, posterior
from mixtura.families.family import Family, Parameters
from mixtura.families.noise import Box, WithNoise
from mixtura.mixing_weights import FREE, Mixing
from mixtura.statistics import SMALLEST_COUNT, Statistics, Sums
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

    def blended(self, fresh: Self, step: float) -> Self:
        """(1 - step) times this one, and step times another."""
        return fresh if step == 1.0 else (1.0 - step) * self + step * fresh

    def take(self, order: IntArray) -> Self:
        """That of the clusters in the given order; noise stays last."""
        counts = np.concatenate([self.counts[order], self.counts[len(order) :]])
        return replace(self, counts=counts, statistics=self.statistics.take(order))


@dataclass(frozen=True)
class Mixture(Generic[P, S]):
    """A fitted (or invented) mixture of k components.

    Of a family with noise (see `WithNoise`) the noise is the last component. It is no cluster: it
    has a weight and a column of responsibilities, but no parameters.

    Attributes
    ----------
    family : Family
    params : Parameters
        The clusters' parameters, k first in every array.
    weights : ndarray of shape (k,), or (k + 1,) with noise
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
        """Columns of the responsibilities: the clusters, and the noise if there is any."""
        return len(self.weights)

    @property
    def n_clusters(self) -> int:
        """Components but the noise."""
        return self.params.n_components

    @property
    def noise_region(self) -> Box | None:
        """Where the noise is; None without noise."""
        return self.family.region if isinstance(self.family, WithNoise) else None

    @property
    def clusters(self) -> Self:
        """The mixture without its noise; weights as they are, so they sum to what is left."""
        if not isinstance(self.family, WithNoise):
            return self
        return replace(self, family=self.family.family, weights=self.weights[: self.n_clusters])

    @property
    def n_features(self) -> int:
        return self.params.n_features

    @property
    def n_parameters(self) -> int:
        """Free parameters: those of the mixing weights (k - 1 if free) and of the components."""
        own = self.family.n_parameters(self.n_clusters, self.n_features)
        return self.mixing.n_parameters(self.n_components) + own

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
        """P(C_j | x_i), shape (n, k); rows sum to 1, or are 0 where no component can reach them."""
        return posterior(self.log_joint(X))[0]

    def maximize(self, expectation: Expectation[S]) -> Self:
        """The M-step: the mixture that maximises the expected log-likelihood and log-prior.

        Where noise has taken all rows, the clusters stay as they were.
        """
        return type(self)(
            self.family,
            self.params
            if self._lost(expectation.counts)
            else self.family.maximize(expectation.statistics, self.params),
            self.mixing.maximize(expectation.counts, self.weights),
            self.mixing,
        )

    def _lost(self, counts: FloatArray) -> bool:
        """Whether no cluster has any rows left."""
        return isinstance(self.family, WithNoise) and bool((counts[:-1] < SMALLEST_COUNT).all())

    def sample(self, n: int, rng: np.random.Generator) -> tuple[FloatArray, IntArray]:
        """n rows (n, d), each drawn by itself, and the component (n,) that it came from."""
        ends = self.weights.cumsum()
        labels: IntArray = np.searchsorted(ends[:-1], ends[-1] * rng.random(n), side="right")
        return self.family.sample(self.params, labels, rng), labels

    def canonical_order(self) -> IntArray:
        """Cluster numbers by falling weight; equal weights by the parameters' sort key."""
        weights = self.weights[: self.n_clusters]
        order: IntArray = np.lexsort((*self.params.sort_key.T[::-1], -weights))
        return order

    def take(self, order: IntArray) -> Self:
        """The mixture with its clusters in the given order; noise stays last."""
        weights = np.concatenate([self.weights[order], self.weights[self.n_clusters :]])
        return replace(self, params=self.params.take(order), weights=weights)

    def as_labels(self, components: IntArray) -> IntArray:
        """Component numbers as users see them: -1 for noise, which is also Python's last."""
        return np.where(components < self.n_clusters, components, -1)
