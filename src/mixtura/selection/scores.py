"""How well one mixture describes some rows, and the criteria that need no more than that.

All are to be minimised. With l the log-likelihood, p the number of free parameters, n the total
weight of the rows and r_ij the responsibilities:

    AIC   = -2 l + 2 p                          (Akaike 1974)
    BIC   = -2 l + p log n                      (Schwarz 1978)
    SABIC = -2 l + p log((n + 2) / 24)          (Sclove 1987)
    ICL   = BIC - 2 sum_i log max_j r_ij        (Biernacki, Celeux, Govaert 2000)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from mixtura.kernels.estep_dispatch import Scorer
from mixtura.kernels.estep_dispatch import scorer as scorer_of
from mixtura.mixture import Mixture
from mixtura.sources.source import Chunk, Source
from mixtura.statistics import SMALLEST_COUNT, Sums
from mixtura.typing import FloatArray

__all__ = ["Scores", "mean_log_density", "score", "scoring"]


@dataclass(frozen=True)
class Scores(Sums):
    """How well a mixture describes some rows: a statistic, so it merges.

    Attributes
    ----------
    weight : float
        Total weight of the rows.
    log_likelihood : float
        Sum of weight times log P(x), in nats.
    log_certainty : float
        Sum of weight times the log of the largest responsibility: 0 for certain assignments.
    entropy : float
        Sum of weight times the entropy of the responsibilities, in nats: 0 for certain
        assignments, n log k if every row is shared alike by all components.
    """

    weight: float
    log_likelihood: float
    log_certainty: float
    entropy: float

    def aic(self, n_parameters: int) -> float:
        """Akaike's information criterion."""
        return -2.0 * self.log_likelihood + 2.0 * n_parameters

    def bic(self, n_parameters: int) -> float:
        """Bayesian information criterion."""
        return self._penalised(n_parameters, self.weight)

    def sabic(self, n_parameters: int) -> float:
        """Sample-size-adjusted BIC: a penalty that grows later, for tables of few rows."""
        return self._penalised(n_parameters, (self.weight + 2.0) / 24.0)

    def icl(self, n_parameters: int) -> float:
        """Integrated completed likelihood: BIC plus the cost of doubtful assignments."""
        return self.bic(n_parameters) - 2.0 * self.log_certainty

    def _penalised(self, n_parameters: int, size: float) -> float:
        return -2.0 * self.log_likelihood + n_parameters * float(np.log(size))


def score(mixture: Mixture[Any, Any], source: Source) -> Scores:
    """The mixture's scores on all rows of a source."""
    return source.map_reduce(scoring(mixture))


def scoring(mixture: Mixture[Any, Any]) -> Callable[[Chunk], Scores]:
    """Gives the mixture's scores on the rows of a chunk: they merge."""
    scorer = scorer_of(mixture)

    def of(chunk: Chunk) -> Scores:
        log_density, certainty = scorer.densities_and_certainties(chunk.rows)
        log_certainty = np.full(len(certainty), -np.inf)
        np.log(certainty, out=log_certainty, where=certainty > 0.0)
        return Scores(
            float(chunk.weight.sum()),
            float(chunk.weight @ log_density),
            float(chunk.weight @ log_certainty),
            _entropy(scorer, chunk, certainty),
        )

    return of


def mean_log_density(mixture: Mixture[Any, Any], source: Source) -> float:
    """Weighted mean of log P(x) over all rows of a source, in nats: less work than all scores."""
    log_density = scorer_of(mixture).log_density

    def of(chunk: Chunk) -> FloatArray:
        return np.array([chunk.weight.sum(), chunk.weight @ log_density(chunk.rows)])

    weight, log_likelihood = source.map_reduce(of)
    return float(log_likelihood / weight)


def _entropy(scorer: Scorer, chunk: Chunk, certainty: FloatArray) -> float:
    """Of a chunk's responsibilities; logarithms are taken for the rows in doubt alone."""
    doubtful = np.flatnonzero(certainty < 1.0)
    if len(doubtful) == 0:
        return 0.0
    resp = scorer.responsibilities(chunk.rows[doubtful])
    surprise = -np.log(np.maximum(resp, SMALLEST_COUNT))  # 0 log 0 is 0
    return float(chunk.weight[doubtful] @ np.einsum("nk,nk->n", resp, surprise))
