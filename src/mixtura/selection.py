"""Criteria that penalise the log-likelihood, to choose the number of components.

All are to be minimised. With l the log-likelihood, p the number of free parameters and n the
total weight of the rows:

    AIC = -2 l + 2 p           (Akaike 1974)
    BIC = -2 l + p log n       (Schwarz 1978)
    ICL = BIC - 2 sum_i log max_j r_ij      (Biernacki, Celeux, Govaert 2000)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mixtura.fused import scorer as scorer_of
from mixtura.mixture import Mixture
from mixtura.sources.source import Chunk, Source
from mixtura.statistics import Sums

__all__ = ["Scores", "score"]


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
    """

    weight: float
    log_likelihood: float
    log_certainty: float

    def aic(self, n_parameters: int) -> float:
        """Akaike's information criterion."""
        return -2.0 * self.log_likelihood + 2.0 * n_parameters

    def bic(self, n_parameters: int) -> float:
        """Bayesian information criterion."""
        return -2.0 * self.log_likelihood + n_parameters * float(np.log(self.weight))

    def icl(self, n_parameters: int) -> float:
        """Integrated completed likelihood: BIC plus the cost of doubtful assignments."""
        return self.bic(n_parameters) - 2.0 * self.log_certainty


def score(mixture: Mixture[Any, Any], source: Source) -> Scores:
    """The mixture's scores on all rows of a source."""
    scorer = scorer_of(mixture)

    def of(chunk: Chunk) -> Scores:
        log_density, certainty = scorer.densities_and_certainties(chunk.rows)
        log_certainty = np.full(len(certainty), -np.inf)
        np.log(certainty, out=log_certainty, where=certainty > 0.0)
        return Scores(
            float(chunk.weight.sum()),
            float(chunk.weight @ log_density),
            float(chunk.weight @ log_certainty),
        )

    return source.map_reduce(of)
