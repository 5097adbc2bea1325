"""Criteria that take more than one fit: they are columns of a table of candidates.

All are to be minimised. With l the log-likelihood of k components, l_1 that of a single one with
the same structure, and E the entropy of the responsibilities:

    NEC = E / (l - l_1), and 1 for k = 1    (Celeux, Soromenho 1996; Biernacki and others 1999)
    CV  = -2 sum over folds of the log-likelihood of the rows held out      (Smyth 2000)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from mixtura.selection.scores import Scores
from mixtura.typing import FloatArray

__all__ = [
    "Entry",
    "FitCriterion",
    "Table",
    "TableCriterion",
    "cross_validation",
    "entropy_criterion",
    "of_each",
]


@dataclass(frozen=True)
class Entry:
    """A fitted candidate, as far as criteria look at it.

    Attributes
    ----------
    n_components : int
    n_parameters : int
    scores : Scores
        On all rows.
    log_likelihood_of_one : float
        Of all rows under the same structure with a single component; NaN if it is singular.
    held_out : float
        Log-likelihood of each fold under the fit to the others, summed; NaN without folds.
    sound : bool
        Whether it may be chosen.
    """

    n_components: int
    n_parameters: int
    scores: Scores
    log_likelihood_of_one: float
    held_out: float = np.nan
    sound: bool = True


#: The candidates that could be fitted.
Table: TypeAlias = Sequence[Entry]

#: (scores, number of free parameters) -> what to minimise.
FitCriterion: TypeAlias = Callable[[Scores, int], float]

#: Table -> what to minimise, one number for each entry; NaN where it has none.
TableCriterion: TypeAlias = Callable[[Table], FloatArray]


def of_each(criterion: FitCriterion) -> TableCriterion:
    """A criterion of single fits, for all entries of a table."""
    return lambda table: np.array([criterion(e.scores, e.n_parameters) for e in table])


def entropy_criterion(table: Table) -> FloatArray:
    """Normalised entropy criterion (NEC): doubt per nat gained over a single component.

    It is 1 for one component by the rule of Biernacki, Celeux and Govaert (1999), so that a
    mixture is chosen only if its components lie apart by more than they cost in doubt. It is
    infinite where a mixture gains nothing, and NaN where a single component could not be fitted.
    The gain is over the same structure, so it tells how many components, not which structure.
    """
    return np.array([_normalised_entropy(entry) for entry in table])


def _normalised_entropy(entry: Entry) -> float:
    if entry.n_components == 1:
        return 1.0
    gain = entry.scores.log_likelihood - entry.log_likelihood_of_one
    return np.inf if gain <= 0.0 else entry.scores.entropy / gain


def cross_validation(table: Table) -> FloatArray:
    """-2 times the log-likelihood of the rows held out, on the scale of AIC."""
    return np.array([-2.0 * entry.held_out for entry in table])
