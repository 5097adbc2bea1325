"""Which rows look like noise, before any model is fitted: those with no neighbours nearby.

Where rows are strewn at a constant rate, the number of rows in a ball is Poisson, so the d-th
power of the distance to the K-th neighbour is gamma distributed with shape K and the rate
of the rows. Noise is strewn thinly, clusters densely: the powers of all rows are a mixture of two
gammas, and each row's responsibility for the thinner one is its probability to be noise (Byers and
Raftery 1998, "Nearest-neighbor clutter removal for estimating features in spatial point
processes").
"""

from __future__ import annotations

import numpy as np

from mixtura.assignments import log_sum_exp, posterior
from mixtura.typing import FloatArray

__all__ = ["noise_guesses"]

#: Neighbours that are looked at: enough for the distances to tell thin from dense.
_NEIGHBOURS = 12

#: Rows for each neighbour looked at, at least: of few rows fewer neighbours are asked.
_ROWS_PER_NEIGHBOUR = 10

#: Shares of the rows that are tried as well.
_SHARES = (0.02, 0.08, 0.25)

#: Where one row's worth is much, as among five rows.
_MOST_BY_DEFAULT = 0.1

_STEPS = 100
_STILL = 1e-6

#: Rows whose distances to all others are held at once.
_BLOCK = 32


def noise_guesses(rows: FloatArray, weight: FloatArray) -> list[FloatArray]:
    """Some guesses which rows are noise: for each a probability (n,) of every row.

    The first is the mixture of two gammas; the others are fixed shares of the rows, those with
    the fewest neighbours. Nothing is random. Rows that are noise have probability 1, as a trace of
    them, far away, would still draw a cluster. The other rows together have one row's worth,
    as a component that begins without rows would never get any.

    Parameters
    ----------
    rows : ndarray of shape (n, d)
        Some thousand at most, since all pairs are compared; in comparable units.
    weight : ndarray of shape (n,)
        Row weights: 2 is the row twice.
    """
    total = float(weight.sum())
    least = min(1.0 / total, _MOST_BY_DEFAULT)
    neighbours = min(_NEIGHBOURS, total / _ROWS_PER_NEIGHBOUR)
    log_distances = _log_distances(rows, weight, neighbours)
    thin = np.zeros(len(rows))
    apart = np.isfinite(log_distances)  # a row with that many equals at its place is no noise
    if apart.any():
        log_powers = rows.shape[1] * log_distances[apart]
        thin[apart] = _thin(log_powers, weight[apart], max(neighbours, 1.0))
    lonelier = _weight_above(log_distances, weight)
    guesses = [thin > 0.5, *(lonelier < share * total for share in _SHARES)]
    nothing = np.zeros(len(rows), dtype=np.bool_)
    usable = [noise for noise in guesses if not noise.all()] or [nothing]
    return [np.where(noise, 1.0, least) for noise in usable]


def _log_distances(rows: FloatArray, weight: FloatArray, neighbours: float) -> FloatArray:
    """Log of the distance at which the weight of the other rows reaches a number, (n,)."""
    n = len(rows)
    wanted = neighbours + np.minimum(weight, 1.0)  # the row itself, once, is no neighbour
    # As many rows as are needed if they are the lightest.
    enough = 1 + int(np.searchsorted(np.sort(weight).cumsum(), wanted.max()))
    enough = min(enough, n)
    log_distances = np.empty(n)
    for start in range(0, n, _BLOCK):
        block = slice(start, start + _BLOCK)
        squared = np.zeros((len(rows[block]), n))
        for column in rows.T:
            squared += np.square(column[block, None] - column)
        nearest = np.argpartition(squared, enough - 1, axis=1)[:, :enough]
        squared = np.take_along_axis(squared, nearest, axis=1)
        order = squared.argsort(axis=1, kind="stable")
        passed = np.take_along_axis(weight[nearest], order, axis=1).cumsum(axis=1)
        last = np.minimum((passed < wanted[block, None]).sum(axis=1), enough - 1)
        reached = np.take_along_axis(squared, order, axis=1)[np.arange(len(last)), last]
        log_distances[block] = _log(0.5, reached)
    return log_distances


def _weight_above(values: FloatArray, weight: FloatArray) -> FloatArray:
    """Weight of the rows with a larger value, (n,)."""
    order = values.argsort()
    cumulative = weight[order].cumsum()
    last = np.searchsorted(values[order], values, side="right") - 1
    above: FloatArray = cumulative[-1] - cumulative[last]
    return above


def _thin(log_powers: FloatArray, weight: FloatArray, shape: float) -> FloatArray:
    """Responsibilities (n,) for the gamma of the lower rate, of two that EM fits in log space."""
    log_weight = np.log(weight)
    middle = np.average(log_powers, weights=weight)
    resp = np.stack([log_powers <= middle, log_powers > middle], axis=1).astype(np.float64)
    for _ in range(_STEPS):
        log_resp = _log(1.0, resp) + log_weight[:, None]
        log_count = log_sum_exp(log_resp.T)
        if np.isneginf(log_count).any():  # all alike: there is no second rate
            return np.zeros(len(weight))
        log_rate = np.log(shape) + log_count - log_sum_exp((log_resp + log_powers[:, None]).T)
        scaled = log_rate + log_powers[:, None]
        with np.errstate(over="ignore"):  # a rate that is far too high: density 0
            joint = log_count + shape * scaled - np.exp(scaled)
        before, resp = resp, posterior(joint)[0]
        if np.abs(resp - before).max() <= _STILL:
            break
    return resp[:, int(log_rate.argmin())]


def _log(factor: float, values: FloatArray) -> FloatArray:
    """factor * log, -inf at 0."""
    logs = np.full(values.shape, -np.inf)
    np.log(values, out=logs, where=values > 0.0)
    return factor * logs
