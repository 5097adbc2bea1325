"""Factor analyzers of ever more columns: seconds of a pass, and the maximum that is found.

Beside an iteration of scikit-learn's FactorAnalysis, which is one component, and of Gaussians with
full covariance matrices.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
from sklearn.datasets import load_breast_cancer, load_digits, load_wine
from sklearn.decomposition import FactorAnalysis
from sklearn.metrics import adjusted_rand_score

import mixtura as mx
from mixtura import em
from mixtura.families import FactorAnalyzers, Gaussian
from mixtura.families.gaussian.structures import VVV
from mixtura.sources import ArraySource, block_rows
from mixtura.starts.given import given_labels
from mixtura.stopping import fixed_length

N, Q, K = 20_000, 5, 4
COLUMNS = [50, 100, 200, 500, 1000]
PASSES, REPEATS = 3, 2


def planted(n: int, d: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows of K factor analyzers of Q factors, and the component of each."""
    rng = np.random.default_rng(0)
    labels, loadings, means = np.arange(n) % K, rng.normal(size=(K, d, Q)), rng.normal(size=(K, d))
    X = rng.normal(size=(n, d))
    for j in range(K):
        own = labels == j
        X[own] += means[j] + rng.normal(size=(own.sum(), Q)) @ loadings[j].T
    return X, labels


def seconds(run: Callable[[], int]) -> float:
    """Of processor time for one of the things of which a run does so many, at its best."""
    fastest = float("inf")
    for _ in range(REPEATS):
        start = time.process_time()
        n = run()
        fastest = min(fastest, (time.process_time() - start) / n)
    return fastest


def passes(family: FactorAnalyzers | Gaussian, X: np.ndarray, labels: np.ndarray, k: int) -> float:
    """Of an E-step and an M-step from labels that are right."""
    source = ArraySource(X, None, block_rows(X.shape[1], k))
    first = em.begin(family, source, given_labels(labels % k, k))
    rule = fixed_length(PASSES)
    return seconds(lambda: em.fit(first, source, stopping=rule).n_iter + 1)


def theirs(X: np.ndarray) -> float:
    """An iteration of scikit-learn's."""

    def iterations() -> int:
        return FactorAnalysis(Q, svd_method="lapack", max_iter=PASSES, tol=0.0).fit(X).n_iter_

    return seconds(iterations)


def speed() -> str:
    lines = [
        f"| columns | K = {K} | for each column | K = 1 | scikit-learn, K = 1 | full, K = {K} |",
        "|---|---|---|---|---|---|",
    ]
    for d in COLUMNS:
        X, labels = planted(N, d)
        floor, units = 1e-6 * X.var(axis=0), X.std(axis=0)
        family = FactorAnalyzers(Q, floor, units)
        ours = passes(family, X, labels, K)
        one = passes(family, X, np.zeros(N, dtype=np.intp), 1)
        full = f"{passes(Gaussian(VVV, floor), X, labels, K):.3f} s" if d <= 500 else ""
        lines.append(
            f"| {d} | {ours:.3f} s | {1e3 * ours / d:.2f} ms | {one:.3f} s | {theirs(X):.2f} s | "
            f"{full} |"
        )
        print(lines[-1], flush=True)
    return "\n".join(lines) + "\n"


def maxima() -> str:
    """Of one component, on standardised tables."""
    tables = {"wine": load_wine().data, "breast cancer": load_breast_cancer().data}
    lines = [
        "| table | factors | log-likelihood | passes | scikit-learn's | iterations |",
        "|---|---|---|---|---|---|",
    ]
    for name, X in tables.items():
        X = (X - X.mean(axis=0)) / X.std(axis=0)
        for q in (1, 2, 3, 4):
            fit = mx.FactorMixture(n_factors=q, tol=1e-9, max_iter=5000).fit(X)
            other = FactorAnalysis(q, svd_method="lapack", tol=1e-8, max_iter=5000).fit(X)
            lines.append(
                f"| {name} | {q} | {fit.log_likelihood_:,.4f} | {fit.n_iter_} | "
                f"{other.score(X) * len(X):,.4f} | {other.n_iter_} |"
            )
            print(lines[-1], flush=True)
    return "\n".join(lines) + "\n"


def clusters() -> str:
    """Of tables whose groups are known, with as many components as there are groups."""
    digits, wine, cancer = load_digits(), load_wine(), load_breast_cancer()
    varied = digits.data[:, digits.data.var(axis=0) > 1.0]
    tables = {
        "wine": (wine.data, wine.target, (1, 2, 3), {}),
        "breast cancer": (cancer.data, cancer.target, (1, 3, 5), {}),
        "digits": (varied, digits.target, (2, 5, 8), {"reg_covar": 0.05}),
    }
    lines = [
        "| table | model | BIC | adjusted Rand index | seconds |",
        "|---|---|---|---|---|",
    ]
    for name, (X, labels, factors, more) in tables.items():
        k = len(np.unique(labels))
        models = {
            "1 factor" if q == 1 else f"{q} factors": mx.FactorMixture(k, n_factors=q, **more)
            for q in factors
        }
        models |= {
            f"Gaussian, {kind}": mx.GaussianMixture(k, covariance_type=kind, **more)
            for kind in ("diag", "tied", "full")
        }
        for model, estimator in models.items():
            start = time.perf_counter()
            fit = estimator.set_params(random_state=0, n_init=5).fit(X)
            taken = time.perf_counter() - start
            agreement = adjusted_rand_score(labels, fit.predict(X))
            marked = " (collapsed)" if fit.collapsed_ else " (spurious)" if fit.spurious_ else ""
            lines.append(
                f"| {name}, {len(X)} x {X.shape[1]} | {model}{marked} | {fit.bic(X):,.0f} | "
                f"{agreement:.2f} | {taken:.1f} |"
            )
            print(lines[-1], flush=True)
    return "\n".join(lines) + "\n"


HEAD = f"""# Factor analyzers

Made by `make bench-factors`. One thread, of a machine shared with others: a fifth more or less
means nothing.

## Time of a pass

Processor time of an E-step and an M-step on {N:,} rows of {K} groups with {Q} factors, from labels
that are right; of scikit-learn's `FactorAnalysis` (lapack) that of an iteration; and of Gaussians
with full covariance matrices, whose passes are compiled while those of factor analyzers are not.

"""

BETWEEN = """
## The maximum of one component

Standardised tables. The likelihood of a factor analysis has several maxima, of which each program
finds one.

"""

LAST = """
## Groups that are known

As many components as there are groups, 5 starts. Digits without the pixels that hardly vary, and
with `reg_covar=0.05` for all models: others are the same in all images of a digit.

"""

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("FACTORS.md"))
    out = parser.parse_args().out
    warnings.simplefilter("ignore")
    out.write_text(HEAD + speed() + BETWEEN + maxima() + LAST + clusters())
