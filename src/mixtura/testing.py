"""The laws, for whoever adds a family, a covariance structure, a statistic or a source.

Each function raises AssertionError with the law that was broken. The package's own tests run
them over everything it has; run them over yours:

>>> import numpy as np
>>> from mixtura.families import Bernoulli
>>> rng = np.random.default_rng(0)
>>> check_family(Bernoulli(), (rng.random((40, 3)) < 0.5).astype(float))
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

import numpy as np

from mixtura import em
from mixtura.families import Family
from mixtura.families.gaussian.structures import Covariances, Structure
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


def leaves(record: Any) -> list[AnyArray]:
    """All arrays and numbers in a record of records, in the order of their fields."""
    if is_dataclass(record):
        return [leaf for f in fields(record) for leaf in leaves(getattr(record, f.name))]
    return [np.asarray(record)]


def assert_alike(left: Any, right: Any, rtol: float = 1e-12, law: str = "") -> None:
    """Two records have the same arrays, within rtol of each array's largest entry."""
    for a, b in zip(leaves(left), leaves(right), strict=True):
        assert a.shape == b.shape, f"{law}: shapes {a.shape} and {b.shape}"
        largest = max(float(np.abs(b).max(initial=0.0)), np.finfo(np.float64).tiny)
        error = float(np.abs(a - b).max(initial=0.0)) / largest
        assert error <= rtol, f"{law}: relative difference {error:.2e}, allowed {rtol:.0e}"


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


def check_structure(
    structure: Structure[Covariances],
    d: int,
    k: int = 3,
    seed: int = 0,
    *,
    exact_floor: bool = True,
) -> None:
    """The laws of a covariance structure in d dimensions.

    Its estimate is the likeliest of its kind; its distances, determinants, precisions and noise
    agree with the matrices written out; a floor is kept, and changes nothing where it is idle.
    Where components constrain each other the floor is only nearly kept (not `exact_floor`).
    """
    rng = np.random.default_rng(seed)
    count = rng.uniform(20.0, 60.0, k)
    scatter = _scatter(rng, count, d, structure.diagonal)
    free = np.zeros(d)
    estimate = structure.estimate(count, scatter, free)
    matrices = estimate.matrices()
    best = estimate.expected_log_likelihood(count, scatter)
    for _ in range(10):
        other = structure.estimate(count, _scatter(rng, count, d, structure.diagonal), free)
        worse = other.expected_log_likelihood(count, scatter)
        assert worse <= best + 1e-9 * abs(best), "the estimate is the likeliest of its kind"

    assert_alike(
        np.array(best), _expected_log_likelihood(matrices, count, scatter), 1e-12, "objective"
    )
    again = structure.estimate(count, scatter, free, estimate)
    assert_alike(again.matrices(), matrices, rtol=1e-6, law="the maximum stays where it is")

    X, means = rng.normal(size=(7, d)), rng.normal(size=(k, d))
    deviation = X[:, None] - means
    dense = np.einsum("nja,jab,njb->nj", deviation, np.linalg.inv(matrices), deviation)
    assert_alike(estimate.squared_distances(X, means), dense, rtol=1e-10, law="distances")
    assert_alike(estimate.log_determinants, np.linalg.slogdet(matrices)[1], 1e-10, "determinants")
    assert_alike(estimate.precisions(), np.linalg.inv(matrices), rtol=1e-10, law="precisions")
    labels = np.repeat(np.arange(k), d)
    roots = estimate.color(np.tile(np.eye(d), (k, 1)), labels).reshape(k, d, d)
    assert_alike(roots.transpose(0, 2, 1) @ roots, matrices, rtol=1e-10, law="colored noise")
    assert_alike(estimate.take(np.array([k - 1, 0])).matrices(), matrices[[k - 1, 0]])

    idle = structure.estimate(count, scatter, np.full(d, 1e-12))
    assert_alike(idle.matrices(), matrices, rtol=0.0, law="an idle floor changes nothing")
    floor = np.linspace(1.0, 2.0, d) * np.diagonal(matrices, axis1=1, axis2=2).max()
    held = structure.estimate(count, scatter, floor).least_ratios(floor).min()
    assert held >= (1.0 - 1e-9 if exact_floor else 0.1), f"the floor is kept: {held}"
    assert 0 < structure.n_parameters(k, d) <= k * d * (d + 1) // 2


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


def _scatter(rng: np.random.Generator, count: FloatArray, d: int, diagonal: bool) -> FloatArray:
    root = rng.normal(size=(len(count), d, d))
    scatter: FloatArray = count[:, None, None] * (root @ root.transpose(0, 2, 1) + np.eye(d))
    return np.diagonal(scatter, axis1=1, axis2=2).copy() if diagonal else scatter


def _expected_log_likelihood(
    matrices: FloatArray, count: FloatArray, scatter: FloatArray
) -> FloatArray:
    """-1/2 sum_j n_j log|S_j| + tr(S_j^-1 scatter_j), from matrices written out."""
    precisions = np.linalg.inv(matrices)
    if scatter.ndim == 2:
        traces = np.einsum("jaa,ja->j", precisions, scatter)
    else:
        traces = np.einsum("jab,jab->j", precisions, scatter)
    return np.asarray(-0.5 * (count * np.linalg.slogdet(matrices)[1] + traces).sum())
