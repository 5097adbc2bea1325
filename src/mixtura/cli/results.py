"""The result of `fit`: its three files, and what is told of it as plain values."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from mixtura.cli.assignments import Assignments
from mixtura.cli.destination import check_folder
from mixtura.cli.family import Choice
from mixtura.cli.features import Features
from mixtura.cli.frames import write_blocks, write_parts
from mixtura.cli.kept import Wishes
from mixtura.cli.names import unique_names
from mixtura.cli.page import report_page
from mixtura.cli.readings import flags_of, marginals_of
from mixtura.cli.remarks import remarks
from mixtura.cli.search import Found
from mixtura.cli.table import Table
from mixtura.cli.tally import Tally
from mixtura.cli.warned import in_options
from mixtura.families.description import Marginal, Shares
from mixtura.fitting.missing import MissingCells
from mixtura.fitting.record import FitRecord
from mixtura.persistence.atomic_files import Staging
from mixtura.persistence.model_file import Model, write_model
from mixtura.persistence.records import record_document
from mixtura.report import SearchSummary
from mixtura.report.characterization import characterizations, in_words
from mixtura.selection.whole_table import Confirmed
from mixtura.typing import FloatArray

__all__ = [
    "FitResult",
    "check_places",
    "components_of",
    "data_document",
    "feature_names",
    "model_document",
    "notes_on",
    "places",
    "written",
]


@dataclass(frozen=True)
class FitResult:
    """A fitted model with everything that is told of it.

    Attributes
    ----------
    table : Table
    choice : Choice
    features : Features
    model : Model
    record : FitRecord
    tally : Tally
        Of all rows.
    weight : ndarray of shape (n,) or None
        Of the table's rows.
    search : SearchSummary
    notes : tuple of str
        On the table, the columns and the fit.
    files : dict of str to Path
        Where 'model', 'assignments' and 'report' go.
    confirmed : Confirmed or None
        How the best models on a sample of a large table compared on all rows.
    """

    table: Table
    choice: Choice
    features: Features
    model: Model
    record: FitRecord
    tally: Tally
    weight: FloatArray | None
    search: SearchSummary
    notes: tuple[str, ...]
    files: dict[str, Path]
    confirmed: Confirmed | None = None

    @property
    def criteria(self) -> dict[str, float | None]:
        """Those of the model; on all rows of a large table as far as these tell."""
        of_search = self.search.candidates[self.search.best].criteria
        if self.confirmed is None:
            return dict(of_search)
        return {name: _known(self.record.criteria.get(name)) for name in of_search}

    @classmethod
    def of(
        cls,
        table: Table,
        choice: Choice,
        features: Features,
        found: Found,
        files: dict[str, Path],
        weight: FloatArray | None,
        tally: Tally,
    ) -> Self:
        """What was found, with how many rows were assigned to which cluster."""
        record = found.model.record
        assert record is not None  # it was just fitted
        return cls(
            table,
            choice,
            features,
            found.model,
            record,
            tally,
            weight,
            found.summary,
            (
                *choice.notes,
                *notes_on(table, features),
                *found.notes,
            ),
            files,
            found.confirmed,
        )

    def document(self) -> dict[str, Any]:
        """The result as JSON values."""
        return {
            "data": {
                **data_document(self.table, self.features),
                "missing": None
                if self.record.missing is None
                else _missing_document(self.record.missing, self.features.names),
            },
            "model": {
                **_model_entries(self.model),
                "family_reason": self.choice.why,
                "components": components_of(self.model, self.features.names, self.tally),
                **_noise_of(self.model, _size_of(self.tally, -1)),
            },
            "fit": {
                "criterion": self.search.criterion,
                **self.criteria,
                "probability": self.search.candidates[self.search.best].probability,
                "probabilities": {str(k): p for k, p in self.search.probabilities},
                "at_limit": self.search.at_limit,
                "candidates": len(self.search.candidates),
                "standings": self.search.standings,
                **_course(self.record),
                **_sample_of(self.confirmed, self.record.sampled),
            },
            "certainty": {
                "share_sure": self.tally.share_sure,
                "mean_uncertainty": self.tally.mean_uncertainty,
                "share_unlike": self.tally.share_unlike,
            },
            "notes": list(self.notes),
            "files": {name: str(path) for name, path in self.files.items()},
        }


def places(folder: Path, table: Table) -> dict[str, Path]:
    """Where the three files go; assignments in the format of the table."""
    names = ("model.json", f"assignments.{table.format}", "report.html")
    return {name.split(".")[0]: folder / name for name in names}


def check_places(files: dict[str, Path], data: Sequence[Path]) -> None:
    """See that they can be written, before the work is done in vain."""
    check_folder(files["model"].parent, [file.name for file in files.values()], data)


def written(
    found: Found,
    parts: Assignments | Iterator[Assignments],
    table: Table,
    choice: Choice,
    features: Features,
    files: dict[str, Path],
    weight: FloatArray | None,
    wishes: Wishes,
) -> FitResult:
    """The result of a fit, whose three files appear together, or not at all."""
    with Staging() as staging:
        staging.folder(files["model"].parent)
        # One after the other: errors of the system tell of the file that was begun last.
        write_model(found.model, staging.place(files["model"]))
        tally = _write_assignments(parts, staging.place(files["assignments"]), table.format)
        result = FitResult.of(table, choice, features, found, files, weight, tally)
        _write_report(result, wishes, staging.place(files["report"]))
    return result


def _write_report(result: FitResult, wishes: Wishes, path: Path) -> None:
    """Write the page about a result."""
    page = report_page(
        result.model,
        result.table,
        result.features,
        weight=result.weight,
        search=result.search,
        notes=tuple(filter(None, (*result.notes, result.record.sampled))),
        wishes=wishes,
    )
    path.write_text(page, encoding="utf-8")


def _write_assignments(parts: Assignments | Iterator[Assignments], path: Path, kind: str) -> Tally:
    """Write those of a table, or of a large one part by part, and count its rows."""
    if isinstance(parts, Assignments):
        write_blocks(parts.blocks(), path, kind)
        return parts.tally
    return write_parts(parts, path, kind)


def notes_on(table: Table, features: Features) -> tuple[str, ...]:
    """What there is to know of the data."""
    return (*table.notes, *features.notes, *remarks(features))


def data_document(table: Table, features: Features) -> dict[str, Any]:
    """The table and the columns used, as JSON values."""
    return {
        "file": table.name,
        "rows": table.n_rows,
        "rows_used": table.n_rows,
        **({"rows_in_sample": features.n_rows} if table.sampled else {}),
        "columns": list(features.names),
        "columns_left_out": dict(features.left_out),
    }


def model_document(model: Model) -> dict[str, Any]:
    """What a model file holds, as JSON values."""
    record, names = model.record, feature_names(model)
    document: dict[str, Any] = {
        "columns": list(names),
        **_model_entries(model),
        "components": components_of(model, names),
        **_noise_of(model, {}),
    }
    if record is not None and record.missing is not None:
        document["missing"] = _missing_document(record.missing, names)
    if record is not None:
        document["fit"] = {
            **{name: _finite(value) for name, value in record.criteria.items()},
            "rows_weight": record.scores.weight,
            **_course(record),
        }
        document["notes"] = list(record.notes)
    return document


def _missing_document(missing: MissingCells, names: Sequence[str]) -> dict[str, Any]:
    """Missing cells by column, and how sure such rows are, as JSON values."""
    return {**asdict(missing), "cells": dict(zip(names, missing.cells, strict=True))}


def _model_entries(model: Model) -> dict[str, Any]:
    """What there is to tell of a model as a whole, as JSON values."""
    mixture = model.mixture
    return {
        "n_components": mixture.n_clusters,
        "family": model.description.name,
        "structure": model.structure[0],
        "n_parameters": mixture.n_parameters,
        "mixing": mixture.mixing.text,
        "options": model.description.options(mixture.clusters.family),
    }


def _course(record: FitRecord) -> dict[str, Any]:
    """How the fit went, as JSON values."""
    starts, told = record.starts, record_document(record)
    return {
        "log_likelihood": told["log_likelihood"],
        "converged": record.converged,
        "status": record.status.text,
        "iterations": record.n_iter,
        "remaining": told["remaining"],
        "rate": told["rate"],
        "starts": starts.n_made,
        "starts_at_best": starts.n_best,
        "starts_failed": starts.n_failed,
        "optima": told["starts"]["optima"],
    }


def _sample_of(confirmed: Confirmed | None, sampled: str) -> dict[str, Any]:
    """An entry for the sample of a large table on which models were compared."""
    if confirmed is None:
        return {}
    return {
        "sample": {
            "text": sampled,
            "rows": confirmed.n_sample,
            "order_held": confirmed.held,
            "on_all_rows": {in_options(name): v for name, v in confirmed.values.items()},
        }
    }


def _known(value: float | None) -> float | None:
    return None if value is None else _finite(value)


def _finite(value: float) -> float | None:
    """JSON has no infinity: criteria where some row is out of reach, deviations of heavy tails."""
    return value if math.isfinite(value) else None


def _noise_of(model: Model, told: dict[str, Any]) -> dict[str, Any]:
    """An entry for the noise, if there is any."""
    region = model.mixture.noise_region
    if region is None:
        return {}
    weight = float(model.mixture.weights[-1])
    return {"noise": {"weight": weight, **told, "log_volume": region.log_volume}}


def feature_names(model: Model) -> tuple[str, ...]:
    """The model's names of its columns, or 'column_1', ... if it has none."""
    return model.feature_names or tuple(unique_names([""] * len(model.schema)))


def components_of(
    model: Model, names: tuple[str, ...], tally: Tally | None = None
) -> list[dict[str, Any]]:
    """Each component's weight, size and what it makes of each column, as plain values."""
    of_columns, weights = marginals_of(model), model.mixture.clusters.weights
    marginals = list(zip(names, of_columns, strict=True))
    words = [in_words(sentence) for sentence in characterizations(of_columns, names, weights)]
    called = model.cluster_names
    components = []
    for j, weight in enumerate(weights.tolist()):
        size = {} if tally is None else _size_of(tally, j)
        components.append(
            {
                "cluster": j,
                **({"name": called[j]} if j < len(called) else {}),
                "weight": weight,
                **size,
                "remarks": list(flags_of(model, j)),
                "words": words[j],
                **_readings(marginals, j),
            }
        )
    return components


def _size_of(tally: Tally, place: int) -> dict[str, Any]:
    """Rows of a cluster, or of noise, and what they count where rows have weights."""
    rows = {"rows": int(tally.rows[place])}
    weight = float(tally.sizes[place])
    return {**rows, "rows_weight": weight} if tally.weighted else rows


def _readings(marginals: list[tuple[str, Marginal]], j: int) -> dict[str, dict[str, Any]]:
    """Means and standard deviations of a component by column, and probabilities of levels.

    A deviation that is infinite, as of heavy tails, is null.
    """
    of_numbers = [(name, m) for name, m in marginals if not isinstance(m, Shares)]
    of_levels = [(name, m) for name, m in marginals if isinstance(m, Shares)]
    told: dict[str, dict[str, Any]] = {}
    if of_numbers:
        told["mean"] = {name: float(m.mean[j]) for name, m in of_numbers}
        told["sd"] = {name: _finite(float(m.deviation[j])) for name, m in of_numbers}
    if of_levels:
        told["probabilities"] = {
            name: dict(zip(m.levels, m.probabilities[j].tolist(), strict=True))
            for name, m in of_levels
        }
    return told
