"""What a user says of Gaussian components before the fit."""

from __future__ import annotations

from dataclasses import dataclass

from mixtura.families.gaussian.parameters import GaussianParameters
from mixtura.families.gaussian.structures import Covariances
from mixtura.typing import FloatArray

__all__ = ["GivenGaussians"]


@dataclass(frozen=True, eq=False)
class GivenGaussians:
    """Means, covariances, or both; None where nothing is said.

    Attributes
    ----------
    means : ndarray of shape (k, d) or None
    covariances : Covariances or None
    """

    means: FloatArray | None
    covariances: Covariances | None

    @property
    def centers(self) -> FloatArray | None:
        return self.means

    @property
    def complete(self) -> GaussianParameters | None:
        if self.means is None or self.covariances is None:
            return None
        return GaussianParameters(self.means, self.covariances)

    def put_into(self, params: GaussianParameters) -> GaussianParameters:
        return GaussianParameters(
            params.means if self.means is None else self.means,
            params.covariances if self.covariances is None else self.covariances,
        )
