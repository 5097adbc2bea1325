"""The report of a model about some rows, and what it tells of the model and its fit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mixtura import __version__
from mixtura.fitting.restarts import Optimum as Found
from mixtura.fitting.restarts import Starts
from mixtura.kernels.estep_dispatch import scorer
from mixtura.mixing_weights import FREE
from mixtura.persistence.model_file import Model
from mixtura.report.merges import entropy_summary, hills_summary
from mixtura.report.page import render
from mixtura.report.payload import build_payload
from mixtura.report.summaries import (
    FitSummary,
    ModelSummary,
    NoiseSummary,
    Optimum,
    SearchSummary,
    TableSummary,
)
from mixtura.report.summaries import Starts as StartsSummary
from mixtura.typing import FloatArray

__all__ = ["fit_summary", "model_summary", "page_of", "restraints_of"]

# Agreement of two partitions that are equal, but for rounding.
_EQUAL = 1.0 - 1e-9


def page_of(
    model: Model,
    rows: FloatArray,
    table: TableSummary,
    *,
    weight: FloatArray | None = None,
    search: SearchSummary | None = None,
    notes: Sequence[str] = (),
) -> str:
    """The HTML page about a model and rows (n, d) of a table."""
    seen = scorer(model.mixture)
    payload = build_payload(
        rows,
        lambda block: seen.responsibilities(np.ascontiguousarray(block)),
        table=table,
        model=replace(
            model_summary(model),
            hills=hills_summary(model.mixture),
            entropy=entropy_summary(model.mixture, rows, weight),
        ),
        fit=fit_summary(model),
        search=search,
        weight=weight,
        notes=notes,
        generator=f"mixtura {__version__}",
    )
    return render(payload)


def restraints_of(model: Model) -> list[tuple[str, str]]:
    """What held the fit back: terms, and what is to be said of them."""
    mixture, record = model.mixture, model.record
    told = [] if mixture.mixing == FREE else [("Held", mixture.mixing.text)]
    told += model.description.restraints(mixture.clusters.family)
    if record is not None and record.n_known:
        rows = f"{record.n_known:,} row{'' if record.n_known == 1 else 's'}"
        told.append(("Known", f"{rows} whose cluster was given"))
    return told


def model_summary(model: Model) -> ModelSummary:
    """The clusters of a model, as its description has them."""
    mixture, record, region = model.mixture, model.record, model.mixture.noise_region
    noise = None
    if region is not None:
        with np.errstate(over="ignore"):  # of a tiny volume; it is drawn in one column only
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
    )


def _held(model: Model) -> str:
    """What held the fit back, but for what the page tells apart: a prior and known clusters."""
    return "; ".join(
        words if term == "Held" else f"{term}: {words}"
        for term, words in restraints_of(model)
        if term not in ("Prior", "Known")
    )


def fit_summary(model: Model) -> FitSummary:
    """How a model was fitted, as far as it is known."""
    record = model.record
    if record is None:
        return FitSummary(status="it is not known how the model was fitted")
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
