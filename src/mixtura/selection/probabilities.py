"""How probable each candidate is, given the rows, if all were equally probable before."""

from __future__ import annotations

import numpy as np

from mixtura.assignments import posterior
from mixtura.selection.criteria import Table
from mixtura.typing import FloatArray

__all__ = ["model_probabilities"]

# Log-likelihoods closer than this, relatively, are one: structures that coincide for a single
# component reach theirs by different sums.
_SAME = 1e-9


def model_probabilities(table: Table) -> FloatArray:
    """Approximate posterior probability of each sound entry, from BIC; NaN for the others.

    exp(-BIC / 2) approximates the probability of the rows under a model, its parameters
    integrated out (Schwarz 1978; Kass and Raftery 1995, section 4.1.3). Models that come several
    times share one prior probability: with one component all structures of equal size coincide.
    """
    sound = np.array([entry.sound for entry in table])
    bic = np.array([entry.scores.bic(entry.n_parameters) for entry in table])
    log_evidence = np.where(sound, -0.5 * bic - np.log(_copies(table)), -np.inf)
    probabilities, _ = posterior(log_evidence[None, :])
    return np.where(sound, probabilities[0], np.nan)


def _copies(table: Table) -> FloatArray:
    """How many entries are the same model as each one, itself included."""
    size = np.array([(entry.n_components, entry.n_parameters) for entry in table])
    fit = np.array([entry.scores.log_likelihood for entry in table])
    sound = np.array([entry.sound for entry in table])
    alike = np.abs(fit[:, None] - fit) <= _SAME * (1.0 + np.abs(fit))
    same = (size[:, None] == size).all(axis=2) & alike & sound
    copies: FloatArray = np.maximum(same.sum(axis=1), 1).astype(np.float64)
    return copies
