"""Payloads to test with: small mixtures with known parameters, no fitting."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from mixtura.families.description import Bell, Curve, Marginal, Mass, Shares
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


def mixture(k: int, d: int, noise: float = 0.0, apart: float = 1.5, **more: Any) -> ModelSummary:
    """Components with unit variances, so many standard deviations apart along every column."""
    centers, unit = apart * np.arange(float(k)), np.ones(k)
    return summary(
        [Bell(centers + c, unit) for c in range(d)],
        noise=noise,
        spreads=lambda places: np.broadcast_to(np.eye(len(places)), (k, len(places), len(places))),
        structure="full",
        structure_text="each component has a shape of its own",
        **more,
    )


def counts(k: int, d: int, **more: Any) -> ModelSummary:
    """Components with rates of 2, 10, 18, ... in every column, and up to 39 of a count."""
    values, rates = np.arange(40.0), 2.0 + 8.0 * np.arange(k)[:, None]
    logs = values * np.log(rates) - np.cumsum(np.log(np.maximum(values, 1.0)))
    mass = np.exp(logs) / np.exp(logs).sum(axis=1, keepdims=True)
    marginal = Mass(rates[:, 0], np.sqrt(rates[:, 0]), values, mass)
    return summary([marginal] * d, family="poisson", **more)


def curves(k: int, d: int, **more: Any) -> ModelSummary:
    """Components with exponential densities of means 1, 4, 7, ..., the last without a variance."""
    values, means = np.linspace(0.0, 40.0, 200), 1.0 + 3.0 * np.arange(k)
    densities = np.exp(-values / means[:, None]) / means[:, None]
    deviations = np.where(np.arange(k) == k - 1, np.inf, means)
    return summary([Curve(means, deviations, values, densities)] * d, family="exponential", **more)


def categories(k: int, d: int, levels: Sequence[str] = "abc", **more: Any) -> ModelSummary:
    """Components that prefer one level each; the further right a column, the less so."""
    preferred = np.eye(len(levels))[np.arange(k) % len(levels)]
    marginals = []
    for c in range(d):
        share = 0.9 / (1.0 + 0.2 * c)
        even = np.full((k, len(levels)), (1.0 - share) / len(levels))
        marginals.append(Shares(tuple(levels), share * preferred + even))
    return summary(marginals, family="categorical", **more)


def summary(marginals: Sequence[Marginal], noise: float = 0.0, **more: Any) -> ModelSummary:
    """A model of such columns, independent ones unless `more` says how they spread."""
    first = marginals[0]
    k = len(first.probabilities if isinstance(first, Shares) else first.mean)
    weights = np.arange(1.0, k + 1.0)
    told: dict[str, Any] = {
        "spreads": lambda places: None,
        "family": "gaussian",
        "family_text": "such a component",
        "structure": "",
        "structure_text": "",
        "n_parameters": k * len(marginals),
    }
    return ModelSummary(
        weights=(1.0 - noise) * weights / weights.sum(),
        noise=NoiseSummary(weight=noise, density=1e-3) if noise else None,
        marginal=lambda place: marginals[place],
        **(told | more),
    )


def responsibilities(model: ModelSummary) -> Responsibilities:
    """Exact responsibilities for independent columns, from the cells that are not missing."""

    def evaluate(X: Floats) -> Floats:
        columns = range(X.shape[1])
        logs = np.log(model.weights) + sum(_observed(model.marginal(c), X[:, c]) for c in columns)
        if model.noise is not None:
            even = np.log(model.noise.weight * model.noise.density)
            logs = np.column_stack([logs, np.full(len(X), even)])
        shares: Floats = np.exp(logs - logs.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        return shares

    return evaluate


def _observed(marginal: Marginal, cells: Floats) -> Floats:
    """Log-densities (n, k); 0 where a cell is missing."""
    there = ~np.isnan(cells)
    some = _logs(marginal, cells[there])
    logs = np.zeros((len(cells), some.shape[1]))
    logs[there] = some
    return logs


def _logs(marginal: Marginal, cells: Floats) -> Floats:
    """Log-densities (n, k)."""
    if isinstance(marginal, Bell):
        z = (cells[:, None] - marginal.mean) / marginal.deviation
        logs: Floats = -0.5 * np.square(z) - np.log(np.sqrt(2 * np.pi) * marginal.deviation)
        return logs
    if isinstance(marginal, Curve):
        shapes = marginal.densities
        return np.log(np.array([np.interp(cells, marginal.values, shape) for shape in shapes]).T)
    return np.log(marginal.probabilities[:, cells.astype(int)].T)


def rows(model: ModelSummary, n: int, d: int = 4, seed: int = 0) -> Floats:
    """Draw rows from the mixture."""
    generator = np.random.default_rng(seed)
    shares = model.weights / model.weights.sum()
    component = generator.choice(len(model.weights), size=n, p=shares)
    noise = generator.normal(size=(n, d))
    columns = [_drawn(model.marginal(c), component, noise[:, c], generator) for c in range(d)]
    return np.stack(columns, axis=1)


def _drawn(
    marginal: Marginal, component: Any, noise: Floats, generator: np.random.Generator
) -> Floats:
    if isinstance(marginal, Bell):
        return marginal.mean[component] + marginal.deviation[component] * noise
    if isinstance(marginal, Curve):
        return np.minimum(generator.exponential(marginal.mean[component]), 40.0)
    p = marginal.probabilities
    codes = [generator.choice(p.shape[1], p=p[j] / p[j].sum()) for j in component]
    return np.array(codes, dtype=np.float64)


def candidate(k: int, structure: str, bic: float | None) -> Candidate:
    if bic is None:
        return Candidate(
            n_components=k,
            structure=structure,
            status="failed: singular",
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


def starts(ends: list[tuple[float, int, float]], failed: int = 0, known: bool = True) -> Starts:
    """From the objective, the number and the agreement of each optimum.

    Where it is known, as many rows are in other clusters as the agreement is short of 1.
    """
    optima = [
        Optimum(
            objective=o,
            times=t,
            agreement=a,
            moved=1.0 - a if known else None,
            ways=("splits", "k-means")[:t] if known else (),
        )
        for o, t, a in ends
    ]
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
    missing: float = 0.0,
    **more: Any,
) -> dict[str, object]:
    """A whole payload; `more` replaces arguments of `build_payload`.

    About so large a share of the cells is missing.
    """
    model = more.get("model") or mixture(k, d, noise)
    X = rows(model, n, d)
    if noise:
        X[: n // 10] = np.random.default_rng(1).uniform(-12, 12, (n // 10, d))
    X[np.random.default_rng(2).random(X.shape) < missing] = np.nan
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
