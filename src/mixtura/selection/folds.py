"""Folds for cross-validation, cut through the weight of the rows rather than their number."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mixtura.typing import FloatArray

__all__ = ["held_out_weights"]

# Cells into which the total weight is cut at most, if there are no more rows: beyond it a cell is
# several units of weight.
_MOST_CELLS = 2**20


def held_out_weights(
    weight: FloatArray, n_folds: int, rng: np.random.Generator
) -> Iterator[FloatArray]:
    """The weight (n,) with which each row is held out, fold by fold; they sum to the weight.

    The rows are laid side by side, each as long as its weight, and the line is cut into cells of
    weight 1 that are dealt to the folds at random. Without weights every row is one cell and
    belongs to one fold. A row of weight 2 is two rows, which may be held out at different times:
    the same folds come from the table in which it is written twice.

    Parameters
    ----------
    weight : ndarray of shape (n,)
    n_folds : int
        At most the total weight.
    rng : numpy.random.Generator

    Examples
    --------
    >>> folds = held_out_weights(np.array([1.0, 1.0, 2.0]), 2, np.random.default_rng(0))
    >>> np.stack(list(folds)).sum(axis=0)
    array([1., 1., 2.])
    """
    ends = np.concatenate([[0.0], weight.cumsum()])
    n_cells = min(int(np.ceil(ends[-1])), max(_MOST_CELLS, len(weight)))
    edges = np.linspace(0.0, ends[-1], n_cells + 1)
    fold = rng.permutation(np.arange(n_cells) % n_folds)
    for v in range(n_folds):
        held_before = np.concatenate([[0.0], (np.diff(edges) * (fold == v)).cumsum()])
        yield np.clip(np.diff(np.interp(ends, edges, held_before)), 0.0, weight)
