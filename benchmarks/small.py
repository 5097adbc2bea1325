"""Small tables, where the interpreter is most of the cost: iterations, and the default search."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from sklearn.datasets import load_iris

import mixtura as mx
from mixtura import em
from mixtura.errors import DegenerateError
from mixtura.estimators.gaussian_vocabulary import COVARIANCE_TYPES
from mixtura.families import Box, Family, Gaussian, NormalInverseWishart, WithNoise
from mixtura.families.gaussian.structures import EEE, VVI, VVV
from mixtura.mixture import Mixture
from mixtura.sources import ArraySource
from mixtura.starts.given import given_labels
from mixtura.stopping import fixed_length

ITERATIONS = 40
ROUNDS = 25


def groups(n: int, d: int, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows of k correlated groups, and labels that are right for four fifths of them."""
    rng = np.random.default_rng(0)
    labels = rng.integers(k, size=n)
    X = rng.normal(size=(n, d)) @ rng.normal(size=(d, d)) + 2.0 * rng.normal(size=(k, d))[labels]
    return X, np.where(rng.random(n) < 0.8, labels, rng.integers(k, size=n))


def cloud(n: int, d: int, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows of one correlated group, cut into k slices: EM does not come to rest soon."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, d)) @ rng.normal(size=(d, d))
    return X, X[:, 0].argsort().argsort() * k // n


def microseconds(first: Mixture[Any, Any], source: ArraySource) -> float:
    """Processor time of an iteration, at its best."""
    best = np.inf
    for _ in range(ROUNDS):
        start = time.process_time()
        fit = em.fit(first, source, stopping=fixed_length(ITERATIONS))
        best = min(best, (time.process_time() - start) / max(fit.n_iter, 1))
    return 1e6 * best


def begun(family: Family[Any, Any], source: ArraySource, labels: np.ndarray) -> Mixture[Any, Any]:
    """With one more component for the last of the labels where the family has noise."""
    return em.begin(family, source, given_labels(labels, int(labels.max()) + 1))


def iterations() -> list[list[str]]:
    """Structure, then microseconds with 3 and 9 components, 300 x 4 (E and V: 300 x 1)."""
    rows = []
    for name, kind in COVARIANCE_TYPES.items():
        if not name.isupper():
            continue
        cells = [name]
        for k in (3, 9):
            X, labels = groups(300, 1 if kind.one_dimensional else 4, k)
            source, family = ArraySource(X), Gaussian(kind.structure, 1e-6 * X.var(axis=0))
            try:
                cells.append(f"{microseconds(begun(family, source, labels), source):.1f}")
            except DegenerateError:
                cells.append("collapsed")
        rows.append(cells)
        print(cells, flush=True)
    return rows


def additions() -> list[list[str]]:
    """Table, structure, microseconds without, and with noise, a prior, known labels, gaps."""
    rows = []
    for n, d, k in ((150, 4, 3), (500, 2, 3), (60, 2, 2)):
        X, labels = cloud(n, d, k)
        gaps = np.random.default_rng(1).random(X.shape) < 0.1
        gappy = ArraySource(np.where(gaps, np.nan, X))
        source, known = ArraySource(X), np.where(np.arange(n) % 10 == 0, labels, -1)
        box = Box(X.mean(axis=0), np.diag(np.ptp(X, axis=0)))
        with_noise = np.where(np.arange(n) % 10 == 0, k, labels)
        for structure in (VVV, EEE, VVI):
            floor = 1e-6 * X.var(axis=0)
            covariance = X.var(axis=0) if structure.diagonal else np.cov(X.T)
            prior = NormalInverseWishart.default(X.mean(axis=0), covariance, k, floor)
            plain = Gaussian(structure, floor)
            kinds = (
                (plain, source, labels),
                (WithNoise(plain, box), source, with_noise),
                (Gaussian(structure, floor, prior), source, labels),
                (plain, ArraySource(X, labels=known), labels),
                (plain, gappy, labels),
            )
            times = [
                microseconds(begun(family, table, start), table) for family, table, start in kinds
            ]
            rows.append([f"{n} x {d}, k = {k}", structure.name, *(f"{time:.1f}" for time in times)])
            print(rows[-1], flush=True)
    return rows


def searches() -> list[list[str]]:
    """Table, candidates, starts of each, seconds of the default search."""
    tables = {
        "iris, 150 x 4": load_iris().data,
        "of the size of faithful, 272 x 2": groups(272, 2, 2)[0],
        "of the size of the penguins, 342 x 4": groups(342, 4, 3)[0],
    }
    rows = []
    for name, X in tables.items():
        start = time.perf_counter()
        search = mx.MixtureSearch(random_state=0).fit(X)
        seconds = time.perf_counter() - start
        starts = search.best_estimator_.starts_.n_made
        rows.append([name, str(len(search.results_["bic"])), str(starts), f"{seconds:.2f}"])
        print(rows[-1], flush=True)
    return rows
