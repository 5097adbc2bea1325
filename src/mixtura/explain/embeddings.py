"""What a mixture makes of rows, as numbers for others to learn from.

Responsibilities are compositions: they sum to 1, and where a mixture is sure of a row they are 0
and 1 but for the last digits. Their additive log-ratios (Aitchison 1982, "The statistical analysis
of compositional data", JRSS B 44, section 3)

    log (r_j / r_0)  =  log(w_j p_j) - log(w_0 p_0)

need no exponentials, so they are finite and still tell rows apart there. The component 0 that all
others are compared with is the heaviest. Centered log-ratios, which compare with the mean of all,
treat components alike, but one that is far from most rows, or that has collapsed onto a few, sets
the mean and with it every column.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mixtura.mixture import Mixture
from mixtura.typing import AnyArray, FloatArray, IntArray

__all__ = ["heaviest", "largest", "log_ratios"]

# A component that cannot reach a row is as likely as the least that is above 0.
_LEAST = float(np.log(np.finfo(np.float64).smallest_subnormal))


def heaviest(mixture: Mixture[Any, Any]) -> int:
    """Number of the cluster of the largest weight: the first one, if they are in order."""
    return int(mixture.clusters.weights.argmax())


def log_ratios(mixture: Mixture[Any, Any], rows: AnyArray) -> FloatArray:
    """Log-ratios of the responsibilities to that of the heaviest cluster, (n, k - 1).

    Of all other components in their order, noise included. A responsibility that is exactly 0, as
    where a component has no density, counts as the smallest number above 0 that there is
    (4.9e-324), or as the row's least that is not 0 if that is less. Components of weight 0 have 0;
    so have all where no component can reach a row.

    Examples
    --------
    >>> import numpy as np
    >>> from mixtura.families import Bernoulli, BernoulliParameters
    >>> params = BernoulliParameters(np.array([[0.5], [1.0]]))
    >>> coins = Mixture(Bernoulli(), params, weights=np.array([0.5, 0.5]))
    >>> log_ratios(coins, np.array([[1.0], [0.0]])).round(2).tolist()
    [[0.69], [-744.44]]
    """
    logs = _reached(mixture.log_joint(np.asarray(rows, dtype=np.float64)))
    base = heaviest(mixture)
    ratios = np.where(mixture.weights > 0.0, logs - logs[:, [base]], 0.0)
    return np.delete(ratios, base, axis=1)


def _reached(log_joint: FloatArray) -> FloatArray:
    """Log-joints (n, k) with something finite where they are -inf."""
    out = np.isneginf(log_joint)
    if not out.any():
        return log_joint
    highest = log_joint.max(axis=1, keepdims=True)
    lowest = np.where(out, np.inf, log_joint).min(axis=1, keepdims=True)
    least = np.minimum(lowest, highest + _LEAST)
    return np.where(out, np.where(np.isneginf(highest), 0.0, least), log_joint)


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
