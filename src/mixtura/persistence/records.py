"""A fit's record as entries of a model file."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from mixtura.errors import MixturaError
from mixtura.estimators.options import ALGORITHMS, algorithm_of
from mixtura.fitting.missing import MissingCells
from mixtura.fitting.record import FitRecord, StageRecord
from mixtura.fitting.restarts import Optimum, Starts
from mixtura.mixture import Mixture
from mixtura.persistence.entries import (
    Entry,
    either,
    flag,
    made,
    number,
    optional,
    record,
    sequence,
    text,
    whole,
)
from mixtura.selection.scores import Scores
from mixtura.stopping import Outlook, Status

__all__ = ["record_document", "record_entry"]

# Criteria are twice a log-likelihood and more.
_MOST = 1e300


def record_document(fitted: FitRecord) -> dict[str, Any]:
    """A record, but for its mixture and its chain, as JSON values."""
    names = fitted.algorithm.names
    return {
        "algorithm": names[0] if len(names) == 1 else list(names),
        "weight": fitted.scores.weight,
        "log_likelihood": _nats(fitted.scores.log_likelihood),
        "log_certainty": _nats(fitted.scores.log_certainty),
        "entropy": fitted.scores.entropy,
        "n_parameters": fitted.n_parameters,
        "collapsed": list(fitted.collapsed),
        "spurious": list(fitted.spurious),
        "converged": fitted.converged,
        "status": fitted.status.text,
        "remaining": fitted.outlook.remaining,
        "rate": fitted.outlook.rate,
        "n_iter": fitted.n_iter,
        "objective": _nats(fitted.objective),
        "trace": [_nats(value) for value in fitted.trace],
        "starts": {
            "optima": [_optimum_document(optimum) for optimum in fitted.starts.optima],
            "n_failed": fitted.starts.n_failed,
        },
        "notes": list(fitted.notes),
        "n_known": fitted.n_known,
        **({} if fitted.missing is None else {"missing": asdict(fitted.missing)}),
        "past": [
            asdict(stage) | {"trace": [_nats(value) for value in stage.trace]}
            for stage in fitted.past
        ],
    }


def _nats(value: float) -> float | None:
    """JSON has no infinity: null stands for the -inf of a row that no component reaches."""
    return None if value == -math.inf else value


def _optimum_document(optimum: Optimum) -> dict[str, Any]:
    return asdict(optimum) | {"objective": _nats(optimum.objective)}


def record_entry(mixture: Mixture[Any, Any]) -> Entry[FitRecord]:
    """What `record_document` gives of a fit that ended at the mixture."""
    finite = number(-_MOST, _MOST)
    nats = optional(finite, null=-math.inf)
    components = sequence(whole(0, mixture.n_clusters - 1), distinct=True)
    name = text(*ALGORITHMS)
    stage = record({"name": text(), "n_iter": whole(0), "status": text(), "trace": sequence(nats)})
    optimum = record(
        {
            "objective": nats,
            "times": whole(1),
            "agreement": finite,
            "moved": number(0.0, 1.0),
            "ways": sequence(text()),
        },
        absent={"moved": 0.0, "ways": ()},
    )
    entries = record(
        {
            "algorithm": made(either(name, sequence(name)), algorithm_of),
            "weight": number(maximum=_MOST, above=0.0),
            "log_likelihood": nats,
            "log_certainty": nats,
            "entropy": finite,
            "n_parameters": whole(0),
            "collapsed": components,
            "spurious": components,
            "converged": flag(),
            "status": text(),
            "remaining": optional(finite),
            "rate": optional(finite),
            "n_iter": whole(0),
            "objective": nats,
            "trace": sequence(nats),
            "starts": record(
                {
                    "optima": sequence(made(optimum, lambda found: Optimum(**found))),
                    "n_failed": whole(0),
                }
            ),
            "notes": sequence(text()),
            "n_known": whole(0),
            "missing": made(_missing_entry(mixture), lambda found: MissingCells(**found)),
            "past": sequence(made(stage, lambda found: StageRecord(**found))),
        },
        absent={"missing": None, "past": ()},
    )
    return made(entries, lambda found: _record(mixture, found))


def _missing_entry(mixture: Mixture[Any, Any]) -> Entry[dict[str, Any]]:
    """What is kept of missing cells."""
    return record(
        {
            "cells": sequence(whole(0), length=mixture.n_features),
            "n_rows": whole(1),
            "n_empty": whole(0),
            "n_total": whole(1),
            "uncertainty": number(0.0, 1.0),
            "uncertainty_complete": optional(number(0.0, 1.0)),
        }
    )


def _record(mixture: Mixture[Any, Any], found: dict[str, Any]) -> FitRecord:
    if found["n_iter"] > len(found["trace"]):
        raise MixturaError(
            f"n_iter is {found['n_iter']}, but the trace has {len(found['trace'])} values."
        )
    outlook = Outlook(found.pop("remaining"), found.pop("rate"))
    return FitRecord(
        mixture=mixture,
        scores=Scores(*map(found.pop, ("weight", "log_likelihood", "log_certainty", "entropy"))),
        status=Status(found.pop("converged"), found.pop("status"), outlook=outlook),
        starts=Starts(**found.pop("starts")),
        **found,
    )
