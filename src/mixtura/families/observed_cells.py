"""The density of a row's observed cells, where a marginal of components is components again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, Self, TypeVar

import numpy as np

from mixtura.patterns import Patterns, has_gaps
from mixtura.typing import FloatArray, IntArray

__all__ = ["HasMarginals", "of_observed_cells"]


class HasMarginals(Protocol):
    """Parameters of k components, which can be had in some of the columns."""

    @property
    def n_components(self) -> int: ...
    def marginal(self, columns: IntArray, /) -> Self: ...


P = TypeVar("P", bound=HasMarginals)


def of_observed_cells(
    log_density: Callable[[P, FloatArray], FloatArray], params: P, X: FloatArray
) -> FloatArray:
    """Log-densities (n, k) of rows (n, d), by those of complete rows; 0 where nothing is seen."""
    if not has_gaps(X):
        return log_density(params, X)
    found = np.zeros((len(X), params.n_components))
    for rows, observed, _ in Patterns.of(X).informative:
        found[rows] = log_density(params.marginal(observed), X[rows[:, None], observed])
    return found
