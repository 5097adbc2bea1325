"""What a mixture makes of rows, as numbers for others to learn from.

Responsibilities are compositions: they sum to 1, and where a mixture is sure of a row they are 0
and 1 but for the last digits. Their centered log-ratios (Aitchison 1982, "The statistical analysis
of compositional data", JRSS B 44, section 3)

    log r_j - 1/k sum_l log r_l  =  log(w_j p_j) - 1/k sum_l log(w_l p_l)

need no exponentials, so they are finite and still tell rows apart there. Each component has a
column, and none is the one that all others are compared with. For Gaussian components they are
quadratic in the row.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mixtura.mixture import Mixture
from mixtura.typing import AnyArray, FloatArray, IntArray

__all__ = ["largest", "log_ratios"]

# A component that cannot reach a row is as likely as the least that is above 0.
_LEAST = float(np.log(np.finfo(np.float64).smallest_subnormal))


def log_ratios(mixture: Mixture[Any, Any], rows: AnyArray) -> FloatArray:
    """Centered log-ratios of the responsibilities, noise included, (n, k); rows sum to 0.

    A responsibility that is exactly 0, as where a component has no density, counts as the smallest
    number above 0 that there is (4.9e-324), or as the row's least that is not 0 if that is less.
    Components of weight 0 are left out of the mean, and have 0; so have all where no component can
    reach a row.
    """
    live = mixture.weights > 0.0
    log_joint = mixture.log_joint(np.asarray(rows, dtype=np.float64))[:, live]
    ratios = np.zeros((len(rows), mixture.n_components))
    ratios[:, live] = _centered(_reached(log_joint))
    return ratios


def _reached(log_joint: FloatArray) -> FloatArray:
    """Log-joints (n, k) with something finite where they are -inf."""
    out = np.isneginf(log_joint)
    if not out.any():
        return log_joint
    highest = log_joint.max(axis=1, keepdims=True)
    lowest = np.where(out, np.inf, log_joint).min(axis=1, keepdims=True)
    least = np.minimum(lowest, highest + _LEAST)
    return np.where(out, np.where(np.isneginf(highest), 0.0, least), log_joint)


def _centered(logs: FloatArray) -> FloatArray:
    logs = logs - logs.max(axis=1, keepdims=True)  # nearly the same numbers, with all their digits
    return np.asarray(logs - logs.mean(axis=1, keepdims=True))


def largest(resp: AnyArray, top: int) -> tuple[AnyArray, IntArray]:
    """The largest responsibilities of each row and their components, (n, top) each.

    Components ascend within a row; of equal responsibilities the first ones are taken.

    Examples
    --------
    >>> import numpy as np
    >>> largest(np.array([[0.5, 0.1, 0.4], [0.2, 0.4, 0.4]]), 2)
    (array([[0.5, 0.4],
           [0.4, 0.4]]), array([[0, 2],
           [1, 2]]))
    """
    rest, row = resp.copy(), np.arange(len(resp))
    components = np.empty((len(resp), top), dtype=np.intp)
    for place in range(top):  # few passes, and no table of n x k numbers as a sort would need
        components[:, place] = rest.argmax(axis=1)
        rest[row, components[:, place]] = -1.0
    components.sort(axis=1)
    return np.take_along_axis(resp, components, axis=1), components
