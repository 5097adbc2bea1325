"""Spurious components: narrow ones that owe their likelihood to a few rows.

The likelihood of a Gaussian mixture has local maxima at which a component has shrunk onto a few
rows that happen to lie close together or nearly in a plane (Day 1969; McLachlan and Peel 2000,
section 3.10). It describes these rows too well, and no others. So the rows are asked again, each
time by a mixture that has not seen them: a component is called spurious if

1. it is narrow, as its family has it: of Gaussians, in some direction its variance is less than a
   tenth of the others';
2. it is small: it has at most five rows for each parameter that it brings;
3. left out in turn, its rows do not need it. With P the mixture fitted by one M-step without
   the row, and P' the mixture without the component, BIC would not pay for it:

       sum_i v_i (log P(x_i) - log P'(x_i))  <=  1/2 (its parameters) log n

The rows that choose a component among all others by chance are part of this sum: each pays the
logarithm of the component's small weight. All three are the same in any units.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mixtura.assignments import log_sum_exp
from mixtura.em import e_step, expectation_of
from mixtura.errors import DegenerateError
from mixtura.mixture import Expectation, Mixture
from mixtura.sources import Source
from mixtura.typing import FloatArray, IntArray

__all__ = ["find_spurious"]

# Rows for each of its parameters with which a component is no longer small.
_SMALL = 5.0

# Parts in which the rows of a component are left out, so that 100 rows do not cost 100 M-steps.
_FOLDS = 10

# Share of all weight that leaves nothing but rounding.
_WHOLE = 1.0 - 1e-12


def find_spurious(mixture: Mixture[Any, Any], source: Source) -> IntArray:
    """Numbers of the components that owe their likelihood to a few rows.

    Parameters
    ----------
    mixture : Mixture
        Fitted to the rows.
    source : Source
        The rows, with their weights: n is the sum of these.

    Returns
    -------
    ndarray of shape (m,)
        In ascending order; empty if there are none.

    Examples
    --------
    Five of fifty rows lie nearly on a line, and a component of their own describes them:

    >>> import numpy as np
    >>> from mixtura.families.gaussian.structures import VVV
    >>> from mixtura.em import begin
    >>> from mixtura.families import Gaussian
    >>> from mixtura.sources import ArraySource
    >>> from mixtura.starts.given import given_labels
    >>> X = np.random.default_rng(0).normal(size=(50, 2))
    >>> X[:5, 1] = X[:5, 0] + [0.02, -0.01, 0.0, -0.01, 0.0]
    >>> labels = (np.arange(50) < 5).astype(int)
    >>> family = Gaussian(VVV, np.zeros(2))
    >>> mixture = begin(family, ArraySource(X), given_labels(labels, 2))
    >>> find_spurious(mixture, ArraySource(X))
    array([1])
    """
    clusters = mixture.clusters
    narrow = clusters.family.narrow(clusters.params, clusters.weights)
    if not len(narrow):
        return narrow
    k, d = mixture.n_clusters, mixture.n_features
    family = mixture.family
    brought = 1 + family.n_parameters(k, d) - family.n_parameters(k - 1, d)
    whole = e_step(mixture, source)
    price = 0.5 * brought * np.log(whole.weight)
    small = narrow[whole.counts[narrow] <= _SMALL * brought]
    gains = [_held_out_gain(mixture, whole, _rows_of(mixture, source, j)) for j in small]
    return np.array([j for j, gain in zip(small, gains, strict=True) if gain <= price], np.intp)


@dataclass(frozen=True)
class _Rows:
    """Some rows (n, d), their weights and responsibilities (n, k), and log-densities (n,).

    `without` are those without the component, `gain` is what it does for them.
    """

    X: FloatArray
    weight: FloatArray
    resp: FloatArray
    log_density: FloatArray
    without: FloatArray

    @property
    def gain(self) -> FloatArray:
        return self.log_density - self.without


def _rows_of(mixture: Mixture[Any, Any], source: Source, j: int) -> _Rows:
    """The rows that are more likely the component's than not."""
    parts = list(source.map(lambda chunk: (chunk.X, chunk.weight, mixture.log_joint(chunk.X))))
    weight_of_others = np.delete(mixture.weights, j).sum()  # 1 - w_j can round to 0
    picked = []
    for X, weight, log_joint in parts:
        log_density = log_sum_exp(log_joint)
        own = log_joint[:, j] - log_density > np.log(0.5)
        log_joint, log_density = log_joint[own], log_density[own]
        resp = np.exp(log_joint - log_density[:, None])
        without = log_sum_exp(np.delete(log_joint, j, axis=1)) - np.log(weight_of_others)
        picked.append((X[own], weight[own], resp, log_density, without))
    return _Rows(*(np.concatenate(column) for column in zip(*picked, strict=True)))


def _held_out_gain(
    mixture: Mixture[Any, Any],
    whole: Expectation[Any],
    rows: _Rows,
) -> float:
    """What the component does for the log-likelihood of its rows when it has not seen them."""
    # By rank, so that the parts do not depend on the order of the rows, and equal rows are
    # left out together: each would speak for the other.
    fold = np.unique(rows.gain, return_inverse=True)[1] % _FOLDS
    gain = 0.0
    for part in (fold == number for number in np.unique(fold)):
        X, weight = rows.X[part], rows.weight[part]
        resp, log_density = rows.resp[part], rows.log_density[part]
        if weight.sum() > _WHOLE * whole.weight:
            return np.inf  # nothing is left to do without it
        try:
            rest = whole + (-1.0) * expectation_of(mixture, X, weight, resp, log_density)
            unseen = mixture.maximize(rest).log_density(X)
        except DegenerateError:
            return -np.inf
        gain += float(weight @ (unseen - rows.without[part]))
    return gain
