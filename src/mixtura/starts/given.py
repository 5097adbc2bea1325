"""Starts from responsibilities: random ones, the user's own, and those of known components."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mixtura.assignments import one_hot
from mixtura.em import Start
from mixtura.sources.source import Chunk, Source
from mixtura.sources.summary import Summary
from mixtura.starts.matching import matched
from mixtura.starts.sample import Sample
from mixtura.typing import AnyArray, FloatArray, IntArray

__all__ = [
    "SHARED",
    "following",
    "from_chance",
    "given_labels",
    "given_responsibilities",
    "keeping_labels",
    "noise_aside",
    "random_responsibilities",
    "shared",
]


def from_chance(sample: Sample, summary: Summary, k: int, rng: np.random.Generator) -> Start:
    """A start with random responsibilities."""
    return random_responsibilities(k, (int(rng.integers(2**62)),))


def random_responsibilities(k: int, seed: Sequence[int]) -> Start:
    """Uniform random numbers, normalised: every component begins near the whole table."""

    def start(chunk: Chunk) -> FloatArray:
        resp = np.random.default_rng((*seed, chunk.index)).random((len(chunk.X), k))
        normalised: FloatArray = resp / resp.sum(axis=1, keepdims=True)
        return normalised

    return start


#: Share of each row that starts spread over all components where EM would not move what is 0.
SHARED = 0.2


def shared(start: Start) -> Start:
    """A start that gives each component some share of every row."""

    def spread(chunk: Chunk) -> FloatArray:
        resp = start(chunk)
        soft: FloatArray = (1.0 - SHARED) * resp + SHARED / resp.shape[1]
        return soft

    return spread


def given_responsibilities(resp: AnyArray) -> Start:
    """The user's own responsibilities, (n, k)."""
    return lambda chunk: np.asarray(resp[_rows_of(chunk)], dtype=np.float64)


def given_labels(labels: IntArray, k: int) -> Start:
    """The user's own labels, (n,) numbers from 0 to k - 1."""
    return lambda chunk: one_hot(labels[_rows_of(chunk)], k)


def keeping_labels(start: Start) -> Start:
    """A start that has the rows of known components there."""

    def keep(chunk: Chunk) -> FloatArray:
        resp = start(chunk)
        if chunk.labels is None:
            return resp
        known = (chunk.labels >= 0)[:, None]
        return np.where(known, one_hot(np.maximum(chunk.labels, 0), resp.shape[1]), resp)

    return keep


def following(start: Start, source: Source, k: int) -> Start:
    """A start with its first k components numbered as the labels of a source number them.

    One after another the component and the label that share most of the rows are matched.
    """

    def shared(chunk: Chunk) -> FloatArray:
        assert chunk.labels is not None  # the source is labelled
        resp = start(chunk)
        known = (chunk.labels >= 0) * chunk.weight
        return resp.T @ (known[:, None] * one_hot(np.maximum(chunk.labels, 0), resp.shape[1]))

    whole = source.map_reduce(shared)
    order = np.arange(len(whole))
    for component, label in matched(whole[:k, :k]):
        order[label] = component
    return lambda chunk: start(chunk)[:, order]


def noise_aside(start: Start, probabilities: FloatArray) -> Start:
    """A start with a last column for noise, from the probability (n,) of each row to be noise."""

    def with_noise(chunk: Chunk) -> FloatArray:
        noise = probabilities[_rows_of(chunk), None]
        return np.hstack([(1.0 - noise) * start(chunk), noise])

    return with_noise


def _rows_of(chunk: Chunk) -> slice:
    return slice(chunk.start, chunk.start + len(chunk.X))
