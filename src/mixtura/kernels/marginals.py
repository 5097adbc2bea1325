"""What the kernel needs of a mixture's marginal densities, where rows have missing cells."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from mixtura.families import Box
from mixtura.kernels.gaps import Gaps
from mixtura.mixture import Mixture
from mixtura.patterns import Patterns
from mixtura.typing import FloatArray

__all__ = ["Marginals", "gaps_of"]

_LOG_TWO_PI = math.log(2.0 * math.pi)


@dataclass(frozen=True)
class Marginals:
    """Tables with a line for each number of observed cells: see `Gaps`.

    Attributes
    ----------
    constants : ndarray of shape (d + 1, k)
    tails : ndarray of shape (2, d + 1, k) or None
    region : Box or None
        That of the noise, which is then the last component.
    """

    constants: FloatArray
    tails: FloatArray | None
    region: Box | None

    @classmethod
    def of_gaussians(cls, mixture: Mixture[Any, Any]) -> Self:
        return cls(_constants(mixture, mixture.params.covariances, 0.0), None, mixture.noise_region)

    @classmethod
    def of_student_t(cls, mixture: Mixture[Any, Any]) -> Self:
        """With power and slope 0 noise has no tails."""
        params, cells = mixture.params, np.arange(mixture.n_features + 1.0)[:, None]
        total = 0.5 * (params.dof + cells)
        tails = np.zeros((2, len(cells), mixture.n_components))
        tails[..., : mixture.n_clusters] = total, 1.0 / total
        lower = cells + 2.0 * params.excess_by_columns
        return cls(_constants(mixture, params.scales, lower), tails, mixture.noise_region)

    def gaps(self, patterns: Patterns) -> Gaps:
        """For rows with these patterns."""
        gaps = gaps_of(patterns, self.region)
        return gaps._replace(constants=self.constants, tails=self.tails)


def gaps_of(patterns: Patterns, region: Box | None) -> Gaps:
    """What does not depend on the components; those of noise have a region."""
    order, ends = (np.ascontiguousarray(x, np.int64) for x in (patterns.order, patterns.ends))
    noise = None if region is None else -region.log_volume_of(~patterns.masks)
    return Gaps(order, ends, np.ascontiguousarray(patterns.masks), None, None, noise)


def _constants(
    mixture: Mixture[Any, Any], covariances: Any, lower: FloatArray | float
) -> FloatArray:
    """Those of log-densities that are lower than Gaussian ones by half so many nats, (d + 1, k).

    A row without observed cells says nothing. The density of noise depends on the pattern.
    """
    cells = np.arange(mixture.n_features + 1.0)[:, None]
    nats = cells * _LOG_TWO_PI + covariances.log_determinants + lower
    nats[0] = 0.0
    constants = np.tile(mixture.log_weights, (len(cells), 1))
    constants[:, : mixture.n_clusters] -= 0.5 * nats
    return constants
