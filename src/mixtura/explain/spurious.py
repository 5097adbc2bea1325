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
from mixtura.em import e_step
from mixtura.errors import DegenerateError
from mixtura.mixture import Expectation, Mixture
from mixtura.sources import ArraySource, Source
from mixtura.typing import FloatArray, IntArray

__all__ = ["find_spurious"]

# Rows for each of its parameters with which a component is no longer small.
_SMALL = 5.0

# Parts in which the rows of a component are left out, so that 100 rows do not cost 100 M-steps.
_FOLDS = 10

# Counts, as a share of all weight, that are what differences of sums leave of 0.
_ROUNDING = 1e-12


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
    """Some rows (n, d), their weights, and what the component does for their log-density (n,)."""

    X: FloatArray
    weight: FloatArray
    without: FloatArray
    gain: FloatArray


def _rows_of(mixture: Mixture[Any, Any], source: Source, j: int) -> _Rows:
    """The rows that are more likely the component's than not."""
    parts = list(source.map(lambda chunk: (chunk.X, chunk.weight, mixture.log_joint(chunk.X))))
    weight_of_others = np.delete(mixture.weights, j).sum()  # 1 - w_j can round to 0
    picked = []
    for X, weight, log_joint in parts:
        log_density = log_sum_exp(log_joint)
        own = log_joint[:, j] - log_density > np.log(0.5)
        others = np.delete(log_joint[own], j, axis=1)
        without = log_sum_exp(others) - np.log(weight_of_others)
        picked.append((X[own], weight[own], without, log_density[own] - without))
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
        rest = whole + (-1.0) * e_step(mixture, ArraySource(X, weight))
        if rest.counts[: mixture.n_clusters].sum() <= _ROUNDING * whole.weight:
            return -np.inf  # nothing but these rows speaks for any component
        try:
            log_density = mixture.maximize(rest).log_density(X)
        except DegenerateError:
            return -np.inf
        gain += float(weight @ (log_density - rows.without[part]))
    return gain
