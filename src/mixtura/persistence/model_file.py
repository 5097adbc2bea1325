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
from mixtura.estimators.kept_parameters import kept_parameters, parameters_document
from mixtura.families.description import Bell, Description
from mixtura.families.family import Family, Parameters
from mixtura.families.gaussian.earlier_files import as_version_3
from mixtura.families.noise import Box, with_noise
from mixtura.families.registry import description_kept, description_of
from mixtura.families.schema import Column, Kind, Level, Schema
from mixtura.fitting.record import FitRecord
from mixtura.mixing_weights import FREE, EqualWeights, FixedWeights, FreeLast, Mixing
from mixtura.mixture import Mixture
from mixtura.persistence.entries import (
    Entry,
    anything,
    array,
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
    unexpected,
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

#: What may hold the weights of mixtures without noise and with it.
_MIXINGS: dict[bool, dict[str, Mixing]] = {
    noise: {mixing.text: mixing for mixing in (FREE, equal, FixedWeights())}
    for noise, equal in ((False, EqualWeights()), (True, FreeLast(EqualWeights())))
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
        The estimator's parameters, as far as they are plain values and not told by the mixture.
    record : FitRecord or None
        What is known of the fit; nothing for a model made by hand.
    cluster_names : tuple of str
        Of the first clusters, where these are known classes; there may be none.
    """

    mixture: Mixture[Any, Any]
    schema: Schema
    named: bool = True
    dtype: str = "float64"
    parameters: dict[str, Any] = field(default_factory=dict)
    record: FitRecord | None = None
    cluster_names: tuple[str, ...] = ()

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
        **({"cluster_names": list(model.cluster_names)} if model.cluster_names else {}),
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
        "parameters": parameters_document(model.parameters),
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


def _level(value: Any, place: str) -> Level:
    """Of each type as it is: true is not 1."""
    for kind, entry in _LEVELS.items():
        if isinstance(value, kind):
            level: Level = entry.read(value, place)
            return level
    raise unexpected(place, value, "a text, true or false, or a number")


# Python's booleans are integers, so they come first; longer integers are read as floats.
_LEVELS: dict[type, Entry[Any]] = {
    str: text(),
    bool: flag(),
    int: whole(1 - 10**18, 10**18 - 1),
    float: number(),
}

_COLUMN = record(
    {
        "name": text(),
        "kind": text(*(kind.value for kind in Kind)),
        "levels": sequence(Entry("a level", _level), distinct=True),
    }
)

_HEAD = record(
    {
        "family": text(),
        "options": mapping(anything()),
        "n_components": whole(1),
        "columns": sequence(_COLUMN),
        "named": flag(),
        "dtype": text("float64", "float32"),
        "arrays": mapping(nested()),
        "cluster_names": sequence(text(), distinct=True),
    },
    absent={"cluster_names": ()},
)


def _noise(d: int) -> Entry[dict[str, Any]]:
    limits = -_FURTHEST, _FURTHEST
    region = record({"center": array((d,), *limits), "edges": array((d, d), *limits)})
    return record({"noise": optional(made(region, _box))})


def _box(found: dict[str, Any]) -> Box:
    box = Box(**found)
    if not np.isfinite(box.log_volume):
        raise ModelFileError("its edges span no volume.")
    return box


def _body(mixture: Mixture[Any, Any], family: str) -> Entry[dict[str, Any]]:
    return record(
        {
            "parameters": record(kept_parameters(family, mixture), partial=True),
            "training": optional(record_entry(mixture)),
        }
    )


def _model(document: Any) -> Model:
    if not isinstance(document, dict) or document.get("format") != _FORMAT:
        raise ModelFileError(f"its 'format' is not {_FORMAT!r}. Is it some other file?")
    version = _VERSIONS.read(document, "")["version"]
    if version not in _UPGRADES:
        return _current(document)
    document = _UPGRADES[version](document)
    try:
        return _current(document)
    except ModelFileError as error:
        raise ModelFileError(f"it is of version {version}; read as version 3, {error}") from None


def _current(document: dict[str, Any]) -> Model:
    head = _HEAD.read(document, "")
    described = made(text(), lambda name: description_kept(name, head["options"]))
    description: Description[Any, Any] = described.read(head["family"], "family")
    schema = _schema(head["columns"], description, named=head["named"])
    family, params = description.restored(head["options"], head["arrays"], schema)
    k = params.n_components
    if head["n_components"] != k:
        raise unexpected("n_components", head["n_components"], f"{k}, as its arrays are of {k}")
    names = head["cluster_names"]
    if len(names) > k:
        raise unexpected("cluster_names", list(names), f"{k} names at most")
    region = _noise(len(schema)).read(document, "")["noise"]
    if region is not None and Kind.CONTINUOUS not in description.kinds:
        raise unexpected("noise", document["noise"], "null: it is for columns of measurements")
    mixture = _mixture(document, with_noise(family, region), params, noise=region is not None)
    if Kind.CONTINUOUS in description.kinds:
        _check_bells(mixture, description_of(family), schema)
    body = _body(mixture, description.name).read(document, "")
    plain, training = body["parameters"], body["training"]
    return Model(mixture, schema, head["named"], head["dtype"], plain, training, names)


def _mixture(
    document: dict[str, Any], family: Family[Any, Any], params: Parameters, *, noise: bool
) -> Mixture[Any, Any]:
    entries: dict[str, Entry[Any]] = {
        "weights": array((params.n_components + noise,), 0.0),
        "mixing": text(*_MIXINGS[noise]),
    }
    found = record(entries).read(document, "")
    weights, mixing = _normalized(found["weights"]), _MIXINGS[noise][found["mixing"]]
    return Mixture(family, params, weights, mixing)


# ---------------------------------------------------------------------------------------------
# What they may hold together


def _schema(
    columns: tuple[dict[str, Any], ...], description: Description[Any, Any], *, named: bool
) -> Schema:
    if not columns:
        raise ModelFileError("its entry 'columns' is empty; it should have one column or more.")
    if named:
        sequence(text(), distinct=True).read([column["name"] for column in columns], "columns")
    kinds = text(*(kind.value for kind in Kind if kind in description.kinds))
    for a, column in enumerate(columns):
        kind = Kind(kinds.read(column["kind"], f"columns[{a}].kind"))
        n_levels = len(column["levels"])
        if kind is Kind.BINARY and n_levels not in (0, 2):
            raise unexpected(f"columns[{a}].levels", list(column["levels"]), "none or two")
        if n_levels and not Column(column["name"], kind).has_levels:
            raise unexpected(f"columns[{a}].levels", list(column["levels"]), "empty")
    return Schema(
        tuple(Column(each["name"], Kind(each["kind"]), each["levels"]) for each in columns)
    )


def _normalized(weights: FloatArray) -> FloatArray:
    total = float(weights.sum())
    if abs(total - 1.0) > _NEARLY:
        raise ModelFileError(f"its 'weights' sum to {total:.9g}; they should sum to 1.")
    return weights if abs(total - 1.0) <= _ROUNDING else weights / total


def _check_bells(
    mixture: Mixture[Any, Any], description: Description[Any, Any], schema: Schema
) -> None:
    """See that bells are near enough for distances between them to be computed.

    And the noise: in deviations, along each column.
    """
    region = mixture.noise_region
    for a, column in enumerate(schema):
        bell = description.marginal(mixture.params, a, schema)
        if not isinstance(bell, Bell):
            continue
        ends = np.concatenate([bell.mean - bell.deviation, bell.mean + bell.deviation])
        if region is not None:
            reach = 0.5 * np.abs(region.edges[:, a]).sum()
            ends = np.append(ends, [region.center[a] - reach, region.center[a] + reach])
        apart = (ends.max() - ends.min()) / bell.deviation.min()
        if apart > _FURTHEST:
            raise ModelFileError(
                f"its components lie up to {apart:.3g} standard deviations apart, in column "
                f"{column.name!r}; they should lie within {_FURTHEST:g}."
            )
