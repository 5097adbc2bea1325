"""The report of a model, from what the command line knows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mixtura import __version__
from mixtura.cli.features import Features
from mixtura.cli.table import Table
from mixtura.model_file import Model
from mixtura.registry import COVARIANCE_TYPES
from mixtura.report import (
    FitSummary,
    ModelSummary,
    NoiseSummary,
    SearchSummary,
    Starts,
    TableSummary,
    build_payload,
    render,
)
from mixtura.typing import FloatArray

__all__ = ["report_page"]


def report_page(
    model: Model,
    table: Table,
    features: Features,
    *,
    weight: FloatArray | None = None,
    search: SearchSummary | None = None,
    notes: Sequence[str] = (),
) -> str:
    """The HTML page about a model and the complete rows of a table."""
    payload = build_payload(
        features.rows,
        model.mixture.responsibilities,
        table=_table(table, features),
        model=_model(model),
        fit=_fit(model),
        search=search,
        weight=weight,
        notes=notes,
        generator=f"mixtura {__version__}",
    )
    return render(payload)


def _table(table: Table, features: Features) -> TableSummary:
    return TableSummary(
        title=table.name,
        columns=features.names,
        row_numbers=features.complete.nonzero()[0] + 1,
        rows_total=features.n_total,
        left_out_columns=features.left_out,
    )


def _model(model: Model) -> ModelSummary:
    mixture = model.mixture
    noise = None
    if model.noise is not None:
        with np.errstate(over="ignore"):  # of a tiny volume; the page draws it in one column only
            density = float(np.exp(-model.noise.log_volume))
        noise = NoiseSummary(weight=float(mixture.weights[-1]), density=density)
    return ModelSummary(
        weights=mixture.clusters.weights,
        means=mixture.params.means,
        covariances=mixture.params.covariances.matrices(),
        structure=model.covariance_type,
        structure_text=COVARIANCE_TYPES[model.covariance_type].text,
        n_parameters=mixture.n_parameters,
        noise=noise,
    )


def _fit(model: Model) -> FitSummary:
    training = model.training
    if training is None:
        return FitSummary(status="the model file does not tell how it was fitted")
    weight = training.scores.weight
    return FitSummary(
        algorithm=model.algorithm,
        status=training.status,
        converged=training.converged,
        n_iter=training.n_iter,
        log_likelihood=training.scores.log_likelihood,
        criteria=training.criteria,
        trace=[weight * objective for objective in training.trace],
        starts=Starts(
            made=training.starts.n_made,
            found_best=training.starts.n_best,
            log_likelihoods=[
                weight * optimum.objective
                for optimum in training.starts.optima
                for _ in range(optimum.times)
            ],
        ),
    )
