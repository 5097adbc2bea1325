"""What a candidate has to reach to be the best of a search."""

from __future__ import annotations

from dataclasses import dataclass

from mixtura.selection import Scores
from mixtura.selection.criteria import FitCriterion

__all__ = ["Goal"]

# Differences of a criterion that are never too large to be made up for.
_SPARE = 20.0


@dataclass(frozen=True)
class Goal:
    """A value of a criterion that wants to be undercut.

    Attributes
    ----------
    criterion : callable
        (scores, number of parameters) -> value, which falls by 2 for a nat of log-likelihood and
        is least where assignments are certain.
    value : float
        The best so far.
    weight : float
        Total weight of the rows.
    """

    criterion: FitCriterion
    value: float
    weight: float

    def objective(self, n_parameters: int) -> float:
        """Log-likelihood per row at which the value is reached, if all assignments are certain."""
        penalty = self.criterion(Scores(self.weight, 0.0, 0.0, 0.0), n_parameters)
        return 0.5 * (penalty - self.value) / self.weight

    @property
    def spare(self) -> float:
        """Distance to that below which nothing is given up, in nats per row."""
        return 0.5 * _SPARE / self.weight
