"""Starts with groups of equal weight along the first principal axis."""

from __future__ import annotations

import numpy as np

from mixtura.assignments import one_hot
from mixtura.em import Start
from mixtura.sources.source import Chunk
from mixtura.sources.summary import Summary
from mixtura.starts.principal_axes import principal_axes
from mixtura.starts.sample import Sample
from mixtura.typing import FloatArray

__all__ = ["from_quantiles"]

#: Entries of an axis with this share of the longest one are as long, but for rounding.
_AS_LONG = 1.0 - 1e-6


def from_quantiles(sample: Sample, summary: Summary, k: int, rng: np.random.Generator) -> Start:
    """A start with k groups of equal weight along the sample's first principal axis; not random.

    Equal rows stay together, so groups are of unequal weight where many are.
    """
    axis = _principal_axis(sample)

    def places_of(rows: FloatArray) -> FloatArray:
        places: FloatArray = np.einsum("nd,d->n", rows, axis)  # equal rows get equal bits
        return places

    places = places_of(sample.rows)
    order = places.argsort()
    cumulative = sample.weight[order].cumsum()
    passed = np.searchsorted(cumulative, np.arange(1, k) * cumulative[-1] / k)
    cuts = places[order][passed]

    def start(chunk: Chunk) -> FloatArray:
        rows = summary.standardized(chunk.X)
        return one_hot(np.searchsorted(cuts, places_of(rows)), k)

    return start


def _principal_axis(sample: Sample) -> FloatArray:
    """Direction of the largest variance, pointing where the first of its longest entries grows."""
    centred = sample.rows - np.average(sample.rows, axis=0, weights=sample.weight)
    axis = principal_axes(centred, sample.weight)[1][:, -1]
    lengths = np.abs(axis)
    longest = int((lengths > _AS_LONG * lengths.max()).argmax())
    return axis if axis[longest] >= 0.0 else -axis
