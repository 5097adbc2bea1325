"""The result of `fit`: its three files, and what is told of it as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from mixtura.cli.assignments import Assignments, assign
from mixtura.cli.destination import check_folder
from mixtura.cli.features import Features
from mixtura.cli.frames import write_frame
from mixtura.cli.names import unique_names
from mixtura.cli.page import report_page
from mixtura.cli.remarks import remarks
from mixtura.cli.search import Found
from mixtura.cli.table import Table
from mixtura.cli.wording import count
from mixtura.persistence.atomic_files import Staging
from mixtura.persistence.model_file import Model, write_model
from mixtura.persistence.training import Training
from mixtura.report import SearchSummary
from mixtura.typing import FloatArray

__all__ = [
    "FitResult",
    "check_places",
    "components_of",
    "data_document",
    "deviations_of",
    "feature_names",
    "flags_of",
    "model_document",
    "notes_on",
    "places",
    "write_results",
]


@dataclass(frozen=True)
class FitResult:
    """A fitted model with everything that is told of it.

    Attributes
    ----------
    table : Table
    features : Features
    model : Model
    training : Training
    assignments : Assignments
    search : SearchSummary
    notes : tuple of str
        On the table, the columns and the fit.
    files : dict of str to Path
        Where 'model', 'assignments' and 'report' go.
    """

    table: Table
    features: Features
    model: Model
    training: Training
    assignments: Assignments
    search: SearchSummary
    notes: tuple[str, ...]
    files: dict[str, Path]

    @classmethod
    def of(cls, table: Table, features: Features, found: Found, files: dict[str, Path]) -> Self:
        """What was found, with the assignments that follow from it."""
        training = found.model.training
        assert training is not None  # it was just fitted
        return cls(
            table,
            features,
            found.model,
            training,
            assign(found.model.mixture, features),
            found.summary,
            (*notes_on(table, features, "; their assignments are empty"), *found.notes),
            files,
        )

    def document(self) -> dict[str, Any]:
        """The result as JSON values."""
        return {
            "data": data_document(self.table, self.features),
            "model": {
                "n_components": len(self.model.means),
                "covariance_type": self.model.covariance_type,
                "n_parameters": self.training.n_parameters,
                "constraints": str(self.model.constraints),
                "prior": self.training.document()["prior"],
                "components": components_of(self.model, self.features.names, self.assignments),
                **_noise_of(self.model, {"rows": self.assignments.n_noise}),
            },
            "fit": {
                "criterion": self.search.criterion,
                **self.search.candidates[self.search.best].criteria,
                "probability": self.search.candidates[self.search.best].probability,
                "probabilities": {str(k): p for k, p in self.search.probabilities},
                "candidates": len(self.search.candidates),
                "standings": self.search.standings,
                **_course(self.training),
            },
            "certainty": {
                "share_sure": self.assignments.share_sure,
                "mean_uncertainty": self.assignments.mean_uncertainty,
            },
            "notes": list(self.notes),
            "files": {name: str(path) for name, path in self.files.items()},
        }


def places(folder: Path, table: Table) -> dict[str, Path]:
    """Where the three files go; assignments in the format of the table."""
    names = ("model.json", f"assignments.{table.format}", "report.html")
    return {name.split(".")[0]: folder / name for name in names}


def check_places(files: dict[str, Path], data: Path) -> None:
    """See that they can be written, before the work is done in vain."""
    check_folder(files["model"].parent, [file.name for file in files.values()], [data])


def write_results(result: FitResult, weight: FloatArray | None) -> None:
    """Write the three files, all together or not at all."""
    page = report_page(
        result.model,
        result.table,
        result.features,
        weight=weight,
        search=result.search,
        notes=result.notes,
    )
    with Staging() as staging:
        staging.folder(result.files["model"].parent)
        write_model(result.model, staging.place(result.files["model"]))
        write_frame(
            result.assignments.frame(),
            staging.place(result.files["assignments"]),
            result.table.format,
        )
        staging.place(result.files["report"]).write_text(page, encoding="utf-8")


def notes_on(table: Table, features: Features, of_gaps: str = "") -> tuple[str, ...]:
    """What there is to know of the data, and what becomes of rows with missing cells."""
    missing = features.n_total - len(features.rows)
    gaps = [f"{count(missing, 'row')} left out for missing cells{of_gaps}."] if missing else []
    return (*table.notes, *features.notes, *gaps, *remarks(features))


def data_document(table: Table, features: Features) -> dict[str, Any]:
    """The table and the columns used, as JSON values."""
    return {
        "file": table.name,
        "rows": features.n_total,
        "rows_used": len(features.rows),
        "columns": list(features.names),
        "columns_left_out": dict(features.left_out),
    }


def deviations_of(model: Model) -> FloatArray:
    """Standard deviation of each component in each column, (k, d)."""
    return np.sqrt(model.mixture.params.covariances.variances)


def flags_of(model: Model, component: int) -> tuple[str, ...]:
    """What there is to doubt about a component, in a word each."""
    training = model.training
    raised = {
        "collapsed": training is not None and component in training.collapsed,
        "spurious": training is not None and component in training.spurious,
        "empty": bool(model.weights[component] == 0.0),
    }
    return tuple(flag for flag, holds in raised.items() if holds)


def model_document(model: Model) -> dict[str, Any]:
    """What a model file holds, as JSON values."""
    training = model.training
    names = feature_names(model)
    document: dict[str, Any] = {
        "columns": list(names),
        "n_components": len(model.means),
        "covariance_type": model.covariance_type,
        "n_parameters": model.mixture.n_parameters,
        "constraints": str(model.constraints),
        "components": components_of(model, names),
        **_noise_of(model, {}),
    }
    if training is not None:
        document["fit"] = {
            **training.criteria,
            "rows_weight": training.scores.weight,
            **_course(training),
        }
        document["prior"] = training.document()["prior"]
        document["notes"] = list(training.notes)
    return document


def _course(training: Training) -> dict[str, Any]:
    """How the fit went, as JSON values."""
    starts, told = training.starts, training.document()
    return {
        "log_likelihood": training.scores.log_likelihood,
        "converged": training.converged,
        "status": training.status,
        "iterations": training.n_iter,
        "remaining": told["remaining"],
        "rate": told["rate"],
        "starts": starts.n_made,
        "starts_at_best": starts.n_best,
        "starts_failed": starts.n_failed,
        "optima": told["starts"]["optima"],
    }


def _noise_of(model: Model, told: dict[str, Any]) -> dict[str, Any]:
    """An entry for the noise, if there is any."""
    if model.noise is None:
        return {}
    volume = model.noise.log_volume
    return {"noise": {"weight": float(model.weights[-1]), **told, "log_volume": volume}}


def feature_names(model: Model) -> tuple[str, ...]:
    """The model's names of its columns, or 'column_1', ... if it has none."""
    return tuple(model.feature_names or unique_names([""] * model.means.shape[1]))


def components_of(
    model: Model, names: tuple[str, ...], assignments: Assignments | None = None
) -> list[dict[str, Any]]:
    """Each component's weight, size, means and standard deviations as plain values."""
    deviations = deviations_of(model)
    components = []
    for j, weight in enumerate(model.mixture.clusters.weights.tolist()):
        size = {} if assignments is None else {"rows": int(assignments.sizes[j])}
        components.append(
            {
                "cluster": j,
                "weight": weight,
                **size,
                "remarks": list(flags_of(model, j)),
                "mean": dict(zip(names, model.means[j].tolist(), strict=True)),
                "sd": dict(zip(names, deviations[j].tolist(), strict=True)),
            }
        )
    return components
