"""Starts from the groups of a model-based hierarchy."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from mixtura.assignments import one_hot
from mixtura.em import Start
from mixtura.sources.source import Chunk
from mixtura.sources.summary import Summary
from mixtura.starts.given import given_labels
from mixtura.starts.sample import MakeStart, Sample
from mixtura.typing import FloatArray, IntArray

__all__ = ["Classify", "Discriminant", "from_hierarchy"]

#: Rows (n, d) -> the group of each, (n,).
Classify: TypeAlias = Callable[[FloatArray], IntArray]

#: (sample, the group of each of its rows, k) -> what gives other rows their groups.
Discriminant: TypeAlias = Callable[[Sample, IntArray, int], Classify]


def from_hierarchy(discriminant: Discriminant) -> MakeStart:
    """Each row belongs to its group in the model-based hierarchy of the sample; not random.

    If not all rows are in the sample, the others belong where the discriminant says. With fewer
    distinct rows than k, some components stay empty.
    """

    def make(sample: Sample, summary: Summary, k: int, rng: np.random.Generator) -> Start:
        labels = sample.tree.labels(min(k, sample.tree.size))
        if len(labels) == summary.n_rows:
            return given_labels(labels, k)
        classify = discriminant(sample, labels, k)

        def start(chunk: Chunk) -> FloatArray:
            return one_hot(classify(summary.standardized(chunk.X)), k)

        return start

    return make
