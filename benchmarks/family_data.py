"""Tables of families other than Gaussians, and the mixtures at which their passes are timed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class FamilyProblem:
    """n rows of d columns from k groups: levels 0, 1, ..., or counts where there are no levels.

    Only NumPy is asked, so that others make the same rows in environments of their own.
    """

    n: int
    d: int
    k: int
    levels: int

    def parameters(self) -> np.ndarray:
        """Probabilities (k, d, levels), or expected counts (k, d)."""
        rng = np.random.default_rng(1)
        if self.levels == 0:
            return rng.uniform(1.0, 10.0, (self.k, self.d))
        return rng.dirichlet(np.full(self.levels, 2.0), (self.k, self.d))

    def rows(self) -> np.ndarray:
        rng = np.random.default_rng(0)
        params = self.parameters()[rng.integers(self.k, size=self.n)]
        if self.levels == 0:
            return rng.poisson(params).astype(np.float64)
        X = np.empty((self.n, self.d))
        for a in range(self.d):
            below = params[:, a].cumsum(axis=1)[:, :-1]
            X[:, a] = (rng.random((self.n, 1)) >= below).sum(axis=1)
        return X


def random_responsibilities(n: int, k: int, seed: int) -> np.ndarray:
    """How StepMix starts, given the seed."""
    resp = np.random.RandomState(seed).uniform(size=(n, k))
    return resp / resp.sum(axis=1)[:, np.newaxis]


MIXED_ROWS, MIXED_GROUPS = 100_000, 4


def mixed_rows(n: int, k: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """n rows of k groups: five measurements, five categories of five levels, two counts."""
    codes = FamilyProblem(n, 5, k, 5).rows()  # whose groups are drawn first, by the same seed
    group, rng = np.random.default_rng(0).integers(k, size=n), np.random.default_rng(2)
    measured = rng.normal(rng.normal(size=(k, 5))[group] * 2.0)
    counts = rng.poisson(rng.uniform(1.0, 8.0, (k, 2))[group]).astype(np.float64)
    return measured, codes, counts
