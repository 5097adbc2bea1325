"""How sure the responsibilities of rows are, given that the mixture itself is uncertain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from mixtura.assignments import log_sum_exp
from mixtura.explain.intervals import ANY, Spread
from mixtura.mixture import Mixture
from mixtura.shown import shown
from mixtura.typing import FloatArray

__all__ = ["Assurance", "assurance"]

# Log odds beyond which a probability is 0 or 1.
_CERTAIN = 800.0


@dataclass(frozen=True, eq=False)
class Assurance:
    """Responsibilities of rows, and where they may lie.

    Attributes
    ----------
    estimates, standard_errors, low, high : ndarray of shape (n, k)
        All but the estimates are NaN where the rows of the fit do not tell how the components
        differ, which `notes` of the uncertainty say.
    """

    estimates: FloatArray
    standard_errors: FloatArray
    low: FloatArray
    high: FloatArray

    __repr__ = shown

    @classmethod
    def of_all(cls, parts: Sequence[Self]) -> Self:
        """That of all rows, from those of parts."""
        names = cls.__match_args__
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def assurance(
    mixture: Mixture[Any, Any], spread: Spread, rows: FloatArray, level: float
) -> Assurance:
    """That of some rows (n, d): of log odds, which a Gaussian suits, made probabilities again."""

    def odds(mixture: Mixture[Any, Any]) -> FloatArray:
        return log_odds(mixture, rows)

    spread_odds = spread.distribution(odds)
    found = spread_odds.interval(ANY, level)
    return Assurance(
        mixture.responsibilities(rows),
        spread_odds.deviations(_shares),
        _shares(found.low),
        _shares(found.high),
    )


def log_odds(mixture: Mixture[Any, Any], rows: FloatArray) -> FloatArray:
    """log(r / (1 - r)) of the responsibilities, (n, k), to full precision near 0 and 1."""
    log_joint = mixture.log_joint(rows)
    odds = np.full_like(log_joint, _CERTAIN)
    for j in range(log_joint.shape[1] if log_joint.shape[1] > 1 else 0):
        others = log_sum_exp(np.delete(log_joint, j, axis=1))
        with np.errstate(invalid="ignore"):  # where no component can reach a row
            odds[:, j] = log_joint[:, j] - others
    return np.clip(np.nan_to_num(odds, nan=-_CERTAIN), -_CERTAIN, _CERTAIN)


def _shares(odds: FloatArray) -> FloatArray:
    with np.errstate(over="ignore"):
        return np.asarray(1.0 / (1.0 + np.exp(-odds)))
