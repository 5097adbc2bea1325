"""The model file: versioned JSON with exact floats. Reading it runs no code.

`docs/model-file.md` describes its entries. A file is refused, with the reason, when it is not
complete JSON, is of another format or of a later version, or has an entry that is missing or
of the wrong shape.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from mixtura.errors import MixturaError, ModelFileError
from mixtura.estimators.gaussian_vocabulary import COVARIANCE_TYPES
from mixtura.estimators.options import Constraints
from mixtura.families import Box, Gaussian, GaussianParameters, with_noise
from mixtura.mixture import Mixture
from mixtura.persistence.training import Training
from mixtura.statistics import Moments
from mixtura.typing import AnyArray

__all__ = ["Model", "read_model", "write_model"]

_FORMAT = "mixtura-model"
_VERSION = 2


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
    feature_names : list of str or None
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
    feature_names: list[str] | None = None
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

    @property
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
    """Write a model file. To keep an old one until the new one is complete, use `Staging`."""
    text = json.dumps(_document(model), indent=1, allow_nan=False, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")


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
    return {"centre": region.center.tolist(), "edges": region.edges.tolist()}


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
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise ModelFileError(
            f"{path} is not a complete model file ({error}). Was it cut short? Fit the model anew."
        ) from None
    try:
        return _model(document)
    except MixturaError as error:
        raise ModelFileError(f"{path} cannot be used as a model file: {error}") from None


def _model(document: Any) -> Model:
    if not isinstance(document, dict) or document.get("format") != _FORMAT:
        raise ModelFileError(f"its 'format' is not {_FORMAT!r}. Is it some other file?")
    _check_version(document)
    covariance_type = _entry(document, "covariance_type", str)
    if _entry(document, "family", str) != "gaussian" or covariance_type not in COVARIANCE_TYPES:
        raise ModelFileError(
            f"its family {document['family']!r} with covariance_type {covariance_type!r} is "
            "unknown to this version of mixtura."
        )
    k = _entry(document, "n_components", int)
    d = _entry(document, "n_features", int)
    kind = COVARIANCE_TYPES[covariance_type]
    if kind.one_dimensional and d > 1:
        raise ModelFileError(f"its covariance_type {covariance_type!r} is for one column, not {d}.")
    noise = _noise(document, d)
    model = Model(
        covariance_type,
        _weights(document, k, noise),
        _array(document, "means", (k, d)),
        _array(document, "covariances", kind.layout.shape(k, d)),
        _names(document, d),
        _dtype(document),
        _entry(document, "parameters", dict),
        None if document.get("training") is None else Training.read(_training(document)),
        noise,
    )
    _check_covariances(model)
    return model


def _check_covariances(model: Model) -> None:
    """Invertible, and what their type can show: symmetric, or with nothing off the diagonal."""
    covariances = model.mixture.params.covariances
    shown = COVARIANCE_TYPES[model.covariance_type].layout.show(covariances).covariances
    if not np.allclose(shown, model.covariances, rtol=1e-9, atol=0.0):
        raise ModelFileError(f"its 'covariances' are not of type {model.covariance_type!r}.")


def _noise(document: dict[str, Any], d: int) -> Box | None:
    """The region of the noise; None without noise, and in a file of version 1."""
    if document["version"] == 1 or ("noise" in document and document["noise"] is None):
        return None
    entry = _entry(document, "noise", dict)
    region = Box(_array(entry, "centre", (d,)), _array(entry, "edges", (d, d)))
    if not np.isfinite(region.log_volume):
        raise ModelFileError("its 'noise' has edges that span no volume.")
    return region


def _names(document: dict[str, Any], d: int) -> list[str] | None:
    names = document.get("feature_names")
    if names is None:
        return None
    if (
        not isinstance(names, list)
        or len(names) != d
        or not all(isinstance(name, str) for name in names)
    ):
        raise ModelFileError(f"its 'feature_names' should be null or a list of {d} names.")
    return names


def _dtype(document: dict[str, Any]) -> str:
    dtype = _entry(document, "dtype", str)
    if dtype not in ("float32", "float64"):
        raise ModelFileError(f"its 'dtype' is {dtype!r}; it should be float32 or float64.")
    return str(dtype)


def _training(document: dict[str, Any]) -> dict[str, Any]:
    entry: dict[str, Any] = _entry(document, "training", dict)
    return entry


def _check_version(document: dict[str, Any]) -> None:
    version = _entry(document, "version", int)
    if version > _VERSION:
        raise ModelFileError(
            f"it is of version {version}, and this version of mixtura reads up to {_VERSION}. "
            "Update mixtura."
        )
    if version < 1:
        raise ModelFileError(f"its version {version} does not exist.")


def _entry(document: dict[str, Any], name: str, kind: type) -> Any:
    if name not in document:
        raise ModelFileError(f"its entry {name!r} is missing.")
    value = document[name]
    if not isinstance(value, kind) or isinstance(value, bool):
        raise ModelFileError(f"its entry {name!r} should be of type {kind.__name__}.")
    return value


def _array(document: dict[str, Any], name: str, shape: tuple[int, ...]) -> AnyArray:
    entry = _entry(document, name, list)
    try:
        array = np.array(entry)
    except ValueError:  # rows of different lengths
        array = np.array(None)
    if array.dtype.kind not in "iuf":
        raise ModelFileError(f"its entry {name!r} is not an array of numbers.")
    if array.shape != shape:
        raise ModelFileError(f"its entry {name!r} has shape {array.shape}, expected {shape}.")
    if not np.isfinite(array).all():
        raise ModelFileError(f"its entry {name!r} has values that are not finite.")
    return array.astype(np.float64)


def _weights(document: dict[str, Any], k: int, noise: Box | None) -> AnyArray:
    weights = _array(document, "weights", (k if noise is None else k + 1,))
    if k < 1 or weights.min() < 0.0 or not np.isclose(weights.sum(), 1.0):
        raise ModelFileError("its 'weights' should be 0 or more and sum to 1.")
    return weights
