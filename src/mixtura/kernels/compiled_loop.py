"""Many plain iterations at once, where the compiled kernel can make them.

On a table of some hundred rows the interpreter takes longer than the arithmetic. The kernel makes
E-steps and M-steps in one call for as long as nothing else can happen, and the loop goes on from
there: what is not regular is left to it, and so is the word on when to stop.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from mixtura.assignments import Assignment, hard, soft
from mixtura.families import (
    Box,
    FlatPrior,
    Gaussian,
    GaussianParameters,
    NormalInverseWishart,
    Prior,
)
from mixtura.families.gaussian.structures import AxisCovariances, DenseCovariances, Structure
from mixtura.families.tie import Tie
from mixtura.kernels.algebra import many
from mixtura.kernels.components import noise_log_determinant
from mixtura.kernels.em_loop import LoopBinding, LoopState, Weights
from mixtura.kernels.gaps import COMPLETE
from mixtura.kernels.kernel import as_labels, chosen
from mixtura.kernels.marginals import gaps_of
from mixtura.mixing_weights import FREE, EqualWeights, FreeLast, Mixing
from mixtura.mixture import Mixture
from mixtura.patterns import Patterns
from mixtura.sources import ArraySource
from mixtura.sources.source import Source
from mixtura.typing import FloatArray

__all__ = ["CompiledIterations", "CompiledLoop"]

# A call is work for some hundredths of a second, so that an interruption is heard: products of
# numbers.
_PRODUCTS = 2e8
# Rows have other costs than products of deviations; in units of these.
_OTHER = 20
# Products of matrices (d, d) in an M-step, per component: a search for common axes at its longest,
# and the others.
_SEARCH, _DIRECT = 800, 20


@dataclass(frozen=True)
class CompiledIterations:
    """Some plain iterations.

    Attributes
    ----------
    objectives : list of float
        Of the mixtures that were left, in nats per row.
    last : Mixture
        The last one of these.
    make_end : callable
        Gives the next one, which a run that has come to its end does not ask for.
    """

    objectives: list[float]
    last: Mixture[Any, Any]
    make_end: Callable[[], Mixture[Any, Any]]

    @property
    def end(self) -> Mixture[Any, Any]:
        """The next one."""
        return self.make_end()


@dataclass(frozen=True, eq=False)
class CompiledLoop:
    """Goes on with a run by plain iterations.

    Attributes
    ----------
    binding : LoopBinding
    n_matrices : int
        Products of matrices (d, d) in an iteration, per component.
    """

    binding: LoopBinding
    n_matrices: int

    @classmethod
    def of(cls, mixture: Mixture[Any, Any], source: Source, assignment: Assignment) -> Self | None:
        """None where the kernel does not serve."""
        family, kernel = mixture.clusters.family, chosen()
        if kernel is None or type(family) is not Gaussian or assignment not in (soft, hard):
            return None
        structure, floor, region = family.structure, family.floor, mixture.noise_region
        if not isinstance(structure, Structure) or not _whole(floor) or _flat(region):
            return None
        if type(family.prior) not in (FlatPrior, NormalInverseWishart):
            return None
        if not structure.diagonal and many(len(floor)):
            return None
        if not isinstance(source, ArraySource) or len(source.handles()) != 1:
            return None
        chunk = source.load(0)
        gaps = COMPLETE if chunk.patterns is None else gaps_of(chunk.patterns, region)
        binding = LoopBinding(
            kernel.name,
            chunk.rows,
            chunk.weight,
            as_labels(chunk.labels),
            gaps,
            hard=assignment is hard,
            noise=region is not None,
            fixed_means=family.fixed_means,
            ties=(structure.volume.value, structure.shape.value, structure.orientation.value),
            floor=floor,
            prior=_prior(family.prior, structure, mixture.n_clusters),
        )
        return cls(binding, _n_matrices(structure, chunk.patterns))

    def __call__(
        self, mixture: Mixture[Any, Any], trace: Sequence[float], tol: float, most: int
    ) -> CompiledIterations | None:
        """At most so many plain iterations; None where the loop has to go on by itself.

        Parameters
        ----------
        mixture : Mixture
        trace : sequence of float
            Objectives of those before this one, in nats per row.
        tol : float
            Of the rule that may stop the run.
        most : int
        """
        weights = _weights(mixture.mixing, mixture.weights)
        if weights is None:
            return None
        most = min(most, self._n_at_once(mixture))
        made = self.binding(_state(mixture), trace, tol, most, weights)
        if made is None:
            return None
        objectives, last, end = made
        return CompiledIterations(
            objectives, _mixture(mixture, last), lambda: _mixture(mixture, end())
        )

    def _n_at_once(self, mixture: Mixture[Any, Any]) -> int:
        k, d = mixture.params.means.shape
        rows = len(self.binding.rows) * k * (d * (d + 1) + _OTHER)
        return max(1, int(_PRODUCTS / (rows + self.n_matrices * k * d**3)))


def _n_matrices(structure: Structure, patterns: Patterns | None) -> int:
    """In an M-step, and one for each pattern of missing cells."""
    if structure.diagonal:
        return 0
    common_axes = structure.orientation is Tie.SHARED and structure.shape is Tie.OWN
    return (_SEARCH if common_axes else _DIRECT) + (0 if patterns is None else len(patterns))


def _whole(floor: FloatArray) -> bool:
    """Whether a floor is below all features or none: the kernel divides by it."""
    return bool(floor.all()) or not floor.any()


def _flat(region: Box | None) -> bool:
    """Whether noise has an infinite density."""
    return region is not None and not math.isfinite(region.log_volume)


def _prior(prior: Prior, structure: Structure, k: int) -> FloatArray | None:
    """As the kernel takes it: what it is worth to one component, all of which are alike."""
    if not isinstance(prior, NormalInverseWishart):
        return None
    worth = prior.worth(structure, k)
    numbers = [worth.constant, worth.count[0], worth.rows.count[0]]
    return np.concatenate([numbers, worth.rows.mean[0], worth.rows.scatter[0].ravel()])


def _weights(mixing: Mixing, weights: FloatArray) -> Weights | None:
    """What becomes of them; None where the kernel does not know."""
    if mixing == FREE:
        return Weights.FREE
    if isinstance(mixing, FreeLast):
        return Weights.FREE_LAST if mixing.others == EqualWeights() else None
    return Weights.STAY if (mixing.maximize(weights, weights) == weights).all() else None


def _state(mixture: Mixture[Any, Any]) -> LoopState:
    """Where the components are; noise has the place of the first one, and a whitening of 0."""
    means, region = mixture.params.means, mixture.noise_region
    covariances, whitening, log_determinants = mixture.params.covariances.arrays
    if region is not None:
        nothing = np.zeros_like(whitening[:1])
        means = np.concatenate([means, means[:1]])
        covariances = np.concatenate([covariances, nothing])
        whitening = np.concatenate([whitening, nothing])
        noise = noise_log_determinant(region.log_volume, mixture.n_features)
        log_determinants = np.append(log_determinants, noise)
    return LoopState(mixture.weights, means, covariances, whitening, log_determinants)


def _mixture(before: Mixture[Any, Any], end: LoopState) -> Mixture[Any, Any]:
    kind = AxisCovariances if end.covariances.ndim == 2 else DenseCovariances
    own = slice(before.n_clusters)
    covariances = kind.from_arrays(
        end.covariances[own], end.whitening[own], end.log_determinants[own]
    )
    params = GaussianParameters(end.means[own], covariances)
    return Mixture(before.family, params, end.weights, before.mixing)
