"""What a mixture says of missing cells.

A row is of component j with the responsibility r_j that its observed cells give it, so that what
is expected of a missing cell is sum_j r_j E_j[x_m | x_o].
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mixtura.assignments import draw_labels
from mixtura.kernels.estep_dispatch import scorer
from mixtura.mixture import Mixture
from mixtura.patterns import has_gaps
from mixtura.sources import Chunk
from mixtura.typing import AnyArray, FloatArray

__all__ = ["drawn", "expected"]


def expected(mixture: Mixture[Any, Any], chunk: Chunk) -> AnyArray:
    """The rows of a chunk with each missing cell as the observed ones lead to expect, (n, d)."""
    if not has_gaps(chunk.rows):
        return chunk.rows
    resp = _responsibilities(mixture, chunk)
    cells = mixture.family.expected_cells(mixture.params, chunk.X, resp)
    return cells.astype(chunk.rows.dtype)


def drawn(mixture: Mixture[Any, Any], seed: Sequence[int], chunk: Chunk) -> AnyArray:
    """The rows of a chunk with missing cells drawn given the observed ones, (n, d)."""
    if not has_gaps(chunk.rows):
        return chunk.rows
    rng = np.random.default_rng((*seed, chunk.index))
    labels = draw_labels(_responsibilities(mixture, chunk), rng)
    cells = mixture.family.drawn_cells(mixture.params, chunk.X, labels, rng)
    return cells.astype(chunk.rows.dtype)


def _responsibilities(mixture: Mixture[Any, Any], chunk: Chunk) -> FloatArray:
    """(n, k); the mixing weights where no component can reach a row."""
    resp = scorer(mixture).responsibilities(chunk.rows)
    reached = resp.sum(axis=1, keepdims=True) > 0.0
    return np.where(reached, resp, mixture.weights)
