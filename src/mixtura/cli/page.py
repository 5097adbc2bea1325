"""The report of a model, from what the command line knows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mixtura import __version__
from mixtura.cli.features import Features
from mixtura.cli.table import Table
from mixtura.cli.wording import prior_text
from mixtura.estimators.gaussian_vocabulary import COVARIANCE_TYPES
from mixtura.estimators.options import ALGORITHMS
from mixtura.fitting.restarts import Starts
from mixtura.persistence.model_file import Model
from mixtura.persistence.training import Training
from mixtura.report import (
    FitSummary,
    ModelSummary,
    NoiseSummary,
    Optimum,
    SearchSummary,
    TableSummary,
    build_payload,
    render,
)
from mixtura.report import Starts as StartsSummary
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
    mixture, training = model.mixture, model.training
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
        held=str(model.constraints),
        prior=prior_text(training.prior) if training and training.prior else "",
        known=training.n_known if training else 0,
        collapsed=training.collapsed if training else (),
        spurious=training.spurious if training else (),
    )


def _fit(model: Model) -> FitSummary:
    training = model.training
    if training is None:
        return FitSummary(status="the model file does not tell how it was fitted")
    weight, outlook = training.scores.weight, training.outlook
    return FitSummary(
        algorithm=model.algorithm,
        status=training.status,
        converged=training.converged,
        n_iter=training.n_iter,
        weight=weight,
        log_likelihood=training.scores.log_likelihood,
        criteria=training.criteria,
        objective=_objective(model.algorithm, training),
        trace=[weight * objective for objective in training.trace],
        remaining=None if outlook.remaining is None else weight * outlook.remaining,
        rate=outlook.rate,
        starts=_starts(training.starts, weight) if ALGORITHMS[model.algorithm].settles else None,
    )


def _objective(algorithm: str, training: Training) -> str:
    known = " given the known clusters" if training.n_known else ""
    prior = " plus log prior" if training.prior else ""
    return ALGORITHMS[algorithm].objective + known + prior


def _starts(starts: Starts, weight: float) -> StartsSummary:
    return StartsSummary(
        made=starts.n_made,
        found_best=starts.n_best,
        failed=starts.n_failed,
        optima=[
            Optimum(
                objective=weight * optimum.objective,
                times=optimum.times,
                agreement=optimum.agreement,
            )
            for optimum in starts.optima
        ],
        caution=starts.caution,
    )
