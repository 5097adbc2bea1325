"""Mixtures made by hand whose hills run together."""

from __future__ import annotations

from typing import Any

import numpy as np

from mixtura.families import Gaussian, GaussianParameters, StudentT, StudentTParameters
from mixtura.families.gaussian.structures import VVV
from mixtura.families.gaussian.structures.dense import DenseCovariances
from mixtura.mixture import Mixture
from mixtura.typing import FloatArray


def bells(weights: Any, means: Any, covariances: Any) -> Mixture[Any, Any]:
    """A Gaussian mixture."""
    means = np.array(means, dtype=np.float64)
    params = GaussianParameters(means, DenseCovariances.of(np.array(covariances, np.float64)))
    return Mixture(Gaussian(VVV, np.zeros(means.shape[1])), params, np.array(weights, np.float64))


def random_bells(seed: int, d: int, k: int | None = None) -> Mixture[Any, Any]:
    """Components of any shapes, near enough to each other that their hills run together."""
    rng = np.random.default_rng(seed)
    k = int(rng.integers(2, 8)) if k is None else k
    turns = np.linalg.qr(rng.normal(size=(k, d, d)))[0]
    axes = np.exp(rng.normal(size=(k, 1, d)) * rng.choice([0.3, 1.0, 1.7], size=(k, 1, 1)))
    means = rng.normal(size=(k, d)) * rng.choice([0.7, 1.2, 2.0, 4.0])
    return bells(rng.dirichlet(np.full(k, 2.0)), means, (turns * axes) @ turns.transpose(0, 2, 1))


def with_tails(mixture: Mixture[Any, Any], dof: FloatArray) -> Mixture[Any, Any]:
    """The same places and scale matrices, with tails."""
    params = StudentTParameters.of(mixture.params, dof)
    return Mixture(StudentT(VVV, np.zeros(mixture.n_features)), params, mixture.weights)


def slightly(mixture: Mixture[Any, Any]) -> Mixture[Any, Any]:
    return with_tails(mixture, np.geomspace(1.0, 30.0, mixture.n_clusters))
