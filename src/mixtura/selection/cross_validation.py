"""Cross-validation of one candidate: fitted anew without each fold, judged on the fold."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mixtura.errors import DataError
from mixtura.fitting.random_streams import Purpose
from mixtura.fitting.run import Fitting
from mixtura.selection.folds import held_out_weights
from mixtura.selection.scores import score
from mixtura.sources import ArraySource
from mixtura.starts.training_rows import TrainingRows
from mixtura.typing import FloatArray

__all__ = ["check_folds", "held_out_log_likelihood"]


def held_out_log_likelihood(
    prepare: Callable[[TrainingRows], Fitting], table: TrainingRows, n_folds: int, seed: int
) -> float:
    """Log-likelihood of each fold under the fit to the other folds, summed over the folds.

    Every fit makes the candidate's own starts on its own rows. A start from the fit to all rows
    would be cheaper, but it remembers in which optimum the rows held out lie highest.

    Raises
    ------
    MixturaError
        If a fit fails.

    References
    ----------
    Smyth (2000), "Model selection for probabilistic clustering using cross-validated likelihood".
    """
    total, weight = 0.0, table.row_weights
    for held_out in held_out_weights(weight, n_folds, np.random.default_rng((seed, Purpose.FOLD))):
        fitting = prepare(table.weighing(weight - held_out))
        mixture = fitting.best(fitting.all_starts()).mixture
        tested = held_out > 0.0
        source = ArraySource(table.rows[tested], held_out[tested])
        total += score(mixture, source).log_likelihood
    return total


def check_folds(n_folds: int, weight: FloatArray) -> None:
    """Raise DataError if the rows are too few for so many folds."""
    if weight.sum() < n_folds:
        raise DataError(
            f"n_folds={n_folds} needs at least as many rows, but their total weight is "
            f"{weight.sum():.6g}: use fewer folds or another criterion."
        )
