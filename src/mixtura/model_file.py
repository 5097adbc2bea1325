"""The model file: versioned JSON with exact floats. Reading it runs no code.

`docs/model-file.md` describes its entries, and the tables here say what each may hold. A file is
either read into a model that works, or refused with the entry, its value and what was expected.
What is written is checked by the same tables, so that it can be read.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from mixtura.entries import (
    Entry,
    array,
    either,
    flag,
    made,
    number,
    optional,
    parsed,
    record,
    sequence,
    text,
    unexpected,
    whole,
)
from mixtura.errors import DegenerateError, MixturaError, ModelFileError
from mixtura.families import Box, Gaussian, GaussianParameters, with_noise
from mixtura.mixture import Mixture
from mixtura.registry import (
    ACCELERATIONS,
    ALGORITHMS,
    COVARIANCE_TYPES,
    EFFORTS,
    FIXABLE,
    STARTS,
    Constraints,
    CovarianceType,
)
from mixtura.statistics import Moments
from mixtura.training import Training, training_entry
from mixtura.typing import AnyArray, FloatArray

__all__ = ["PARAMETERS", "Model", "read_model", "write_model"]

_FORMAT = "mixtura-model"
_VERSION = 2

# Beyond these, differences and their squares are no ordinary numbers: no table that can be fitted
# comes near.
_FURTHEST = 1e100
_NARROWEST, _WIDEST = 1e-200, 1e200

# Weights of float32 sum to 1 with an error of the first size, those of float64 of the second.
_NEARLY, _ROUNDING = 1e-6, 1e-12


@dataclass(frozen=True)
class Model:
    """What a model file holds.

    Attributes
    ----------
    covariance_type : str
    weights : ndarray of shape (k,), or (k + 1,) with noise
    means : ndarray of shape (k, d)
    covariances : ndarray
        In the shape that goes with the covariance type.
    feature_names : sequence of str or None
    dtype : str
        'float64', or 'float32' for a model of a float32 table.
    parameters : dict
        The estimator's parameters, as far as they are plain values.
    training : Training or None
        What is known of the fit; nothing for a model made by hand.
    noise : Box or None
        The region of the noise, if one component is noise.
    """

    covariance_type: str
    weights: AnyArray
    means: AnyArray
    covariances: AnyArray
    feature_names: Sequence[str] | None = None
    dtype: str = "float64"
    parameters: dict[str, Any] = field(default_factory=dict)
    training: Training | None = None
    noise: Box | None = None

    @property
    def algorithm(self) -> str:
        """Name of the algorithm that fitted it."""
        return str(self.parameters.get("algorithm", "em"))

    @property
    def constraints(self) -> Constraints:
        """What its M-steps did not move."""
        parameters = self.parameters
        return Constraints.of(
            parameters.get("equal_weights", False),
            parameters.get("fixed"),
            noise=self.noise is not None,
        )

    @cached_property
    def mixture(self) -> Mixture[GaussianParameters, Moments]:
        """The model as a mixture, ready to assign rows."""
        k, d = self.means.shape
        kind = COVARIANCE_TYPES[self.covariance_type]
        covariances = kind.layout.from_covariances(self.covariances, k, d)
        gaussian = Gaussian(kind.structure, np.zeros(d), fixed_means=self.constraints.fixed_means)
        return Mixture(
            with_noise(gaussian, self.noise),
            GaussianParameters(self.means, covariances),
            self.weights,
            self.constraints.mixing,
        )


def write_model(model: Model, path: Path) -> None:
    """Write a model file. To keep an old one until the new one is complete, use `Staging`.

    Raises
    ------
    ModelFileError
        If the model has a value that no model file may hold.
    """
    document = _document(model)
    try:
        _model(document)
    except MixturaError as error:
        raise ModelFileError(f"The model cannot be saved as a model file: {error}") from None
    # Nothing but ASCII would do too, but people read names in these files.
    written = json.dumps(document, indent=1, allow_nan=False, ensure_ascii=False)
    path.write_text(written + "\n", encoding="utf-8")


def _document(model: Model) -> dict[str, Any]:
    return {
        "format": _FORMAT,
        "version": _VERSION,
        "family": "gaussian",
        "covariance_type": model.covariance_type,
        "n_components": len(model.means),
        "n_features": model.means.shape[1],
        "feature_names": model.feature_names,
        "dtype": model.dtype,
        "weights": model.weights.tolist(),
        "means": model.means.tolist(),
        "covariances": model.covariances.tolist(),
        "noise": None if model.noise is None else _noise_document(model.noise),
        "parameters": model.parameters,
        "training": None if model.training is None else model.training.document(),
    }


def _noise_document(region: Box) -> dict[str, Any]:
    return {"centre": region.centre.tolist(), "edges": region.edges.tolist()}


def read_model(path: Path) -> Model:
    """Read a model file.

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


_HEAD = record(
    {
        "format": text(_FORMAT),
        "version": Entry("a version", _known_version),
        "family": text("gaussian"),
        "covariance_type": text(*COVARIANCE_TYPES),
        "n_components": whole(1),
        "n_features": whole(1),
        "dtype": text("float64", "float32"),
    },
    absent={"dtype": "float64"},
)

#: Parameters of the estimator; start arrays, priors of one's own and generators are not kept.
PARAMETERS: dict[str, Entry[Any]] = {
    "tol": number(0.0),
    "reg_covar": number(0.0),
    "max_iter": whole(0),
    "n_init": either(whole(1), text(*EFFORTS)),
    "init_params": text(*STARTS),
    "random_state": optional(whole(0, 2**32 - 1)),
    "warm_start": either(flag(), whole(0, 1)),
    "algorithm": text(*ALGORITHMS),
    "acceleration": optional(text(*ACCELERATIONS)),
    "equal_weights": flag(),
    "fixed": optional(either(text(*FIXABLE), sequence(text(*FIXABLE)))),
    "prior": optional(text("default")),
    "noise": either(flag(), number(above=0.0)),
}


def _noise(d: int) -> Entry[dict[str, Any]]:
    limits = -_FURTHEST, _FURTHEST
    region = record({"centre": array((d,), *limits), "edges": array((d, d), *limits)})
    return record({"noise": optional(made(region, _box))})


def _body(kind: CovarianceType, k: int, d: int, *, n_weights: int) -> Entry[dict[str, Any]]:
    return record(
        {
            "feature_names": optional(sequence(text(), d, distinct=True)),
            "weights": array((n_weights,), 0.0),
            "means": array((k, d), -_FURTHEST, _FURTHEST),
            "covariances": array(kind.layout.shape(k, d), -_WIDEST, _WIDEST),
            "parameters": record(PARAMETERS, partial=True),
            "training": optional(training_entry(k, d)),
        },
        absent={"feature_names": None, "training": None},
    )


def _model(document: Any) -> Model:
    if not isinstance(document, dict) or document.get("format") != _FORMAT:
        raise ModelFileError(f"its 'format' is not {_FORMAT!r}. Is it some other file?")
    head = _HEAD.read(document, "")
    k, d = head["n_components"], head["n_features"]
    kind = COVARIANCE_TYPES[head["covariance_type"]]
    if kind.one_dimensional and d > 1:
        raise unexpected("n_features", d, f"1: {head['covariance_type']!r} is for one column")
    # Version 1 is the same without noise.
    region = None if head["version"] == 1 else _noise(d).read(document, "")["noise"]
    body = _body(kind, k, d, n_weights=k if region is None else k + 1).read(document, "")
    model = Model(
        head["covariance_type"],
        _normalised(body["weights"]),
        body["means"],
        body["covariances"],
        body["feature_names"],
        head["dtype"],
        body["parameters"],
        body["training"],
        region,
    )
    _check_covariances(model)
    _check_distances(model)
    return model


# ---------------------------------------------------------------------------------------------
# What they may hold together


def _normalised(weights: FloatArray) -> FloatArray:
    total = float(weights.sum())
    if abs(total - 1.0) > _NEARLY:
        raise ModelFileError(f"its 'weights' sum to {total:.9g}; they should sum to 1.")
    return weights if abs(total - 1.0) <= _ROUNDING else weights / total


def _box(found: dict[str, Any]) -> Box:
    box = Box(**found)
    if not np.isfinite(box.log_volume):
        raise ModelFileError("its edges span no volume.")
    return box


def _check_covariances(model: Model) -> None:
    """Invertible, and what their type can show: symmetric, or with nothing off the diagonal."""
    kind, given = COVARIANCE_TYPES[model.covariance_type], model.covariances
    along_axes = kind.structure.diagonal and given.ndim < 3
    variances = given if along_axes else np.diagonal(given, axis1=-2, axis2=-1)
    if not variances.min() >= _NARROWEST:
        raise ModelFileError(
            f"its 'covariances' have a variance of {variances.min():.3g}; it should be from "
            f"{_NARROWEST:g} to {_WIDEST:g}."
        )
    try:
        covariances = model.mixture.params.covariances
    except DegenerateError:
        least = np.linalg.eigvalsh(given)[..., 0].min()
        raise ModelFileError(
            "its 'covariances' have a matrix that is singular or not positive definite: its "
            f"smallest eigenvalue is {least:.3g}; it should be above 0 to working precision."
        ) from None
    shown = kind.layout.show(covariances).covariances
    if not np.allclose(shown, given, rtol=1e-9, atol=0.0):
        raise ModelFileError(f"its 'covariances' are not of type {model.covariance_type!r}.")


def _check_distances(model: Model) -> None:
    """Near enough for distances between components to be computed, in standard deviations."""
    deviations = np.sqrt(model.mixture.params.covariances.variances)
    corners = [model.means - deviations, model.means + deviations]
    if model.noise is not None:
        reach = 0.5 * np.abs(model.noise.edges).sum(axis=0)
        corners += [model.noise.centre[None] - reach, model.noise.centre[None] + reach]
    ends = np.concatenate(corners)
    apart = (ends.max(axis=0) - ends.min(axis=0)) / deviations.min(axis=0)
    if apart.max() > _FURTHEST:
        raise ModelFileError(
            f"its components lie up to {apart.max():.3g} standard deviations apart, in column "
            f"{int(apart.argmax())}; they should lie within {_FURTHEST:g}."
        )
    largest = np.abs(model.means).max()
    if largest > np.finfo(model.dtype).max:
        raise ModelFileError(f"its 'means' reach {largest:.3g}, which no {model.dtype} can hold.")
