"""Model files of versions 1 and 2, which knew Gaussian mixtures alone, as those of version 3."""

from __future__ import annotations

from typing import Any

import numpy as np

from mixtura.errors import ModelFileError
from mixtura.families.gaussian.covariance_arrays import (
    Diagonal,
    Full,
    Layout,
    Spherical,
    Tied,
    WrittenOut,
)
from mixtura.families.gaussian.structures import STRUCTURES
from mixtura.persistence.entries import (
    array,
    either,
    flag,
    optional,
    record,
    sequence,
    text,
    unexpected,
    whole,
)
from mixtura.typing import FloatArray

__all__ = ["as_version_3"]

#: Names of covariance types: structure, and the shape in which its covariances were kept.
_TYPES: dict[str, tuple[str, Layout]] = {
    "full": ("VVV", Full()),
    "tied": ("EEE", Tied()),
    "diag": ("VVI", Diagonal()),
    "spherical": ("VII", Spherical()),
    **{each.name: (each.name, WrittenOut() if each.diagonal else Full()) for each in STRUCTURES},
    "E": ("EEE", Full()),
    "V": ("VVV", Full()),
}
_ONE_DIMENSIONAL = ("E", "V")

_FIXABLE = text("weights", "means")
_HEAD = record(
    {
        "family": text("gaussian"),
        "covariance_type": text(*_TYPES),
        "n_components": whole(1),
        "n_features": whole(1),
        "dtype": text("float64", "float32"),
        "parameters": record(
            {
                "algorithm": text(),
                "equal_weights": flag(),
                "fixed": optional(either(_FIXABLE, sequence(_FIXABLE)), null=()),
            },
            absent={"algorithm": "em", "equal_weights": False, "fixed": ()},
        ),
    },
    absent={"dtype": "float64"},
)


def as_version_3(document: dict[str, Any]) -> dict[str, Any]:
    """The document of version 3 that says the same.

    Raises
    ------
    ModelFileError
        If an entry is not what the earlier version has.
    """
    head = _HEAD.read(document, "")
    k, d, name = head["n_components"], head["n_features"], head["covariance_type"]
    structure, layout = _TYPES[name]
    if name in _ONE_DIMENSIONAL and d > 1:
        raise unexpected("n_features", d, f"1: {name!r} is for one column")
    names = optional(sequence(text(), d, distinct=True)).read(
        document.get("feature_names"), "feature_names"
    )
    given = array(layout.shape(k, d)).read(document.get("covariances"), "covariances")
    noise = document.get("noise") if document["version"] > 1 else None
    training = document.get("training")
    fixed = head["parameters"]["fixed"]
    return {
        **document,
        "options": {
            "structure": structure,
            "floor": [0.0] * d,
            "fixed_means": "means" in fixed,
            "prior": training.get("prior") if isinstance(training, dict) else None,
        },
        "columns": [
            {"name": str(column), "kind": "continuous", "levels": []}
            for column in (range(d) if names is None else names)
        ],
        "named": names is not None,
        "dtype": head["dtype"],
        "mixing": _mixing(head["parameters"]["equal_weights"], fixed, noise=noise is not None),
        "arrays": {
            "means": document.get("means"),
            "covariances": _unfolded(layout, given, k, d).tolist(),
        },
        "noise": {**noise, "center": noise.get("center")} if isinstance(noise, dict) else noise,
        "parameters": {**document["parameters"], "covariance_type": name},
        "training": {"algorithm": head["parameters"]["algorithm"], **training}
        if isinstance(training, dict)
        else training,
    }


def _mixing(equal_weights: bool, fixed: Any, *, noise: bool) -> str:
    if "weights" in fixed:
        return "weights fixed"
    if not equal_weights:
        return "free weights"
    return "equal weights but for noise" if noise else "equal weights"


def _unfolded(layout: Layout, given: FloatArray, k: int, d: int) -> FloatArray:
    """Variances (k, d) along the axes, or matrices (k, d, d)."""
    if isinstance(layout, Spherical):
        return np.repeat(given[:, None], d, axis=1)
    if isinstance(layout, Tied):
        return np.repeat(given[None], k, axis=0)
    if not isinstance(layout, WrittenOut):
        return given
    if np.count_nonzero(given) > np.count_nonzero(np.diagonal(given, axis1=1, axis2=2)):
        raise ModelFileError("its 'covariances' have entries off the diagonal; they should be 0.")
    return np.diagonal(given, axis1=1, axis2=2)
