"""The laws, for whoever adds a family, a structure, a statistic or a source.

Each function raises AssertionError with the law that was broken. The package's own tests run
them over everything it has; run them over yours:

>>> import numpy as np
>>> from mixtura.families import Bernoulli
>>> rng = np.random.default_rng(0)
>>> check_family(Bernoulli(), (rng.random((40, 3)) < 0.5).astype(float))
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from mixtura import em
from mixtura.families import Family
from mixtura.families.gaussian.testing import check_structure
from mixtura.families.likeness import assert_alike, leaves
from mixtura.sources import ArraySource, Source
from mixtura.starts.given import random_responsibilities
from mixtura.statistics import Statistics
from mixtura.stopping import fixed_length
from mixtura.typing import AnyArray, FloatArray

__all__ = [
    "assert_alike",
    "check_family",
    "check_source",
    "check_statistics",
    "check_structure",
    "leaves",
]

S = TypeVar("S", bound=Statistics)


def check_statistics(
    of: Callable[[FloatArray, FloatArray], S], X: FloatArray, resp: FloatArray
) -> None:
    """The laws of a statistic of rows X (n, d) under weighted responsibilities (n, k)."""
    n = len(X)
    whole = of(X, resp)
    for cut in (1, n // 2, n - 1):
        halves = of(X[:cut], resp[:cut]) + of(X[cut:], resp[cut:])
        assert_alike(halves, whole, law="halves merge to the whole")
    left, right = of(X[: n // 2], resp[: n // 2]), of(X[n // 2 :], resp[n // 2 :])
    assert_alike(left + right, right + left, law="merging commutes")
    assert_alike(2.5 * whole, of(X, 2.5 * resp), law="scaling is weighting")
    twice = of(np.concatenate([X, X]), np.concatenate([resp, resp]))
    assert_alike(2.0 * whole, twice, law="weight 2 is the row twice")
    nothing = np.zeros_like(resp[: n // 2])
    assert_alike(whole + of(X[: n // 2], nothing), whole, law="weight 0 is no row")


def check_family(family: Family[Any, Any], X: FloatArray, k: int = 2, seed: int = 0) -> None:
    """The laws of a family on rows X (n, d) that it can describe.

    Halves merge to the whole; EM never decreases the log-likelihood; weights equal repetition;
    the log-density of what is sampled is finite; components can be reordered. With noise, it is
    one of the k components.
    """
    n, d = X.shape
    rng = np.random.default_rng(seed)
    start = random_responsibilities(k, (seed,))
    source = ArraySource(X)
    mixture = em.begin(family, source, start)
    resp = mixture.responsibilities(X)
    assert resp.shape == (n, k)
    np.testing.assert_allclose(resp.sum(axis=1), 1.0, rtol=1e-12)
    check_statistics(lambda rows, r: family.statistics(mixture.params, rows, r), X, resp)

    trace = em.fit(mixture, source, stopping=fixed_length(30)).trace
    falls = -np.diff(trace) / (1.0 + np.abs(trace[1:]))
    assert falls.max() <= 1e-13, f"EM never decreases: it fell by {falls.max():.1e} of itself"

    times = rng.integers(0, 4, size=(n,))
    weighted = em.e_step(mixture, ArraySource(X, times.astype(np.float64)))
    repeated = em.e_step(mixture, ArraySource(np.repeat(X, times, axis=0)))
    assert_alike(weighted, repeated, law="weights equal repetition")
    assert_alike(mixture.maximize(weighted).params, mixture.maximize(repeated).params)

    rows, labels = mixture.sample(50, rng)
    assert rows.shape == (50, d)
    assert labels.shape == (50,)
    assert np.isfinite(mixture.log_density(rows)).all(), "what is sampled has a density"
    assert mixture.n_parameters >= k - 1

    order = np.arange(mixture.n_clusters)[::-1]
    backwards, last = mixture.take(order), np.arange(mixture.n_clusters, k)
    reordered = resp[:, [*order, *last]]
    assert_alike(backwards.responsibilities(X), reordered, law="components can be reordered")
    assert_alike(backwards.log_density(X), mixture.log_density(X), law="order means nothing")


def check_source(source: Source, X: AnyArray, weight: FloatArray) -> None:
    """A source that is meant to hold rows X (n, d) with the given weights (n,)."""
    chunks = [source.load(handle) for handle in source.handles()]
    assert source.n_features == X.shape[1]
    assert [chunk.index for chunk in chunks] == list(range(len(chunks)))
    assert all(chunk.X.dtype == np.float64 for chunk in chunks)
    assert all((chunk.labels is not None) == source.labelled for chunk in chunks)
    starts = np.cumsum([0, *(len(chunk.X) for chunk in chunks)])
    assert [chunk.start for chunk in chunks] == starts[:-1].tolist(), "chunks follow one another"
    np.testing.assert_array_equal(np.concatenate([chunk.X for chunk in chunks]), X)
    np.testing.assert_array_equal(np.concatenate([chunk.weight for chunk in chunks]), weight)
    assert list(source.map(lambda chunk: chunk.index)) == list(range(len(chunks)))
    total = source.map_reduce(lambda chunk: chunk.weight @ chunk.X)
    np.testing.assert_allclose(total, weight @ X.astype(np.float64), rtol=1e-12)
