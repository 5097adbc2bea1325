"""The laws of a covariance structure."""

from __future__ import annotations

import numpy as np

from mixtura.families.gaussian.structures import CovarianceStructure
from mixtura.likeness import assert_alike
from mixtura.typing import FloatArray

__all__ = ["check_structure"]


def check_structure(
    structure: CovarianceStructure,
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
