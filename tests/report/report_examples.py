"""Payloads to test with: small mixtures with known parameters, no fitting."""

from typing import Any

import numpy as np

from mixtura.report import (
    Candidate,
    FitSummary,
    ModelSummary,
    NoiseSummary,
    Optimum,
    SearchSummary,
    Starts,
    TableSummary,
    build_payload,
)
from mixtura.report.payload import Responsibilities
from mixtura.report.summaries import Floats


def mixture(
    k: int, d: int, noise: float = 0.0, diagonal: bool = False, **more: Any
) -> ModelSummary:
    """Components with unit covariances, 1.5 standard deviations apart along every column."""
    unit = np.ones(d) if diagonal else np.eye(d)
    weights = np.arange(1.0, k + 1.0)
    return ModelSummary(
        weights=(1.0 - noise) * weights / weights.sum(),
        noise=NoiseSummary(weight=noise, density=1e-3) if noise else None,
        means=1.5 * np.arange(float(k))[:, None] + np.arange(float(d))[None, :],
        covariances=np.stack([unit] * k),
        structure="full",
        structure_text="each component has its own full covariance",
        n_parameters=k * (d + 1) * (d + 2) // 2 - 1,
        **more,
    )


def responsibilities(model: ModelSummary) -> Responsibilities:
    """Exact responsibilities for components with unit covariances."""

    def evaluate(X: Floats) -> Floats:
        squares = ((X[:, None, :] - model.means[None, :, :]) ** 2).sum(axis=2)
        logs = np.log(model.weights) - squares / 2
        if model.noise is not None:
            peak = -0.5 * X.shape[1] * np.log(2 * np.pi)
            even = np.log(model.noise.weight * model.noise.density) - peak
            logs = np.column_stack([logs, np.full(len(X), even)])
        shares: Floats = np.exp(logs - logs.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        return shares

    return evaluate


def rows(model: ModelSummary, n: int, seed: int = 0) -> Floats:
    """Draw rows from the mixture."""
    generator = np.random.default_rng(seed)
    shares = model.weights / model.weights.sum()
    component = generator.choice(len(model.weights), size=n, p=shares)
    drawn: Floats = model.means[component] + generator.normal(size=(n, model.means.shape[1]))
    return drawn


def candidate(k: int, structure: str, bic: float | None) -> Candidate:
    if bic is None:
        return Candidate(
            n_components=k,
            structure=structure,
            status="failed: singular covariance",
            standing="failed",
            criteria={"bic": None, "aic": None, "icl": None, "cv": None},
        )
    return Candidate(
        n_components=k,
        structure=structure,
        status="converged",
        standing="finished" if k > 1 else "left behind",
        n_parameters=6 * k,
        log_likelihood=-bic / 2,
        criteria={"bic": bic, "aic": bic - 30.0, "icl": bic + 20.0, "cv": None},
        probability=0.125,
    )


def search(best: int) -> SearchSummary:
    values: dict[str, list[float | None]]
    values = {"full": [5400.0, 5200.0, 5100.0, None], "tied": [5410.0, 5230.0, 5150.0, 5140.0]}
    made = [candidate(k, s, bic) for s, line in values.items() for k, bic in enumerate(line, 1)]
    return SearchSummary(
        criterion="bic", best=best, candidates=made, probabilities=[(1, 0.1), (3, 0.9)]
    )


def starts(ends: list[tuple[float, int, float]], failed: int = 0) -> Starts:
    """From the objective, the number and the agreement of each optimum."""
    optima = [Optimum(objective=o, times=t, agreement=a) for o, t, a in ends]
    made = failed + sum(optimum.times for optimum in optima)
    return Starts(made=made, found_best=optima[0].times, failed=failed, optima=optima)


def fit(trace: list[float] | None = None) -> FitSummary:
    return FitSummary(
        algorithm="em",
        status="converged: the objective no longer rose by more than the tolerance",
        converged=True,
        n_iter=4,
        weight=342.0,
        log_likelihood=-2500.0,
        criteria={"bic": 5100.0, "aic": 5070.0, "icl": 5120.0},
        trace=[-2600.0, -2520.0, -2501.0, -2500.0] if trace is None else trace,
        remaining=1e-6,
        rate=0.5,
        starts=starts([(-2500.0, 4, 1.0), (-2510.0, 1, 0.6)]),
    )


def example(
    n: int = 342,
    d: int = 4,
    k: int = 3,
    columns: list[str] | None = None,
    title: str = "penguins.csv",
    noise: float = 0.0,
    diagonal: bool = False,
    **more: Any,
) -> dict[str, object]:
    """A whole payload; `more` replaces arguments of `build_payload`."""
    model = mixture(k, d, noise, diagonal)
    X = rows(model, n)
    if noise:
        X[: n // 10] = np.random.default_rng(1).uniform(-12, 12, (n // 10, d))
    arguments: dict[str, Any] = {
        "table": TableSummary(
            title=title,
            columns=columns or [f"column_{c}" for c in range(d)],
            row_numbers=np.arange(2, n + 2),
            rows_total=n + 2,
            left_out_columns=[("species", "text, not numbers")],
        ),
        "model": model,
        "fit": fit(),
        "search": search(best=2),
        "notes": ["2 rows with missing cells were left out."],
        "generator": "mixtura 0.0.0",
    }
    return build_payload(X, responsibilities(model), **(arguments | more))
