"""How often intervals of nominally 90 % cover the truth: benchmarks/COVERAGE.md."""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import mixtura as mx
from mixtura.families import (
    Categorical,
    CategoricalParameters,
    Gaussian,
    GaussianParameters,
    Poisson,
    PoissonParameters,
)
from mixtura.families.gaussian.structures import VII, VVV, AxisCovariances, DenseCovariances
from mixtura.families.registry import description_of
from mixtura.mixture import Mixture

LEVEL = 0.9
REPLICATIONS = {"information": 2000, "bootstrap": 300, "weighted": 300}
DRAWS = 200
MARK = "## Now\n"


@dataclass(frozen=True)
class Design:
    """A mixture, tables of which are fitted, and the sizes of these."""

    name: str
    truth: Mixture[Any, Any]
    estimator: Callable[..., Any]
    sizes: tuple[int, ...]

    @property
    def numbers(self) -> Mapping[str, np.ndarray]:
        own = description_of(self.truth.family).arrays(self.truth.params)
        return {"weights": self.truth.weights, **own}


def normals(apart: float) -> Mixture[Any, Any]:
    """Two normals with deviations 1 and 1.5."""
    params = GaussianParameters(
        np.array([[0.0], [apart]]), AxisCovariances(np.array([[1.0], [2.25]]))
    )
    return Mixture(Gaussian(VII, np.zeros(1)), params, np.array([0.6, 0.4]))


def clouds() -> Mixture[Any, Any]:
    """Two clouds in the plane, of any shape."""
    covariances = np.array([[[1.0, 0.5], [0.5, 1.0]], [[2.0, -0.7], [-0.7, 1.0]]])
    params = GaussianParameters(
        np.array([[0.0, 0.0], [4.0, 1.0]]), DenseCovariances.of(covariances)
    )
    return Mixture(Gaussian(VVV, np.zeros(2)), params, np.array([0.5, 0.5]))


def counts() -> Mixture[Any, Any]:
    return Mixture(Poisson(), PoissonParameters(np.array([[2.0], [9.0]])), np.array([0.7, 0.3]))


def answers() -> Mixture[Any, Any]:
    """Two classes of people, who answer five questions of two or three levels."""
    family = Categorical((2, 2, 2, 3, 3))
    first = [0.8, 0.2, 0.7, 0.3, 0.85, 0.15, 0.6, 0.3, 0.1, 0.7, 0.2, 0.1]
    second = [0.2, 0.8, 0.2, 0.8, 0.3, 0.7, 0.1, 0.3, 0.6, 0.2, 0.2, 0.6]
    params = CategoricalParameters(np.array([first, second]), family.levels)
    return Mixture(family, params, np.array([0.6, 0.4]))


def designs() -> list[Design]:
    def gaussian(kind: str) -> Callable[..., Any]:
        return lambda **made: mx.GaussianMixture(2, covariance_type=kind, reg_covar=0.0, **made)

    return [
        Design("two normals, 5 apart", normals(5.0), gaussian("spherical"), (100, 400)),
        Design("two normals, 3 apart", normals(3.0), gaussian("spherical"), (200, 1600)),
        Design("two clouds in the plane, `full`", clouds(), gaussian("full"), (200, 800)),
        Design(
            "Poisson, rates 2 and 9", counts(), lambda **m: mx.PoissonMixture(2, **m), (100, 400)
        ),
        Design(
            "two latent classes, 5 questions",
            answers(),
            lambda **m: mx.CategoricalMixture(2, **m),
            (200, 800),
        ),
    ]


def covered(design: Design, n: int, method: str, seed: int) -> dict[str, np.ndarray] | None:
    """Which of the true numbers lie in their intervals, NaN where there are none."""
    rng = np.random.default_rng((seed, n))
    X, _ = design.truth.sample(n, rng)
    start = design.truth.responsibilities(X)
    model = design.estimator(init_params=start, n_init=1, tol=1e-9, max_iter=5000, random_state=0)
    try:
        found = model.fit(X).uncertainty(
            X, method=method, n_draws=DRAWS, level=LEVEL, random_state=seed
        )
    except mx.MixturaError:
        return None
    return {
        name: np.where(
            np.isnan(found.standard_errors[name]),
            np.nan,
            interval.covers(design.numbers[name]).astype(float),
        )
        for name, interval in found.intervals().items()
    }


def line(design: Design, n: int, method: str, replications: int) -> Iterator[str]:
    """A line for each kind of parameter: the share that is covered, and its standard error."""
    made = [covered(design, n, method, seed) for seed in range(replications)]
    kept = [each for each in made if each is not None]
    for name in design.numbers:
        values = np.stack([each[name].ravel() for each in kept])
        if name == "weights":
            values = values[:, :1]  # the other one is the rest
        without = np.isnan(values).mean()
        shares = np.nanmean(values, axis=1)
        shares = shares[~np.isnan(shares)]
        share, error = shares.mean(), shares.std(ddof=1) / np.sqrt(len(shares))
        off = (share - LEVEL) / error if error else 0.0
        yield (
            f"| {design.name} | {n} | {method} | {name} | {100 * share:.1f} | {100 * error:.1f} "
            f"| {off:+.1f} | {100 * without:.2g} | {replications - len(kept)} |"
        )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--replications", type=int, help="for all methods")
    parser.add_argument("--only", nargs="*", help="words of the designs' names")
    parser.add_argument("--methods", nargs="*", default=list(REPLICATIONS))
    page = Path(__file__).with_name("COVERAGE.md")
    parser.add_argument("--out", type=Path, default=page)
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    lines = [
        "| design | rows | method | parameter | covered, % | standard error | errors off "
        "| without, % | failed |",
        "|---|---:|---|---|---:|---:|---:|---:|---:|",
    ]
    for design in designs():
        if asked.only and not any(word in design.name for word in asked.only):
            continue
        for n in design.sizes:
            for method in asked.methods:
                replications = asked.replications or REPLICATIONS[method]
                lines += line(design, n, method, replications)
                print(*lines[-len(design.numbers) :], sep="\n", flush=True)
    before = page.read_text(encoding="utf-8").split(MARK)[0]
    asked.out.write_text(before + MARK + "\n" + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
