"""The benchmark's data: Gaussian clouds, and the mixture at which the passes are timed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Problem:
    """n rows of d features from k clouds whose means are drawn with the given deviation.

    The mixture has the clouds' means and, for covariances, the identity. A deviation of 3 separates
    the clouds; at 0 they all lie on one another and every pair of row and component counts.
    """

    n: int
    d: int
    k: int
    separation: float = 3.0
    single: bool = False

    def rows(self) -> np.ndarray:
        rng = np.random.default_rng(0)
        means = self.means()
        X = rng.normal(size=(self.n, self.d)) + means[rng.integers(self.k, size=self.n)]
        return X.astype(np.float32) if self.single else X

    def means(self) -> np.ndarray:
        return self.separation * np.random.default_rng(1).normal(size=(self.k, self.d))


#: n, d, k
GRID = [
    (1_000_000, 1, 2),
    (1_000_000, 2, 3),
    (500_000, 5, 8),
    (200_000, 10, 10),
    (200_000, 16, 32),
    (50_000, 32, 64),
    (50_000, 64, 16),
    (20_000, 128, 16),
]
