"""The fitted numbers of Gaussian components."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from mixtura.families.gaussian.structures import Covariances
from mixtura.typing import FloatArray, Selection

__all__ = ["GaussianParameters"]


@dataclass(frozen=True)
class GaussianParameters:
    """Fitted numbers of k Gaussian components.

    Attributes
    ----------
    means : ndarray of shape (k, d)
    covariances : Covariances
    """

    means: FloatArray
    covariances: Covariances

    @property
    def n_components(self) -> int:
        return len(self.means)

    @property
    def n_features(self) -> int:
        return int(self.means.shape[1])

    @property
    def sort_key(self) -> FloatArray:
        return self.means

    def take(self, order: Selection) -> Self:
        return type(self)(self.means[order], self.covariances.take(order))
