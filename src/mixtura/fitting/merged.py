"""What models that were fitted apart come to together: statistics merge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from operator import add
from typing import Any

import numpy as np

from mixtura.em import Memory
from mixtura.errors import MixturaError
from mixtura.fitting.algorithm import check_blends
from mixtura.fitting.record import FitRecord
from mixtura.fitting.stream import Stream
from mixtura.mixture import Mixture
from mixtura.starts.matching import matched
from mixtura.typing import FloatArray, IntArray

__all__ = ["merged"]

# Rows of each cluster by which clusters are told apart.
_ROWS_PER_CLUSTER = 200


def merged(records: Sequence[FitRecord]) -> Stream:
    """The mixture that the statistics of several fits come to, which can go on as a stream.

    Where all have the same parameters, as at the beginning of a pass, that is the M-step of a fit
    to all rows. Clusters of others are matched by the rows that they share.

    Raises
    ------
    MixturaError
        If the fits have no statistics, different numbers of components, or statistics that are good
        for their own parameters alone.
    """
    sizes = [record.mixture.n_components for record in records]
    if len(set(sizes)) > 1:
        raise MixturaError(
            f"The models have {', '.join(map(str, sizes))} components, noise included: expected "
            "the same number of all."
        )
    first = records[0].mixture
    if not all(_same(first, record.mixture) for record in records[1:]):
        check_blends(first.family, "merge")
    streams = [_stream(number, record, first) for number, record in enumerate(records)]
    total = reduce(add, [stream.memory.running for stream in streams])
    summary = reduce(add, [stream.summary for stream in streams])
    return Stream(len(records), summary, first.maximize(total), Memory(total, total))


def _stream(number: int, record: FitRecord, like: Mixture[Any, Any]) -> Stream:
    """What is known of a fit, its clusters numbered as those of a mixture."""
    known = Stream.after(record)
    if known is None:
        raise MixturaError(
            f"The statistics of model {number} are not known: it was loaded from a model file, "
            "which does not hold them, or its attributes were set by hand. Pickle keeps them."
        )
    statistics = known.memory.running.take(_matching(like, record.mixture))
    return replace(known, memory=Memory(statistics, statistics))


def _same(a: Mixture[Any, Any], b: Mixture[Any, Any]) -> bool:
    rows = _typical(a)
    return bool((a.log_joint(rows) == b.log_joint(rows)).all())


def _typical(mixture: Mixture[Any, Any]) -> FloatArray:
    """Rows of each cluster, as many of each."""
    labels = np.repeat(np.arange(mixture.n_clusters), _ROWS_PER_CLUSTER)
    family = mixture.clusters.family
    rows: FloatArray = family.sample(mixture.params, labels, np.random.default_rng(0))
    return rows


def _matching(a: Mixture[Any, Any], b: Mixture[Any, Any]) -> IntArray:
    """For each cluster of one mixture that of the other which its rows belong to most of all."""
    k = a.n_clusters
    if _same(a, b):
        return np.arange(k)
    shares = b.responsibilities(_typical(a))[:, :k]
    order = np.arange(k)
    for mine, other in matched(shares.reshape(k, _ROWS_PER_CLUSTER, k).sum(axis=1)):
        order[mine] = other
    return order
