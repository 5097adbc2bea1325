"""A tree of merges in compiled C: the equal of the one in `mixtura.starts.hierarchy`."""

from __future__ import annotations

from contextlib import suppress

import numpy as np

from mixtura.errors import MixturaError
from mixtura.typing import FloatArray, IntArray

with suppress(ImportError):  # without it nothing here is called
    from mixtura.kernels import _fused

__all__ = ["merge"]


def merge(
    count: FloatArray, mean: FloatArray, scatter: FloatArray, typical: float, tie: float
) -> IntArray:
    """The merges (size - 1, 2) of groups with these moments."""
    count, mean, scatter = (np.array(part, order="C") for part in (count, mean, scatter))
    merges = np.empty((len(count) - 1, 2), dtype=np.int64)
    if not _fused.merge(count, mean, scatter, typical, tie, merges):
        raise MixturaError(
            "What it costs to merge two groups is not a finite number: a hierarchy needs finite "
            "rows and weights, whose squares are finite too."
        )
    return merges
