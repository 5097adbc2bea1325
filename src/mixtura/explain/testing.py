"""The laws of families that can be divided, for whoever adds one: `mixtura.testing` has them."""

from __future__ import annotations

from typing import Any

import numpy as np

from mixtura import em
from mixtura.explain.conditional import conditional, marginal
from mixtura.explain.quantiles import cdf, quantile
from mixtura.explain.regression import one_column
from mixtura.families.family import Family
from mixtura.families.likeness import assert_alike
from mixtura.families.one_column import LevelShares
from mixtura.mixture import Mixture
from mixtura.sources import ArraySource
from mixtura.starts.given import random_responsibilities
from mixtura.stopping import fixed_length
from mixtura.typing import FloatArray, IntArray

__all__ = ["check_columns", "check_marginals"]

_SHARES = np.array([0.003, 0.2, 0.5, 0.9, 0.999])


def check_marginals(family: Family[Any, Any], X: FloatArray, k: int = 3, seed: int = 0) -> None:
    """The law of marginals of a family, on rows X (n, d) that it can describe, with d of 3 or more.

    Their density is that of rows with the other cells missing, in whatever order the columns are;
    what is sampled has a density.
    """
    mixture, places = _fitted(family, X, k, seed), np.array([X.shape[1] - 1, 0])
    own, rows, gappy = marginal(mixture, places), X[:, places], np.full(X.shape, np.nan)
    gappy[:, places] = rows
    law = "a marginal is what is left without cells"
    assert_alike(own.log_density(rows), mixture.log_density(gappy), 1e-10, law=law)
    assert_alike(own.responsibilities(rows), mixture.responsibilities(gappy), 1e-10, law=law)
    drawn, _ = own.sample(20, np.random.default_rng(seed))
    assert np.isfinite(own.log_density(drawn)).all(), "what is sampled has a density"


def check_columns(family: Family[Any, Any], X: FloatArray, k: int = 3, seed: int = 0) -> None:
    """The laws of a family that can be divided, on rows X (n, d) with d of 3 or more.

    Those of marginals; a density is that of some cells times that of the others given these; what
    is given in two steps is given at once; a column given the others is that of the conditional
    mixture; quantiles undo distribution functions.

    Examples
    --------
    >>> from mixtura.families import Poisson
    >>> check_columns(Poisson(), np.random.default_rng(0).poisson(3.0, (40, 3)).astype(float))
    """
    check_marginals(family, X, k, seed)
    mixture, rng = _fitted(family, X, k, seed), np.random.default_rng(seed)
    for row in X[rng.permutation(len(X))[:3]]:
        for places in (np.array([0]), np.array([0, X.shape[1] - 1])):
            _check_product(mixture, X, places, row[places])
        _check_steps(mixture, X, row)
    for place in range(X.shape[1]):
        _check_column(mixture, X[rng.permutation(len(X))[:3]], place)


def _fitted(family: Family[Any, Any], X: FloatArray, k: int, seed: int) -> Mixture[Any, Any]:
    """A mixture after some iterations: a place like any other."""
    source = ArraySource(X)
    begun = em.begin(family, source, random_responsibilities(k, (seed,)))
    return em.fit(begun, source, stopping=fixed_length(8)).mixture


def _check_product(
    mixture: Mixture[Any, Any], X: FloatArray, places: IntArray, cells: FloatArray
) -> None:
    """p(x) = p(x_o) p(x_m | x_o), where it is not 0."""
    rows, others = X.copy(), np.delete(np.arange(X.shape[1]), places)
    rows[:, places] = cells
    rest = conditional(mixture, places, cells)
    own = marginal(mixture, places).log_density(cells[None]) + rest.log_density(rows[:, others])
    whole = mixture.log_density(rows)
    reached = np.isfinite(whole)
    assert (np.isfinite(own) == reached).all(), "what can be, can be in parts"
    assert_alike(own[reached], whole[reached], 1e-10, law="a density is a product")
    resp = rest.responsibilities(rows[reached][:, others])
    assert_alike(resp, mixture.responsibilities(rows[reached]), 1e-9, law="so are shares")


def _check_steps(mixture: Mixture[Any, Any], X: FloatArray, row: FloatArray) -> None:
    at_once = conditional(mixture, np.array([0, 1]), row[:2])
    first = conditional(mixture, np.array([1]), row[1:2])
    second = conditional(first, np.array([0]), row[:1])
    rows = X[:, 2:]
    law = "what is given in two steps is given at once"
    assert_alike(second.log_density(rows), at_once.log_density(rows), 1e-9, law=law)


def _check_column(mixture: Mixture[Any, Any], X: FloatArray, place: int) -> None:
    """One column of rows, in one of which nothing else is known, in another not all."""
    rows, d = X.copy(), X.shape[1]
    rows[0], rows[1, (place + 1) % d] = np.nan, np.nan
    column, shares = one_column(mixture, rows, place)
    for i, row in enumerate(rows):
        known = np.flatnonzero(~np.isnan(row) & (np.arange(d) != place))
        given = conditional(mixture, known, row[known]) if len(known) else mixture
        nothing = np.full((1, given.n_features), np.nan)
        alone, weights = one_column(given, nothing, place - int((known < place).sum()))
        law = "a column given others is that of the conditional"
        assert_alike(shares[i], weights[0], 1e-9, law=law)
        if isinstance(column, LevelShares) or isinstance(alone, LevelShares):
            assert isinstance(column, LevelShares)
            assert isinstance(alone, LevelShares)
            own = column.probabilities[min(i, len(column.probabilities) - 1)]
            assert_alike(shares[i] @ own, weights[0] @ alone.probabilities[0], 1e-9, law=law)
            continue
        at = quantile(alone, weights, _SHARES)
        below = cdf(alone, weights, at)
        assert (np.diff(at) >= 0.0).all(), "quantiles rise"
        assert (below >= _SHARES - 1e-12).all(), "a quantile has its share below it"
        before = cdf(alone, weights, np.nextafter(at, -np.inf))
        assert (before <= _SHARES + 1e-12).all(), "no lesser value has"
        for value, share in zip(at, below, strict=True):
            here = column.below(np.array([[value]]) + np.zeros((len(rows), 1)))[i]
            assert_alike(shares[i] @ here, np.float64(share), 1e-9, law=law)
