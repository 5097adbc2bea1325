"""The model file: versioned JSON with exact floats. Reading it runs no code.

`docs/model-file.md` describes its entries, and the tables here say what each may hold; what a
family keeps, its description knows. A file is either read into a model that works, or refused
with the entry, its value and what was expected. What is written is checked by the same tables, so
that it can be read.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from mixtura.errors import MixturaError, ModelFileError
from mixtura.families.description import Description
from mixtura.families.gaussian.earlier_files import as_version_3
from mixtura.families.noise import Box, with_noise
from mixtura.families.registry import DESCRIPTIONS, description_named, description_of
from mixtura.families.schema import Column, Kind, Schema
from mixtura.fitting.record import FitRecord
from mixtura.mixing_weights import FREE, EqualWeights, FixedWeights, FreeLast, Mixing
from mixtura.mixture import Mixture
from mixtura.persistence.entries import (
    Entry,
    anything,
    array,
    either,
    flag,
    made,
    mapping,
    nested,
    number,
    optional,
    parsed,
    record,
    sequence,
    text,
    whole,
)
from mixtura.persistence.records import record_document, record_entry
from mixtura.typing import FloatArray

__all__ = ["Model", "read_model", "write_model"]

_FORMAT = "mixtura-model"
_VERSION = 3

#: What makes a document of the next version of one of an earlier version.
_UPGRADES: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {
    1: as_version_3,
    2: as_version_3,
}

# Beyond this, differences and their squares are no ordinary numbers: no table that can be fitted
# comes near.
_FURTHEST = 1e100

# Weights of float32 sum to 1 with an error of the first size, those of float64 of the second.
_NEARLY, _ROUNDING = 1e-6, 1e-12

_MIXINGS: dict[str, Mixing] = {
    mixing.text: mixing
    for mixing in (FREE, EqualWeights(), FreeLast(EqualWeights()), FixedWeights())
}


@dataclass(frozen=True, eq=False)
class Model:
    """What a model file holds.

    Attributes
    ----------
    mixture : Mixture
    schema : Schema
        The columns that it was fitted to.
    named : bool
        Whether their names are those of a table.
    dtype : str
        'float64', or 'float32' for a model of a float32 table.
    parameters : dict
        The estimator's parameters, as far as they are plain values.
    record : FitRecord or None
        What is known of the fit; nothing for a model made by hand.
    """

    mixture: Mixture[Any, Any]
    schema: Schema
    named: bool = True
    dtype: str = "float64"
    parameters: dict[str, Any] = field(default_factory=dict)
    record: FitRecord | None = None

    @property
    def feature_names(self) -> tuple[str, ...] | None:
        """The columns' names, if they have any."""
        return self.schema.names if self.named else None

    @property
    def description(self) -> Description[Any, Any]:
        """Of the family of its clusters."""
        return description_of(self.mixture.family)

    @property
    def structure(self) -> tuple[str, str]:
        """A short name of the family's structure, and the structure in words."""
        return self.description.structure(self.mixture.clusters.family)


def write_model(model: Model, path: Path) -> None:
    """Write a model file. To keep an old one until the new one is complete, use `Staging`.

    Raises
    ------
    ModelFileError
        If the model has a value that no model file may hold.
    """
    try:
        document = _document(model)
        _model(document)
    except MixturaError as error:
        raise ModelFileError(f"The model cannot be saved as a model file: {error}") from None
    # Nothing but ASCII would do too, but people read names in these files.
    written = json.dumps(document, indent=1, allow_nan=False, ensure_ascii=False)
    path.write_text(written + "\n", encoding="utf-8")


def _document(model: Model) -> dict[str, Any]:
    mixture, description, region = model.mixture, model.description, model.mixture.noise_region
    return {
        "format": _FORMAT,
        "version": _VERSION,
        "family": description.name,
        "options": description.options(mixture.clusters.family),
        "n_components": mixture.n_clusters,
        "columns": [_column_document(column) for column in model.schema],
        "named": model.named,
        "dtype": model.dtype,
        "weights": mixture.weights.tolist(),
        "mixing": mixture.mixing.text,
        "arrays": {
            name: values.tolist() for name, values in description.arrays(mixture.params).items()
        },
        "noise": None
        if region is None
        else {"center": region.center.tolist(), "edges": region.edges.tolist()},
        "parameters": model.parameters,
        "training": None if model.record is None else record_document(model.record),
    }


def _column_document(column: Column) -> dict[str, Any]:
    return {"name": column.name, "kind": column.kind.value, "levels": list(column.levels)}


def read_model(path: Path) -> Model:
    """Read a model file, of this version or an earlier one.

    Raises
    ------
    ModelFileError
        If the file cannot be used; the message says why.
    OSError
        If it cannot be read at all.
    """
    try:
        return _model(_read(path))
    except MixturaError as error:
        raise ModelFileError(f"{path} cannot be used as a model file: {error}") from None


def _read(path: Path) -> Any:
    try:
        return parsed(path.read_text(encoding="utf-8-sig"))
    except MixturaError:
        raise
    except (ValueError, RecursionError) as error:
        raise ModelFileError(
            f"it is not complete ({error}). Was it cut short? Fit the model anew."
        ) from None


# ---------------------------------------------------------------------------------------------
# What the entries may hold


def _known_version(value: Any, place: str) -> int:
    version = whole(1).read(value, place)
    if version > _VERSION:
        raise ModelFileError(
            f"it is of version {version}, and this version of mixtura reads up to {_VERSION}. "
            "Update mixtura."
        )
    return version


_VERSIONS = record({"version": Entry("a version", _known_version)})

_COLUMN = made(
    record(
        {
            "name": text(),
            "kind": text(*(kind.value for kind in Kind)),
            "levels": sequence(either(text(), flag(), whole(-(2**53)), number()), distinct=True),
        }
    ),
    lambda found: Column(found["name"], Kind(found["kind"]), found["levels"]),
)

_HEAD = record(
    {
        "family": text(*(description.name for description in DESCRIPTIONS.values())),
        "options": mapping(anything()),
        "n_components": whole(1),
        "columns": sequence(_COLUMN),
        "named": flag(),
        "dtype": text("float64", "float32"),
        "mixing": text(*_MIXINGS),
        "arrays": mapping(nested()),
        "parameters": mapping(anything()),
    }
)


def _noise(d: int) -> Entry[dict[str, Any]]:
    limits = -_FURTHEST, _FURTHEST
    region = record({"center": array((d,), *limits), "edges": array((d, d), *limits)})
    return record({"noise": optional(made(region, _box))})


def _model(document: Any) -> Model:
    if not isinstance(document, dict) or document.get("format") != _FORMAT:
        raise ModelFileError(f"its 'format' is not {_FORMAT!r}. Is it some other file?")
    version = _VERSIONS.read(document, "")["version"]
    document = _UPGRADES[version](document) if version in _UPGRADES else document
    head = _HEAD.read(document, "")
    schema = _schema(head["columns"], named=head["named"])
    region = _noise(len(schema)).read(document, "")["noise"]
    family, params = description_named(head["family"]).restored(
        head["options"], head["arrays"], schema
    )
    k = head["n_components"]
    if params.n_components != k:
        raise ModelFileError(
            f"its entry 'n_components' is {k}, but its arrays are of {params.n_components}."
        )
    weights = array((k if region is None else k + 1,), 0.0).read(document.get("weights"), "weights")
    mixing = _MIXINGS[head["mixing"]]
    mixture = Mixture(with_noise(family, region), params, _normalized(weights), mixing)
    training = optional(record_entry(mixture)).read(document.get("training"), "training")
    return Model(mixture, schema, head["named"], head["dtype"], head["parameters"], training)


def _schema(columns: tuple[Column, ...], *, named: bool) -> Schema:
    names = [column.name for column in columns]
    if not names:
        raise ModelFileError("its entry 'columns' is empty; it should have one column or more.")
    if named and len(set(names)) < len(names):
        twice = next(name for i, name in enumerate(names) if name in names[:i])
        raise ModelFileError(f"its entry 'columns' has {twice!r} more than once.")
    return Schema(columns)


def _normalized(weights: FloatArray) -> FloatArray:
    total = float(weights.sum())
    if abs(total - 1.0) > _NEARLY:
        raise ModelFileError(f"its 'weights' sum to {total:.9g}; they should sum to 1.")
    return weights if abs(total - 1.0) <= _ROUNDING else weights / total


def _box(found: dict[str, Any]) -> Box:
    box = Box(**found)
    if not np.isfinite(box.log_volume):
        raise ModelFileError("its edges span no volume.")
    return box
