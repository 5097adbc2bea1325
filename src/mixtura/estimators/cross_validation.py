"""Cross-validation of one candidate: fitted anew without each fold, judged on the fold."""

from __future__ import annotations

import numpy as np
from sklearn.base import clone

from mixtura.errors import DataError
from mixtura.estimators.gaussian_mixture import GaussianMixture
from mixtura.estimators.purpose import Purpose
from mixtura.selection import held_out_weights, score
from mixtura.sources import ArraySource
from mixtura.typing import AnyArray, FloatArray

__all__ = ["check_folds", "held_out_log_likelihood"]


def held_out_log_likelihood(
    estimator: GaussianMixture,
    rows: AnyArray,
    weight: FloatArray,
    labels: AnyArray | None,
    n_folds: int,
    seed: int,
) -> float:
    """Log-likelihood of each fold under the fit to the other folds, summed over the folds.

    Every fit makes the estimator's own starts on its own rows. A start from the fit to all rows
    would be cheaper, but it remembers in which optimum the rows held out lie highest.

    Raises
    ------
    MixturaError
        If a fit fails.

    References
    ----------
    Smyth (2000), "Model selection for probabilistic clustering using cross-validated likelihood".
    """
    total = 0.0
    for held_out in held_out_weights(weight, n_folds, np.random.default_rng((seed, Purpose.FOLD))):
        fitted = clone(estimator)
        fitted.fit(rows, sample_weight=weight - held_out, labels=labels)
        tested = held_out > 0.0
        source = ArraySource(rows[tested], held_out[tested])
        total += score(fitted.mixture_, source).log_likelihood
    return total


def check_folds(n_folds: int, weight: FloatArray) -> None:
    """Raise DataError if the rows are too few for so many folds."""
    if weight.sum() < n_folds:
        raise DataError(
            f"n_folds={n_folds} needs at least as many rows, but their total weight is "
            f"{weight.sum():.6g}: use fewer folds or another criterion."
        )
