"""Classes as densities: what a discriminant analysis knows after its fit.

    P(G_c | x) = pi_c p_c(x) / sum_b pi_b p_b(x)

G_c are the classes, pi_c their prior probabilities, and each density p_c is that of a mixture.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from mixtura.assignments import log_sum_exp
from mixtura.kernels.estep_dispatch import scorer
from mixtura.mixing_weights import FREE
from mixtura.mixture import Mixture
from mixtura.selection.scores import Scores
from mixtura.sources import ArraySource, Chunk
from mixtura.typing import AnyArray, FloatArray, IntArray

__all__ = ["ClassDensities"]


@dataclass(frozen=True, eq=False)
class ClassDensities:
    """A mixture and a prior probability for each class.

    Attributes
    ----------
    mixtures : tuple of Mixture
    priors : ndarray of shape (number of classes,)
        All positive; they sum to 1.
    n_parameters : int
        Free parameters of all the densities.
    """

    mixtures: tuple[Mixture[Any, Any], ...]
    priors: FloatArray
    n_parameters: int

    @classmethod
    def of_mixtures(cls, mixtures: tuple[Mixture[Any, Any], ...], priors: FloatArray) -> Self:
        """Each class has a mixture of its own."""
        return cls(mixtures, priors, sum(mixture.n_parameters for mixture in mixtures))

    @classmethod
    def of_components(cls, mixture: Mixture[Any, Any], priors: FloatArray) -> Self:
        """The classes are the components of one mixture, whose weights and noise do not matter."""
        alone = replace(mixture.clusters, mixing=FREE)
        each = np.arange(mixture.n_clusters)[:, None]
        mixtures = tuple(replace(alone.take(j), weights=np.ones(1)) for j in each)
        own = alone.family.n_parameters(alone.n_clusters, alone.n_features)
        return cls(mixtures, priors, own)

    @property
    def n_components(self) -> int:
        """Of all classes together."""
        return sum(mixture.n_components for mixture in self.mixtures)

    def log_joint(self, rows: AnyArray) -> FloatArray:
        """log(pi_c p_c(x)), shape (n, number of classes)."""
        densities = [scorer(mixture).log_density(rows) for mixture in self.mixtures]
        log_joint: FloatArray = np.stack(densities, axis=1) + np.log(self.priors)
        return log_joint

    def log_density(self, rows: AnyArray) -> FloatArray:
        """log sum_c pi_c p_c(x), shape (n,)."""
        return log_sum_exp(self.log_joint(rows))

    def log_posterior(self, rows: AnyArray) -> FloatArray:
        """log P(G_c | x), shape (n, number of classes).

        A row that no class can reach says nothing of its class: that is left to the priors.
        """
        log_joint = self.log_joint(rows)
        log_density = log_sum_exp(log_joint)
        out_of_reach = np.isneginf(log_density)
        log_joint[out_of_reach], log_density[out_of_reach] = np.log(self.priors), 0.0
        log_posterior: FloatArray = log_joint - log_density[:, None]
        return log_posterior

    def likeliest(self, rows: AnyArray) -> IntArray:
        """The number of each row's likeliest class, (n,)."""
        numbers: IntArray = self.log_posterior(rows).argmax(axis=1)
        return numbers

    def scores(self, source: ArraySource) -> Scores:
        """Of rows together with their classes, the labels of the source: nothing is in doubt."""

        def of(chunk: Chunk) -> Scores:
            assert chunk.labels is not None
            log_joint = self.log_joint(chunk.rows)
            own = np.take_along_axis(log_joint, chunk.labels[:, None], axis=1)[:, 0]
            return Scores(float(chunk.weight.sum()), float(chunk.weight @ own), 0.0, 0.0)

        return source.map_reduce(of)
