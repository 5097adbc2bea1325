"""The report of a model, from what the command line knows."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from mixtura import __version__
from mixtura.cli.beside import beside_columns
from mixtura.cli.features import Features
from mixtura.cli.kept import NO_WISHES, KeptColumns, Wishes
from mixtura.cli.merges import entropy_summary, hills_summary
from mixtura.cli.readings import restraints_of
from mixtura.cli.table import Table
from mixtura.fitting.restarts import Optimum as Found
from mixtura.fitting.restarts import Starts
from mixtura.kernels.estep_dispatch import scorer
from mixtura.persistence.model_file import Model
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

# Agreement of two partitions that are equal, but for rounding.
_EQUAL = 1.0 - 1e-9


def report_page(
    model: Model,
    table: Table,
    features: Features,
    *,
    weight: FloatArray | None = None,
    search: SearchSummary | None = None,
    notes: Sequence[str] = (),
    wishes: Wishes = NO_WISHES,
) -> str:
    """The HTML page about a model and the rows of a table."""
    seen = scorer(model.mixture)
    payload = build_payload(
        features.values,
        lambda rows: seen.responsibilities(np.ascontiguousarray(rows)),
        table=_table(table, features, wishes),
        model=_model(model, features.values, weight),
        fit=_fit(model),
        search=search,
        weight=weight,
        notes=notes,
        generator=f"mixtura {__version__}",
    )
    return render(payload)


def _table(table: Table, features: Features, wishes: Wishes) -> TableSummary:
    kept = KeptColumns.of(table, wishes, features.names)
    return TableSummary(
        title=table.name,
        columns=features.names,
        row_numbers=np.arange(1, features.n_rows + 1)
        if table.row_numbers is None
        else table.row_numbers,
        rows_total=features.n_rows,
        left_out_columns=features.left_out,
        sampled_from=table.n_rows if table.sampled else None,
        row_names=kept.row_names(table),
        named_by="" if kept.label is None else table.names.listed[kept.label],
        beside=tuple(beside_columns(table, features, kept.label)),
    )


def _model(model: Model, rows: FloatArray, weight: FloatArray | None) -> ModelSummary:
    mixture, record, region = model.mixture, model.record, model.mixture.noise_region
    noise = None
    if region is not None:
        with np.errstate(over="ignore"):  # of a tiny volume; the page draws it in one column only
            density = float(np.exp(-region.log_volume))
        noise = NoiseSummary(weight=float(mixture.weights[-1]), density=density)
    params, description = mixture.params, model.description
    name, text = model.structure
    return ModelSummary(
        weights=mixture.clusters.weights,
        marginal=lambda place: description.marginal(params, place, model.schema),
        spreads=lambda places: description.dispersions(params, places),
        family=description.name,
        family_text=description.text,
        structure=name,
        structure_text=text,
        n_parameters=mixture.n_parameters,
        noise=noise,
        held=_held(model),
        prior="; ".join(words for term, words in restraints_of(model) if term == "Prior"),
        known=record.n_known if record else 0,
        collapsed=record.collapsed if record else (),
        spurious=record.spurious if record else (),
        names=model.cluster_names,
        hills=hills_summary(mixture),
        entropy=entropy_summary(mixture, rows, weight),
    )


def _held(model: Model) -> str:
    """What held the fit back, but for what the page tells apart: a prior and known clusters."""
    return "; ".join(
        words if term == "Held" else f"{term}: {words}"
        for term, words in restraints_of(model)
        if term not in ("Prior", "Known")
    )


def _fit(model: Model) -> FitSummary:
    record = model.record
    if record is None:
        return FitSummary(status="the model file does not tell how it was fitted")
    weight, outlook = record.scores.weight, record.outlook
    return FitSummary(
        algorithm=record.algorithm.name,
        status=record.status.text,
        converged=record.converged,
        n_iter=record.n_iter,
        weight=weight,
        log_likelihood=record.scores.log_likelihood,
        criteria=record.criteria,
        objective=record.objective_text,
        trace=[weight * objective for objective in record.trace],
        remaining=None if outlook.remaining is None else weight * outlook.remaining,
        rate=outlook.rate,
        starts=_starts(record.starts, weight) if record.algorithm.last.settles else None,
    )


def _starts(starts: Starts, weight: float) -> StartsSummary:
    return StartsSummary(
        made=starts.n_made,
        found_best=starts.n_best,
        failed=starts.n_failed,
        caution=starts.caution(weight),
        optima=[
            Optimum(
                objective=weight * optimum.objective,
                times=optimum.times,
                agreement=optimum.agreement,
                moved=None if _unknown(optimum) else optimum.moved,
                ways=optimum.ways,
            )
            for optimum in starts.optima
            if math.isfinite(optimum.objective)
        ],
    )


def _unknown(optimum: Found) -> bool:
    """Whether it is of an earlier model file, which has 0 for the share of rows that moved."""
    return optimum.moved == 0.0 and optimum.agreement < _EQUAL
