"""Mixtures and rows on which kernels are compared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mixtura import kernels
from mixtura.families import (
    Box,
    Gaussian,
    GaussianParameters,
    StudentT,
    StudentTParameters,
    WithNoise,
)
from mixtura.families.gaussian.structures import EEE, VII, VVI, VVV
from mixtura.mixture import Mixture

#: The kernel only sees whether covariances are dense or along the axes, and whether they are tied.
STRUCTURES: list[Any] = [VII, VVI, EEE, VVV]
STRUCTURE_IDS = [structure.name for structure in STRUCTURES]


def random_mixture(rng: np.random.Generator, structure: Any, k: int, d: int) -> Mixture[Any, Any]:
    """Components a few deviations apart, so that some responsibilities are shared."""
    means = 2.0 * rng.normal(size=(k, d))
    root = rng.normal(size=(k, d, d)) / np.sqrt(d) * rng.choice([0.3, 1.0, 3.0], size=(k, 1, 1))
    dense = root @ root.transpose(0, 2, 1) + 0.3 * np.eye(d)
    count = np.ones(k)
    scatter = np.diagonal(dense, axis1=1, axis2=2).copy() if structure.diagonal else dense
    covariances = structure.estimate(count, scatter, np.zeros(d))
    weights = rng.dirichlet(np.ones(k))
    return Mixture(
        Gaussian(structure, np.zeros(d)), GaussianParameters(means, covariances), weights
    )


def with_tails(rng: np.random.Generator, mixture: Mixture[Any, Any]) -> Mixture[Any, Any]:
    """Student t components in the place of Gaussian ones, from heavy tails to nearly none."""
    family: Any = mixture.family
    dof = rng.choice([0.1, 1.0, 3.0, 30.0, 1e4, 2.0**53], size=mixture.n_components)
    params = StudentTParameters.of(mixture.params, dof)
    return Mixture(StudentT(family.structure, family.floor), params, mixture.weights)


def with_some_noise(mixture: Mixture[Any, Any], share: float) -> Mixture[Any, Any]:
    """The mixture with a share of noise, at about the density of its components."""
    d = mixture.n_features
    own = isinstance(mixture.family, Gaussian | StudentT)
    center = mixture.params.sort_key[0, :d] if own else np.zeros(d)
    region = Box(center, 4.0 * np.eye(d))
    weights = np.append((1.0 - share) * mixture.weights, share)
    return Mixture(WithNoise(mixture.family, region), mixture.params, weights)


def both(kernel: str, run: Callable[[], Any]) -> tuple[Any, Any]:
    """What a run gives with a kernel, and with the NumPy reference."""
    with kernels.use(kernel):
        fast = run()
    with kernels.use("numpy"):
        return fast, run()


def rows_of(rng: np.random.Generator, mixture: Mixture[Any, Any], n: int) -> np.ndarray:
    return mixture.sample(n, rng)[0]


def some_labels(rng: np.random.Generator, mixture: Mixture[Any, Any], X: np.ndarray) -> np.ndarray:
    """For half of the rows any component that can reach them, likely or not; -1 for the others."""
    labels = rng.integers(0, mixture.n_components, len(X))
    reached = mixture.log_joint(np.asarray(X, np.float64))[np.arange(len(X)), labels] > -np.inf
    return np.where(reached & (rng.random(len(X)) < 0.5), labels, -1)
