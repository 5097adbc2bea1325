"""Tables with gaps: searches, imputation, fits and passes: MISSING.md, `make bench-missing`."""

from __future__ import annotations

import argparse
import os
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

os.environ.update(
    dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
)

import numpy as np
import polars as pl
from run import processor
from run import table as lines_of
from sklearn.datasets import load_breast_cancer, load_iris, load_linnerud, load_wine
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.impute import IterativeImputer

import mixtura as mx
from mixtura import em, kernels
from mixtura.families import Gaussian
from mixtura.families.gaussian.structures import VVI, VVV
from mixtura.sources import ArraySource
from mixtura.starts.given import random_responsibilities

HERE = Path(__file__).parent
EXAMPLES = HERE.parent / "examples"
REFERENCE = HERE.parent / "tests" / "reference"

#: Share of the cells that are removed, and from how many seeds.
SHARE, SEEDS = 0.1, 3

#: A pass is timed so often, in turns; the best counts.
ROUNDS = 15


def tables() -> Iterator[tuple[str, np.ndarray]]:
    """Complete tables of measurements."""
    yield "faithful", np.loadtxt(REFERENCE / "faithful.csv", delimiter=",", skiprows=1)
    yield "iris", load_iris().data
    yield "penguins", _penguins()
    yield "linnerud", np.hstack([load_linnerud().data, load_linnerud().target])
    cancer = load_breast_cancer()
    named = ["mean radius", "mean texture", "mean smoothness", "mean compactness"]
    places = [list(cancer.feature_names).index(name) for name in named]
    yield "breast cancer, means", cancer.data[:, places]
    yield "wine", load_wine().data


def _penguins() -> np.ndarray:
    table = pl.read_csv(EXAMPLES / "penguins.csv", null_values="NA", infer_schema_length=None)
    columns = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"]
    return table.select(columns).drop_nulls().cast(pl.Float64).to_numpy()


def with_gaps(X: np.ndarray, seed: int, share: float = SHARE) -> np.ndarray:
    """A table of which some cells are removed at random; each row keeps one."""
    rng = np.random.default_rng(seed)
    missing = rng.random(X.shape) < share
    missing[np.arange(len(X)), rng.integers(X.shape[1], size=len(X))] = False
    return np.where(missing, np.nan, X)


def chosen(search: mx.MixtureSearch) -> str:
    best = search.best_params_
    return f"{best['covariance_type']}, {best['n_components']}"


def searches() -> list[list[str]]:
    """What a default search chooses with gaps, and what it chooses without."""
    rows = []
    for name, X in tables():
        began = time.process_time()
        whole = mx.MixtureSearch(random_state=0).fit(X)
        seconds = time.process_time() - began
        for seed in range(SEEDS):
            Y = with_gaps(X, seed)
            began = time.process_time()
            gappy = mx.MixtureSearch(random_state=0).fit(Y)
            own = time.process_time() - began
            table = whole.results_
            types, numbers = (
                np.array(table[f"param_{p}"] if f"param_{p}" in table else table[p])
                for p in ("covariance_type", "n_components")
            )
            best = gappy.best_params_
            same = (types == best["covariance_type"]) & (numbers == best["n_components"])
            bic = np.array(table["bic"])
            behind = bic[same].min() - bic[whole.best_index_] if same.any() else np.nan
            if not np.isfinite(behind):
                there = mx.GaussianMixture(**best, n_init="thorough", random_state=0).fit(X)
                behind = there.bic(X) - bic[whole.best_index_]
            rows.append(
                [
                    name if seed == 0 else "",
                    f"{X.shape[0]} x {X.shape[1]}" if seed == 0 else "",
                    chosen(whole) if seed == 0 else "",
                    chosen(gappy),
                    f"{behind:.1f}",
                    f"{seconds:.2f}" if seed == 0 else "",
                    f"{own:.2f}",
                ]
            )
            print(*rows[-1], flush=True)
    return rows


def imputations() -> list[list[str]]:
    """Errors on cells that were removed, in deviations of their columns; means over seeds."""
    rows = []
    for name, X in tables():
        scale = X.std(axis=0)
        errors: dict[str, list[float]] = {}
        for seed in range(SEEDS):
            Y = with_gaps(X, seed)
            removed = np.isnan(Y)
            ways = {
                "column means": np.where(removed, np.nanmean(Y, axis=0), Y),
                "IterativeImputer": IterativeImputer(random_state=0, max_iter=50).fit_transform(Y),
                "one component": mx.GaussianMixture(random_state=0).fit(Y).impute(Y),
                "the search's choice": mx.MixtureSearch(random_state=0)
                .fit(Y)
                .best_estimator_.impute(Y),
            }
            for way, filled in ways.items():
                error = ((filled - X) / scale)[removed]
                errors.setdefault(way, []).append(float(np.sqrt(np.mean(error**2))))
        rows.append([name, *(f"{np.mean(values):.3f}" for values in errors.values())])
        print(*rows[-1], flush=True)
    return rows


def accelerated() -> list[list[str]]:
    """Passes that acceleration saves with gaps and without."""
    rows = []
    for name, X in tables():
        for k in (2, 3, 5):
            counts = []
            for Y in (X, with_gaps(X, 0)):
                made = [
                    mx.GaussianMixture(
                        k, n_init=1, random_state=0, acceleration=way, max_iter=5000, tol=1e-8
                    ).fit(Y)
                    for way in (None, "early")
                ]
                counts += [f"{made[0].n_iter_} / {made[1].n_iter_}"]
                counts += [f"{len(Y) * (made[1].lower_bound_ - made[0].lower_bound_):+.2g}"]
            rows.append([name, str(k), *counts])
            print(*rows[-1], flush=True)
    return rows


def passes() -> list[list[str]]:
    """Time of a pass with gaps, as a multiple of that of the complete table."""
    rows = []
    for n, d, share in (
        (100_000, 8, 0.1),
        (100_000, 32, 0.02),
        (100_000, 8, 0.3),
        (20_000, 64, 0.05),
    ):
        rng = np.random.default_rng(0)
        X = rng.normal(size=(n, d)) + 3.0 * rng.integers(5, size=(n, 1))
        sources = ArraySource(X), ArraySource(with_gaps(X, 1, share))
        for structure in (VVV, VVI):
            family = Gaussian(structure, np.zeros(d))
            mixture = em.begin(family, sources[0], random_responsibilities(5, (0,)))
            mixture = em.fit(mixture, sources[0]).mixture
            best = [np.inf, np.inf]
            for _ in range(ROUNDS):
                for i, source in enumerate(sources):
                    began = time.perf_counter()
                    em.e_step(mixture, source)
                    best[i] = min(best[i], time.perf_counter() - began)
            patterns = len(np.unique(np.isnan(sources[1].X), axis=0))
            rows.append(
                [
                    f"{n:,} x {d}",
                    f"{share:.0%}",
                    f"{patterns:,}",
                    structure.name,
                    f"{1e3 * best[0]:.1f}",
                    f"{1e3 * best[1]:.1f}",
                    f"{best[1] / best[0]:.2f}",
                ]
            )
            print(*rows[-1], flush=True)
    return rows


PARTS = {
    "Searches": (
        searches,
        ["table", "n x d", "whole", "with gaps", "BIC behind on the whole", "s", "s with gaps"],
        "The default search on the whole table, and on it without a tenth of its cells, from three "
        "seeds. *BIC behind* is what the choice with gaps has more of, on the whole table.",
    ),
    "Imputation": (
        imputations,
        ["table", "column means", "IterativeImputer", "one component", "the search's choice"],
        "Root mean squared error on the cells that were removed, in deviations of their columns; "
        "means over three seeds.",
    ),
    "Accelerated fits": (
        accelerated,
        ["table", "k", "plain / accelerated", "nats", "with gaps", "nats"],
        'Passes over the rows of plain EM and of `acceleration="early"` from the same start, and '
        "the difference of the log-likelihoods in which they end.",
    ),
    "Passes": (
        passes,
        ["table", "missing", "patterns", "structure", "ms", "ms with gaps", "ratio"],
        "An E-step with five components on one thread, the best of 15 in turns.",
    ),
}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--parts", nargs="+", choices=list(PARTS), default=list(PARTS))
    options.add_argument("--out", type=Path, default=HERE / "MISSING.md")
    asked = options.parse_args()
    warnings.simplefilter("ignore")
    page = [
        "# Tables with gaps",
        f"Made by `make bench-missing`. Processor: {processor()}, shared with others; kernel: "
        f"{kernels.describe()}.",
    ]
    for name in asked.parts:
        make, header, text = PARTS[name]
        page += [f"## {name}", text, "\n".join(lines_of(header, make()))]
    asked.out.write_text("\n\n".join(page) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
